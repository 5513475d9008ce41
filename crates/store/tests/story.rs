//! What a server may rely on, told from its side.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests"
)]

mod common;

use std::fs;
use std::path::Path;

use common::every_byte;
use concordat_store::{Fault, Store};
use concordat_terms::Digest;
use tempfile::TempDir;

#[test]
fn what_was_appended_is_there_after_a_restart() {
    let home = TempDir::new().unwrap();
    let mut store = Store::open(home.path()).unwrap();
    assert!(store.is_empty().unwrap());
    store.append(0, &acts(&["genesis", "tick"])).unwrap();
    store.append(2, &acts(&["", "tick"])).unwrap();
    drop(store);

    let store = Store::open(home.path()).unwrap();
    assert_eq!(store.len().unwrap(), 4);
    assert_eq!(store.entries(0, 100).unwrap(), acts(&["genesis", "tick", "", "tick"]));
    assert_eq!(store.entries(1, 2).unwrap(), acts(&["tick", ""]));
    assert_eq!(store.entries(3, 0).unwrap(), acts(&[]));
    assert_eq!(store.entry(0).unwrap(), Some(b"genesis".to_vec()));

    // Beyond the end there is nothing, however far one looks.
    assert_eq!(store.entry(4).unwrap(), None);
    assert_eq!(store.entries(u64::MAX, usize::MAX).unwrap(), acts(&[]));
}

#[test]
fn an_append_anywhere_but_at_the_end_changes_nothing() {
    let home = TempDir::new().unwrap();
    let mut store = Store::open(home.path()).unwrap();
    store.append(0, &acts(&["a", "b"])).unwrap();

    for wrong in [0, 1, 3, u64::MAX] {
        let fault = store.append_with_notes(wrong, &acts(&["c"]), &[("cursor", b"3")]).unwrap_err();
        assert!(matches!(fault, Fault::NotAtEnd { expected: 2, found } if found == wrong));
        assert!(matches!(store.append(wrong, &[]).unwrap_err(), Fault::NotAtEnd { .. }));
    }
    assert_eq!(store.entries(0, 9).unwrap(), acts(&["a", "b"]));
    assert_eq!(store.note("cursor").unwrap(), None);

    store.append(2, &acts(&["c"])).unwrap();
    assert_eq!(store.len().unwrap(), 3);
}

#[test]
fn notes_move_with_the_entries_they_are_about() {
    let home = TempDir::new().unwrap();
    let mut store = Store::open(home.path()).unwrap();
    store.put_note("cursor", b"0").unwrap();
    store.append_with_notes(0, &acts(&["a"]), &[("cursor", b"1"), ("checkpoint", b"c1")]).unwrap();
    store.append_with_notes(1, &[], &[("cursor", b"old"), ("cursor", b"2")]).unwrap();
    drop(store);

    let store = Store::open(home.path()).unwrap();
    assert_eq!(store.note("cursor").unwrap(), Some(b"2".to_vec()));
    assert_eq!(store.note("checkpoint").unwrap(), Some(b"c1".to_vec()));
    assert_eq!(store.note("Cursor").unwrap(), None);
}

#[test]
fn notes_are_listed_by_the_beginning_of_their_name() {
    let home = TempDir::new().unwrap();
    let mut store = Store::open(home.path()).unwrap();
    for name in ["witness/lab", "witness", "witness/%", "witnesses", "wit", "ö", "witness/österr"]
    {
        store.put_note(name, name.as_bytes()).unwrap();
    }

    let listed = |prefix: &str| -> Vec<String> {
        let notes = store.notes(prefix).unwrap();
        assert!(notes.iter().all(|(name, bytes)| name.as_bytes() == bytes));
        notes.into_keys().collect()
    };
    assert_eq!(listed("witness/"), ["witness/%", "witness/lab", "witness/österr"]);
    assert_eq!(listed("ö"), ["ö"]);
    assert_eq!(listed("_"), [""; 0]);
    assert_eq!(listed("").len(), 7);
}

#[test]
fn a_destroyed_blob_is_in_no_file_and_can_be_put_again() {
    let home = TempDir::new().unwrap();
    let mut store = Store::open(home.path()).unwrap();
    let letter = store.put_blob(b"a letter of objection").unwrap();
    let other = store.put_blob(b"other").unwrap();
    assert!(store.destroy_blob(&letter).unwrap());
    assert!(!store.destroy_blob(&letter).unwrap(), "what is not there is done");
    assert_eq!(store.blob(&letter).unwrap(), None);
    assert_eq!(store.blob_names().unwrap(), [other]);
    let stored = every_byte(home.path());
    assert!(!stored.windows(6).any(|own| own == b"letter"));
    assert_eq!(store.put_blob(b"a letter of objection").unwrap(), letter);
}

#[test]
fn a_blob_is_found_by_what_is_in_it() {
    let home = TempDir::new().unwrap();
    let mut store = Store::open(home.path()).unwrap();
    let report = store.put_blob(b"report").unwrap();
    let empty = store.put_blob(b"").unwrap();
    assert_eq!(store.put_blob(b"report").unwrap(), report);
    drop(store);

    let store = Store::open(home.path()).unwrap();
    assert_eq!(report, Digest::of(b"report"));
    assert_eq!(store.blob(&report).unwrap(), Some(b"report".to_vec()));
    assert_eq!(store.blob(&empty).unwrap(), Some(vec![]));
    assert_eq!(store.blob(&Digest::of(b"other")).unwrap(), None);
    assert!(store.has_blob(&report).unwrap());
    assert!(!store.has_blob(&Digest::of(b"other")).unwrap());
    let mut both = [report, empty];
    both.sort();
    assert_eq!(store.blob_names().unwrap(), both);
}

#[test]
fn a_blob_that_was_half_written_is_not_a_blob() {
    let home = TempDir::new().unwrap();
    drop(Store::open(home.path()).unwrap());
    let digest = Digest::of(b"a long report");
    let name = digest.to_string();
    let draft = home.path().join("blobs").join(&name[..2]).join(format!("{name}#1"));
    fs::create_dir_all(draft.parent().unwrap()).unwrap();
    fs::write(&draft, b"a lon").unwrap();
    fs::create_dir_all(home.path().join("blobs/zz")).unwrap();
    fs::write(home.path().join("blobs/zz/notes.txt"), b"not ours").unwrap();

    let mut store = Store::open(home.path()).unwrap();
    assert!(!draft.exists());
    assert!(!store.has_blob(&digest).unwrap());
    assert_eq!(store.blob_names().unwrap(), []);
    store.put_blob(b"a long report").unwrap();
    assert_eq!(store.blob_names().unwrap(), [digest]);
}

#[test]
fn one_folder_has_one_owner_at_a_time() {
    let home = TempDir::new().unwrap();
    let mut first = Store::open(home.path()).unwrap();

    let fault = Store::open(home.path()).unwrap_err();
    assert!(matches!(fault, Fault::Locked { ref dir } if dir == home.path()));
    let problem = fault.problem();
    assert!(problem.what.contains(home.path().to_str().unwrap()), "{problem}");
    assert_eq!(problem.see, "docs/reference/faults.md#store-locked");

    // The first is undisturbed, and its end frees the folder.
    first.append(0, &acts(&["a"])).unwrap();
    drop(first);
    assert_eq!(Store::open(home.path()).unwrap().len().unwrap(), 1);
}

#[test]
fn a_file_where_the_folder_should_be_is_named() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("log");
    fs::write(&path, b"").unwrap();

    for wrong in [path.clone(), path.join("below")] {
        let fault = Store::open(&wrong).unwrap_err();
        assert_eq!(fault.code(), "store-io");
        assert!(fault.problem().what.contains(path.to_str().unwrap()), "{fault}");
    }
}

#[test]
#[cfg(unix)]
fn a_folder_without_permission_is_named_and_a_new_one_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = TempDir::new().unwrap();
    let dir = home.path().join("private");
    drop(Store::open(&dir).unwrap());
    assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);

    let closed = home.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o500)).unwrap();
    if fs::write(closed.join("probe"), b"").is_ok() {
        eprintln!("not shown: this user may write everywhere");
        return;
    }
    assert_eq!(Store::open(&closed).unwrap_err().code(), "store-permission");
    assert_eq!(Store::open(&closed.join("new")).unwrap_err().code(), "store-permission");
}

#[test]
fn a_store_may_live_on_a_thread_of_its_own() {
    let home = TempDir::new().unwrap();
    let mut store = Store::open(home.path()).unwrap();
    let writer = std::thread::spawn(move || {
        let done: Result<(), Fault> = store.append(0, &acts(&["a"]));
        done.map(|()| store)
    });
    assert_eq!(writer.join().unwrap().unwrap().len().unwrap(), 1);
}

#[test]
fn folders_above_are_made_too() {
    let home = TempDir::new().unwrap();
    let dir = home.path().join("a/b/c");
    let store = Store::open(&dir).unwrap();
    assert_eq!(store.dir(), dir);
    assert!(Path::new(&dir).join("log.sqlite").is_file());
}

fn acts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

#[test]
fn of_a_removed_note_no_byte_stays_in_the_folder() {
    let home = tempfile::tempdir().unwrap();
    let mut store = Store::open(home.path()).unwrap();
    // Long enough for pages of its own, and more than one page of it is told from all others.
    let secret: Vec<u8> =
        (0..20_000_u64).flat_map(|i| concordat_terms::Digest::of(&i.to_be_bytes()).0).collect();
    let marks: Vec<&[u8]> = secret.chunks(32).step_by(50).collect();
    let found = || {
        let files = every_byte(home.path());
        marks.iter().filter(|mark| files.windows(32).any(|window| window == **mark)).count()
    };
    store.append(0, &[b"entry".to_vec()]).unwrap();
    store.put_note("run/first/0", &secret).unwrap();
    store.put_note("run/first/0", &secret[..100_000]).unwrap();
    store.put_note("run/first/1", &secret[100_000..]).unwrap();
    store.put_note("run/firs", b"stays").unwrap();
    assert!(found() > 0);
    assert_eq!(store.note_names("run/").unwrap(), ["run/firs", "run/first/0", "run/first/1"]);

    store.remove_notes("run/first/").unwrap();
    assert_eq!(found(), 0);
    assert_eq!(store.note_names("run/").unwrap(), ["run/firs"]);
    drop(store);
    assert_eq!(found(), 0);
    let store = Store::open(home.path()).unwrap();
    assert_eq!(store.note("run/firs").unwrap().unwrap(), b"stays");
}
