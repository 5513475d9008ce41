//! Conditions: what a `when` is asked about where an act concerns several things.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{Story, texts};

/// The heart agreement with one clause more in *Data use*, and the trainer's permit edited.
fn amended(clause: &str, condition: &str) -> Story {
    let text = texts()["data-use"].replace("run.rounds <= 100", condition);
    let mut story = Story::ready();
    story.amend(&[format!("{text}\n```clause\n{clause}\n```\n")]);
    story
}

/// The label of the rows is `restricted`, of the model `internal`; a plan names both.
fn forbid(label: &str, on: &str) -> String {
    format!(
        "id = \"labelled\"\nforbid = \"run.propose\"\n{on}\nwhen = 'asset.label == \"{label}\"'"
    )
}

#[test]
fn a_forbid_strikes_where_its_condition_holds_for_any_of_the_assets() {
    for label in ["restricted", "internal"] {
        let mut story = amended(&forbid(label, ""), "run.rounds <= 100");
        let proposal = story.proposal("first", |_| {});
        story.refuse("vendor", "trainer", proposal, "forbidden", "data-use/labelled");
    }
    let mut story = amended(&forbid("public", ""), "run.rounds <= 100");
    story.admit("vendor", "trainer", story.proposal("first", |_| {}));
}

#[test]
fn a_clause_on_some_assets_asks_its_condition_about_those() {
    let mut story = amended(&forbid("restricted", "on = \"risk-model\""), "run.rounds <= 100");
    story.admit("vendor", "trainer", story.proposal("first", |_| {}));
    let mut story = amended(&forbid("internal", "on = \"risk-model\""), "run.rounds <= 100");
    let proposal = story.proposal("first", |_| {});
    story.refuse("vendor", "trainer", proposal, "forbidden", "data-use/labelled");
}

#[test]
fn a_permit_holds_only_where_its_condition_holds_for_all_of_the_assets() {
    let permit = "data-use/train-on-heart-rows";
    for label in ["restricted", "internal"] {
        let condition = format!("asset.label == \\\"{label}\\\"");
        let mut story = amended("id = \"also\"\npurpose = \"to test\"", &condition);
        let proposal = story.proposal("first", |_| {});
        story.refuse("vendor", "trainer", proposal, "not-permitted", permit);
    }
    let both = r#"(asset.label == \"restricted\" || asset.label == \"internal\")"#;
    let mut story = amended("id = \"also\"\npurpose = \"to test\"", both);
    story.admit("vendor", "trainer", story.proposal("first", |_| {}));
}
