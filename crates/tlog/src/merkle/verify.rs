//! Proof verification (RFC 9162 §2.1.3.2 and §2.1.4.2).

use concordat_terms::Digest;

use super::{empty_root, node_hash};

/// Why a Merkle proof proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadProof {
    /// The index is not below the size, or the old size is above the new.
    #[error("{inner} is beyond {outer}")]
    Range {
        /// Index or old size.
        inner: u64,
        /// Size or new size.
        outer: u64,
    },
    /// Too few or too many hashes for these sizes.
    #[error("a proof of {0} hashes has the wrong length")]
    Length(usize),
    /// The hashes lead to another root.
    #[error("the proof leads to another root")]
    Root,
}

/// The root that an audit path leads to.
///
/// # Errors
/// [`BadProof::Range`] or [`BadProof::Length`].
pub fn root_from_inclusion(
    leaf: &Digest,
    index: u64,
    size: u64,
    path: &[Digest],
) -> Result<Digest, BadProof> {
    if index >= size {
        return Err(BadProof::Range { inner: index, outer: size });
    }
    let length = BadProof::Length(path.len());
    let (mut at, mut last) = (index, size - 1);
    let mut root = *leaf;
    for sibling in path {
        if last == 0 {
            return Err(length);
        }
        if at % 2 == 1 || at == last {
            root = node_hash(sibling, &root);
            // A right edge has no sibling until its subtree is a right child.
            while at.is_multiple_of(2) && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            root = node_hash(&root, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    if last == 0 { Ok(root) } else { Err(length) }
}

/// Checks that `leaf` is entry `index` of the tree with this size and root.
///
/// # Errors
/// [`BadProof`].
pub fn verify_inclusion(
    leaf: &Digest,
    index: u64,
    size: u64,
    root: &Digest,
    path: &[Digest],
) -> Result<(), BadProof> {
    if root_from_inclusion(leaf, index, size, path)? == *root {
        Ok(())
    } else {
        Err(BadProof::Root)
    }
}

/// Checks that the old tree is a prefix of the new one.
///
/// Between equal sizes, and from size 0, the only proof is the empty one.
///
/// # Errors
/// [`BadProof`].
pub fn verify_consistency(
    old_size: u64,
    old_root: &Digest,
    new_size: u64,
    new_root: &Digest,
    path: &[Digest],
) -> Result<(), BadProof> {
    if old_size > new_size {
        return Err(BadProof::Range { inner: old_size, outer: new_size });
    }
    let length = BadProof::Length(path.len());
    if old_size == 0 || old_size == new_size {
        let known = if old_size == 0 { &empty_root() } else { new_root };
        let roots = old_root == known && (new_size > 0 || new_root == known);
        return match (path.is_empty(), roots) {
            (false, _) => Err(length),
            (true, false) => Err(BadProof::Root),
            (true, true) => Ok(()),
        };
    }

    if roots_from_consistency(old_size, old_root, new_size, path)? == (*old_root, *new_root) {
        Ok(())
    } else {
        Err(BadProof::Root)
    }
}

/// The roots of both trees that a consistency proof leads to, between sizes of which the smaller is not 0.
/// Where that is a power of two its root is not in the proof: `old_root` is taken for it.
///
/// # Errors
/// [`BadProof::Range`] or [`BadProof::Length`].
pub fn roots_from_consistency(
    old_size: u64,
    old_root: &Digest,
    new_size: u64,
    path: &[Digest],
) -> Result<(Digest, Digest), BadProof> {
    if old_size == 0 || old_size >= new_size {
        return Err(BadProof::Range { inner: old_size, outer: new_size });
    }
    let length = BadProof::Length(path.len());

    // The old tree's last complete subtree is where the two trees start to be compared; if it is
    // the whole old tree its hash is not sent.
    let mut at = old_size - 1;
    let mut last = new_size - 1;
    while at % 2 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (first, rest) = if old_size.is_power_of_two() {
        (old_root, path)
    } else {
        path.split_first().ok_or(length)?
    };
    let (mut old, mut new) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return Err(length);
        }
        if at % 2 == 1 || at == last {
            old = node_hash(sibling, &old);
            new = node_hash(sibling, &new);
            while at.is_multiple_of(2) && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            new = node_hash(&new, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    if last == 0 { Ok((old, new)) } else { Err(length) }
}
