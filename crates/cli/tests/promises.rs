//! Receipts and evidence, shown to the command that checks them: kept, broken, overdue, two histories.
#![allow(clippy::disallowed_methods, reason = "a test lays out files and starts processes")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{ORIGIN, Story, at, checkpoint, checkpoint_of, key, story};
use concordat_cli::archive::save;
use concordat_terms::Timestamp;
use concordat_tlog::fork::Fork;
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::word::Promise;
use concordat_tlog::{Receipt, Tree};
use serde_json::Value;
use tempfile::TempDir;

/// What the command leaves: its status, and the last line of its answer.
fn verify(arguments: &[&str]) -> (i32, Value) {
    let output = Command::new(env!("CARGO_BIN_EXE_concordat"))
        .arg("verify")
        .args(arguments)
        .arg("--json")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let last = said.lines().last().map(|line| serde_json::from_str(line).unwrap());
    (output.status.code().unwrap(), last.unwrap_or_default())
}

struct World {
    dir: TempDir,
    story: Story,
}

impl World {
    fn new() -> Self {
        let (dir, story) = (tempfile::tempdir().unwrap(), story());
        save(&dir.path().join("archive"), &story.archive()).unwrap();
        fs::write(dir.path().join("founding.dsse"), &story.entries[0]).unwrap();
        Self { dir, story }
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    /// A receipt of an entry at a place and time, in a file of this name.
    fn receipt(&self, name: &str, entry: &[u8], index: u64, time: Timestamp) -> String {
        let (origin, log, leaf) = (ORIGIN.to_owned(), self.story.log, leaf_hash(entry));
        let promise = Promise { origin, log, index, leaf, time };
        let path = self.path(name);
        fs::write(&path, Promise::sign(&[promise], &key("sequencer")).unwrap().to_bytes()).unwrap();
        path
    }

    /// The proof of an entry's place, with its leaf hash.
    fn prove(&self, name: &str, entries: &[Vec<u8>], index: u64) {
        let tree = Tree::of(entries.iter().map(|entry| leaf_hash(entry)));
        let proof = Receipt {
            extra: Some(tree.leaves()[index as usize].0.to_vec()),
            index,
            path: tree.prove_inclusion(index, tree.size()).unwrap(),
            checkpoint: String::from_utf8(checkpoint(entries, &["alder"])).unwrap(),
        };
        fs::write(self.path(name), proof.to_string()).unwrap();
    }
}

#[test]
fn an_archive_keeps_a_promise_breaks_it_or_says_nothing_about_it_yet() {
    let world = World::new();
    let (archive, entries) = (world.path("archive"), &world.story.entries);
    let kept = world.receipt("kept.receipt", &entries[3], 3, at(60));
    let later = world.receipt("later.receipt", b"to come", 99, at(180));
    let (status, report) = verify(&[&archive, "--receipt", &kept, "--receipt", &later]);
    assert_eq!(status, 0, "{report}");
    assert_eq!(report["promises"][0]["kept"], true);
    assert_eq!(
        (&report["promises"][1]["kept"], &report["promises"][1]["index"]),
        (&false.into(), &99.into())
    );

    let broken = world.receipt("broken.receipt", b"something else", 3, at(60));
    let (status, problem) = verify(&[&archive, "--receipt", &kept, "--receipt", &broken]);
    assert_eq!((status, problem["code"].as_str()), (1, Some("promise-broken")));
    let long_ago = Timestamp::from_seconds(at(0).seconds() - 2_000).unwrap();
    let overdue = world.receipt("overdue.receipt", b"to come", 99, long_ago);
    let (status, problem) = verify(&[&archive, "--receipt", &overdue]);
    assert_eq!((status, problem["code"].as_str()), (1, Some("promise-overdue")));
    // The right entry at another time: a place is half of what was promised.
    let retimed = world.receipt("retimed.receipt", &entries[3], 3, at(61));
    let (status, problem) = verify(&[&archive, "--receipt", &kept, "--receipt", &retimed]);
    assert_eq!((status, problem["code"].as_str()), (1, Some("promise-broken")));
    let what = problem["what"].as_str().unwrap();
    assert!(
        what.contains("promised entry 3 at") && what.contains("the log's time there"),
        "{what}"
    );
    // A third witness whose clock was put back does not keep that from being said.
    let archived = world.dir.path().join("archive");
    let early = [("alder", at(200)), ("birch", long_ago), ("lab", at(200))];
    fs::write(archived.join("checkpoint"), checkpoint_of(entries, &early)).unwrap();
    let (status, problem) = verify(&[&archive, "--receipt", &overdue]);
    assert_eq!((status, problem["code"].as_str()), (1, Some("promise-overdue")), "{problem}");
    fs::write(world.path("none.receipt"), "no receipt").unwrap();
    let (status, problem) = verify(&[&archive, "--receipt", &world.path("none.receipt")]);
    assert_eq!((status, problem["code"].as_str()), (2, Some("bad-receipt")));
}

#[test]
fn a_receipt_and_a_proof_convict_without_an_archive() {
    let world = World::new();
    let founding = world.path("founding.dsse");
    let entries = &world.story.entries;
    let kept = world.receipt("kept.receipt", &entries[3], 3, at(60));
    world.prove("kept.proof", entries, 3);
    let (status, proven) = verify(&["--receipt", &kept, "--founding", &founding]);
    assert_eq!((status, &proven["kept"]), (0, &true.into()));
    // A proof has no time in it, and nobody is told that it had.
    assert_eq!(proven["time_checked"], false);

    let broken = world.receipt("broken.receipt", b"something else", 3, at(60));
    world.prove("broken.proof", entries, 3);
    let (status, problem) = verify(&["--receipt", &broken, "--founding", &founding]);
    assert_eq!((status, problem["code"].as_str()), (1, Some("promise-broken")));

    // A proof of another place accuses nobody; without the log's key nothing is known.
    world.prove("broken.proof", entries, 4);
    let (status, problem) = verify(&["--receipt", &broken, "--founding", &founding]);
    assert_eq!((status, problem["code"].as_str()), (2, Some("bad-receipt")));
    assert_eq!(verify(&["--receipt", &broken]).0, 2);
    assert_eq!(verify(&[]).0, 2);
}

#[test]
fn two_signed_histories_convict_and_one_does_not() {
    let world = World::new();
    let founding = world.path("founding.dsse");
    let entries = &world.story.entries;
    let mut other = entries.clone();
    other[5] = b"another history".to_vec();
    other.push(b"and longer".to_vec());
    let lay_out = |name: &str, other: &[Vec<u8>]| {
        let folder = world.dir.path().join(name);
        fs::create_dir(&folder).unwrap();
        let tree = Tree::of(other.iter().map(|entry| leaf_hash(entry)));
        let fork = Fork::of(&tree, entries.len() as u64).unwrap();
        let write = |name: &str, bytes: Vec<u8>| fs::write(folder.join(name), bytes).unwrap();
        write("checkpoint-ours", checkpoint(entries, &[]));
        write("checkpoint-other", checkpoint(other, &["lab"]));
        write("proof", fork.to_string().into_bytes());
        folder.display().to_string()
    };
    let forked = lay_out("forked", &other);
    let (status, problem) = verify(&["--fork", &forked, "--founding", &founding]);
    assert_eq!((status, problem["code"].as_str()), (1, Some("two-histories")));

    let mut longer = entries.clone();
    longer.push(b"and longer".to_vec());
    let honest = lay_out("honest", &longer);
    let (status, problem) = verify(&["--fork", &honest, "--founding", &founding]);
    assert_eq!((status, problem["code"].as_str()), (2, Some("bad-evidence")));
    fs::remove_file(Path::new(&forked).join("proof")).unwrap();
    assert_eq!(verify(&["--fork", &forked, "--founding", &founding]).0, 2);
}

/// Whoever has no log can found one: what its key signs convicts nobody but itself.
#[test]
fn evidence_of_another_log_convicts_nobody_of_this_one() {
    let world = World::new();
    let (log, entries) = (world.story.log.to_string(), &world.story.entries);
    let mut other = entries.clone();
    other[5] = b"another history".to_vec();
    let forked = world.dir.path().join("forked");
    fs::create_dir(&forked).unwrap();
    let tree = Tree::of(other.iter().map(|entry| leaf_hash(entry)));
    let fork = Fork::of(&tree, 7).unwrap();
    let write = |name: &str, bytes: Vec<u8>| fs::write(forked.join(name), bytes).unwrap();
    write("checkpoint-ours", checkpoint(&entries[..7], &[]));
    write("checkpoint-other", checkpoint(&other, &["lab"]));
    write("proof", fork.to_string().into_bytes());
    let forked = forked.display().to_string();
    let broken = world.receipt("broken.receipt", b"something else", 3, at(60));
    world.prove("broken.proof", entries, 3);

    // By the log's own founding they convict, and the reader is told which log that is.
    let founding = world.path("founding.dsse");
    for evidence in [["--fork", &forked], ["--receipt", &broken]] {
        let arguments = [&evidence[..], &["--founding", &founding]].concat();
        let pinned = verify(&[&arguments[..], &["--log", &log]].concat());
        assert_eq!(pinned.0, 1, "{}", pinned.1);
        let output = Command::new(env!("CARGO_BIN_EXE_concordat"))
            .arg("verify")
            .args(&arguments)
            .output()
            .unwrap();
        let told = String::from_utf8(output.stderr).unwrap().replace("\n", " ");
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("no `--log` was given") && told.contains(&log), "{told}");
        // To whoever knows another log by its id they say nothing about that.
        let elsewhere = "0".repeat(64);
        let (status, problem) = verify(&[&arguments[..], &["--log", &elsewhere]].concat());
        assert_eq!((status, problem["code"].as_str()), (2, Some("other-log")), "{problem}");
    }

    // A promise of another log by the same key is none of this one.
    let (origin, leaf) = (ORIGIN.to_owned(), leaf_hash(b"something else"));
    let promise = Promise { origin, log: leaf, index: 3, leaf, time: at(60) };
    fs::write(
        world.path("foreign.receipt"),
        Promise::sign(&[promise], &key("sequencer")).unwrap().to_bytes(),
    )
    .unwrap();
    world.prove("foreign.proof", entries, 3);
    let foreign = world.path("foreign.receipt");
    let (status, problem) =
        verify(&["--receipt", &foreign, "--founding", &founding, "--log", &log]);
    assert_eq!((status, problem["code"].as_str()), (2, Some("bad-receipt")), "{problem}");
    assert!(problem["what"].as_str().unwrap().contains("it is of the log"), "{problem}");
}

#[test]
fn time_that_stood_still_over_entries_is_told_with_how_much_it_could_have_been_bent() {
    let mut late = story();
    late.log(b"something that came after the tick".to_vec());
    late.sequence(&concordat_partnership::Act::Tick(concordat_partnership::act::Tick {
        time: at(4_000),
    }));
    let report = concordat_cli::verify::verify(&late.archive(), Some(late.log)).unwrap();
    let told: Vec<_> = report.bends.iter().map(|b| (b.first, b.last, b.seconds)).collect();
    // The witnesses of this archive cosigned at 200 by their own clocks: the last tick is ahead of them.
    assert_eq!(told, [(8, 8, 3_820), (9, 9, 3_800)]);
    let said = report.to_string();
    assert!(said.contains("entry 8 says") && said.contains("ahead of the witnesses"), "{said}");
}
