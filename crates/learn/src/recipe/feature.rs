//! Columns that a model looks at, and the numbers that they become.

use std::collections::BTreeSet;

use concordat_terms::Decimal;
use serde::{Deserialize, Serialize};

use super::RecipeFault;

/// One column, and the inputs that it becomes. Nothing here is computed from rows.
///
/// Texts of a recipe stand for what cells say: a cell matches a text if it is that text, or if
/// both are numbers and equal (`2.0` matches `2`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Feature {
    /// A number, clipped to declared bounds and scaled: one input.
    Scale {
        /// Column with a number.
        column: String,
        /// What it is measured in, for people: `mg/dl`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
        /// Lower bound.
        min: Decimal,
        /// Upper bound, above the lower.
        max: Decimal,
        /// Where the bounds land.
        to: Range,
        /// What is done where there is no number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        missing: Option<Missing>,
    },
    /// A number that must be 0 or 1, taken as it is: one input.
    Flag {
        /// Column with 0 or 1.
        column: String,
        /// What is done where there is neither.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        missing: Option<Missing>,
    },
    /// One out of a list: an input, 0 or 1, for each level, or for each but the first.
    OneHot {
        /// Column with a level.
        column: String,
        /// 2 to 256 levels, all different.
        levels: Vec<String>,
        /// Whether the first level has an input of its own.
        #[serde(default, skip_serializing_if = "First::is_dropped")]
        first: First,
        /// What is done where there is no level.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        missing: Option<Missing>,
    },
}

/// What stands for a value that nobody has. Without it, a row with an empty cell is left out of
/// training and refused for a prediction, and a table without the column is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Missing {
    /// Cells that mean "missing", as 0 does for a cholesterol; an empty cell always does, and so
    /// does every cell of a table without the column.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<String>,
    /// What is put in their place: a number within the bounds, 0 or 1, or one of the levels.
    pub value: String,
    /// Whether one more input says so: 1 where the value was missing, else 0.
    pub indicator: bool,
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

/// What becomes of the first level of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum First {
    /// It is what all zeros mean.
    #[default]
    Dropped,
    /// It has an input like the others.
    Kept,
}

impl First {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
    fn is_dropped(&self) -> bool {
        *self == Self::Dropped
    }

    /// How many levels, from the first on, have no input.
    pub(crate) fn skipped(self) -> usize {
        match self {
            Self::Dropped => 1,
            Self::Kept => 0,
        }
    }
}

impl Feature {
    /// The column it reads.
    pub fn column(&self) -> &str {
        match self {
            Self::Scale { column, .. }
            | Self::Flag { column, .. }
            | Self::OneHot { column, .. } => column,
        }
    }

    /// What is done where the value is missing.
    pub fn missing(&self) -> Option<&Missing> {
        match self {
            Self::Scale { missing, .. }
            | Self::Flag { missing, .. }
            | Self::OneHot { missing, .. } => missing.as_ref(),
        }
    }

    /// How many inputs it becomes, an indicator included.
    pub fn width(&self) -> usize {
        let own = match self {
            Self::Scale { .. } | Self::Flag { .. } => 1,
            Self::OneHot { levels, first, .. } => levels.len().saturating_sub(first.skipped()),
        };
        own + usize::from(self.missing().is_some_and(|missing| missing.indicator))
    }

    /// The inputs' names in order: `age`, `cp=2`, and `chol?` for an indicator.
    pub fn names(&self) -> Vec<String> {
        let mut names = match self {
            Self::Scale { column, .. } | Self::Flag { column, .. } => vec![column.clone()],
            Self::OneHot { column, levels, first, .. } => {
                let levels = levels.iter().skip(first.skipped());
                levels.map(|level| format!("{column}={level}")).collect()
            }
        };
        if self.missing().is_some_and(|missing| missing.indicator) {
            names.push(format!("{}?", self.column()));
        }
        names
    }

    pub(super) fn check(&self) -> Result<(), RecipeFault> {
        let fault = |what| Err(RecipeFault::Feature { column: self.column().to_owned(), what });
        match self {
            Self::Scale { min, max, .. } if min >= max => return fault("needs `min` below `max`"),
            Self::OneHot { levels, .. } if !(2..=LEVELS_MOST).contains(&levels.len()) => {
                return fault("needs 2 to 256 levels");
            }
            Self::OneHot { levels, .. } if !all_differ(levels) => return fault("repeats a level"),
            Self::OneHot { levels, .. } if !levels.iter().all(|level| is_cell(level)) => {
                return fault("has a level that no cell can say");
            }
            _ => {}
        }
        let Some(Missing { codes, value, .. }) = self.missing() else { return Ok(()) };
        if codes.len() > CODES_MOST || !all_differ(codes) {
            return fault("needs at most 16 codes for `missing`, all different");
        }
        if !codes.iter().all(|code| is_cell(code)) {
            return fault("has a code for `missing` that no cell can say");
        }
        let number = number(value);
        let stands = match self {
            Self::Scale { min, max, .. } => {
                number.is_some_and(|number| (min.to_f64()..=max.to_f64()).contains(&number))
            }
            Self::Flag { .. } => number == Some(0.0) || number == Some(1.0),
            Self::OneHot { levels, .. } => levels.iter().any(|level| same(level, value)),
        };
        if !stands {
            return fault("needs a `missing` value within its bounds or levels");
        }
        let overlap = |levels: &[String]| {
            codes.iter().any(|code| levels.iter().any(|level| same(level, code)))
        };
        match self {
            Self::Scale { .. } | Self::Flag { .. }
                if codes.iter().any(|code| self::number(code).is_none()) =>
            {
                fault("has a code for `missing` that is no number")
            }
            Self::Flag { .. } if overlap(&["0".to_owned(), "1".to_owned()]) => {
                fault("has 0 or 1 as a code for `missing`")
            }
            Self::OneHot { levels, .. } if overlap(levels) => {
                fault("has a level as a code for `missing`")
            }
            _ => Ok(()),
        }
    }
}

/// Most levels of one list, and classes of one target.
pub(crate) const LEVELS_MOST: usize = 256;

const CODES_MOST: usize = 16;

/// Whether a cell, trimmed, could say this.
pub(crate) fn is_cell(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && text.chars().count() <= 200
}

/// A finite number.
pub(crate) fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// Whether two texts say the same: as texts, or as numbers.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one == other || number(one).is_some_and(|value| number(other) == Some(value))
}

/// Whether no two of the texts say the same.
pub(crate) fn all_differ(texts: &[String]) -> bool {
    let (mut seen, mut numbers) = (BTreeSet::new(), BTreeSet::new());
    texts.iter().all(|text| {
        // Adding 0 makes one number of the two zeros.
        let number = number(text).map(|number| (number + 0.0).to_bits());
        seen.insert(text.as_str()) && number.is_none_or(|number| numbers.insert(number))
    })
}
