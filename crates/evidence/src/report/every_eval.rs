//! Records of Every Eval Ever: one test for each evaluation, with its metrics.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::Timestamp;
use serde_json::Value;

use super::{Found, NotAReport, count, decimal, method, slug, text};

pub(super) fn read(record: &Value) -> Result<Vec<Found>, NotAReport> {
    let results = record.get("evaluation_results").and_then(Value::as_array);
    let results = results.ok_or(NotAReport::Lacks("evaluation_results"))?;
    let model = text(record, "/model_info/id").or_else(|| text(record, "/model_info/name"));
    let version = text(record, "/eval_library/version").and_then(|version| version.parse().ok());
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    for result in results {
        let name = text(result, "/evaluation_name");
        let name = name.ok_or(NotAReport::Lacks("evaluation_name"))?;
        let metric = text(result, "/metric_config/metric_id").unwrap_or("score");
        let score = result.pointer("/score_details/score").and_then(Value::as_f64);
        let samples = count(result, "/score_details/uncertainty/num_samples");
        let samples = samples.or_else(|| count(result, "/source_data/samples_number"));
        let ended = text(result, "/evaluation_timestamp");
        let ended = ended.or_else(|| text(record, "/evaluation_timestamp"));
        let own = match found.entry(name.to_owned()) {
            std::collections::btree_map::Entry::Occupied(own) => own.into_mut(),
            std::collections::btree_map::Entry::Vacant(free) => free.insert(Found {
                tool: "every-eval-ever",
                method: method(&["eval", name])?,
                version: Clone::clone(&version),
                tested: ended.and_then(seconds),
                model: model.unwrap_or("unnamed").to_owned(),
                cases: samples.ok_or(NotAReport::Lacks("num_samples"))?,
                results: BTreeMap::new(),
                techniques: BTreeSet::new(),
            }),
        };
        if let (Ok(metric), Some(score)) = (slug(&[metric]).parse(), score.and_then(decimal)) {
            own.results.insert(metric, score);
        }
    }
    Ok(found.into_values().collect())
}

/// Seconds since 1970, as text with a fraction.
fn seconds(text: &str) -> Option<Timestamp> {
    Timestamp::from_seconds(text.split('.').next()?.parse().ok()?)
}
