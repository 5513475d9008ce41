//! Receipts beside an archive: whether the log keeps what was promised.

use std::collections::BTreeMap;
use std::fmt;

use concordat_agreement::Witnesses;
use concordat_replay::log_key;
use concordat_terms::{Digest, Timestamp};
use concordat_tlog::archive::{Files, entry};
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::word::Promise;
use serde::Serialize;

use super::{Broken, genesis};

/// How an archive's log stands to a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Promised {
    /// The entry that was promised.
    pub index: u64,
    /// Its leaf hash.
    pub leaf: Digest,
    /// The log's time that was promised.
    pub time: Timestamp,
    /// Whether the entry is there; else the archive ends before it, and nothing was broken yet.
    pub kept: bool,
}

impl fmt::Display for Promised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { index, leaf, time, kept } = self;
        let leaf = leaf.short();
        if *kept {
            write!(f, "receipt: entry {index} is {leaf} of {time}, as it was promised")
        } else {
            write!(f, "receipt: entry {index} of {time} comes after the end of this archive")
        }
    }
}

/// Why a receipt is not kept, or says nothing about a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unkept {
    /// Not a promise of this log.
    NotIts(String),
    /// The archive cannot be read.
    Unread(Broken),
    /// Another entry is where the promised one should be: the log's key has signed both.
    Broken {
        /// That entry.
        index: u64,
    },
    /// So many witnesses had seen no such entry at this time, long after it was promised.
    Overdue {
        /// The promised entry.
        index: u64,
        /// The log's time that was promised.
        time: Timestamp,
        /// The earliest of the witnesses' times.
        seen: Timestamp,
    },
}

/// Compares each place of a receipt with the log of an archive that holds and has `size` entries.
/// `cosigned_by` is who cosigned its checkpoint, and when.
///
/// # Errors
/// [`Unkept`].
pub fn promised(
    files: &impl Files,
    size: u64,
    receipt: &[u8],
    cosigned_by: &BTreeMap<String, Timestamp>,
) -> Result<Vec<Promised>, Unkept> {
    let not_its = |why: String| Unkept::NotIts(why);
    let (id, genesis) = genesis(files, None).map_err(Unkept::Unread)?;
    let log = log_key(&genesis).map_err(|why| not_its(why.to_string()))?;
    let promises = Promise::open(receipt, &log).map_err(|why| not_its(why.to_string()))?;
    // The earliest: all of them had seen no more by then, whatever their clocks.
    let seen = cosigned_by.values().min().copied();
    let judge = |Promise { log, index, leaf, time, .. }: Promise| {
        if log != id {
            return Err(not_its(format!("it is of the log `{log}`")));
        }
        let found = entry(files, size, index).map_err(|fault| Unkept::Unread(fault.into()))?;
        let due = time.plus(Witnesses::MAX_STALENESS_UNSAID).plus(Witnesses::SKEW_UNSAID);
        match (found.map(|entry| leaf_hash(&entry) == leaf), seen) {
            (Some(true), _) => Ok(Promised { index, leaf, time, kept: true }),
            (Some(false), _) => Err(Unkept::Broken { index }),
            (None, Some(seen)) if seen > due => Err(Unkept::Overdue { index, time, seen }),
            (None, _) => Ok(Promised { index, leaf, time, kept: false }),
        }
    };
    promises.into_iter().map(judge).collect()
}
