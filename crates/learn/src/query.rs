//! Federated queries: two primitives, and everything that is read out of them.
//!
//! A [`Query`] is signed with the plan. Each node computes its [`vector`](Query::vector) from its
//! rows, in integers, *before* noise; the sum of all nodes' noisy vectors is released; an
//! [`Answer`] reads it, with intervals from the noise, whose law is known. One person moves the
//! vector by at most [`sensitivity`](Query::sensitivity), by construction.
//!
//! * [`Histogram`] counts rows in cells of declared axes, [`Moments`] adds numbers and their
//!   products.
//! * [`Reading`]s are what a query is for: profiles, quantiles, drift, comparable sites, fairness
//!   audits, calibration, means and correlations. What each of them promises is where it is
//!   computed, and together in `docs/reference/queries.md`.
//! * [`predict`](Query::predict) and [`judge`](Query::judge) say before anything runs how exact
//!   the answer will be, and what would make it exact enough.
//! * [`view`] draws answers.

mod answer;
mod auc;
mod axis;
mod drift;
mod estimate;
mod fairness;
mod forecast;
mod moments;
mod planning;
mod profile;
mod reading;
mod scores;
mod stored;
mod sums;
mod table;
mod vector;
pub mod view;

use serde::{Deserialize, Serialize};

use concordat_dp::Sensitivity;
use concordat_terms::{Digest, jcs};

use crate::recipe::Split;

pub use answer::{Answer, NoAnswer, Noise};
pub use auc::Ranking;
pub use axis::{Axis, HOLDER};
pub use drift::{Drift, PSI_FLOOR, Reference, Site, drift, sites};
pub use estimate::{Bounds, Count, Estimate};
pub use fairness::{Audit, Axes, Calibration, CalibrationBin, Gap, Outcomes, audit, calibration};
pub use moments::{Moments, Scaled};
pub use planning::{Expected, Prediction, Release, Remedy, Tolerance, Verdict, bins_for};
pub use profile::{Profile, Quantile, Share, profile, quantiles};
pub use reading::{Decisions, Finding, Reading};
pub use scores::{SCORE, with_scores};
pub use stored::{NotAnAnswer, Released};
pub use sums::{ColumnSummary, Correlation, Summary, Sums};
pub use table::Table;
pub use vector::Rows;

use axis::{TEXT, unfit};

/// What is asked of all holders' rows.
///
/// Everything here is public and signed; nothing may be computed from private rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Column whose text names the person a row is about.
    pub person: String,
    /// Most rows of one person that count, 1 to 1,024; later rows of the table are ignored.
    pub rows_per_person: u32,
    /// One row is 2^`scale_bits` ring units in its cell, 10 to 24. More of them round
    /// [`Moments`] more finely and let noise be drawn for smaller sensitivities; fewer leave room
    /// in the ring for more rows.
    pub scale_bits: u32,
    /// Whose rows count.
    #[serde(default, skip_serializing_if = "Among::is_everybody")]
    pub among: Among,
    /// The model whose answer to each row is its column [`SCORE`]; none, where no part reads one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Digest>,
    /// 1 to 16 histograms and moments: one vector.
    pub parts: Vec<Part>,
    /// What it is for, 1 to 64 of them.
    pub readings: Vec<Reading>,
}

/// Whose rows count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "who", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Among {
    /// All persons.
    #[default]
    Everybody,
    /// Those whom a recipe's split keeps for testing.
    Tested(Split),
    /// Those whom it does not.
    Trained(Split),
}

/// One of the two primitives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Part {
    /// How many rows are in each cell.
    Histogram(Histogram),
    /// Sums of columns.
    Moments(Moments),
}

/// Rows by declared axes: every row adds one to exactly one cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Histogram {
    /// By which readings know it.
    pub name: String,
    /// 1 to 4 axes with different columns; all their cells multiplied are its length.
    pub axes: Vec<Axis>,
}

/// Which two collections of rows are neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Neighbours {
    /// One has one person more.
    AddRemove,
    /// One has another person in place of one.
    Replace,
}

/// Why a query cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` {what}")]
pub struct QueryFault {
    /// Path of the field: `parts[0].axes[1].edges`.
    pub field: String,
    /// What is wrong with it.
    pub what: String,
}

/// Most values of a vector.
pub const LENGTH_MAX: usize = 1 << 16;

/// Products of two scaled numbers fit a word, and so do sums over all rows that there can be.
const SCALE_BITS_MOST: u32 = 24;

impl Query {
    /// Whether every field is within its range; call it before anything else.
    ///
    /// # Errors
    /// [`QueryFault`], the first found.
    pub fn check(&self) -> Result<(), QueryFault> {
        let must = |holds: bool, field: &str, what: &str| {
            let fault = || QueryFault { field: field.to_owned(), what: what.to_owned() };
            holds.then_some(()).ok_or_else(fault)
        };
        must(!unfit(&self.person), "person", TEXT)?;
        must((1..=1024).contains(&self.rows_per_person), "rows_per_person", "must be 1 to 1024")?;
        must((10..=SCALE_BITS_MOST).contains(&self.scale_bits), "scale_bits", "must be 10 to 24")?;
        if let Among::Tested(split) | Among::Trained(split) = &self.among {
            must(split.test_permille < 1000, "among.test_permille", "must be 0 to 999")?;
        }
        must((1..=16).contains(&self.parts.len()), "parts", "must be 1 to 16")?;
        for (n, part) in self.parts.iter().enumerate() {
            let repeated = self.parts.iter().take(n).any(|other| other.name() == part.name());
            must(!repeated, &format!("parts[{n}].name"), "must be another than an earlier part's")?;
            part.check(&self.person).map_err(|(field, what)| QueryFault {
                field: format!("parts[{n}].{field}"),
                what,
            })?;
        }
        let unread = self.model.is_none() || self.reads_scores();
        must(unread, "model", "is asked, and no part reads its `score`")?;
        must(self.length() <= LENGTH_MAX, "parts", "have more than 65536 cells together")?;
        let most = self.sensitivity(Neighbours::Replace);
        must(most <= Sensitivity::MOST, "scale_bits", "makes one person's part larger than 2^40")?;
        must((1..=64).contains(&self.readings.len()), "readings", "must be 1 to 64")?;
        for (n, reading) in self.readings.iter().enumerate() {
            if let Some((field, what)) = reading.fault(self) {
                return Err(QueryFault { field: format!("readings[{n}].{field}"), what });
            }
        }
        Ok(())
    }

    /// SHA-256 of the query's canonical JSON: what the log names it by.
    pub fn digest(&self) -> Digest {
        // A query holds strings and small integers only, so it always has a canonical form.
        Digest::of(&jcs::to_bytes(self).unwrap_or_default())
    }

    /// How many integers the vector has.
    pub fn length(&self) -> usize {
        self.parts.iter().map(Part::length).fold(0, usize::saturating_add)
    }

    /// Ring units of one row.
    fn unit(&self) -> f64 {
        (1_u64 << self.bits()) as f64
    }

    /// `scale_bits`, as small as they are in every query that was checked.
    fn bits(&self) -> u32 {
        self.scale_bits.min(SCALE_BITS_MOST)
    }

    /// The L2 norm, in ring units and rounded up, of the most that one person does to the vector:
    /// ⌈m·2^scale_bits·√R⌉ with m rows of a person and R the sum over all parts of what one row
    /// does at most, squared.
    ///
    /// | part | R, a row added or removed | R, a row replaced |
    /// |---|---|---|
    /// | histogram | 1 | 2 |
    /// | moments of d columns, degree 1 | 1 + d | 4d |
    /// | moments of d columns, degree 2 | 1 + d + d(d+1)/2 | 2d² + 3d |
    ///
    /// For histograms alone it is exact: reached by a person all of whose rows are in one cell,
    /// and replaced by one whose rows are all in another. Replacing costs √2 there and not 2, since
    /// no count is negative. m rows do m times as much as one (the triangle inequality, row by row
    /// of the two persons, a row that only one of them has counting as added, which is less). There
    /// is nothing to add for rounding: it is done row by row, and keeps each number's bound.
    pub fn sensitivity(&self, neighbours: Neighbours) -> u64 {
        let squared: u64 = self.parts.iter().map(|part| part.squared(neighbours)).sum();
        // It is too large only for queries that no check lets through.
        Sensitivity::rooted(self.rows_per_person, squared, self.bits())
            .map_or(u64::MAX, Sensitivity::ring_units)
    }

    /// Whether a part reads the scores of a model.
    pub fn reads_scores(&self) -> bool {
        self.parts.iter().any(|part| match part {
            Part::Histogram(of) => of.axes.iter().any(|axis| axis.column() == Some(SCORE)),
            Part::Moments(of) => of.columns.iter().any(|scaled| scaled.column == SCORE),
        })
    }

    pub(crate) fn histogram(&self, name: &str) -> Option<&Histogram> {
        self.parts.iter().find_map(|part| match part {
            Part::Histogram(histogram) if histogram.name == name => Some(histogram),
            Part::Histogram(_) | Part::Moments(_) => None,
        })
    }

    pub(crate) fn moments(&self, name: &str) -> Option<&Moments> {
        self.parts.iter().find_map(|part| match part {
            Part::Moments(moments) if moments.name == name => Some(moments),
            Part::Histogram(_) | Part::Moments(_) => None,
        })
    }
}

impl Part {
    /// By which readings know it.
    pub fn name(&self) -> &str {
        match self {
            Self::Histogram(histogram) => &histogram.name,
            Self::Moments(moments) => &moments.name,
        }
    }

    /// How long its part of the vector is.
    pub fn length(&self) -> usize {
        match self {
            Self::Histogram(h) => h.axes.iter().map(Axis::cells).fold(1, usize::saturating_mul),
            Self::Moments(moments) => moments.length(),
        }
    }

    /// What one row does at most, squared, in units of one.
    fn squared(&self, neighbours: Neighbours) -> u64 {
        match (self, neighbours) {
            (Self::Histogram(_), Neighbours::AddRemove) => 1,
            (Self::Histogram(_), Neighbours::Replace) => 2,
            (Self::Moments(moments), Neighbours::AddRemove) => moments.squared(),
            (Self::Moments(moments), Neighbours::Replace) => moments.squared_replaced(),
        }
    }

    fn check(&self, person: &str) -> Result<(), (String, String)> {
        let fault = |field: &str, what: &str| Err((field.to_owned(), what.to_owned()));
        if unfit(self.name()) {
            return fault("name", TEXT);
        }
        // Its levels or its edges would single out persons.
        let names_persons = "must not be the column of persons";
        match self {
            Self::Moments(moments) => {
                if let Some((field, what)) = moments.fault() {
                    return fault(&field, what);
                }
                match moments.columns.iter().position(|scaled| scaled.column == person) {
                    Some(n) => fault(&format!("columns[{n}].column"), names_persons),
                    None => Ok(()),
                }
            }
            Self::Histogram(histogram) => {
                if !(1..=4).contains(&histogram.axes.len()) {
                    return fault("axes", "must be 1 to 4");
                }
                for (n, axis) in histogram.axes.iter().enumerate() {
                    if let Some((field, what)) = axis.fault() {
                        return fault(&format!("axes[{n}].{field}"), what);
                    }
                    if axis.column() == Some(person) {
                        return fault(&format!("axes[{n}].column"), names_persons);
                    }
                    if histogram.axes.iter().take(n).any(|other| other.name() == axis.name()) {
                        return fault(&format!("axes[{n}].column"), "is used twice");
                    }
                }
                Ok(())
            }
        }
    }
}

impl Among {
    /// Whether a person's rows count.
    pub fn has(&self, person: &str) -> bool {
        match self {
            Self::Everybody => true,
            Self::Tested(split) => split.is_test(person),
            Self::Trained(split) => !split.is_test(person),
        }
    }

    fn is_everybody(&self) -> bool {
        *self == Self::Everybody
    }
}
