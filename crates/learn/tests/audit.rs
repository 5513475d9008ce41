//! A privacy audit: an attack on the kernel that nodes train with, and what it proves of ε.
//!
//! Thousands of small trainings, each with or without one person, the *canary*. The adversary is the
//! worst that an agreement allows: one of four parties, who sees every round's sum after a dropout,
//! knows its own part in it, and knows everybody's rows but for whether the canary is there (Nasr et
//! al., "Tight auditing of differentially private machine learning", arXiv 2302.07956, the white-box
//! setting: what is tested is every released sum, not only the last model). It weighs the sums by the
//! likelihood ratio of the two cases, and says *there* where that is more likely.
//!
//! What is claimed of releases in which everybody takes part is that they are no easier to tell apart
//! than two normal laws μ = √T/σ apart (Dong, Roth and Su, "Gaussian differential privacy", arXiv
//! 1905.02383): Φ⁻¹(1 − α) − Φ⁻¹(β) ≤ μ for the error rates α and β of whoever tries. From how often the
//! adversary was wrong follows a lower bound on μ, and so on ε, at a stated confidence, by Clopper and
//! Pearson's exact intervals (as Jagielski, Ullman and Oprea do for ε itself, "Auditing differentially
//! private machine learning", arXiv 2006.07709). It must stay below what the agreement claims; and of a
//! kernel with a fault it must not: else the audit would see nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

use concordat_dp::{Event, Sampler, Sensitivity, Split, calibrate, pld};
use concordat_learn::{Recipe, Training, Units, gradient_sum};
use concordat_terms::Decimal;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;

/// What the agreement claims.
const EPSILON: &str = "2";
const DELTA: &str = "0.00001";
const CLIP: &str = "0.5";
const ROUNDS: u32 = 10;
const SCALE_BITS: u32 = 18;

/// Trainings with the canary, and as many without.
const RUNS: u32 = 6_000;

/// The probability that the bound is too high.
const MISS: f64 = 0.05;

/// What is trained with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kernel {
    /// As nodes do.
    Ours,
    /// Without noise.
    Noiseless,
    /// Clipping to twice the bound that the noise is for.
    ClipsLate,
    /// With noise that is parted as if nobody could drop out.
    SplitTooFar,
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn recipe(clip: &str) -> Recipe {
    let scale = |column| serde_json::json!({"kind": "scale", "column": column, "min": "-1", "max": "1", "to": "both-sides"});
    serde_json::from_value(serde_json::json!({
        "card": {"intended_use": "an audit", "population": "nobody", "calibration": "none"},
        "person": "who", "rows_per_person": 1,
        "target": {"kind": "yes-no", "column": "y", "positive_above": "0"},
        "features": [scale("a"), scale("b")],
        "method": {"kind": "summed-gradients"}, "noise": "split",
        "clip": clip, "optimiser": {"rate": "0.05", "momentum": "0"}, "l2": "0",
        "rounds": ROUNDS, "average_last": 1, "sampling_rate": "1", "normaliser": "10",
        "split": {"key": "k", "test_permille": 0},
    }))
    .unwrap()
}

/// Four persons of one holder, and the canary where it is wished.
fn rows(recipe: &Recipe, holder: u8, canary: bool) -> Units {
    let row = |who: String, a: f64, b: f64, y: bool| -> Vec<String> {
        vec![who, a.to_string(), b.to_string(), u8::from(y).to_string()]
    };
    let mut records: Vec<Vec<String>> = (0..4_u8)
        .map(|nth| {
            let (a, b) = (f64::from(nth) / 2.0 - 1.0, f64::from(holder) / 2.0 - 0.5);
            row(format!("p{holder}-{nth}"), a, b, nth % 2 == 0)
        })
        .collect();
    if canary {
        records.push(row("canary".to_owned(), 1.0, -1.0, true));
    }
    let header = ["who", "a", "b", "y"].map(String::from);
    Units::read(recipe, &header, &records).unwrap()
}

/// A training under attack: everything that does not hang on a run.
struct Target {
    kernel: Kernel,
    recipe: Recipe,
    /// σ, against the adversary.
    noise: Decimal,
    /// What the adversary takes for the deviation of the noise that it does not know, in ring units.
    deviation: f64,
    /// Each node's share of the noise.
    sampler: Sampler,
    /// Rows of the parties that are left, without the canary and with it at the first; the last is
    /// the adversary's own.
    rows: [[Units; 3]; 2],
}

impl Target {
    fn of(kernel: Kernel) -> Self {
        let recipe = recipe(if kernel == Kernel::ClipsLate { "1" } else { CLIP });
        let dimension = u32::try_from(recipe.dimension()).unwrap();
        let sensitivity = Sensitivity::new(decimal(CLIP), SCALE_BITS, dimension).unwrap();
        let noise = calibrate(decimal("1"), ROUNDS, decimal(DELTA), decimal(EPSILON)).unwrap();
        // Four parties, of whom one may drop out and one is curious: two shares are certain.
        let dropouts = u32::from(kernel != Kernel::SplitTooFar);
        let split = Split::new(4, 3, 1, dropouts).unwrap();
        let sampler = Sampler::new(split.node_variance(noise, sensitivity).unwrap()).unwrap();
        let rows = [false, true].map(|canary| {
            [rows(&recipe, 0, canary), rows(&recipe, 1, false), rows(&recipe, 2, false)]
        });
        let deviation = noise.to_f64() * sensitivity.ring_units() as f64;
        Self { kernel, recipe, noise, deviation, sampler, rows }
    }

    /// What is claimed of the adversary's power: how far two normal laws are apart.
    fn claimed(&self) -> f64 {
        f64::from(ROUNDS).sqrt() / self.noise.to_f64()
    }

    /// The clipped sum over a table's persons, all of whom take part.
    fn clean(&self, training: &Training, units: &Units, rng: &mut ChaCha12Rng) -> Vec<i64> {
        let sum = gradient_sum(&self.recipe, training, units, SCALE_BITS, rng);
        sum.unwrap().into_values().to_vec()
    }

    /// A node's part of a round's sum.
    fn part(&self, training: &Training, units: &Units, rng: &mut ChaCha12Rng) -> Vec<i64> {
        let mut sum = self.clean(training, units, rng);
        if self.kernel != Kernel::Noiseless {
            let mut noise = vec![0; sum.len()];
            self.sampler.fill(&mut noise, rng);
            sum.iter_mut().zip(&noise).for_each(|(value, noise)| *value += noise);
        }
        sum
    }

    /// Whether the adversary says that the canary is in one training.
    fn is_seen(&self, canary: bool, run: u32) -> bool {
        let mut rng = ChaCha12Rng::seed_from_u64(2 * u64::from(run) + u64::from(canary));
        let mut training = Training::begin(&self.recipe);
        let [without, with] = &self.rows;
        let (mut likelier, squared) = (0.0, self.deviation * self.deviation);
        for _ in 0..ROUNDS {
            let tables = if canary { with } else { without };
            let parts = tables.each_ref().map(|units| self.part(&training, units, &mut rng));
            let sum: Vec<i64> =
                (0..parts[0].len()).map(|at| parts.iter().map(|part| part[at]).sum()).collect();

            // What is left when the adversary takes away what it knows: its own part, and what the
            // others' would be without the canary and without noise.
            let known = [&without[0], &without[1], &with[0]];
            let [first, second, seen] = known.map(|units| self.clean(&training, units, &mut rng));
            for at in 0..sum.len() {
                let left = (sum[at] - parts[2][at] - first[at] - second[at]) as f64;
                let canary = (seen[at] - first[at]) as f64;
                likelier += (2.0 * left - canary) * canary / (2.0 * squared);
            }
            training = training.step(&self.recipe, &sum, SCALE_BITS).unwrap();
        }
        likelier > 0.0
    }

    /// What the attack proves: that the two cases are at least so far apart, at confidence 1 − [`MISS`].
    fn proved(&self) -> f64 {
        let alarms = (0..RUNS).filter(|run| self.is_seen(false, *run)).count();
        let missed = (RUNS..2 * RUNS).filter(|run| !self.is_seen(true, *run)).count();
        let [alarm, miss] = [alarms, missed].map(|hits| upper(hits, RUNS as usize, MISS / 2.0));
        let proved = (-quantile(alarm) - quantile(miss)).max(0.0);
        println!(
            "{:?}: {alarms} false alarms, {missed} missed of {RUNS}: μ is at least {proved:.3} of {:.3} \
             claimed, ε at least {:.3} of {:.3}",
            self.kernel,
            self.claimed(),
            told(proved),
            told(self.claimed()),
        );
        proved
    }
}

/// The ε at δ of what cannot be told apart better than two normal laws so far apart.
fn told(apart: f64) -> f64 {
    let sigma = decimal(&format!("{:.6}", 1.0 / apart.max(1e-3)));
    pld::epsilon(&[Event { sigma, q: decimal("1"), count: 1 }], decimal(DELTA)).unwrap()
}

/// The upper end of Clopper and Pearson's interval: the largest rate at which `hits` or fewer of `of`
/// still have probability `miss`.
fn upper(hits: usize, of: usize, miss: f64) -> f64 {
    halved(0.0, 1.0, |rate| at_most(hits, of, rate) > miss)
}

/// The probability of `hits` or fewer, binomially.
fn at_most(hits: usize, of: usize, rate: f64) -> f64 {
    let mut log = of as f64 * (1.0 - rate).ln();
    let mut sum = log.exp();
    for k in 1..=hits.min(of) {
        log += ((of - k + 1) as f64 / k as f64).ln() + rate.ln() - (1.0 - rate).ln();
        sum += log.exp();
    }
    sum
}

/// The standard normal law's quantile.
fn quantile(probability: f64) -> f64 {
    halved(-40.0, 40.0, |x| 0.5 * libm::erfc(-x / 2_f64.sqrt()) < probability)
}

/// Where what is true at first becomes false.
fn halved(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..80 {
        let middle = (low + high) / 2.0;
        if holds(middle) { low = middle } else { high = middle }
    }
    high
}

#[test]
fn the_attack_proves_no_more_than_the_agreement_claims() {
    let target = Target::of(Kernel::Ours);
    let (proved, claimed) = (target.proved(), target.claimed());
    assert!(told(claimed) <= decimal(EPSILON).to_f64());
    assert!(proved <= claimed, "an attack proves μ = {proved}, and {claimed} is claimed");
    // It is an attack worth the name: little of what is claimed is out of its sight.
    assert!(proved > 0.75 * claimed, "the attack proves no more than {proved} of {claimed}");
}

#[test]
fn of_a_kernel_with_a_fault_the_attack_proves_more() {
    for kernel in [Kernel::Noiseless, Kernel::ClipsLate, Kernel::SplitTooFar] {
        let target = Target::of(kernel);
        let proved = target.proved();
        assert!(proved > target.claimed(), "{kernel:?}: the audit saw no more than {proved}");
        assert!(kernel != Kernel::Noiseless || told(proved) > 2.0 * decimal(EPSILON).to_f64());
    }
}

/// Published values: none of ten, half of a hundred, and all of five, at 95 % two-sided.
#[test]
fn intervals_are_clopper_and_pearsons() {
    for (hits, of, end) in [(0, 10, 0.308_497), (50, 100, 0.601_675), (5, 5, 1.0)] {
        let ours = upper(hits, of, 0.025);
        assert!((ours - end).abs() < 1e-5, "{hits} of {of}: {ours}");
    }
    assert!((quantile(0.975) - 1.959_964).abs() < 1e-5);
}
