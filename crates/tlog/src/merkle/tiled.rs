//! A tree whose leaves are kept elsewhere, tile by tile: to prove an entry of a long log takes one or
//! two tiles, and next to no memory.

use std::collections::BTreeMap;

use concordat_terms::Digest;

use super::prove::{consistency, inclusion, split};
use super::{NotInTree, Tree, node_hash, root_of};
use crate::tile::{Level, TilePath, WIDTH, encode_hashes};

/// A tree of which the roots of full tiles and what is above them are in memory, a quarter of a byte
/// an entry; and the leaves that fill no tile yet. The others are asked for, and believed once they
/// have the root that is known of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TiledTree {
    /// Over the roots of full tiles.
    upper: Tree,
    /// The leaves after the last full tile.
    edge: Vec<Digest>,
}

/// Where the leaves of a full tile are, by its index; none if they cannot be had.
pub type Leaves<'a> = dyn FnMut(u64) -> Option<Vec<Digest>> + 'a;

impl TiledTree {
    /// Adds the hash of the next entry. The leaves of the tile that is full with it, if one is, are
    /// the caller's to keep.
    pub fn append(&mut self, leaf: Digest) -> Option<Vec<Digest>> {
        self.edge.push(leaf);
        if self.edge.len() < usize::from(WIDTH) {
            return None;
        }
        self.upper.append(root_of(&self.edge));
        Some(std::mem::take(&mut self.edge))
    }

    /// Leaves so far.
    pub fn size(&self) -> u64 {
        self.full() + self.edge.len() as u64
    }

    /// The leaves that fill no tile yet, in order.
    pub fn edge(&self) -> &[Digest] {
        &self.edge
    }

    /// The leaves in full tiles.
    fn full(&self) -> u64 {
        self.upper.size() * u64::from(WIDTH)
    }

    /// The hash of the entry at `index`.
    ///
    /// # Errors
    /// [`NotInTree`].
    pub fn leaf(&self, index: u64, leaves: &mut Leaves<'_>) -> Result<Digest, NotInTree> {
        let outside = NotInTree::Index { index, size: self.size() };
        let mut read = Read::of(self, leaves);
        if index >= self.size() {
            return Err(outside);
        }
        read.root(index, index + 1).ok_or_else(|| read.lost(outside))
    }

    /// The audit path of leaf `index` in the tree of `size` leaves, as [`Tree::prove_inclusion`]
    /// makes it.
    ///
    /// # Errors
    /// [`NotInTree`].
    pub fn prove_inclusion(
        &self,
        index: u64,
        size: u64,
        leaves: &mut Leaves<'_>,
    ) -> Result<Vec<Digest>, NotInTree> {
        self.check_size(size)?;
        let outside = NotInTree::Index { index, size };
        if index >= size {
            return Err(outside);
        }
        let mut read = Read::of(self, leaves);
        let path = inclusion(index, size, &mut |start, end| read.root(start, end));
        path.ok_or_else(|| read.lost(outside))
    }

    /// The proof that the tree of `old` leaves is a prefix of the tree of `new` leaves, as
    /// [`Tree::prove_consistency`] makes it.
    ///
    /// # Errors
    /// [`NotInTree`].
    pub fn prove_consistency(
        &self,
        old: u64,
        new: u64,
        leaves: &mut Leaves<'_>,
    ) -> Result<Vec<Digest>, NotInTree> {
        self.check_size(new)?;
        let outside = NotInTree::Size { asked: old, size: new };
        if old > new {
            return Err(outside);
        }
        let mut read = Read::of(self, leaves);
        let path = consistency(old, new, &mut |start, end| read.root(start, end));
        path.ok_or_else(|| read.lost(outside))
    }

    /// The bytes of a hash tile; none if the tree is too small, or for a bundle.
    ///
    /// # Errors
    /// [`NotInTree::Unread`].
    pub fn tile(
        &self,
        path: &TilePath,
        leaves: &mut Leaves<'_>,
    ) -> Result<Option<Vec<u8>>, NotInTree> {
        let Level::Hashes(level) = path.level() else { return Ok(None) };
        let range = || {
            let start = usize::try_from(path.start()).ok()?;
            Some(start..start.checked_add(usize::from(path.width()))?)
        };
        let Some(range) = range() else { return Ok(None) };
        if let Some(above) = level.checked_sub(1) {
            let row = self.upper.subtrees(8 * u32::from(above));
            return Ok(row.get(range).map(encode_hashes));
        }
        let (start, end) = (path.start(), path.start() + u64::from(path.width()));
        if end > self.size() {
            return Ok(None);
        }
        let mut read = Read::of(self, leaves);
        let found = read.leaves(start, end).map(encode_hashes);
        let outside = NotInTree::Index { index: start, size: self.size() };
        found.map(Some).ok_or_else(|| read.lost(outside))
    }

    fn check_size(&self, asked: u64) -> Result<(), NotInTree> {
        let size = self.size();
        if asked <= size { Ok(()) } else { Err(NotInTree::Size { asked, size }) }
    }
}

/// A tree that is being asked, with the tiles that were read for it.
struct Read<'t, 'a> {
    tree: &'t TiledTree,
    ask: &'t mut Leaves<'a>,
    tiles: BTreeMap<u64, Vec<Digest>>,
    lost: Option<u64>,
}

impl<'t, 'a> Read<'t, 'a> {
    fn of(tree: &'t TiledTree, ask: &'t mut Leaves<'a>) -> Self {
        Self { tree, ask, tiles: BTreeMap::new(), lost: None }
    }

    /// Why nothing was found: a tile that could not be had, or else `outside`.
    fn lost(&self, outside: NotInTree) -> NotInTree {
        self.lost.map_or(outside, |tile| NotInTree::Unread { tile })
    }

    /// As [`super::prove::Root`].
    fn root(&mut self, start: u64, end: u64) -> Option<Digest> {
        let width = end.checked_sub(start).filter(|width| *width > 0)?;
        let wide = u64::from(WIDTH);
        if width.is_power_of_two() && width >= wide {
            let height = (width / wide).trailing_zeros();
            let index = usize::try_from((start / wide) >> height).ok()?;
            return self.tree.upper.subtrees(height).get(index).copied();
        }
        if width <= wide {
            return self.leaves(start, end).map(root_of);
        }
        let middle = start + split(width);
        Some(node_hash(&self.root(start, middle)?, &self.root(middle, end)?))
    }

    /// Leaves of one tile.
    fn leaves(&mut self, start: u64, end: u64) -> Option<&[Digest]> {
        let wide = u64::from(WIDTH);
        let (tile, tree) = (start / wide, self.tree);
        let range = usize::try_from(start % wide).ok()?..usize::try_from(end - tile * wide).ok()?;
        if start >= tree.full() {
            return tree.edge.get(range);
        }
        if !self.tiles.contains_key(&tile) {
            let known = tree.upper.leaves().get(usize::try_from(tile).ok()?);
            let found = (self.ask)(tile).filter(|leaves| Some(&root_of(leaves)) == known);
            match found {
                Some(leaves) => drop(self.tiles.insert(tile, leaves)),
                None => self.lost = Some(tile),
            }
        }
        self.tiles.get(&tile)?.get(range)
    }
}
