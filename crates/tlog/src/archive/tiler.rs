//! Entries into tiles, one after the other: each tile as soon as it is full.

use concordat_terms::Digest;

use crate::merkle::{Tree, leaf_hash, root_of};
use crate::tile::{EntryTooLong, Level, TilePath, WIDTH, encode_entries, encode_hashes};

/// Tiles with their bytes.
type Tiles = Vec<(TilePath, Vec<u8>)>;

/// Makes the tiles of a log out of its entries, in order. It holds what is not full yet, and a quarter
/// of a byte an entry.
#[derive(Clone, Debug, Default)]
pub struct Tiler {
    bundle: Vec<u8>,
    /// The leaf hashes of the entries in it.
    leaves: Vec<Digest>,
    /// Over the roots of full tiles.
    upper: Tree,
}

impl Tiler {
    /// Takes the next entry, and gives the tiles that are full with it.
    ///
    /// # Errors
    /// [`EntryTooLong`]; nothing was taken then.
    pub fn push(&mut self, entry: &[u8]) -> Result<Tiles, EntryTooLong> {
        self.bundle.extend(encode_entries(&[entry])?);
        self.leaves.push(leaf_hash(entry));
        if self.leaves.len() < usize::from(WIDTH) {
            return Ok(Vec::new());
        }
        self.upper.append(root_of(&self.leaves));
        let mut tiles = self.lowest();
        let mut row = self.upper.size();
        for level in 1.. {
            if !row.is_multiple_of(u64::from(WIDTH)) {
                break;
            }
            tiles.extend(self.last_of(level, row));
            row /= u64::from(WIDTH);
        }
        Ok(tiles)
    }

    /// How many entries were taken.
    pub fn size(&self) -> u64 {
        self.upper.size() * u64::from(WIDTH) + self.leaves.len() as u64
    }

    /// The tiles that are not full.
    pub fn end(mut self) -> Tiles {
        let mut row = self.upper.size();
        let mut tiles = self.lowest();
        for level in 1.. {
            if row == 0 {
                break;
            }
            if !row.is_multiple_of(u64::from(WIDTH)) {
                tiles.extend(self.last_of(level, row));
            }
            row /= u64::from(WIDTH);
        }
        tiles
    }

    /// The bundle and the hashes of the entries that were not given yet, if there are any.
    fn lowest(&mut self) -> Tiles {
        let (bundle, leaves) = (std::mem::take(&mut self.bundle), std::mem::take(&mut self.leaves));
        let Ok(width) = u16::try_from(leaves.len()) else { return Vec::new() };
        // Full, it is under the last root; else it comes after all of them.
        let index = self.upper.size() - u64::from(width == WIDTH);
        let of = |level, bytes| Some((TilePath::new(level, index, width)?, bytes));
        let hashes = of(Level::Hashes(0), encode_hashes(&leaves));
        [of(Level::Entries, bundle), hashes].into_iter().flatten().collect()
    }

    /// The last tile of a row of so many hashes, at least one.
    fn last_of(&self, level: u8, row: u64) -> Option<(TilePath, Vec<u8>)> {
        let index = (row - 1) / u64::from(WIDTH);
        let start = usize::try_from(index * u64::from(WIDTH)).ok()?;
        let hashes = self.upper.subtrees(8 * u32::from(level - 1)).get(start..)?;
        let path = TilePath::new(Level::Hashes(level), index, u16::try_from(hashes.len()).ok()?)?;
        Some((path, encode_hashes(hashes)))
    }
}
