//! By when each part of the log was there, by the witnesses' clocks alone: whoever orders it is not asked.

use std::fmt;

use concordat_terms::Timestamp;
use serde::Serialize;

/// Entries that one checkpoint is the first to cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Covered {
    /// The first of them.
    pub first: u64,
    /// The last of them.
    pub last: u64,
    /// The time that the first has; no other has an earlier one.
    pub says: Timestamp,
    /// When enough witnesses had cosigned.
    pub until: Timestamp,
    /// How much later than it says any of them came at most; 0 where the log's time was ahead.
    pub seconds: u64,
}

impl fmt::Display for Covered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, last, says, until, seconds } = self;
        write!(
            f,
            "at most {seconds} seconds (entries {first} to {last}, from {says}, were witnessed at {until})"
        )
    }
}

/// Gathers them while the log is folded.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    first: Option<(u64, Timestamp)>,
    all: Vec<Covered>,
}

impl Coverage {
    /// An entry, and the time that it has.
    pub(super) fn entry(&mut self, index: u64, says: Timestamp) {
        self.first.get_or_insert((index, says));
    }

    /// A checkpoint over so many entries counted at this time.
    pub(super) fn witnessed(&mut self, size: u64, until: Timestamp) {
        let Some((first, says)) = self.first.take() else { return };
        let seconds = until.seconds().saturating_sub(says.seconds());
        self.all.push(Covered { first, last: size.saturating_sub(1), says, until, seconds });
    }

    /// All of them, in the order of the log.
    pub(super) fn end(self) -> Vec<Covered> {
        self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_covered_by_the_first_checkpoint_that_reaches_it() {
        let at = |seconds| Timestamp::from_seconds(1_800_000_000 + seconds).unwrap();
        let mut coverage = Coverage::default();
        for index in 0..10 {
            if index == 4 {
                coverage.witnessed(4, at(50));
            }
            coverage.entry(index, at(index * 10));
        }
        coverage.witnessed(10, at(60));
        let found: Vec<_> =
            coverage.end().iter().map(|own| (own.first, own.last, own.seconds)).collect();
        // The second is at 60, and its last entries say up to 90: they are not late.
        assert_eq!(found, [(0, 3, 50), (4, 9, 20)]);
    }
}
