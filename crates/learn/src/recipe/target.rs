//! What is predicted.

use concordat_terms::Decimal;
use serde::{Deserialize, Serialize};

use super::RecipeFault;
use super::feature::{LEVELS_MOST, all_differ, is_cell};
use crate::network::Output;

/// The column that is predicted, and with it the kind of model. A row without a value in it is
/// not trained on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Target {
    /// A yes or no: the model gives the probability of a yes.
    YesNo {
        /// Column with a number.
        column: String,
        /// A larger number means yes (1), any other no (0).
        positive_above: Decimal,
    },
    /// One out of a list: the model gives a probability for each.
    Class {
        /// Column with a class.
        column: String,
        /// 2 to 256 classes, all different.
        classes: Vec<String>,
    },
    /// A number, clipped to declared bounds and scaled to −1 to 1 for training.
    Number {
        /// Column with a number.
        column: String,
        /// What it is measured in, for people.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
        /// Lower bound.
        min: Decimal,
        /// Upper bound, above the lower.
        max: Decimal,
    },
}

impl Target {
    /// The column it reads.
    pub fn column(&self) -> &str {
        match self {
            Self::YesNo { column, .. }
            | Self::Class { column, .. }
            | Self::Number { column, .. } => column,
        }
    }

    /// The last step of its model.
    pub fn output(&self) -> Output {
        match self {
            Self::YesNo { .. } => Output::Logistic,
            Self::Class { .. } => Output::Softmax,
            Self::Number { .. } => Output::SquaredError,
        }
    }

    /// How many numbers a prediction is.
    pub fn width(&self) -> usize {
        match self {
            Self::YesNo { .. } | Self::Number { .. } => 1,
            Self::Class { classes, .. } => classes.len(),
        }
    }

    /// What a model's number means: a probability as it is, a scaled number in its own unit again.
    pub fn restored(&self, predicted: f32) -> f64 {
        let predicted = f64::from(predicted);
        match self {
            Self::YesNo { .. } | Self::Class { .. } => predicted,
            Self::Number { min, max, .. } => {
                let (min, max) = (min.to_f64(), max.to_f64());
                min + (predicted + 1.0) / 2.0 * (max - min)
            }
        }
    }

    pub(super) fn check(&self) -> Result<(), RecipeFault> {
        let fault = |what| Err(RecipeFault::Target { column: self.column().to_owned(), what });
        match self {
            Self::Number { min, max, .. } if min >= max => fault("needs `min` below `max`"),
            Self::Class { classes, .. } if !(2..=LEVELS_MOST).contains(&classes.len()) => {
                fault("needs 2 to 256 classes")
            }
            Self::Class { classes, .. } if !all_differ(classes) => fault("repeats a class"),
            Self::Class { classes, .. } if !classes.iter().all(|class| is_cell(class)) => {
                fault("has a class that no cell can say")
            }
            _ => Ok(()),
        }
    }
}
