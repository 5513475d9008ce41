//! One period from one start, with more or less time added.

use concordat_terms::{Date, Period, Timestamp};

use super::{Deadline, Reckoning, earlier, later};
use crate::calendar::{Calendar, WorkingDays};

/// How far a deadline rolls at most, in days: no calendar keeps one off for longer.
const ROLL_MOST: u32 = 31;

/// How many working days are counted one by one: ten years of them. No clause costs whoever folds
/// it more than a moment.
const WORKING_MOST: u32 = 2_610;

const DAY: u64 = 86_400;

/// A period from a start, and how far it has been moved by time in which the clock stood still.
pub(super) struct Reckoned<'c> {
    /// When it ends, before that rolls to the end of a day.
    end: Timestamp,
    /// When it ends at the earliest.
    earliest: Timestamp,
    days: Option<Days<'c>>,
    months: u32,
    length: u32,
}

/// A period that is counted in days of a calendar.
struct Days<'c> {
    reckoning: Reckoning<'c>,
    calendar: &'c Calendar,
    working: WorkingDays<'c>,
    /// The day of the event.
    first: Date,
    /// The last day, before it rolls.
    last: Date,
}

impl<'c> Reckoned<'c> {
    pub(super) fn of(start: Timestamp, period: Period, reckoning: Reckoning<'c>) -> Self {
        let Period { months, days: length, seconds } = period;
        let exact = start.plus(period);
        let shortest = shortest(months) + u64::from(length);
        let earliest = later(start, shortest * DAY + u64::from(seconds)).min(exact);
        let in_days = seconds == 0 && period != Period::default();
        let calendar = reckoning.calendar().filter(|_| in_days);
        let days = calendar.map(|calendar| Days::of(start, period, reckoning, calendar));
        let end = days.as_ref().map_or(exact, |days| days.calendar.end_of(days.last));
        Self { end, earliest, days, months, length }
    }

    pub(super) fn deadline(&mut self) -> Deadline {
        let legal = match &mut self.days {
            None => self.end,
            Some(days) => days.end(self.end, self.months > 0 || self.length > 1),
        };
        Deadline { legal, alarm: self.earliest.min(legal) }
    }

    /// The clock stood still from a moment, before it had run out by `before`, for so long.
    pub(super) fn stood(&mut self, from: Timestamp, seconds: u64, before: Deadline) {
        // What was left is left: until the end, or beyond it, of what it rolls to.
        let end = if from < self.end { self.end } else { before.legal };
        self.end = later(end, seconds);
        self.earliest = later(self.earliest, seconds);
    }
}

/// How many days so many months have at least, if a month may also be read as thirty days: one has
/// 28, two 59, three 89, and more thirty each.
fn shortest(months: u32) -> u64 {
    let short = match months {
        1 => 2,
        2 | 3 => 1,
        _ => 0,
    };
    u64::from(months) * 30 - short
}

impl<'c> Days<'c> {
    fn of(
        start: Timestamp,
        period: Period,
        reckoning: Reckoning<'c>,
        calendar: &'c Calendar,
    ) -> Self {
        let first = calendar.day_of(start);
        let mut days =
            Self { reckoning, calendar, working: WorkingDays::of(calendar), first, last: first };
        let from = months_after(first, period.months);
        days.last = if matches!(reckoning, Reckoning::Working(_)) {
            // Of what is beyond, so many working days as a week has are a week.
            let week = 7 - u32::try_from(calendar.weekend.len().min(6)).unwrap_or_default();
            let beyond = period.days.saturating_sub(WORKING_MOST);
            let from = from.plus_days(i64::from(beyond / week) * 7);
            days.working_days_after(from, period.days - beyond + beyond % week)
        } else {
            from.plus_days(i64::from(period.days))
        };
        days
    }

    /// The end of the day in which a moment falls that the period ends with, or of the one that it
    /// rolls to.
    fn end(&mut self, end: Timestamp, two_or_more: bool) -> Timestamp {
        let mut last = self.calendar.day_of(earlier(end)).max(self.last);
        if !matches!(self.reckoning, Reckoning::Local(_)) {
            last = self.rolled(last);
        }
        if matches!(self.reckoning, Reckoning::Rolling(_)) && two_or_more {
            last = last.max(self.working_days_after(self.first, 2));
        }
        self.calendar.end_of(last)
    }

    /// The day itself if it is worked, else the next that is.
    fn rolled(&mut self, day: Date) -> Date {
        let mut ahead = (0..=ROLL_MOST).map(|days| day.plus_days(i64::from(days)));
        ahead.find(|day| self.working.contains(*day)).unwrap_or(day)
    }

    /// The day on which so many working days after a day have passed.
    fn working_days_after(&mut self, day: Date, count: u32) -> Date {
        let mut day = day;
        for _ in 0..count {
            day = self.rolled(day.plus_days(1));
        }
        day
    }
}

/// The day of the same number so many months later, or that month's last.
fn months_after(day: Date, months: u32) -> Date {
    let month = i64::from(day.year()) * 12 + i64::from(day.month()) - 1 + i64::from(months);
    let Ok(year) = i16::try_from(month / 12) else { return Date::MAX };
    let month = u8::try_from(month % 12).unwrap_or_default() + 1;
    let numbers = (28..=day.day().max(28)).rev().filter(|number| *number <= day.day());
    let same = Date::new(year, month, day.day());
    same.or_else(|| numbers.into_iter().find_map(|number| Date::new(year, month, number)))
        .unwrap_or(Date::MAX)
}
