//! Days of the civil calendar.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{NotATime, Timestamp};

/// A day of the Gregorian calendar, written `2027-01-31`; from 1970-01-01 to 9999-12-30.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(jiff::civil::Date);

impl Date {
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
        let first = jiff::civil::Date::constant(1970, 1, 1);
        let last = jiff::civil::Date::constant(9999, 12, 30);
        if one_spelling && (first..=last).contains(&date) { Ok(Self(date)) } else { Err(fault()) }
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
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
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
}
