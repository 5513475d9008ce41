//! What the steward of a node is told of a trainer, and nobody else.

use std::fs;
use std::path::Path;
use std::time::Duration;

use concordat_terms::RunId;
use serde::{Deserialize, Serialize};

use super::outside::Failure;
use crate::home::make_dir;

/// How one start of a trainer went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The run.
    pub run: RunId,
    /// The round, from 0; none of what was done before the rounds.
    pub round: Option<u32>,
    /// How many records it failed at, of those it was given one by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<(usize, usize)>,
    /// Milliseconds that it took.
    pub took_ms: u64,
    /// Why what it wrote is not used: zeros and noise were sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The last it said then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
}

impl Report {
    pub(super) fn round(run: &RunId, round: u32, took: Duration, failed: Option<&Failure>) -> Self {
        Self {
            run: run.clone(),
            round: Some(round),
            records: None,
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            why: failed.map(|failed| failed.why.clone()),
            said: failed.map(|failed| failed.said.clone()),
        }
    }

    pub(super) fn records(
        run: &RunId,
        (failed, of): (usize, usize),
        took: Duration,
        last: Option<&Failure>,
    ) -> Self {
        Self { round: None, records: Some((failed, of)), ..Self::round(run, 0, took, last) }
    }

    /// Keeps it in the node's folder, which its steward alone reads.
    pub(super) fn keep(&self, reports: &Path) {
        let name = match self.round {
            Some(round) => format!("{}.{round}.json", self.run),
            None => format!("{}.records.json", self.run),
        };
        let written = make_dir(reports).is_ok()
            && serde_json::to_vec_pretty(self)
                .is_ok_and(|bytes| fs::write(reports.join(name), bytes).is_ok());
        if !written {
            tracing::error!("what a trainer did was not written down");
        }
    }

    /// All that are kept, in the order of their runs and rounds.
    pub fn all(reports: &Path) -> Vec<Self> {
        let listed = fs::read_dir(reports).into_iter().flatten().flatten();
        let bytes = listed.filter_map(|item| fs::read(item.path()).ok());
        let mut all: Vec<Self> =
            bytes.filter_map(|bytes| serde_json::from_slice(&bytes).ok()).collect();
        all.sort_by(|a, b| (&a.run, a.round).cmp(&(&b.run, b.round)));
        all
    }
}
