//! What a period means, and when it has ended.

mod reckon;

use concordat_terms::{Date, Period, Timestamp};
use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;
use reckon::Reckoned;

/// How the days of a period are counted. Hours are counted alike in all of them: exactly, through
/// nights, weekends and holidays (Reg. (EEC, Euratom) No 1182/71, Art. 3(4), rolls only periods
/// "expressed otherwise than in hours").
#[derive(Clone, Copy, Debug)]
pub enum Reckoning<'c> {
    /// A day is 24 hours and a month one of the UTC calendar; nothing rolls. Of a duty that names
    /// no calendar.
    Exact,
    /// Days of the local calendar: the day of the event is not counted, and the period ends with
    /// its last day, worked or not.
    Local(&'c Calendar),
    /// Reg. 1182/71, Art. 3: as [`Reckoning::Local`], but a period that would end on a day that is
    /// not worked ends with the next one that is (4), and one of two days or more has at least two
    /// working days in it (5).
    Rolling(&'c Calendar),
    /// Of the days, only those that are worked count; a month is a month, and the last day rolls.
    Working(&'c Calendar),
}

impl<'c> Reckoning<'c> {
    /// The calendar that it counts on.
    pub fn calendar(self) -> Option<&'c Calendar> {
        match self {
            Self::Exact => None,
            Self::Local(calendar) | Self::Rolling(calendar) | Self::Working(calendar) => {
                Some(calendar)
            }
        }
    }
}

/// When a period has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Deadline {
    /// The first moment at which it is too late, as the law reckons. Of a period in days, the first
    /// after the last day.
    pub legal: Timestamp,
    /// The earliest reasonable reading: `start + N × 24 h`, months as short as they come: one of 28
    /// days, two of 59, three of 89, more of thirty each. Never after `legal`: whoever acts before
    /// it is in time however one counts.
    pub alarm: Timestamp,
}

impl Deadline {
    /// Whether it is too late at a moment.
    pub fn is_past(self, at: Timestamp) -> bool {
        at >= self.legal
    }

    /// The last local day on which it is not too late.
    pub fn last_day(self, calendar: &Calendar) -> Date {
        calendar.day_of(earlier(self.legal))
    }
}

/// A time in which a clock stood still: from the act that tolled it to the one that resumed it.
///
/// Of a clock that still stands still `until` is the present moment: its deadline moves on with
/// every tick and lies ahead of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Interval {
    /// The first moment in it.
    pub from: Timestamp,
    /// The first moment after it.
    pub until: Timestamp,
}

/// When a period that began at `start` has ended.
///
/// * A period that names hours, minutes or seconds, alone or beside days (`P1DT4H`), is one of
///   hours: each day of it is 24 hours, each month one of the UTC calendar, and nothing rolls. That
///   is its earliest reading. Art. 3(1) of Reg. 1182/71 would not count the hour of the event
///   itself, and so ends up to an hour later; no duty should be planned to use it.
/// * A period of days, weeks, months or years is counted by the reckoning. The day of the event is
///   not counted. Months come before days: the last month's day of the same number, or its last
///   day (Art. 3(2)(c)).
/// * An empty period is over at once.
/// * Time in which the clock stood still is added: to hours exactly; to days, the end of the last
///   day is moved by it, the day in which it then falls is the last, and that rolls as before. If
///   the clock was stopped when only the days were left to which the last one rolls, the end of
///   those is moved. A clock that has run out cannot be stopped any more, and overlapping times
///   count once.
///
/// A due date is never edited: it is computed again from the same beginning. Never before `start`,
/// and monotone in it, with one exception: of months without a calendar, starts on days that the
/// last month lacks share its last day and keep their times of day. Of working
/// days beyond ten years of them, whole weeks are counted whatever holidays they have.
pub fn due(
    start: Timestamp,
    period: Period,
    reckoning: Reckoning<'_>,
    tolls: &[Interval],
) -> Deadline {
    let mut reckoned = Reckoned::of(start, period, reckoning);
    let mut tolls = tolls.to_vec();
    tolls.sort();
    let mut seen = start;
    let mut deadline = reckoned.deadline();
    for toll in tolls {
        let from = toll.from.max(seen);
        if from >= deadline.legal {
            break;
        }
        if toll.until > from {
            reckoned.stood(from, toll.until.seconds() - from.seconds(), deadline);
            seen = toll.until;
            deadline = reckoned.deadline();
        }
    }
    deadline
}

/// The second before.
fn earlier(moment: Timestamp) -> Timestamp {
    Timestamp::from_seconds(moment.seconds().saturating_sub(1)).unwrap_or(moment)
}

/// So many seconds later; saturates at the last moment.
fn later(moment: Timestamp, seconds: u64) -> Timestamp {
    let last = || moment.plus(Period { months: u32::MAX, days: 0, seconds: 0 });
    moment.seconds().checked_add(seconds).and_then(Timestamp::from_seconds).unwrap_or_else(last)
}
