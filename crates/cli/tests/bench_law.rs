//! Verdicts of a whole partnership are measured, and everything in the mix is what it should be. How
//! fast is for who measures: nothing here depends on it.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a test starts processes")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::collections::BTreeMap;
use std::process::{Command, Output};

use serde_json::Value;

fn bench(arguments: &[&str]) -> Output {
    let mut concordat = Command::new(env!("CARGO_BIN_EXE_concordat"));
    concordat.args(["bench", "law"]).args(arguments).output().unwrap()
}

#[test]
fn a_small_partnership_is_measured_and_most_of_what_it_does_is_admitted() {
    let small = ["--acts", "3000", "--measure", "3000", "--state", "0", "--by-act", "--json"];
    let output = bench(&small);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    // Other tests use the machine meanwhile: it may be over its targets, and nothing else.
    assert!([Some(0), Some(1)].contains(&output.status.code()), "{told}");
    let text = String::from_utf8(output.stdout).unwrap();
    let table: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!((&table["parties"], &table["clauses"]), (&50.into(), &500.into()));
    assert_eq!(table["verdict"]["count"], 3_000);
    assert_eq!(table["why"]["count"], 300);
    assert!(table["signatures"]["mean_us"].as_f64().unwrap() > 0.0);

    // Every kind of act that clauses of the agreement are about is there, and is admitted.
    let kinds = table["by_act"].as_array().unwrap();
    let of = |kind: &Value| {
        let refused = kind["refused"].as_u64().unwrap();
        (
            kind["act"].as_str().unwrap().to_owned(),
            (kind["verdict"]["count"].as_u64().unwrap(), refused),
        )
    };
    let kinds: BTreeMap<String, (u64, u64)> = kinds.iter().map(of).collect();
    for act in [
        "tick",
        "digest.record",
        "signal.batch",
        "usage.report",
        "duty.discharge",
        "account.allocate",
        "payment.record",
        "asset.derive",
        "place.attest",
        "training.record",
        "objective.report",
        "dataset.register",
        "asset.transfer",
        "run.propose",
        "run.approve",
        "run.open",
        "run.join",
        "run.close",
        "evidence.submit",
        "motion.propose",
        "motion.vote",
        "motion.execute",
        "notice.serve",
        "notice.acknowledge",
        "audit.request",
        "audit.answer",
        "audit.finding",
        "case.open",
        "case.fact",
        "case.close",
        "risk.open",
        "risk.update",
        "key.register",
        "mandate.grant",
        "meeting.call",
        "place.suspend",
    ] {
        let (count, refused) = kinds.get(act).copied().unwrap_or_default();
        assert!(count > refused, "`{act}`: {refused} of {count} refused\n{kinds:?}");
    }
    let refused = table["refused"].as_u64().unwrap();
    assert!((60..600).contains(&refused), "{refused} of 3000 refused\n{kinds:?}");

    // The state is weighed where the system tells how.
    let state = &table["state"][0];
    assert!(state["acts"].as_u64().unwrap() > 6_000);
    assert_eq!(state["bytes"].is_u64(), cfg!(target_os = "linux"));
}

#[test]
fn what_is_measured_can_be_read_and_too_small_a_partnership_is_refused() {
    let output = bench(&["--acts", "1000", "--measure", "64", "--state", "1500"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("judge and apply an act") && text.contains("state, 1500 acts"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert_eq!(bench(&["--parties", "3"]).status.code(), Some(2));
}
