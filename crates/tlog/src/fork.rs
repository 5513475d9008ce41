//! Two histories: what convicts whoever signs for a log.
//!
//! Two checkpoints of one size with different roots say it all. Of different sizes, it takes the root
//! that the larger tree had at the smaller one's size, and the proof of that (RFC 9162 §2.1.4):
//!
//! ```text
//! concordat-fork/v1
//! root 2jm…=
//! 0Xk…=
//! ```

use std::fmt;

use concordat_terms::Digest;

use crate::b64;
use crate::merkle::{BadProof, NotInTree, Tree, verify_consistency};
use crate::trust::Distrust;
use crate::vkey::Vkey;
use crate::witness::PROOF_MAX;
use crate::word::opened;

const HEADER: &str = "concordat-fork/v1";

/// That the beginning of the larger tree is not the smaller one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    /// The root that the larger tree had at the smaller one's size.
    pub root: Digest,
    /// From there to the larger tree; empty where both have one size.
    pub proof: Vec<Digest>,
}

/// Why two checkpoints convict nobody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAFork {
    /// No such text.
    #[error("the proof is not `{HEADER}`, a root, and hashes in base64, a line each")]
    Shape,
    /// A checkpoint is not the log's.
    #[error(transparent)]
    Checkpoint(#[from] Distrust),
    /// The proof does not lead to the larger checkpoint.
    #[error(transparent)]
    Proof(#[from] BadProof),
    /// The smaller is a beginning of the larger.
    #[error("both checkpoints can be of one log")]
    OneLog,
}

impl Fork {
    /// The proof out of the larger tree, of which all leaves are known.
    ///
    /// # Errors
    /// [`NotInTree`]: the tree is not so large.
    pub fn of(larger: &Tree, smaller: u64) -> Result<Self, NotInTree> {
        let root = larger.root_at(smaller)?;
        Ok(Self { root, proof: larger.prove_consistency(smaller, larger.size())? })
    }

    /// Reads what [`fmt::Display`] writes, and nothing else.
    ///
    /// # Errors
    /// [`NotAFork::Shape`].
    pub fn parse(text: &str) -> Result<Self, NotAFork> {
        let body = text.strip_suffix('\n').ok_or(NotAFork::Shape)?;
        let mut lines = body.split('\n');
        let hash = |line: &str| b64::decode_array(line).map(Digest).ok_or(NotAFork::Shape);
        if lines.next() != Some(HEADER) {
            return Err(NotAFork::Shape);
        }
        let root = lines.next().and_then(|line| line.strip_prefix("root "));
        let root = hash(root.ok_or(NotAFork::Shape)?)?;
        let proof = lines.map(hash).collect::<Result<Vec<_>, _>>()?;
        if proof.len() > PROOF_MAX {
            return Err(NotAFork::Shape);
        }
        Ok(Self { root, proof })
    }

    /// Whether these two checkpoints (signed notes, in any order) cannot be of one log, though its key
    /// has signed both: their sizes, the smaller first.
    ///
    /// # Errors
    /// [`NotAFork`].
    pub fn check(&self, one: &[u8], other: &[u8], log: &Vkey) -> Result<(u64, u64), NotAFork> {
        let (one, other) = (opened(one, log)?, opened(other, log)?);
        let (small, large) = if one.size <= other.size { (one, other) } else { (other, one) };
        if small.size == large.size {
            return match (small.root == large.root, self.proof.is_empty()) {
                (true, _) => Err(NotAFork::OneLog),
                (false, true) => Ok((small.size, large.size)),
                (false, false) => Err(NotAFork::Shape),
            };
        }
        verify_consistency(small.size, &self.root, large.size, &large.root, &self.proof)?;
        if self.root == small.root {
            return Err(NotAFork::OneLog);
        }
        Ok((small.size, large.size))
    }
}

impl fmt::Display for Fork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}\nroot {}", b64::encode(self.root.as_bytes()))?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{}", b64::encode(hash.as_bytes())))
    }
}
