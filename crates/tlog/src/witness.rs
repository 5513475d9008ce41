//! What a witness is asked for, and what it looks at (C2SP tlog-witness, `add-checkpoint`).
//!
//! A witness keeps one line a log: the largest tree that it cosigned. It cosigns another when that
//! is a later state of the same log. Keeping the new line before the answer goes out, and one
//! request at a time for a log, is up to whoever has the disk.

use std::fmt;

use concordat_terms::Digest;

use crate::b64;
use crate::checkpoint::{Checkpoint, NotACheckpoint, decimal};
use crate::fork::Fork;
use crate::merkle::{BadProof, empty_root, roots_from_consistency, verify_consistency};
use crate::note::{BadNote, NotANote, Note, Unlisted};
use crate::vkey::Vkey;

/// No tree of 2^63 leaves has a longer proof.
pub const PROOF_MAX: usize = 63;

/// The body of `POST /add-checkpoint`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size of the tree that the witness is thought to have cosigned last, 0 for none.
    pub old: u64,
    /// From that tree to the checkpoint's.
    pub proof: Vec<Digest>,
    /// The checkpoint, signed by its log.
    pub note: Note,
}

/// Why bytes are not such a body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotARequest {
    /// Not UTF-8, or no empty line before the checkpoint.
    #[error("a request is `old` and a size, hashes a line each, an empty line, and a checkpoint")]
    Shape,
    /// No decimal in its one spelling.
    #[error("the first line is not `old` and a size")]
    Old,
    /// Not 32 bytes in canonical base64, or too many of them.
    #[error("not a hash of 32 bytes in canonical base64, or more than {PROOF_MAX} of them")]
    Hash,
    /// What follows is no signed note.
    #[error(transparent)]
    Note(#[from] NotANote),
}

impl AddCheckpoint {
    /// Reads a body that is exactly what [`fmt::Display`] writes.
    ///
    /// # Errors
    /// [`NotARequest`].
    pub fn parse(body: &[u8]) -> Result<Self, NotARequest> {
        let text = std::str::from_utf8(body).map_err(|_| NotARequest::Shape)?;
        let (head, note) = text.split_once("\n\n").ok_or(NotARequest::Shape)?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| decimal(line.strip_prefix("old ")?));
        let old = old.ok_or(NotARequest::Old)?;
        let mut proof = Vec::new();
        for line in lines {
            let hash = b64::decode_array(line).filter(|_| proof.len() < PROOF_MAX);
            proof.push(Digest(hash.ok_or(NotARequest::Hash)?));
        }
        Ok(Self { old, proof, note: Note::parse(note.as_bytes())? })
    }
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        for hash in &self.proof {
            writeln!(f, "{}", b64::encode(hash.as_bytes()))?;
        }
        writeln!(f)?;
        f.write_str(&String::from_utf8_lossy(&self.note.to_bytes()))
    }
}

/// The largest tree of a log that a witness cosigned; of none, [`Latest::default`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latest {
    /// Its size.
    pub size: u64,
    /// Its root.
    pub root: Digest,
}

impl Default for Latest {
    fn default() -> Self {
        Self { size: 0, root: empty_root() }
    }
}

/// Why a witness does not cosign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Declined {
    /// The text is no checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] NotACheckpoint),
    /// A known key's signature does not verify.
    #[error(transparent)]
    Signature(#[from] BadNote),
    /// No key that is trusted for the log has signed.
    #[error("no key that is known for `{0}` has signed")]
    Unsigned(String),
    /// The old size is larger than the checkpoint's.
    #[error("the old size {old} is larger than the checkpoint's {new}")]
    Backwards {
        /// The old size.
        old: u64,
        /// The checkpoint's.
        new: u64,
    },
    /// Another size was cosigned last.
    #[error("the last checkpoint that was cosigned here has {0} entries")]
    Stale(u64),
    /// The checkpoint is not of a later state of the tree that was cosigned last: with a proof that is
    /// whole, two histories.
    #[error("the checkpoint does not follow from the last one: {0}")]
    Fork(#[from] BadProof),
}

impl Declined {
    /// The status that C2SP gives it.
    pub fn status(&self) -> u16 {
        match self {
            Self::Checkpoint(NotACheckpoint::EmptyRoot) | Self::Fork(_) => 422,
            Self::Checkpoint(_) | Self::Backwards { .. } => 400,
            Self::Signature(_) | Self::Unsigned(_) => 403,
            Self::Stale(_) => 409,
        }
    }
}

/// Looks at a request as a witness that has cosigned `latest` of the log whose keys these are. What it
/// may cosign is what is returned: [`Note::text`] of the request, as it came.
///
/// # Errors
/// [`Declined`].
pub fn examine<'k>(
    request: &AddCheckpoint,
    keys: impl IntoIterator<Item = &'k Vkey> + Clone,
    latest: Latest,
) -> Result<Latest, Declined> {
    let text = request.note.text();
    if request.note.verify(keys, Unlisted::Ignored)?.is_empty() {
        let origin = text.lines().next().unwrap_or_default();
        return Err(Declined::Unsigned(origin.chars().take(80).collect()));
    }
    let new = Checkpoint::parse(text)?;
    if request.old > new.size {
        return Err(Declined::Backwards { old: request.old, new: new.size });
    }
    if request.old != latest.size {
        return Err(Declined::Stale(latest.size));
    }
    verify_consistency(latest.size, &latest.root, new.size, &new.root, &request.proof)?;
    Ok(Latest { size: new.size, root: new.root })
}

/// What a request that [`examine`] has declined says about its log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shows {
    /// Two histories: the log's key has signed both trees, and this proves that they are of no one log.
    Fork(Fork),
    /// A larger tree that the log's key has signed, without a whole proof of how it stands to the one that
    /// was cosigned: a slip of whoever asks, or a second history that only its tree proves.
    Unproven,
}

/// What it says; nothing where no key of the log has signed it, or it could still be of the same log.
pub fn shows<'k>(
    request: &AddCheckpoint,
    keys: impl IntoIterator<Item = &'k Vkey> + Clone,
    latest: Latest,
) -> Option<Shows> {
    let signed = request.note.verify(keys, Unlisted::Ignored).ok()?;
    let new = Checkpoint::parse(request.note.text()).ok().filter(|_| !signed.is_empty())?;
    if latest.size == 0 {
        return None;
    }
    if new.size == latest.size {
        let fork = Fork { root: new.root, proof: Vec::new() };
        return (new.root != latest.root).then_some(Shows::Fork(fork));
    }
    if request.old != latest.size || new.size < latest.size {
        return None;
    }
    match roots_from_consistency(latest.size, &latest.root, new.size, &request.proof) {
        Ok((root, to)) if to == new.root && root == latest.root => None,
        Ok((root, to)) if to == new.root => {
            Some(Shows::Fork(Fork { root, proof: request.proof.clone() }))
        }
        _ => Some(Shows::Unproven),
    }
}

/// The origin that a note's text is about, checkpoint or not.
pub fn origin(note: &Note) -> &str {
    note.text().lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
