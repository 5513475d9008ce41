//! The same training by Opacus, in a process of its own.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::super::Spread;
use super::Other;
use super::epochs::{BATCH, CLIP, HIDDEN, INPUTS, RATE, ROWS, Rows, SIGMA};
use crate::failure::Failure;

const SCRIPT: &str = include_str!("dpsgd.py");

/// One way of its; its default is told first.
#[derive(Debug, Deserialize)]
pub(super) struct Told {
    mode: String,
    seconds: Vec<f64>,
    steps: usize,
    auc: f64,
}

impl Told {
    /// Beside what our two ways take, in milliseconds.
    pub(super) fn beside(self, ours: [f64; 2]) -> Other {
        // What a program says of itself may be no duration.
        let each = self.seconds.iter().map(|s| Duration::try_from_secs_f64(*s));
        let took = Spread::of(each.map(Result::unwrap_or_default).collect());
        let times = ours.map(|own| took.median_ms / own.max(f64::MIN_POSITIVE));
        Other { mode: self.mode, took, auc: self.auc, steps: self.steps, times }
    }
}

/// Has an interpreter do it with the rows, which it reads from files in that folder.
pub(super) fn ask(
    python: &Path,
    rows: &Rows,
    folder: &Path,
    epochs: u32,
) -> Result<Vec<Told>, Failure> {
    let unusable = |why: &str| {
        let what = format!("`{}` cannot compare: {why}", python.display());
        let hint = "name a Python that has the package `opacus`";
        Failure::usage("no-python", what, hint)
    };
    let write = |name: &str, values: &[f32]| {
        let path = folder.join(name);
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        std::fs::write(&path, bytes).map_err(|e| Failure::io("write", &path, &e))?;
        Ok::<_, Failure>(path)
    };
    let question = json!({
        "features": write("features", &rows.features)?,
        "targets": write("targets", &rows.targets)?,
        "inputs": INPUTS, "hidden": HIDDEN, "rows": ROWS, "batch": BATCH,
        "clip": CLIP, "sigma": SIGMA, "rate": RATE, "epochs": epochs,
    });
    let mut child = Command::new(python)
        .args(["-c", SCRIPT])
        // One thread of ours, one of theirs.
        .env("OMP_NUM_THREADS", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| unusable(&e.to_string()))?;
    // One that does not read to the end says why when it ends.
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(question.to_string().as_bytes()).ok();
    }
    let output = child.wait_with_output().map_err(|e| unusable(&e.to_string()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(unusable(said.trim_end().lines().next_back().unwrap_or("it says nothing")));
    }
    serde_json::from_slice(&output.stdout).map_err(|e| unusable(&e.to_string()))
}
