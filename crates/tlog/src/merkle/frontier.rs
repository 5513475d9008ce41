//! The right edge of a tree: all that appending needs.

use concordat_terms::Digest;
use serde::{Deserialize, Serialize};

use super::{empty_root, node_hash};

/// An append-only tree reduced to O(log n): the roots of its complete subtrees, largest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Frontier {
    size: u64,
    /// One root per set bit of `size`, from the highest bit down.
    peaks: Vec<Digest>,
}

/// A size that does not fit its peaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a tree of {size} leaves has {} peaks, not {peaks}", size.count_ones())]
pub struct NotAFrontier {
    /// Claimed leaves.
    pub size: u64,
    /// Hashes given.
    pub peaks: usize,
}

impl Frontier {
    /// Rebuilds a frontier from what [`Frontier::size`] and [`Frontier::peaks`] gave.
    ///
    /// # Errors
    /// [`NotAFrontier`] unless there is one peak per set bit of `size`.
    pub fn from_peaks(size: u64, peaks: Vec<Digest>) -> Result<Self, NotAFrontier> {
        if size.count_ones() as usize == peaks.len() {
            Ok(Self { size, peaks })
        } else {
            Err(NotAFrontier { size, peaks: peaks.len() })
        }
    }

    /// Adds the hash of the next entry; amortised two hashes.
    pub fn append(&mut self, leaf: Digest) {
        let mut subtree = leaf;
        // Each trailing one of the old size is a complete subtree that now finds its sibling.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                subtree = node_hash(&left, &subtree);
            }
        }
        self.peaks.push(subtree);
        // No log reaches 2^64 entries; saturating keeps this function total.
        self.size = self.size.saturating_add(1);
    }

    /// The tree's root: MTH of RFC 9162 §2.1.1.
    pub fn root(&self) -> Digest {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return empty_root() };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }

    /// Leaves so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the complete subtrees, largest first.
    pub fn peaks(&self) -> &[Digest] {
        &self.peaks
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    size: u64,
    peaks: Vec<Digest>,
}

impl TryFrom<Raw> for Frontier {
    type Error = NotAFrontier;

    fn try_from(raw: Raw) -> Result<Self, NotAFrontier> {
        Self::from_peaks(raw.size, raw.peaks)
    }
}
