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

mod world;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use concordat_store::Store;
use concordat_terms::Digest;
use proptest::prelude::*;
use tempfile::TempDir;
use world::load::{Rng, append_batch, check};

#[test]
fn a_copy_of_the_folder_at_any_moment_is_a_sound_store() {
    let home = TempDir::new().unwrap();
    let mut store = Store::open(home.path()).unwrap();
    for batch in 0..20 {
        append_batch(&mut store, batch).unwrap();
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
        append_batch(&mut store, batch).unwrap();
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
        append_batch(&mut store, batches).unwrap();
        assert_eq!(check(&store), batches + 1);
    }
}

/// Writes that reach the disk in another order than they were made in: of what was written after the
/// last acknowledged batch, any sectors may be there and any others not.
#[test]
fn sectors_that_reached_the_disk_in_another_order_are_not_taken_for_a_write() {
    const SECTOR: usize = 512;
    let home = TempDir::new().unwrap();
    let mut store = Store::open(home.path()).unwrap();
    let wal = home.path().join("log.sqlite-wal");
    for batch in 0..5 {
        append_batch(&mut store, batch).unwrap();
    }
    let before = fs::read(&wal).unwrap();
    append_batch(&mut store, 5).unwrap();
    let after = fs::read(&wal).unwrap();
    let mut rng = Rng(7);
    for case in 0..150 {
        let mut disk = after.clone();
        for at in (0..disk.len()).step_by(SECTOR) {
            let sector = at..disk.len().min(at + SECTOR);
            let old = before.get(sector.clone());
            if sector.end > before.len() && rng.below(3) == 0 {
                // What was there before, or nothing.
                match old {
                    Some(old) => disk[sector].copy_from_slice(old),
                    None => disk[sector].fill(0),
                }
            }
        }
        disk[..before.len()].copy_from_slice(&before);
        let copy = copy_of(home.path());
        fs::write(copy.path().join("log.sqlite-wal"), &disk).unwrap();
        let mut store = Store::open(copy.path()).unwrap();
        let batches = check(&store);
        assert!(batches == 5 || disk == after, "case {case}: {batches}");
        append_batch(&mut store, batches).unwrap();
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
