//! Time zones as data: what a machine knows of the world's clocks must not change a verdict.

use concordat_terms::{Date, Period, Timestamp};
use serde::{Deserialize, Serialize};

use crate::name::ZoneId;
use crate::weekday::{Week, Weekday};

const DAY: i64 = 86_400;

/// What the clocks of a place show: an offset from UTC, and another in summer.
///
/// The rule of today, held to be the rule of every year: a history of clocks is not kept, since no
/// log is older than its agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// Its name among zones.
    pub id: ZoneId,
    /// What it is, for people.
    pub title: String,
    /// The offset from UTC when it is not summer.
    pub standard: Offset,
    /// Summer time, where there is any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summer: Option<Summer>,
}

/// Summer time: another offset for a part of the year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summer {
    /// The offset from UTC in summer, more than the standard one.
    pub offset: Offset,
    /// When it begins.
    pub begins: Change,
    /// When it ends; in the southern half of the world earlier in the year than it begins.
    pub ends: Change,
}

/// When clocks are changed: `last sunday of march at 01:00 UTC` (Directive 2000/84/EC, Art. 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The month, 1 to 12.
    pub month: u8,
    /// Which one of its weekday in the month.
    pub week: Week,
    /// The weekday.
    pub weekday: Weekday,
    /// The time of day, as the clock below shows it before the change.
    pub at: TimeOfDay,
    /// Whose time of day.
    pub clock: ChangeClock,
}

/// Which clock shows the hour of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeClock {
    /// Universal time: all zones of the European Union change at once.
    Utc,
    /// The zone's standard time, in summer too.
    Standard,
    /// What clocks show before they are changed.
    Wall,
}

/// An offset from UTC in seconds, written `+01:00`; less than fifteen hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Offset(i32);

/// A time of day in seconds after midnight, written `02:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(u32);

/// A text that is no offset or time of day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no time of a clock: an offset is like `+05:30`, a time of day like `02:00`")]
pub struct NotAClock(String);

impl Offset {
    /// Seconds east of Greenwich; negative to the west.
    pub const fn seconds(self) -> i32 {
        self.0
    }
}

/// `HH:MM` in seconds.
fn clock(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    if !two(hours) || !two(minutes) {
        return None;
    }
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(hours * 3_600 + minutes * 60)
}

fn written(seconds: u32) -> String {
    format!("{:02}:{:02}", seconds / 3_600, seconds % 3_600 / 60)
}

impl TryFrom<String> for Offset {
    type Error = NotAClock;

    fn try_from(text: String) -> Result<Self, NotAClock> {
        let parsed = text.split_at_checked(1).and_then(|(sign, rest)| {
            let seconds = i32::try_from(clock(rest)?).ok().filter(|s| *s < 15 * 3_600)?;
            match sign {
                "+" => Some(seconds),
                "-" => Some(-seconds),
                _ => None,
            }
        });
        parsed.map(Self).ok_or(NotAClock(text))
    }
}

impl From<Offset> for String {
    fn from(offset: Offset) -> Self {
        let sign = if offset.0 < 0 { '-' } else { '+' };
        format!("{sign}{}", written(offset.0.unsigned_abs()))
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = NotAClock;

    fn try_from(text: String) -> Result<Self, NotAClock> {
        clock(&text).map(Self).ok_or(NotAClock(text))
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        written(time.0)
    }
}

impl Change {
    /// The moment of the change in a year, in seconds since the epoch; `before` is the offset that
    /// clocks show until then.
    fn in_year(self, year: i16, standard: i32, before: i32) -> Option<i64> {
        let day = self.week.of(self.weekday, year, self.month)?;
        let local = i64::from(day.number()) * DAY + i64::from(self.at.0);
        let offset = match self.clock {
            ChangeClock::Utc => 0,
            ChangeClock::Standard => standard,
            ChangeClock::Wall => before,
        };
        Some(local - i64::from(offset))
    }
}

impl Zone {
    /// What is wrong with it: summer that would belong to two years, that is not ahead of the
    /// standard time by up to two hours, or at whose end a day would come back that was over.
    pub fn fault(&self) -> Option<&'static str> {
        let summer = self.summer.as_ref()?;
        let months = [summer.begins.month, summer.ends.month];
        if months.iter().any(|month| !(2..=11).contains(month))
            || summer.begins.month == summer.ends.month
        {
            return Some("summer does not begin and end in two months from 2 to 11");
        }
        let ahead = summer.offset.0 - self.standard.0;
        if !(1..=7_200).contains(&ahead) {
            return Some("summer is not ahead of the standard time by up to two hours");
        }
        let at = i32::try_from(summer.ends.at.0).unwrap_or_default();
        let wall = match summer.ends.clock {
            ChangeClock::Utc => at + summer.offset.0,
            ChangeClock::Standard => at + ahead,
            ChangeClock::Wall => at,
        };
        (1..ahead).contains(&wall.rem_euclid(86_400)).then_some("clocks are put back over midnight")
    }

    /// The begin and the end of summer in a year, and its offset.
    fn summer_of(&self, year: i16) -> Option<(i64, i64, i32)> {
        let summer = self.summer.as_ref()?;
        let (standard, offset) = (self.standard.0, summer.offset.0);
        let begins = summer.begins.in_year(year, standard, standard)?;
        let ends = summer.ends.in_year(year, standard, offset)?;
        Some((begins, ends, offset))
    }

    /// The offset from UTC in seconds at a moment, in seconds since the epoch.
    fn offset_at(&self, moment: i64) -> i32 {
        let day = day_at(moment + i64::from(self.standard.0));
        let Some((begins, ends, offset)) = self.summer_of(day.year()) else {
            return self.standard.0;
        };
        let summer = if begins < ends {
            (begins..ends).contains(&moment)
        } else {
            moment < ends || moment >= begins
        };
        if summer { offset } else { self.standard.0 }
    }

    /// The local day of a moment; the first or last day where there is none.
    pub fn day_of(&self, moment: Timestamp) -> Date {
        let moment = i64::try_from(moment.seconds()).unwrap_or(i64::MAX / 2);
        day_at(moment + i64::from(self.offset_at(moment)))
    }

    /// The first moment after a local day; the last moment where there is none.
    pub fn end_of(&self, day: Date) -> Timestamp {
        let midnight = (i64::from(day.number()) + 1) * DAY;
        let standard = midnight - i64::from(self.standard.0);
        let in_summer = self.summer.as_ref().map_or(standard, |s| midnight - i64::from(s.offset.0));
        // Midnight by one of the two clocks; the first, where clocks are put back to it; where they
        // are put forward over it, the moment at which they are.
        let shows = |moment: i64| moment + i64::from(self.offset_at(moment)) == midnight;
        let (first, last) = (standard.min(in_summer), standard.max(in_summer));
        let end = if shows(first) {
            first
        } else if shows(last) {
            last
        } else {
            let (begins, ends, _) = self.summer_of(day_at(last).year()).unwrap_or_default();
            [begins, ends].into_iter().find(|at| (first..=last).contains(at)).unwrap_or(last)
        };
        let last = || Timestamp::EPOCH.plus(Period { months: u32::MAX, ..Period::default() });
        u64::try_from(end)
            .map_or(Timestamp::EPOCH, |s| Timestamp::from_seconds(s).unwrap_or_else(last))
    }
}

fn day_at(local: i64) -> Date {
    Date::MIN.plus_days(local.max(0) / DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_once_where_clocks_are_put_back_to_midnight() {
        let change = |month, at: &str| Change {
            month,
            week: Week::First,
            weekday: Weekday::Monday,
            at: at.to_owned().try_into().unwrap(),
            clock: ChangeClock::Wall,
        };
        let offset = |text: &str| Offset::try_from(text.to_owned()).unwrap();
        let zone = |begins, ends| {
            let summer = Summer { offset: offset("+01:00"), begins, ends };
            let (id, title) = ("any".parse().unwrap(), String::new());
            Zone { id, title, standard: offset("+00:00"), summer: Some(summer) }
        };
        let (sunday, monday) = ("2027-10-03".parse().unwrap(), "2027-10-04".parse().unwrap());
        let ends = |zone: &Zone| [zone.end_of(sunday), zone.end_of(monday)].map(|t| t.to_string());
        // From 01:00 to midnight: Monday has begun already, and has 25 hours.
        let back = zone(change(3, "02:00"), change(10, "01:00"));
        assert_eq!(ends(&back), ["2027-10-03T23:00:00Z", "2027-10-05T00:00:00Z"]);
        // From midnight to 23:00: Sunday has 25 hours.
        let back = zone(change(3, "02:00"), change(10, "00:00"));
        assert_eq!(ends(&back), ["2027-10-04T00:00:00Z", "2027-10-05T00:00:00Z"]);
        // From 23:30 to 00:30: Monday begins half an hour late.
        let forward = zone(change(10, "23:30"), change(4, "02:00"));
        assert_eq!(ends(&forward), ["2027-10-04T00:00:00Z", "2027-10-04T23:30:00Z"]);
        // From 00:30 to 23:30 a day would come back that was over.
        let over = zone(change(3, "02:00"), change(10, "00:30"));
        assert!(over.fault().is_some() && back.fault().is_none() && forward.fault().is_none());
    }
}
