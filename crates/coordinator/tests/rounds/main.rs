//! Stories of runs over real HTTPS: four hospitals, each on a thread of its own.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::disallowed_methods)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../../../store/tests/common/mod.rs"]
mod disk;
mod ending;
mod restarts;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use common::participant::{Outcome, Participant};
use common::*;
use concordat_coordinator::{Config, Limits, Timing, Wait};
use concordat_partnership::act::{AbortReason, Plan};
use concordat_partnership::{ModelStatus, RunStatus};
use concordat_secagg::{FromClient, RingVec, Step};
use concordat_terms::Digest;
use concordat_wire::api::Receipts;

fn joined(world: &World, run: &str, rounds: u32, retries: u32) -> Vec<Participant> {
    let (plan, recipe) = world.open_run(run, rounds, retries);
    HOLDERS
        .iter()
        .map(|name| {
            world.join(name, run, &plan);
            Participant::new(name, world, run, &plan, &recipe)
        })
        .collect()
}

/// Plays one attempt with everybody at once; `silent` falls silent at its step.
fn play(
    all: Vec<Participant>,
    attempt: u32,
    silent: Option<(&'static str, Step)>,
) -> Vec<(Participant, Outcome)> {
    let threads: Vec<_> = all
        .into_iter()
        .map(|mut one| {
            let until = silent.filter(|(name, _)| *name == one.name).map(|(_, step)| step);
            thread::spawn(move || {
                let outcome = one.attempt(attempt, until);
                (one, outcome)
            })
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

fn sum_of(names: &[&str], dimension: usize) -> Vec<i64> {
    let mut sum = vec![0; dimension];
    for name in names {
        for (total, value) in sum.iter_mut().zip(Participant::contribution(name, dimension)) {
            *total += value;
        }
    }
    sum
}

fn proved(outcomes: Vec<(Participant, Outcome)>, of: &[&str]) -> Vec<Participant> {
    outcomes
        .into_iter()
        .filter(|(_, outcome)| *outcome != Outcome::Silent)
        .map(|(one, outcome)| {
            let dimension = one.training.weights().len();
            let survivors = of.iter().map(|name| party(name)).collect();
            assert_eq!(outcome, Outcome::Sum(sum_of(of, dimension), survivors), "{}", one.name);
            one
        })
        .collect()
}

fn close(all: &[Participant]) -> Vec<Answer> {
    let threads: Vec<_> =
        all.iter().cloned().map(|one| thread::spawn(move || one.close())).collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

#[test]
fn four_hospitals_hold_two_rounds_and_sign_the_model_together() {
    let world = World::in_force();
    let mut all = joined(&world, "first", 2, 1);
    for _ in 0..2 {
        all = proved(play(all, 0, None), &HOLDERS);
    }
    for answer in close(&all) {
        assert_eq!(answer.status, 200, "{}", answer.text());
        let Receipts { receipts, .. } = serde_json::from_slice(&answer.body).unwrap();
        assert!(receipts[0].admitted);
    }
    let RunStatus::Closed(closed) = world.run_status("first") else { panic!("not closed") };
    assert_eq!((closed.rounds, closed.attempts, closed.roster.len()), (2, 2, 4));
    let replica = world.running.as_ref().unwrap().view().replica();
    let model = &replica.state().models()[&closed.model];
    assert_eq!((model.status, model.signed_by.len()), (ModelStatus::Trained, 4));
    assert_eq!(world.client.get("/v1/runs/first").json()["step"], "closed");

    // Over is over: no message is taken, and no transcript is kept.
    let answer = all[0].send(0, &keys_of(&all[0], 0));
    assert_eq!((answer.status, answer.code().as_str()), (410, "run-closed"));
}

fn keys_of(one: &Participant, attempt: u32) -> FromClient {
    let identity = common::participant::identity(one.name);
    let session = one.session(attempt);
    let advertised = concordat_secagg::client::advertise(
        session,
        party(one.name),
        identity,
        &mut common::participant::Os,
    );
    FromClient::Keys(advertised.unwrap().1)
}

#[test]
fn one_may_vanish_at_any_step_and_the_others_still_have_their_sum() {
    let rest = ["alder", "birch", "cypress"];
    for (step, of) in [
        (Step::AdvertiseKeys, &rest[..]),
        (Step::ShareKeys, &rest[..]),
        (Step::MaskedInput, &rest[..]),
        // From here on its vector has arrived.
        (Step::ConsistencyCheck, &HOLDERS[..]),
        (Step::Unmasking, &HOLDERS[..]),
    ] {
        let late = move |wait| matches!(wait, Wait::Step(at) if at >= step);
        let world = World::in_force_with(without(&["dogwood"], late));
        let all = joined(&world, "first", 1, 0);
        let all = proved(play(all, 0, Some(("dogwood", step))), of);
        assert_eq!(all.len(), 3, "{step}");
        for answer in close(&all) {
            assert_eq!(answer.status, 200, "{step}: {}", answer.text());
        }
        assert!(matches!(world.run_status("first"), RunStatus::Closed(_)), "{step}");
    }
}

#[test]
fn whoever_vanished_once_catches_up_with_transcripts_and_may_sign() {
    let late = |wait| wait == Wait::Step(Step::MaskedInput);
    let world = World::in_force_with(without(&["dogwood"], late));
    let all = joined(&world, "first", 2, 0);
    let mut outcomes = play(all, 0, Some(("dogwood", Step::MaskedInput)));
    let (mut late, _) = outcomes.pop().unwrap();
    let others = proved(outcomes, &["alder", "birch", "cypress"]);

    // The first round is finished; in the second its keys wait for the others' sum.
    let dimension = late.training.weights().len();
    let survivors = ["alder", "birch", "cypress"].map(party).into();
    let sum = sum_of(&["alder", "birch", "cypress"], dimension);
    assert_eq!(late.attempt(0, None), Outcome::Sum(sum, survivors));
    let mut all = others;
    all.push(late);
    let all = proved(play(all, 0, None), &["alder", "birch", "cypress"]);
    let answers = close(&all[..3]);
    assert!(answers.iter().all(|answer| answer.status == 200));
}

#[test]
fn when_too_few_are_left_the_run_is_aborted_and_everybody_is_told() {
    let late = |wait| matches!(wait, Wait::Step(_));
    let world = World::in_force_with(without(&["cypress", "dogwood"], late));
    let mut all = joined(&world, "first", 1, 2);
    all.truncate(2);
    for (_, outcome) in play(all, 0, None) {
        assert_eq!(outcome, Outcome::Refused(410, "run-aborted".to_owned()));
    }
    let status = world.run_status("first");
    assert_eq!(status, RunStatus::Aborted(AbortReason::TooFewParticipants));
    assert_eq!(world.client.get("/v1/runs/first").json()["step"], "aborted");
}

#[test]
fn a_run_that_too_few_join_is_aborted_after_a_while_however_many_have() {
    let soon = std::time::Duration::from_millis(300);
    let world = World::founded_with(Timing { enough_wait: soon, ..patient() }, |_| {});
    world.enter();
    let (plan, _) = world.open_run("first", 1, 0);
    // Nobody joins: no node may, or none is there.
    let too_few = RunStatus::Aborted(AbortReason::TooFewParticipants);
    assert_eq!(world.ended("first"), too_few);
    assert_eq!(world.client.get("/v1/runs/first").json()["step"], "aborted");

    // Two of the three that are needed do.
    let late = |wait| wait == Wait::Joins;
    let world = World::in_force_with(without(&["cypress", "dogwood"], late));
    world.open_run("second", 1, 0);
    for name in &HOLDERS[..2] {
        world.join(name, "second", &plan);
    }
    assert_eq!(world.ended("second"), too_few);
}

#[test]
fn how_long_a_run_waits_for_enough_is_the_operators_to_say() {
    let mut world = World::founded_with(patient(), |_| {});
    world.enter();
    world.running.take().unwrap().stop();
    let config = "listen = \"127.0.0.1:0\"\njoin_within = \"PT1S\"\n";
    std::fs::write(world.dir.path().join("concordat.toml"), config).unwrap();
    world.start();
    world.open_run("first", 1, 0);
    assert_eq!(world.ended("first"), RunStatus::Aborted(AbortReason::TooFewParticipants));
}

#[test]
fn messages_of_strangers_of_other_attempts_and_of_no_run_do_not_count() {
    let world = World::in_force();
    let all = joined(&world, "first", 1, 1);
    let one = &all[0];
    assert_eq!(world.client.get("/v1/runs/other").status, 404);
    assert_eq!(world.client.post("/v1/runs/other/0/0", &[]).code(), "bad-message");
    assert_eq!(world.client.post("/v1/runs/first/0/0", b"nonsense").code(), "bad-message");
    // Birch's keys in alder's name.
    let FromClient::Keys(mut forged) = keys_of(&all[1], 0) else { panic!() };
    forged.from = party("alder");
    let answer = one.send(0, &FromClient::Keys(forged));
    assert_eq!((answer.status, answer.code().as_str()), (400, "message-rejected"));
    // Keys for the next attempt, under the address of this one.
    assert_eq!(one.send(0, &keys_of(one, 1)).code(), "message-rejected");
    // A round that has not begun.
    let later = concordat_wire::round::encode_from_client(&keys_of(one, 0));
    let answer = world.client.post("/v1/runs/first/7/0", &later);
    assert_eq!((answer.status, answer.json()["round"].as_u64()), (409, Some(0)));
    // And all that did no harm.
    proved(play(all, 0, None), &HOLDERS);
}

#[test]
fn a_finished_round_is_for_those_who_joined() {
    let world = World::in_force_with(without(&["dogwood"], |wait| wait == Wait::Joins));
    let (plan, recipe) = world.open_run("first", 1, 0);
    let mut all = Vec::new();
    for name in &HOLDERS[..3] {
        world.join(name, "first", &plan);
        all.push(Participant::new(name, &world, "first", &plan, &recipe));
    }
    let outsider = Participant::new("dogwood", &world, "first", &plan, &recipe);
    let mut late = all[0].clone();
    proved(play(all, 0, None), &["alder", "birch", "cypress"]);

    // Of the plan, with a key, and yet not of the run.
    let answer = outsider.send(0, &keys_of(&outsider, 0));
    assert_eq!((answer.status, answer.code().as_str()), (403, "not-joined"));
    assert!(matches!(late.attempt(0, None), Outcome::Sum(..)));
}

/// How many distinct pieces of a transcript lie somewhere below the folder of the store.
fn pieces(world: &World, transcript: &[u8]) -> usize {
    let files = disk::every_byte(&world.dir.path().join("store"));
    // What repeats itself, zeros say, tells nothing.
    let telling = transcript.chunks(24).filter(|piece| {
        let distinct: std::collections::BTreeSet<&u8> = piece.iter().collect();
        distinct.len() > 16
    });
    telling.filter(|piece| files.windows(piece.len()).any(|window| window == *piece)).count()
}

#[test]
fn of_a_runs_transcripts_no_byte_stays_once_it_is_closed() {
    let mut world = World::in_force();
    let all = joined(&world, "first", 1, 0);
    let late = all[0].clone();
    let all = proved(play(all, 0, None), &HOLDERS);
    let transcript = late.send(0, &keys_of(&late, 0)).body;
    assert!(pieces(&world, &transcript) > 10);
    for answer in close(&all) {
        assert_eq!(answer.status, 200);
    }
    // The room clears up behind itself, at the latest when the next start does.
    world.restart();
    assert_eq!(pieces(&world, &transcript), 0);
}

#[test]
fn what_a_dead_coordinator_left_of_a_closed_run_is_destroyed_at_the_next_start() {
    let mut world = World::in_force();
    let all = joined(&world, "first", 1, 0);
    let plan = all[0].plan.clone();
    for answer in close(&proved(play(all, 0, None), &HOLDERS)) {
        assert_eq!(answer.status, 200);
    }
    world.propose_and_open("second", plan);
    world.running.take().unwrap().stop();
    let names = |world: &World| {
        let store = concordat_store::Store::open(&world.dir.path().join("store")).unwrap();
        store.note_names("run/").unwrap()
    };
    {
        let mut store = concordat_store::Store::open(&world.dir.path().join("store")).unwrap();
        for run in ["first", "second", "never"] {
            store.put_note(&format!("run/{run}/0000000000"), b"kept").unwrap();
        }
    }
    world.start();
    world.running.take().unwrap().stop();
    assert_eq!(names(&world), ["run/second/0000000000"], "only of the run that is open");
}

#[test]
fn a_run_whose_recipe_nobody_brings_ends() {
    let soon = std::time::Duration::from_millis(300);
    let world = World::founded_with(Timing { join_wait: soon, ..patient() }, |_| {});
    world.enter();
    let (plan, _) = world.open_run("first", 1, 0);
    let unknown = Digest::of(b"a recipe that nobody has");
    world.propose_and_open("second", Plan { recipe: unknown, ..plan });
    let status = world.ended("second");
    assert_eq!(status, RunStatus::Aborted(AbortReason::PlanUnusable));
    assert_eq!(world.run_status("first"), RunStatus::Open);
}

#[test]
fn a_coordinator_that_publishes_another_sum_is_caught_by_every_participant() {
    let world = World::founded_with(patient(), |config| {
        config.for_tests.tamper = Some(Arc::new(|sum| {
            let one = RingVec::from_signed(sum.ring(), std::iter::repeat_n(1, sum.len()));
            assert!(sum.add(&one));
        }));
        without(&HOLDERS, |wait| wait == Wait::Results)(config);
    });
    world.enter();
    let all = joined(&world, "first", 1, 0);
    for (_, outcome) in play(all, 0, None) {
        assert_eq!(outcome, Outcome::Unproved);
    }
    // Nobody has a result to sign.
    let status = world.ended("first");
    assert_eq!(status, RunStatus::Aborted(AbortReason::ResultNotSigned));
}

#[test]
fn keys_that_came_before_the_others_joined_are_kept_for_the_first_step() {
    let world = World::in_force();
    let (plan, recipe) = world.open_run("first", 1, 0);
    let mut threads = Vec::new();
    for name in HOLDERS {
        world.join(name, "first", &plan);
        let mut one = Participant::new(name, &world, "first", &plan, &recipe);
        threads.push(thread::spawn(move || {
            let outcome = one.attempt(0, None);
            (one, outcome)
        }));
    }
    let outcomes = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    proved(outcomes, &HOLDERS);
}

/// A room that is at work for as long as a test likes, between two rounds.
struct Busy {
    world: World,
    all: Vec<Participant>,
    /// That the room has begun.
    begun: Receiver<()>,
    /// Lets the room go on.
    go_on: Sender<()>,
}

fn busy(change: impl FnOnce(&mut Config)) -> Busy {
    let ((tell, begun), (go_on, wait)) = (channel(), channel());
    let (tell, wait) = (Mutex::new(tell), Mutex::new(wait));
    let world = World::founded_with(patient(), |config| {
        config.for_tests.tamper = Some(Arc::new(move |_| {
            tell.lock().unwrap().send(()).ok();
            wait.lock().unwrap().recv().ok();
        }));
        change(config);
    });
    world.enter();
    let all = joined(&world, "first", 1, 0);
    Busy { world, all, begun, go_on }
}

#[test]
fn whoever_is_no_participant_is_turned_away_while_the_room_is_at_work() {
    let Busy { world: _world, all, begun, go_on } = busy(|_| {});
    let one = all[0].clone();
    let FromClient::Keys(mut forged) = keys_of(&all[1], 0) else { panic!() };
    forged.from = party("alder");
    let rounds = thread::spawn(move || play(all, 0, None));
    begun.recv().unwrap();

    // The room hears nothing now, and nobody who cannot be one of it has to wait for it.
    let answer = one.send(0, &FromClient::Keys(forged.clone()));
    assert_eq!((answer.status, answer.code().as_str()), (400, "message-rejected"));
    forged.from = party("vendor");
    let answer = one.send(0, &FromClient::Keys(forged));
    assert_eq!((answer.status, answer.code().as_str()), (403, "not-joined"));
    let answer = one.client.post_json("/v1/runs/first/result", &one.result_of("vendor"));
    assert_eq!((answer.status, answer.code().as_str()), (403, "not-joined"));
    go_on.send(()).unwrap();
    proved(rounds.join().unwrap(), &HOLDERS);
}

#[test]
fn what_waits_at_a_rooms_door_counts_as_a_body_until_it_is_taken() {
    const FIT: usize = 4;
    let room = 256 << 10;
    let limits = Limits { strangers: room, strangers_of_one: room, ..Limits::default() };
    let Busy { world, all, begun, go_on } = busy(|config| config.limits = limits);
    // A result in a participant's name, which only the room can tell from a true one.
    let mut long = all[0].result_of("alder");
    long.roster = (0..3_500).map(|n| format!("hospital-{n:05}").parse().unwrap()).collect();
    let long = serde_json::to_vec(&long).unwrap();
    assert!(long.len() < 1 << 16 && long.len() * FIT < room && long.len() * (FIT + 1) > room);
    let rounds = thread::spawn(move || play(all, 0, None));
    begun.recv().unwrap();
    let (tell, answers) = channel();
    for _ in 0..2 * FIT {
        let (client, long, tell) = (world.client.clone(), long.clone(), tell.clone());
        thread::spawn(move || tell.send(client.post("/v1/runs/first/result", &long)));
    }
    // As many as fit are waiting; the others are told so.
    for _ in 0..FIT {
        let answer = answers.recv_timeout(std::time::Duration::from_secs(30)).unwrap();
        assert_eq!((answer.status, answer.code().as_str()), (503, "bodies-too-many"));
    }
    go_on.send(()).unwrap();
    for _ in 0..FIT {
        assert_eq!(answers.recv().unwrap().code(), "result-not-signed");
    }
    proved(rounds.join().unwrap(), &HOLDERS);
}
