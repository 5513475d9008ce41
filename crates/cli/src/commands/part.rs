//! Which part of a list is shown.

use concordat_terms::{Date, Timestamp};

use super::look::Seen;
use crate::args::PartArgs;
use crate::failure::Failure;
use crate::out::Out;
use crate::search::begins_at;

/// Which part of a list is shown.
pub(super) struct Part {
    /// What came about by this entry and later.
    pub(super) since: Option<u64>,
    limit: Option<usize>,
}

impl Part {
    /// What was asked for, as an entry of the log.
    ///
    /// # Errors
    /// A moment that is none.
    pub(super) fn of(args: &PartArgs, seen: &Seen) -> Result<Self, Failure> {
        let since = args.since.as_deref().map(|moment| since(moment, seen)).transpose()?;
        Ok(Self { since, limit: args.limit })
    }

    /// Shows no more than so many, unless it was said how many are wanted.
    pub(super) fn limit_to(&mut self, most: usize) {
        self.limit.get_or_insert(most);
    }

    /// Leaves in a list what belongs to the part, by the entry by which each thing came about; says
    /// how much there is besides.
    pub(super) fn take<T>(&self, items: &mut Vec<T>, entry: impl Fn(&T) -> u64, out: Out) {
        items.retain(|item| self.has(entry(item)));
        let limit = self.limit.unwrap_or(usize::MAX);
        let more = items.len().saturating_sub(limit);
        items.truncate(limit);
        left_out(more as u64, out);
    }

    /// Whether what came about by an entry is late enough.
    pub(super) fn has(&self, entry: u64) -> bool {
        self.since.is_none_or(|since| entry >= since)
    }
}

/// Says how much there is besides.
pub(super) fn left_out(more: u64, out: Out) {
    if more > 0 {
        out.say(&format!("note: {more} more; `--limit` says how many are shown"));
    }
}

/// A moment of a log, as it is named.
#[derive(Clone, Copy)]
pub(super) enum Moment {
    /// An entry.
    Entry(u64),
    /// The log's time.
    Time(Timestamp),
}

impl Moment {
    /// An index, a day (its beginning, in UTC) or a time.
    ///
    /// # Errors
    /// A text that is none.
    pub(super) fn of(text: &str) -> Result<Self, Failure> {
        if let Ok(index) = text.parse() {
            return Ok(Self::Entry(index));
        }
        let begins = |day: Date| format!("{day}T00:00:00Z").parse::<Timestamp>().ok();
        let time = text.parse().ok().or_else(|| begins(text.parse().ok()?));
        time.map(Self::Time).ok_or_else(|| {
            let hint =
                "write an index, a day like `2027-03-01` or a time like `2027-03-01T08:00:00Z`";
            Failure::usage("bad-moment", format!("`{text}` is no moment of a log"), hint)
        })
    }

    /// Whether it has come with an entry, after which it is so late by the log.
    pub(super) fn has_come(self, index: u64, time: Option<Timestamp>) -> bool {
        match self {
            Self::Entry(first) => index >= first,
            Self::Time(first) => time.is_some_and(|time| time >= first),
        }
    }
}

/// The first entry of a moment.
fn since(moment: &str, seen: &Seen) -> Result<u64, Failure> {
    match Moment::of(moment)? {
        Moment::Entry(index) => Ok(index),
        Moment::Time(time) => begins_at(seen.state(), seen.entries(), time),
    }
}
