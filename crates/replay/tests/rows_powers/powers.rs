//! What is done by a power takes effect at once, and lapses unless it is ratified in time.

use concordat_partnership::act::{DutyExtend, DutyWaive, OneProject};
use concordat_partnership::{Act, Effect, UseStatus};

use crate::agreed::{
    carry_out, data_use, effects, last_use, module, owed, ratify, released, roll_back, served,
    stands, status, story, use_stands, voted, ward,
};
use crate::common::{Story, digest};

#[test]
fn row_33_a_seat_rolls_back_alone_at_once_and_it_lapses_without_the_council() {
    let mut story = released();
    assert_eq!(served(&story), Some(digest("two")));
    let verdict = story.act("lab", "test-lab", roll_back("two"));
    assert!(verdict.in_words().ends_with("by powers/roll-back"), "{}", verdict.in_words());
    let used = last_use(&story);
    let told = effects(verdict);
    assert!(told.contains(&Effect::RolledBack(digest("two"), digest("one"))));
    assert_eq!(served(&story), Some(digest("one")));
    assert_eq!(use_stands(&story), UseStatus::Awaiting);

    // A day before the time is over it still stands; then it is undone, and everybody is told once.
    story.tick("2027-01-10T08:00:00Z");
    assert_eq!(served(&story), Some(digest("one")));
    let lapse = "2027-01-11T08:00:00Z".parse().unwrap();
    assert_eq!(story.state().next_deadline().filter(|at| *at <= lapse), Some(lapse));
    story.tick("2027-01-12T00:00:00Z");
    assert_eq!(use_stands(&story), UseStatus::Lapsed(lapse));
    assert_eq!((served(&story), status(&story, "two")), (Some(digest("two")), "released"));

    // What lapsed is ratified no more, and can be done anew.
    story.refuse("alder", "council-member", ratify(used), "use-state", "");
    story.admit("lab", "test-lab", roll_back("two"));
}

#[test]
fn row_33_what_the_council_ratifies_in_time_stays() {
    let mut story = released();
    story.admit("lab", "test-lab", roll_back("two"));
    let used = last_use(&story);
    story.refuse("alder", "council-member", ratify(used), "ratified-elsewhere", "powers/roll-back");
    story.refuse("alder", "council-member", ratify(9_999), "unknown-use", "");
    story.decide("ratify-it", ratify(used));
    assert!(matches!(use_stands(&story), UseStatus::Ratified { .. }));
    story.tick("2027-03-01T00:00:00Z");
    assert_eq!((served(&story), status(&story, "two")), (Some(digest("one")), "rolled back"));
}

#[test]
fn row_72_the_council_suspends_a_module_and_every_transfer_stops_at_once() {
    let mut story = story();
    story.admit("vendor", "trainer", story.proposal("first", |_| {}));
    story.decide("stop", Act::ModuleSuspend(data_use()));
    assert_eq!(module(&story), "suspended");
    let trains = "data-use/train-on-heart-rows";
    story.refuse("vendor", "trainer", story.proposal("second", |_| {}), "clause-silent", trains);
    let dataset = story.dataset("alder", "second");
    let listed = story.act("alder", "data-holder", dataset);
    assert_eq!(listed.refusal().unwrap().code(), "clause-silent");
    // The body that was to ratify it decided it: nothing lapses.
    story.tick("2027-03-01T00:00:00Z");
    assert_eq!(module(&story), "suspended");
}

#[test]
fn a_member_alone_suspends_for_as_long_as_the_council_has_to_ratify_it() {
    let mut story = story();
    story.admit("alder", "council-member", Act::ModuleSuspend(data_use()));
    assert_eq!(module(&story), "suspended");
    story.tick("2027-01-08T07:59:59Z");
    assert_eq!(module(&story), "suspended");
    story.tick("2027-01-08T08:00:00Z");
    assert_eq!(module(&story), "in force");
}

#[test]
fn what_somebody_has_changed_since_is_not_undone() {
    let mut story = story();
    story.admit("alder", "council-member", Act::ModuleSuspend(data_use()));
    story.admit("birch", "council-member", Act::ModuleResume(data_use()));
    story.tick("2027-01-05T08:00:00Z");
    story.admit("cypress", "council-member", Act::ModuleSuspend(data_use()));
    // The first use lapses and undoes nothing: the module stands by the second.
    story.tick("2027-01-09T08:00:00Z");
    assert_eq!(module(&story), "suspended");
    story.tick("2027-01-12T08:00:00Z");
    assert_eq!(module(&story), "in force");
}

#[test]
fn an_end_is_a_suspension_until_it_is_ratified() {
    let mut story = story();
    let end = || Act::ModuleTerminate(data_use());
    story.admit("lab", "test-lab", end());
    assert_eq!(module(&story), "suspended");
    story.tick("2027-01-09T08:00:00Z");
    assert_eq!(module(&story), "in force");
    story.admit("lab", "test-lab", end());
    let used = last_use(&story);
    story.decide("ratify-it", ratify(used));
    assert_eq!(module(&story), "ended");
}

#[test]
fn time_that_was_given_is_taken_off_when_nobody_ratifies_it() {
    let mut story = story();
    story.tick("2027-01-18T08:00:00Z");
    let duty = owed(&story, "powers/report");
    let more = "P10D".parse().unwrap();
    story.admit("lab", "test-lab", Act::DutyExtend(DutyExtend { duty: duty.clone(), by: more }));
    story.tick("2027-01-22T08:00:00Z");
    assert_eq!(stands(&story, "powers/report"), "active");
    // Without the ten days it was due two days ago.
    story.tick("2027-01-23T08:00:00Z");
    assert_eq!(stands(&story, "powers/report"), "late");
}

#[test]
fn a_waived_duty_is_owed_again_when_nobody_ratifies_it() {
    let mut story = story();
    let duty = owed(&story, "powers/report");
    story.admit("lab", "test-lab", Act::DutyWaive(DutyWaive { duty: duty.clone() }));
    assert_eq!(stands(&story, "powers/report"), "waived");
    story.tick("2027-01-07T08:00:00Z");
    assert_eq!(stands(&story, "powers/report"), "active");
    story.admit("lab", "test-lab", Act::DutyWaive(DutyWaive { duty }));
    let used = last_use(&story);
    story.decide("ratify-it", ratify(used));
    story.tick("2027-03-01T08:00:00Z");
    assert_eq!(stands(&story, "powers/report"), "waived");
}

#[test]
fn what_cannot_be_undone_waits_for_the_body() {
    let mut story = story();
    let end = || Act::ProjectEnd(OneProject { project: "risk".parse().unwrap() });
    story.refuse("lab", "test-lab", end(), "needs-motion", "powers/close-project");
    voted(&mut story, "end-risk", end());
    story.admit("alder", "council-member", carry_out("end-risk"));
}

#[test]
fn a_suspended_place_takes_part_in_nothing_until_that_lapses() {
    let mut story = story();
    story.admit("lab", "test-lab", Act::PlaceSuspend(ward("birch")));
    let proposal = |story: &Story, name: &str| story.proposal(name, |_| {});
    let run = proposal(&story, "first");
    story.refuse("vendor", "trainer", run, "place-suspended", "");
    let dataset = story.dataset("birch", "second");
    story.refuse("birch", "data-holder", dataset, "place-suspended", "");
    story.refuse("lab", "test-lab", Act::PlaceSuspend(ward("birch")), "place-suspended", "");
    story.tick("2027-01-06T08:00:00Z");
    let run = proposal(&story, "second");
    story.admit("vendor", "trainer", run);
    story.refuse("lab", "test-lab", Act::PlaceResume(ward("birch")), "place-in-use", "");

    story.admit("lab", "test-lab", Act::PlaceSuspend(ward("birch")));
    story.admit("lab", "test-lab", Act::PlaceResume(ward("birch")));
    let mut nowhere = ward("birch");
    nowhere.place = "attic".parse().unwrap();
    story.refuse("lab", "test-lab", Act::PlaceSuspend(nowhere), "unknown-place", "");
}

#[test]
fn a_use_lapses_once_whatever_the_ticks() {
    let lapse = |ticks: &[&str]| {
        let mut story = released();
        story.admit("lab", "test-lab", roll_back("two"));
        story.admit("alder", "council-member", Act::ModuleSuspend(data_use()));
        ticks.iter().for_each(|moment| story.tick(moment));
        let uses: Vec<_> = story.state().powers_used().map(|(i, used)| (*i, used.status)).collect();
        (uses, served(&story), module(&story))
    };
    let at_once = lapse(&["2027-02-01T00:00:00Z"]);
    let days: Vec<String> = (2..=31).map(|day| format!("2027-01-{day:02}T00:00:00Z")).collect();
    let days: Vec<&str> = days.iter().map(String::as_str).collect();
    assert_eq!(at_once, lapse(&days));
    assert_eq!(at_once, lapse(&["2027-01-08T08:00:00Z", "2027-01-11T08:00:00Z"]));
    assert!(at_once.0.iter().all(|(_, status)| matches!(status, UseStatus::Lapsed(_))));
}
