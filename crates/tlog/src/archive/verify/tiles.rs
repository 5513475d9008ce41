//! Every byte of every tile, in one pass, and who is to blame where two of them disagree.
//!
//! Entries and leaf tiles are two accounts of one log. The signed root settles which of them is right,
//! and is known to agree with either only at the end: until then the first place at which they differ
//! is remembered.

use concordat_terms::Digest;

use super::super::{CHECKPOINT, Fault, FaultKind, Files};
use crate::checkpoint::Checkpoint;
use crate::merkle::{Frontier, Tree, leaf_hash, root_of};
use crate::tile::{self, Level, NotABundle, TilePath, WIDTH, decode_hashes, encode_hashes};

pub(super) fn check(files: &impl Files, checkpoint: &Checkpoint) -> Result<(), Fault> {
    let mut pass = Pass::default();
    let size = checkpoint.size;
    for path in tile::paths(size).take_while(|path| path.level() == Level::Entries) {
        pass.bundle(files, &path)?;
    }
    let root = checkpoint.root;
    let stored = (!pass.misfit).then(|| pass.stored.root());
    if stored == Some(root) {
        pass.differs.map_or(Ok(()), Err)?;
    } else {
        pass.malformed.map_or(Ok(()), Err)?;
        if pass.own.root() == root {
            // The entries are right, so that the leaf tiles are not.
            pass.leaves.map_or(Ok(()), Err)?;
        } else {
            // Both are wrong. If for themselves, the first entry on which they differ is as good a
            // place as any; if together, the checkpoint is of another log.
            let first = pass.differs.filter(|_| stored.is_some());
            return Err(first.unwrap_or_else(|| Fault::of(CHECKPOINT, FaultKind::Root)));
        }
    }
    for path in tile::paths(size) {
        if let Level::Hashes(level @ 1..) = path.level() {
            let (found, name) = read(files, &path)?;
            let right = upper(&pass.upper, level, &path);
            if let Some(at) = difference(&right, &found) {
                return Err(Fault::of(&name, FaultKind::Tile).at(Some(at)));
            }
        }
    }
    Ok(())
}

/// What is known of two accounts so far.
#[derive(Default)]
struct Pass {
    /// The tree over the hashes in leaf tiles, and whether one of those has another length than it
    /// should have.
    stored: Frontier,
    misfit: bool,
    /// The tree over the entries, as far as these are told apart, and over the roots of full bundles.
    own: Frontier,
    upper: Tree,
    /// The first bundle that is none.
    malformed: Option<Fault>,
    /// The first entry that has not the stored hash, or bundle that is none.
    differs: Option<Fault>,
    /// The first leaf tile that the entries do not make.
    leaves: Option<Fault>,
}

impl Pass {
    fn bundle(&mut self, files: &impl Files, path: &TilePath) -> Result<(), Fault> {
        let (bytes, name) = read(files, path)?;
        let Some(hashes) = TilePath::new(Level::Hashes(0), path.index(), path.width()) else {
            return Ok(());
        };
        let (tile, tile_name) = read(files, &hashes)?;
        let stored = decode_hashes(&tile, path.width());
        self.misfit |= stored.is_none();
        let stored = stored.unwrap_or_default();
        stored.iter().for_each(|leaf| self.stored.append(*leaf));

        let (mut leaves, mut rest) = (Vec::new(), bytes.as_slice());
        for index in 0..usize::from(path.width()) {
            let at = bytes.len() - rest.len();
            let Some((entry, after)) = tile::split_entry(rest) else {
                self.spoilt(path, NotABundle::Cut { entry: index, at });
                return Ok(());
            };
            let leaf = leaf_hash(entry);
            if self.differs.is_none() && stored.get(index).is_some_and(|stored| *stored != leaf) {
                let fault = Fault::of(&name, FaultKind::Entry).at(Some(at));
                self.differs = Some(fault.about(path.start() + index as u64));
            }
            leaves.push(leaf);
            rest = after;
        }
        if !rest.is_empty() {
            self.spoilt(path, NotABundle::Trailing { at: bytes.len() - rest.len() });
        }
        leaves.iter().for_each(|leaf| self.own.append(*leaf));
        if path.width() == WIDTH {
            self.upper.append(root_of(&leaves));
        }
        let at = difference(&encode_hashes(&leaves), &tile).filter(|_| self.leaves.is_none());
        if let Some(at) = at {
            let fault = Fault::of(&tile_name, FaultKind::Tile).at(Some(at));
            let place = at / 32;
            let inside = place < leaves.len();
            let leaf = path.start() + place as u64;
            self.leaves = Some(if inside { fault.about(leaf) } else { fault });
        }
        Ok(())
    }

    fn spoilt(&mut self, path: &TilePath, bad: NotABundle) {
        let fault = || Fault::in_bundle(path, bad);
        self.differs.get_or_insert_with(fault);
        self.malformed.get_or_insert_with(fault);
    }
}

fn read(files: &impl Files, path: &TilePath) -> Result<(Vec<u8>, String), Fault> {
    let name = path.to_string();
    match files.read(&name) {
        Some(bytes) => Ok((bytes, name)),
        None => Err(Fault::of(&name, FaultKind::Missing)),
    }
}

/// The bytes of a hash tile above the leaves, out of the tree over the roots of bundles.
fn upper(tree: &Tree, level: u8, path: &TilePath) -> Vec<u8> {
    let start = usize::try_from(path.start()).unwrap_or(usize::MAX);
    let row: &[Digest] = tree.subtrees(8 * u32::from(level - 1));
    let end = start.saturating_add(usize::from(path.width()));
    encode_hashes(row.get(start..end).unwrap_or_default())
}

/// Where two files part.
fn difference(right: &[u8], found: &[u8]) -> Option<usize> {
    if right == found {
        return None;
    }
    let shorter = right.len().min(found.len());
    Some(right.iter().zip(found).position(|(r, f)| r != f).unwrap_or(shorter))
}
