//! What partners would see of a model's quality: a noised, pooled count of right answers.
//!
//! Not an act yet: whoever holds all test rows, a pilot for one, computes here what a charged
//! secure sum would release. Each holder contributes a histogram of two cells, right and wrong, in
//! the agreed ring and with its share of exact noise. However many rows a person has, they give one
//! answer, shared between the cells as the rows are: what one person moves is one.

use concordat_agreement::{Agreement, Cited};
use concordat_dp::{Sampler, Split};
use concordat_learn::{Model, Target, Units};
use concordat_partnership::act::Plan;
use concordat_replay::{plan_cost, plan_noise, plan_params, plan_sensitivity};
use concordat_secagg::RingVec;
use concordat_terms::{Decimal, Problem};
use rand_core::CryptoRng;

use crate::plan::refuse;
use crate::random;

/// What the sum says, of persons: where one person has one row, of rows as well.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoisedShare {
    /// The mean over all persons of the share of their rows that were answered right.
    pub share: f64,
    /// Lower end of its 95 % interval, which knows of the noise and of the number of persons.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// The noise multiplier against the worst allowed coalition.
    pub noise: Decimal,
    /// What it would cost a test account of each holder: ε at the agreed δ.
    pub epsilon: f64,
}

/// The share of right answers of `model` on every holder's test rows, as a secure sum would
/// release it once for all that a test account of its own allows: the ε and δ that the agreement
/// gives the dataset. The noise is the operating system's.
///
/// # Errors
/// A [`Problem`]: parameters that cannot hold, no entropy, or too few rows for the noise.
pub fn noised_share(
    agreement: &Agreement,
    plan: &Plan,
    model: &Model,
    tests: &[&Units],
) -> Result<NoisedShare, Problem> {
    noised_share_with(agreement, plan, model, tests, &mut random::generator()?)
}

/// [`noised_share`] with noise from a generator of the caller's choice.
///
/// # Errors
/// As [`noised_share`].
pub fn noised_share_with(
    agreement: &Agreement,
    plan: &Plan,
    model: &Model,
    tests: &[&Units],
    rng: &mut impl CryptoRng,
) -> Result<NoisedShare, Problem> {
    let impossible = |reason: String| refuse("parameters-impossible", reason);
    let (Some(Cited { terms: aggregation, .. }), Some(Cited { terms: privacy, .. }), Some(one)) =
        (agreement.aggregation(), agreement.privacy(&plan.asset), Decimal::whole(1))
    else {
        return Err(impossible("the agreement has no aggregation or no account".to_owned()));
    };
    // One release in which everybody takes part, of two cells that one person moves by one.
    let (sampling_rate, clip) = (one, one);
    if !matches!(model.recipe().target, Target::YesNo { .. }) {
        return Err(impossible("the model does not answer yes or no".to_owned()));
    }
    let (rounds, retries, dimension, local_steps) = (1, 0, 2, None);
    let test =
        Plan { rounds, retries, sampling_rate, clip, dimension, local_steps, ..plan.clone() };
    let noise = plan_noise(agreement, &test, None).map_err(impossible)?;
    let test = Plan { noise, ..test };
    let params = plan_params(agreement, &test).map_err(impossible)?;
    let sensitivity = plan_sensitivity(agreement, &test).map_err(impossible)?;
    let cost = plan_cost(agreement, &test);
    let cost = cost.ok_or_else(|| impossible("the test has no cost".to_owned()))?;
    let impossible =
        |e: concordat_dp::ParameterError| refuse("parameters-impossible", e.to_string());
    let epsilon = concordat_dp::epsilon(&cost, privacy.delta).map_err(impossible)?;
    let parties = u32::try_from(params.clients()).unwrap_or(u32::MAX);
    let variance =
        Split::new(parties, aggregation.threshold, aggregation.colluders, aggregation.dropouts)
            .and_then(|split| split.node_variance(noise, sensitivity))
            .map_err(impossible)?;
    let sampler = Sampler::new(variance).map_err(impossible)?;

    let unit = 1_i64 << aggregation.scale_bits;
    let mut sum = RingVec::zeros(params.ring(), 2);
    for units in tests {
        let mut cells = [0_i64; 2];
        sampler.fill(&mut cells, rng);
        let [right, wrong] = &mut cells;
        for share in shares(units, &model.predict(units), unit) {
            *right = right.wrapping_add(share);
            *wrong = wrong.wrapping_add(unit - share);
        }
        if !sum.add(&RingVec::from_signed(params.ring(), cells)) {
            return Err(refuse("parameters-impossible", "a count is of another ring".to_owned()));
        }
    }

    let scale = unit as f64;
    let counts: Vec<f64> = sum.to_signed().iter().map(|cell| *cell as f64 / scale).collect();
    // What the sum's noise has in each cell is public: every holder's share is agreed.
    let spread = variance as f64 * tests.len() as f64 / (scale * scale);
    match counts.as_slice() {
        [right, wrong] if right + wrong >= 1.0 => {
            let (share, low, high) = interval(*right, *wrong, spread);
            Ok(NoisedShare { share, low, high, noise, epsilon })
        }
        _ => Err(refuse("too-few-rows", "the noise is larger than the test".to_owned())),
    }
}

/// For each person, how much of `unit` its rows answer right, rounded down: 0 to `unit`.
fn shares(units: &Units, predicted: &[f64], unit: i64) -> Vec<i64> {
    let mut answers =
        units.labels().into_iter().zip(predicted).map(|(label, p)| (label > 0.5) == (*p >= 0.5));
    let share = |rows: usize| {
        let right = answers.by_ref().take(rows).filter(|right| *right).count();
        let (right, rows) = (i64::try_from(right).ok()?, i64::try_from(rows).ok()?);
        unit.checked_mul(right)?.checked_div(rows)
    };
    units.rows_of_each().map(share).map(Option::unwrap_or_default).collect()
}

/// right / (right + wrong) with the normal 95 % interval of its two sources of error: the choice of
/// persons, and noise of variance `spread` in each cell, by the delta method. Where a person's
/// share is neither 0 nor 1 the choice matters less than is said here.
fn interval(right: f64, wrong: f64, spread: f64) -> (f64, f64, f64) {
    const Z: f64 = 1.959_963_985;
    let all = right + wrong;
    let share = (right / all).clamp(0.0, 1.0);
    let persons = share * (1.0 - share) / all;
    let noise = (right * right + wrong * wrong) * spread / all.powi(4);
    let half = Z * (persons + noise).sqrt();
    (share, (share - half).max(0.0), (share + half).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_the_binomial_one_without_noise_and_wider_with_it() {
        let (share, low, high) = interval(80.0, 20.0, 0.0);
        let half = 1.959_963_985 * (0.8_f64 * 0.2 / 100.0).sqrt();
        assert!((share - 0.8).abs() < 1e-12 && (high - low - 2.0 * half).abs() < 1e-12);
        // Noise of deviation 5 in each cell moves the share by about 5·√(80² + 20²)/100².
        let (_, low, high) = interval(80.0, 20.0, 25.0);
        let wider = 1.959_963_985 * (0.0016_f64 + 25.0 * 6_800.0 / 1e8).sqrt();
        assert!((high - 0.8 - wider.min(0.2)).abs() < 1e-12 && (0.8 - low - wider).abs() < 1e-12);
    }
}
