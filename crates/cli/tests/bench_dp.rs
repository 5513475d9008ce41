//! The bench of accounting says what it measured, and holds it against the answers of another
//! accountant: by its exit status as well.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a test starts processes")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

fn bench(arguments: &[&str]) -> (Output, Value) {
    let mut concordat = Command::new(env!("CARGO_BIN_EXE_concordat"));
    let output =
        concordat.args(["bench", "dp", "--json", "--runs", "3"]).args(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let first = text.lines().next().unwrap_or_default().to_owned();
    (output, serde_json::from_str(&first).unwrap())
}

/// A program in the place of a Python: it answers as it is told, whatever it is asked.
fn answering(dir: &Path, answer: &Value) -> String {
    let path = dir.join("python");
    fs::write(&path, format!("#!/bin/sh\ncat > /dev/null\necho '{answer}'\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

/// What another accountant would say that has our figures, less a part, after so many seconds.
fn theirs(table: &Value, less: f64, seconds: f64) -> Value {
    let told = |figure: &Value, less: f64| {
        let epsilon = figure["epsilon"].as_f64().unwrap() * (1.0 - less);
        json!({ "epsilon": epsilon, "seconds": [seconds, seconds] })
    };
    let rows = table["rows"].as_array().unwrap().iter();
    let tasks =
        rows.map(|row| json!({ "rdp": told(&row["rdp"], 0.0), "pld": told(&row["pld"], less) }));
    json!({ "tasks": tasks.collect::<Vec<_>>(), "draw_ns": null })
}

#[test]
fn accounting_is_measured_and_held_against_another_accountant() {
    let (output, table) = bench(&[]);
    assert_eq!(output.status.code(), Some(0));
    let rows = table["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 8);
    for row in rows {
        let [rdp, pld] = ["rdp", "pld"].map(|by| row[by]["epsilon"].as_f64().unwrap());
        assert!(pld > 0.0 && pld < rdp, "{row}");
        assert!(row["rdp"]["took"]["median_ms"].as_f64().unwrap() > 0.0, "{row}");
        assert_eq!(row["pld"]["other"], Value::Null);
    }
    assert!(table["noise"]["draw_ns"].as_f64().unwrap() > 0.0);

    // One that takes an hour and tells a little less than ours.
    let dir = tempfile::tempdir().unwrap();
    let python = answering(dir.path(), &theirs(&table, 0.001, 3_600.0));
    let (output, held) = bench(&["--python", &python]);
    assert_eq!(output.status.code(), Some(0), "{held}");
    assert!(held["rows"][0]["pld"]["other"]["times"].as_f64().unwrap() > 1_000.0);

    // One that tells more than ours has found us too low; one that tells far less, too high; and
    // one that takes no time is not ten times slower.
    for (less, seconds) in [(-0.001, 3_600.0), (0.02, 3_600.0), (0.001, 0.0)] {
        let python = answering(dir.path(), &theirs(&table, less, seconds));
        let (output, held) = bench(&["--python", &python]);
        assert_eq!(output.status.code(), Some(1), "{held}");
        assert_eq!(held["rows"][0]["pld"]["met"], false);
    }
}

#[test]
fn what_is_no_python_with_those_packages_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let fewer = answering(dir.path(), &json!({ "tasks": [], "draw_ns": null }));
    for python in [fewer.as_str(), "/nowhere/python", "/bin/false"] {
        let (output, problem) = bench(&["--python", python]);
        assert_eq!(output.status.code(), Some(2), "{python}");
        assert_eq!(problem["code"], "no-python", "{python}");
    }
}
