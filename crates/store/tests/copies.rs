//! Backups: a whole store, taken while its owner works, and put back into another kind of store.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests"
)]

mod common;
mod world;

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use concordat_store::{Copied, Fault, Store};
use tempfile::TempDir;
use world::load::{append_batch, check};

#[test]
fn a_backup_is_one_moment_of_a_log_whose_owner_goes_on_writing() {
    let home = TempDir::new().unwrap();
    let (dir, done) = (home.path().join("store"), AtomicBool::new(false));
    let mut store = Store::open(&dir).unwrap();
    append_batch(&mut store, 0).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            for batch in 1.. {
                append_batch(&mut store, batch).unwrap();
                if done.load(Ordering::SeqCst) {
                    return;
                }
            }
        });
        let mut before = 0;
        for nth in 0..5 {
            let to = home.path().join(format!("backup-{nth}"));
            let copied = Store::snapshot(&dir).unwrap().copy_to(&to, &[], &[]).unwrap();
            // It opens like any store, is whole, and goes on from where it was.
            let mut copy = Store::open(&to).unwrap();
            let batches = check(&copy);
            assert_eq!(copied.entries, copy.len().unwrap());
            assert!(batches >= before && batches > 0);
            append_batch(&mut copy, batches).unwrap();
            before = batches;
        }
        done.store(true, Ordering::SeqCst);
    });
}

#[test]
fn a_backup_leaves_out_what_is_to_be_destroyed_and_takes_what_is_to_be_known() {
    let home = TempDir::new().unwrap();
    let (dir, to) = (home.path().join("store"), home.path().join("backup"));
    let mut store = Store::open(&dir).unwrap();
    let secret = b"a masked sum that nobody may keep".repeat(9);
    store.append(0, &[b"genesis".to_vec()]).unwrap();
    store.put_note("run/first/0", &secret).unwrap();
    store.put_note("cursor", b"1").unwrap();
    store.put_blob(b"report").unwrap();
    let more: [(&str, &[u8]); 1] = [("restored", b"yes")];
    let copied = Store::snapshot(&dir).unwrap().copy_to(&to, &["run/"], &more).unwrap();
    assert_eq!(copied, Copied { entries: 1, notes: 2, blobs: 1 });
    let bytes = common::every_byte(&to);
    assert!(!bytes.windows(20).any(|window| window == &secret[..20]));
    assert_eq!(Store::open(&to).unwrap().note_names("").unwrap(), ["cursor", "restored"]);
}

/// A copy has what the store has: whoever may not read the one may not read the other.
#[cfg(unix)]
#[test]
fn a_backup_is_for_the_user_alone_who_made_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = TempDir::new().unwrap();
    let (dir, to) = (home.path().join("store"), home.path().join("kept/safely/backup"));
    let mut store = Store::open(&dir).unwrap();
    append_batch(&mut store, 0).unwrap();
    Store::snapshot(&dir).unwrap().copy_to(&to, &[], &[]).unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&dir), mode(&to)), (0o700, 0o700));
    // What had to be made above it too.
    assert_eq!(mode(to.parent().unwrap()), 0o700);
}

#[test]
fn a_copy_goes_where_nothing_is_and_is_there_whole_or_not_at_all() {
    let home = TempDir::new().unwrap();
    let (dir, to) = (home.path().join("store"), home.path().join("backup"));
    let mut store = Store::open(&dir).unwrap();
    append_batch(&mut store, 0).unwrap();
    let digest = store.put_blob(b"report").unwrap();

    fs::create_dir(&to).unwrap();
    let fault = Store::snapshot(&dir).unwrap().copy_to(&to, &[], &[]).unwrap_err();
    assert!(matches!(&fault, Fault::NotEmpty { path } if *path == to), "{fault}");
    fs::remove_dir(&to).unwrap();

    // What happens to have a draft's name is somebody else's, and stays as it is.
    let theirs = home.path().join("backup.incomplete");
    fs::create_dir(&theirs).unwrap();
    fs::write(theirs.join("letter"), b"mine").unwrap();

    // Something damaged is not copied on, and nothing of the copy that was begun is left.
    let name = digest.to_string();
    let file = dir.join("blobs").join(&name[..2]).join(&name);
    fs::write(&file, b"repork").unwrap();
    let fault = Store::snapshot(&dir).unwrap().copy_to(&to, &[], &[]).unwrap_err();
    assert_eq!(fault.code(), "store-corrupt");
    assert!(!to.exists() && !home.path().join("backup.incomplete-2").exists());

    // Mended, it is copied.
    store.put_blob(b"report").unwrap();
    Store::snapshot(&dir).unwrap().copy_to(&to, &[], &[]).unwrap();
    assert_eq!(fs::read(theirs.join("letter")).unwrap(), b"mine");
    assert_eq!(check(&Store::open(&to).unwrap()), 1);
    let fault = Store::snapshot(&home.path().join("nowhere")).unwrap_err();
    assert_eq!(fault.code(), "store-io");
}
