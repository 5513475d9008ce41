//! Whatever moment the process or the machine dies at, the log is a whole number of appends, and
//! none that was acknowledged is missing.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests"
)]

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use concordat_store::{Fault, Store};
use concordat_terms::Digest;
use proptest::prelude::*;
use tempfile::TempDir;

/// Names the folder to the child of the test that kills it.
const CHILD: &str = "CONCORDAT_STORE_TEST_CHILD";

#[test]
fn a_copy_of_the_folder_at_any_moment_is_a_sound_store() {
    let home = TempDir::new().unwrap();
    let mut store = Store::open(home.path()).unwrap();
    for batch in 0..20 {
        append_batch(&mut store, batch);
        // The original stays open, so that what it keeps in memory is not in the copy.
        let copy = copy_of(home.path());
        assert_eq!(check(&Store::open(copy.path()).unwrap()), batch + 1);
    }
}

#[test]
fn a_write_that_was_torn_anywhere_is_a_write_that_never_was() {
    let home = TempDir::new().unwrap();
    let mut store = Store::open(home.path()).unwrap();
    let wal = home.path().join("log.sqlite-wal");
    let mut acknowledged = Vec::new(); // how long the write-ahead log was after each batch
    for batch in 0..6 {
        append_batch(&mut store, batch);
        acknowledged.push(fs::metadata(&wal).unwrap().len());
    }

    let whole = fs::read(&wal).unwrap();
    for cut in (acknowledged[0]..=whole.len() as u64).step_by(509) {
        let copy = copy_of(home.path());
        fs::write(copy.path().join("log.sqlite-wal"), &whole[..cut as usize]).unwrap();
        let batches = acknowledged.iter().filter(|end| **end <= cut).count() as u64;
        let mut store = Store::open(copy.path()).unwrap();
        assert_eq!(check(&store), batches, "cut at {cut}");

        // And the log goes on from there.
        append_batch(&mut store, batches);
        assert_eq!(check(&store), batches + 1);
    }
}

#[test]
fn a_process_that_is_killed_loses_nothing_that_it_acknowledged() {
    let home = TempDir::new().unwrap();
    let mut before = 0;
    for round in 0..6 {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "the_child_appends_until_it_is_killed", "--nocapture"])
            .env(CHILD, home.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut acknowledged = before;
        for line in lines.map_while(Result::ok) {
            let Ok(batches) = line.parse::<u64>() else { continue };
            acknowledged = batches;
            if batches == before + 10 + round {
                assert!(matches!(Store::open(home.path()), Err(Fault::Locked { .. })));
                child.kill().unwrap(); // and read on: it may have acknowledged more
            }
        }
        child.wait().unwrap();

        let batches = check(&Store::open(home.path()).unwrap());
        assert!(acknowledged >= before + 10 + round, "the child stopped by itself");
        assert!(batches >= acknowledged, "round {round}: {batches} of {acknowledged}");
        before = batches;
    }
}

/// Not a test by itself: what the test above starts and kills.
#[test]
fn the_child_appends_until_it_is_killed() {
    let Ok(home) = env::var(CHILD) else { return };
    let mut store = Store::open(Path::new(&home)).unwrap();
    // It ends by itself should the parent be gone.
    for batch in check(&store)..100_000 {
        append_batch(&mut store, batch);
        println!("{}", batch + 1);
    }
}

proptest! {
    // Few, since every step of every case waits for the disk.
    #![proptest_config(ProptestConfig { cases: 32.try_into().unwrap(), failure_persistence: None, ..ProptestConfig::default() })]

    /// However appends, notes, blobs, mistakes, restarts and crashes follow one another, the
    /// store is what a list and two maps would be.
    #[test]
    fn a_store_is_a_list_and_two_maps_that_survive(steps in prop::collection::vec(any_step(), 0..24)) {
        let mut home = TempDir::new().unwrap();
        let mut store = Store::open(home.path()).unwrap();
        let mut model = Model::default();
        for step in steps {
            match step {
                Step::Append { offset, entries, note } => {
                    let from = model.entries.len() as u64 + offset;
                    let notes: Vec<_> =
                        note.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
                    let done = store.append_with_notes(from, &entries, &notes);
                    prop_assert_eq!(done.is_ok(), offset == 0);
                    if offset == 0 {
                        model.entries.extend(entries);
                        model.notes.extend(note);
                    }
                }
                Step::Note(name, bytes) => {
                    store.put_note(&name, &bytes).unwrap();
                    model.notes.insert(name, bytes);
                }
                Step::Blob(bytes) => {
                    let digest = store.put_blob(&bytes).unwrap();
                    model.blobs.insert(digest, bytes);
                }
                Step::Reopen => {
                    drop(store);
                    store = Store::open(home.path()).unwrap();
                }
                Step::Crash => {
                    let copy = copy_of(home.path());
                    drop(store);
                    home = copy;
                    store = Store::open(home.path()).unwrap();
                }
            }
            prop_assert_eq!(&Model::of(&store), &model);
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Append { offset: u64, entries: Vec<Vec<u8>>, note: Option<(String, Vec<u8>)> },
    Note(String, Vec<u8>),
    Blob(Vec<u8>),
    Reopen,
    Crash,
}

fn any_step() -> impl Strategy<Value = Step> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..40);
    let offset = prop_oneof![4 => Just(0), 1 => 1u64..4];
    let name = || "[a-c/é]{0,3}";
    prop_oneof![
        4 => (offset, prop::collection::vec(bytes(), 0..8), prop::option::of((name(), bytes())))
            .prop_map(|(offset, entries, note)| Step::Append { offset, entries, note }),
        1 => (name(), bytes()).prop_map(|(name, bytes)| Step::Note(name, bytes)),
        1 => bytes().prop_map(Step::Blob),
        1 => Just(Step::Reopen),
        1 => Just(Step::Crash),
    ]
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Model {
    entries: Vec<Vec<u8>>,
    notes: BTreeMap<String, Vec<u8>>,
    blobs: BTreeMap<Digest, Vec<u8>>,
}

impl Model {
    fn of(store: &Store) -> Self {
        let entries = store.entries(0, usize::MAX).unwrap();
        assert_eq!(store.len().unwrap(), entries.len() as u64);
        let blobs = store.blob_names().unwrap();
        let blobs = blobs.into_iter().map(|name| (name, store.blob(&name).unwrap().unwrap()));
        Self { entries, notes: store.notes("").unwrap(), blobs: blobs.collect() }
    }
}

/// Appends batch number `batch`: 1 to 7 entries and the cursor behind them.
fn append_batch(store: &mut Store, batch: u64) {
    let from = store.len().unwrap();
    let entries = batch_entries(batch);
    let cursor = (batch + 1).to_be_bytes();
    store.append_with_notes(from, &entries, &[("cursor", &cursor)]).unwrap();
}

fn batch_entries(batch: u64) -> Vec<Vec<u8>> {
    (0..=batch % 7).map(|nth| format!("{batch}.{nth} ").repeat(40).into_bytes()).collect()
}

/// Panics unless the log is the first batches and the cursor says how many; returns how many.
fn check(store: &Store) -> u64 {
    let batches = match store.note("cursor").unwrap() {
        Some(cursor) => u64::from_be_bytes(cursor.try_into().unwrap()),
        None => 0,
    };
    let expected: Vec<_> = (0..batches).flat_map(batch_entries).collect();
    assert_eq!(store.entries(0, usize::MAX).unwrap(), expected);
    batches
}

/// The folder as the next process would find it, had this one died now.
fn copy_of(dir: &Path) -> TempDir {
    let copy = TempDir::new().unwrap();
    copy_into(dir, copy.path());
    copy
}

fn copy_into(from: &Path, to: &Path) {
    for item in fs::read_dir(from).unwrap() {
        let item = item.unwrap().path();
        let name = item.file_name().unwrap();
        if item.is_dir() {
            fs::create_dir_all(to.join(name)).unwrap();
            copy_into(&item, &to.join(name));
        } else if !name.to_string_lossy().ends_with("-shm") {
            // The index of the write-ahead log is memory, not disk.
            fs::copy(&item, to.join(name)).unwrap();
        }
    }
}
