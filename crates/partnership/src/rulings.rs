//! Determinations, and corrections of verdicts.
//!
//! What a court, an expert or all affected parties decided enters as an act. It finds clauses
//! invalid, or stays them; it rules on duties; it lets a verdict stand, stays it or sets it aside.
//! Nothing that the log says is edited: what a verdict did is undone by a compensating change, and
//! what was refused wrongly may be brought once more.

mod acts;
mod life;
mod refusal;

use std::borrow::Cow;
use std::collections::BTreeSet;

use concordat_terms::{ActName, Digest, PartyId, Period, Timestamp};
use rpds::RedBlackTreeMapSync;
use serde::{Deserialize, Serialize};

pub(crate) use acts::Change;
pub use acts::{CorrectionRequest, VerdictRuling};
pub use refusal::RulingRefusal;

use crate::duties::DutyId;
use crate::state::State;

/// A verdict for whose correction can still be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// When it was given.
    pub at: Timestamp,
    /// About which act.
    pub act: ActName,
    /// Whom it affects; everybody, if this is absent.
    pub affects: Option<BTreeSet<PartyId>>,
    /// The code of the refusal, and the digest of what was refused; none, if it was admitted.
    pub refused: Option<(Cow<'static, str>, Digest)>,
}

/// A request to correct a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// Who asked.
    pub by: PartyId,
    /// Why, a blob.
    pub reasons: Digest,
    /// When.
    pub at: Timestamp,
    /// The verdict.
    pub verdict: Said,
    /// The payments that pause meanwhile.
    pub paused: Vec<DutyId>,
    /// Where it stands.
    pub status: CorrectionStatus,
}

/// Where a request to correct a verdict stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CorrectionStatus {
    /// A determination is waited for: the verdict stands, its monetary consequences pause.
    Open,
    /// Nothing was determined in time: the verdict stands.
    Lapsed(Timestamp),
    /// A determination lets the verdict stand.
    Kept,
    /// A determination has stayed the verdict: what it did is undone for now.
    Stayed,
    /// A determination has set the verdict aside.
    SetAside,
}

impl CorrectionStatus {
    /// The status as words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Lapsed(_) => "lapsed",
            Self::Kept => "kept",
            Self::Stayed => "stayed",
            Self::SetAside => "set aside",
        }
    }
}

/// What was determined about verdicts, and what is asked to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rulings {
    /// How long after a verdict its correction may be asked for, as the instrument in force says.
    pub(crate) within: Option<Period>,
    /// By the index of the verdict.
    pub(crate) corrections: RedBlackTreeMapSync<u64, Correction>,
    /// What was ruled on verdicts: by their index, by which entry, and what.
    pub(crate) ruled: RedBlackTreeMapSync<u64, (u64, VerdictRuling)>,
    /// Acts that may be brought once more past what clauses ask: who, and the digest of what.
    pub(crate) granted: RedBlackTreeMapSync<(PartyId, Digest), u64>,
}

impl State {
    /// The requests to correct verdicts, by the verdict's index.
    pub fn corrections(&self) -> impl Iterator<Item = (&u64, &Correction)> {
        self.rulings.corrections.iter()
    }

    /// What was last ruled on a verdict, and by which entry.
    pub fn rulings(&self) -> impl Iterator<Item = (&u64, &(u64, VerdictRuling))> {
        self.rulings.ruled.iter()
    }

    /// Whether the monetary consequences of what an entry did pause, because the correction of its
    /// verdict is asked for and not decided, or because a determination stays it.
    pub fn is_paused(&self, index: u64) -> bool {
        let correction = self.rulings.corrections.get(&index);
        let asked = correction
            .is_some_and(|c| matches!(c.status, CorrectionStatus::Open | CorrectionStatus::Stayed));
        let ruled = self.rulings.ruled.get(&index).map(|(_, ruling)| *ruling);
        asked || ruled == Some(VerdictRuling::Stayed)
    }
}
