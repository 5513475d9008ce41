//! The recipe: the part of a signed plan that a learner reads.

use serde::{Deserialize, Serialize};

use concordat_terms::{Decimal, Digest, ROUNDS_MOST, ROUNDS_RANGE, jcs};

/// How rows become numbers and numbers become a model.
///
/// Everything here is public and signed. Nothing may be computed from private rows: bounds are
/// declared, the normaliser is a constant, the split is a keyed hash (ARCHITECTURE: privacy).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Column whose text names the person a row is about.
    pub person: String,
    /// Most rows of one person that count, 1 to 1,024; later rows of the table are ignored.
    pub rows_per_person: u32,
    /// What is predicted.
    pub label: Label,
    /// What it is predicted from, in the order of the parameters; a bias follows them.
    pub features: Vec<Feature>,
    /// L2 bound C on one person's gradient, above 0, at most 1,024.
    pub clip: Decimal,
    /// Length of a step along the normalised gradient, above 0.
    pub learning_rate: Decimal,
    /// Weight decay per step towards zero, bias included; the objective's λ in λ/2·‖w‖².
    pub l2: Decimal,
    /// Rounds T, 1 to 100,000.
    pub rounds: u32,
    /// The released model is the mean of the weights after each of the last so many rounds,
    /// 1 to T. The mean is taken of released sums only, so it costs no privacy.
    pub average_last: u32,
    /// Probability q with which a person is in a round's batch, above 0, at most 1.
    pub sampling_rate: Decimal,
    /// What a sum is divided by, above 0: a public constant, of the size of the expected batch.
    pub normaliser: Decimal,
    /// Which persons are kept for testing.
    pub split: Split,
}

/// The column that is predicted, as a yes or no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// Column with a number.
    pub column: String,
    /// A larger number means yes (1), any other no (0).
    pub positive_above: Decimal,
}

/// One column, and the parameters it becomes. A row with an empty cell in any of them is dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Feature {
    /// A number, clipped to declared bounds and scaled: one parameter.
    Scale {
        /// Column with a number.
        column: String,
        /// Lower bound.
        min: Decimal,
        /// Upper bound, above the lower.
        max: Decimal,
        /// Where the bounds land.
        to: Range,
    },
    /// A number that must be 0 or 1, taken as it is: one parameter.
    Flag {
        /// Column with 0 or 1.
        column: String,
    },
    /// A number out of a list: one parameter, 0 or 1, for each level but the first.
    OneHot {
        /// Column with a level.
        column: String,
        /// At least two levels, all different.
        levels: Vec<Decimal>,
    },
}

/// Where declared bounds land after scaling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Range {
    /// From −1 to 1.
    BothSides,
    /// From 0 to 1.
    Unit,
}

/// Test membership as a keyed hash of the person, the same at every holder and for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// Public key of the hash: another key is another split.
    pub key: String,
    /// Persons out of a thousand who are kept for testing, 0 to 999.
    pub test_permille: u32,
}

/// Why a recipe cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecipeFault {
    /// A number outside its range.
    #[error("`{field}` must be {range}")]
    OutOfRange {
        /// Field of the recipe.
        field: &'static str,
        /// What it may be.
        range: &'static str,
    },
    /// A feature with reversed bounds or too few levels.
    #[error("feature `{column}` {what}")]
    Feature {
        /// Column of the feature.
        column: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A column that serves twice.
    #[error("column `{0}` is used twice")]
    UsedTwice(String),
}

impl Recipe {
    /// Whether every field is within its range; call it before anything else.
    ///
    /// # Errors
    /// [`RecipeFault`], the first found.
    pub fn check(&self) -> Result<(), RecipeFault> {
        let must = |holds: bool, field, range| {
            holds.then_some(()).ok_or(RecipeFault::OutOfRange { field, range })
        };
        let above = |value: Decimal, most: i64| {
            value.is_positive() && Decimal::whole(most).is_some_and(|most| value <= most)
        };
        must((1..=1024).contains(&self.rows_per_person), "rows_per_person", "1 to 1024")?;
        must(above(self.clip, 1024), "clip", "above 0, at most 1024")?;
        must(above(self.learning_rate, 1_000_000), "learning_rate", "above 0, at most 1000000")?;
        must(self.l2 == Decimal::ZERO || above(self.l2, 1), "l2", "0 to 1")?;
        must((1..=ROUNDS_MOST).contains(&self.rounds), "rounds", ROUNDS_RANGE)?;
        must((1..=self.rounds).contains(&self.average_last), "average_last", "1 to `rounds`")?;
        must(above(self.sampling_rate, 1), "sampling_rate", "above 0, at most 1")?;
        must(above(self.normaliser, 1_000_000_000), "normaliser", "above 0, at most 1000000000")?;
        must(self.split.test_permille < 1000, "split.test_permille", "0 to 999")?;
        must((1..=4096).contains(&self.features.len()), "features", "1 to 4096 columns")?;
        self.features.iter().try_for_each(Feature::check)?;
        self.check_columns()
    }

    /// SHA-256 of the recipe's canonical JSON: what the log names it by.
    pub fn digest(&self) -> Digest {
        // A recipe holds strings and small integers only, so it always has a canonical form.
        Digest::of(&jcs::to_bytes(self).unwrap_or_default())
    }

    /// Names of the parameters in order, the bias last: `age`, `cp=2`, `bias`.
    pub fn parameter_names(&self) -> Vec<String> {
        let features = self.features.iter().flat_map(Feature::names);
        features.chain([String::from("bias")]).collect()
    }

    /// How many parameters a model has, the bias included.
    pub fn dimension(&self) -> usize {
        self.features.iter().map(Feature::width).sum::<usize>() + 1
    }

    fn check_columns(&self) -> Result<(), RecipeFault> {
        let features = self.features.iter().map(Feature::column);
        let mut columns: Vec<&str> =
            features.chain([self.person.as_str(), self.label.column.as_str()]).collect();
        columns.sort_unstable();
        let twice = columns.windows(2).find_map(|pair| match pair {
            [a, b] if a == b => Some((*a).to_owned()),
            _ => None,
        });
        twice.map_or(Ok(()), |column| Err(RecipeFault::UsedTwice(column)))
    }
}

impl Feature {
    /// The column it reads.
    pub fn column(&self) -> &str {
        match self {
            Self::Scale { column, .. } | Self::Flag { column } | Self::OneHot { column, .. } => {
                column
            }
        }
    }

    /// How many parameters it becomes.
    pub fn width(&self) -> usize {
        match self {
            Self::Scale { .. } | Self::Flag { .. } => 1,
            Self::OneHot { levels, .. } => levels.len().saturating_sub(1),
        }
    }

    fn names(&self) -> Vec<String> {
        match self {
            Self::Scale { column, .. } | Self::Flag { column } => vec![column.clone()],
            Self::OneHot { column, levels } => {
                levels.iter().skip(1).map(|level| format!("{column}={level}")).collect()
            }
        }
    }

    fn check(&self) -> Result<(), RecipeFault> {
        let fault = |what| Err(RecipeFault::Feature { column: self.column().to_owned(), what });
        match self {
            Self::Scale { min, max, .. } if min >= max => fault("needs `min` below `max`"),
            Self::OneHot { levels, .. } if !(2..=256).contains(&levels.len()) => {
                fault("needs 2 to 256 levels")
            }
            Self::OneHot { levels, .. } => {
                let mut sorted = levels.clone();
                sorted.sort_unstable();
                sorted.dedup();
                if sorted.len() == levels.len() { Ok(()) } else { fault("repeats a level") }
            }
            Self::Scale { .. } | Self::Flag { .. } => Ok(()),
        }
    }
}

impl Split {
    /// Whether a person is kept for testing: SHA-256(length ‖ key ‖ length ‖ person), read as a
    /// big-endian fraction of 2^64, against the permille. The same person falls on the same side
    /// at every holder, whatever else their tables contain.
    pub fn is_test(&self, person: &str) -> bool {
        let digest = Digest::of_parts(&[self.key.as_bytes(), person.as_bytes()]);
        let head = digest.as_bytes().iter().take(8);
        let draw = head.fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        (u128::from(draw) * 1000) >> 64 < u128::from(self.test_permille)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe() -> Recipe {
        serde_json::from_str(include_str!("../../../examples/heart/recipe.json")).unwrap()
    }

    #[test]
    fn the_heart_recipe_has_thirteen_features_and_a_bias() {
        let recipe = recipe();
        assert_eq!(recipe.check(), Ok(()));
        assert_eq!(recipe.dimension(), 14);
        assert_eq!(
            recipe.parameter_names().join(" "),
            "age sex cp=2 cp=3 cp=4 trestbps chol fbs restecg=1 restecg=2 thalach exang oldpeak bias"
        );
        let text = String::from_utf8(jcs::to_bytes(&recipe).unwrap()).unwrap();
        assert!(text.contains(r#""sampling_rate":"0.2""#), "decimals travel as strings: {text}");
    }

    #[test]
    fn another_number_is_another_digest() {
        let mut other = recipe();
        other.normaliser = "101".parse().unwrap();
        assert_ne!(other.digest(), recipe().digest());
    }

    #[test]
    fn a_field_that_nobody_knows_is_refused() {
        let text = include_str!("../../../examples/heart/recipe.json");
        let extra = text.replacen('{', "{\"early_stopping\": true,", 1);
        let fault = serde_json::from_str::<Recipe>(&extra).unwrap_err().to_string();
        assert!(fault.contains("early_stopping"), "{fault}");
        let extra = text.replacen(r#""kind": "flag","#, r#""kind": "flag", "mean": "1","#, 1);
        assert!(serde_json::from_str::<Recipe>(&extra).is_err());
    }

    #[test]
    fn what_cannot_be_followed_is_refused_with_the_field() {
        type Edit = fn(&mut Recipe);
        let edits: [(&str, Edit); 8] = [
            ("clip", |r| r.clip = Decimal::ZERO),
            ("sampling_rate", |r| r.sampling_rate = "1.1".parse().unwrap()),
            ("normaliser", |r| r.normaliser = "-1".parse().unwrap()),
            ("average_last", |r| r.average_last = r.rounds + 1),
            ("split.test_permille", |r| r.split.test_permille = 1000),
            ("person", |r| r.label.column = r.person.clone()),
            ("low", |r| {
                let (min, max) = (Decimal::ZERO, Decimal::ZERO);
                r.features.push(Feature::Scale { column: "low".into(), min, max, to: Range::Unit });
            }),
            ("few", |r| {
                r.features
                    .push(Feature::OneHot { column: "few".into(), levels: vec![Decimal::ZERO] });
            }),
        ];
        for (field, edit) in edits {
            let mut recipe = recipe();
            edit(&mut recipe);
            let fault = recipe.check().unwrap_err().to_string();
            assert!(fault.contains(field), "{field}: {fault}");
        }
    }

    #[test]
    fn a_person_keeps_to_one_side_and_a_new_key_deals_again() {
        let split = Split { key: "a".into(), test_permille: 340 };
        let persons: Vec<String> = (0..10_000).map(|n| format!("person-{n}")).collect();
        let kept = persons.iter().filter(|p| split.is_test(p)).count();
        assert!((3_200..3_600).contains(&kept), "{kept} of 10,000");
        let other = Split { key: "b".into(), test_permille: 340 };
        let both = persons.iter().filter(|p| split.is_test(p) && other.is_test(p)).count();
        assert!((1_000..1_300).contains(&both), "{both}: the splits are independent");
        let none = Split { key: "a".into(), test_permille: 0 };
        assert!(!persons.iter().any(|p| none.is_test(p)));
    }
}
