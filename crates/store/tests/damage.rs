//! Damaged, missing and foreign files are noticed and named.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests"
)]

use std::fs;
use std::path::PathBuf;

use concordat_store::{Fault, Store};
use rusqlite::Connection;
use tempfile::TempDir;

#[test]
fn a_blob_that_changed_on_disk_is_never_handed_out() {
    let home = TempDir::new().unwrap();
    let mut store = Store::open(home.path()).unwrap();
    let digest = store.put_blob(b"accuracy 0.91").unwrap();
    let name = digest.to_string();
    let file = home.path().join("blobs").join(&name[..2]).join(&name);

    for wrong in [&b"accuracy 0.99"[..], b"accuracy", b""] {
        fs::write(&file, wrong).unwrap();
        let fault = store.blob(&digest).unwrap_err();
        assert!(matches!(fault, Fault::Corrupt { ref path, .. } if *path == file), "{fault}");
    }

    // Whoever still has the bytes can put them again.
    store.put_blob(b"accuracy 0.91").unwrap();
    assert_eq!(store.blob(&digest).unwrap(), Some(b"accuracy 0.91".to_vec()));
}

#[test]
fn a_database_that_is_damaged_does_not_open() {
    let (home, file) = a_log_of(2_000);
    let sound = fs::read(&file).unwrap();

    // Not a database at all.
    fs::write(&file, b"Dear Sir or Madam, ".repeat(500)).unwrap();
    assert_corrupt(&home, &file);

    // The second half is gone.
    fs::write(&file, &sound[..sound.len() / 2]).unwrap();
    assert_corrupt(&home, &file);

    // Every page but the first was overwritten.
    let mut bytes = sound.clone();
    bytes[4096..].fill(0xa5);
    fs::write(&file, &bytes).unwrap();
    assert_corrupt(&home, &file);

    // Emptied, and gone: a log never silently begins anew beside its blobs.
    fs::write(&file, b"").unwrap();
    assert_corrupt(&home, &file);
    fs::remove_file(&file).unwrap();
    assert_corrupt(&home, &file);

    fs::write(&file, &sound).unwrap();
    assert_eq!(Store::open(home.path()).unwrap().len().unwrap(), 2_000);
}

#[test]
fn a_flipped_bit_in_an_entry_or_a_note_is_noticed_when_it_is_read() {
    let home = TempDir::new().unwrap();
    let file = home.path().join("log.sqlite");
    let mut store = Store::open(home.path()).unwrap();
    let entries = [b"first".to_vec(), b"the second entry".to_vec()];
    store.append_with_notes(0, &entries, &[("cursor", b"the cursor"), ("fine", b"")]).unwrap();
    drop(store);

    // The database's own structure stays sound.
    let mut bytes = fs::read(&file).unwrap();
    for text in [&b"the second entry"[..], b"the cursor"] {
        let at = bytes.windows(text.len()).position(|window| window == text).unwrap();
        bytes[at + 5] ^= 1;
    }
    fs::write(&file, &bytes).unwrap();

    let store = Store::open(home.path()).unwrap();
    assert_eq!(store.entry(0).unwrap(), Some(b"first".to_vec()));
    assert_eq!(store.note("fine").unwrap(), Some(vec![]));
    let faults = [
        store.entry(1).unwrap_err(),
        store.entries(0, 2).unwrap_err(),
        store.note("cursor").unwrap_err(),
        store.notes("").unwrap_err(),
    ];
    for fault in faults {
        assert!(matches!(fault, Fault::Corrupt { ref path, .. } if *path == file), "{fault}");
    }
}

#[test]
fn history_cannot_be_edited_with_ordinary_tools() {
    let (home, file) = a_log_of(3);
    let editor = Connection::open(&file).unwrap();
    for edit in [
        "UPDATE entries SET bytes = x'00' WHERE position = 1",
        "DELETE FROM entries WHERE position = 2",
        "INSERT INTO entries VALUES (7, x'00', zeroblob(32))",
        "INSERT OR REPLACE INTO entries VALUES (1, x'00', zeroblob(32))",
    ] {
        assert!(editor.execute(edit, []).is_err(), "{edit}");
    }

    // Who removes the guard first is still noticed.
    editor
        .execute_batch("DROP TRIGGER entries_stay; DELETE FROM entries WHERE position = 1;")
        .unwrap();
    drop(editor);
    assert_corrupt(&home, &file);
}

#[test]
fn a_folder_of_a_later_release_is_left_alone() {
    let (home, file) = a_log_of(1);
    Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();

    let fault = Store::open(home.path()).unwrap_err();
    assert!(matches!(fault, Fault::TooNew { found: 99, known: 1, .. }), "{fault}");
    assert_eq!(fault.problem().see, "docs/reference/faults.md#store-too-new");
}

#[test]
fn somebody_elses_database_is_not_migrated() {
    let home = TempDir::new().unwrap();
    let file = home.path().join("log.sqlite");
    Connection::open(&file).unwrap().execute_batch("CREATE TABLE entries (x)").unwrap();

    assert_eq!(Store::open(home.path()).unwrap_err().code(), "store-database");
    let tables: i64 = Connection::open(&file)
        .unwrap()
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .unwrap();
    assert_eq!(tables, 1);
}

fn a_log_of(count: usize) -> (TempDir, PathBuf) {
    let home = TempDir::new().unwrap();
    let entries: Vec<_> = (0..count).map(|index| format!("entry {index}").into_bytes()).collect();
    Store::open(home.path()).unwrap().append(0, &entries).unwrap();
    let file = home.path().join("log.sqlite");
    (home, file)
}

fn assert_corrupt(home: &TempDir, file: &PathBuf) {
    let fault = Store::open(home.path()).unwrap_err();
    assert!(matches!(fault, Fault::Corrupt { ref path, .. } if path == file), "{fault:?}");
    let problem = fault.problem();
    assert!(problem.what.contains(file.to_str().unwrap()), "{problem}");
    assert_eq!(problem.code, "store-corrupt");
}
