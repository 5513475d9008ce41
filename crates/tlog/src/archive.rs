//! The log part of an archive: one checkpoint, and every entry and hash it stands for.
//!
//! Layout, below the archive's root: `checkpoint`, `tile/entries/…`, `tile/0/…`, `tile/1/…` and so
//! on, for one size. Files elsewhere are not looked at. Every byte of these files matters: entries
//! must hash to the signed root, tiles must be what the entries make them, and the checkpoint may
//! carry only signatures of listed keys.

mod verify;

use std::collections::BTreeMap;
use std::fmt;

use crate::merkle::{Tree, leaf_hash};
use crate::tile::{self, EntryTooLong, Level, NotABundle, TilePath};
use crate::trust::Distrust;

pub use verify::{Verified, read, verify};

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
}

impl Files for BTreeMap<String, Vec<u8>> {
    fn names(&self) -> Vec<String> {
        self.keys().cloned().collect()
    }

    fn read(&self, name: &str) -> Option<Vec<u8>> {
        self.get(name).cloned()
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
    let tree = Tree::of(entries.iter().map(|entry| leaf_hash(entry.as_ref())));
    let mut files = BTreeMap::from([(CHECKPOINT.to_owned(), checkpoint.to_vec())]);
    for path in tile::paths(tree.size()) {
        let bytes = match path.level() {
            Level::Entries => tile::encode_entries(slice(entries, &path))?,
            // The tree has every hash of its own size.
            Level::Hashes(_) => tile::from_tree(&tree, &path).unwrap_or_default(),
        };
        files.insert(path.to_string(), bytes);
    }
    Ok(files)
}

/// The items of a row that a tile covers; empty if it is out of range.
fn slice<'a, T>(row: &'a [T], path: &TilePath) -> &'a [T] {
    let start = usize::try_from(path.start()).unwrap_or(usize::MAX);
    let end = start.saturating_add(usize::from(path.width()));
    row.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests;
