//! Recipes beyond a logistic regression of summed gradients: what a plan may ask for, what it is
//! charged, and that nodes do it.
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
use common::{SALT, open_run_of, partnership, party, recipe, table, wish};
use concordat_learn::optimiser::{Adaptive, Optimiser, Rule};
use concordat_learn::{
    Activation, Control, Hidden, LocalSteps, Method, Metrics, Model, NoiseShare, Recipe, Training,
    local_move,
};
use concordat_node::plan::{Ready, Task, calibrated, check};
use concordat_node::train::{Noise, OutsideAnyPartnership};
use concordat_replay::{plan_cost, plan_exposures};
use concordat_secagg::Step;
use concordat_terms::{Decimal, PartyId, Problem};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// Two hidden layers of five and three, by FedAdam.
fn deep() -> Recipe {
    let (activation, seed) = (Activation::Relu, "methods/1".to_owned());
    let mut recipe = recipe();
    recipe.hidden = Some(Hidden { widths: vec![5, 3], activation, seed });
    recipe.optimiser.rate = decimal("0.05");
    recipe.optimiser.momentum = decimal("0.9");
    let rule = Rule::Adam { decay: decimal("0.99") };
    recipe.optimiser.adaptive = Some(Adaptive { rule, floor: decimal("0.01") });
    recipe
}

fn local(control_variates: bool) -> Recipe {
    let (rate, pull) = (decimal("0.1"), decimal("0.5"));
    let local = LocalSteps { steps: 2, rate, pull, control_variates, participants: 4 };
    let mut recipe = recipe();
    (recipe.noise, recipe.method) = (NoiseShare::Full, Method::LocalSteps(local));
    recipe.normaliser = decimal("125");
    recipe.optimiser.rate = decimal("1");
    recipe
}

fn ready(recipe: &Recipe) -> BTreeMap<PartyId, Ready> {
    let mut story = partnership(&HOSPITALS);
    let bytes = open_run_of(&mut story, "first", recipe, |_| {});
    let run = "first".parse().unwrap();
    let check = |h: &str| check(story.state(), &party(h), &run, &bytes, &table(h), &SALT).unwrap();
    HOSPITALS.iter().map(|h| (party(h), check(h))).collect()
}

#[test]
fn a_deep_model_is_trained_under_noise_and_says_where_it_is_from() {
    let ready = ready(&deep());
    let task = &ready[&party("alder")].task;
    assert_eq!(task.plan.dimension, 14 * 5 + 6 * 3 + 4);
    let seen = train(&ready, &Script { noise: Noise::Exact, ..calm() });
    let models: BTreeSet<Vec<u8>> =
        seen.into_values().map(|seen| seen.outcome.unwrap().model.to_bytes()).collect();
    let [bytes]: [Vec<u8>; 1] = Vec::from_iter(models).try_into().unwrap();
    let model = Model::from_bytes(&bytes).unwrap();
    assert_eq!(model.network().widths(), [13, 5, 3, 1]);
    assert_eq!(model.recipe(), &deep());
    let trained = model.trained().unwrap();
    assert_eq!((trained.run.as_str(), trained.participants), ("first", 4));
    // The whole account was wished for: δ and an ε just below the agreed one.
    assert_eq!(trained.delta, decimal("0.0001"));
    assert!(decimal("0.98") < trained.epsilon && trained.epsilon <= decimal("1"), "{trained:?}");
    assert_eq!(trained, &task.trained);
}

/// The same by `learn` alone: dogwood is in no sum from the second round on, and what it would
/// remember of a round that it is not in is forgotten.
fn direct(ready: &BTreeMap<PartyId, Ready>, from: u32) -> Model {
    let task = &ready[&party("alder")].task;
    let (recipe, bits) = (&task.recipe, task.basis.scale_bits);
    let mut training = Training::begin(recipe);
    let mut controls: BTreeMap<&PartyId, Control> = BTreeMap::new();
    let mut rng = ChaCha20Rng::seed_from_u64(0);
    while training.round() < recipe.rounds {
        let mut sum = vec![0; recipe.dimension()];
        for (party, ready) in ready {
            if party.as_str() == "dogwood" && training.round() >= from {
                continue;
            }
            let own = controls.entry(party).or_default();
            let silence = |_: &mut [i64], _: &mut ChaCha20Rng| {};
            let moved = local_move(recipe, &training, &ready.units, own, bits, silence, &mut rng);
            let moved = moved.unwrap();
            *own = moved.control;
            sum.iter_mut().zip(moved.values.iter()).for_each(|(sum, value)| *sum += value);
        }
        training = training.step(recipe, &sum, bits).unwrap();
    }
    training.finish(recipe, Some(&task.trained)).unwrap()
}

#[test]
fn own_steps_and_control_variates_go_through_the_rounds_whatever_is_lost() {
    for control_variates in [false, true] {
        let ready = ready(&local(control_variates));
        let all = direct(&ready, 4).to_bytes();
        let without = direct(&ready, 1).to_bytes();
        assert_ne!(all, without);
        // An attempt that was lost is made again from what its round began with.
        let spoilt = train(&ready, &Script { spoilt: &[(1, 0), (2, 0)], ..calm() });
        for (party, seen) in spoilt {
            assert_eq!(seen.outcome.unwrap().model.to_bytes(), all, "{party}");
        }
        let leave = Some(("dogwood", (1, 0, Step::MaskedInput)));
        for (party, seen) in train(&ready, &Script { leave, ..calm() }) {
            match seen.outcome {
                Err(problem) => assert_eq!(problem.code, "stopped", "{party}"),
                Ok(outcome) => assert_eq!(outcome.model.to_bytes(), without, "{party}"),
            }
        }
    }
}

/// Three optimisers in one plan, and what each comes to is told.
fn swept() -> Recipe {
    let mut recipe = recipe();
    let trial = |rate| Optimiser { rate: decimal(rate), ..recipe.optimiser };
    recipe.trials = vec![trial("0.000001"), trial("3")];
    let loss_most = decimal("4");
    recipe.metrics = Some(Metrics { clip: decimal("0.25"), loss_most, every: 2 });
    recipe
}

#[test]
fn a_sweep_with_metrics_costs_what_one_run_without_does_and_all_trials_are_told() {
    let story = partnership(&HOSPITALS);
    let agreement = story.state().agreement();
    let (one, _) = calibrated(agreement, &wish(), &recipe()).unwrap();
    let (all, bytes) = calibrated(agreement, &wish(), &swept()).unwrap();
    assert_eq!((all.noise, all.clip), (one.noise, one.clip));
    assert_eq!(plan_cost(agreement, &all), plan_cost(agreement, &one));
    assert_eq!(all.dimension, 3 * (one.dimension + 3));
    // A proposer cannot leave the metrics out of what nodes send.
    let short = concordat_partnership::act::Plan { dimension: one.dimension, ..all };
    let run = "first".parse().unwrap();
    let problem = Task::derive(story.state(), &run, &short, &bytes).unwrap_err();
    assert_eq!(problem.code, "recipe-differs");

    let ready = ready(&swept());
    for noise in [Noise::Exact, Noise::Off(OutsideAnyPartnership::declare())] {
        let seen = train(&ready, &Script { noise, spoilt: &[(1, 0)], ..calm() });
        let models: BTreeSet<Vec<u8>> =
            seen.into_values().map(|seen| seen.outcome.unwrap().model.to_bytes()).collect();
        let [bytes]: [Vec<u8>; 1] = Vec::from_iter(models).try_into().unwrap();
        let model = Model::from_bytes(&bytes).unwrap();
        let charged = model.charged().unwrap();
        assert_eq!((charged.trials.len(), charged.rounds), (3, swept().average_last));
        let losses: Vec<f64> = charged.trials.iter().map(|own| own.loss.to_f64()).collect();
        let least = losses.iter().copied().fold(f64::INFINITY, f64::min);
        assert!(losses[charged.chosen as usize] - least < 1e-9, "{charged:?}");
        if noise != Noise::Exact {
            // Without noise the one that hardly moves is told to be the worst.
            assert!(losses[1] > losses[0] && charged.chosen != 1, "{charged:?}");
        }
    }
}

#[test]
fn every_own_step_is_charged_at_full_noise_and_no_adversary_is_said_to_see_less() {
    let story = partnership(&HOSPITALS);
    let agreement = story.state().agreement();
    let (split, _) = calibrated(agreement, &wish(), &recipe()).unwrap();
    let (own, bytes) = calibrated(agreement, &wish(), &local(false)).unwrap();
    assert_eq!(split.local_steps, None);
    assert_eq!(own.local_steps.map(u32::from), Some(2));
    assert_eq!(own.charges(), 2 * split.charges());
    assert!(own.noise > split.noise);
    let mut same = own.clone();
    (same.local_steps, same.rounds, same.retries) = (None, own.charges() as u32, 0);
    assert_eq!(plan_cost(agreement, &same), plan_cost(agreement, &own));

    // Split among honest nodes, the others' noise helps; at every step of one's own it does not.
    let faced = |plan| -> BTreeSet<Decimal> {
        plan_exposures(agreement, plan).unwrap().into_iter().map(|e| e.event.sigma).collect()
    };
    assert!(faced(&split).len() > 1);
    assert_eq!(faced(&own), BTreeSet::from([own.noise]));

    let task = |plan, bytes: &[u8]| {
        Task::derive(story.state(), &"first".parse().unwrap(), plan, bytes).unwrap()
    };
    let full = task(&own, &bytes);
    let exact = (own.noise.to_f64() * full.sensitivity.ring_units() as f64).powi(2);
    assert!((full.variance as f64 / exact - 1.0).abs() < 1e-9);
    // All of the noise at each node, for sums of gradients too.
    let (calm, bytes) =
        calibrated(agreement, &wish(), &Recipe { noise: NoiseShare::Full, ..recipe() }).unwrap();
    assert_eq!((calm.noise, calm.charges()), (split.noise, split.charges()));
    let calm = task(&calm, &bytes);
    let exact = (calm.plan.noise.to_f64() * calm.sensitivity.ring_units() as f64).powi(2);
    assert!((calm.variance as f64 / exact - 1.0).abs() < 1e-9);
    // Half as many numbers as with control variates, whose noise is the same.
    let (twice, _) = calibrated(agreement, &wish(), &local(true)).unwrap();
    assert_eq!((twice.dimension, twice.noise), (2 * own.dimension, own.noise));
}

#[test]
fn what_cannot_be_sound_is_refused_at_the_plan_with_what_would_be() {
    let story = partnership(&HOSPITALS);
    let agreement = story.state().agreement();
    let told = |recipe: &Recipe| calibrated(agreement, &wish(), recipe).unwrap_err();
    let problem = told(&Recipe { noise: NoiseShare::Split, ..local(false) });
    assert_eq!(problem.code, "bad-recipe");
    assert!(problem.hint.contains("\"noise\": \"full\""), "{problem}");
    let problem = told(&Recipe { noise: NoiseShare::None, ..recipe() });
    assert_eq!(problem.code, "no-noise");

    // A proposer that states something else than its recipe says.
    let refused = |recipe: &Recipe, bend: fn(&mut concordat_partnership::act::Plan)| -> Problem {
        let (mut plan, bytes) = calibrated(agreement, &wish(), recipe).unwrap();
        bend(&mut plan);
        Task::derive(story.state(), &"first".parse().unwrap(), &plan, &bytes).unwrap_err()
    };
    let problem = refused(&local(false), |plan| plan.local_steps = None);
    assert_eq!(problem.code, "recipe-differs");
    assert!(problem.what.contains("`local_steps`"), "{problem}");
    let mut three = local(false);
    let Method::LocalSteps(steps) = &mut three.method else { panic!() };
    steps.participants = 3;
    let problem = refused(&three, |_| {});
    assert!(problem.what.contains("`participants`"), "{problem}");
}
