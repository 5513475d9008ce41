//! The Merkle root of every beginning of a log, by which a verdict knows what its signer had seen.

use std::sync::Arc;

use concordat_terms::Digest;
use concordat_tlog::Frontier;
use concordat_tlog::merkle::node_hash;
use rpds::VectorSync;

/// So many hashes are kept together: one at a time takes as much again for keeping it.
const TOGETHER: usize = 256;

/// The roots of all complete subtrees of a log's tree, from which that of any beginning is a few
/// hashes away: 64 bytes for each leaf. A copy shares all but the last few of them.
#[derive(Clone, Debug, Default)]
pub struct Roots {
    size: u64,
    /// Over one leaf each, over two, over four, and so on, from the left.
    levels: Vec<Hashes>,
}

impl Roots {
    /// Takes the next entry's leaf ([`concordat_tlog::merkle::leaf_hash`]).
    pub fn append(&mut self, leaf: Digest) {
        let mut subtree = leaf;
        let complete = self.size.trailing_ones() as usize;
        for level in 0..=complete {
            if self.levels.len() == level {
                self.levels.push(Hashes::default());
            }
            let Some(hashes) = self.levels.get_mut(level) else { break };
            let left = hashes.last();
            hashes.push(subtree);
            if let Some(left) = left.filter(|_| level < complete) {
                subtree = node_hash(&left, &subtree);
            }
        }
        self.size += 1;
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over all of them.
    pub fn root(&self) -> Digest {
        self.frontier().root()
    }

    /// The root when there were `size` of them.
    pub fn root_at(&self, size: u64) -> Option<Digest> {
        (size <= self.size).then(|| self.frontier_at(size).root())
    }

    /// The tree over all of them, to go on from.
    pub fn frontier(&self) -> Frontier {
        self.frontier_at(self.size)
    }

    fn frontier_at(&self, size: u64) -> Frontier {
        let levels = (0..u64::BITS).rev().filter(|level| size >> level & 1 == 1);
        let peak = |level: u32| {
            // What is over all that higher bits stand for is left of it.
            let place = usize::try_from((size >> level) - 1).ok()?;
            self.levels.get(level as usize)?.get(place)
        };
        let peaks = levels.filter_map(peak).collect();
        Frontier::from_peaks(size, peaks).unwrap_or_default()
    }
}

/// Hashes in their order, all but the last few of them shared by copies.
#[derive(Clone, Debug, Default)]
struct Hashes {
    full: VectorSync<Arc<[Digest]>>,
    edge: Arc<Vec<Digest>>,
}

impl Hashes {
    fn push(&mut self, hash: Digest) {
        let edge = Arc::make_mut(&mut self.edge);
        edge.push(hash);
        if edge.len() == TOGETHER {
            self.full.push_back_mut(edge.as_slice().into());
            edge.clear();
        }
    }

    fn last(&self) -> Option<Digest> {
        self.edge.last().or_else(|| self.full.last()?.last()).copied()
    }

    fn get(&self, place: usize) -> Option<Digest> {
        let kept = match self.full.get(place / TOGETHER) {
            Some(full) => full,
            None if place / TOGETHER == self.full.len() => self.edge.as_slice(),
            None => return None,
        };
        kept.get(place % TOGETHER).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_root_stays_where_it_was_put_in_every_copy() {
        let leaf = |size: u64| Digest::of(&size.to_be_bytes());
        let (mut roots, mut tree, mut copies) = (Roots::default(), Frontier::default(), Vec::new());
        let mut all = vec![tree.root()];
        for size in 1..=600 {
            if size % 100 == 0 {
                copies.push(roots.clone());
            }
            roots.append(leaf(size));
            tree.append(leaf(size));
            all.push(tree.root());
            assert_eq!((roots.size(), roots.root()), (size, tree.root()));
        }
        copies.push(roots);
        for copy in copies {
            let last = copy.size();
            for size in 0..=last {
                assert_eq!(copy.root_at(size), all.get(size as usize).copied(), "{size} of {last}");
            }
            assert_eq!(copy.root_at(last + 1), None);
        }
    }
}
