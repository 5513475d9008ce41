//! The Merkle root of every beginning of a log, by which a verdict knows what its signer had seen.

use std::sync::Arc;

use concordat_terms::Digest;
use concordat_tlog::Frontier;
use rpds::VectorSync;

/// So many roots are kept together: one at a time takes as much again for keeping it.
const TOGETHER: usize = 256;

/// The roots that a log had on its way, leaf by leaf: 32 bytes each. A copy shares all but the last
/// few of them.
#[derive(Clone, Debug, Default)]
pub struct Roots {
    frontier: Frontier,
    full: VectorSync<Arc<[Digest]>>,
    edge: Arc<Vec<Digest>>,
}

impl Roots {
    /// Takes the next entry's leaf ([`concordat_tlog::merkle::leaf_hash`]).
    pub fn append(&mut self, leaf: Digest) {
        self.frontier.append(leaf);
        let edge = Arc::make_mut(&mut self.edge);
        edge.push(self.frontier.root());
        if edge.len() == TOGETHER {
            self.full.push_back_mut(edge.as_slice().into());
            edge.clear();
        }
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The root over all of them.
    pub fn root(&self) -> Digest {
        let last = self.edge.last().or_else(|| self.full.last()?.last());
        last.copied().unwrap_or_else(|| self.frontier.root())
    }

    /// The root when there were `size` of them.
    pub fn root_at(&self, size: u64) -> Option<Digest> {
        let Some(index) = usize::try_from(size).ok()?.checked_sub(1) else {
            return Some(Frontier::default().root());
        };
        let kept = match self.full.get(index / TOGETHER) {
            Some(full) => full,
            None if index / TOGETHER == self.full.len() => self.edge.as_slice(),
            None => return None,
        };
        kept.get(index % TOGETHER).copied()
    }

    /// The tree over all of them, to go on from.
    pub fn frontier(&self) -> &Frontier {
        &self.frontier
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
