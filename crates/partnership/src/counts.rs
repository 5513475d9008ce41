//! Counts of acts that never came into the log: the sequencer takes only so many refused acts of a
//! party, and tells by one entry how many more it turned away.
//!
//! Nothing follows from a count but that it is told: no right, no duty. It is the sequencer's word, and
//! binds it: whoever was turned away has that signed, with the place of the act in the count.

mod refusal;

use std::collections::BTreeMap;

use concordat_terms::{Digest, PartyId, Timestamp};
use rpds::RedBlackTreeMapSync;
use serde::{Deserialize, Serialize};

pub use refusal::CountRefusal;

use crate::change::Change;
use crate::deed::{Deed, Hearing};
use crate::duties::DutyRefusal;
use crate::refusal::Refusal;
use crate::sequencer::sequencer_alone;
use crate::state::State;

/// `refusal.count`: how many different acts of a party the sequencer turned away in an interval,
/// because too many of its acts had been refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusalCount {
    /// Whose they were.
    pub party: PartyId,
    /// When the first was turned away.
    pub from: Timestamp,
    /// When the last was; on the same day (UTC).
    pub until: Timestamp,
    /// How many.
    pub turned_away: u64,
    /// The Merkle root over their ids in the order in which they came: each id is a leaf.
    pub acts: Digest,
}

/// A count that was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// What it says.
    pub count: RefusalCount,
    /// By the entry at this index.
    pub index: u64,
}

/// Counts, by whose acts they are of and when they begin.
pub(crate) type Counts = RedBlackTreeMapSync<(PartyId, Timestamp), Counted>;

/// The seconds of a day.
const DAY: u64 = 24 * 3_600;

impl Deed for RefusalCount {
    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Change> {
        sequencer_alone(hearing, out);
        let state = hearing.state;
        if !state.people.parties.contains_key(&self.party) {
            out.push(DutyRefusal::UnknownParty { party: self.party.clone() }.into());
        }
        if self.turned_away == 0 {
            out.push(CountRefusal::CountsNothing { party: self.party.clone() }.into());
        }
        let day = |at: Timestamp| at.seconds() / DAY;
        let last = state.last_count(&self.party).map(|last| last.count.until);
        let why = if self.until < self.from {
            Some("it ends before it begins")
        } else if day(self.from) != day(self.until) {
            Some("it is of more than one day")
        } else if state.time.is_some_and(|now| self.until > now) {
            Some("it is not over")
        } else if last.is_some_and(|last| self.from <= last) {
            Some("it was counted before, or some of it")
        } else {
            None
        };
        if let Some(why) = why {
            out.push(CountRefusal::CountInterval { party: self.party.clone(), why }.into());
        }
        Some(Change::Counted(Box::new(self.clone())))
    }
}

impl State {
    /// Every count, by party and time.
    pub fn counts(&self) -> impl Iterator<Item = &Counted> {
        self.counts.values()
    }

    /// The last count of a party's acts.
    pub fn last_count(&self, party: &PartyId) -> Option<&Counted> {
        let own = (party.clone(), Timestamp::EPOCH)..=(party.clone(), Timestamp::LAST);
        self.counts.range(own).next_back().map(|(_, counted)| counted)
    }

    /// The count of a party's acts that begins at this moment.
    pub fn count_from(&self, party: &PartyId, from: Timestamp) -> Option<&Counted> {
        self.counts.get(&(party.clone(), from))
    }

    /// How many acts of whom were turned away, by all counts.
    pub fn turned_away(&self) -> BTreeMap<PartyId, u64> {
        let mut all = BTreeMap::new();
        for Counted { count, .. } in self.counts() {
            let total: &mut u64 = all.entry(count.party.clone()).or_default();
            *total = total.saturating_add(count.turned_away);
        }
        all
    }

    pub(crate) fn note_count(&mut self, count: RefusalCount) {
        let (key, index) = ((count.party.clone(), count.from), self.index);
        self.counts.insert_mut(key, Counted { count, index });
    }
}
