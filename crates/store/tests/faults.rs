//! Every write fails once, each in every way it can: nothing is half there, nothing that was
//! acknowledged is lost, and whoever reads again and goes on ends where nothing had failed.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests"
)]

mod world;

use concordat_store::Store;
use concordat_terms::Digest;
use tempfile::TempDir;
use world::faulty::before;
use world::plan::{How, Plan};
use world::script::at_every_call_site;

#[test]
fn a_folder_survives_a_fault_at_every_write() {
    let open = |home: &TempDir| Store::open(home.path()).unwrap();
    at_every_call_site(&[false, true], || TempDir::new().unwrap(), open);
}

#[test]
fn a_blob_that_was_torn_is_mended_by_whoever_still_has_it() {
    let home = TempDir::new().unwrap();
    let mut store = before(&Plan::new(0, How::Torn), Store::open(home.path()).unwrap());
    store.put_blob(b"a long report").unwrap_err();
    let digest = Digest::of(b"a long report");
    assert_eq!(store.blob(&digest).unwrap_err().code(), "store-corrupt");
    store.put_blob(b"a long report").unwrap();
    assert_eq!(store.blob(&digest).unwrap(), Some(b"a long report".to_vec()));
}
