//! The pilot, as a person starts it: on the example, and on a partnership it has never seen.
#![allow(clippy::disallowed_methods, reason = "a test starts processes and reads their folders")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod world;

use std::path::Path;
use std::process::Output;

use serde_json::Value;
use world::{answer, concordat, example, files, processes, shown};

fn pilot(dir: &Path, more: &[&str]) -> Output {
    let dir = shown(dir);
    concordat(&[&["pilot", "--headless", "--dir", &dir, "--json"], more].concat())
}

fn report(output: &Output) -> Value {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_pilot_ends_with_a_released_model_and_an_archive_that_verifies_and_leaves_nothing_running() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("pilot");
    let report = report(&pilot(&dir, &[]));
    assert_eq!(report["run"]["rounds"], 100);
    assert_eq!(report["refused"].as_array().unwrap().len(), 4);
    assert_eq!(processes(&dir), Vec::<String>::new());
    let log = report["log"].as_str().unwrap();
    let verified = answer(&["verify", &shown(&dir.join("archive")), "--log", log]);
    assert_eq!(verified["size"], report["entries"]);

    // The folder is taken now: three lines for a person, and nothing is touched.
    let before = files(&dir);
    let again = concordat(&["pilot", "--headless", "--dir", &shown(&dir)]);
    let said = String::from_utf8(again.stderr).unwrap();
    assert_eq!((again.status.code(), said.lines().count()), (Some(2), 3), "{said}");
    assert!(said.contains("is not empty"), "{said}");
    assert!(files(&dir) == before, "the second pilot changed the folder");
}

#[test]
fn another_partnership_runs_the_same_way_with_other_names_five_holders_and_other_tables() {
    let temp = tempfile::tempdir().unwrap();
    let mut other = example::read();
    example::add_a_hospital(&mut other);
    example::shuffle_columns(&mut other);
    let other = example::rename(&other);
    assert!(other.contains_key("data/redle.csv") && other.contains_key("esaeler.md"));
    assert!(other["seitrap.md"].contains("id = \"redloh-atad\""));
    let (folder, dir) = (temp.path().join("example"), temp.path().join("pilot"));
    example::write(&other, &folder);
    let report = report(&pilot(&dir, &["--example", &shown(&folder)]));
    assert_eq!((&report["parties"], &report["run"]["roster"]), (&7.into(), &5.into()));
    assert_eq!(report["refused"].as_array().unwrap().len(), 4);
    answer(&["verify", &shown(&dir.join("archive"))]);
    assert_eq!(processes(&dir), Vec::<String>::new());
}
