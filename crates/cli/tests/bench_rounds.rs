//! Rounds are measured with real processes: the run that they belong to is closed in a log that
//! verifies, and nothing of them stays. How fast is for who measures.
#![allow(clippy::disallowed_methods, reason = "a test starts processes and reads their folders")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod world;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;
use world::{concordat, processes, shown};

#[test]
fn a_few_rounds_of_five_nodes_end_in_a_result_that_all_have_signed() {
    let here = tempfile::tempdir().unwrap();
    let dir = shown(here.path());
    let output =
        concordat(&["bench", "rounds", "--nodes", "5", "--rounds", "3", "--dir", &dir, "--json"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    // Other tests use the machine meanwhile: it may be over its targets, and nothing else.
    assert!([Some(0), Some(1)].contains(&output.status.code()), "{told}");
    let text = String::from_utf8(output.stdout).unwrap();
    let table: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!((&table["nodes"], &table["dimension"]), (&5.into(), &3.into()));

    let of = |part: &str, name: &str| table[part][name].as_f64().unwrap();
    let start = ["listening_ms", "joined_ms", "first_sum_ms"].map(|name| of("start", name));
    assert!(0.0 < start[0] && start[0] < start[1] && start[1] < start[2], "{start:?}");
    assert_eq!(table["round"]["measured"], 2);
    let round = ["median_ms", "p90_ms", "slowest_ms"].map(|name| of("round", name));
    assert!(0.0 < round[0] && round[0] <= round[1] && round[1] <= round[2], "{round:?}");
    assert!(of("alone", "learning_ms") > 0.0 && of("alone", "masking_ms") > 0.0, "{table}");
    let met = ["start", "round"].iter().all(|part| table[part]["met"] == true);
    assert_eq!(output.status.success(), met, "{table}");

    // The rounds were real: the log has the run's result, and with it everybody who took part.
    let closed = &table["closed"];
    assert_eq!(closed["rounds"], 3, "{table}");
    assert_eq!(closed["model"].as_str().unwrap().len(), 64, "{table}");
    assert!(closed["roster"].as_array().unwrap().len() >= 4, "{table}");
    assert!(closed["verified_entries"].as_u64().unwrap() > 40, "{table}");
    // Nothing of it stays.
    assert_eq!(fs::read_dir(here.path()).unwrap().count(), 0);
    assert_eq!(processes(here.path()), Vec::<String>::new());
}

#[test]
fn what_is_interrupted_ends_its_processes_and_leaves_nothing() {
    let here = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_concordat"))
        .args(["bench", "rounds", "--nodes", "4", "--rounds", "100", "--dir", &shown(here.path())])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(said.by_ref().any(|said| said.contains("  round 1 of 100")));
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let rest: Vec<String> = said.collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest:?}");
    assert_eq!(processes(here.path()), Vec::<String>::new());
    assert_eq!(fs::read_dir(here.path()).unwrap().count(), 0);
}

#[test]
fn fewer_nodes_than_the_example_has_are_refused() {
    assert_eq!(concordat(&["bench", "rounds", "--nodes", "3"]).status.code(), Some(2));
}
