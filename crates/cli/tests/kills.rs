//! Processes are killed without warning: a run ends in order, and nothing that was logged is lost.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a test starts processes and reads their folders")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod world;

use std::process::{Command, Stdio};

use concordat_partnership::RunStatus;
use concordat_partnership::act::AbortReason;
use concordat_replay::{Replica, plan_cost};
use concordat_terms::PartyId;
use concordat_wire::api::Progress;
use world::concordat;
use world::services::{RUN, World, until};

/// Follows a run to its end, with what must hold of every end: another party's export verifies,
/// the run is over with a result or a reason, and whoever was seen to join has paid.
fn end_of(world: &World, what: &str) -> (RunStatus, Replica) {
    let told = world.ended();
    let replica = world.archived("lab");
    let state = replica.state();
    let run = &state.runs()[&RUN.parse().unwrap()];
    assert!(run.status != RunStatus::Open, "{what}: {told}");
    let cost = plan_cost(state.agreement(), &run.proposed.plan).unwrap();
    let first = &state.runs()[&"first".parse().unwrap()];
    let before = plan_cost(state.agreement(), &first.proposed.plan).unwrap();
    for party in world.seen_joined() {
        let account = &state.accounts()[&(party.clone(), "heart-rows".parse().unwrap())];
        assert!(run.joined.contains(&party), "{what}: `{party}` saw its join, the log does not");
        assert!(account.total().covers(&before.plus(&cost)), "{what}: `{party}` has not paid");
    }
    (run.status.clone(), replica)
}

fn a_node_dies_in(step: &str) {
    let victim = "cypress";
    let mut world = World::ready();
    world.open_run();
    let held = world.hold(victim, step);
    world.nodes.get_mut(victim).unwrap().kill();
    let (status, _) = end_of(&world, step);
    match status {
        RunStatus::Closed(close) => {
            assert_eq!((close.rounds, close.roster.len()), (100, 3), "{step}, {held:?}");
            assert!(!close.roster.contains(&victim.parse::<PartyId>().unwrap()));
        }
        RunStatus::Aborted(reason) => panic!("{step}, {held:?}: aborted, {reason:?}"),
        other => panic!("{step}: {other:?}"),
    }
}

#[test]
fn a_node_that_dies_before_its_keys_or_shares_arrive_is_done_without() {
    a_node_dies_in("advertise-keys");
    a_node_dies_in("share-keys");
}

#[test]
fn a_node_that_dies_before_its_sum_or_its_consent_arrives_is_done_without() {
    a_node_dies_in("masked-input");
    a_node_dies_in("consistency-check");
}

#[test]
fn a_node_that_dies_before_it_unmasks_is_done_without() {
    a_node_dies_in("unmasking");
}

/// Kills a node at the first sight of this; the run ends without it, and with the others.
fn a_node_dies_at(what: &str, victim: &'static str, seen: impl Fn(&World) -> bool) -> RunStatus {
    let mut world = World::ready();
    world.open_run();
    until(what, || seen(&world).then_some(()));
    world.nodes.get_mut(victim).unwrap().kill();
    let (status, _) = end_of(&world, what);
    // Back again, it does nothing in this run, whatever it did before.
    world.start_node(victim);
    let node = &world.nodes[victim];
    until("the node has cosigned", || {
        node.told().iter().any(|told| told["event"] == "cosigned").then_some(())
    });
    let told = node.told();
    let acts = ["joined", "round", "closed"];
    assert!(told.iter().all(|t| acts.iter().all(|act| t["event"] != *act)), "{what}: {told:#?}");
    status
}

#[test]
fn a_node_that_dies_while_it_joins_is_done_without() {
    let status = a_node_dies_at("the run is open", "cypress", |_| true);
    let RunStatus::Closed(close) = status else { panic!("{status:?}") };
    assert_eq!(close.rounds, 100);
    // The moment between its act and its own sight of it.
    let others = |world: &World| !world.seen_joined().is_empty();
    let status = a_node_dies_at("somebody has joined", "dogwood", others);
    let RunStatus::Closed(close) = status else { panic!("{status:?}") };
    assert_eq!((close.rounds, close.roster.len()), (100, 3));
}

#[test]
fn a_node_that_dies_while_results_are_signed_takes_no_result_away() {
    let signing = |world: &World| {
        world.progress().is_some_and(|now| now.step == "signing" || now.step == "closed")
    };
    let status = a_node_dies_at("signing", "birch", signing);
    let RunStatus::Closed(close) = status else { panic!("{status:?}") };
    assert_eq!(close.rounds, 100);
}

/// A run whose coordinator died and came back is gone on with to its result: no round that had a sum
/// is lost, and none is trained twice.
fn is_picked_up(world: &World, what: &str) {
    let (status, _) = end_of(world, what);
    let RunStatus::Closed(close) = status else {
        panic!("{what}: {status:?}: {:#?}", world.said());
    };
    assert_eq!(close.rounds, 100, "{what}");
    assert!(close.roster.len() >= 3, "{what}: {:?}", close.roster);
}

/// Where it died at the very end, results may have been lost with it: then the run is closed, or
/// aborted for one of these reasons.
fn ends_in_order(world: &World, what: &str) {
    let (status, _) = end_of(world, what);
    match status {
        RunStatus::Closed(close) => assert_eq!(close.rounds, 100, "{what}"),
        RunStatus::Aborted(
            AbortReason::CoordinatorRestarted
            | AbortReason::RetriesSpent
            | AbortReason::TooFewParticipants
            | AbortReason::ResultNotSigned,
        ) => eprintln!("{what}: {status:?}"),
        other => panic!("{what}: {other:?}"),
    }
}

/// How far an act has come when the coordinator dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Come {
    /// Somebody is about to send it.
    Begun,
    /// It is in the log; its receipt may have been sent or not.
    Logged,
    /// Whoever sent it has ended.
    Answered,
}

/// Kills the coordinator when this act of the opening has come so far.
fn the_coordinator_dies_at_act(dying: usize, come: Come) {
    let what = format!("act {dying} of the opening, {come:?}");
    let mut world = World::ready();
    for (place, act) in world.acts().into_iter().enumerate() {
        let act: Vec<&str> = act.iter().map(String::as_str).collect();
        if place != dying {
            world::answer(&act);
            continue;
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_concordat"));
        let child = command.args(&act).stdout(Stdio::null()).stderr(Stdio::null());
        let before = world.size();
        let mut child = child.spawn().unwrap();
        match come {
            Come::Begun => {}
            Come::Logged => until("it is logged", || (world.size() > before).then_some(())),
            Come::Answered => {
                child.wait().unwrap();
            }
        }
        world.kill_coordinator();
        let receipt_seen = child.wait().unwrap().success();
        assert!(receipt_seen || come != Come::Answered, "{what}: no receipt");
        world.start_coordinator();
        // What had a receipt is there; what had none can be done again, or is there already.
        let again = concordat(&act);
        let said = String::from_utf8_lossy(&again.stderr).into_owned();
        let done = again.status.success();
        assert!(!(receipt_seen && done) || act[1] == "run.approve", "{what}: done twice");
        assert!(done || again.status.code() == Some(1), "{what}: {said}");
    }
    is_picked_up(&world, &what);
}

#[test]
fn a_coordinator_that_dies_while_acts_are_on_their_way_loses_none_that_had_a_receipt() {
    the_coordinator_dies_at_act(0, Come::Begun);
    the_coordinator_dies_at_act(2, Come::Logged);
    the_coordinator_dies_at_act(4, Come::Answered);
}

#[test]
fn a_coordinator_that_dies_while_nodes_join_goes_on_with_those_who_did() {
    let mut world = World::ready();
    world.open_run();
    until("somebody has joined", || (!world.seen_joined().is_empty()).then_some(()));
    world.kill_coordinator();
    world.start_coordinator();
    is_picked_up(&world, "joining");
}

fn the_coordinator_dies_in(step: &str) {
    let mut world = World::ready();
    world.open_run();
    world.hold("birch", step);
    world.kill_coordinator();
    world.start_coordinator();
    world.nodes["birch"].signal("-CONT");
    is_picked_up(&world, step);
}

#[test]
fn a_coordinator_that_dies_while_keys_and_shares_arrive_picks_the_round_up() {
    the_coordinator_dies_in("advertise-keys");
    the_coordinator_dies_in("share-keys");
}

#[test]
fn a_coordinator_that_dies_while_sums_and_consents_arrive_picks_the_round_up() {
    the_coordinator_dies_in("masked-input");
    the_coordinator_dies_in("consistency-check");
}

/// Kills the coordinator at the first sight of this.
fn the_coordinator_dies_at(what: &str, seen: impl Fn(&Progress) -> bool) -> World {
    let mut world = World::ready();
    world.open_run();
    until(what, || world.progress().filter(&seen).map(drop));
    world.kill_coordinator();
    world.start_coordinator();
    world
}

#[test]
fn a_coordinator_that_dies_between_rounds_picks_the_run_up() {
    for round in [1, 50] {
        let what = format!("round {round}");
        let world = the_coordinator_dies_at(&what, |now| now.round >= round);
        is_picked_up(&world, &what);
    }
}

#[test]
fn a_coordinator_that_dies_during_unmasking_or_at_the_end_picks_the_run_up() {
    the_coordinator_dies_in("unmasking");
    let world = the_coordinator_dies_at("round 99", |now| now.round + 2 >= now.rounds);
    ends_in_order(&world, "round 99");
    // The signatures may be there before the kill: then the result must be there after it.
    let signing = |now: &Progress| now.step == "signing" || now.step == "closed";
    let world = the_coordinator_dies_at("signing", signing);
    ends_in_order(&world, "signing");
}
