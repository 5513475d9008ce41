//! Breaking glass: past the gates, once, with a mark and a review.

use concordat_partnership::{Act, Effect};

use crate::agreed::{
    done, effects, last_use, owed, promote, propose, ratify, released, served, stands, status,
};
use crate::common::digest;

const GATE: &str = "release/tested-and-decided";

#[test]
fn row_101_a_bypass_is_refused_and_stays_in_the_log() {
    let mut story = released();
    propose(&mut story, "three");
    let before = story.state().refusals_of(&"alder".parse().unwrap());
    story.refuse("alder", "council-member", promote("three"), "needs-motion", GATE);
    assert_eq!(story.state().refusals_of(&"alder".parse().unwrap()), before + 1);
    assert_eq!(status(&story, "three"), "proposed for release");
}

#[test]
fn row_101_broken_glass_lets_one_act_pass_and_leaves_a_mark_and_a_review() {
    let mut story = released();
    for name in ["three", "four"] {
        propose(&mut story, name);
    }
    let verdict = story.act("vendor", "trainer", promote("three"));
    assert_eq!(verdict.in_words(), "admitted by powers/break-glass");
    let told = effects(verdict);
    let mark = told.iter().find_map(|effect| match effect {
        Effect::GlassBroken(clause, past) => Some((clause.to_string(), past.clone())),
        _ => None,
    });
    let past = [GATE.parse().unwrap()].into();
    assert_eq!(mark, Some(("powers/break-glass".to_owned(), past)));
    assert_eq!(served(&story), Some(digest("three")));
    assert_eq!(stands(&story, "powers/review"), "active");

    // The next is refused until the first was reviewed; then the glass can be broken again.
    let again = promote("four");
    story.refuse("vendor", "trainer", again.clone(), "glass-broken", "powers/break-glass");
    story.admit("vendor", "trainer", done(owed(&story, "powers/review")));
    story.admit("vendor", "trainer", again);
}

#[test]
fn row_101_an_untested_release_lapses_unless_the_council_ratifies_it() {
    let mut story = released();
    propose(&mut story, "three");
    story.admit("vendor", "trainer", promote("three"));
    story.tick("2027-01-05T08:00:00Z");
    assert_eq!((served(&story), status(&story, "three")), (Some(digest("two")), "rolled back"));
    // The review is owed all the same.
    story.tick("2027-01-07T08:00:00Z");
    assert_eq!(stands(&story, "powers/review"), "late");

    let mut story = released();
    propose(&mut story, "three");
    story.admit("vendor", "trainer", promote("three"));
    let used = last_use(&story);
    story.decide("ratify-it", ratify(used));
    story.tick("2027-01-07T08:00:00Z");
    assert_eq!(served(&story), Some(digest("three")));
}

#[test]
fn glass_that_is_broken_passes_gates_and_nothing_else() {
    let mut story = released();
    // What is no proposed model is not released, in an emergency either.
    story.refuse("vendor", "trainer", promote("one"), "release-state", "");
    let nobody = Act::ReleasePromote(concordat_partnership::act::Release { model: digest("x") });
    assert!(!story.act("vendor", "trainer", nobody).is_admitted());
}
