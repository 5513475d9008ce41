//! Powers: what a seat does alone, at once, and what becomes of it.
//!
//! A power that a body is to ratify takes effect at once where it can be undone, and lapses by itself
//! when the body has not ratified it in time: what it did is then undone by a compensating change.
//! A power that breaks glass lets an act pass its gates; the duty to review that begins, and until it
//! is discharged the glass stays broken.

mod acts;
mod life;
mod refusal;
mod undo;

use std::collections::BTreeSet;

use concordat_terms::{BodyId, ClauseRef, PartyId, Timestamp};
use rpds::RedBlackTreeMapSync;
use serde::{Deserialize, Serialize};

pub(crate) use acts::Change;
pub use acts::PowerRatify;
pub use refusal::PowerRefusal;
pub(crate) use undo::Undoable;

use crate::act::Act;
use crate::state::State;

/// One use of a power.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// The power's clause.
    pub clause: ClauseRef,
    /// What was done by it.
    pub act: Box<Act>,
    /// Who did it.
    pub by: Option<PartyId>,
    /// When.
    pub at: Timestamp,
    /// The body that is to ratify it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<BodyId>,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lapses_at: Option<Timestamp>,
    /// The gates that would have refused it, where glass was broken.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub past: BTreeSet<ClauseRef>,
    /// Where it stands.
    pub status: UseStatus,
}

/// Where a use of a power stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UseStatus {
    /// It stands, and asks for nobody's ratification.
    Stands,
    /// It stands until it lapses, unless it is ratified.
    Awaiting,
    /// A body has ratified it.
    Ratified {
        /// When.
        at: Timestamp,
        /// By the entry at this index.
        index: u64,
    },
    /// Nobody ratified it in time: it was undone.
    Lapsed(Timestamp),
}

impl UseStatus {
    /// The status as words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stands => "done",
            Self::Awaiting => "waiting to be ratified",
            Self::Ratified { .. } => "ratified",
            Self::Lapsed(_) => "lapsed",
        }
    }
}

/// Every use of a power, and what undoes what was done, by power or otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Powers {
    /// By the index of the entry that used it.
    pub(crate) used: RedBlackTreeMapSync<u64, Used>,
    /// By the index of the entry that is undone.
    pub(crate) undo: RedBlackTreeMapSync<u64, Undoable>,
    /// The last use of each power that breaks glass.
    pub(crate) glass: RedBlackTreeMapSync<ClauseRef, u64>,
}

impl State {
    /// Every use of a power, by the index of the entry that used it.
    pub fn powers_used(&self) -> impl Iterator<Item = (&u64, &Used)> {
        self.powers.used.iter()
    }
}
