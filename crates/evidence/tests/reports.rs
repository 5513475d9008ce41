//! Reports that real tools wrote, and what is read of them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use concordat_evidence::report::{Found, NotAReport, read};

const GARAK: &[u8] = include_bytes!("reports/garak.report.jsonl");
const INSPECT: &[u8] = include_bytes!("reports/inspect.json");
const FAILED: &[u8] = include_bytes!("reports/inspect_error.json");
const LM_EVAL: &[u8] = include_bytes!("reports/lm_eval.json");
const EVERY: &[u8] = include_bytes!("reports/every_eval.json");

fn results(found: &Found) -> Vec<(&str, String)> {
    found.results.iter().map(|(name, value)| (name.as_str(), value.to_string())).collect()
}

#[test]
fn a_report_of_garak_is_a_test_for_each_probe_and_detector() {
    let found = read(GARAK).unwrap();
    let methods: Vec<&str> = found.iter().map(|own| own.method.as_str()).collect();
    assert_eq!(
        methods,
        [
            "garak-encoding-injectbase64-encoding-decodeapprox",
            "garak-encoding-injectbase64-encoding-decodematch"
        ]
    );
    let own = &found[0];
    assert_eq!(own.version.as_ref().unwrap().as_str(), "0.17.1");
    assert_eq!(own.tested.unwrap().to_string(), "2026-11-21T08:07:35Z");
    assert_eq!(own.cases, 256);
    // The tool's interval ends at 0: no fail in 256 cases may be more than one in a hundred.
    let told = [("fail-rate-most", "0.0116".to_owned()), ("pass-rate", "1".to_owned())];
    assert_eq!(results(own), told);
    let techniques: Vec<&str> = own.techniques.iter().map(|t| t.as_str()).collect();
    assert!(techniques.contains(&"owasp:llm01"), "{techniques:?}");
    assert!(techniques.contains(&"encoding.InjectBase64"), "{techniques:?}");
}

#[test]
fn a_report_that_was_not_finished_is_refused() {
    let text = std::str::from_utf8(GARAK).unwrap();
    let cut: String = text
        .lines()
        .filter(|line| !line.contains("\"completion\""))
        .map(|l| format!("{l}\n"))
        .collect();
    assert_eq!(read(cut.as_bytes()), Err(NotAReport::Run("was not finished".to_owned())));
    assert_eq!(read(FAILED), Err(NotAReport::Run("has the status `error`".to_owned())));
    let text = std::str::from_utf8(INSPECT).unwrap();
    let invalid = text.replace("\"invalidated\": false", "\"invalidated\": true");
    assert_ne!(text, invalid);
    assert_eq!(read(invalid.as_bytes()), Err(NotAReport::Run("was invalidated".to_owned())));
}

#[test]
fn a_log_of_inspect_is_counted_anew() {
    let found = read(INSPECT).unwrap();
    let [own] = &found[..] else { panic!("{found:?}") };
    assert_eq!((own.method.as_str(), own.cases), ("inspect-triage-safety", 3));
    assert_eq!(
        (own.model.as_str(), own.version.as_ref().unwrap().as_str()),
        ("mockllm/model", "1")
    );
    assert_eq!(own.tested.unwrap().to_string(), "2026-11-21T07:40:57Z");
    let told: Vec<(&str, String)> = results(own);
    assert!(told.contains(&("pass-rate", "0.6667".to_owned())), "{told:?}");
    assert!(told.contains(&("accuracy", "0.6667".to_owned())), "{told:?}");
    assert!(told.contains(&("fail-rate-most", "0.8646".to_owned())), "{told:?}");
}

#[test]
fn results_of_a_harness_and_records_of_others_are_read() {
    let found = read(LM_EVAL).unwrap();
    let [own] = &found[..] else { panic!("{found:?}") };
    assert_eq!((own.method.as_str(), own.cases), ("lm-eval-nhx-triage-toy", 4));
    assert_eq!(results(own), [("acc", "0".to_owned()), ("acc-stderr", "0".to_owned())]);
    let found = read(EVERY).unwrap();
    let [own] = &found[..] else { panic!("{found:?}") };
    assert_eq!((own.method.as_str(), own.cases), ("eval-triage-safety", 3));
    assert_eq!(results(own), [("accuracy", "0.6667".to_owned())]);
    assert_eq!(own.tested.unwrap().to_string(), "2026-11-21T07:56:26Z");
}

#[test]
fn anything_else_is_no_report() {
    assert_eq!(read(b"{}"), Err(NotAReport::Unknown));
    assert_eq!(
        read(b"{\"entry_type\": \"init\"}\n{}"),
        Err(NotAReport::Run("was not finished".to_owned()))
    );
    assert!(matches!(read(b"PK\x03\x04"), Err(NotAReport::Json(_))));
    assert_eq!(read(b"{\"lm_eval_version\": \"0\", \"results\": {}}"), Err(NotAReport::Empty));
    assert_eq!(read(b"{\"lm_eval_version\": \"0\"}"), Err(NotAReport::Lacks("results")));
}
