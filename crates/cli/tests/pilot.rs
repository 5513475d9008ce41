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
    // What is true of the built-in rows is not said of others.
    let banner = report["banner"].as_str().unwrap();
    assert!(banner.contains(&shown(&folder)) && !banner.contains("hospital"), "{banner}");
    assert_eq!(report["refused"].as_array().unwrap().len(), 4);
    answer(&["verify", &shown(&dir.join("archive"))]);
    assert_eq!(processes(&dir), Vec::<String>::new());
}

/// Spoils an example: one text of one file is replaced.
type Spoil = fn(&mut example::Example);

#[test]
fn an_example_that_cannot_be_used_is_told_by_its_file_and_nothing_is_created() {
    let cases: &[(Spoil, &str, &str)] = &[
        (|e| drop(e.remove("plan.toml")), "no-such-file", "plan.toml"),
        (|e| example::replace(e, "plan.toml", "run =", "ran ="), "bad-plan", "plan.toml"),
        (|e| example::replace(e, "plan.toml", "\"heart-rows\"", "\"rows\""), "bad-plan", "`rows`"),
        (|e| example::replace(e, "plan.toml", "\"train\"", "\"query\""), "bad-plan", "train"),
        (|e| example::replace(e, "plan.toml", "\"recipe", "\"../recipe"), "bad-plan", "plan.toml"),
        (|e| drop(e.remove("recipe.json")), "no-such-file", "recipe.json"),
        (|e| example::replace(e, "recipe.json", "rounds", "runden"), "bad-recipe", "recipe.json"),
        (|e| drop(e.remove("data/birch.csv")), "no-such-file", "data/birch.csv"),
        (|e| drop(e.insert("data/birch.csv".into(), String::new())), "table-empty", "birch.csv"),
        (
            |e| example::replace(e, "data/birch.csv", "age", "years"),
            "table-undeclared-column",
            "data/birch.csv",
        ),
        (|e| example::replace(e, "governance.md", "body = ", "bodi = "), "", "governance.md"),
        (|e| example::replace(e, "protocol.md", "threshold = 3", "threshold = 9"), "", "9"),
        (|e| e.retain(|name, _| !name.ends_with(".md")), "no-module", "example"),
        (|e| drop(e.remove("protocol.md")), "", ""),
    ];
    for (spoil, code, names) in cases {
        let temp = tempfile::tempdir().unwrap();
        let (folder, dir) = (temp.path().join("example"), temp.path().join("pilot"));
        let mut files = example::read();
        spoil(&mut files);
        example::write(&files, &folder);
        for bench in [&[][..], &["--bench"]] {
            let output = pilot(&dir, &[&["--example", &shown(&folder)][..], bench].concat());
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!((output.status.code(), said.lines().count()), (Some(2), 3), "{said}");
            assert!(said.lines().next().unwrap().contains(names), "{names}: {said}");
            assert!(said.trim_end().ends_with(code), "{code}: {said}");
            assert!(!dir.exists(), "{said}");
        }
    }
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("pilot");
    let file = shown(&example::heart().join("plan.toml"));
    for (given, code) in [("/nowhere", "no-such-file"), (&file, "not-a-folder")] {
        let output = pilot(&dir, &["--example", given]);
        let problem: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((output.status.code(), &problem["code"]), (Some(2), &code.into()));
    }
    assert!(!dir.exists());
}
