//! A blob whose file could not be overwritten is not forgotten: done again, it is destroyed.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test looks at files and starts a process"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use concordat_store::Store;
use concordat_terms::Digest;
use tempfile::TempDir;

/// What is left of a blob in a folder, under its own name or a draft's.
fn left(home: &TempDir, digest: &Digest) -> Vec<PathBuf> {
    let name = digest.to_string();
    let dir = home.path().join("blobs").join(&name[..2]);
    let all = fs::read_dir(dir).unwrap().map(|item| item.unwrap().path());
    all.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(&name)).collect()
}

/// A program that runs lets nobody write to its file, whoever asks: the file is out of its name already
/// when overwriting it fails.
#[test]
fn a_blob_whose_overwriting_failed_is_destroyed_when_it_is_done_again() {
    let home = TempDir::new().unwrap();
    let mut store = Store::open(home.path()).unwrap();
    let program = fs::read("/bin/cat").unwrap();
    let digest = store.put_blob(&program).unwrap();
    let file = left(&home, &digest).pop().unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o700)).unwrap();
    let mut running = Command::new(&file)
        .arg0("cat")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    assert_eq!(store.destroy_blob(&digest).unwrap_err().code(), "store-io");
    assert_eq!(store.blob(&digest).unwrap(), None);
    assert_eq!(left(&home, &digest).len(), 1, "its bytes are still there");

    // It ends with its input.
    drop(running.stdin.take());
    running.wait().unwrap();
    assert!(store.destroy_blob(&digest).unwrap(), "there was something to destroy");
    assert_eq!(left(&home, &digest), Vec::<PathBuf>::new());
    assert!(!store.destroy_blob(&digest).unwrap());
}
