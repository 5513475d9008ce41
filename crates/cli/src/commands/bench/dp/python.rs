//! The same tasks by accountants of others, in a process of their own.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::Spread;
use crate::failure::Failure;

const SCRIPT: &str = include_str!("accountants.py");

/// What is asked.
#[derive(Debug, Serialize)]
pub(super) struct Asked<'a> {
    pub(super) runs: u32,
    pub(super) tasks: &'a [Task],
    /// Standard deviation of the noise that is drawn, and how often.
    pub(super) deviation: u64,
    pub(super) draws: usize,
}

/// Gaussian releases of one kind, and the δ at which ε is told.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Task {
    pub(super) sigma: f64,
    pub(super) rate: f64,
    pub(super) count: u32,
    pub(super) delta: f64,
}

/// What is answered.
#[derive(Debug, Deserialize)]
pub(super) struct Answered {
    /// One for each task, in order.
    pub(super) tasks: Vec<Theirs>,
    /// Nanoseconds a draw, where there is such a sampler.
    pub(super) draw_ns: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Theirs {
    pub(super) rdp: Told,
    pub(super) pld: Told,
}

#[derive(Debug, Deserialize)]
pub(super) struct Told {
    pub(super) epsilon: f64,
    seconds: Vec<f64>,
}

impl Told {
    pub(super) fn took(&self) -> Spread {
        // What a program says of itself may be no duration.
        let each = self.seconds.iter().map(|s| Duration::try_from_secs_f64(*s));
        Spread::of(each.map(Result::unwrap_or_default).collect())
    }
}

/// Has an interpreter do it.
pub(super) fn ask(python: &Path, asked: &Asked<'_>) -> Result<Answered, Failure> {
    let unusable = |why: &str| {
        let what = format!("`{}` cannot compare: {why}", python.display());
        let hint = "name a Python that has the packages `dp-accounting` 0.6 and, to compare noise, \
                    `opendp`";
        Failure::usage("no-python", what, hint)
    };
    let question = serde_json::to_vec(asked).map_err(|e| unusable(&e.to_string()))?;
    let mut child = Command::new(python)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| unusable(&e.to_string()))?;
    // One that does not read to the end says why when it ends.
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(&question).ok();
    }
    let output = child.wait_with_output().map_err(|e| unusable(&e.to_string()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(unusable(said.trim_end().lines().next_back().unwrap_or("it says nothing")));
    }
    let answered: Answered =
        serde_json::from_slice(&output.stdout).map_err(|e| unusable(&e.to_string()))?;
    if answered.tasks.len() != asked.tasks.len() {
        return Err(unusable("it answers to other tasks"));
    }
    Ok(answered)
}
