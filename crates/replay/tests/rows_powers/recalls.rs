//! Releases that are taken out of service.

use concordat_partnership::Act;

use crate::agreed::{promote, recall, released, roll_back, served, status, story, tested, ward};
use crate::common::digest;

#[test]
fn row_92_a_rollback_restores_the_release_before_and_records_who_and_why() {
    let mut story = released();
    let index = story.state().index();
    story.admit("lab", "test-lab", roll_back("two"));
    let (at, recalled) = story.state().recalled().next().unwrap();
    assert_eq!((*at, recalled.model, recalled.to), (index, digest("two"), Some(digest("one"))));
    assert_eq!(recalled.by.as_str(), "lab");
    assert_eq!(recalled.reason, digest("people are in danger"));
    assert_eq!(served(&story), Some(digest("one")));

    // Before the first there is nothing to go back to; it can be retired all the same.
    story.refuse("lab", "test-lab", roll_back("one"), "nothing-before", "");
    story.refuse("lab", "test-lab", roll_back("two"), "release-state", "");
    story.refuse("lab", "test-lab", roll_back("three"), "not-permitted", "powers/roll-back");
    story.admit("lab", "test-lab", Act::ReleaseRetire(recall("one")));
    assert_eq!((served(&story), status(&story, "one")), (None, "retired"));
}

#[test]
fn row_92_what_was_rolled_back_is_proposed_tested_and_decided_on_anew() {
    let mut story = released();
    story.admit("lab", "test-lab", roll_back("two"));
    let release = concordat_partnership::act::Release { model: digest("two") };
    story.admit("vendor", "trainer", Act::ReleasePropose(release));
    story.admit("lab", "test-lab", tested("two"));
    story.decide("again", promote("two"));
    assert_eq!(served(&story), Some(digest("two")));
    // The rollback that nobody ratified lapses, and undoes nothing any more, not even another.
    story.tick("2027-01-05T08:00:00Z");
    story.admit("lab", "test-lab", roll_back("two"));
    story.tick("2027-01-12T08:00:00Z");
    assert_eq!((served(&story), status(&story, "two")), (Some(digest("one")), "rolled back"));
    story.tick("2027-02-01T08:00:00Z");
    assert_eq!(status(&story, "two"), "released");
}

#[test]
fn a_place_that_is_stopped_stays_so_when_another_takes_its_partys_place() {
    let mut story = story();
    story.admit("lab", "test-lab", Act::PlaceSuspend(ward("birch")));
    story.followed("birch", "vendor");
    let stopped: Vec<_> = story.state().stopped_places().keys().cloned().collect();
    assert_eq!(stopped, [("vendor".parse().unwrap(), "ward".parse().unwrap())]);
    story.admit("lab", "test-lab", Act::PlaceResume(ward("vendor")));
}
