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
    /// Whether a series stands across the threshold of a signal, of those who measure it now, but for
    /// one of them, if that is named. The series of who has left speaks for nothing.
    pub(crate) fn is_across(&self, clause: &ClauseRef, but: Option<&PartyId>) -> bool {
        let signal = self.agreement.signal(clause);
        let seat = signal.as_ref().map(|signal| &signal.terms.by);
        let parties = seat.into_iter().flat_map(|seat| self.agreement.parties_of(seat));
        let series = parties
            .filter(|party| but != Some(*party))
            .filter_map(|party| self.signals.series.get(&(clause.clone(), party.clone())));
        series.into_iter().any(|measured| measured.across)
    }

    /// What a party has measured its follower has, who goes on from there; of two series of one
    /// signal the one that is measured further stays.
    pub(crate) fn hand_over_signals(&mut self, old: &PartyId, new: &PartyId) {
        let own = self.signals.series.iter().filter(|((_, by), _)| by == old);
        for (key, measured) in own.map(|(k, m)| (k.clone(), m.clone())).collect::<Vec<_>>() {
            self.signals.series.remove_mut(&key);
            let key = (key.0, new.clone());
            let further = self.signals.series.get(&key).map(|own| own.until);
            if further.is_none_or(|until| until < measured.until) {
                self.signals.series.insert_mut(key, measured);
            }
        }
    }

    /// What was measured last, by signal and who measures it.
    pub fn signals(&self) -> impl Iterator<Item = (&(ClauseRef, PartyId), &Measured)> {
        self.signals.series.iter()
    }

    /// The warranties that do not hold.
    pub fn broken_warranties(&self) -> impl Iterator<Item = (&ClauseRef, &BrokenWarranty)> {
        self.signals.broken.iter()
    }
}
