//! Checks an archive's log and blames the file that is wrong.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{Digest, Timestamp};

use super::{CHECKPOINT, Fault, FaultKind, Files, TILES, slice};
use crate::checkpoint::Checkpoint;
use crate::merkle::{Tree, leaf_hash, root_of};
use crate::note::Unlisted;
use crate::policy::Policy;
use crate::tile::{self, Level, NotABundle, TilePath};
use crate::trust;
use crate::vkey::Vkey;

/// An archive's log, every byte of which was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// What the log and its witnesses signed.
    pub checkpoint: Checkpoint,
    /// Who cosigned and when, by the names of the policy.
    pub cosigned_by: BTreeMap<String, Timestamp>,
    /// The entries' exact bytes, in order.
    pub entries: Vec<Vec<u8>>,
    /// Their leaf hashes.
    pub leaves: Vec<Digest>,
}

/// Checks the log of an archive, offline: signatures, quorum, and every byte of every tile.
///
/// Work and memory are bounded by the files there are, whatever size the checkpoint claims.
///
/// # Errors
/// [`Fault`], the first found: the checkpoint, then which files there are, then their bytes.
pub fn verify(files: &impl Files, log: &Vkey, policy: &Policy) -> Result<Verified, Fault> {
    check(files, log, policy, Unlisted::Rejected)
}

/// The log of an archive as the log's key alone vouches for it: for whoever has to read in it which
/// witnesses count, and verifies it then.
///
/// # Errors
/// As [`verify`].
pub fn read(files: &impl Files, log: &Vkey) -> Result<Verified, Fault> {
    let nobody = Policy::any_of(0, []).map_err(|_| Fault::of(CHECKPOINT, FaultKind::Root))?;
    check(files, log, &nobody, Unlisted::Ignored)
}

fn check(
    files: &impl Files,
    log: &Vkey,
    policy: &Policy,
    unlisted: Unlisted,
) -> Result<Verified, Fault> {
    let bytes = files.read(CHECKPOINT).ok_or_else(|| Fault::of(CHECKPOINT, FaultKind::Missing))?;
    let trusted = trust::open(&bytes, log, policy, unlisted).map_err(|distrust| {
        let offset = distrust.offset();
        Fault::of(CHECKPOINT, distrust.into()).at(offset)
    })?;
    let checkpoint = trusted.checkpoint;
    check_names(files, checkpoint.size)?;
    let tiles = Tiles::read(files, checkpoint.size)?;
    let (entries, leaves) = tiles.entries(&checkpoint)?;
    tiles.check_hashes(&Tree::of(leaves.iter().copied()))?;
    Ok(Verified { checkpoint, cosigned_by: trusted.cosigned_by, entries, leaves })
}

/// The files below `tile/` are exactly those of the size.
fn check_names(files: &impl Files, size: u64) -> Result<(), Fault> {
    let mut names: BTreeSet<_> =
        files.names().into_iter().filter(|name| name.starts_with(TILES)).collect();
    // Stops at the first that is missing: a size of 2^60 costs nothing.
    for path in tile::paths(size) {
        let name = path.to_string();
        if !names.remove(&name) {
            return Err(Fault::of(&name, FaultKind::Missing));
        }
    }
    match names.first() {
        Some(name) => Err(Fault::of(name, FaultKind::Unlisted)),
        None => Ok(()),
    }
}

struct Tiles {
    bundles: Vec<(TilePath, Vec<u8>)>,
    hashes: Vec<(TilePath, Vec<u8>)>,
}

impl Tiles {
    fn read(files: &impl Files, size: u64) -> Result<Self, Fault> {
        let mut tiles = Self { bundles: Vec::new(), hashes: Vec::new() };
        for path in tile::paths(size) {
            let name = path.to_string();
            let bytes = files.read(&name).ok_or_else(|| Fault::of(&name, FaultKind::Missing))?;
            match path.level() {
                Level::Entries => tiles.bundles.push((path, bytes)),
                Level::Hashes(_) => tiles.hashes.push((path, bytes)),
            }
        }
        Ok(tiles)
    }

    /// The entries and their hashes, once it is certain that they are those under the signed root.
    ///
    /// The root settles who is to blame when bundles and leaf tiles disagree.
    fn entries(&self, checkpoint: &Checkpoint) -> Result<(Vec<Vec<u8>>, Vec<Digest>), Fault> {
        let stored = self.stored_leaves();
        if let Some(leaves) = &stored
            && root_of(leaves) == checkpoint.root
        {
            return Ok((self.match_entries(leaves)?, leaves.clone()));
        }
        let entries = self.decode_entries()?;
        let leaves: Vec<_> = entries.iter().map(|entry| leaf_hash(entry)).collect();
        if root_of(&leaves) == checkpoint.root {
            // The leaf tiles are wrong, and will be found so when compared.
            return Ok((entries, leaves));
        }
        // Both are wrong. If for themselves, the first entry on which they differ is as good a
        // place as any; if together, the checkpoint is of another log.
        if let Some(stored) = stored {
            self.match_entries(&stored)?;
        }
        Err(Fault::of(CHECKPOINT, FaultKind::Root))
    }

    /// The leaf hashes in the level-0 tiles; none if one has the wrong length.
    fn stored_leaves(&self) -> Option<Vec<Digest>> {
        let mut leaves = Vec::new();
        for (path, bytes) in self.hashes.iter().filter(|(p, _)| p.level() == Level::Hashes(0)) {
            leaves.extend(tile::decode_hashes(bytes, path.width())?);
        }
        Some(leaves)
    }

    /// Splits bundles and blames the first entry that is not the one with the stored leaf hash.
    fn match_entries(&self, leaves: &[Digest]) -> Result<Vec<Vec<u8>>, Fault> {
        let mut entries = Vec::with_capacity(leaves.len());
        for (path, bytes) in &self.bundles {
            let name = path.to_string();
            let mut rest = bytes.as_slice();
            for (index, leaf) in slice(leaves, path).iter().enumerate() {
                let at = bytes.len() - rest.len();
                let number = path.start() + index as u64;
                let fault = |what| Fault::of(&name, what).at(Some(at)).about(number);
                let (entry, after) = tile::split_entry(rest)
                    .ok_or_else(|| fault(NotABundle::Cut { entry: index, at }.into()))?;
                if leaf_hash(entry) != *leaf {
                    return Err(fault(FaultKind::Entry));
                }
                entries.push(entry.to_vec());
                rest = after;
            }
            if !rest.is_empty() {
                let at = bytes.len() - rest.len();
                return Err(Fault::of(&name, NotABundle::Trailing { at }.into()).at(Some(at)));
            }
        }
        Ok(entries)
    }

    /// Splits bundles where the leaf tiles are no help.
    fn decode_entries(&self) -> Result<Vec<Vec<u8>>, Fault> {
        let mut entries = Vec::new();
        for (path, bytes) in &self.bundles {
            let found = tile::decode_entries(bytes, path.width()).map_err(|bad| {
                let fault = Fault::of(&path.to_string(), bad.into());
                match bad {
                    NotABundle::Cut { entry, at } => {
                        fault.at(Some(at)).about(path.start() + entry as u64)
                    }
                    NotABundle::Trailing { at } => fault.at(Some(at)),
                }
            })?;
            entries.extend(found.into_iter().map(<[u8]>::to_vec));
        }
        Ok(entries)
    }

    /// Every hash tile is, byte for byte, what the tree makes it.
    fn check_hashes(&self, tree: &Tree) -> Result<(), Fault> {
        for (path, bytes) in &self.hashes {
            let right = tile::from_tree(tree, path).unwrap_or_default();
            if right == *bytes {
                continue;
            }
            let shorter = right.len().min(bytes.len());
            let at = right.iter().zip(bytes).position(|(r, b)| r != b).unwrap_or(shorter);
            let fault = Fault::of(&path.to_string(), FaultKind::Tile).at(Some(at));
            let leaf = path.start() + (at / 32) as u64;
            return Err(if path.level() == Level::Hashes(0) && leaf < tree.size() {
                fault.about(leaf)
            } else {
                fault
            });
        }
        Ok(())
    }
}

impl Fault {
    fn of(file: &str, what: FaultKind) -> Self {
        Self { file: file.to_owned(), offset: None, entry: None, what }
    }

    fn at(self, offset: Option<usize>) -> Self {
        Self { offset: offset.map(|at| at as u64), ..self }
    }

    fn about(self, entry: u64) -> Self {
        Self { entry: Some(entry), ..self }
    }
}
