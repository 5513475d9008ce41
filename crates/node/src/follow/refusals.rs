//! How many acts of each party were refused on the running day of the log's time: what a log's word that
//! they were too many is held against.

use concordat_partnership::Verdict;
use concordat_replay::Opened;
use concordat_terms::{PartyId, Timestamp};
use rpds::RedBlackTreeMapSync;
use serde::{Deserialize, Serialize};

/// The seconds of a day.
const DAY: u64 = 24 * 3_600;

/// Counted as the sequencer has to: by whose signatures they bear, over a day of the log's time (UTC).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Refusals {
    day: u64,
    of: RedBlackTreeMapSync<PartyId, u64>,
}

/// The day of a moment, counted from 1970-01-01 (UTC).
pub(super) fn day(time: Timestamp) -> u64 {
    time.seconds() / DAY
}

impl Refusals {
    /// An entry was folded, and that is the log's time now.
    pub(super) fn heard(&mut self, opened: &Opened<'_>, verdict: &Verdict, now: Option<Timestamp>) {
        let today = now.map_or(0, day);
        if today != self.day {
            *self = Self { day: today, ..Self::default() };
        }
        let charged = verdict.refusal().is_some_and(|refusal| refusal.is_charged());
        if let Some(party) = opened.author().flatten().filter(|_| charged) {
            let count = self.of.get(party).copied().unwrap_or_default();
            self.of.insert_mut(party.clone(), count + 1);
        }
    }

    /// How many of this party's were refused on the day of this moment, if it is the running one.
    pub(super) fn on_day_of(&self, time: Timestamp, party: &PartyId) -> u64 {
        let today = day(time) == self.day;
        self.of.get(party).copied().filter(|_| today).unwrap_or_default()
    }
}
