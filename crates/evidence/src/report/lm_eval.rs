//! Results of lm-evaluation-harness: one test for each task.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::Timestamp;
use serde_json::Value;

use super::{Found, NotAReport, count, decimal, method, slug, text};

pub(super) fn read(report: &Value) -> Result<Vec<Found>, NotAReport> {
    let tasks = report.get("results").and_then(Value::as_object);
    let tasks = tasks.ok_or(NotAReport::Lacks("results"))?;
    let model = text(report, "/model_name").or_else(|| text(report, "/config/model"));
    let ended = report.get("date").and_then(Value::as_f64);
    let ended = ended.and_then(|seconds| format!("{seconds:.0}").parse().ok());
    let found = tasks.iter().map(|(task, values)| {
        let samples = report.get("n-samples").and_then(|all| all.get(task));
        let cases = samples.and_then(|own| count(own, "/effective"));
        let mut results = BTreeMap::new();
        for (metric, value) in values.as_object().into_iter().flatten() {
            // `acc,none` is a metric and its filter; the rest is about the task.
            let Some((name, filter)) = metric.split_once(',') else { continue };
            let parts = if filter == "none" { vec![name] } else { vec![name, filter] };
            let value = value.as_f64().and_then(decimal);
            if let (Ok(name), Some(value)) = (slug(&parts).parse(), value) {
                results.insert(name, value);
            }
        }
        let version = report.get("versions").and_then(|all| all.get(task)).map(Value::to_string);
        Ok(Found {
            tool: "lm-evaluation-harness",
            method: method(&["lm-eval", task])?,
            version: version.and_then(|version| version.trim_matches('"').parse().ok()),
            tested: ended.and_then(Timestamp::from_seconds),
            model: model.unwrap_or("unnamed").to_owned(),
            cases: cases.ok_or(NotAReport::Lacks("n-samples"))?,
            results,
            techniques: BTreeSet::new(),
        })
    });
    found.collect()
}
