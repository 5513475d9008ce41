//! Where the log's time could have been bent, and by how much.
//!
//! An entry's time is that of the tick before it, which whoever orders the log has signed. It came before the
//! next tick, and before the witnesses cosigned a checkpoint over it, an older one or the last. In between
//! it could have been kept waiting, or have been given a time that was over. That parties who replay a log
//! watch the ticks by their own clocks bounds it at the time; this is what the record alone shows afterwards.

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
    /// They came before enough witnesses had cosigned, by their own clocks.
    Witness,
    /// Their tick is later than enough witnesses had cosigned, by their own clocks.
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
            Bound::Ahead => write!(f, ", which is {seconds} s ahead of the witnesses, at {until}"),
        }
    }
}

/// Watches ticks while the log is folded.
#[derive(Debug)]
pub(super) struct Clock {
    time: Option<Timestamp>,
    skew: Period,
    /// Entries since the last tick, up to each checkpoint and after the last.
    since: Vec<Waiting>,
    /// The last tick.
    tick: u64,
    bends: Vec<Bend>,
}

/// Entries whose next tick is still to come.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    first: u64,
    last: u64,
    /// When a checkpoint over them counted.
    witnessed: Option<Timestamp>,
}

impl Default for Clock {
    fn default() -> Self {
        let skew = Witnesses::SKEW_UNSAID;
        Self { time: None, skew, since: Vec::new(), tick: 0, bends: Vec::new() }
    }
}

impl Clock {
    /// An entry that has the time of the last tick.
    pub(super) fn entry(&mut self, index: u64) {
        match self.since.last_mut().filter(|waiting| waiting.witnessed.is_none()) {
            Some(waiting) => waiting.last = index,
            None => self.since.push(Waiting { first: index, last: index, witnessed: None }),
        }
    }

    /// A tick, under the agreement of then.
    pub(super) fn tick(&mut self, index: u64, to: Timestamp, agreement: &Agreement) {
        let said = agreement.witnesses().map(|Cited { terms, .. }| terms.skew);
        self.skew = said.unwrap_or(Witnesses::SKEW_UNSAID);
        self.over(Some(to));
        (self.time, self.tick) = (Some(to), index);
    }

    /// The log begins at this time.
    pub(super) fn begin(&mut self, time: Timestamp) {
        self.time = Some(time);
    }

    /// A checkpoint over what came so far counted at this time.
    pub(super) fn witnessed(&mut self, at: Timestamp) {
        if let Some(waiting) = self.since.last_mut() {
            waiting.witnessed.get_or_insert(at);
        }
        if let Some(says) = self.time.filter(|says| *says > at.plus(self.skew)) {
            let (first, seconds) = (self.tick, says.seconds() - at.seconds());
            let last = self.since.last().map_or(first, |waiting| waiting.last);
            let (bound, until) = (Bound::Ahead, at);
            self.bends.push(Bend { first, last, says, bound, until, seconds });
        }
    }

    /// All intervals, the longest first, once the last checkpoint was told of.
    pub(super) fn end(mut self) -> Vec<Bend> {
        self.over(None);
        self.bends.sort_by_key(|bend| std::cmp::Reverse(bend.seconds));
        self.bends
    }

    /// What waited for the next tick waits no more.
    fn over(&mut self, tick: Option<Timestamp>) {
        let Some(says) = self.time else { return self.since.clear() };
        for Waiting { first, last, witnessed } in self.since.drain(..) {
            let (until, bound) = match (witnessed, tick) {
                (Some(at), None) => (at, Bound::Witness),
                (Some(at), Some(tick)) if at < tick => (at, Bound::Witness),
                (_, Some(tick)) => (tick, Bound::Tick),
                (None, None) => continue,
            };
            if until > says.plus(self.skew) {
                let seconds = until.seconds() - says.seconds();
                self.bends.push(Bend { first, last, says, bound, until, seconds });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + seconds).unwrap()
    }

    /// What there is to tell of entries (none) and ticks, and of checkpoints that counted after so many of
    /// them.
    fn bends(log: &[(u64, Option<u64>)], counted: &[(u64, u64)]) -> Vec<(u64, u64, u64, Bound)> {
        let mut clock = Clock::default();
        clock.begin(at(0));
        for (index, tick) in log {
            match tick {
                Some(to) => clock.tick(*index, at(*to), &Agreement::default()),
                None => clock.entry(*index),
            }
            if let Some((_, seconds)) = counted.iter().find(|(size, _)| *size == index + 1) {
                clock.witnessed(at(*seconds));
            }
        }
        clock.end().into_iter().map(|b| (b.first, b.last, b.seconds, b.bound)).collect()
    }

    #[test]
    fn time_that_stood_still_over_entries_could_have_been_bent_by_as_much() {
        // Nobody says anything in the long silence, and something in the short one.
        let log =
            [(1, None), (2, Some(10)), (3, Some(7_210)), (4, None), (5, None), (6, Some(7_600))];
        assert_eq!(bends(&log, &[(7, 7_601)]), [(4, 5, 390, Bound::Tick)]);
        // Within the skew nothing is bent.
        assert_eq!(bends(&[(1, None), (2, Some(300))], &[(3, 300)]), []);
    }

    #[test]
    fn witnesses_bound_the_end_of_a_log_from_both_sides() {
        let log = [(1, Some(1_000)), (2, None)];
        assert_eq!(bends(&log, &[(3, 1_000)]), []);
        assert_eq!(bends(&log, &[(3, 2_000)]), [(2, 2, 1_000, Bound::Witness)]);
        assert_eq!(bends(&log, &[(3, 200)]), [(1, 2, 800, Bound::Ahead)]);
        assert_eq!(bends(&log, &[]), []);
    }

    #[test]
    fn an_older_checkpoint_bounds_what_it_covers_and_not_what_came_after_it() {
        let log = [(1, Some(10)), (2, None), (3, None), (4, None), (5, Some(9_010)), (6, None)];
        let whole = [(2, 4, 9_000, Bound::Tick)];
        assert_eq!(bends(&log, &[]), whole);
        // Entries 2 and 3 were witnessed early in the silence.
        let told = bends(&log, &[(4, 1_010), (7, 9_020)]);
        assert_eq!(told, [(4, 4, 9_000, Bound::Tick), (2, 3, 1_000, Bound::Witness)]);
        // One that counted late bounds nothing further; twice over the same entries the first counts.
        assert_eq!(bends(&log, &[(4, 9_500)])[0], (2, 3, 9_000, Bound::Tick));
        assert_eq!(bends(&log, &[(3, 100), (4, 150), (5, 200)]), []);
        // A tick that the witnesses had not come to yet.
        assert_eq!(bends(&log, &[(6, 2_000)]).last(), Some(&(5, 5, 7_010, Bound::Ahead)));
    }
}
