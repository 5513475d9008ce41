//! A log as text, and every verdict on it: `UPDATE_GOLDEN=1` rewrites.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "golden files are read and rewritten")]

mod common;

use std::fmt::Write as _;
use std::path::PathBuf;

use common::{Story, cost, digest};
use concordat_partnership::{Act, Verdict};
use concordat_terms::Cost;
use concordat_wire::act::typed;
use serde_json::Value;

/// An act from its name and the script's JSON.
fn act(story: &Story, name: &str, text: &str) -> Act {
    if let Some(purpose) = text.strip_prefix("@plan-for-") {
        return story.proposal("first", |plan| plan.purpose = purpose.parse().unwrap());
    }
    let mut payload: Value = serde_json::from_str(text).unwrap();
    fill(&mut payload);
    typed(name.parse().unwrap(), payload).unwrap()
}

/// Puts digests and costs where the script has words for them.
fn fill(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(fill),
        Value::String(text) => {
            let filled = match text.strip_prefix('@') {
                Some("cost") => serde_json::to_value(cost()).unwrap(),
                Some("zero") => serde_json::to_value(Cost::zero()).unwrap(),
                Some(word) => Value::String(digest(word).to_string()),
                None => return,
            };
            *value = filled;
        }
        _ => {}
    }
}

fn shown(index: u64, name: &str, who: &str, verdict: &Verdict) -> String {
    let answer = match verdict {
        Verdict::Admitted { clause: Some(clause), .. } => format!("admitted by {clause}"),
        Verdict::Admitted { clause: None, .. } => "admitted".to_owned(),
        Verdict::Refused { refusal, .. } => {
            let clause = refusal.clause().map(|c| format!(" by {c}")).unwrap_or_default();
            format!("refused: {}{clause}", refusal.code())
        }
    };
    format!("{index} {name} {who}: {answer}\n")
}

#[test]
fn the_heart_log_has_these_verdicts() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/heart");
    let mut story = Story::ready();
    let mut verdicts = String::new();
    for line in std::fs::read_to_string(folder.join("acts.txt")).unwrap().lines() {
        if line.starts_with('#') {
            continue;
        }
        let [who, seat, name, payload] =
            line.splitn(4, ' ').collect::<Vec<_>>().try_into().unwrap();
        let act = act(&story, name, payload);
        let signers: Vec<(&str, &str)> = who.split('+').map(|party| (party, seat)).collect();
        let entry = story.sign(&signers, &act);
        let index = story.replica.size();
        let verdict = story.step(entry);
        verdicts.push_str(&shown(index, name, who, &verdict));
    }
    writeln!(verdicts, "rolling digest {}", story.state().rolling()).unwrap();

    let golden = folder.join("verdicts.txt");
    if std::env::var("UPDATE_GOLDEN").is_ok_and(|v| v == "1") {
        std::fs::write(&golden, &verdicts).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&golden).unwrap_or_default(), verdicts);
}
