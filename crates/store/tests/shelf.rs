//! The files that a home starts from: whole or not there, two at most, and none too often.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "a test looks at files")]

use std::fs;

use concordat_store::{AGAIN_AFTER, Shelf, WORTH_AT_STOP};

fn put(shelf: &mut Shelf, size: u64) {
    shelf.put(size, move || Some(size.to_be_bytes().to_vec())).unwrap();
    shelf.finish().unwrap();
}

#[test]
fn the_last_two_files_are_kept_and_each_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let mut shelf = Shelf::open(dir.path().join("snapshots")).unwrap();
    for size in [9, 80, 700] {
        put(&mut shelf, size);
    }
    assert_eq!(shelf.kept().unwrap(), [700, 80], "the longest first, as numbers and not as text");
    assert_eq!(shelf.read(700).unwrap(), 700_u64.to_be_bytes());

    // What cannot be used is put aside, the last such file alone; what is outdated goes.
    shelf.set_aside(700).unwrap();
    shelf.set_aside(80).unwrap();
    assert_eq!(shelf.kept().unwrap(), Vec::<u64>::new());
    let names = || {
        let items = fs::read_dir(dir.path().join("snapshots")).unwrap();
        items.map(|item| item.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(names(), ["80.unfit"]);
    put(&mut shelf, 800);
    shelf.remove(800).unwrap();
    assert_eq!(names(), ["80.unfit"]);
}

#[test]
fn what_was_half_written_is_gone_at_the_next_start_and_strangers_stay() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("snapshots");
    put(&mut Shelf::open(folder.clone()).unwrap(), 500);
    for name in ["900.draft", "notes.draft", "x.snapshot"] {
        fs::write(folder.join(name), b"half").unwrap();
    }
    let shelf = Shelf::open(folder.clone()).unwrap();
    assert_eq!(shelf.kept().unwrap(), [500]);
    assert!(!folder.join("900.draft").exists());
    assert!(folder.join("notes.draft").exists() && folder.join("x.snapshot").exists());
}

#[test]
fn a_log_is_written_again_once_it_is_twice_as_long() {
    let dir = tempfile::tempdir().unwrap();
    let mut shelf = Shelf::open(dir.path().to_owned()).unwrap();
    assert!(!shelf.is_due(AGAIN_AFTER - 1) && shelf.is_due(AGAIN_AFTER));
    assert!(!shelf.is_due_at_stop(WORTH_AT_STOP - 1) && shelf.is_due_at_stop(WORTH_AT_STOP));

    // As after a start that went on from a long one.
    let long = AGAIN_AFTER * 80;
    shelf.resumed(long);
    assert!(!shelf.is_due(long * 2 - 1) && shelf.is_due(long * 2));
    assert!(shelf.is_due_at_stop(long + WORTH_AT_STOP));

    // What nobody could make is no file, and no fault.
    shelf.put(long + 1, || None).unwrap();
    shelf.finish().unwrap();
    assert_eq!(shelf.kept().unwrap(), Vec::<u64>::new());
}

#[test]
fn a_file_that_cannot_be_written_is_told_and_leaves_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let mut shelf = Shelf::open(dir.path().to_owned()).unwrap();
    put(&mut shelf, 300);
    // A folder is where the draft goes.
    fs::create_dir(dir.path().join("600.draft")).unwrap();
    shelf.put(600, || Some(vec![1])).unwrap();
    assert!(shelf.finish().is_err());
    assert_eq!(shelf.kept().unwrap(), [300]);
}
