//! Logistic regression: the clipped gradient sum of a round, and the prediction.

use std::fmt;

use concordat_dp::Sensitivity;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::quantise::{quantise_into, within};
use crate::recipe::Recipe;
use crate::sampling::Coin;
use crate::table::{Unit, Units};

/// Why a node has no contribution to a round: the plan does not fit, whatever the rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The weights are not as many as the rows have parameters.
    #[error("the model has {weights} parameters, the rows have {rows}")]
    Dimension {
        /// Parameters of the model.
        weights: usize,
        /// Parameters of the rows.
        rows: usize,
    },
    /// Clip, scale or sampling rate out of range.
    #[error("clip, scale or sampling rate is out of range")]
    Parameters,
}

/// A sum over a holder's persons that no noise protects yet: of clipped gradients, one integer for
/// each parameter, or a query's vector.
///
/// Secret until then: `Debug` withholds it, and nothing of it is left behind.
#[derive(Clone, PartialEq, Eq)]
pub struct Unnoised(pub(crate) Zeroizing<Vec<i64>>);

impl Unnoised {
    /// The integers, for adding noise in place.
    pub fn into_values(self) -> Zeroizing<Vec<i64>> {
        self.0
    }
}

impl fmt::Debug for Unnoised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One line of a log would release what the noise is there to hide.
        write!(f, "Unnoised({} values, withheld)", self.0.len())
    }
}

/// A node's clipped gradient sum over a fresh Poisson sample of its persons, in units of
/// 2^-`scale_bits`, *without noise*: only for adding noise and masking at the same node.
///
/// Each person is drawn by an independent coin of probability exactly q. A drawn person's
/// gradients are added over their rows, clipped to L2 norm C and rounded; what is then added to
/// the sum has an L2 norm of at most its [`Sensitivity`], checked in integers, so adding or
/// removing one person moves the sum by no more. An empty batch is a vector of zeros.
/// (Abadi et al., "Deep learning with differential privacy", arXiv 1607.00133, algorithm 1;
/// rounding person by person keeps the sum exact and independent of the order of rows.)
///
/// # Errors
/// [`Unfit`], which depends on the plan alone, never on a row.
pub fn contribution(
    weights: &[f64],
    units: &Units,
    recipe: &Recipe,
    scale_bits: u32,
    rng: &mut impl CryptoRng,
) -> Result<Unnoised, Unfit> {
    if weights.len() != units.dimension() {
        return Err(Unfit::Dimension { weights: weights.len(), rows: units.dimension() });
    }
    let dimension = u32::try_from(weights.len()).map_err(|_| Unfit::Parameters)?;
    let most = Sensitivity::new(recipe.clip, scale_bits, dimension)
        .map_err(|_| Unfit::Parameters)?
        .ring_units();
    let coin = Coin::new(recipe.sampling_rate).ok_or(Unfit::Parameters)?;
    let clip = recipe.clip.to_f64();
    // None of the three grows, so no copy of them is left behind either.
    let mut sum = Zeroizing::new(vec![0_i64; weights.len()]);
    let mut gradient = Zeroizing::new(vec![0_f64; weights.len()]);
    let mut rounded = Zeroizing::new(Vec::with_capacity(weights.len()));
    for unit in units.iter() {
        if !coin.toss(rng) {
            continue;
        }
        gradient_of(weights, unit, &mut gradient);
        clip_to(clip, &mut gradient);
        quantise_into(&mut rounded, &gradient, scale_bits);
        // Holds for every finite gradient; whatever else arithmetic may do, it shall not cost
        // anybody's privacy.
        if !within(&rounded, most) {
            continue;
        }
        for (total, value) in sum.iter_mut().zip(rounded.iter()) {
            // At most 2^20 persons of less than 2^41 each: no sum wraps.
            *total += value;
        }
    }
    Ok(Unnoised(sum))
}

/// The probability of a yes: 1/(1+e^−z) with z the weighted sum of one row's numbers.
pub fn probability(weights: &[f64], features: &[f64]) -> f64 {
    sigmoid(dot(weights, features))
}

/// The gradient of the summed log-loss of one person's rows.
pub(crate) fn gradient_of(weights: &[f64], unit: Unit<'_>, gradient: &mut [f64]) {
    gradient.fill(0.0);
    for (row, label) in unit.features.chunks_exact(weights.len().max(1)).zip(unit.labels) {
        let error = sigmoid(dot(weights, row)) - label;
        for (sum, value) in gradient.iter_mut().zip(row) {
            *sum += error * value;
        }
    }
}

fn clip_to(clip: f64, gradient: &mut [f64]) {
    let norm = dot(gradient, gradient).sqrt();
    if norm > clip {
        let factor = clip / norm;
        for value in gradient {
            *value *= factor;
        }
    }
}

/// The inner product, in eight lanes that are added up last: a compiler may put lanes side by
/// side, but never reorder them, so everybody gets the same bits.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut lanes = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    for ((lane, a), b) in lanes.iter_mut().zip(a_rest).zip(b_rest) {
        *lane += a * b;
    }
    lanes.iter().sum()
}

/// The same bits on every machine: `libm`'s exponential, not the system's.
pub(crate) fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-z))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    /// Two numbers, the second a flag, from −1 to 1; everybody is in every batch unless `q` says.
    fn recipe(clip: &str, q: &str, rows_per_person: u32) -> Recipe {
        serde_json::from_value(serde_json::json!({
            "person": "who", "rows_per_person": rows_per_person,
            "label": {"column": "y", "positive_above": "0"},
            "features": [
                {"kind": "scale", "column": "a", "min": "-1", "max": "1", "to": "both-sides"},
                {"kind": "scale", "column": "b", "min": "-1", "max": "1", "to": "both-sides"},
            ],
            "clip": clip, "learning_rate": "1", "l2": "0", "rounds": 1, "average_last": 1,
            "sampling_rate": q, "normaliser": "1", "split": {"key": "k", "test_permille": 0},
        }))
        .unwrap()
    }

    fn units(recipe: &Recipe, rows: &[(u8, f64, f64, bool)]) -> Units {
        let header: Vec<String> = ["who", "a", "b", "y"].map(String::from).into();
        let records: Vec<Vec<String>> = rows
            .iter()
            .map(|(who, a, b, y)| {
                vec![format!("p{who}"), a.to_string(), b.to_string(), u8::from(*y).to_string()]
            })
            .collect();
        Units::read(recipe, &header, &records).unwrap()
    }

    fn loss(weights: &[f64], units: &Units) -> f64 {
        let rows = units.features().zip(units.labels());
        rows.map(|(row, y)| {
            let p = probability(weights, row);
            -(y * p.ln() + (1.0 - y) * (1.0 - p).ln())
        })
        .sum()
    }

    #[test]
    fn an_empty_batch_is_zeros_and_a_wrong_model_is_refused() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let recipe = recipe("1", "0.5", 1);
        let nobody = units(&recipe, &[]);
        let sum = contribution(&[0.0; 3], &nobody, &recipe, 18, &mut rng).unwrap();
        assert_eq!(format!("{sum:?}"), "Unnoised(3 values, withheld)");
        assert_eq!(*sum.into_values(), [0; 3]);
        let fault = contribution(&[0.0; 2], &nobody, &recipe, 18, &mut rng).unwrap_err();
        assert_eq!(fault.to_string(), "the model has 2 parameters, the rows have 3");
        let fault = contribution(&[0.0; 3], &nobody, &recipe, 31, &mut rng).unwrap_err();
        assert_eq!(fault, Unfit::Parameters);
    }

    #[test]
    fn a_model_that_went_astray_costs_nobody_their_privacy() {
        let recipe = recipe("1", "1", 1);
        let units = units(&recipe, &[(1, 1.0, 1.0, true)]);
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let astray = [f64::NAN, f64::INFINITY, 0.0];
        let sum = contribution(&astray, &units, &recipe, 18, &mut rng).unwrap().into_values();
        assert!(within(&sum, one_persons(&recipe, 18)));
    }

    fn one_persons(recipe: &Recipe, bits: u32) -> u64 {
        Sensitivity::new(recipe.clip, bits, 3).unwrap().ring_units()
    }

    fn any_row() -> impl Strategy<Value = (u8, f64, f64, bool)> {
        (0_u8..12, -1.0_f64..1.0, -1.0_f64..1.0, any::<bool>())
    }

    proptest! {
        #[test]
        fn the_gradient_is_the_slope_of_the_loss(
            rows in prop::collection::vec(any_row(), 1..20),
            weights in prop::collection::vec(-2.0_f64..2.0, 3),
        ) {
            // A clip that nobody reaches.
            let recipe = recipe("1000", "1", 100);
            let units = units(&recipe, &rows);
            let mut rng = ChaCha20Rng::seed_from_u64(1);
            let sum = contribution(&weights, &units, &recipe, 30, &mut rng).unwrap().into_values();
            for (place, value) in sum.iter().enumerate() {
                let moved = |by: f64| {
                    let mut weights = weights.clone();
                    weights[place] += by;
                    loss(&weights, &units)
                };
                let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                let gradient = *value as f64 / f64::from(1 << 30);
                prop_assert!((gradient - slope).abs() < 1e-6, "{gradient} against {slope}");
            }
        }

        /// Adding one person, with all their rows, moves the sum by at most S.
        #[test]
        fn nobody_moves_the_sum_by_more_than_the_sensitivity(
            rows in prop::collection::vec(any_row(), 0..40),
            own in prop::collection::vec((-1.0_f64..1.0, -1.0_f64..1.0, any::<bool>()), 1..5),
            weights in prop::collection::vec(-20.0_f64..20.0, 3),
            bits in 26_u32..=30,
            clip in prop::sample::select(vec!["0.001", "0.3", "1", "1.7"]),
        ) {
            let recipe = recipe(clip, "1", 3);
            let mut rng = ChaCha20Rng::seed_from_u64(1);
            let without = units(&recipe, &rows);
            let mut more = rows.clone();
            more.extend(own.iter().map(|(a, b, y)| (200, *a, *b, *y)));
            let with = units(&recipe, &more);
            let a = contribution(&weights, &without, &recipe, bits, &mut rng).unwrap().into_values();
            let b = contribution(&weights, &with, &recipe, bits, &mut rng).unwrap().into_values();
            let change: Vec<i64> = a.iter().zip(b.iter()).map(|(a, b)| a - b).collect();
            prop_assert!(within(&change, one_persons(&recipe, bits)));
        }
    }
}
