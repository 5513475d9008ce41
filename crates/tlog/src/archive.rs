//! The log part of an archive: one checkpoint, and every entry and hash it stands for.
//!
//! Layout, below the archive's root: `checkpoint`, `tile/entries/…`, `tile/0/…`, `tile/1/…` and so
//! on, for one size. Files elsewhere are not looked at. Every byte of these files matters: entries
//! must hash to the signed root, tiles must be what the entries make them, and the checkpoint may
//! carry only signatures of listed keys.

mod tiler;
mod verify;

use std::collections::BTreeMap;
use std::fmt;

use crate::tile::{EntryTooLong, NotABundle};
use crate::trust::Distrust;

pub use tiler::Tiler;
pub use verify::{bundles, checkpoint, entry, read, verify};

/// Name of the file that holds the checkpoint.
pub const CHECKPOINT: &str = "checkpoint";
/// Below which everything belongs to the log.
pub const TILES: &str = "tile/";

/// Where an archive's bytes come from: a folder, a zip, a map.
pub trait Files {
    /// All names, with `/` between folders, relative to the archive's root; in any order.
    fn names(&self) -> Vec<String>;
    /// A file's bytes; none if there is no such file.
    fn read(&self, name: &str) -> Option<Vec<u8>>;
    /// At most `most` bytes of a file, from its byte `from` on; none beyond its end.
    fn part(&self, name: &str, from: u64, most: usize) -> Option<Vec<u8>>;
}

impl Files for BTreeMap<String, Vec<u8>> {
    fn names(&self) -> Vec<String> {
        self.keys().cloned().collect()
    }

    fn read(&self, name: &str) -> Option<Vec<u8>> {
        self.get(name).cloned()
    }

    fn part(&self, name: &str, from: u64, most: usize) -> Option<Vec<u8>> {
        let rest = self.get(name)?.get(usize::try_from(from).ok()?..)?;
        Some(rest.iter().take(most).copied().collect())
    }
}

/// Why an archive's log does not hold, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file to blame.
    pub file: String,
    /// The first byte that is not as it should be, where one can be told.
    pub offset: Option<u64>,
    /// The entry concerned, from 0 over the whole log.
    pub entry: Option<u64>,
    /// What is wrong.
    pub what: FaultKind,
}

/// What can be wrong with a file of an archive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultKind {
    /// The size needs this file.
    #[error("the file is missing")]
    Missing,
    /// The size has no use for this file, or its name is spelt differently.
    #[error("the file does not belong to a log of this size")]
    Unlisted,
    /// The checkpoint is not to be relied on.
    #[error(transparent)]
    Checkpoint(#[from] Distrust),
    /// Hash tile and entries agree with each other, but not with the signed root.
    #[error("the entries do not have the root that the checkpoint states")]
    Root,
    /// The bytes are not a bundle of this width.
    #[error(transparent)]
    Bundle(#[from] NotABundle),
    /// An entry does not have the hash that the signed root covers.
    #[error("the entry is not the one in the log")]
    Entry,
    /// A hash tile is not what the entries make it.
    #[error("the tile does not hold the hashes of the entries")]
    Tile,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.file)?;
        if let Some(offset) = self.offset {
            write!(f, ", byte {offset}")?;
        }
        if let Some(entry) = self.entry {
            write!(f, ", entry {entry}")?;
        }
        write!(f, ": {}", self.what)
    }
}

impl std::error::Error for Fault {
    // The kind is printed above; a source is returned or printed, never both.
}

/// The files of a log: `entries` in order, and the signed checkpoint over them, verbatim.
///
/// Whether the checkpoint is of these entries is for [`verify()`] to say.
///
/// # Errors
/// [`EntryTooLong`].
pub fn write<E: AsRef<[u8]>>(
    entries: &[E],
    checkpoint: &[u8],
) -> Result<BTreeMap<String, Vec<u8>>, EntryTooLong> {
    let mut files = BTreeMap::from([(CHECKPOINT.to_owned(), checkpoint.to_vec())]);
    let mut tiler = Tiler::default();
    for entry in entries {
        files.extend(tiler.push(entry.as_ref())?.into_iter().map(|(p, b)| (p.to_string(), b)));
    }
    files.extend(tiler.end().into_iter().map(|(path, bytes)| (path.to_string(), bytes)));
    Ok(files)
}

#[cfg(test)]
mod tests;
