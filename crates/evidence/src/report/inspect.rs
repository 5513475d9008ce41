//! Logs of Inspect AI, version 2, as JSON.

use serde_json::Value;

use super::{Found, NotAReport, count, decimal, method, moment, rates, slug, text};

pub(super) fn read(log: &Value) -> Result<Vec<Found>, NotAReport> {
    match text(log, "/status") {
        Some("success") => {}
        Some(status) => return Err(NotAReport::Run(format!("has the status `{status}`"))),
        None => return Err(NotAReport::Lacks("status")),
    }
    if log.get("invalidated") == Some(&Value::Bool(true)) {
        return Err(NotAReport::Run("was invalidated".to_owned()));
    }
    if count(log, "/version") != Some(2) {
        return Err(NotAReport::Lacks("version 2"));
    }
    let task = text(log, "/eval/task").ok_or(NotAReport::Lacks("eval.task"))?;
    let model = text(log, "/eval/model").unwrap_or("unnamed");
    let version = log.pointer("/eval/task_version").map(Value::to_string);
    let version = version.map(|version| version.trim_matches('"').to_owned());
    let tags = log.pointer("/eval/tags").and_then(Value::as_array).into_iter().flatten();
    let tags = tags.filter_map(Value::as_str).filter_map(|tag| tag.parse().ok());
    let techniques: std::collections::BTreeSet<_> = tags.collect();
    let scores = log.pointer("/results/scores").and_then(Value::as_array);
    let scores = scores.ok_or(NotAReport::Lacks("results.scores"))?;
    let found = scores.iter().map(|score| {
        let name = text(score, "/name").ok_or(NotAReport::Lacks("results.scores.name"))?;
        let method = match scores.len() {
            1 => method(&["inspect", task])?,
            _ => method(&["inspect", task, name])?,
        };
        let all = count(log, "/results/completed_samples");
        let cases = count(score, "/scored_samples").or(all);
        let mut results = std::collections::BTreeMap::new();
        let metrics = score.get("metrics").and_then(Value::as_object).into_iter().flatten();
        for (metric, value) in metrics {
            let value = value.get("value").and_then(Value::as_f64).and_then(decimal);
            if let (Ok(metric), Some(value)) = (slug(&[metric]).parse(), value) {
                results.insert(metric, value);
            }
        }
        let mut cases = cases.unwrap_or_default();
        if let Some((passed, judged)) = counted(log, name) {
            cases = judged;
            results.extend(rates(passed, judged));
        }
        Ok(Found {
            tool: "inspect",
            method,
            version: version.as_ref().and_then(|version| version.parse().ok()),
            tested: text(log, "/stats/completed_at").and_then(moment),
            model: model.to_owned(),
            cases,
            results,
            techniques: techniques.clone(),
        })
    });
    found.collect()
}

/// How many samples a scorer found correct, of how many, where it says nothing in between.
fn counted(log: &Value, scorer: &str) -> Option<(u32, u32)> {
    let (mut passed, mut judged) = (0, 0);
    for sample in log.get("samples")?.as_array()? {
        let value = sample.get("scores")?.get(scorer)?.get("value")?;
        let right = match (value.as_str(), value.as_f64()) {
            (Some("C"), _) => true,
            (Some("I"), _) => false,
            (None, Some(value)) if value == 1.0 || value == 0.0 => value == 1.0,
            _ => return None,
        };
        judged += 1;
        passed += u32::from(right);
    }
    (judged > 0).then_some((passed, judged))
}
