//! A node's part of a round: the clipped gradient sum of a fresh sample of its persons.

mod metered;

use std::fmt;

use concordat_terms::Decimal;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::network::{Batch, ClippedSum, Network};
use crate::recipe::Recipe;
use crate::sampling::poisson;
use crate::table::{Sampled, Units};
use crate::training::Training;

/// Why a node has no contribution to a round: the plan does not fit, whatever the rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The rows are of another recipe.
    #[error("the model takes {model} numbers of a row, the rows have {rows}")]
    Rows {
        /// Numbers that the model takes.
        model: usize,
        /// Numbers of a row.
        rows: usize,
    },
    /// The method is another one, or clip, scale, rates or weights are out of range.
    #[error("method, weights, clip, scale or sampling rate do not fit")]
    Parameters,
}

/// A sum over a holder's persons that no noise protects yet: of clipped gradients, one integer for
/// each parameter, or a vector of a query or of trees.
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

/// A node's clipped gradient sum at the common model over a fresh Poisson sample of its persons,
/// in units of 2^-`scale_bits`, *without noise*: only for adding noise and masking at the same
/// node.
///
/// Each person is drawn by an independent coin of probability exactly q. A drawn person's
/// gradients are added over their rows and clipped to L2 norm C ([`ClippedSum`] says by how much
/// adding or removing one person then moves the sum). An empty batch is a vector of zeros. (Abadi
/// et al., "Deep learning with differential privacy", arXiv 1607.00133, algorithm 1.)
///
/// # Errors
/// [`Unfit`], which depends on the plan alone, never on a row.
pub fn gradient_sum(
    recipe: &Recipe,
    training: &Training,
    units: &Units,
    scale_bits: u32,
    rng: &mut impl CryptoRng,
) -> Result<Unnoised, Unfit> {
    let network = recipe.network().map_err(|_| Unfit::Parameters)?;
    let sampled = sample(recipe, &network, units, rng)?;
    let batch = sampled.batch();
    let clip = recipe.gradient_clip();
    let mut all = Zeroizing::new(Vec::with_capacity(recipe.dimension()));
    for weights in training.models() {
        let own = clipped(&network, &weights, clip, &batch, scale_bits)?;
        all.extend_from_slice(&own.into_values());
        metered::add(&mut all, recipe, &network, &weights, &batch, scale_bits)?;
    }
    Ok(Unnoised(all))
}

/// The sum at any weights: also what each local step adds its noise to.
pub(crate) fn at_weights(
    recipe: &Recipe,
    network: &Network,
    weights: &[f32],
    units: &Units,
    scale_bits: u32,
    rng: &mut impl CryptoRng,
) -> Result<Unnoised, Unfit> {
    let sampled = sample(recipe, network, units, rng)?;
    clipped(network, weights, recipe.clip, &sampled.batch(), scale_bits)
}

/// A fresh Poisson sample of the persons.
fn sample(
    recipe: &Recipe,
    network: &Network,
    units: &Units,
    rng: &mut impl CryptoRng,
) -> Result<Sampled, Unfit> {
    if units.inputs() != network.inputs() || units.outputs() != network.outputs() {
        return Err(Unfit::Rows { model: network.inputs(), rows: units.inputs() });
    }
    let places = poisson(units.persons(), recipe.sampling_rate, rng);
    Ok(units.sampled(&places.map_err(|_| Unfit::Parameters)?))
}

fn clipped(
    network: &Network,
    weights: &[f32],
    clip: Decimal,
    batch: &Batch<'_>,
    scale_bits: u32,
) -> Result<Unnoised, Unfit> {
    // No table has more rows of a person or in all than a sum takes.
    let mut sum = ClippedSum::of_nobody(network, weights, clip).map_err(|_| Unfit::Parameters)?;
    sum.add(batch).map_err(|_| Unfit::Parameters)?;
    sum.unnoised(scale_bits).map_err(|_| Unfit::Parameters)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::{pooled, quantise::within};

    /// Two numbers from −1 to 1; everybody is in every batch unless `q` says.
    fn recipe(clip: &str, q: &str, rows_per_person: u32) -> Recipe {
        let text = include_str!("../../../examples/heart/recipe.json");
        let mut recipe: serde_json::Value = serde_json::from_str(text).unwrap();
        for (field, value) in [
            ("person", serde_json::json!("who")),
            ("rows_per_person", rows_per_person.into()),
            ("target", serde_json::json!({"kind": "yes-no", "column": "y", "positive_above": "0"})),
            (
                "features",
                serde_json::json!([
                    {"kind": "scale", "column": "a", "min": "-1", "max": "1", "to": "both-sides"},
                    {"kind": "scale", "column": "b", "min": "-1", "max": "1", "to": "both-sides"},
                ]),
            ),
            ("clip", clip.into()),
            ("sampling_rate", q.into()),
        ] {
            recipe[field] = value;
        }
        serde_json::from_value(recipe).unwrap()
    }

    /// Rows of (person, a, b, y).
    fn units(recipe: &Recipe, rows: &[(u8, f64, f64, bool)]) -> Units {
        let header: Vec<String> = ["who", "a", "b", "y"].map(String::from).into();
        let cells = |(who, a, b, y): &(u8, f64, f64, bool)| {
            vec![format!("p{who}"), a.to_string(), b.to_string(), u8::from(*y).to_string()]
        };
        Units::read(recipe, &header, &rows.iter().map(cells).collect::<Vec<_>>()).unwrap()
    }

    fn sum(recipe: &Recipe, weights: &[f32], units: &Units, bits: u32) -> Vec<i64> {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let network = recipe.network().unwrap();
        let sum = at_weights(recipe, &network, weights, units, bits, &mut rng).unwrap();
        sum.into_values().to_vec()
    }

    #[test]
    fn a_persons_rows_are_added_and_then_clipped() {
        let recipe = recipe("0.25", "1", 2);
        // At zero weights the error is ½: twice (½, 0, ½) has norm √2, clipped to ¼.
        let units = units(&recipe, &[(1, 1.0, 0.0, false), (1, 1.0, 0.0, false)]);
        let part = (0.25 / 2.0_f64.sqrt() * f64::from(1 << 18)).round() as i64;
        assert_eq!(sum(&recipe, &[0.0; 3], &units, 18), [part, 0, part]);
    }

    #[test]
    fn an_empty_batch_is_zeros_and_nothing_of_a_sum_is_shown() {
        let recipe = recipe("1", "0.000000000001", 1);
        let units = units(&recipe, &[(1, 1.0, 1.0, true)]);
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let training = Training::begin(&recipe);
        let sum = gradient_sum(&recipe, &training, &units, 18, &mut rng).unwrap();
        assert_eq!(format!("{sum:?}"), "Unnoised(3 values, withheld)");
        assert_eq!(*sum.into_values(), [0; 3]);
        let fault = gradient_sum(&recipe, &training, &units, 31, &mut rng).unwrap_err();
        assert_eq!(fault, Unfit::Parameters);
        let mut other = recipe.clone();
        other.features.truncate(1);
        let fault = gradient_sum(&other, &training, &units, 18, &mut rng).unwrap_err();
        assert_eq!(fault.to_string(), "the model takes 1 numbers of a row, the rows have 2");
    }

    fn any_row() -> impl Strategy<Value = (u8, f64, f64, bool)> {
        (0_u8..12, -1.0_f64..1.0, -1.0_f64..1.0, any::<bool>())
    }

    proptest! {
        /// The reference is another's code: the slope by which the pooled fit descends.
        #[test]
        fn the_sum_is_the_slope_of_the_loss(
            rows in prop::collection::vec(any_row(), 1..20),
            weights in prop::collection::vec(-2.0_f32..2.0, 3),
        ) {
            // A clip that nobody reaches.
            let recipe = recipe("1000", "1", 100);
            let units = units(&recipe, &rows);
            let exact: Vec<f64> = weights.iter().map(|weight| f64::from(*weight)).collect();
            let slope = pooled::gradient(&units, &exact);
            for (value, slope) in sum(&recipe, &weights, &units, 30).iter().zip(slope) {
                let gradient = *value as f64 / f64::from(1 << 30);
                prop_assert!((gradient - slope).abs() < 1e-4, "{gradient} against {slope}");
            }
        }

        /// Adding one person, with all their rows, moves the sum by at most S.
        #[test]
        fn nobody_moves_the_sum_by_more_than_the_sensitivity(
            rows in prop::collection::vec(any_row(), 0..40),
            own in prop::collection::vec((-1.0_f64..1.0, -1.0_f64..1.0, any::<bool>()), 1..5),
            weights in prop::collection::vec(-20.0_f32..20.0, 3),
            bits in 26_u32..=30,
            clip in prop::sample::select(vec!["0.001", "0.3", "1", "1.7"]),
        ) {
            let recipe = recipe(clip, "1", 3);
            let mut more = rows.clone();
            more.extend(own.iter().map(|(a, b, y)| (200, *a, *b, *y)));
            let a = sum(&recipe, &weights, &units(&recipe, &rows), bits);
            let b = sum(&recipe, &weights, &units(&recipe, &more), bits);
            let change: Vec<i64> = a.iter().zip(b.iter()).map(|(a, b)| a - b).collect();
            let most = concordat_dp::Sensitivity::new(recipe.clip, bits, 3).unwrap();
            prop_assert!(within(&change, most.ring_units()));
        }
    }
}
