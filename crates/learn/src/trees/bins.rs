//! One column's cells as bins.

use concordat_terms::Decimal;
use serde::{Deserialize, Serialize};

use super::boosting::BoostingFault;

/// Most bins of a feature, that of missing cells included.
pub(super) const BINS_MOST: usize = 252;

/// One column, and the bins that its cells fall into: public, declared, part of a plan.
///
/// After the bins of present cells, from 0, comes one for empty cells. Of a number the trees ask
/// whether it is below an edge, and which way missing ones go; of a level, whether it is one of
/// some (missing cells are a level of their own).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Bins {
    /// Numbers in bins of the same width; beyond the bounds they fall into the outermost.
    Even {
        /// Column with a number.
        column: String,
        /// Where the first bin begins.
        min: Decimal,
        /// Where the last one ends, above `min`.
        max: Decimal,
        /// How many: 2 to 251.
        bins: u32,
    },
    /// Numbers between edges: bin k has those that exactly k edges are not above.
    Edges {
        /// Column with a number.
        column: String,
        /// 1 to 250 of them, ascending.
        edges: Vec<Decimal>,
    },
    /// Texts out of a list, a bin each, and one bin for all others.
    Levels {
        /// Column with a text, which is trimmed.
        column: String,
        /// 1 to 250 of them, all different, none empty.
        levels: Vec<String>,
    },
}

/// A cell that is no number, in a column of numbers.
pub(super) struct NoNumber;

impl Bins {
    /// The column it reads.
    pub fn column(&self) -> &str {
        match self {
            Self::Even { column, .. }
            | Self::Edges { column, .. }
            | Self::Levels { column, .. } => column,
        }
    }

    /// How many bins there are, that of missing cells included.
    pub fn count(&self) -> usize {
        self.present() + 1
    }

    /// How many bins present cells have.
    pub(super) fn present(&self) -> usize {
        match self {
            Self::Even { bins, .. } => usize::try_from(*bins).unwrap_or(usize::MAX),
            Self::Edges { edges, .. } => edges.len() + 1,
            Self::Levels { levels, .. } => levels.len() + 1,
        }
    }

    /// Whether a bin's neighbours mean anything.
    pub(super) fn in_order(&self) -> bool {
        !matches!(self, Self::Levels { .. })
    }

    /// The bin of a trimmed cell.
    pub(super) fn place(&self, cell: &str) -> Result<u8, NoNumber> {
        let place = match self {
            _ if cell.is_empty() => self.present(),
            Self::Even { min, max, bins, .. } => {
                let (min, max) = (min.to_f64(), max.to_f64());
                let share = (number(cell)?.clamp(min, max) - min) / (max - min);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "0 to 251"
                )]
                let place = (share * f64::from(*bins)) as usize;
                place.min(self.present().saturating_sub(1))
            }
            Self::Edges { edges, .. } => {
                let value = number(cell)?;
                edges.partition_point(|edge| edge.to_f64() <= value)
            }
            Self::Levels { levels, .. } => {
                levels.iter().position(|level| level == cell).unwrap_or(levels.len())
            }
        };
        Ok(u8::try_from(place).unwrap_or(u8::MAX))
    }

    pub(super) fn check(&self) -> Result<(), BoostingFault> {
        const MOST: usize = BINS_MOST - 2;
        let fault = |what| Err(BoostingFault::Bins { column: self.column().to_owned(), what });
        match self {
            Self::Even { min, max, .. } if min >= max => fault("needs `min` below `max`"),
            Self::Even { bins, .. } if !(2..=251).contains(bins) => fault("needs 2 to 251 bins"),
            Self::Edges { edges, .. } if !(1..=MOST).contains(&edges.len()) => {
                fault("needs 1 to 250 edges")
            }
            Self::Edges { edges, .. } if !edges.is_sorted_by(|a, b| a < b) => {
                fault("needs edges that ascend")
            }
            Self::Levels { levels, .. } if !(1..=MOST).contains(&levels.len()) => {
                fault("needs 1 to 250 levels")
            }
            Self::Levels { levels, .. } => {
                let mut sorted: Vec<&str> = levels.iter().map(String::as_str).collect();
                sorted.sort_unstable();
                sorted.dedup();
                let spelt = levels.iter().all(|level| !level.is_empty() && level.trim() == level);
                match (sorted.len() == levels.len(), spelt) {
                    (false, _) => fault("repeats a level"),
                    (_, false) => fault("has a level that no trimmed cell is"),
                    _ => Ok(()),
                }
            }
            Self::Even { .. } | Self::Edges { .. } => Ok(()),
        }
    }
}

fn number(cell: &str) -> Result<f64, NoNumber> {
    cell.parse::<f64>().ok().filter(|value| value.is_finite()).ok_or(NoNumber)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bins(value: serde_json::Value) -> Bins {
        serde_json::from_value(value).unwrap()
    }

    fn places(bins: &Bins, cells: &[&str]) -> Vec<Option<u8>> {
        cells.iter().map(|cell| bins.place(cell).ok()).collect()
    }

    #[test]
    fn cells_fall_where_it_was_declared() {
        let even = bins(serde_json::json!(
            {"kind": "even", "column": "age", "min": "20", "max": "60", "bins": 4}));
        assert_eq!(even.check(), Ok(()));
        assert_eq!(even.count(), 5);
        assert_eq!(
            places(&even, &["20", "29.9", "30", "59", "60", "-3", "1e9", "", "old", "inf"]),
            [Some(0), Some(0), Some(1), Some(3), Some(3), Some(0), Some(3), Some(4), None, None]
        );
        let edges = bins(serde_json::json!(
            {"kind": "edges", "column": "gain", "edges": ["1", "5000"]}));
        assert_eq!(
            places(&edges, &["0", "0.99", "1", "4999", "5000", ""]),
            [Some(0), Some(0), Some(1), Some(1), Some(2), Some(3)]
        );
        let levels = bins(serde_json::json!(
            {"kind": "levels", "column": "sex", "levels": ["f", "m"]}));
        assert_eq!(places(&levels, &["m", "f", "x", ""]), [Some(1), Some(0), Some(2), Some(3)]);
    }

    #[test]
    fn bins_that_nothing_can_fall_into_are_refused() {
        for (bad, what) in [
            (serde_json::json!({"kind": "even", "min": "2", "max": "2", "bins": 4}), "`min`"),
            (serde_json::json!({"kind": "even", "min": "0", "max": "2", "bins": 252}), "2 to 251"),
            (serde_json::json!({"kind": "edges", "edges": []}), "1 to 250 edges"),
            (serde_json::json!({"kind": "edges", "edges": ["1", "1"]}), "ascend"),
            (serde_json::json!({"kind": "levels", "levels": []}), "1 to 250 levels"),
            (serde_json::json!({"kind": "levels", "levels": ["a", "a"]}), "repeats"),
            (serde_json::json!({"kind": "levels", "levels": [" a"]}), "trimmed"),
        ] {
            let mut bad = bad;
            bad["column"] = "x".into();
            let fault = bins(bad).check().unwrap_err().to_string();
            assert!(fault.starts_with("feature `x`") && fault.contains(what), "{fault}");
        }
    }
}
