//! A load that can be checked: batches of entries with a cursor and a blob, each known by its number.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    unreachable_pub,
    dead_code,
    reason = "tests; not every one uses all of it"
)]

use concordat_store::{Fault, Store};
use concordat_terms::Digest;

/// Puts the blob of batch number `batch`, then appends its 1 to 7 entries and the cursor behind them.
pub fn append_batch(store: &mut Store, batch: u64) -> Result<(), Fault> {
    let from = store.len()?;
    store.put_blob(&batch_blob(batch))?;
    let cursor = (batch + 1).to_be_bytes();
    store.append_with_notes(from, &batch_entries(batch), &[("cursor", &cursor)])
}

/// The entries of a batch.
pub fn batch_entries(batch: u64) -> Vec<Vec<u8>> {
    (0..=batch % 7).map(|nth| format!("{batch}.{nth} ").repeat(40).into_bytes()).collect()
}

/// The blob that belongs to a batch.
pub fn batch_blob(batch: u64) -> Vec<u8> {
    format!("blob {batch} ").repeat(30).into_bytes()
}

/// How many batches the cursor says there are.
pub fn cursor(store: &Store) -> u64 {
    let cursor = store.note("cursor").unwrap();
    cursor.map_or(0, |cursor| u64::from_be_bytes(cursor.try_into().unwrap()))
}

/// Panics unless the log is the first batches, whole, with the blobs that belong to them, and the
/// cursor says how many; returns how many.
pub fn check(store: &Store) -> u64 {
    let batches = cursor(store);
    let mut index = 0;
    for batch in 0..batches {
        let expected = batch_entries(batch);
        assert_eq!(store.entries(index, expected.len()).unwrap(), expected, "batch {batch}");
        index += expected.len() as u64;
    }
    assert_eq!(store.len().unwrap(), index, "something is half there");
    check_blobs(store, 0, batches);
    batches
}

/// Panics unless the blobs of these batches are here, and none that is not of a batch begun.
pub fn check_blobs(store: &Store, from: u64, to: u64) {
    for batch in from..to {
        let bytes = batch_blob(batch);
        assert_eq!(store.blob(&Digest::of(&bytes)).unwrap(), Some(bytes), "blob {batch}");
    }
}

/// Small numbers that look random: the same for ever for a seed (SplitMix64).
pub struct Rng(pub u64);

impl Rng {
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}
