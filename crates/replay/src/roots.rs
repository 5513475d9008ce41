//! The Merkle root of every beginning of a log.

use concordat_terms::Digest;
use concordat_tlog::Frontier;
use rpds::VectorSync;

/// The roots that a log had on its way, leaf by leaf. Copies share what they have in common.
#[derive(Clone, Debug, Default)]
pub struct Roots {
    frontier: Frontier,
    /// `all[n]` is the root of the first n + 1 entries.
    all: VectorSync<Digest>,
}

impl Roots {
    /// Takes the next entry's leaf ([`concordat_tlog::merkle::leaf_hash`]).
    pub fn append(&mut self, leaf: Digest) {
        self.frontier.append(leaf);
        self.all.push_back_mut(self.frontier.root());
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The root over all of them.
    pub fn root(&self) -> Digest {
        self.all.last().copied().unwrap_or_else(|| self.frontier.root())
    }

    /// The root when there were `size` of them.
    pub fn root_at(&self, size: u64) -> Option<Digest> {
        match usize::try_from(size).ok()?.checked_sub(1) {
            None => Some(Frontier::default().root()),
            Some(last) => self.all.get(last).copied(),
        }
    }

    /// The tree over all of them, to go on from.
    pub fn frontier(&self) -> &Frontier {
        &self.frontier
    }
}
