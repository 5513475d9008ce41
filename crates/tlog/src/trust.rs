//! From a checkpoint's bytes to a checkpoint one can rely on: the log signed, and enough others.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::Timestamp;

use crate::checkpoint::{Checkpoint, NotACheckpoint};
use crate::note::{BadNote, NotANote, Note, Unlisted};
use crate::policy::Policy;
use crate::vkey::{Kind, Vkey};

/// A checkpoint that its log signed and the policy's witnesses cosigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusted {
    /// The log's state.
    pub checkpoint: Checkpoint,
    /// Who cosigned and when, by the names of the policy.
    pub cosigned_by: BTreeMap<String, Timestamp>,
    /// When so many had that it counts ([`Policy::satisfied_at`]); none where nobody has to.
    pub at: Option<Timestamp>,
}

/// Why a checkpoint is not to be relied on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// Not a signed note.
    #[error(transparent)]
    Note(#[from] NotANote),
    /// A note, but not of a checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] NotACheckpoint),
    /// A signature line that fails, or should not be there.
    #[error("{bad}")]
    Signature {
        /// The line and its problem.
        bad: BadNote,
        /// Byte offset of the line.
        at: usize,
    },
    /// A key that cannot be a log's, or that the policy's own list of logs lacks.
    #[error("key `{0}` is not a log's key under this policy")]
    NotALog(String),
    /// A checkpoint of another log.
    #[error("the checkpoint is of `{found}`, not of `{expected}`")]
    Origin {
        /// The origin line.
        found: String,
        /// The log's key name.
        expected: String,
    },
    /// The log did not sign.
    #[error("log `{0}` has not signed the checkpoint")]
    Unsigned(String),
    /// Too few, or the wrong, witnesses.
    #[error("the cosignatures do not satisfy the policy: {}", shown(.have))]
    Quorum {
        /// Who did cosign.
        have: BTreeSet<String>,
    },
}

impl Distrust {
    /// Byte offset in the checkpoint's file, where one byte range is to blame.
    pub fn offset(&self) -> Option<usize> {
        match self {
            Self::Note(note) => Some(note.at),
            Self::Signature { at, .. } => Some(*at),
            Self::Checkpoint(_) | Self::Origin { .. } => Some(0),
            Self::NotALog(_) | Self::Unsigned(_) | Self::Quorum { .. } => None,
        }
    }
}

fn shown(have: &BTreeSet<String>) -> String {
    if have.is_empty() {
        return "nobody cosigned".to_owned();
    }
    let names: Vec<_> = have.iter().map(|name| format!("`{name}`")).collect();
    format!("only {} cosigned", names.join(", "))
}

/// Opens a checkpoint: a signed note by the log, cosigned as the policy asks.
///
/// Whether it is recent enough is the caller's question, with [`Trusted::cosigned_by`] at hand.
///
/// # Errors
/// [`Distrust`].
pub fn open(
    bytes: &[u8],
    log: &Vkey,
    policy: &Policy,
    unlisted: Unlisted,
) -> Result<Trusted, Distrust> {
    let listed = policy.logs().is_empty() || policy.logs().iter().any(|known| known.vkey == *log);
    if log.kind() != Kind::Log || !listed {
        return Err(Distrust::NotALog(log.name().to_owned()));
    }
    let note = Note::parse(bytes)?;
    let known = std::iter::once(log).chain(policy.witnesses().iter().map(|witness| &witness.vkey));
    let signed = note.verify(known, unlisted).map_err(|bad| {
        let at = note.offset_of_line(bad.line);
        Distrust::Signature { bad, at }
    })?;

    // Nothing in the text was looked at before a known key vouched for it.
    if !signed.iter().any(|signed| signed.key == log) {
        return Err(Distrust::Unsigned(log.name().to_owned()));
    }
    let checkpoint = Checkpoint::parse(note.text())?;
    if checkpoint.origin != log.name() {
        let (found, expected) = (checkpoint.origin, log.name().to_owned());
        return Err(Distrust::Origin { found, expected });
    }
    let cosigned_by: BTreeMap<_, _> = policy
        .witnesses()
        .iter()
        .filter_map(|witness| {
            let found = signed.iter().find(|signed| *signed.key == witness.vkey)?;
            Some((witness.name.clone(), found.at?))
        })
        .collect();
    let have = cosigned_by.keys().cloned().collect();
    if policy.satisfied(&have) {
        let at = policy.satisfied_at(&cosigned_by);
        Ok(Trusted { checkpoint, cosigned_by, at })
    } else {
        Err(Distrust::Quorum { have })
    }
}
