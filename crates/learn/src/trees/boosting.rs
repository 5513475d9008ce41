//! What is agreed before the first sum: columns, bins, loss, shape and regularisation of trees.

use concordat_dp::{Event, ParameterError, Sensitivity};
use concordat_terms::{Decimal, Digest, jcs};
use serde::{Deserialize, Serialize};

use super::bins::Bins;
use crate::recipe::{Split, used_twice};

/// How boosted trees are grown. Public, part of a plan; nothing in it may be computed from
/// private rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Boosting {
    /// Column whose text names the person a row is about.
    pub person: String,
    /// Most rows of one person that count, 1 to 1,024; later rows of the table are ignored.
    pub rows_per_person: u32,
    /// How much one person weighs in a sum at most, in rows (an L2 norm): 1 to `rows_per_person`.
    /// Who has more is scaled down.
    pub weight_most: Decimal,
    /// What is predicted, and with it the loss.
    pub target: Target,
    /// What it is predicted from: 1 to 4,096 columns.
    pub features: Vec<Bins>,
    /// How many trees: 1 to 10,000.
    pub trees: u32,
    /// Questions from root to leaf: 1 to 8.
    pub depth: u32,
    /// Where questions come from.
    pub splits: Splits,
    /// Public seed of what is drawn.
    pub seed: Digest,
    /// What leaves are multiplied by, above 0, at most 1.
    pub learning_rate: Decimal,
    /// λ, at least 0, at most 1,000,000: added to a leaf's sum of second derivatives.
    pub l2: Decimal,
    /// Least sum of second derivatives in a child, above 0, at most 1,000,000.
    pub least_hessian: Decimal,
    /// Largest value of a leaf, before the learning rate: above 0, at most 1,000.
    pub leaf_most: Decimal,
    /// Standard deviation that leaves are expected to have, above 0, at most 1,000. Only noise
    /// makes it matter: the smaller, the more leaves are pulled to 0.
    pub leaf_prior: Decimal,
    /// Score that everybody begins with, −100 to 100: log odds, or a share of the target's range.
    pub base: Decimal,
    /// Probability q with which a person is in a sum, above 0, at most 1.
    pub sampling_rate: Decimal,
    /// Which persons are kept for testing.
    pub split: Split,
}

/// The column that is predicted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Target {
    /// A yes (1) or no (0), by logistic loss: gradient p − y, second derivative p·(1 − p).
    YesNo {
        /// Column with a number.
        column: String,
        /// A larger number means yes.
        positive_above: Decimal,
    },
    /// A number, by squared loss on its share of the declared range: gradient f − y, cut to −1
    /// to 1, second derivative 1.
    Number {
        /// Column with a number.
        column: String,
        /// Smaller ones count as this.
        min: Decimal,
        /// Larger ones count as this; above `min`.
        max: Decimal,
    },
}

/// Where the questions of a tree come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Splits {
    /// Level by level, the best by a sum of histograms, and then a sum of leaves.
    Sought {
        /// How many features a tree may ask about, drawn for each: with noise, more features
        /// mean more noise in each, as its root. All of them if that many or more.
        features_per_tree: u32,
    },
    /// From the seed alone; only leaves are summed.
    Drawn,
}

/// Why a boosting cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BoostingFault {
    /// A number outside its range.
    #[error("`{field}` must be {range}")]
    OutOfRange {
        /// Field of the boosting.
        field: &'static str,
        /// What it may be.
        range: &'static str,
    },
    /// A feature whose bins are none.
    #[error("feature `{column}` {what}")]
    Bins {
        /// Column of the feature.
        column: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A column that serves twice.
    #[error("column `{0}` is used twice")]
    UsedTwice(String),
    /// One sum would have too many numbers.
    #[error("a sum would have more than {SUM_MOST} numbers: fewer features, bins or levels")]
    TooLong,
}

/// Most numbers of one sum.
pub(super) const SUM_MOST: usize = 1 << 24;

impl Target {
    /// The column it reads.
    pub fn column(&self) -> &str {
        match self {
            Self::YesNo { column, .. } | Self::Number { column, .. } => column,
        }
    }

    /// What is learned of a cell's number: 0 or 1, or a share of the range.
    pub(super) fn of(&self, number: f64) -> f64 {
        match self {
            Self::YesNo { positive_above, .. } => {
                f64::from(u8::from(number > positive_above.to_f64()))
            }
            Self::Number { min, max, .. } => {
                let (min, max) = (min.to_f64(), max.to_f64());
                (number.clamp(min, max) - min) / (max - min)
            }
        }
    }

    /// What a score says: a probability, or a number of the column.
    pub(super) fn predict(&self, score: f64) -> f64 {
        match self {
            Self::YesNo { .. } => crate::logistic::sigmoid(score),
            Self::Number { min, max, .. } => min.to_f64() + score * (max.to_f64() - min.to_f64()),
        }
    }

    /// Gradient, −1 to 1, and second derivative, as a part of its largest value.
    pub(super) fn slope(&self, score: f64, target: f64) -> (f64, f64) {
        match self {
            Self::YesNo { .. } => {
                let p = crate::logistic::sigmoid(score);
                (p - target, 4.0 * (p * (1.0 - p)))
            }
            Self::Number { .. } => ((score - target).clamp(-1.0, 1.0), 1.0),
        }
    }

    /// The largest second derivative.
    pub(super) fn hessian_most(&self) -> f64 {
        match self {
            Self::YesNo { .. } => 0.25,
            Self::Number { .. } => 1.0,
        }
    }
}

impl Boosting {
    /// Whether every field is within its range; call it before anything else.
    ///
    /// # Errors
    /// [`BoostingFault`], the first found.
    pub fn check(&self) -> Result<(), BoostingFault> {
        let must = |holds: bool, field, range| {
            holds.then_some(()).ok_or(BoostingFault::OutOfRange { field, range })
        };
        let within = |value: Decimal, least: i64, most: i64| {
            Decimal::whole(least).is_some_and(|least| least <= value)
                && Decimal::whole(most).is_some_and(|most| value <= most)
        };
        let above = |value: Decimal, most: i64| value.is_positive() && within(value, 0, most);
        must((1..=1024).contains(&self.rows_per_person), "rows_per_person", "1 to 1024")?;
        let rows = i64::from(self.rows_per_person);
        must(within(self.weight_most, 1, rows), "weight_most", "1 to `rows_per_person`")?;
        must((1..=10_000).contains(&self.trees), "trees", "1 to 10000")?;
        must((1..=8).contains(&self.depth), "depth", "1 to 8")?;
        if let Splits::Sought { features_per_tree } = self.splits {
            must(features_per_tree > 0, "features_per_tree", "at least 1")?;
        }
        must(above(self.learning_rate, 1), "learning_rate", "above 0, at most 1")?;
        must(within(self.l2, 0, 1_000_000), "l2", "0 to 1000000")?;
        must(above(self.least_hessian, 1_000_000), "least_hessian", "above 0, at most 1000000")?;
        must(above(self.leaf_most, 1000), "leaf_most", "above 0, at most 1000")?;
        must(above(self.leaf_prior, 1000), "leaf_prior", "above 0, at most 1000")?;
        must(within(self.base, -100, 100), "base", "-100 to 100")?;
        must(above(self.sampling_rate, 1), "sampling_rate", "above 0, at most 1")?;
        must(self.split.test_permille < 1000, "split.test_permille", "0 to 999")?;
        must((1..=4096).contains(&self.features.len()), "features", "1 to 4096 columns")?;
        if let Target::Number { min, max, .. } = &self.target {
            must(min < max, "target", "from `min` to a larger `max`")?;
        }
        self.features.iter().try_for_each(Bins::check)?;
        self.check_columns()?;
        let widest = self.features.iter().map(Bins::count).sum::<usize>() << (self.depth - 1);
        if widest * 2 > SUM_MOST { Err(BoostingFault::TooLong) } else { Ok(()) }
    }

    /// SHA-256 of the canonical JSON.
    pub fn digest(&self) -> Digest {
        // Strings and small integers only, so there always is a canonical form.
        Digest::of(&jcs::to_bytes(self).unwrap_or_default())
    }

    /// Most sums until the last tree is grown: a tree whose leaves nothing divides needs fewer.
    pub fn sums(&self) -> u32 {
        match self.splits {
            Splits::Sought { .. } => self.trees * (self.depth + 1),
            Splits::Drawn => self.trees,
        }
    }

    /// What all sums are charged as, with noise of deviation σ times the sensitivity of each
    /// ([`Growth::sensitivity`](super::Growth::sensitivity)); `attempts` is for how many times a
    /// sum may be tried, 1 without retries.
    pub fn charges(&self, sigma: Decimal, attempts: u32) -> Event {
        Event { sigma, q: self.sampling_rate, count: self.sums().saturating_mul(attempts) }
    }

    /// How far one person moves a sum in which each row is in `cells` cells, each a gradient and a
    /// second derivative.
    ///
    /// In units of 2^-`scale_bits` a gradient is at most 2^`scale_bits` and a second derivative,
    /// as its part of the largest, half of that: a row's norm is at most √(cells·5/4), a person's
    /// `weight_most` times that, which [`contribution`](super::contribution()) sees to in integers.
    pub(super) fn sensitivity(
        &self,
        cells: usize,
        scale_bits: u32,
    ) -> Result<Sensitivity, ParameterError> {
        #[expect(clippy::cast_precision_loss, reason = "at most 4,096")]
        let norm = self.weight_most.to_f64() * (cells as f64 * 1.25).sqrt();
        // Up to the next millionth; the integers are rounded one by one, a pair for each cell.
        let millionths = (norm * 1e6).ceil();
        let clip = format!("{:.6}", (millionths + 1.0) / 1e6).parse();
        let clip = clip.map_err(|_| ParameterError::NoDimension)?;
        let rounded = u32::try_from(2 * cells).map_err(|_| ParameterError::NoDimension)?;
        Sensitivity::new(clip, scale_bits, rounded)
    }

    /// Features whose bins a row falls into, in one sum of histograms.
    pub(super) fn features_per_tree(&self) -> usize {
        match self.splits {
            Splits::Sought { features_per_tree } => usize::try_from(features_per_tree)
                .map_or(usize::MAX, |n| n.min(self.features.len())),
            Splits::Drawn => 0,
        }
    }

    fn check_columns(&self) -> Result<(), BoostingFault> {
        let features = self.features.iter().map(Bins::column);
        let columns = features.chain([self.person.as_str(), self.target.column()]);
        used_twice(columns).map_or(Ok(()), |column| Err(BoostingFault::UsedTwice(column)))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Two numbers in bins of a quarter, one column of three levels.
    pub(crate) fn boosting() -> Boosting {
        serde_json::from_value(serde_json::json!({
            "person": "who", "rows_per_person": 1, "weight_most": "1",
            "target": {"kind": "yes-no", "column": "y", "positive_above": "0"},
            "features": [
                {"kind": "even", "column": "a", "min": "0", "max": "1", "bins": 4},
                {"kind": "even", "column": "b", "min": "0", "max": "1", "bins": 4},
                {"kind": "levels", "column": "c", "levels": ["x", "y"]},
            ],
            "trees": 4, "depth": 2, "splits": {"kind": "sought", "features_per_tree": 3},
            "seed": Digest::of(b"trees"), "learning_rate": "0.5", "l2": "1",
            "least_hessian": "0.01", "leaf_most": "10", "leaf_prior": "1", "base": "0",
            "sampling_rate": "1", "split": {"key": "k", "test_permille": 0},
        }))
        .unwrap()
    }

    #[test]
    fn what_is_out_of_range_is_refused_with_the_field() {
        assert_eq!(boosting().check(), Ok(()));
        type Edit = fn(&mut Boosting);
        let edits: [(&str, Edit); 10] = [
            ("weight_most", |b| b.weight_most = "2".parse().unwrap()),
            ("trees", |b| b.trees = 0),
            ("depth", |b| b.depth = 9),
            ("features_per_tree", |b| b.splits = Splits::Sought { features_per_tree: 0 }),
            ("learning_rate", |b| b.learning_rate = "1.1".parse().unwrap()),
            ("least_hessian", |b| b.least_hessian = Decimal::ZERO),
            ("leaf_prior", |b| b.leaf_prior = Decimal::ZERO),
            ("sampling_rate", |b| b.sampling_rate = Decimal::ZERO),
            ("column `y` is used twice", |b| b.person = "y".into()),
            ("feature `a`", |b| {
                if let Some(Bins::Even { bins, .. }) = b.features.first_mut() {
                    *bins = 1;
                }
            }),
        ];
        for (field, edit) in edits {
            let mut bad = boosting();
            edit(&mut bad);
            let fault = bad.check().unwrap_err().to_string();
            assert!(fault.contains(field), "{field}: {fault}");
        }
        let mut long = boosting();
        long.depth = 8;
        long.features = (0..4096)
            .map(|n| Bins::Even {
                column: format!("f{n}"),
                min: Decimal::ZERO,
                max: "1".parse().unwrap(),
                bins: 200,
            })
            .collect();
        assert_eq!(long.check(), Err(BoostingFault::TooLong));
        let extra = serde_json::to_string(&boosting()).unwrap().replacen('{', "{\"stop\":1,", 1);
        assert!(serde_json::from_str::<Boosting>(&extra).is_err());
    }

    #[test]
    fn charges_are_of_every_sum_that_may_be() {
        let mut boosting = boosting();
        let event = boosting.charges("2".parse().unwrap(), 1);
        assert_eq!((event.count, event.q.to_string()), (4 * 3, "1".to_owned()));
        boosting.splits = Splits::Drawn;
        assert_eq!(boosting.charges("2".parse().unwrap(), 2).count, 8);
        // √(5/4) of 2^16 is 73,271.5; a 1,024th more, and √2 for rounding.
        let own = boosting.sensitivity(1, 16).unwrap().ring_units();
        assert!((73_343..=73_346).contains(&own), "{own}");
        assert!(boosting.sensitivity(4, 16).unwrap().ring_units() > 2 * 73_271);
    }
}
