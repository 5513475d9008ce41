//! A duty's clock: when it comes due, from its start, its clause, what was tolled and what was
//! extended.

use concordat_agreement::{Days, Due};
use concordat_evidence::calendar::{Calendar, Calendars};
use concordat_evidence::clock::{Interval, Reckoning, due};
use concordat_terms::{Date, Period, Timestamp};

use super::Duty;

const ONE_DAY: Period = Period { months: 0, days: 1, seconds: 0 };

impl Duty {
    /// Until when it is to be done under a clause; none while its clock stands still.
    pub(super) fn due_under(&self, clause: &Due) -> Option<Timestamp> {
        let mut tolls = Vec::new();
        for toll in &self.tolled {
            tolls.push(Interval { from: toll.from, until: toll.until? });
        }
        Some(self.reckoned(clause, &tolls, &self.extended))
    }

    /// When it would be due had nothing stopped its clock and nobody given it more time: the next
    /// time it comes round is counted from there.
    pub(super) fn due_by_itself(&self, clause: &Due) -> Timestamp {
        self.reckoned(clause, &[], &[])
    }

    fn reckoned(&self, clause: &Due, tolls: &[Interval], extended: &[Period]) -> Timestamp {
        let again = times(clause.every.unwrap_or_default(), self.recurrence);
        let mut whole = sum(clause.period.unwrap_or_default(), again);
        // More days are days of the same period, so that only its last one rolls. More hours are
        // hours after its end.
        let mut hours = 0;
        for more in extended {
            whole = sum(whole, Period { seconds: 0, ..*more });
            hours = u32::saturating_add(hours, more.seconds);
        }
        let end = match clause.on.filter(|_| clause.after.is_none()) {
            Some(day) => {
                hours = hours.saturating_add(whole.seconds);
                end_of(day_after(day, whole), clause, tolls)
            }
            None => due(self.started, whole, reckoning(clause), tolls).legal,
        };
        end.plus(Period { months: 0, days: 0, seconds: hours })
    }
}

/// When a period that a clause's days count has ended: a cure period.
pub(super) fn ended(start: Timestamp, period: Period, clause: &Due) -> Timestamp {
    due(start, period, reckoning(clause), &[]).legal
}

/// How a clause has days counted. What the rules have no calendar of is counted without one.
fn reckoning(clause: &Due) -> Reckoning<'static> {
    match (calendar(clause), clause.days) {
        (None, _) => Reckoning::Exact,
        (Some(calendar), None) => Reckoning::Rolling(calendar),
        (Some(calendar), Some(Days::Working)) => Reckoning::Working(calendar),
    }
}

fn calendar(clause: &Due) -> Option<&'static Calendar> {
    Calendars::builtin().get(clause.calendar.as_ref()?)
}

/// The end of a day, or of the day to which it rolls.
fn end_of(day: Date, clause: &Due, tolls: &[Interval]) -> Timestamp {
    let eve = day.plus_days(-1);
    let (start, reckoning) = match calendar(clause) {
        None => (day.start(), Reckoning::Exact),
        Some(calendar) => {
            let last = calendar.end_of(eve).seconds().saturating_sub(1);
            let last = Timestamp::from_seconds(last).unwrap_or(eve.start());
            (last, Reckoning::Rolling(calendar))
        }
    };
    due(start, ONE_DAY, reckoning, tolls).legal
}

/// A day so much later; of hours only whole days count.
fn day_after(day: Date, period: Period) -> Date {
    let later = day.start().plus(Period { seconds: 0, ..period });
    let days = later.seconds().saturating_sub(day.start().seconds()) / 86_400;
    day.plus_days(i64::try_from(days).unwrap_or(i64::MAX))
}

fn sum(one: Period, other: Period) -> Period {
    Period {
        months: one.months.saturating_add(other.months),
        days: one.days.saturating_add(other.days),
        seconds: one.seconds.saturating_add(other.seconds),
    }
}

/// A period so many times over; one that cannot be counted lies beyond every calendar, so that each
/// time is later than the one before.
fn times(period: Period, count: u32) -> Period {
    let all = || {
        Some(Period {
            months: period.months.checked_mul(count)?,
            days: period.days.checked_mul(count)?,
            seconds: period.seconds.checked_mul(count)?,
        })
    };
    all().unwrap_or(Period { months: u32::MAX, days: 0, seconds: 0 })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_counted_lies_after_everything() {
        let every = Period { months: 0, days: 0, seconds: u32::MAX };
        let start = Timestamp::from_seconds(0).unwrap();
        let due = |nth| start.plus(times(every, nth));
        assert!(due(1) < due(2) && due(2) == due(3), "the last moment there is");
        assert!(due(3).plus(ONE_DAY) <= due(3));
    }
}
