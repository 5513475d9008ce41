//! Acts that never come into the log, because too many of their party's were refused: they are
//! counted, and the log is told once.
//!
//! A party's count begins with the first different act that is turned away, and is told by one
//! `refusal.count` when the day of the log's time is over, when nothing more came for an hour, or when
//! it is full. What is counted so far lies in a note. It is written before anybody is answered, and
//! emptied in the transaction that appends the entry: a death between the two counts nothing twice,
//! and loses nothing that was answered.

use std::collections::BTreeMap;

use concordat_partnership::Act;
use concordat_partnership::act::RefusalCount;
use concordat_store::Store;
use concordat_terms::{Digest, PartyId, Problem, Timestamp};
use concordat_tlog::Tree;
use concordat_tlog::merkle::leaf_hash;
use serde::{Deserialize, Serialize};

use super::{Batch, DAY, Ledger};
use crate::problem::{Refused, unusable};

/// What the names of the notes start with.
const NOTES: &str = "turned-away/";
/// After how many seconds without another one a count is told.
const SILENT: u64 = 3_600;
/// How many acts one count tells apart. What comes beyond them, before the count is told, is turned
/// away and not counted.
const COUNTED_MOST: usize = 4_096;

/// The acts of one party that were turned away and not told yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Turned {
    from: Timestamp,
    until: Timestamp,
    /// Their ids, in the order in which they came.
    acts: Vec<Digest>,
}

/// Those of all parties.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TurnedAway(BTreeMap<PartyId, Turned>);

/// The place of an act among those that were turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Since when they are counted.
    pub(super) since: Timestamp,
    /// Which of them it is, from 1.
    pub(super) nth: u64,
}

impl Turned {
    /// The last second of its day.
    fn last(&self) -> Timestamp {
        let last = (self.from.seconds() / DAY + 1).saturating_mul(DAY).saturating_sub(1);
        Timestamp::from_seconds(last).unwrap_or(self.from)
    }

    /// From when on it is to be told.
    fn due(&self) -> u64 {
        if self.acts.len() >= COUNTED_MOST {
            return self.until.seconds();
        }
        let tomorrow = self.last().seconds().saturating_add(1);
        tomorrow.min(self.until.seconds().saturating_add(SILENT))
    }

    fn told(&self, party: &PartyId) -> Act {
        let leaves = self.acts.iter().map(|id| leaf_hash(id.as_bytes()));
        Act::RefusalCount(RefusalCount {
            party: party.clone(),
            from: self.from,
            until: self.until,
            turned_away: self.acts.len() as u64,
            acts: Tree::of(leaves).root(),
        })
    }
}

impl TurnedAway {
    /// What the notes of the store say.
    pub(super) fn read(store: &Store) -> Result<Self, Problem> {
        let mut all = BTreeMap::new();
        for (name, bytes) in store.notes(NOTES).map_err(|e| e.problem())? {
            let party = name.strip_prefix(NOTES).unwrap_or_default().parse();
            let turned: Option<Option<Turned>> = serde_json::from_slice(&bytes).ok();
            let (Ok(party), Some(turned)) = (party, turned) else {
                let what = format!("the note `{name}` in the store cannot be read");
                return Err(unusable("bad-note", what, "restore the store from a backup"));
            };
            if let Some(turned) = turned {
                all.insert(party, turned);
            }
        }
        Ok(Self(all))
    }

    /// Counts an act at this moment; one that was counted already keeps its place. `told` is the end of
    /// what was told of this party last.
    pub(super) fn add(
        &mut self,
        party: &PartyId,
        id: Digest,
        now: Timestamp,
        told: Option<Timestamp>,
    ) -> Place {
        let after = told.and_then(|told| Timestamp::from_seconds(told.seconds() + 1));
        let now = after.map_or(now, |after| now.max(after));
        let begun = || Turned { from: now, until: now, acts: Vec::new() };
        let own = self.0.entry(party.clone()).or_insert_with(begun);
        let known = own.acts.iter().position(|other| *other == id);
        let place = known.unwrap_or(own.acts.len()).min(COUNTED_MOST - 1);
        if known.is_none() && own.acts.len() < COUNTED_MOST {
            own.acts.push(id);
            // What comes once the day is over, and before that is told, is of the day that is told.
            own.until = now.max(own.until).min(own.last());
        }
        Place { since: own.from, nth: place as u64 + 1 }
    }

    /// When the next count is to be told.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        let next = self.0.values().map(Turned::due).min()?;
        Timestamp::from_seconds(next)
    }

    /// Takes out what is to be told by now.
    fn due(&mut self, now: Timestamp) -> BTreeMap<PartyId, Turned> {
        let all = std::mem::take(&mut self.0);
        let (due, rest) = all.into_iter().partition(|(_, own)| own.due() <= now.seconds());
        self.0 = rest;
        due
    }

    /// The notes that change, and how.
    pub(super) fn notes(&self, before: &Self) -> Vec<(String, Vec<u8>)> {
        let parties = self.0.keys().chain(before.0.keys());
        let changed = parties.filter(|party| self.0.get(*party) != before.0.get(*party));
        let notes: BTreeMap<_, _> = changed
            .map(|party| {
                let bytes = serde_json::to_vec(&self.0.get(party)).unwrap_or_default();
                (format!("{NOTES}{party}"), bytes)
            })
            .collect();
        notes.into_iter().collect()
    }
}

impl Ledger {
    /// Tells the log of what was turned away, where that is due.
    pub(crate) fn tell_counts(&mut self) -> Result<(), Refused> {
        let now = (self.clock)();
        if self.folded.turned.next_due().is_none_or(|due| due > now) {
            return Ok(());
        }
        let mut batch = self.begin()?;
        // The log's time is what counts: where the clock stands behind it, nothing is over yet.
        let Some(now) = batch.replica().state().time() else { return Ok(()) };
        let due = batch.turned().due(now);
        if due.is_empty() {
            return Ok(());
        }
        for (party, turned) in due {
            self.fold_own(&mut batch, &turned.told(&party))?;
        }
        self.commit(batch)
    }

    /// Keeps what was turned away, of a batch that is not to be logged.
    pub(crate) fn keep_counts(&mut self, batch: Batch) -> Result<(), Refused> {
        let turned = batch.into_turned();
        let notes = turned.notes(&self.folded.turned);
        if notes.is_empty() {
            return Ok(());
        }
        let notes: Vec<(&str, &[u8])> =
            notes.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        self.store.confirm()?;
        let from = self.folded.frontier.size();
        (self.append)(&mut self.store, from, &[], &notes)?;
        self.folded.turned = turned;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(seconds).unwrap()
    }

    fn add(turned: &mut TurnedAway, act: &str, now: u64) -> Place {
        turned.add(&"vendor".parse().unwrap(), Digest::of(act.as_bytes()), at(now), None)
    }

    /// A count is of one day of the log's time: what comes in the moment between the end of the day and
    /// the telling of its count is told with it, and never makes it a count of two days.
    #[test]
    fn what_comes_after_the_day_and_before_its_count_is_told_is_of_that_day() {
        let (mut turned, day) = (TurnedAway::default(), 20_000 * DAY);
        assert_eq!(
            add(&mut turned, "first", day + DAY - 2),
            Place { since: at(day + DAY - 2), nth: 1 }
        );
        assert_eq!(
            add(&mut turned, "second", day + DAY),
            Place { since: at(day + DAY - 2), nth: 2 }
        );
        assert_eq!(turned.next_due(), Some(at(day + DAY)));
        let due: Vec<Turned> = turned.due(at(day + DAY)).into_values().collect();
        assert!(matches!(&due[..], [own] if own.until == at(day + DAY - 1) && own.acts.len() == 2));
        assert_eq!(turned, TurnedAway::default());
    }
}
