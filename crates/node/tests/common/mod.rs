//! What the tests share: the heart partnership with real rows, and a room without a network.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests"
)]

pub mod at;
pub mod room;
pub mod script;
pub mod served;
pub mod shelf;
#[path = "../../../replay/tests/common/mod.rs"]
pub mod story;
pub mod world;

use std::collections::BTreeMap;

use concordat_agreement::RunKind;
use concordat_data::commitment;
use concordat_learn::Recipe;
use concordat_node::plan::{CODE, Spend, Wish, calibrated};
use concordat_partnership::Act;
use concordat_partnership::act::{CodeApproval, DatasetRegister, PlaceRegister, Plan, RunPropose};
use concordat_terms::{Digest, PartyId};

use story::{HOSPITALS, Story, one_run};

pub const SALT: [u8; 32] = [9; 32];

pub fn table(hospital: &str) -> Vec<u8> {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/heart/data/");
    std::fs::read(format!("{dir}{hospital}.csv")).unwrap()
}

pub fn party(name: &str) -> PartyId {
    name.parse().unwrap()
}

/// The heart recipe, short, and with everybody in every batch so that sums do not depend on luck.
pub fn recipe() -> Recipe {
    let text = include_str!("../../../../examples/heart/recipe.json");
    let mut recipe: Recipe = serde_json::from_str(text).unwrap();
    (recipe.rounds, recipe.average_last) = (4, 2);
    recipe.sampling_rate = "1".parse().unwrap();
    recipe.normaliser = "500".parse().unwrap();
    recipe
}

/// The partnership with the hospitals' tables listed, the code approved by `approving`, and a
/// project open.
pub fn partnership(approving: &[&str]) -> Story {
    partnership_of(Story::in_force(), approving)
}

/// The same of a story that begins otherwise.
pub fn partnership_of(mut story: Story, approving: &[&str]) -> Story {
    for hospital in HOSPITALS {
        let place = PlaceRegister {
            place: "ward".parse().unwrap(),
            class: 2,
            jurisdiction: "CH".parse().unwrap(),
        };
        story.admit(hospital, "data-holder", Act::PlaceRegister(place));
        let listed = DatasetRegister {
            asset: "heart-rows".parse().unwrap(),
            version: commitment(&SALT, &table(hospital)),
            place: "ward".parse().unwrap(),
            rows_band: 100,
            purposes: ["cardiac-risk".parse().unwrap()].into(),
        };
        story.admit(hospital, "data-holder", Act::DatasetRegister(listed));
        if approving.contains(&hospital) {
            let code = CodeApproval::of(CODE, "heart-rows".parse().unwrap());
            story.admit(hospital, "data-holder", Act::CodeApprove(code));
        }
    }
    story.open_project();
    story
}

pub fn wish() -> Wish {
    Wish {
        project: "risk".parse().unwrap(),
        kind: RunKind::Train,
        purpose: "cardiac-risk".parse().unwrap(),
        asset: "heart-rows".parse().unwrap(),
        datasets: versions(),
        model: Some("risk-model".parse().unwrap()),
        retries: None,
        spend: Spend::Account,
    }
}

fn versions() -> BTreeMap<PartyId, Digest> {
    HOSPITALS.iter().map(|h| (party(h), commitment(&SALT, &table(h)))).collect()
}

/// Proposes and opens a run of the short recipe, with a plan that may be bent first; the bytes of
/// its recipe.
pub fn open_run(story: &mut Story, name: &str, bend: impl FnOnce(&mut Plan)) -> Vec<u8> {
    open_run_of(story, name, &recipe(), bend)
}

/// The same of another recipe.
pub fn open_run_of(
    story: &mut Story,
    name: &str,
    recipe: &Recipe,
    bend: impl FnOnce(&mut Plan),
) -> Vec<u8> {
    let (mut plan, bytes) = calibrated(story.state().agreement(), &wish(), recipe).unwrap();
    bend(&mut plan);
    let propose = Act::RunPropose(RunPropose { run: name.parse().unwrap(), plan });
    story.admit("vendor", "trainer", propose);
    for hospital in ["alder", "birch", "cypress"] {
        story.admit(hospital, "data-holder", Act::RunApprove(one_run(name)));
    }
    story.admit("vendor", "trainer", Act::RunOpen(one_run(name)));
    bytes
}
