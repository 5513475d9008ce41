//! What the sequencer tells of acts that it turned away.

use concordat_partnership::Act;
use concordat_partnership::act::RefusalCount;

use crate::common::{Story, digest};

fn count(party: &str, from: &str, until: &str, turned_away: u64) -> Act {
    let (party, acts) = (party.parse().unwrap(), digest("the acts"));
    let (from, until) = (from.parse().unwrap(), until.parse().unwrap());
    Act::RefusalCount(RefusalCount { party, from, until, turned_away, acts })
}

const NINE: &str = "2027-01-01T09:00:00Z";
const TEN: &str = "2027-01-01T10:00:00Z";
const ELEVEN: &str = "2027-01-01T11:00:00Z";

fn story() -> Story {
    let mut story = Story::in_force();
    story.tick(ELEVEN);
    story
}

fn told(story: &mut Story, act: Act) {
    story.admit("sequencer", "sequencer", act);
}

fn not_told(story: &mut Story, act: Act, code: &str) {
    story.refuse("sequencer", "sequencer", act, code, "");
}

#[test]
fn the_sequencer_alone_counts_what_it_turned_away() {
    let mut story = story();
    let own = story.act("alder", "signatory", count("birch", NINE, TEN, 3));
    assert_eq!(own.refusal().unwrap().code(), "not-the-sequencer");
    not_told(&mut story, count("nobody", NINE, TEN, 3), "unknown-party");
    not_told(&mut story, count("alder", NINE, TEN, 0), "counts-nothing");

    told(&mut story, count("alder", NINE, TEN, 3));
    assert_eq!(story.state().turned_away(), [("alder".parse().unwrap(), 3)].into());
}

#[test]
fn of_one_time_there_is_one_count_and_it_is_over() {
    let mut story = story();
    told(&mut story, count("alder", NINE, TEN, 3));
    for (from, until) in [
        (NINE, TEN),
        // It begins when another ended: that second was counted.
        (TEN, ELEVEN),
        (ELEVEN, TEN),
        (ELEVEN, "2027-01-01T11:00:01Z"),
    ] {
        not_told(&mut story, count("alder", from, until, 1), "count-interval");
    }
    // Of others there are others, and what comes after is added.
    told(&mut story, count("birch", NINE, ELEVEN, 7));
    told(&mut story, count("alder", "2027-01-01T10:00:01Z", ELEVEN, 4));
    let alder = "alder".parse().unwrap();
    assert_eq!(story.state().turned_away()[&alder], 7);
    assert_eq!(story.state().last_count(&alder).unwrap().count.turned_away, 4);
    assert_eq!(story.state().counts().count(), 3);
}

#[test]
fn a_count_is_of_one_day() {
    let mut story = story();
    story.tick("2027-01-02T11:00:00Z");
    let night = count("alder", "2027-01-01T23:59:59Z", "2027-01-02T00:00:00Z", 2);
    not_told(&mut story, night, "count-interval");
    told(&mut story, count("alder", "2027-01-01T00:00:00Z", "2027-01-01T23:59:59Z", 2));
}
