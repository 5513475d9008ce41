//! Signals: series that a seat measures, and warranties that they or tests show to be kept.
//!
//! A batch is the values of consecutive windows. A value across a threshold opens what the signal's
//! clause says, once for as long as that is open; the last value says whether the signal stands
//! across. A warranty is breached by a signal that it is tied to, or by a test whose result is below
//! what it names, and kept again with the next good value or result, once no series stands across
//! and no model's last result is below.

mod acts;
mod life;
mod refusal;

use std::collections::BTreeSet;

use concordat_terms::{AssetId, ClauseRef, Decimal, Digest, PartyId, Timestamp};
use rpds::RedBlackTreeMapSync;
use serde::{Deserialize, Serialize};

pub(crate) use acts::Change;
pub use acts::SignalBatch;
pub use refusal::SignalRefusal;

use crate::state::State;

/// What was measured last of a series.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// Until when it is measured.
    pub until: Timestamp,
    /// The last value.
    pub last: Decimal,
    /// Whether that is across a threshold.
    pub across: bool,
    /// How many values there are.
    pub values: u64,
    /// How many of them were across.
    pub crossed: u64,
    /// What the last batch was made from, a blob.
    pub digest: Digest,
    /// The entry of the last batch.
    pub index: u64,
}

/// A warranty that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokenWarranty {
    /// Since when.
    pub since: Timestamp,
    /// By which entry.
    pub index: u64,
    /// Which models a test showed to be below what it names, and no later one above.
    pub below: BTreeSet<AssetId>,
}

/// Every series, by clause and who measures it, and every warranty that does not hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Signals {
    pub(crate) series: RedBlackTreeMapSync<(ClauseRef, PartyId), Measured>,
    pub(crate) broken: RedBlackTreeMapSync<ClauseRef, BrokenWarranty>,
}

impl Signals {
    /// Whether anybody's series stands across its threshold.
    pub(crate) fn is_across(&self, clause: &ClauseRef) -> bool {
        let all = self.series.iter().skip_while(|((c, _), _)| c < clause);
        all.take_while(|((c, _), _)| c == clause).any(|(_, measured)| measured.across)
    }

    /// Whether a series that somebody else measures stands across its threshold.
    pub(crate) fn others_across(&self, (clause, by): &(ClauseRef, PartyId)) -> bool {
        let all = self.series.iter().skip_while(|((c, _), _)| c < clause);
        let others = all.take_while(|((c, _), _)| c == clause).filter(|((_, of), _)| of != by);
        others.into_iter().any(|(_, measured)| measured.across)
    }

    /// The models that tests show not to be what a warranty says.
    fn below(&self, warranty: &ClauseRef) -> BTreeSet<AssetId> {
        self.broken.get(warranty).map(|broken| broken.below.clone()).unwrap_or_default()
    }

    /// Whether a warranty does not hold.
    pub(crate) fn is_breached(&self, warranty: &ClauseRef) -> bool {
        self.broken.contains_key(warranty)
    }
}

impl State {
    /// What was measured last, by signal and who measures it.
    pub fn signals(&self) -> impl Iterator<Item = (&(ClauseRef, PartyId), &Measured)> {
        self.signals.series.iter()
    }

    /// The warranties that do not hold.
    pub fn broken_warranties(&self) -> impl Iterator<Item = (&ClauseRef, &BrokenWarranty)> {
        self.signals.broken.iter()
    }
}
