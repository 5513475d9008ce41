//! A released sum, read.

use std::collections::BTreeMap;

use super::reading::Finding;
use super::sums::Sums;
use super::table::Table;
use super::{Part, Query};

/// The noise in each integer of a released sum: public, since every share of it is agreed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    /// Variance, in squared ring units.
    variance: f64,
}

/// A released vector under its query, and what was read out of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    tables: BTreeMap<String, Table>,
    sums: BTreeMap<String, Sums>,
    /// One for each reading, in order.
    pub findings: Vec<Finding>,
}

/// A vector that is not of this query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sum has {found} values, the query has {expected}")]
pub struct NoAnswer {
    /// How many there are.
    pub found: usize,
    /// How many the query has.
    pub expected: usize,
}

impl Query {
    /// Reads a released sum with this much noise in each of its integers.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub fn answer(&self, sum: &[i64], noise: Noise) -> Result<Answer, NoAnswer> {
        if sum.len() != self.length() {
            return Err(NoAnswer { found: sum.len(), expected: self.length() });
        }
        let unit = self.unit();
        let (variance, design) = (noise.variance / (unit * unit), f64::from(self.rows_per_person));
        let mut values = sum.iter().map(|value| *value as f64 / unit);
        let mut answer =
            Answer { tables: BTreeMap::new(), sums: BTreeMap::new(), findings: vec![] };
        for part in &self.parts {
            let own: Vec<f64> = values.by_ref().take(part.length()).collect();
            match part {
                Part::Histogram(h) => {
                    let table = Table::new(h.axes.clone(), own, variance, design);
                    answer.tables.insert(h.name.clone(), table);
                }
                Part::Moments(m) => {
                    answer.sums.insert(m.name.clone(), Sums::new(m, &own, variance, design));
                }
            }
        }
        answer.findings = self.readings.iter().filter_map(|r| r.find_in(&answer)).collect();
        Ok(answer)
    }
}

impl Noise {
    /// None: a clause that every holder signed, or public rows.
    pub const NONE: Self = Self { variance: 0.0 };

    /// What is in a sum of `nodes` vectors, to each of which `node_variance` was added, in squared
    /// ring units.
    pub fn of_nodes(node_variance: u64, nodes: u32) -> Self {
        Self { variance: node_variance as f64 * f64::from(nodes) }
    }

    /// Standard deviation, in ring units.
    pub fn deviation(self) -> f64 {
        self.variance.sqrt()
    }
}

impl Answer {
    /// A released histogram.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.get(name)
    }

    /// Released moments.
    pub fn sums(&self, name: &str) -> Option<&Sums> {
        self.sums.get(name)
    }
}
