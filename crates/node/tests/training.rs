//! Whole trainings over a room in memory, with real keys, masks, messages and rows.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::script::{Script, calm, train};
use common::story::HOSPITALS;
use common::{SALT, open_run, partnership, party, table};
use concordat_learn::{Model, Training, gradient_sum};
use concordat_node::plan::{Ready, check};
use concordat_node::rounds::Progress;
use concordat_node::train::{Noise, OutsideAnyPartnership, federate};
use concordat_secagg::{RingVec, Step, Transcript};
use concordat_terms::PartyId;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

fn ready() -> BTreeMap<PartyId, Ready> {
    let mut story = partnership(&HOSPITALS);
    let recipe = open_run(&mut story, "first", |_| {});
    let run = "first".parse().unwrap();
    let check = |h: &str| check(story.state(), &party(h), &run, &recipe, &table(h), &SALT).unwrap();
    HOSPITALS.iter().map(|h| (party(h), check(h))).collect()
}

/// The same training as the bench does it, without rooms, masks and messages.
fn benched(ready: &BTreeMap<PartyId, Ready>) -> Model {
    let tables: Vec<_> = ready.values().map(|ready| &ready.units).collect();
    let (task, outside) = (&ready[&party("alder")].task, OutsideAnyPartnership::declare());
    federate(task, &tables, Noise::Off(outside), 7, outside).unwrap()
}

/// The same training by `learn` alone: from round `r` on, only those who are in `who(r)` count.
fn direct(ready: &BTreeMap<PartyId, Ready>, who: impl Fn(u32, &str) -> bool) -> Model {
    let task = &ready[&party("alder")].task;
    let mut training = Training::begin(&task.recipe);
    let mut rng = ChaCha20Rng::seed_from_u64(0);
    while training.round() < task.recipe.rounds {
        let mut sum = vec![0; task.recipe.dimension()];
        for (party, ready) in ready.iter().filter(|(p, _)| who(training.round(), p.as_str())) {
            let bits = task.basis.scale_bits;
            let own = gradient_sum(&task.recipe, &training, &ready.units, bits, &mut rng);
            let own = own.unwrap_or_else(|e| panic!("{party}: {e}")).into_values();
            sum.iter_mut().zip(own.iter()).for_each(|(sum, own)| *sum += own);
        }
        training = training.step(&task.recipe, &sum, task.basis.scale_bits).unwrap();
    }
    training.finish(&task.recipe, Some(&task.trained)).unwrap()
}

#[test]
fn a_participant_at_whom_shares_do_not_open_says_whose_and_the_round_has_its_sum() {
    let ready = ready();
    let seen = train(&ready, &Script { closed: Some(("alder", "birch")), ..calm() });
    for (party, seen) in &seen {
        assert!(seen.outcome.is_ok(), "{party}");
        let unopened = |progress: &&Progress| matches!(progress, Progress::Unopened { .. });
        let told: Vec<&Progress> = seen.progress.iter().filter(unopened).collect();
        let dealer = self::party("birch");
        let wanted = [0, 1, 2, 3].map(|round| Progress::Unopened {
            round,
            attempt: 0,
            dealer: dealer.clone(),
        });
        let wanted: Vec<&Progress> = wanted.iter().filter(|_| party.as_str() == "alder").collect();
        assert_eq!(told, wanted, "{party}");
    }
}

#[test]
fn without_noise_four_hospitals_train_exactly_what_one_loop_over_their_sums_trains() {
    let ready = ready();
    let seen = train(&ready, &calm());
    let expected = direct(&ready, |_, _| true);
    // What the bench measures is what nodes do.
    assert_eq!(benched(&ready).weights(), expected.weights());
    let expected = expected.to_bytes();
    let everybody: BTreeSet<PartyId> = ready.keys().cloned().collect();
    let first = seen[&party("alder")].outcome.clone().unwrap();
    for (party, seen) in &seen {
        let outcome = seen.outcome.as_ref().unwrap();
        assert_eq!(outcome.model.to_bytes(), expected, "{party}");
        assert_eq!((outcome.rounds, outcome.attempts), (4, 4));
        assert_eq!(outcome.roster, everybody);
        assert_eq!(outcome.transcript, first.transcript);
        assert_eq!(seen.uploads, [(0, 0), (1, 0), (2, 0), (3, 0)]);
        let rounds = |round| Progress::Round { round, rounds: 4 };
        assert_eq!(seen.progress, [1, 2, 3, 4].map(rounds));
    }
}

#[test]
fn whoever_leaves_at_any_step_is_left_out_and_the_others_go_on() {
    let ready = ready();
    let steps = [
        // Before its upload counts, a round goes without it; after, with it.
        (Step::AdvertiseKeys, 1),
        (Step::ShareKeys, 1),
        (Step::MaskedInput, 1),
        (Step::ConsistencyCheck, 2),
        (Step::Unmasking, 2),
    ];
    for (step, from) in steps {
        let seen = train(&ready, &Script { leave: Some(("dogwood", (1, 0, step))), ..calm() });
        let expected = direct(&ready, |round, who| who != "dogwood" || round < from).to_bytes();
        for (party, seen) in seen {
            match seen.outcome {
                Err(problem) => {
                    assert_eq!((party.as_str(), problem.code.as_str()), ("dogwood", "stopped"))
                }
                Ok(outcome) => {
                    assert_eq!(outcome.model.to_bytes(), expected, "{party} at {step}");
                    assert_eq!((outcome.roster.len(), outcome.attempts), (3, 4));
                }
            }
        }
    }
}

#[test]
fn a_lost_attempt_is_made_again_with_fresh_secrets_and_counted() {
    let ready = ready();
    let seen = train(&ready, &Script { spoilt: &[(1, 0), (3, 0)], ..calm() });
    let expected = direct(&ready, |_, _| true).to_bytes();
    for (party, seen) in seen {
        let outcome = seen.outcome.unwrap();
        assert_eq!(outcome.model.to_bytes(), expected, "{party}");
        assert_eq!((outcome.rounds, outcome.attempts), (4, 6));
        assert_eq!(seen.uploads, [(0, 0), (1, 0), (1, 1), (2, 0), (3, 0), (3, 1)]);
    }
}

#[test]
fn nothing_is_uploaded_beyond_the_retries_whatever_the_coordinator_asks_for() {
    let ready = ready();
    let spoilt = &[(0, 0), (1, 0), (2, 0), (2, 1), (2, 2), (2, 3)];
    for (party, seen) in train(&ready, &Script { spoilt, ..calm() }) {
        assert_eq!(seen.outcome.unwrap_err().code, "retries-spent", "{party}");
        assert_eq!(seen.uploads, [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)]);
    }
}

#[test]
fn a_coordinator_that_hides_sums_and_shows_old_ones_gets_no_more_uploads_than_were_paid_for() {
    let ready = ready();
    let plan = &ready[&party("alder")].task.plan;
    let paid = (plan.rounds + plan.retries) as usize;
    // By the transcripts that it shows, no attempt was ever lost.
    let hidden = &[(0, 0), (1, 0), (2, 0), (3, 0)];
    for (party, seen) in train(&ready, &Script { hidden, ..calm() }) {
        assert_eq!(seen.outcome.unwrap_err().code, "retries-spent", "{party}");
        assert_eq!(seen.uploads, [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)]);
        assert!(seen.uploads.len() <= paid);
    }
}

#[test]
fn a_broken_connection_costs_no_more_than_the_round_and_the_transcript_catches_up() {
    let ready = ready();
    let lose = Some(("birch", (1, 0, Step::MaskedInput)));
    let seen = train(&ready, &Script { lose, ..calm() });
    let expected = direct(&ready, |round, who| who != "birch" || round < 2).to_bytes();
    for (party, seen) in seen {
        assert_eq!(seen.outcome.unwrap().model.to_bytes(), expected, "{party}");
    }
}

#[test]
fn a_sum_that_does_not_follow_from_its_messages_ends_the_run_at_the_node() {
    fn shift(transcript: &mut Transcript) {
        let one = RingVec::from_signed(transcript.sum.ring(), vec![1; transcript.sum.len()]);
        assert!(transcript.sum.add(&one));
    }
    let ready = ready();
    for (party, seen) in train(&ready, &Script { tamper: shift, ..calm() }) {
        assert_eq!(seen.outcome.unwrap_err().code, "sum-not-proved", "{party}");
        assert_eq!(seen.uploads, [(0, 0)]);
    }
}

#[test]
fn with_noise_everybody_still_holds_the_same_model_and_another_than_without() {
    let ready = ready();
    let seen = train(&ready, &Script { noise: Noise::Exact, ..calm() });
    let models: BTreeSet<Vec<u8>> =
        seen.into_values().map(|seen| seen.outcome.unwrap().model.to_bytes()).collect();
    assert_eq!(models.len(), 1);
    assert!(!models.contains(&direct(&ready, |_, _| true).to_bytes()));
}
