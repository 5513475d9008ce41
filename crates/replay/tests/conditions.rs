//! Conditions: what a `when` is asked about where an act concerns several things.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{HOSPITALS, Story, execute, texts, vote};
use concordat_partnership::Act;
use concordat_partnership::act::{OneProject, Vote};

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

#[test]
fn a_forbid_for_a_purpose_strikes_the_listing_of_rows_for_it() {
    let clause =
        "id = \"no-listing\"\nforbid = \"dataset.register\"\npurposes = [\"cardiac-risk\"]";
    let mut story = amended(clause, "run.rounds <= 100");
    let listing = story.dataset("alder", "second");
    story.refuse("alder", "data-holder", listing, "forbidden", "data-use/no-listing");
}

#[test]
fn a_forbid_on_an_asset_strikes_the_end_of_a_project_that_uses_it() {
    let clause = "id = \"no-end\"\nforbid = \"project.end\"\non = [\"risk-model\"]";
    let mut story = amended(clause, "run.rounds <= 100");
    let end = Act::ProjectEnd(OneProject { project: "risk".parse().unwrap() });
    story.propose("end-it", end);
    for hospital in HOSPITALS {
        story.admit(hospital, "council-member", vote("end-it", Vote::For));
    }
    story.refuse("alder", "council-member", execute("end-it"), "forbidden", "data-use/no-end");
}
