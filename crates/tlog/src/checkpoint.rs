//! Checkpoints (C2SP tlog-checkpoint): three lines that stand for a whole log.

use concordat_terms::Digest;

use crate::b64;
use crate::key::SigningKey;
use crate::merkle::empty_root;
use crate::note::{NotANote, Note, SignatureLine};
use crate::vkey::{NotAName, check_name};

/// The largest size a checkpoint can state: 2^63 − 1.
pub const SIZE_MAX: u64 = i64::MAX as u64;

/// A log's state at one size. Extension lines are refused: nobody could audit them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's identity, which is also its key's name.
    pub origin: String,
    /// Entries, up to [`SIZE_MAX`].
    pub size: u64,
    /// Root of the Merkle tree over them.
    pub root: Digest,
}

/// Why a text is not a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotACheckpoint {
    /// Not exactly three lines, each ending in a newline.
    #[error("a checkpoint is three lines: origin, size and root")]
    Lines,
    /// An origin that cannot be a key's name.
    #[error(transparent)]
    Origin(#[from] NotAName),
    /// A size that is not a plain decimal up to 2^63 − 1.
    #[error("`{0}` is not a size: a decimal without leading zeros, up to 2^63 − 1")]
    Size(String),
    /// A root that is not 32 bytes in canonical base64.
    #[error("`{0}` is not a root: 32 bytes in canonical base64")]
    Root(String),
    /// An empty tree with another root than the hash of nothing.
    #[error("the root of an empty tree is the hash of nothing")]
    EmptyRoot,
}

/// Why a checkpoint cannot be signed into a note.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSignable {
    /// The fields break a rule.
    #[error(transparent)]
    Checkpoint(#[from] NotACheckpoint),
    /// The note does.
    #[error(transparent)]
    Note(#[from] NotANote),
}

impl Checkpoint {
    /// Reads a note's text: exactly what [`Checkpoint::to_text`] writes.
    ///
    /// # Errors
    /// [`NotACheckpoint`].
    pub fn parse(text: &str) -> Result<Self, NotACheckpoint> {
        let body = text.strip_suffix('\n').ok_or(NotACheckpoint::Lines)?;
        let mut lines = body.split('\n');
        let (Some(origin), Some(size), Some(root), None) =
            (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(NotACheckpoint::Lines);
        };
        let size =
            decimal(size).ok_or_else(|| NotACheckpoint::Size(size.chars().take(80).collect()))?;
        let root = b64::decode_array(root)
            .ok_or_else(|| NotACheckpoint::Root(root.chars().take(80).collect()))?;
        let checkpoint = Self { origin: origin.to_owned(), size, root: Digest(root) };
        checkpoint.check()?;
        Ok(checkpoint)
    }

    /// The size that a note states, if it is of a checkpoint, whoever signed it.
    pub fn stated_size(note: &[u8]) -> Option<u64> {
        Some(Self::parse(Note::parse(note).ok()?.text()).ok()?.size)
    }

    /// The three lines.
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, b64::encode(self.root.as_bytes()))
    }

    /// Signs as the log: the key's name is the origin.
    ///
    /// # Errors
    /// [`NotSignable`].
    pub fn sign(&self, key: &SigningKey) -> Result<Note, NotSignable> {
        self.check()?;
        let text = self.to_text();
        let line = SignatureLine::sign(&self.origin, key, &text).map_err(NotACheckpoint::from)?;
        Ok(Note::new(text, vec![line])?)
    }

    fn check(&self) -> Result<(), NotACheckpoint> {
        check_name(&self.origin)?;
        if self.size > SIZE_MAX {
            return Err(NotACheckpoint::Size(self.size.to_string()));
        }
        if self.size == 0 && self.root != empty_root() {
            return Err(NotACheckpoint::EmptyRoot);
        }
        Ok(())
    }
}

/// A decimal in its one spelling: digits only, no leading zero, up to [`SIZE_MAX`].
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let plain = text == "0" || !text.starts_with('0');
    if !digits || !plain {
        return None;
    }
    text.parse().ok().filter(|number| *number <= SIZE_MAX)
}
