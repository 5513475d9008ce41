//! Stories of runs whose coordinator is restarted.

use std::thread;

use concordat_coordinator::Timing;
use concordat_partnership::RunStatus;
use concordat_partnership::act::AbortReason;
use concordat_secagg::Step;

use super::common::participant::Outcome;
use super::common::*;
use super::{close, joined, keys_of, play, proved};

#[test]
fn a_restart_between_rounds_costs_an_attempt_and_no_round() {
    let mut world = World::in_force();
    let all = joined(&world, "first", 2, 1);
    let mut all = proved(play(all, 0, None), &HOLDERS);
    world.restart();
    for one in &mut all {
        one.client = world.client.clone();
    }
    // Three had begun nothing; one had, and comes back with the next attempt.
    let ahead = all.pop().unwrap();
    let others: Vec<_> = all
        .into_iter()
        .map(|mut one| {
            thread::spawn(move || {
                let first = one.attempt(0, None);
                let Outcome::Again(again) = first else { panic!("{first:?}") };
                assert_eq!((again.round, again.attempt), (1, 1));
                let second = one.attempt(1, None);
                (one, second)
            })
        })
        .collect();
    let mut outcomes = play(vec![ahead], 1, None);
    outcomes.extend(others.into_iter().map(|thread| thread.join().unwrap()));
    let all = proved(outcomes, &HOLDERS);
    for answer in close(&all) {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let RunStatus::Closed(closed) = world.run_status("first") else { panic!("not closed") };
    assert_eq!((closed.rounds, closed.attempts), (2, 3));
}

#[test]
fn after_a_restart_nobody_spends_retries_by_an_attempt_that_nobody_opened() {
    let mut world = World::in_force();
    let all = joined(&world, "first", 2, 2);
    let mut all = proved(play(all, 0, None), &HOLDERS);
    world.restart();
    for one in &mut all {
        one.client = world.client.clone();
    }
    // As if two attempts had been lost: the run would have no retry left.
    let mut liar = all.pop().unwrap();
    let lie = {
        let one = liar.clone();
        thread::spawn(move || one.send(2, &keys_of(&one, 2)))
    };
    let others: Vec<_> = all
        .into_iter()
        .map(|mut one| {
            thread::spawn(move || {
                let outcome = one.attempt(0, None);
                (one, outcome)
            })
        })
        .collect();
    let answer = lie.join().unwrap();
    assert_eq!((answer.status, answer.json()["attempt"].as_u64()), (409, Some(0)));
    let outcome = liar.attempt(0, None);
    let mut outcomes: Vec<_> = others.into_iter().map(|thread| thread.join().unwrap()).collect();
    outcomes.push((liar, outcome));
    for answer in close(&proved(outcomes, &HOLDERS)) {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let RunStatus::Closed(closed) = world.run_status("first") else { panic!("not closed") };
    assert_eq!((closed.rounds, closed.attempts), (2, 2));
}

#[test]
fn an_attempt_that_was_opened_before_a_restart_is_known_after_it() {
    let mut world = World::in_force();
    let mut all = joined(&world, "first", 1, 2);
    for attempt in 0..2 {
        // Everybody has been told all keys, and nobody has dealt shares yet.
        let threads: Vec<_> = all
            .into_iter()
            .map(|mut one| {
                thread::spawn(move || {
                    let outcome = one.attempt(attempt, Some(Step::ShareKeys));
                    assert_eq!(outcome, Outcome::Silent);
                    one
                })
            })
            .collect();
        all = threads.into_iter().map(|one| one.join().unwrap()).collect();
        world.restart();
        for one in &mut all {
            one.client = world.client.clone();
        }
    }
    for answer in close(&proved(play(all, 2, None), &HOLDERS)) {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let RunStatus::Closed(closed) = world.run_status("first") else { panic!("not closed") };
    assert_eq!((closed.rounds, closed.attempts), (1, 3));
}

#[test]
fn after_a_restart_to_which_nobody_comes_back_the_run_is_aborted() {
    let mut world = World::founded_with(
        Timing { resume_wait: std::time::Duration::from_millis(300), ..patient() },
        |_| {},
    );
    world.enter();
    let all = joined(&world, "first", 2, 1);
    proved(play(all, 0, None), &HOLDERS);
    world.restart();
    let status = world.ended("first");
    assert_eq!(status, RunStatus::Aborted(AbortReason::CoordinatorRestarted));
}
