//! One period from one start, with more or less time added.

use concordat_terms::{Date, Period, Timestamp};

use super::{Deadline, Reckoning, earlier, later};
use crate::calendar::{Calendar, WorkingDays};

/// How far a deadline rolls at most, in days: no calendar keeps one off for longer.
const ROLL_MOST: u32 = 31;

/// How many working days are counted one by one: a century of them.
const WORKING_MOST: u32 = 26_100;

const DAY: u64 = 86_400;

/// A period from a start, as far as it does not hang on time added.
pub(super) struct Reckoned<'c> {
    period: Period,
    /// When it ends if a day is 24 hours and a month one of the UTC calendar.
    exact: Timestamp,
    /// When it ends at the earliest.
    earliest: Timestamp,
    days: Option<Days<'c>>,
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
        let exact = start.plus(period);
        let thirty = u64::from(period.months) * 30 + u64::from(period.days);
        let earliest = later(start, thirty * DAY + u64::from(period.seconds)).min(exact);
        let in_days = period.seconds == 0 && period != Period::default();
        let calendar = reckoning.calendar().filter(|_| in_days);
        let days = calendar.map(|calendar| Days::of(start, period, reckoning, calendar));
        Self { period, exact, earliest, days }
    }

    /// The deadline, if the clock stood still for so many seconds.
    pub(super) fn deadline(&mut self, stood: u64) -> Deadline {
        let legal = match &mut self.days {
            None => later(self.exact, stood),
            Some(days) => days.end(self.period, stood),
        };
        Deadline { legal, alarm: later(self.earliest, stood).min(legal) }
    }
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
        let counted = matches!(reckoning, Reckoning::Working(_)) && period.days <= WORKING_MOST;
        days.last = if counted {
            days.working_days_after(from, period.days)
        } else {
            from.plus_days(i64::from(period.days))
        };
        days
    }

    /// The first moment after the last day, if the clock stood still for so many seconds.
    fn end(&mut self, period: Period, stood: u64) -> Timestamp {
        let end = earlier(later(self.calendar.end_of(self.last), stood));
        let mut last = self.calendar.day_of(end).max(self.last);
        if !matches!(self.reckoning, Reckoning::Local(_)) {
            last = self.rolled(last);
        }
        if matches!(self.reckoning, Reckoning::Rolling(_)) && (period.months > 0 || period.days > 1)
        {
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
