//! What a network says of a row, and how wrong that is.

use serde::{Deserialize, Serialize};

/// The last step from numbers to a prediction, with the loss that belongs to it.
///
/// The three are canonical: the derivative of the loss by the numbers is prediction − target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// The numbers themselves; loss ½·Σ(z − y)². Targets are any numbers.
    SquaredError,
    /// 1/(1+e^−z) for each number alone; loss Σ log(1+e^z) − y·z. Targets are from 0 to 1.
    Logistic,
    /// e^z over the sum of all e^z; loss log Σe^z − Σ y·z. Targets are from 0 to 1, with sum 1.
    Softmax,
}

impl Output {
    /// A row's numbers become its prediction. Exponentials are taken, added and divided in `f64`,
    /// in the order of the outputs; the result is rounded once.
    #[expect(clippy::cast_possible_truncation, reason = "rounds to nearest, everywhere")]
    pub fn predict(self, row: &mut [f32]) {
        match self {
            Self::SquaredError => {}
            Self::Logistic => {
                for value in row {
                    *value = crate::logistic::sigmoid(f64::from(*value)) as f32;
                }
            }
            Self::Softmax => {
                let most = largest(row);
                let power = |value: f32| libm::exp(f64::from(value) - most);
                let total: f64 = row.iter().map(|value| power(*value)).sum();
                for value in row {
                    *value = (power(*value) / total) as f32;
                }
            }
        }
    }

    /// The loss of one row, at least 0 for targets as documented.
    pub fn loss(self, logits: &[f32], target: &[f32]) -> f64 {
        let pairs = || logits.iter().zip(target).map(|(z, y)| (f64::from(*z), f64::from(*y)));
        match self {
            Self::SquaredError => pairs().map(|(z, y)| (z - y) * (z - y) / 2.0).sum(),
            Self::Logistic => {
                pairs().map(|(z, y)| z.max(0.0) - y * z + libm::log1p(libm::exp(-z.abs()))).sum()
            }
            Self::Softmax => {
                let most = largest(logits);
                let total: f64 = pairs().map(|(z, _)| libm::exp(z - most)).sum();
                let fits: f64 = pairs().map(|(z, y)| y * (z - most)).sum();
                libm::log(total) - fits
            }
        }
    }
}

fn largest(row: &[f32]) -> f64 {
    f64::from(row.iter().copied().fold(f32::NEG_INFINITY, f32::max))
}
