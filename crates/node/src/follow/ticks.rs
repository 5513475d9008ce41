//! The log's time at an entry: what a promise of a time is held against.

use std::collections::{BTreeMap, BTreeSet};

use concordat_replay::{Halt, Replica};
use concordat_terms::Timestamp;
use rpds::RedBlackTreeMapSync;

use super::Follower;
use crate::client::Fault;

/// How many changes of the log's time are remembered: who asks for a time asks soon after.
const REMEMBERED: usize = 4_096;
/// How many entries are read at once where the log is folded again.
const READ: usize = 1_024;

/// When the log's time changed last: from which entry on it was what.
#[derive(Clone, Debug, Default)]
pub(super) struct Ticks(RedBlackTreeMapSync<u64, Timestamp>);

impl Ticks {
    /// What is known where the fold goes on from so many entries.
    pub(super) fn after(size: u64, time: Option<Timestamp>) -> Self {
        let mut ticks = Self::default();
        if let (Some(last), Some(time)) = (size.checked_sub(1), time) {
            ticks.0.insert_mut(last, time);
        }
        ticks
    }

    /// The time was `before` until the entry at `index` was folded, and then it was `now`.
    pub(super) fn heard(&mut self, index: u64, before: Option<Timestamp>, now: Option<Timestamp>) {
        let Some(now) = now.filter(|_| now != before) else { return };
        self.0.insert_mut(index, now);
        if self.0.size() > REMEMBERED
            && let Some(first) = self.0.first().map(|(first, _)| *first)
        {
            self.0.remove_mut(&first);
        }
    }

    /// The log's time at an entry that was folded, if that is remembered.
    fn at(&self, index: u64) -> Option<Timestamp> {
        self.0.range(..=index).next_back().map(|(_, time)| *time)
    }
}

impl Follower {
    /// The log's time at each of these entries, as far as they were followed. What is not remembered, of
    /// before a restart or of long ago, is folded again.
    pub(super) fn times_of(
        &self,
        asked: impl IntoIterator<Item = u64>,
    ) -> Result<BTreeMap<u64, Timestamp>, Fault> {
        let (mut times, mut unknown) = (BTreeMap::new(), BTreeSet::new());
        for index in asked.into_iter().filter(|index| *index < self.replica.size()) {
            match self.ticks.at(index) {
                Some(time) => drop(times.insert(index, time)),
                None => drop(unknown.insert(index)),
            }
        }
        if let Some(last) = unknown.last().copied() {
            tracing::info!(last, "folds the log again for the time that was promised");
            self.fold_times(last, &unknown, &mut times)?;
        }
        Ok(times)
    }

    fn fold_times(
        &self,
        last: u64,
        asked: &BTreeSet<u64>,
        times: &mut BTreeMap<u64, Timestamp>,
    ) -> Result<(), Fault> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut replica = Replica::new();
        while replica.size() <= last {
            let entries = self.store.entries(replica.size(), READ);
            let entries = entries.map_err(|fault| fault.problem())?;
            if entries.is_empty() {
                break;
            }
            let read = replica.open_all(&entries, cores);
            for read in read {
                let index = replica.size();
                let opened = replica.reopen(read);
                while let Err(halt) = replica.step_opened(&opened) {
                    let text = self.text_for(&halt)?;
                    replica.supply(text);
                }
                if let Some(time) = replica.state().time().filter(|_| asked.contains(&index)) {
                    times.insert(index, time);
                }
            }
        }
        Ok(())
    }

    /// The text that a verdict once depended on: it lies in the store since.
    fn text_for(&self, halt: &Halt) -> Result<Vec<u8>, Fault> {
        let Halt::MissingBlob { blob, .. } = halt else {
            return Err(super::signatures::unfounded(halt, &self.log).into());
        };
        match self.store.blob(blob).map_err(|fault| fault.problem())? {
            Some(text) => Ok(text),
            None => self.client.blob(blob, &self.reader()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn an_entry_has_the_time_of_the_last_change_before_it_and_old_changes_are_forgotten() {
        let mut ticks = Ticks::after(10, Some(at(0)));
        ticks.heard(10, Some(at(0)), Some(at(0)));
        ticks.heard(12, Some(at(0)), Some(at(5)));
        assert_eq!([8, 9, 11, 12, 99].map(|index| ticks.at(index)), {
            let (old, new) = (Some(at(0)), Some(at(5)));
            [None, old, old, new, new]
        });
        for nth in 0..REMEMBERED as u64 {
            ticks.heard(100 + nth, Some(at(5 + nth)), Some(at(6 + nth)));
        }
        assert_eq!((ticks.at(99), ticks.at(100)), (None, Some(at(6))));
    }
}
