//! Federated training on the heart tables, with and without noise, over keyed splits.
//!
//! The noise here is plain floating-point Gaussian: good enough to choose a recipe and to see what
//! noise costs, never for a sum that leaves a node.

use std::error::Error;

use concordat_learn::metrics::{Scores, score};
use concordat_learn::{Model, Recipe, Split, Training, Units, logistic, pooled};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Fraction bits of the quantised sums.
pub(crate) const SCALE_BITS: u32 = 18;

/// Standard deviation over clip that the noise of the honest minority h = 2 has together:
/// ε = 1 at δ = 10^-4 by Rényi accounting for q = 0.2 and 102 charges (100 rounds, 2 retries).
pub(crate) const MULTIPLIER: f64 = 7.26;

/// Noise in the sum, as a multiple of the clip, when all of `nodes` stay and each adds 1/√h of
/// the multiplier.
pub(crate) fn noise_in_sum(nodes: u32, honest: u32) -> f64 {
    MULTIPLIER * (f64::from(nodes) / f64::from(honest)).sqrt()
}

/// A hospital's name and its rows.
pub(crate) struct Hospital {
    pub(crate) name: &'static str,
    pub(crate) units: Units,
}

/// The recipe of the example, edited, and the four tables read under it.
pub(crate) fn load(
    edit: impl FnOnce(&mut Recipe) -> Result<(), Box<dyn Error>>,
) -> Result<(Recipe, Vec<Hospital>), Box<dyn Error>> {
    let mut recipe: Recipe =
        serde_json::from_str(include_str!("../../../../examples/heart/recipe.json"))?;
    edit(&mut recipe)?;
    recipe.check()?;
    let tables = [
        ("alder", include_str!("../../../../examples/heart/data/alder.csv")),
        ("birch", include_str!("../../../../examples/heart/data/birch.csv")),
        ("cypress", include_str!("../../../../examples/heart/data/cypress.csv")),
        ("dogwood", include_str!("../../../../examples/heart/data/dogwood.csv")),
    ];
    let mut hospitals = Vec::new();
    for (name, text) in tables {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
        let mut records = Vec::new();
        for record in reader.records() {
            records.push(record?.iter().map(str::to_owned).collect());
        }
        hospitals.push(Hospital { name, units: Units::read(&recipe, &header, &records)? });
    }
    Ok((recipe, hospitals))
}

/// Trains on `parts` with Gaussian noise of `noise` times the clip in each round's sum. Batches
/// depend on `seed` alone, so that runs with and without noise see the same persons.
pub(crate) fn train(
    recipe: &Recipe,
    parts: &[Units],
    noise: f64,
    seed: u64,
) -> Result<Model, Box<dyn Error>> {
    let mut batches = ChaCha20Rng::seed_from_u64(seed);
    let mut gauss = Gauss(ChaCha20Rng::seed_from_u64(seed ^ 0x006e_6f69_7365));
    let deviation = noise * recipe.clip.to_f64() * f64::from(1_u32 << SCALE_BITS);
    let mut training = Training::begin(recipe);
    for _ in 0..recipe.rounds {
        let mut sum = vec![0_i64; recipe.dimension()];
        for part in parts {
            let own =
                logistic::contribution(training.weights(), part, recipe, SCALE_BITS, &mut batches)?;
            sum.iter_mut().zip(own.into_values().iter()).for_each(|(total, value)| *total += value);
        }
        if noise > 0.0 {
            sum.iter_mut().for_each(|total| *total += (deviation * gauss.draw()).round() as i64);
        }
        training = training.step(recipe, &sum, SCALE_BITS)?;
    }
    Ok(training.finish(recipe)?)
}

/// What one split showed, on the test rows of all four hospitals together.
pub(crate) struct Outcome {
    pub(crate) private: Scores,
    pub(crate) noise_free: Scores,
    pub(crate) pooled: Scores,
}

/// Trains the three ways on one split and scores them on the same test rows.
pub(crate) fn outcome(
    recipe: &Recipe,
    hospitals: &[Units],
    split: &Split,
    noise: f64,
    seed: u64,
) -> Result<Outcome, Box<dyn Error>> {
    let (train_parts, test_parts): (Vec<Units>, Vec<Units>) =
        hospitals.iter().map(|units| units.split(split)).unzip();
    let test = Units::pool(&test_parts.iter().collect::<Vec<_>>());
    let all = Units::pool(&train_parts.iter().collect::<Vec<_>>());
    let scored = |model: Model| score(test.labels(), &model.predict(&test)).ok_or("no test rows");
    Ok(Outcome {
        private: scored(train(recipe, &train_parts, noise, seed)?)?,
        noise_free: scored(train(recipe, &train_parts, 0.0, seed)?)?,
        pooled: scored(pooled::train(recipe, &all)?)?,
    })
}

/// A hundred keyed splits of a third for testing.
pub(crate) fn outcomes(
    recipe: &Recipe,
    hospitals: &[Units],
    noise: f64,
) -> Result<Vec<Outcome>, Box<dyn Error>> {
    let split = |n: u64| Split { key: format!("heart/split-{n}"), test_permille: 340 };
    (0..100).map(|n| outcome(recipe, hospitals, &split(n), noise, n)).collect()
}

/// Box and Muller's method.
struct Gauss(ChaCha20Rng);

impl Gauss {
    fn draw(&mut self) -> f64 {
        let mut uniform = || (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let (a, b) = (1.0 - uniform(), uniform());
        (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }
}
