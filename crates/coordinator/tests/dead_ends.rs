//! Stories of open runs that nobody can bring to an end any more: the coordinator ends them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::disallowed_methods)]

mod common;

use std::sync::Arc;
use std::thread;

use common::participant::{Outcome, Participant};
use common::*;
use concordat_partnership::act::{
    AbortReason, ModuleEnter, ModuleSign, OneModule, OneProject, Plan,
};
use concordat_partnership::{Act, RunStatus};
use concordat_terms::Digest;
use concordat_tlog::Envelope;

/// A new version of the clauses on release enters, with everybody's signature.
fn amend(world: &World) {
    let (_, text) = MODULES[4];
    let newer = text.replace("version = \"1.0.0\"", "version = \"1.1.0\"");
    assert_ne!(newer, text);
    assert_eq!(world.client.put_blob(newer.as_bytes(), &key("vendor")).status, 204);
    let module = Digest::of(newer.as_bytes());
    world.does("vendor", "signatory", Act::ModulePropose(OneModule { module }));
    for name in PARTIES {
        let sign = ModuleSign::of(module, &[module].into(), Digest([7; 32]));
        world.does(name, "signatory", Act::ModuleSign(sign));
    }
    let enter = ModuleEnter { modules: [module].into() };
    world.does("vendor", "signatory", Act::ModuleEnter(enter));
}

/// A run that two have joined of the three it needs, and the first of them.
fn half_joined(world: &World) -> Participant {
    let (plan, recipe) = world.open_run("first", 1, 1);
    for name in &HOLDERS[..2] {
        world.join(name, "first", &plan);
    }
    Participant::new("alder", world, "first", &plan, &recipe)
}

fn is_abort(entry: &[u8]) -> bool {
    let payload = Envelope::parse(entry).unwrap().payload().to_vec();
    matches!(concordat_wire::act::decode(&payload).unwrap().act, Act::RunAbort(_))
}

#[test]
fn an_amendment_ends_the_runs_that_are_open_and_whoever_waits_is_told() {
    let world = World::in_force();
    let mut alder = half_joined(&world);
    let waiting = thread::spawn(move || alder.attempt(0, None));
    amend(&world);
    let status = world.ended("first");
    assert_eq!(status, RunStatus::Aborted(AbortReason::AgreementChanged));
    let told = waiting.join().unwrap();
    assert_eq!(told, Outcome::Refused(410, "run-aborted".to_owned()));
}

#[test]
fn the_end_of_its_project_ends_a_run() {
    let world = World::in_force();
    half_joined(&world);
    world.decides("end-risk", Act::ProjectEnd(OneProject { project: "risk".parse().unwrap() }));
    let status = world.ended("first");
    assert_eq!(status, RunStatus::Aborted(AbortReason::ProjectEnded));
}

#[test]
fn a_run_without_a_recipe_ends_for_the_reason_that_is_known_first() {
    let world = World::in_force();
    let (plan, _) = world.open_run("first", 1, 0);
    let recipe = Digest::of(b"a recipe that nobody has");
    world.propose_and_open("second", Plan { recipe, ..plan });
    amend(&world);
    for run in ["first", "second"] {
        let status = world.ended(run);
        assert_eq!(status, RunStatus::Aborted(AbortReason::AgreementChanged), "{run}");
    }
}

#[test]
fn a_run_that_became_a_dead_end_under_a_coordinator_that_died_is_ended_by_the_next() {
    // The amendment and the abort that follows it are two batches: this one dies in between.
    let mut world = World::founded_with(patient(), |config| {
        config.for_tests.append = Arc::new(|store, from, entries, notes| {
            if entries.iter().any(|entry| is_abort(entry)) {
                return Err(concordat_store::Fault::NotAtEnd { expected: 0, found: from });
            }
            store.append_with_notes(from, entries, notes)
        });
    });
    world.enter();
    half_joined(&world);
    amend(&world);
    assert_eq!(world.run_status("first"), RunStatus::Open);
    world.restart();
    let status = world.ended("first");
    assert_eq!(status, RunStatus::Aborted(AbortReason::AgreementChanged));
}
