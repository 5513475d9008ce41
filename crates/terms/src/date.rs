//! Days of the civil calendar.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{NotATime, Timestamp};

/// A day of the Gregorian calendar, written `2027-01-31`; from 1970-01-01 to 9999-12-30.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(jiff::civil::Date);

const FIRST: jiff::civil::Date = jiff::civil::Date::constant(1970, 1, 1);
const LAST: jiff::civil::Date = jiff::civil::Date::constant(9999, 12, 30);

impl Date {
    /// The first day there is.
    pub const MIN: Self = Self(FIRST);
    /// The last day there is.
    pub const MAX: Self = Self(LAST);

    /// The months in English, from January on.
    pub const MONTHS: [&'static str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];

    /// A day by its year, month and day of the month, if there is such a day.
    pub fn new(year: i16, month: u8, day: u8) -> Option<Self> {
        let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
        let date = jiff::civil::Date::new(year, month, day).ok()?;
        (FIRST..=LAST).contains(&date).then_some(Self(date))
    }

    /// The year, 1970 to 9999.
    pub fn year(self) -> i16 {
        self.0.year()
    }

    /// The month, 1 to 12.
    pub fn month(self) -> u8 {
        self.0.month().unsigned_abs()
    }

    /// The day of the month, 1 to 31.
    pub fn day(self) -> u8 {
        self.0.day().unsigned_abs()
    }

    /// How many days it lies after 1970-01-01, which is 0 and was a Thursday.
    pub fn number(self) -> u32 {
        u32::try_from(self.start().seconds() / 86_400).unwrap_or_default()
    }

    /// So many days later, or earlier; the first or the last day where there is none.
    pub fn plus_days(self, days: i64) -> Self {
        let end = if days < 0 { Self::MIN } else { Self::MAX };
        let Ok(span) = jiff::Span::new().try_days(days) else { return end };
        self.0.checked_add(span).map_or(end, |date| Self(date.clamp(FIRST, LAST)))
    }

    /// Its first moment in UTC.
    pub fn start(self) -> Timestamp {
        let start = self.0.to_zoned(jiff::tz::TimeZone::UTC).map(|z| z.timestamp().as_second());
        let seconds = start.ok().and_then(|s| u64::try_from(s).ok()).unwrap_or_default();
        Timestamp::from_seconds(seconds).unwrap_or(Timestamp::EPOCH)
    }
}

impl FromStr for Date {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        let fault = || NotATime(text.chars().take(40).collect());
        let date: jiff::civil::Date = text.parse().map_err(|_| fault())?;
        let one_spelling = date.to_string() == text;
        if one_spelling && (FIRST..=LAST).contains(&date) { Ok(Self(date)) } else { Err(fault()) }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_one_spelling_and_a_first_moment() {
        let day: Date = "2028-02-29".parse().unwrap();
        assert_eq!(day.start().to_string(), "2028-02-29T00:00:00Z");
        for odd in
            ["2027-02-29", "2027-2-1", "20270201", "1969-12-31", "+002027-01-01", "today", ""]
        {
            assert!(odd.parse::<Date>().is_err(), "{odd}");
        }
    }

    #[test]
    fn days_are_counted_and_end_where_there_are_no_more() {
        let leap = Date::new(2028, 2, 29).unwrap();
        assert_eq!((leap.year(), leap.month(), leap.day()), (2028, 2, 29));
        assert_eq!(leap.plus_days(1).to_string(), "2028-03-01");
        assert_eq!(leap.plus_days(-60).to_string(), "2027-12-31");
        assert_eq!(Date::MIN.number(), 0);
        assert_eq!(Date::MIN.plus_days(i64::from(leap.number())), leap);
        assert_eq!((leap.plus_days(i64::MAX), leap.plus_days(i64::MIN)), (Date::MAX, Date::MIN));
        assert_eq!((Date::new(2027, 2, 29), Date::new(1969, 12, 31)), (None, None));
    }
}
