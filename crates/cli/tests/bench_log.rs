//! A log is measured from the first act to the archive: everything in it is what it should be, and each
//! figure stands beside the machine's own. How fast is for who measures: nothing here depends on it.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a test starts processes")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::process::{Command, Output};

use serde_json::Value;

fn bench(arguments: &[&str]) -> Output {
    let mut concordat = Command::new(env!("CARGO_BIN_EXE_concordat"));
    concordat.args(["bench", "log"]).args(arguments).output().unwrap()
}

const SMALL: [&str; 8] =
    ["--acts", "640", "--clients", "16", "--entries", "3000", "--tree", "100000"];

#[test]
fn a_small_log_is_accepted_folded_verified_and_proved_beside_the_machines_own() {
    let here = tempfile::tempdir().unwrap();
    let dir = here.path().to_str().unwrap();
    let output = bench(&[&SMALL[..], &["--json", "--dir", dir]].concat());
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    // Other tests use the machine meanwhile: it may be over its targets, and nothing else.
    assert!([Some(0), Some(1)].contains(&output.status.code()), "{told}");
    let text = String::from_utf8(output.stdout).unwrap();
    let table: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();

    let accepted = table["accepted"].as_array().unwrap();
    assert_eq!(accepted.len(), 2);
    for (row, acts_a_request) in accepted.iter().zip([1, 10]) {
        assert_eq!((&row["acts"], &row["clients"]), (&640.into(), &16.into()));
        assert_eq!(row["acts_a_request"], acts_a_request);
        assert!(row["acts_per_second"].as_f64().unwrap() > 0.0, "{row}");
        assert!(row["limit_per_second"].as_f64().unwrap() > 0.0, "{row}");
    }
    for row in ["replayed", "verified"] {
        assert_eq!(table[row]["entries"], 3_000, "{row}");
    }
    for row in table["memory"].as_array().unwrap() {
        // Writing goes on to the end of what it has begun.
        let sizes = row["entries"].as_array().unwrap();
        assert!(sizes[0].as_u64().unwrap() >= 1_500 && sizes[1] == 3_000, "{row}");
        assert!(row["most"].as_u64().unwrap() > 0, "{row}");
    }
    let started = &table["started"];
    let (of, tail) = (started["entries"].as_u64().unwrap(), started["tail"].as_u64().unwrap());
    assert_eq!(of + tail, 3_000, "{started}");
    assert!(started["bytes_an_entry"].as_f64().unwrap() > 0.0, "{started}");
    assert_eq!(table["proved"]["entries"], 100_000);
    assert!(table["proved"]["limit_us"].as_f64().unwrap() > 0.0);
    // Nothing of it stays.
    assert_eq!(std::fs::read_dir(here.path()).unwrap().count(), 0);
}

#[test]
fn what_is_measured_can_be_read() {
    let output = bench(&SMALL);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("accepted acts/s, 10 a request"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    assert_eq!(bench(&["--clients", "0"]).status.code(), Some(2));
}
