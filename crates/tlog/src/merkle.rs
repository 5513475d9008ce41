//! Merkle tree hashes and proofs (RFC 9162 §2.1, SHA-256), as C2SP's logs use them.

mod frontier;
mod prove;
mod tiled;
mod tree;
mod verify;

use concordat_terms::Digest;
use sha2::{Digest as _, Sha256};

pub use frontier::{Frontier, NotAFrontier};
pub use tiled::{Leaves, TiledTree};
pub use tree::{NotInTree, Tree};
pub use verify::{
    BadProof, root_from_inclusion, roots_from_consistency, verify_consistency, verify_inclusion,
};

/// The root of a tree without leaves: the hash of nothing.
pub fn empty_root() -> Digest {
    Digest(Sha256::digest([]).into())
}

/// The hash of an entry: H(0x00 ‖ entry).
pub fn leaf_hash(entry: &[u8]) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(entry);
    Digest(hasher.finalize().into())
}

/// The hash of two subtrees: H(0x01 ‖ left ‖ right).
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update([1]);
    hasher.update(left.0);
    hasher.update(right.0);
    Digest(hasher.finalize().into())
}

/// The root over `leaves`, in memory proportional to the tree's height.
pub fn root_of(leaves: &[Digest]) -> Digest {
    let mut frontier = Frontier::default();
    for leaf in leaves {
        frontier.append(*leaf);
    }
    frontier.root()
}

#[cfg(test)]
mod tests;
