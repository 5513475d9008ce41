//! What would stand in the way of a table, all of it at once: counts, and what would mend them.
//!
//! All of this is private: it is shown to the steward and goes nowhere. Memory does not grow with
//! the rows, but for one count a person.

mod column;
mod suggest;

use std::collections::BTreeMap;

use concordat_terms::{Digest, Span};
use serde::Serialize;

use self::column::Tally;
use crate::fault::Fault;
use crate::mapping::Unmapped;
use crate::rows::{Rows, Sink};

/// How many rows are named of each kind of violation.
const NAMED_MOST: usize = 5;

/// What came of looking at all rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Rows of the source.
    pub read: u64,
    /// Rows of the cohort.
    pub rows: u64,
    /// Persons among them.
    pub persons: u64,
    /// What does not fit, the most frequent first.
    pub violations: Vec<Violation>,
    /// What the columns hold.
    pub columns: Vec<Profile>,
    /// What would mend it.
    pub suggestions: Vec<Suggestion>,
}

/// One kind of violation of one column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// The fault's code.
    pub code: &'static str,
    /// The column; none where it is about whole rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// How many rows.
    pub count: u64,
    /// The first of them, counted in the source from 1.
    pub rows: Vec<usize>,
    /// Cells of the source of these rows; only where they were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<String>,
    /// What to do.
    pub hint: String,
}

/// What a column holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// The column.
    pub column: String,
    /// Cells that fit and hold something.
    pub filled: u64,
    /// Cells that say that nothing is known.
    pub missing: u64,
    /// Cells that do not fit.
    pub unfit: u64,
    /// Numbers that are the smallest that is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_min: Option<u64>,
    /// Numbers that are the largest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_max: Option<u64>,
    /// How often each level occurs.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub levels: BTreeMap<String, u64>,
    /// Whether the site says that it lacks the column.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub lacking: bool,
}

/// Something to write into the mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// The column.
    pub column: String,
    /// Where its table stands in the mapping.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Span>,
    /// The line to write.
    pub write: String,
    /// Why.
    pub why: String,
}

/// Looks at all rows. `cells` says whether cells of the source are told, for the steward's own eyes;
/// `progress` is told how many rows have been read.
///
/// # Errors
/// [`Fault`]: the source gives no rows. What is wrong with a row is no error, but in the answer.
pub fn check(
    rows: &Rows<'_>,
    cells: bool,
    progress: &mut dyn FnMut(usize),
) -> Result<Checked, Fault> {
    let asset = rows.asset();
    let person = asset.person.as_deref().ok_or(Fault::NoSchema)?;
    let mut look = Look {
        tallies: asset
            .columns
            .iter()
            .map(|column| Tally::of(column, column.name == person))
            .collect(),
        person: asset.columns.iter().position(|column| column.name == person),
        rows_of: BTreeMap::new(),
        most: asset.rows_per_person.unwrap_or(1),
        found: BTreeMap::new(),
        read: 0,
        rows: 0,
        cells,
        progress,
    };
    rows.each(&mut look)?;
    let Look { tallies, rows_of, found, read, rows: kept, .. } = look;
    let mut violations: Vec<Violation> = found.into_values().collect();
    violations.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.column.cmp(&b.column)));
    let mapping = rows.mapping();
    let lacks = mapping.lacks();
    let suggestions =
        tallies.iter().flat_map(|tally| suggest::of(tally, mapping.place(tally.name()), cells));
    let suggestions = suggestions.collect();
    let columns = tallies.iter().map(|tally| tally.profile(lacks.contains(tally.name())));
    let persons = rows_of.len() as u64;
    Ok(Checked { read, rows: kept, persons, violations, columns: columns.collect(), suggestions })
}

impl Checked {
    /// How many rows and cells do not fit.
    pub fn count(&self) -> u64 {
        self.violations.iter().map(|violation| violation.count).sum()
    }
}

/// What has been seen so far.
struct Look<'p> {
    tallies: Vec<Tally>,
    person: Option<usize>,
    /// Rows by person, each by a digest: names are as long as they are.
    rows_of: BTreeMap<Digest, u32>,
    most: u32,
    found: BTreeMap<(&'static str, Option<String>), Violation>,
    read: u64,
    rows: u64,
    cells: bool,
    progress: &'p mut dyn FnMut(usize),
}

impl Look<'_> {
    fn note(&mut self, fault: &Fault, cell: Option<&str>) {
        let column = fault.cell().map(|(_, column)| column.to_owned());
        let code = fault.code();
        let violation = self.found.entry((code, column.clone())).or_insert_with(|| Violation {
            code,
            column,
            count: 0,
            rows: Vec::new(),
            cells: Vec::new(),
            hint: fault.hint(),
        });
        violation.count += 1;
        if violation.rows.len() < NAMED_MOST {
            violation.rows.extend(fault.row());
            if self.cells {
                violation.cells.extend(cell.map(shown));
            }
        }
    }
}

impl Sink for Look<'_> {
    fn row(&mut self, row: usize, cells: Vec<String>) -> Result<(), Fault> {
        self.rows += 1;
        for (tally, cell) in self.tallies.iter_mut().zip(&cells) {
            tally.fits(cell);
        }
        let person = self.person.and_then(|at| cells.get(at)).filter(|person| !person.is_empty());
        if let Some(person) = person {
            let rows = self.rows_of.entry(Digest::of(person.as_bytes())).or_default();
            *rows = rows.saturating_add(1);
            if *rows > self.most {
                let fault = Fault::TooManyRows { row, most: self.most };
                self.note(&fault, None);
            }
        }
        Ok(())
    }

    fn unread(&mut self, fault: Fault) -> Result<(), Fault> {
        self.note(&fault, None);
        Ok(())
    }

    fn unmapped(&mut self, unmapped: Unmapped<'_>) -> Result<(), Fault> {
        let Unmapped { fault, column, cell, made } = unmapped;
        if let Some(tally) = self.tallies.get_mut(column) {
            tally.unfit(&fault, cell, made);
        }
        self.note(&fault, Some(cell));
        Ok(())
    }

    fn read(&mut self, rows: usize) {
        self.read = rows as u64;
        (self.progress)(rows);
    }
}

/// A cell on a terminal: short, in one line, and steering nothing.
fn shown(cell: &str) -> String {
    let plain = cell.chars().map(|c| if concordat_terms::steers(c) { '\u{fffd}' } else { c });
    plain.take(40).collect()
}
