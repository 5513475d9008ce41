//! Receipts (C2SP tlog-proof): one entry's place in a log, checked offline. What a coordinator answers
//! an act with at once is a promise of one: [`crate::word::Promise`].

use std::fmt;

use concordat_terms::Digest;

use crate::b64;
use crate::checkpoint::decimal;
use crate::merkle::{BadProof, leaf_hash, verify_inclusion};
use crate::note::Unlisted;
use crate::policy::Policy;
use crate::trust::{self, Distrust, Trusted};
use crate::vkey::Vkey;

const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// No tree of 2^63 leaves has a longer path.
const PATH_MAX: usize = 63;

/// `c2sp.org/tlog-proof@v1`: an index, an audit path and a cosigned checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Bytes for the application; nobody vouches for them.
    pub extra: Option<Vec<u8>>,
    /// The entry's index, from 0.
    pub index: u64,
    /// From the leaf's sibling up, at most 63 hashes.
    pub path: Vec<Digest>,
    /// The checkpoint's signed note, verbatim.
    pub checkpoint: String,
}

/// Why bytes are not a receipt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct NotAReceipt {
    /// The line, from 1.
    pub line: usize,
    /// What was expected there.
    pub what: ReceiptProblem,
}

/// What can be wrong with a receipt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptProblem {
    /// Not UTF-8.
    #[error("not UTF-8")]
    Utf8,
    /// Another header.
    #[error("not `c2sp.org/tlog-proof@v1`")]
    Header,
    /// Extra data that is not canonical base64.
    #[error("the extra data are not canonical base64")]
    Extra,
    /// Not `index` and a canonical decimal.
    #[error("not `index` and a decimal")]
    Index,
    /// Not 32 bytes in canonical base64, or too many of them.
    #[error("not a hash of 32 bytes in canonical base64, or more than 63 of them")]
    Hash,
    /// No blank line before a checkpoint.
    #[error("no checkpoint after a blank line")]
    NoCheckpoint,
}

/// Why a receipt does not prove that the log holds an entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadReceipt {
    /// The checkpoint is not to be relied on.
    #[error(transparent)]
    Checkpoint(#[from] Distrust),
    /// The path does not lead from the entry to the checkpoint's root.
    #[error(transparent)]
    Path(#[from] BadProof),
}

impl Receipt {
    /// Reads a receipt whose bytes are exactly what [`fmt::Display`] writes. Nothing is verified.
    ///
    /// # Errors
    /// [`NotAReceipt`], with the line.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotAReceipt> {
        let mut line = 1;
        let fault = |line, what| NotAReceipt { line, what };
        let text = std::str::from_utf8(bytes).map_err(|_| fault(line, ReceiptProblem::Utf8))?;
        let (head, checkpoint) = text.split_once("\n\n").unwrap_or((text, ""));

        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(fault(line, ReceiptProblem::Header));
        }
        line += 1;
        let extra = match lines.next_if(|next| next.starts_with("extra ")) {
            None => None,
            Some(found) => {
                let data = found.strip_prefix("extra ").and_then(b64::decode);
                let data = data.ok_or(fault(line, ReceiptProblem::Extra))?;
                line += 1;
                Some(data)
            }
        };
        let index = lines
            .next()
            .and_then(|found| decimal(found.strip_prefix("index ")?))
            .ok_or(fault(line, ReceiptProblem::Index))?;
        let mut path = Vec::new();
        for found in lines {
            line += 1;
            let hash = b64::decode_array(found).filter(|_| path.len() < PATH_MAX);
            path.push(Digest(hash.ok_or(fault(line, ReceiptProblem::Hash))?));
        }
        if checkpoint.is_empty() {
            return Err(fault(line + 1, ReceiptProblem::NoCheckpoint));
        }
        Ok(Self { extra, index, path, checkpoint: checkpoint.to_owned() })
    }

    /// Checks that the log holds `entry` at [`Receipt::index`], and says on whose word.
    ///
    /// # Errors
    /// [`BadReceipt`].
    pub fn verify(&self, entry: &[u8], log: &Vkey, policy: &Policy) -> Result<Trusted, BadReceipt> {
        let trusted = trust::open(self.checkpoint.as_bytes(), log, policy, Unlisted::Ignored)?;
        let (size, root) = (trusted.checkpoint.size, &trusted.checkpoint.root);
        verify_inclusion(&leaf_hash(entry), self.index, size, root, &self.path)?;
        Ok(trusted)
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", b64::encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        for hash in &self.path {
            writeln!(f, "{}", b64::encode(hash.as_bytes()))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}
