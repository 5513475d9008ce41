//! Reports of garak: a line for each pair of a probe and a detector.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Found, NotAReport, TESTS_MOST, count, method, moment, rates, text};
use crate::name::Technique;

/// The most catalogues of probes that are read: the tool writes one.
const CACHES_MOST: usize = 4;

/// Each pair is a method of its own: a detector may be trivial.
pub(super) fn read(lines: &[Value]) -> Result<Vec<Found>, NotAReport> {
    let of = |kind: &str| lines.iter().find(|line| text(line, "/entry_type") == Some(kind));
    let init = of("init").ok_or(NotAReport::Unknown)?;
    let ended = of("completion").ok_or_else(|| NotAReport::Run("was not finished".to_owned()))?;
    let setup = of("start_run setup");
    let model = setup.and_then(|setup| setup.get("plugins.target_name")?.as_str());
    let kind = setup.and_then(|setup| setup.get("plugins.target_type")?.as_str());
    let model = model.or(kind).unwrap_or("unnamed");
    let version = text(init, "/garak_version").and_then(|version| version.parse().ok());
    let tested = text(ended, "/end_time").and_then(moment);
    let is_eval = |line: &&Value| text(line, "/entry_type") == Some("eval");
    let evals: Vec<&Value> = lines.iter().filter(is_eval).take(TESTS_MOST + 1).collect();
    if evals.len() > TESTS_MOST {
        return Err(NotAReport::TooMany);
    }
    let caches = lines.iter().filter_map(|line| line.get("plugin_cache")?.get("probes"));
    let caches: Vec<&Value> = caches.take(CACHES_MOST).collect();
    evals
        .into_iter()
        .map(|eval| {
            let probe = text(eval, "/probe").ok_or(NotAReport::Lacks("probe"))?;
            let detector = text(eval, "/detector").ok_or(NotAReport::Lacks("detector"))?;
            let passed = count(eval, "/passed").ok_or(NotAReport::Lacks("passed"))?;
            let fails = count(eval, "/fails").ok_or(NotAReport::Lacks("fails"))?;
            // What no detector could judge is no case.
            let cases = passed.saturating_add(fails);
            Ok(Found {
                tool: "garak",
                method: method(&["garak", probe, detector])?,
                version: version.clone(),
                tested,
                model: model.to_owned(),
                cases,
                results: rates(passed, cases),
                techniques: techniques(&caches, probe),
            })
        })
        .filter(|found| found.as_ref().map_or(true, |found| found.cases > 0))
        .collect()
}

/// The probe, and what its catalogue says it is about.
fn techniques(caches: &[&Value], probe: &str) -> BTreeSet<Technique> {
    let tags =
        caches.iter().filter_map(|probes| probes.get(format!("probes.{probe}"))?.get("tags"));
    let tags = tags.filter_map(Value::as_array).flatten().filter_map(Value::as_str);
    tags.chain([probe]).filter_map(|tag| tag.parse().ok()).collect()
}
