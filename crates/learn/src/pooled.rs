//! Training on pooled rows to convergence: the reference that a federated run is measured
//! against, possible only where the rows may be pooled.

use crate::logistic::{dot, sigmoid};
use crate::model::Model;
use crate::recipe::{Recipe, Target};
use crate::table::Units;

/// Why there is no reference model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoReference {
    /// The rows are not of this recipe, or there are none.
    #[error("there are no rows of this recipe")]
    NoRows,
    /// The recipe is not one of a logistic regression.
    #[error("only logistic regressions have a reference")]
    OtherModel,
    /// The loss has no single minimum: without decay, a column that is always the same.
    #[error("the loss has no single minimum")]
    NoMinimum,
}

/// The minimum of mean log-loss + λ/2·‖w‖² over all rows, with the recipe's `l2` as λ, by
/// Newton's method with step halving until the gradient's L2 norm is below 10^-10.
///
/// Clip, sampling, rounds and learning rate have no part in it. Rows that a plane separates have
/// no minimum without decay: the answer is then some large model. A model with hidden layers or of
/// another target has no reference.
///
/// # Errors
/// [`NoReference`].
pub fn train(recipe: &Recipe, units: &Units) -> Result<Model, NoReference> {
    if recipe.hidden.is_some() || !matches!(recipe.target, Target::YesNo { .. }) {
        return Err(NoReference::OtherModel);
    }
    let parameters = recipe.parameters();
    if units.rows() == 0 || units.inputs() + 1 != parameters {
        return Err(NoReference::NoRows);
    }
    let weights = Problem::of(units, recipe.l2.to_f64()).minimum(vec![0.0; parameters]);
    let weights = weights.ok_or(NoReference::NoMinimum)?;
    #[expect(clippy::cast_possible_truncation, reason = "rounds to nearest, everywhere")]
    let weights = weights.iter().map(|weight| *weight as f32).collect();
    Model::new(recipe.clone(), None, weights).map_err(|_| NoReference::NoMinimum)
}

const STEPS_MAX: usize = 100;

/// The gradient of the summed log-loss of all rows, the bias last: what federated sums are tested
/// against.
#[cfg(test)]
pub(crate) fn gradient(units: &Units, weights: &[f64]) -> Vec<f64> {
    let problem = Problem::of(units, 0.0);
    let (mean, _) = problem.slope(weights);
    mean.iter().map(|value| value * problem.count()).collect()
}

pub(crate) struct Problem {
    /// Each row's numbers, 1 for the bias behind them, and its label, 0 to 1.
    pub(crate) rows: Vec<(Vec<f64>, f64)>,
    pub(crate) l2: f64,
}

impl Problem {
    fn of(units: &Units, l2: f64) -> Self {
        let numbers = units.features().map(|row| {
            row.iter().map(|value| f64::from(*value)).chain([1.0]).collect::<Vec<f64>>()
        });
        Self { rows: numbers.zip(units.labels()).collect(), l2 }
    }

    /// The minimum, sought from these weights.
    pub(crate) fn minimum(&self, mut weights: Vec<f64>) -> Option<Vec<f64>> {
        for _ in 0..STEPS_MAX {
            let (gradient, curvature) = self.slope(&weights);
            if dot(&gradient, &gradient).sqrt() < 1e-10 {
                return Some(weights);
            }
            weights = self.descend(&weights, &solve(curvature, &gradient)?)?;
        }
        None
    }

    fn loss(&self, weights: &[f64]) -> f64 {
        let losses = self.rows.iter().map(|(row, label)| {
            let z = dot(weights, row);
            // ln(1+e^z) − y·z, without overflow.
            z.max(0.0) + libm::log1p(libm::exp(-z.abs())) - label * z
        });
        losses.sum::<f64>() / self.count() + self.l2 / 2.0 * dot(weights, weights)
    }

    /// Gradient and Hessian, the latter as rows.
    fn slope(&self, weights: &[f64]) -> (Vec<f64>, Vec<Vec<f64>>) {
        let count = self.count();
        let mut gradient: Vec<f64> = weights.iter().map(|weight| self.l2 * weight).collect();
        let mut curvature = vec![vec![0.0; weights.len()]; weights.len()];
        for (row, label) in &self.rows {
            let p = sigmoid(dot(weights, row));
            for (sum, value) in gradient.iter_mut().zip(row) {
                *sum += (p - label) * value / count;
            }
            for (line, left) in curvature.iter_mut().zip(row) {
                for (cell, right) in line.iter_mut().zip(row) {
                    *cell += p * (1.0 - p) * left * right / count;
                }
            }
        }
        for (place, line) in curvature.iter_mut().enumerate() {
            if let Some(cell) = line.get_mut(place) {
                *cell += self.l2;
            }
        }
        (gradient, curvature)
    }

    /// The longest of the steps 1, 1/2, 1/4… along −`direction` that does not raise the loss.
    fn descend(&self, weights: &[f64], direction: &[f64]) -> Option<Vec<f64>> {
        let before = self.loss(weights);
        let mut length = 1.0;
        for _ in 0..40 {
            let tried: Vec<f64> =
                weights.iter().zip(direction).map(|(w, d)| w - length * d).collect();
            // Near the minimum the last bits of the loss are noise.
            if self.loss(&tried) <= before + 1e-14 {
                return Some(tried);
            }
            length /= 2.0;
        }
        None
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
    fn count(&self) -> f64 {
        self.rows.len() as f64
    }
}

/// Gauss–Jordan elimination with row pivoting; nothing for a singular matrix.
fn solve(matrix: Vec<Vec<f64>>, right: &[f64]) -> Option<Vec<f64>> {
    let mut lines: Vec<Vec<f64>> = matrix
        .into_iter()
        .zip(right)
        .map(|(mut line, value)| {
            line.push(*value);
            line
        })
        .collect();
    for place in 0..lines.len() {
        let size = |line: &Vec<f64>| line.get(place).map_or(0.0, |cell| cell.abs());
        let best = (place..lines.len()).max_by(|a, b| {
            lines.get(*a).map_or(0.0, size).total_cmp(&lines.get(*b).map_or(0.0, size))
        })?;
        lines.swap(place, best);
        let pivot = lines.get(place)?.clone();
        let head = *pivot.get(place)?;
        if head.is_nan() || head.abs() < 1e-13 {
            return None;
        }
        for (other, line) in lines.iter_mut().enumerate() {
            let factor = if other == place { 0.0 } else { line.get(place)? / head };
            for (cell, value) in line.iter_mut().zip(&pivot) {
                *cell -= factor * value;
            }
        }
    }
    let value = |(place, line): (usize, &Vec<f64>)| Some(line.last()? / line.get(place)?);
    lines.iter().enumerate().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(l2: &str) -> Recipe {
        let text = include_str!("../../../examples/heart/recipe.json");
        let mut recipe: serde_json::Value = serde_json::from_str(text).unwrap();
        recipe["person"] = "who".into();
        recipe["target"]["column"] = "y".into();
        recipe["features"] = serde_json::json!([{"kind": "flag", "column": "x"}]);
        recipe["l2"] = l2.into();
        serde_json::from_value(recipe).unwrap()
    }

    /// `counts` rows with (x, y) = (0, 0), (0, 1), (1, 0), (1, 1).
    fn units(recipe: &Recipe, counts: [usize; 4]) -> Units {
        let header: Vec<String> = ["who", "x", "y"].map(String::from).into();
        let kinds = [["0", "0"], ["0", "1"], ["1", "0"], ["1", "1"]];
        let rows = kinds.iter().zip(counts).flat_map(|(kind, n)| std::iter::repeat_n(kind, n));
        let rows: Vec<Vec<String>> = rows
            .enumerate()
            .map(|(n, [x, y])| vec![format!("p{n}"), (*x).into(), (*y).into()])
            .collect();
        Units::read(recipe, &header, &rows).unwrap()
    }

    #[test]
    fn two_by_two_counts_have_the_odds_one_can_compute_by_hand() {
        let recipe = recipe("0");
        let model = train(&recipe, &units(&recipe, [30, 10, 10, 40])).unwrap();
        // Odds 1:3 without the flag, 4:1 with it.
        assert!((f64::from(model.weights()[1]) - (1.0_f64 / 3.0).ln()).abs() < 1e-7);
        assert!((f64::from(model.weights()[0]) - 12.0_f64.ln()).abs() < 2e-7);
    }

    #[test]
    fn a_column_that_never_varies_has_no_weight_without_decay() {
        let bare = recipe("0");
        assert_eq!(train(&bare, &units(&bare, [30, 10, 0, 0])), Err(NoReference::NoMinimum));
        let decayed = recipe("0.01");
        let model = train(&decayed, &units(&decayed, [30, 10, 0, 0])).unwrap();
        assert_eq!(model.weights()[0], 0.0);
        assert_eq!(train(&decayed, &units(&decayed, [0; 4])), Err(NoReference::NoRows));
    }

    #[test]
    fn decay_keeps_the_weights_of_separable_rows_finite() {
        let decayed = recipe("0.01");
        let model = train(&decayed, &units(&decayed, [10, 0, 0, 10])).unwrap();
        assert!((1.0..20.0).contains(&model.weights()[0]));
    }

    #[test]
    fn lines_are_swapped_where_a_pivot_is_zero() {
        let solution = solve(vec![vec![0.0, 2.0], vec![4.0, 1.0]], &[2.0, 9.0]).unwrap();
        assert_eq!(solution, [2.0, 1.0]);
        assert_eq!(solve(vec![vec![1.0, 2.0], vec![2.0, 4.0]], &[1.0, 2.0]), None);
    }
}
