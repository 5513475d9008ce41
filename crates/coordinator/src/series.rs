//! A series of older checkpoints that count: whoever verifies the log later knows by the witnesses' clocks
//! when it had come how far, and not by the word of whoever orders it alone.
//!
//! An entry's time is bounded by the first of them that covers it, so they are spaced by time and not by
//! entries: a quiet log needs as many of a year as a busy one. However old it becomes,
//! there are at most 1,024 of them: one a day for more than two years, after twice as long one every other day.

use std::collections::BTreeMap;

use concordat_terms::{Period, Timestamp};
use concordat_wire::api::OLDER_CHECKPOINTS_MOST as MOST;

/// What the names of the notes start with that hold them.
pub(crate) const SERIES: &str = "series/";
/// How far apart they are at least, by the witnesses' clocks.
const APART: Period = Period { months: 0, days: 1, seconds: 0 };

/// Which checkpoints are kept: by size, when so many had cosigned it that it counted.
#[derive(Debug, Default)]
pub(crate) struct Series(BTreeMap<u64, Timestamp>);

impl Series {
    /// Takes them up again, after a restart, by the names of their notes.
    pub(crate) fn of(names: &[String]) -> Self {
        Self(names.iter().filter_map(|name| kept(name)).collect())
    }

    /// Whether a checkpoint of `size` entries that counted at this time is to be kept: it is larger than
    /// all, and it is time.
    pub(crate) fn is_due(&self, size: u64, at: Timestamp) -> bool {
        let last = self.0.last_key_value();
        last.is_none_or(|(last, earlier)| size > *last && at >= earlier.plus(APART))
    }

    /// A checkpoint is kept. The name of a note to destroy, if there are too many now.
    pub(crate) fn push(&mut self, size: u64, at: Timestamp) -> Option<String> {
        self.0.insert(size, at);
        if self.0.len() <= MOST {
            return None;
        }
        let spare = self.spare()?;
        let at = self.0.remove(&spare)?;
        Some(note_of(spare, at))
    }

    /// The note with the smallest that is kept of at least `size` entries.
    pub(crate) fn from(&self, size: u64) -> Option<String> {
        let (size, at) = self.0.range(size..).next()?;
        Some(note_of(*size, *at))
    }

    /// The one that leaves the smallest gap: between whose neighbours the least time lies; of several, the
    /// oldest. The first and the last stay. So the gaps stay about as wide as one another.
    fn spare(&self) -> Option<u64> {
        let (before, own, after) =
            (self.0.values(), self.0.keys().skip(1), self.0.values().skip(2));
        let gaps = before.zip(own).zip(after);
        let gap = |((before, own), after): ((&Timestamp, &u64), &Timestamp)| {
            (after.seconds().saturating_sub(before.seconds()), *own)
        };
        gaps.map(gap).min().map(|(_, own)| own)
    }
}

/// The note with a checkpoint of so many entries that counted at this time.
pub(crate) fn note_of(size: u64, at: Timestamp) -> String {
    format!("{SERIES}{size:012}/{:012}", at.seconds())
}

/// What a note is of, by its name.
fn kept(name: &str) -> Option<(u64, Timestamp)> {
    let (size, at) = name.strip_prefix(SERIES)?.split_once('/')?;
    Some((size.parse().ok()?, Timestamp::from_seconds(at.parse().ok()?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 3_600;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + seconds).unwrap()
    }

    /// A log of which a checkpoint of ten entries more counts every hour.
    fn after(days: u64) -> (Series, Vec<String>) {
        let (mut series, mut gone) = (Series::default(), Vec::new());
        for hour in 0..days * 24 {
            let (size, at) = (hour * 10 + 1, at(hour * 3_600));
            if series.is_due(size, at) {
                gone.extend(series.push(size, at));
            }
        }
        (series, gone)
    }

    fn widest(series: &Series) -> u64 {
        let times: Vec<u64> = series.0.values().map(|at| at.seconds()).collect();
        times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap()
    }

    #[test]
    fn one_a_day_is_kept_whatever_the_log_says_meanwhile() {
        let (series, gone) = after(100);
        assert_eq!((series.0.len(), widest(&series), gone.len()), (100, DAY, 0));
        assert!(!series.is_due(100, at(1_000 * DAY)), "a smaller one is late");
        assert!(series.is_due(1_000_000, at(1_000 * DAY)) && Series::default().is_due(1, at(0)));
    }

    #[test]
    fn however_old_a_log_is_no_more_are_kept_and_they_are_spread_over_all_of_it() {
        for (days, gap) in [(1_024, 1), (1_025, 2), (2_046, 2), (2_048, 3), (3_650, 6)] {
            let (series, gone) = after(days);
            assert_eq!(series.0.len(), MOST, "{days} days");
            assert_eq!(gone.len() as u64, days - MOST as u64);
            assert_eq!(widest(&series), gap * DAY, "{days} days");
            // The first stays, and the last.
            assert_eq!(series.0.first_key_value(), Some((&1, &at(0))));
            assert_eq!(series.0.last_key_value().unwrap().1, &at((days - 1) * DAY));
        }
    }

    #[test]
    fn a_restart_knows_by_the_names_what_is_kept() {
        let (series, _) = after(30);
        let names: Vec<String> = series.0.iter().map(|(size, at)| note_of(*size, *at)).collect();
        let again = Series::of(&names);
        assert_eq!(again.0, series.0);
        // The smallest of so many entries; beyond the last there is none.
        assert_eq!(again.from(0), Some(note_of(1, at(0))));
        assert_eq!(again.from(2), Some(note_of(241, at(DAY))));
        assert_eq!(again.from(241), Some(note_of(241, at(DAY))));
        assert_eq!(again.from(1_000_000), None);
    }
}
