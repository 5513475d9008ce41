//! What a report must tell.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::Pack;
use crate::name::{Fact, RowId};

/// What the report of a row must tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The row.
    pub row: RowId,
    /// The facts, in the order in which they are told.
    pub facts: Vec<Fact>,
    /// Those that a first, incomplete report needs.
    #[serde(default)]
    pub initial: Vec<Fact>,
}

impl Report {
    /// What is still missing for the whole report.
    pub fn missing<'r>(&'r self, known: &BTreeSet<Fact>) -> Vec<&'r Fact> {
        self.facts.iter().filter(|fact| !known.contains(*fact)).collect()
    }

    /// What is still missing for a first one.
    pub fn missing_at_first<'r>(&'r self, known: &BTreeSet<Fact>) -> Vec<&'r Fact> {
        self.initial.iter().filter(|fact| !known.contains(*fact)).collect()
    }

    /// A draft in Markdown: each question, and what is known or that it is missing.
    pub fn draft(&self, pack: &Pack, known: &BTreeMap<Fact, String>) -> String {
        let title = pack.row(&self.row).map_or("", |row| &row.title);
        let mut text = format!("# {title}\n\n{}, {} ({})\n", self.row, pack.title, pack.version);
        for fact in &self.facts {
            let question = pack.facts.get(fact).map_or(fact.as_str(), String::as_str);
            let answer = known.get(fact).map_or("**missing**", String::as_str);
            // Writing to a text cannot fail.
            let _ = write!(text, "\n## {question}\n\n{answer}\n");
        }
        text
    }
}
