//! The bench of agreements says what it measured, beside the machine's own, and whether that is in time: by
//! its exit status as well.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a test starts processes")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn bench(dir: &Path, arguments: &[&str]) -> (Output, Value) {
    let mut concordat = Command::new(env!("CARGO_BIN_EXE_concordat"));
    let output = concordat
        .current_dir(dir)
        .args(["bench", "agreement", "--json", "--runs", "5"])
        .args(arguments)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let first = text.lines().next().unwrap_or_default().to_owned();
    (output, serde_json::from_str(&first).unwrap())
}

#[test]
fn the_examples_and_five_hundred_clauses_are_measured_and_held_against_their_targets() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (output, table) = bench(&root, &[]);
    let rows = table["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 4);
    for row in rows {
        let (median, target) = (&row["took"]["median_ms"], &row["target_ms"]);
        let met = median.as_f64().unwrap() < target.as_f64().unwrap();
        assert_eq!(row["met"], met, "{row}");
        assert!(row["machine"]["median_ms"].as_f64().unwrap() > 0.0, "{row}");
    }
    // Whether it is in time is the machine's matter, and what else it has to do; not this test's.
    let met = rows.iter().all(|row| row["met"] == true);
    assert_eq!(output.status.code(), Some(if met { 0 } else { 1 }));
    assert_eq!(rows[1]["clauses"], 500);
    assert!(table["examples"].as_str().unwrap().contains("agreements of `examples`"));
}

#[test]
fn without_a_folder_of_examples_the_programs_own_is_measured_and_it_says_so() {
    let nowhere = tempfile::tempdir().unwrap();
    let (_, table) = bench(nowhere.path(), &["--clauses", "450"]);
    assert!(table["examples"].as_str().unwrap().contains("comes with the program"));
    let (output, _) = bench(nowhere.path(), &["nowhere"]);
    assert_eq!(output.status.code(), Some(2));
}
