//! The logs that releases wrote, folded for ever: below `tests/golden/logs`, a folder for each release,
//! and `next` for what no release has frozen yet. `UPDATE_GOLDEN=1` rewrites `next` and nothing else.
#![allow(clippy::disallowed_methods, reason = "a test reads and writes files")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

#[path = "../../replay/tests/common/mod.rs"]
mod common;
mod courses;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use common::{Story, texts};
use concordat_cli::course::Parted;
use concordat_replay::{Halt, RULES};
use concordat_terms::Digest;
use courses::Course;

/// What no release has frozen yet.
const NEXT: &str = "next";

fn logs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/logs")
}

/// An agreement that enters into force, a project, a run with its result, and acts that are refused.
fn story() -> Story {
    let mut story = Story::trained();
    let again = story.entries[7].clone();
    story.step(again);
    story.step(b"{}".to_vec());
    let rows = story.dataset("alder", "another");
    story.act("birch", "data-holder", rows.clone());
    story.act("lab", "data-holder", rows);
    story.tick("2027-02-01T08:00:00Z");
    let late = story.proposal("late", |plan| plan.purpose = "advertising".parse().unwrap());
    story.act("vendor", "trainer", late);
    story
}

/// The entries, a line each (an envelope is one line of canonical JSON); and the texts beside them.
fn write(dir: &Path) {
    let story = story();
    let texts: Vec<Vec<u8>> = texts().into_values().map(String::into_bytes).collect();
    fs::create_dir_all(dir.join("blobs")).unwrap();
    for item in fs::read_dir(dir.join("blobs")).unwrap() {
        fs::remove_file(item.unwrap().path()).unwrap();
    }
    for text in &texts {
        fs::write(dir.join("blobs").join(Digest::of(text).to_string()), text).unwrap();
    }
    let entries: Vec<&str> =
        story.entries.iter().map(|entry| std::str::from_utf8(entry).unwrap()).collect();
    fs::write(dir.join("entries.jsonl"), entries.join("\n") + "\n").unwrap();
    let course = Course::folded(&story.entries, texts).unwrap();
    fs::write(dir.join("course.jsonl"), course.text()).unwrap();
}

fn read(dir: &Path) -> (Vec<Vec<u8>>, BTreeMap<Digest, Vec<u8>>, Course) {
    let text = fs::read_to_string(dir.join("entries.jsonl")).unwrap();
    let entries = text.lines().map(|line| line.as_bytes().to_vec()).collect();
    let blobs = fs::read_dir(dir.join("blobs")).unwrap().map(|item| {
        let path = item.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().parse().unwrap();
        (name, fs::read(path).unwrap())
    });
    let course = fs::read_to_string(dir.join("course.jsonl")).unwrap();
    (entries, blobs.collect(), Course::parse(&course).unwrap())
}

#[test]
fn every_log_that_a_release_froze_folds_to_the_verdicts_that_it_had() {
    if std::env::var("UPDATE_GOLDEN").is_ok_and(|v| v == "1") {
        write(&logs().join(NEXT));
    }
    let mut folded = 0;
    for item in fs::read_dir(logs()).unwrap() {
        let dir = item.unwrap().path();
        let (entries, blobs, frozen) = read(&dir);
        let what = dir.display();
        for (digest, bytes) in &blobs {
            assert_eq!(Digest::of(bytes), *digest, "{what}: a blob was changed");
        }
        let course = match Course::folded(&entries, blobs.into_values()) {
            Ok(course) => course,
            Err(Halt::UnknownRules { .. }) if dir.ends_with(NEXT) => {
                panic!("the rules were changed before any release froze them: UPDATE_GOLDEN=1")
            }
            Err(halt) => panic!("{what}: a release folds what those before it wrote: {halt}"),
        };
        let parted = course.parts_from(&frozen);
        let entries = entries.len() as u64;
        assert_eq!(parted, Parted::Nowhere { entries }, "{what}");
        assert_eq!((course.head.log, course.head.rules), (frozen.head.log, frozen.head.rules));
        assert_eq!(course.steps, frozen.steps, "{what}");
        // It is worth keeping: things are admitted in it, by clauses, and refused for several reasons.
        let refused = frozen.steps.iter().filter(|step| step.verdict != "admitted").count();
        let by_clause = frozen.steps.iter().filter(|step| step.clause.is_some()).count();
        assert!(
            refused >= 3 && by_clause >= 10,
            "{what}: {refused} refused, {by_clause} by clause"
        );
        folded += 1;
    }
    assert!(folded >= 1);
}

#[test]
fn a_log_under_rules_that_nobody_knows_is_not_folded_and_the_entry_is_named() {
    // A genesis of tomorrow, signed by everybody.
    let mut genesis = common::genesis();
    genesis.rules = Digest::of(b"the rules of edition 2");
    let act = concordat_partnership::Act::Genesis(genesis);
    let payload = concordat_wire::act::encode(None, &act).unwrap();
    let names: Vec<&str> =
        common::HOSPITALS.into_iter().chain(["lab", "vendor", "sequencer"]).collect();
    let entry = common::seal(&payload, &names);
    let halt = Course::folded(&[entry], []).unwrap_err();
    let rules = Digest::of(b"the rules of edition 2");
    assert_eq!(halt, Halt::UnknownRules { rules, index: 0, known: *RULES });
}
