//! Reports that others' tools write about tests: what was tried, on how many cases, with what result.
//!
//! Read are logs of Inspect AI (JSON), results of lm-evaluation-harness, records of Every Eval Ever and
//! reports of garak. A run that failed or was not finished is refused. Where a report has counts, rates
//! are computed from them, and so is how bad it could be by chance: a tool's own interval is not
//! taken over. The name that a report gives a model is no identity.

mod bound;
mod every_eval;
mod garak;
mod inspect;
mod lm_eval;

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{Decimal, MethodId, MetricId, Timestamp};
use serde::Serialize;
use serde_json::Value;

use crate::name::{MethodVersion, Technique};

pub use bound::upper_bound;

/// How long a report may be: as long as any blob.
const REPORT_MOST: usize = 8 << 20;

/// The most tests of one report: each becomes an act.
const TESTS_MOST: usize = 2_000;

/// What a report says of one test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// By which tool.
    pub tool: &'static str,
    /// A name for the method, made of what the tool calls it.
    pub method: MethodId,
    /// The version of the test, or of the tool where tests have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<MethodVersion>,
    /// When the run ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tested: Option<Timestamp>,
    /// What the tool calls the model: no identity.
    pub model: String,
    /// On how many cases.
    pub cases: u32,
    /// Metrics and their values.
    pub results: BTreeMap<MetricId, Decimal>,
    /// The ways of attacking that were tried.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub techniques: BTreeSet<Technique>,
}

/// Why a report is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAReport {
    /// Neither JSON nor lines of it.
    #[error("it is no JSON: {0}")]
    Json(String),
    /// None of the formats.
    #[error("it is no report of Inspect, lm-evaluation-harness, Every Eval Ever or garak")]
    Unknown,
    /// Longer than is read.
    #[error("it has more than 8 MiB")]
    TooLong,
    /// The run did not end well.
    #[error("the run {0}")]
    Run(String),
    /// Something is missing that every such report has.
    #[error("it has no `{0}`")]
    Lacks(&'static str),
    /// It holds more tests than are read.
    #[error("it holds more than {TESTS_MOST} tests")]
    TooMany,
    /// There is no result in it.
    #[error("it has no result")]
    Empty,
}

/// Reads a report of any of the formats.
///
/// # Errors
/// [`NotAReport`], the first reason found.
pub fn read(bytes: &[u8]) -> Result<Vec<Found>, NotAReport> {
    if bytes.len() > REPORT_MOST {
        return Err(NotAReport::TooLong);
    }
    let found = match serde_json::from_slice::<Value>(bytes) {
        Ok(report) if report.get("eval").is_some() => inspect::read(&report),
        Ok(report) if report.get("lm_eval_version").is_some() => lm_eval::read(&report),
        Ok(report) if report.get("evaluation_results").is_some() => every_eval::read(&report),
        Ok(_) => Err(NotAReport::Unknown),
        Err(why) => match lines(bytes) {
            Some(lines) => garak::read(&lines),
            None => Err(NotAReport::Json(why.to_string())),
        },
    }?;
    match found.len() {
        0 => Err(NotAReport::Empty),
        1..=TESTS_MOST => Ok(found),
        _ => Err(NotAReport::TooMany),
    }
}

/// A text of which each line is JSON.
fn lines(bytes: &[u8]) -> Option<Vec<Value>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| serde_json::from_str(line).ok()).collect()
}

/// A name made of what somebody else calls a thing.
fn slug(parts: &[&str]) -> String {
    let mut name = String::new();
    for c in parts.join("-").chars() {
        if name.len() == 64 {
            break;
        }
        if c.is_ascii_alphanumeric() {
            name.push(c.to_ascii_lowercase());
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    name.trim_end_matches('-').to_owned()
}

fn method(parts: &[&str]) -> Result<MethodId, NotAReport> {
    slug(parts).parse().map_err(|_| NotAReport::Lacks("a name of the test"))
}

/// Four digits after the point: more would pretend to more than some hundred cases can tell.
fn decimal(value: f64) -> Option<Decimal> {
    value.is_finite().then(|| format!("{value:.4}").parse().ok()).flatten()
}

/// The share that passed, and the most that could fail without chance having favoured the model:
/// the exact one-sided bound of 95 %.
fn rates(passed: u32, cases: u32) -> BTreeMap<MetricId, Decimal> {
    let rate = decimal(f64::from(passed) / f64::from(cases.max(1)));
    let most = decimal(upper_bound(cases.saturating_sub(passed), cases));
    let named = [("pass-rate", rate), ("fail-rate-most", most)];
    named.into_iter().filter_map(|(name, value)| Some((name.parse().ok()?, value?))).collect()
}

/// A moment as tools write it: with or without a fraction and a zone, which is taken to be UTC.
fn moment(text: &str) -> Option<Timestamp> {
    format!("{}Z", text.get(..19)?).parse().ok()
}

fn text<'v>(value: &'v Value, at: &str) -> Option<&'v str> {
    value.pointer(at)?.as_str()
}

fn count(value: &Value, at: &str) -> Option<u32> {
    u32::try_from(value.pointer(at)?.as_u64()?).ok()
}
