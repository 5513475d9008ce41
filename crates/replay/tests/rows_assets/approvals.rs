//! Code beside rows: approved for some runs, and for a time.

use concordat_partnership::Act;
use concordat_partnership::act::CodeApproval;

use crate::common::{HOSPITALS, Story, cost, digest};
use crate::law::a;

fn approval() -> CodeApproval {
    CodeApproval::of(digest("code"), a("heart-rows"))
}

/// A run that is open and that nobody has joined.
fn open() -> Story {
    let mut story = Story::in_force();
    for hospital in HOSPITALS {
        story.register(hospital, "first", 2);
    }
    story.open_project();
    story.run("first");
    story
}

#[test]
fn row_06_a_steward_approves_code_for_the_runs_that_it_names() {
    let mut story = open();
    let other = CodeApproval { runs: [a("second")].into(), ..approval() };
    story.admit("alder", "data-holder", Act::CodeApprove(other));
    let join = story.join("first", cost());
    story.refuse("alder", "data-holder", join.clone(), "code-not-approved", "");
    let this = CodeApproval { runs: [a("first"), a("second")].into(), ..approval() };
    story.admit("alder", "data-holder", Act::CodeApprove(this.clone()));
    story.admit("alder", "data-holder", join);
    // What is taken back is taken back whole.
    let part = Act::CodeRevoke(this);
    story.refuse("alder", "data-holder", part, "beyond-rules", "");
    story.admit("alder", "data-holder", Act::CodeRevoke(approval()));
}

#[test]
fn row_06_an_approval_ends_at_its_time() {
    let mut story = open();
    let past = CodeApproval { until: Some(story.now), ..approval() };
    story.refuse("alder", "data-holder", Act::CodeApprove(past), "beyond-rules", "");
    let until = story.now.plus("P1D".parse().unwrap());
    let soon = CodeApproval { until: Some(until), ..approval() };
    story.admit("alder", "data-holder", Act::CodeApprove(soon));
    assert!(story.state().code_approved(
        &a("alder"),
        &a("heart-rows"),
        &digest("code"),
        &a("first")
    ));
    story.tick(&until.to_string());
    let join = story.join("first", cost());
    story.refuse("alder", "data-holder", join, "code-not-approved", "");
    let gone = Act::CodeRevoke(approval());
    story.refuse("alder", "data-holder", gone, "code-not-approved", "");
}
