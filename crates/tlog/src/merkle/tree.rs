//! A tree with all its complete subtrees in memory: makes proofs and tiles.

use concordat_terms::Digest;

use super::prove::{consistency, inclusion, split};
use super::{empty_root, node_hash};

/// A Merkle tree in memory, about 64 bytes an entry.
///
/// It remembers every earlier size: roots and proofs can be asked for any size up to its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// `levels[k][i]` is the root over leaves `i·2^k .. (i+1)·2^k`; only complete subtrees.
    levels: Vec<Vec<Digest>>,
}

/// A size or index beyond the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotInTree {
    /// A size larger than the tree, or an old size larger than the new.
    #[error("size {asked} is beyond {size}")]
    Size {
        /// Asked for.
        asked: u64,
        /// The most there is.
        size: u64,
    },
    /// An index that is not below the size.
    #[error("entry {index} is not in a tree of {size}")]
    Index {
        /// Asked for, from 0.
        index: u64,
        /// Leaves in the tree.
        size: u64,
    },
    /// The leaves of a full tile could not be had, or are not those that were appended.
    #[error("the leaves of tile {tile} cannot be had")]
    Unread {
        /// Its index.
        tile: u64,
    },
}

impl Tree {
    /// The tree over these leaf hashes.
    pub fn of(leaves: impl IntoIterator<Item = Digest>) -> Self {
        let mut tree = Self::default();
        for leaf in leaves {
            tree.append(leaf);
        }
        tree
    }

    /// Adds the hash of the next entry; amortised two hashes.
    pub fn append(&mut self, leaf: Digest) {
        let mut subtree = leaf;
        for level in 0.. {
            if level == self.levels.len() {
                self.levels.push(Vec::new());
            }
            let Some(row) = self.levels.get_mut(level) else { return };
            let left = if row.len() % 2 == 1 { row.last().copied() } else { None };
            row.push(subtree);
            let Some(left) = left else { return };
            subtree = node_hash(&left, &subtree);
        }
    }

    /// Leaves so far.
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// The leaf hashes, in order.
    pub fn leaves(&self) -> &[Digest] {
        self.levels.first().map_or(&[], Vec::as_slice)
    }

    /// The roots of the complete subtrees of `2^height` leaves, in order; empty if there is none.
    pub fn subtrees(&self, height: u32) -> &[Digest] {
        self.levels.get(height as usize).map_or(&[], Vec::as_slice)
    }

    /// The root over all leaves.
    pub fn root(&self) -> Digest {
        self.range(0, self.size()).unwrap_or_else(empty_root)
    }

    /// The root that the tree had at `size` leaves.
    ///
    /// # Errors
    /// [`NotInTree::Size`].
    pub fn root_at(&self, size: u64) -> Result<Digest, NotInTree> {
        self.check_size(size)?;
        Ok(self.range(0, size).unwrap_or_else(empty_root))
    }

    /// The audit path of leaf `index` in the tree of `size` leaves, from the leaf's sibling up
    /// (RFC 9162 §2.1.3.1).
    ///
    /// # Errors
    /// [`NotInTree`].
    pub fn prove_inclusion(&self, index: u64, size: u64) -> Result<Vec<Digest>, NotInTree> {
        self.check_size(size)?;
        let outside = NotInTree::Index { index, size };
        if index >= size {
            return Err(outside);
        }
        inclusion(index, size, &mut |start, end| self.range(start, end)).ok_or(outside)
    }

    /// The proof that the tree of `old` leaves is a prefix of the tree of `new` leaves
    /// (RFC 9162 §2.1.4.1). Empty when `old` is 0 or `new`.
    ///
    /// # Errors
    /// [`NotInTree::Size`].
    pub fn prove_consistency(&self, old: u64, new: u64) -> Result<Vec<Digest>, NotInTree> {
        self.check_size(new)?;
        let outside = NotInTree::Size { asked: old, size: new };
        if old > new {
            return Err(outside);
        }
        consistency(old, new, &mut |start, end| self.range(start, end)).ok_or(outside)
    }

    /// The root over leaves `start..end`, where `start` is a multiple of a power of two that is
    /// at least `end - start`; none if empty or beyond the tree.
    fn range(&self, start: u64, end: u64) -> Option<Digest> {
        let width = end.checked_sub(start).filter(|width| *width > 0)?;
        if width.is_power_of_two() {
            let height = width.trailing_zeros();
            let index = usize::try_from(start >> height).ok()?;
            return self.subtrees(height).get(index).copied();
        }
        let middle = start + split(width);
        Some(node_hash(&self.range(start, middle)?, &self.range(middle, end)?))
    }

    fn check_size(&self, asked: u64) -> Result<(), NotInTree> {
        let size = self.size();
        if asked <= size { Ok(()) } else { Err(NotInTree::Size { asked, size }) }
    }
}
