//! What is drawn from a public seed: the same for everybody.

use concordat_terms::Digest;
use sha2::{Digest as _, Sha256};

/// Numbers from SHA-256 of the seed, a tree's number and a counter, all as eight bytes,
/// big-endian: four numbers of eight bytes a hash.
pub(super) struct Draws {
    seed: Digest,
    tree: u64,
    hashes: u64,
    left: Vec<u64>,
}

impl Draws {
    pub(super) fn of_tree(seed: Digest, tree: usize) -> Self {
        Self { seed, tree: tree as u64, hashes: 0, left: vec![] }
    }

    /// A number below `n`, each as likely; 0 for an `n` of 0.
    pub(super) fn below(&mut self, n: usize) -> usize {
        let n = (n as u64).max(1);
        // Draws beyond the last whole multiple would favour small remainders.
        let fair_below = u64::MAX - u64::MAX % n;
        loop {
            let draw = self.next();
            if draw < fair_below {
                return usize::try_from(draw % n).unwrap_or_default();
            }
        }
    }

    fn next(&mut self) -> u64 {
        if let Some(draw) = self.left.pop() {
            return draw;
        }
        let hash = Sha256::new()
            .chain_update(self.seed.as_bytes())
            .chain_update(self.tree.to_be_bytes())
            .chain_update(self.hashes.to_be_bytes());
        self.hashes += 1;
        let hash: [u8; 32] = hash.finalize().into();
        let (words, _) = hash.as_chunks::<8>();
        self.left = words.iter().rev().map(|word| u64::from_be_bytes(*word)).collect();
        self.left.pop().unwrap_or_default()
    }

    /// So many of the numbers from 0 to below `n`, ascending; all of them if there are no more.
    pub(super) fn some_of(&mut self, n: usize, many: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..n).collect();
        for place in 0..many.min(n) {
            let other = place + self.below(n - place);
            all.swap(place, other);
        }
        all.truncate(many);
        all.sort_unstable();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_s_draws_are_its_own_and_fair() {
        let mut draws = Draws::of_tree(Digest::of(b"seed"), 3);
        let mut seen = [0_usize; 6];
        for _ in 0..60_000 {
            seen[draws.below(6)] += 1;
        }
        // Five standard deviations of a binomial: 5·√(60,000·5/36) = 456.
        assert!(seen.iter().all(|count| count.abs_diff(10_000) < 456), "{seen:?}");
        assert_eq!(draws.below(1), 0);
        assert_eq!(draws.some_of(4, 9), [0, 1, 2, 3]);
        let some = draws.some_of(100, 5);
        assert!(some.len() == 5 && some.is_sorted_by(|a, b| a < b));
        let first = |tree| Draws::of_tree(Digest::of(b"seed"), tree).below(1 << 40);
        assert_ne!(first(0), first(1));
        assert_eq!(first(2), first(2));
    }
}
