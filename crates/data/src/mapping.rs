//! What a steward writes about a source: which rows and columns of it become the agreement's.
//!
//! `docs/reference/mapping.md` describes the file; [`Mapping::read`] reads it.

mod fields;
mod finding;
mod number;
mod parse;
mod rows;
mod schema;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use concordat_agreement::Asset;
use concordat_terms::{AssetId, Decimal, Digest, Span};
use serde::{Deserialize, Serialize};

pub use self::finding::Finding;
pub(crate) use self::number::{number, of_float};
pub(crate) use self::rows::{Plan, Unmapped};
pub(crate) use self::schema::nearest_level;
use crate::source::Source;

/// The most bytes of a mapping.
pub const MAPPING_BYTES_MOST: usize = 1 << 20;

/// A mapping, read and consistent in itself; [`Mapping::fits`] compares it with the agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The dataset of the agreement that the rows are of.
    pub asset: AssetId,
    /// Where the rows come from.
    pub source: Source,
    /// Whom a row is about.
    pub person: Person,
    /// Which rows count: those for which all conditions hold.
    pub cohort: Vec<Condition>,
    /// How each other column of the agreement comes about, by its name.
    pub columns: BTreeMap<String, Origin>,
    /// The SHA-256 of the file's bytes, what the steward signs; none where nobody wrote one.
    pub digest: Option<Digest>,
    /// Where the person's table and each column's stand in the file.
    places: BTreeMap<String, Span>,
}

/// Whom a row is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The column of the source with the person's key.
    pub from: String,
    /// Whether the key is replaced by its keyed hash ([`crate::PseudonymKey`]).
    pub pseudonym: bool,
}

/// What must hold of a row of the source for it to count. A column that is empty meets none but
/// `present = false`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The column of the source.
    pub from: String,
    /// The smallest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Decimal>,
    /// The largest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Decimal>,
    /// The cells that count; any, where there are none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub one_of: BTreeSet<String>,
    /// The cells that do not count.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub none_of: BTreeSet<String>,
    /// Whether the cell must hold something, or must be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub present: Option<bool>,
}

/// How a column of the agreement comes about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The column of the same name, every cell as it is: of a table that nobody mapped.
    Same,
    /// The site has no such column, and says so.
    Lacking,
    /// From a column of the source.
    Cell(Box<Rule>),
    /// Whole years from the date in one column of the source to the date in another.
    Years {
        /// The earlier date, such as a birth date.
        since: String,
        /// The later one.
        until: String,
    },
}

/// How a cell of the source becomes one of the agreement's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The column of the source.
    pub from: String,
    /// Cells that say that nothing is known; an empty cell always does.
    pub missing: BTreeSet<String>,
    /// The agreement's value of each code of the source; none where cells are taken as they are.
    pub codes: Option<BTreeMap<String, String>>,
    /// The agreement's value of every other code; without it another code is a fault.
    pub otherwise: Option<String>,
    /// How a number is converted.
    pub unit: Unit,
    /// A number is rounded to so many places, half to even; 12 if it is absent.
    pub places: Option<u32>,
}

/// How a number of the source becomes one in the agreement's unit: times `factor`, plus `offset`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unit {
    /// All rows have one unit.
    Same {
        /// What it is multiplied with.
        factor: Decimal,
        /// What is added then.
        offset: Decimal,
    },
    /// A column of the source names the unit of each row.
    Named {
        /// The column of the source.
        from: String,
        /// The factor of each unit.
        factors: BTreeMap<String, Decimal>,
    },
}

impl Mapping {
    /// The mapping of a CSV file that has the agreement's columns already: nobody wrote it, and each
    /// column is its namesake.
    pub fn plain(asset: AssetId, terms: &Asset, file: &Path) -> Self {
        let person = terms.person.clone().unwrap_or_default();
        let columns = terms.columns.iter().filter(|column| column.name != person);
        let columns = columns.map(|column| (column.name.clone(), Origin::Same));
        Self {
            asset,
            source: Source::Csv { file: file.to_owned(), delimiter: b',' },
            person: Person { from: person.clone(), pseudonym: false },
            cohort: Vec::new(),
            columns: columns.collect(),
            digest: None,
            places: BTreeMap::new(),
        }
    }

    /// The columns of the source that are read: no other is asked for.
    pub fn wanted(&self) -> BTreeSet<String> {
        let mut wanted = BTreeSet::from([self.person.from.clone()]);
        wanted.extend(self.cohort.iter().map(|condition| condition.from.clone()));
        for (name, origin) in &self.columns {
            match origin {
                Origin::Lacking => {}
                Origin::Same => {
                    wanted.insert(name.clone());
                }
                Origin::Cell(rule) => {
                    wanted.insert(rule.from.clone());
                    if let Unit::Named { from, .. } = &rule.unit {
                        wanted.insert(from.clone());
                    }
                }
                Origin::Years { since, until } => {
                    wanted.extend([since.clone(), until.clone()]);
                }
            }
        }
        wanted
    }

    /// The columns that the site says it lacks.
    pub fn lacks(&self) -> BTreeSet<String> {
        let lacking = self.columns.iter().filter(|(_, origin)| **origin == Origin::Lacking);
        lacking.map(|(name, _)| name.clone()).collect()
    }

    /// Where a column's table stands in the file: what a suggestion points at.
    pub fn place(&self, column: &str) -> Option<&Span> {
        self.places.get(column)
    }
}

impl Unit {
    /// The agreement's own unit: nothing is converted.
    pub(crate) fn none() -> Self {
        Self::Same { factor: Decimal::whole(1).unwrap_or(Decimal::ZERO), offset: Decimal::ZERO }
    }
}

/// The name among `names` that was likely meant: at most a third of its letters differ.
pub(crate) fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    names
        .into_iter()
        .map(|other| (distance(&lower, &other.to_lowercase()), other))
        .filter(|(apart, other)| apart * 3 <= other.chars().count().max(name.chars().count()))
        .min()
        .map(|(_, other)| other)
}

/// How many letters are to be put in, taken out or changed (Levenshtein); of the first 64.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().take(64).collect();
    let mut before: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.chars().take(64).enumerate() {
        let mut line = vec![row + 1];
        for (pair, also) in before.windows(2).zip(&other) {
            let (diagonal, above) = match pair {
                [diagonal, above] => (*diagonal, *above),
                _ => (0, 0),
            };
            let left = line.last().copied().unwrap_or(row + 1);
            let changed = diagonal + usize::from(letter != *also);
            line.push(changed.min(above + 1).min(left + 1));
        }
        before = line;
    }
    before.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_likely_name_is_one_with_few_other_letters() {
        let names = ["heart_rate", "age", "sex"];
        assert_eq!(nearest("heartrate", names), Some("heart_rate"));
        assert_eq!(nearest("AGE", names), Some("age"));
        assert_eq!(nearest("weight", names), None);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
