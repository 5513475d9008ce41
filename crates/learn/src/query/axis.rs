//! Axes of a histogram: which cell a record falls into.

use serde::{Deserialize, Serialize};

use concordat_terms::Decimal;

/// One axis: declared cells, then one for `other` and one for `missing`. Every record falls into
/// exactly one of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Axis {
    /// Categories. A cell of the table is of a level if it is the same text without surrounding
    /// blanks, or the same number in another spelling (`1` and `1.0`); any other is `other`.
    Levels {
        /// Column of the table.
        column: String,
        /// 1 to 256 different levels.
        levels: Vec<String>,
    },
    /// A number between declared edges. A bin has its lower edge and not its upper one, the last
    /// has both; what lies outside, and what is no number, is `other`.
    Bins {
        /// Column of the table.
        column: String,
        /// 2 to 257 edges, rising.
        edges: Vec<Decimal>,
    },
    /// The holder whose row it is: with it, noisy figures of single holders become readable.
    Holders {
        /// 1 to 256 different parties.
        parties: Vec<String>,
    },
}

/// What an axis of holders is called where others are called by their column.
pub const HOLDER: &str = "holder";

/// Cells of every axis beside the declared ones: `other` and, last of all, `missing`.
pub(crate) const UNDECLARED: usize = 2;

const CELLS_MAX: usize = 256;

impl Axis {
    /// Equal bins from `min` to `max`, their edges rounded to the sixth digit after the point;
    /// nothing where that leaves no rising edges.
    pub fn even(column: &str, min: Decimal, max: Decimal, bins: u32) -> Option<Self> {
        let (low, high) = (min.to_f64(), max.to_f64());
        let between = |place: u32| {
            let value = low + (high - low) * f64::from(place) / f64::from(bins);
            format!("{value:.6}").parse::<Decimal>().ok()
        };
        let inner = (1..bins).map(between).collect::<Option<Vec<_>>>()?;
        let edges: Vec<Decimal> = [vec![min], inner, vec![max]].concat();
        let axis = Self::Bins { column: column.to_owned(), edges };
        axis.fault().is_none().then_some(axis)
    }

    /// The column it reads, or [`HOLDER`].
    pub fn name(&self) -> &str {
        match self {
            Self::Levels { column, .. } | Self::Bins { column, .. } => column,
            Self::Holders { .. } => HOLDER,
        }
    }

    /// The column of the table that it reads, if it reads one.
    pub fn column(&self) -> Option<&str> {
        match self {
            Self::Levels { column, .. } | Self::Bins { column, .. } => Some(column),
            Self::Holders { .. } => None,
        }
    }

    /// How many cells are declared.
    pub fn declared(&self) -> usize {
        match self {
            Self::Levels { levels, .. } => levels.len(),
            Self::Bins { edges, .. } => edges.len().saturating_sub(1),
            Self::Holders { parties } => parties.len(),
        }
    }

    /// How many cells it has, `other` and `missing` included.
    pub fn cells(&self) -> usize {
        self.declared() + UNDECLARED
    }

    /// What the declared cells are called: `female`, `40 to 60`.
    pub fn labels(&self) -> Vec<String> {
        match self {
            Self::Levels { levels, .. } => levels.clone(),
            Self::Bins { edges, .. } => {
                edges.iter().zip(edges.iter().skip(1)).map(|(a, b)| format!("{a} to {b}")).collect()
            }
            Self::Holders { parties } => parties.clone(),
        }
    }

    /// The edges of bins; none of other axes.
    pub fn edges(&self) -> &[Decimal] {
        match self {
            Self::Bins { edges, .. } => edges,
            Self::Levels { .. } | Self::Holders { .. } => &[],
        }
    }

    /// Its field that is at fault, and what is wrong with it.
    pub(crate) fn fault(&self) -> Option<(&'static str, &'static str)> {
        let (field, texts) = match self {
            Self::Bins { column, .. } if unfit(column) => return Some(("column", TEXT)),
            Self::Bins { edges, .. } if !(2..=CELLS_MAX + 1).contains(&edges.len()) => {
                return Some(("edges", "must be 2 to 257 numbers"));
            }
            Self::Bins { edges, .. } if !edges.is_sorted_by(|a, b| a < b) => {
                return Some(("edges", "must rise"));
            }
            Self::Bins { .. } => return None,
            Self::Levels { column, .. } if unfit(column) => return Some(("column", TEXT)),
            Self::Levels { levels, .. } => ("levels", levels),
            Self::Holders { parties } => ("parties", parties),
        };
        if !(1..=CELLS_MAX).contains(&texts.len()) {
            return Some((field, "must be 1 to 256 texts"));
        }
        if texts.iter().any(|text| unfit(text)) {
            return Some((field, TEXT));
        }
        let same =
            |a: &String, b: &String| a == b || number(a).is_some_and(|a| Some(a) == number(b));
        let repeats =
            texts.iter().enumerate().any(|(n, text)| texts.iter().take(n).any(|t| same(t, text)));
        repeats.then_some((field, "must all differ, as texts and as numbers"))
    }
}

/// What a name or a level of a query has to be.
pub(crate) const TEXT: &str =
    "must be 1 to 128 characters, without blanks around them and without invisible ones";

/// Whether a text cannot name anything in a query.
pub(crate) fn unfit(text: &str) -> bool {
    text.is_empty()
        || text.chars().count() > 128
        || text.trim() != text
        || text.chars().any(concordat_terms::steers)
}

/// A finite number, if the text is one.
pub(crate) fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// An axis made ready for many records.
pub(crate) enum Placer<'a> {
    Levels { at: usize, levels: Vec<(&'a str, Option<f64>)> },
    Bins { at: usize, edges: Vec<f64> },
    Always(usize),
}

impl<'a> Placer<'a> {
    /// For rows of `holder`, with the axis' column at `at`.
    pub(crate) fn new(axis: &'a Axis, at: usize, holder: &str) -> Self {
        match axis {
            Axis::Levels { levels, .. } => Self::Levels {
                at,
                levels: levels.iter().map(|l| (l.as_str(), number(l))).collect(),
            },
            Axis::Bins { edges, .. } => {
                Self::Bins { at, edges: edges.iter().map(|edge| edge.to_f64()).collect() }
            }
            Axis::Holders { parties } => {
                let place = parties.iter().position(|party| party == holder);
                Self::Always(place.unwrap_or(parties.len()))
            }
        }
    }

    /// The cell of a record.
    pub(crate) fn cell(&self, record: &[String]) -> usize {
        let text = |at: usize| record.get(at).map_or("", |cell| cell.trim());
        match self {
            Self::Always(place) => *place,
            Self::Levels { at, levels } => match text(*at) {
                "" => levels.len() + 1,
                text => {
                    let value = number(text);
                    let same = |(level, number): &(&str, Option<f64>)| {
                        *level == text || (value.is_some() && *number == value)
                    };
                    levels.iter().position(same).unwrap_or(levels.len())
                }
            },
            Self::Bins { at, edges } => {
                let bins = edges.len().saturating_sub(1);
                match (text(*at), edges.first(), edges.last()) {
                    ("", ..) => bins + 1,
                    (text, Some(first), Some(last)) => match number(text) {
                        Some(v) if *first <= v && v <= *last => {
                            let above = edges.partition_point(|edge| *edge <= v);
                            above.saturating_sub(1).min(bins.saturating_sub(1))
                        }
                        _ => bins,
                    },
                    _ => bins,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(axis: &Axis, text: &str) -> usize {
        Placer::new(axis, 0, "alder").cell(&[text.to_owned()])
    }

    #[test]
    fn every_text_has_exactly_one_cell() {
        let sex = Axis::Levels { column: "sex".into(), levels: vec!["F".into(), "1".into()] };
        for (text, place) in
            [("F", 0), (" F ", 0), ("1.0", 1), ("f", 2), ("2", 2), ("", 3), (" ", 3)]
        {
            assert_eq!(cell(&sex, text), place, "{text}");
        }
        let age = Axis::even("age", "20".parse().unwrap(), "80".parse().unwrap(), 3).unwrap();
        assert_eq!(age.labels(), ["20 to 40", "40 to 60", "60 to 80"]);
        for (text, place) in [
            ("20", 0),
            ("39.9", 0),
            ("40", 1),
            ("60", 2),
            ("80", 2),
            ("80.1", 3),
            ("19", 3),
            ("old", 3),
            ("NaN", 3),
            ("inf", 3),
            ("", 4),
        ] {
            assert_eq!(cell(&age, text), place, "{text}");
        }
        let holders = Axis::Holders { parties: vec!["birch".into(), "alder".into()] };
        assert_eq!(cell(&holders, "whatever"), 1);
        let others = Axis::Holders { parties: vec!["birch".into()] };
        assert_eq!(cell(&others, ""), 1);
    }

    #[test]
    fn an_axis_that_would_be_read_in_two_ways_is_refused() {
        let levels = |levels: &[&str]| Axis::Levels {
            column: "c".into(),
            levels: levels.iter().map(|l| (*l).to_owned()).collect(),
        };
        assert_eq!(levels(&["a", "b"]).fault(), None);
        for (bad, word) in [
            (levels(&["1", "1.0"]), "differ"),
            (levels(&["a", "a"]), "differ"),
            (levels(&[]), "1 to 256"),
            (levels(&[" a"]), "blanks"),
            (levels(&["a\u{202e}"]), "invisible"),
            (Axis::Bins { column: "c".into(), edges: vec![Decimal::ZERO] }, "2 to 257"),
            (Axis::Bins { column: "c".into(), edges: vec![Decimal::ZERO; 2] }, "rise"),
            (Axis::Bins { column: String::new(), edges: vec![] }, "characters"),
        ] {
            assert!(bad.fault().unwrap().1.contains(word), "{bad:?}: {:?}", bad.fault());
        }
        assert_eq!(Axis::even("c", Decimal::ZERO, Decimal::ZERO, 4), None);
    }
}
