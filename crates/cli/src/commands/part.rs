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
        Self::asked(args.since.as_deref(), args.limit, seen)
    }

    pub(super) fn asked(
        moment: Option<&str>,
        limit: Option<usize>,
        seen: &Seen,
    ) -> Result<Self, Failure> {
        let since = moment.map(|moment| since(moment, seen)).transpose()?;
        Ok(Self { since, limit })
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

    /// Of all entries in order, the first that is not shown any more: `size`, if none is left out.
    pub(super) fn end(&self, size: u64) -> u64 {
        let limit = self.limit.and_then(|limit| u64::try_from(limit).ok());
        limit.map_or(size, |limit| self.since.unwrap_or(0).saturating_add(limit)).min(size)
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

/// The first entry of a moment: an index, a day or a time.
fn since(moment: &str, seen: &Seen) -> Result<u64, Failure> {
    if let Ok(index) = moment.parse() {
        return Ok(index);
    }
    let begins = |day: Date| format!("{day}T00:00:00Z").parse::<Timestamp>().ok();
    let time = moment.parse().ok().or_else(|| begins(moment.parse().ok()?));
    let Some(time) = time else {
        let hint = "write an index, a day like `2027-03-01` or a time like `2027-03-01T08:00:00Z`";
        let what = format!("`{moment}` is no moment of a log");
        return Err(Failure::usage("bad-moment", what, hint));
    };
    Ok(begins_at(seen.state(), &seen.entries()?, time))
}
