//! Stories of answers that are held back for a moment only, over real HTTPS: whoever waits asks again.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::disallowed_methods)]

mod common;

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use common::participant::{Os, Outcome, Participant, identity};
use common::*;
use concordat_coordinator::Timing;
use concordat_partnership::Act;
use concordat_partnership::act::{AbortReason, RunAbort};
use concordat_secagg::FromClient;
use concordat_secagg::RingVec;
use concordat_secagg::client::advertise;
use concordat_wire::round::{ToClient, decode_to_client};

fn impatient() -> World {
    let hold = Duration::from_millis(10);
    let world = World::founded_with(Timing { hold, ..patient() }, |_| {});
    world.enter();
    world
}

fn joined(world: &World, rounds: u32) -> Vec<Participant> {
    let (plan, recipe) = world.open_run("first", rounds, 0);
    let join = |name: &&'static str| {
        world.join(name, "first", &plan);
        Participant::new(name, world, "first", &plan, &recipe)
    };
    HOLDERS.iter().map(join).collect()
}

/// Waits until the run is at this step.
fn at(world: &World, step: &str) {
    while world.client.get("/v1/runs/first").json()["step"] != step {
        thread::yield_now();
    }
}

#[test]
fn whoever_lost_the_answer_of_a_step_asks_once_more_and_is_told_the_same() {
    let world = impatient();
    let mut all = joined(&world, 1);
    let mut dogwood = all.pop().unwrap();
    let (state, keys) =
        advertise(dogwood.session(0), party("dogwood"), identity("dogwood"), &mut Os).unwrap();
    let keys = FromClient::Keys(keys);
    // Nobody else is there: nothing is known, however often it asks.
    for _ in 0..3 {
        let answer = dogwood.send_once(0, &keys);
        assert_eq!((answer.status, answer.body.len()), (204, 0));
    }
    let others: Vec<_> = all
        .into_iter()
        .map(|mut one| thread::spawn(move || (one.name, one.attempt(0, None))))
        .collect();
    // The step closes while it does not listen.
    at(&world, "share-keys");
    let told = |message: &FromClient| {
        let answer = dogwood.send_once(0, message);
        assert_eq!(answer.status, 200, "{}", answer.text());
        decode_to_client(&answer.body).unwrap()
    };
    let first = told(&keys);
    assert_eq!(told(&keys), first);
    let ToClient::Keys(list) = first else { panic!("{first:?}") };
    let (state, shares) = state.share(&list, &mut Os).unwrap();
    let shares = FromClient::Shares(shares);
    dogwood.send_once(0, &shares);
    at(&world, "masked-input");
    let ToClient::Inbox(inbox) = told(&shares) else { panic!("no inbox") };

    // And so on to a sum of all four.
    let own = Participant::contribution("dogwood", dogwood.recipe.dimension());
    let ring = dogwood.session(0).params().ring();
    let mut vector = RingVec::from_signed(ring, own);
    let (state, announced) = state.mask_in_place(&inbox, &mut vector).unwrap();
    let message = dogwood.upload(0, announced, vector);
    let outcome = dogwood.unmask(0, state, &message, None);
    let Outcome::Sum(sum, of) = &outcome else { panic!("{outcome:?}") };
    assert_eq!((sum[0], of.len()), (1 + 2 + 3 + 4, 4));
    for other in others {
        let (name, other) = other.join().unwrap();
        assert_eq!(other, outcome, "{name}");
    }
}

#[test]
fn a_later_attempt_is_told_as_soon_as_it_is_there_and_the_end_of_the_run_too() {
    let world = impatient();
    // Nobody waits for longer than a request may be held.
    let path = "/v1/runs/first/attempt";
    assert_eq!(world.client.get(path).status, 404);
    let mut all = joined(&world, 2);
    at(&world, "advertise-keys");
    let now = world.client.get(path).json();
    assert_eq!((now["round"].as_u64(), now["attempt"].as_u64()), (Some(0), Some(0)));
    assert_eq!(world.client.get(&format!("{path}?round=0&attempt=0")).status, 204);
    assert_eq!(world.client.get(&format!("{path}?round=0")).code(), "bad-query");
    assert_eq!(world.client.get(&format!("{path}?after=0")).code(), "bad-query");

    // Whoever waits for the second round hears of it when the first has its sum; and whoever waits for
    // a third, that the run is over.
    let wait = |query: &'static str| {
        let client = world.client.clone();
        thread::spawn(move || client.get(&format!("{path}?{query}&wait=30")))
    };
    let (second, third) = (wait("round=0&attempt=0"), wait("round=1&attempt=0"));
    for _ in 0..2 {
        let playing: Vec<_> = all
            .into_iter()
            .map(|mut one| {
                thread::spawn(move || {
                    let outcome = one.attempt(0, None);
                    assert!(matches!(outcome, Outcome::Sum(..)), "{outcome:?}");
                    one
                })
            })
            .collect();
        all = playing.into_iter().map(|one| one.join().unwrap()).collect();
    }
    let second = second.join().unwrap();
    assert_eq!(second.status, 200, "{}", second.text());
    assert_eq!(second.json()["round"], 1);
    let (run, reason) = ("first".parse().unwrap(), AbortReason::Withdrawn);
    let abort = RunAbort { run, reason, named: BTreeSet::new() };
    world.does("vendor", "trainer", Act::RunAbort(abort));
    assert_eq!(third.join().unwrap().status, 410);
}
