//! Time as the log tells it: whole seconds, and periods that keep their unit.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment: whole seconds since 1970-01-01T00:00:00Z, up to 9999-12-30T22:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

/// A text or number that is not a moment, or not a period.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a time: moments are like `2027-01-31T12:00:00Z`, periods like `P30D` or `PT4H`"
)]
pub struct NotATime(pub String);

// The last whole second jiff can hold.
const SECONDS_MAX: u64 = 253_402_207_200;

impl Timestamp {
    /// The last moment that can be said.
    pub const LAST: Self = Self(SECONDS_MAX);

    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// The moment `seconds` after the epoch.
    pub fn from_seconds(seconds: u64) -> Option<Self> {
        (seconds <= SECONDS_MAX).then_some(Self(seconds))
    }

    /// Seconds since the epoch.
    pub fn seconds(self) -> u64 {
        self.0
    }

    /// The calendar year it is in, UTC.
    pub fn year(self) -> u32 {
        let seconds = i64::try_from(self.0).unwrap_or(i64::MAX);
        let year = jiff::Timestamp::from_second(seconds)
            .map(|t| jiff::tz::Offset::UTC.to_datetime(t).year());
        year.ok().and_then(|year| u32::try_from(year).ok()).unwrap_or(9999)
    }

    /// This moment plus a period; a month is counted on the UTC calendar and a day that the
    /// month lacks becomes its last. Saturates at the last moment.
    pub fn plus(self, period: Period) -> Self {
        let last = Self(SECONDS_MAX);
        let seconds = i64::try_from(self.0).unwrap_or(i64::MAX);
        let Ok(start) = jiff::Timestamp::from_second(seconds) else { return last };
        let local = jiff::tz::Offset::UTC.to_datetime(start);
        let moved = (|| {
            let months = jiff::Span::new().try_months(i64::from(period.months)).ok()?;
            let days = jiff::Span::new().try_days(i64::from(period.days)).ok()?;
            let seconds = jiff::Span::new().try_seconds(i64::from(period.seconds)).ok()?;
            let date = local.checked_add(months).ok()?.checked_add(days).ok()?;
            jiff::tz::Offset::UTC.to_timestamp(date.checked_add(seconds).ok()?).ok()
        })();
        moved
            .and_then(|t| u64::try_from(t.as_second()).ok())
            .map_or(last, |s| Self(s.min(SECONDS_MAX)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = i64::try_from(self.0).map_err(|_| fmt::Error)?;
        let time = jiff::Timestamp::from_second(seconds).map_err(|_| fmt::Error)?;
        write!(f, "{time}")
    }
}

impl FromStr for Timestamp {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        let fault = || NotATime(text.chars().take(40).collect());
        let time: jiff::Timestamp = text.parse().map_err(|_| fault())?;
        let seconds = u64::try_from(time.as_second()).map_err(|_| fault())?;
        let parsed = Self::from_seconds(seconds).ok_or_else(fault)?;
        // One moment has one spelling: UTC, whole seconds, `Z`.
        if parsed.to_string() == text { Ok(parsed) } else { Err(fault()) }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer)
    }
}

/// A span of time in the units a contract uses: ISO 8601 `P1Y2M3W4DT5H6M7S`, without fractions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period {
    /// Calendar months (a year is twelve).
    pub months: u32,
    /// Calendar days (a week is seven).
    pub days: u32,
    /// Seconds (an hour is 3,600; hours never roll over a weekend).
    pub seconds: u32,
}

impl Period {
    /// A period of whole seconds.
    pub const fn of_seconds(seconds: u32) -> Self {
        Self { months: 0, days: 0, seconds }
    }
}

impl FromStr for Period {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        let fault = || NotATime(text.chars().take(40).collect());
        let body = text.strip_prefix('P').ok_or_else(fault)?;
        let (date, time) = match body.split_once('T') {
            Some((date, time)) if !time.is_empty() => (date, time),
            Some(_) => return Err(fault()),
            None => (body, ""),
        };
        if date.is_empty() && time.is_empty() {
            return Err(fault());
        }
        let mut period = Self::default();
        let add = |field: &mut u32, count: u32, each: u32| {
            let more = count.checked_mul(each)?;
            *field = field.checked_add(more)?;
            Some(())
        };
        for (count, unit) in designators(date, "YMWD").ok_or_else(fault)? {
            match unit {
                'Y' => add(&mut period.months, count, 12),
                'M' => add(&mut period.months, count, 1),
                'W' => add(&mut period.days, count, 7),
                _ => add(&mut period.days, count, 1),
            }
            .ok_or_else(fault)?;
        }
        for (count, unit) in designators(time, "HMS").ok_or_else(fault)? {
            match unit {
                'H' => add(&mut period.seconds, count, 3600),
                'M' => add(&mut period.seconds, count, 60),
                _ => add(&mut period.seconds, count, 1),
            }
            .ok_or_else(fault)?;
        }
        Ok(period)
    }
}

/// `3W4D` as pairs, each unit at most once and in the order of `units`.
fn designators(text: &str, units: &str) -> Option<Vec<(u32, char)>> {
    let mut found = Vec::new();
    let mut left = units;
    let mut digits = String::new();
    for c in text.chars() {
        if c.is_ascii_digit() {
            digits.push(c);
        } else {
            let (_, after) = left.split_once(c)?;
            left = after;
            found.push((digits.parse().ok()?, c));
            digits.clear();
        }
    }
    digits.is_empty().then_some(found)
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::default() {
            return f.write_str("P0D");
        }
        f.write_str("P")?;
        let date = [(self.months / 12, 'Y'), (self.months % 12, 'M'), (self.days, 'D')];
        for (count, unit) in date.into_iter().filter(|(count, _)| *count > 0) {
            write!(f, "{count}{unit}")?;
        }
        if self.seconds > 0 {
            f.write_str("T")?;
            let (hours, rest) = (self.seconds / 3600, self.seconds % 3600);
            let time = [(hours, 'H'), (rest / 60, 'M'), (rest % 60, 'S')];
            for (count, unit) in time.into_iter().filter(|(count, _)| *count > 0) {
                write!(f, "{count}{unit}")?;
            }
        }
        Ok(())
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn period(text: &str) -> Period {
        text.parse().unwrap()
    }

    #[test]
    fn a_moment_has_one_spelling() {
        assert_eq!(at("2027-01-31T12:00:00Z").to_string(), "2027-01-31T12:00:00Z");
        for bad in ["2027-01-31", "2027-01-31T12:00:00+00:00", "2027-01-31T12:00:00.5Z", "x"] {
            assert!(bad.parse::<Timestamp>().is_err(), "{bad}");
        }
        assert!(Timestamp::from_seconds(SECONDS_MAX + 1).is_none());
    }

    #[test]
    fn a_month_after_the_last_of_january_is_the_last_of_february() {
        let start = at("2027-01-31T12:00:00Z");
        assert_eq!(start.plus(period("P1M")), at("2027-02-28T12:00:00Z"));
        assert_eq!(start.plus(period("P30D")), at("2027-03-02T12:00:00Z"));
        assert_eq!(start.plus(period("PT36H")), at("2027-02-02T00:00:00Z"));
        let last = at("9999-12-30T22:00:00Z");
        for long in ["P1Y", "P4294967295M", "P4294967295D", "PT4294967295S"] {
            assert_eq!(last.plus(period(long)), last, "{long}");
        }
        assert_eq!(start.plus(period("P357913941Y")), last);
    }

    #[test]
    fn periods_keep_their_units() {
        for text in ["P30D", "P1Y2M", "PT4H", "P1DT1H1M1S", "P0D"] {
            assert_eq!(period(text).to_string(), text);
        }
        assert_eq!(period("P2W"), period("P14D"));
        for bad in ["", "P", "PT", "30D", "P1H", "PT1D", "P1.5D", "P-1D", "P1D1D", "P99999999999Y"]
        {
            assert!(bad.parse::<Period>().is_err(), "{bad}");
        }
    }
}
