//! When a duty comes due: from its start, its clause, what was tolled and what was extended.

use concordat_agreement::Due;
use concordat_terms::{Period, Timestamp};

use super::Duty;

impl Duty {
    /// Until when it is to be done under a clause; none while its clock stands still.
    pub(super) fn due_under(&self, due: &Due) -> Option<Timestamp> {
        if self.tolled.iter().any(|toll| toll.until.is_none()) {
            return None;
        }
        let period = due.period.unwrap_or_default();
        let mut at = match due.on.filter(|_| due.after.is_none()) {
            Some(day) => day.start().plus(Period { months: 0, days: 1, seconds: 0 }).plus(period),
            None => self.started.plus(period),
        };
        if let Some(every) = due.every {
            at = at.plus(times(every, self.recurrence));
        }
        for more in &self.extended {
            at = at.plus(*more);
        }
        for toll in &self.tolled {
            // What stood still before the clock started does not count.
            let from = toll.from.max(self.started);
            let stood =
                toll.until.map_or(0, |until| until.seconds().saturating_sub(from.seconds()));
            let seconds = at.seconds().saturating_add(stood);
            at = Timestamp::from_seconds(seconds).unwrap_or(at);
        }
        Some(at)
    }
}

/// A period so many times over.
fn times(period: Period, count: u32) -> Period {
    Period {
        months: period.months.saturating_mul(count),
        days: period.days.saturating_mul(count),
        seconds: period.seconds.saturating_mul(count),
    }
}
