//! Participants' own steps: that they are what the papers say, and that noise is in each.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use concordat_dp::Sampler;
use concordat_learn::{
    Control, LocalSteps, Method, NoiseShare, Recipe, Training, Unfit, Units, gradient_sum,
    local_move,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

const BITS: u32 = 24;

/// A line through a number from −1 to 1, with everybody in every batch.
fn recipe(rounds: u32) -> Recipe {
    let text = include_str!("../../../examples/heart/recipe.json");
    let mut recipe: serde_json::Value = serde_json::from_str(text).unwrap();
    for (field, value) in [
        ("person", serde_json::json!("who")),
        ("target", serde_json::json!({"kind": "number", "column": "y", "min": "-1", "max": "1"})),
        (
            "features",
            serde_json::json!([
                {"kind": "scale", "column": "x", "min": "-1", "max": "1", "to": "both-sides"}
            ]),
        ),
        ("clip", "1000".into()),
        ("optimiser", serde_json::json!({"rate": "1", "momentum": "0"})),
        ("l2", "0".into()),
        ("rounds", rounds.into()),
        ("average_last", 1.into()),
        ("sampling_rate", "1".into()),
        ("normaliser", "4".into()),
    ] {
        recipe[field] = value;
    }
    let recipe: Recipe = serde_json::from_value(recipe).unwrap();
    assert_eq!(recipe.check(), Ok(()));
    recipe
}

fn local(steps: u32, rate: &str, pull: &str, control_variates: bool) -> Method {
    let (rate, pull) = (rate.parse().unwrap(), pull.parse().unwrap());
    Method::LocalSteps(LocalSteps { steps, rate, pull, control_variates, participants: 2 })
}

fn with(rounds: u32, method: Method) -> Recipe {
    let recipe = Recipe { method, noise: NoiseShare::Full, ..recipe(rounds) };
    assert_eq!(recipe.check(), Ok(()));
    recipe
}

/// Two sites that differ in where their rows lie and in what these say.
fn sites(recipe: &Recipe) -> [Units; 2] {
    let read = |rows: &[(f64, f64)]| {
        let header: Vec<String> = ["who", "x", "y"].map(String::from).into();
        let rows: Vec<Vec<String>> = rows
            .iter()
            .enumerate()
            .map(|(n, (x, y))| vec![format!("p{n}"), x.to_string(), y.to_string()])
            .collect();
        Units::read(recipe, &header, &rows).unwrap()
    };
    let one = [(-1.0, -0.9), (-0.5, -0.2), (0.0, 0.3), (-0.7, -0.6)];
    let other = [(1.0, 0.1), (0.9, -0.4), (0.2, 0.8), (0.4, 0.5)];
    [read(&one), read(&other)]
}

fn silence(_: &mut [i64], _: &mut ChaCha20Rng) {}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(5)
}

/// All rounds, without noise.
fn trained(recipe: &Recipe) -> Vec<f64> {
    let sites = sites(recipe);
    let mut controls = [Control::default(), Control::default()];
    let mut training = Training::begin(recipe);
    for _ in 0..recipe.rounds {
        let mut sum = vec![0; recipe.dimension()];
        for (units, control) in sites.iter().zip(&mut controls) {
            let values = match recipe.method {
                Method::SummedGradients {} => {
                    let sum = gradient_sum(recipe, &training, units, BITS, &mut rng());
                    sum.unwrap().into_values()
                }
                Method::LocalSteps(_) => {
                    let moved =
                        local_move(recipe, &training, units, control, BITS, silence, &mut rng());
                    let moved = moved.unwrap();
                    *control = moved.control;
                    moved.values
                }
                Method::Updates(_) => panic!("these are a trainer's"),
            };
            sum.iter_mut().zip(values.iter()).for_each(|(sum, value)| *sum += value);
        }
        training = training.step(recipe, &sum, BITS).unwrap();
    }
    training.weights().to_vec()
}

fn distance(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn one_step_each_is_a_step_along_the_summed_gradient() {
    let own = trained(&with(20, local(1, "0.3", "0", false)));
    // Half the mean over 4 is the mean over 8.
    let mut summed = recipe(20);
    summed.normaliser = "8".parse().unwrap();
    summed.optimiser.rate = "0.3".parse().unwrap();
    assert!(distance(&own, &trained(&summed)) < 1e-4);
    assert!(own.iter().all(|weight| weight.abs() > 0.01), "{own:?}");
}

/// Averages of many own steps end somewhere else than the minimum over all rows, since sites
/// differ; a pull makes that better, and control variates make it right.
#[test]
fn control_variates_end_where_all_rows_together_would_and_plain_averages_do_not() {
    let mut pooled = recipe(2000);
    pooled.normaliser = "8".parse().unwrap();
    let minimum = trained(&pooled);
    let averaged = distance(&trained(&with(300, local(10, "0.2", "0", false))), &minimum);
    let pulled = distance(&trained(&with(300, local(10, "0.2", "2", false))), &minimum);
    let controlled = distance(&trained(&with(300, local(10, "0.2", "0", true))), &minimum);
    assert!(averaged > 0.05, "{averaged}");
    assert!(pulled < averaged / 2.0, "{pulled} {averaged}");
    assert!(controlled < 1e-3, "{controlled}");
}

/// An empty batch is noise alone: K times its variance, by the rate and over the normaliser.
#[test]
fn all_of_the_noise_is_in_every_step() {
    const RUNS: u32 = 3000;
    let mut recipe = with(1, local(5, "0.5", "0", false));
    recipe.sampling_rate = "0.000000000001".parse().unwrap();
    let [units, _] = sites(&recipe);
    let training = Training::begin(&recipe);
    let sampler = Sampler::new(1 << 44).unwrap();
    let noise = |values: &mut [i64], rng: &mut ChaCha20Rng| {
        let mut drawn = vec![0; values.len()];
        sampler.fill(&mut drawn, rng);
        values.iter_mut().zip(drawn).for_each(|(value, drawn)| *value += drawn);
    };
    let mut rng = rng();
    let mut squares = 0.0;
    for _ in 0..RUNS {
        let control = Control::default();
        let moved = local_move(&recipe, &training, &units, &control, BITS, noise, &mut rng);
        squares += moved.unwrap().values.iter().map(|v| (*v as f64).powi(2)).sum::<f64>();
    }
    // Two parameters; rate over normaliser is 1/8; the deviation of the noise is 2^22.
    let variance = squares / f64::from(2 * RUNS);
    let expected = 5.0 * 2.0_f64.powi(44) / 64.0;
    // Five standard deviations of an estimate from 6,000 normal numbers.
    assert!((variance / expected - 1.0).abs() < 5.0 * (2.0 / 6000.0_f64).sqrt(), "{variance}");
}

#[test]
fn steps_of_ones_own_are_made_where_the_recipe_says_so_alone() {
    let recipe = recipe(1);
    let [units, _] = sites(&recipe);
    let training = Training::begin(&recipe);
    let control = Control::default();
    let moved = local_move(&recipe, &training, &units, &control, BITS, silence, &mut rng());
    assert_eq!(moved.err(), Some(Unfit::Parameters));
}
