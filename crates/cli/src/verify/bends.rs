//! Where the log's time could have been bent, and by how much.
//!
//! An entry's time is that of the tick before it, which whoever orders the log has signed. It came before the
//! next tick; the last ones came before a witness cosigned the checkpoint. In between it could have been
//! kept waiting, or have been given a time that was over. That parties who replay a log watch the
//! ticks by their own clocks bounds it at the time; this is what the record alone shows afterwards.

use std::collections::BTreeMap;
use std::fmt;

use concordat_agreement::{Agreement, Cited, Witnesses};
use concordat_terms::{Period, Timestamp};
use serde::Serialize;

/// Entries whose time could have been bent by more than the agreed skew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bend {
    /// The first of them.
    pub first: u64,
    /// The last of them.
    pub last: u64,
    /// The time that they have.
    pub says: Timestamp,
    /// What else bounds it.
    pub bound: Bound,
    /// The bound.
    pub until: Timestamp,
    /// By how much it could have been bent at most.
    pub seconds: u64,
}

/// What bounds the time of entries beside the tick before them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// They came before the next tick.
    Tick,
    /// They came before the first of the witnesses cosigned, by its own clock.
    Witness,
    /// Their tick is later than the last of the witnesses cosigned, by its own clock.
    Ahead,
}

impl fmt::Display for Bend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, last, says, bound, until, seconds } = self;
        if first == last {
            write!(f, "time: entry {first} says {says}")?;
        } else {
            write!(f, "time: entries {first} to {last} say {says}")?;
        }
        match bound {
            Bound::Tick => {
                write!(f, "; up to {seconds} s later, at the next tick, is possible too")
            }
            Bound::Witness => {
                write!(
                    f,
                    "; up to {seconds} s later, when witnesses cosigned at {until}, is possible too"
                )
            }
            Bound::Ahead => write!(f, ", which is {seconds} s ahead of all witnesses, at {until}"),
        }
    }
}

/// Watches ticks while the log is folded.
#[derive(Debug)]
pub(super) struct Clock {
    time: Option<Timestamp>,
    skew: Period,
    /// Entries since the last tick.
    since: Option<(u64, u64)>,
    /// The last tick.
    tick: u64,
    bends: Vec<Bend>,
}

impl Default for Clock {
    fn default() -> Self {
        let skew = Witnesses::SKEW_UNSAID;
        Self { time: None, skew, since: None, tick: 0, bends: Vec::new() }
    }
}

impl Clock {
    /// An entry that has the time of the last tick.
    pub(super) fn entry(&mut self, index: u64) {
        let first = self.since.map_or(index, |(first, _)| first);
        self.since = Some((first, index));
    }

    /// A tick, under the agreement of then.
    pub(super) fn tick(&mut self, index: u64, to: Timestamp, agreement: &Agreement) {
        let said = agreement.witnesses().map(|Cited { terms, .. }| terms.skew);
        self.skew = said.unwrap_or(Witnesses::SKEW_UNSAID);
        self.later(to, Bound::Tick);
        (self.time, self.tick, self.since) = (Some(to), index, None);
    }

    /// The log begins at this time.
    pub(super) fn begin(&mut self, time: Timestamp) {
        self.time = Some(time);
    }

    /// All intervals, the longest first, once it is known when the checkpoint was cosigned.
    pub(super) fn end(mut self, cosigned_by: &BTreeMap<String, Timestamp>) -> Vec<Bend> {
        if let Some(first) = cosigned_by.values().min() {
            self.later(*first, Bound::Witness);
        }
        if let (Some(says), Some(until)) = (self.time, cosigned_by.values().max().copied())
            && says > until.plus(self.skew)
        {
            let (first, seconds) = (self.tick, says.seconds() - until.seconds());
            let last = self.since.map_or(first, |(_, last)| last);
            self.bends.push(Bend { first, last, says, bound: Bound::Ahead, until, seconds });
        }
        self.bends.sort_by_key(|bend| std::cmp::Reverse(bend.seconds));
        self.bends
    }

    fn later(&mut self, until: Timestamp, bound: Bound) {
        let (Some(says), Some((first, last))) = (self.time, self.since) else { return };
        if until > says.plus(self.skew) {
            let seconds = until.seconds() - says.seconds();
            self.bends.push(Bend { first, last, says, bound, until, seconds });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + seconds).unwrap()
    }

    fn bends(log: &[(u64, Option<u64>)], cosigned: &[u64]) -> Vec<(u64, u64, u64, Bound)> {
        let mut clock = Clock::default();
        clock.begin(at(0));
        for (index, tick) in log {
            match tick {
                Some(to) => clock.tick(*index, at(*to), &Agreement::default()),
                None => clock.entry(*index),
            }
        }
        let name = |(number, seconds): (usize, &u64)| (format!("w{number}"), at(*seconds));
        let cosigned: BTreeMap<_, _> = cosigned.iter().enumerate().map(name).collect();
        let bends = clock.end(&cosigned);
        bends.into_iter().map(|b| (b.first, b.last, b.seconds, b.bound)).collect()
    }

    #[test]
    fn time_that_stood_still_over_entries_could_have_been_bent_by_as_much() {
        // Nobody says anything in the long silence, and something in the short one.
        let log =
            [(1, None), (2, Some(10)), (3, Some(7_210)), (4, None), (5, None), (6, Some(7_600))];
        assert_eq!(bends(&log, &[7_601]), [(4, 5, 390, Bound::Tick)]);
        // Within the skew nothing is bent.
        assert_eq!(bends(&[(1, None), (2, Some(300))], &[300]), []);
    }

    #[test]
    fn witnesses_bound_the_end_of_a_log_from_both_sides() {
        let log = [(1, Some(1_000)), (2, None)];
        assert_eq!(bends(&log, &[1_000, 9_000]), []);
        assert_eq!(bends(&log, &[2_000, 9_000]), [(2, 2, 1_000, Bound::Witness)]);
        assert_eq!(bends(&log, &[100, 200]), [(1, 2, 800, Bound::Ahead)]);
        assert_eq!(bends(&log, &[]), []);
    }
}
