//! The Merkle root after every entry, by which a verdict knows what its signer had seen.

use std::sync::Arc;

use concordat_terms::Digest;
use rpds::VectorSync;

/// So many roots are kept together: one at a time takes as much again for keeping it.
const TOGETHER: usize = 256;

/// The roots of a log's sizes, the first that of one entry: 32 bytes each. A copy shares all but the
/// last few of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roots {
    full: VectorSync<Arc<[Digest]>>,
    edge: Arc<Vec<Digest>>,
}

impl Roots {
    /// The root with one more entry.
    pub(crate) fn push(&mut self, root: Digest) {
        let edge = Arc::make_mut(&mut self.edge);
        edge.push(root);
        if edge.len() == TOGETHER {
            self.full.push_back_mut(edge.as_slice().into());
            edge.clear();
        }
    }

    /// The root that there was with `size` entries; none for 0 and for more than there are.
    pub(crate) fn at(&self, size: u64) -> Option<Digest> {
        let index = usize::try_from(size).ok()?.checked_sub(1)?;
        let kept = match self.full.get(index / TOGETHER) {
            Some(full) => full,
            None if index / TOGETHER == self.full.len() => self.edge.as_slice(),
            None => return None,
        };
        kept.get(index % TOGETHER).copied()
    }

    /// The last root.
    pub(crate) fn last(&self) -> Option<Digest> {
        self.edge.last().or_else(|| self.full.last()?.last()).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_root_stays_where_it_was_put_in_every_copy() {
        let root = |size: u64| Digest::of(&size.to_be_bytes());
        let (mut roots, mut copies) = (Roots::default(), Vec::new());
        for size in 1..=600 {
            if size % 100 == 0 {
                copies.push((size - 1, roots.clone()));
            }
            roots.push(root(size));
            assert_eq!((roots.at(size), roots.at(size + 1)), (Some(root(size)), None));
            assert_eq!(roots.last(), Some(root(size)));
        }
        copies.push((600, roots));
        for (last, copy) in copies {
            assert!((1..=last).all(|size| copy.at(size) == Some(root(size))), "{last}");
            assert_eq!((copy.at(0), copy.at(last + 1)), (None, None));
        }
    }
}
