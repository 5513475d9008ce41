//! On which day a holiday falls.

use std::fmt;
use std::str::FromStr;

use concordat_terms::Date;
use serde::{Deserialize, Serialize};

use crate::weekday::{Week, Weekday};

/// The rule by which a holiday falls on a day of a year.
///
/// Written `12-25`, `easter`, `easter+39`, `easter-2`, `first monday of may`,
/// `saturday from 06-20` (the first on or after that day) or `2027-05-03` (that day alone).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum HolidayDay {
    /// The same month and day every year.
    Fixed(u8, u8),
    /// So many days after Easter Sunday of the Gregorian calendar; before it, if negative.
    Easter(i16),
    /// A weekday of a month.
    Nth(Week, Weekday, u8),
    /// The first such weekday on or after a month and day.
    From(Weekday, u8, u8),
    /// One day of one year.
    Once(Date),
}

/// A text that is no rule for a holiday.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a rule for a holiday: write `12-25`, `easter+1`, `first monday of may`, `saturday from 06-20` or `2027-05-03`"
)]
pub struct NotAHolidayDay(String);

impl HolidayDay {
    /// The day in a year, if the rule has one there.
    pub fn in_year(self, year: i16) -> Option<Date> {
        match self {
            Self::Fixed(month, day) => Date::new(year, month, day),
            Self::Easter(after) => Some(easter(year)?.plus_days(i64::from(after))),
            Self::Nth(week, weekday, month) => week.of(weekday, year, month),
            Self::From(weekday, month, day) => {
                Some(weekday.on_or_after(Date::new(year, month, day)?))
            }
            Self::Once(date) => (date.year() == year).then_some(date),
        }
    }
}

/// Easter Sunday of a year from 1970 on, by the Gregorian computus.
///
/// The epact and the Sunday letter are those of the tables of the calendar reform of 1582, as
/// arithmetic (see Meeus, *Astronomical Algorithms*, ch. 8).
pub fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (golden, century, of_century) = (y % 19, y / 100, y % 100);
    // Leap days that the Gregorian reform leaves out, and the drift of the moon.
    let moon = (8 * century + 13) / 25;
    let full = (19 * golden + century - century / 4 - moon + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - full - of_century % 4) % 7;
    let late = (golden + 11 * full + 22 * weekday) / 451;
    let march = full + weekday - 7 * late + 22;
    Some(Date::new(year, 3, 1)?.plus_days(i64::from(march) - 1))
}

impl FromStr for HolidayDay {
    type Err = NotAHolidayDay;

    fn from_str(text: &str) -> Result<Self, NotAHolidayDay> {
        parse(text).ok_or_else(|| NotAHolidayDay(text.chars().take(80).collect()))
    }
}

fn parse(text: &str) -> Option<HolidayDay> {
    if let Ok(date) = text.parse() {
        return Some(HolidayDay::Once(date));
    }
    if let Some(after) = text.strip_prefix("easter") {
        let days = match after.strip_prefix('+') {
            _ if after.is_empty() => 0,
            Some(digits) if digits.starts_with(|c: char| c.is_ascii_digit()) => {
                digits.parse().ok()?
            }
            None if after.starts_with('-') => after.parse().ok()?,
            _ => return None,
        };
        return (-100..=100).contains(&days).then_some(HolidayDay::Easter(days));
    }
    let words: Vec<&str> = text.split(' ').collect();
    match words.as_slice() {
        [day] => month_day(day).map(|(month, day)| HolidayDay::Fixed(month, day)),
        [week, weekday, "of", month] => {
            let month = Date::MONTHS.iter().position(|name| name.to_lowercase() == *month)? + 1;
            let month = u8::try_from(month).ok()?;
            Some(HolidayDay::Nth(Week::named(week)?, Weekday::named(weekday)?, month))
        }
        [weekday, "from", day] => {
            let (month, day) = month_day(day)?;
            Some(HolidayDay::From(Weekday::named(weekday)?, month, day))
        }
        _ => None,
    }
}

/// `06-20`; 29 February is a day.
fn month_day(text: &str) -> Option<(u8, u8)> {
    let date: Date = format!("2000-{text}").parse().ok()?;
    Some((date.month(), date.day()))
}

impl fmt::Display for HolidayDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(month, day) => write!(f, "{month:02}-{day:02}"),
            Self::Easter(0) => f.write_str("easter"),
            Self::Easter(after) => write!(f, "easter{after:+}"),
            Self::Nth(week, weekday, month) => {
                let name = Date::MONTHS.get(usize::from(month.saturating_sub(1))).unwrap_or(&"");
                let name = name.to_lowercase();
                write!(f, "{} {} of {name}", week.as_str(), weekday.as_str())
            }
            Self::From(weekday, month, day) => {
                write!(f, "{} from {month:02}-{day:02}", weekday.as_str())
            }
            Self::Once(date) => write!(f, "{date}"),
        }
    }
}

impl TryFrom<String> for HolidayDay {
    type Error = NotAHolidayDay;

    fn try_from(text: String) -> Result<Self, NotAHolidayDay> {
        text.parse()
    }
}

impl From<HolidayDay> for String {
    fn from(day: HolidayDay) -> Self {
        day.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published dates of Easter Sunday (Meeus; the tables of the Book of Common Prayer): month and
    /// day for 2024 to 2040, and the extremes.
    #[test]
    fn easter_falls_on_its_published_days() {
        let published = [
            (3, 31),
            (4, 20),
            (4, 5),
            (3, 28),
            (4, 16),
            (4, 1),
            (4, 21),
            (4, 13),
            (3, 28),
            (4, 17),
            (4, 9),
            (3, 25),
            (4, 13),
            (4, 5),
            (4, 25),
            (4, 10),
            (4, 1),
        ];
        for (year, (month, day)) in (2024..).zip(published) {
            assert_eq!(easter(year), Date::new(year, month, day), "{year}");
        }
        for (year, month, day) in [(1970, 3, 29), (2000, 4, 23), (2008, 3, 23), (2285, 3, 22)] {
            assert_eq!(easter(year), Date::new(year, month, day), "{year}");
        }
    }

    #[test]
    fn easter_is_a_sunday_between_22_march_and_25_april() {
        for year in 1970..9999 {
            let day = easter(year).unwrap();
            assert_eq!(Weekday::of(day), Weekday::Sunday, "{day}");
            assert!(
                Date::new(year, 3, 22).unwrap() <= day && day <= Date::new(year, 4, 25).unwrap()
            );
        }
    }

    #[test]
    fn a_rule_has_one_spelling() {
        for rule in [
            "12-25",
            "easter",
            "easter+39",
            "easter-2",
            "first monday of may",
            "02-29",
            "last monday of august",
            "saturday from 06-20",
            "2027-05-03",
        ] {
            assert_eq!(rule.parse::<HolidayDay>().unwrap().to_string(), rule);
        }
        for odd in
            ["13-01", "easter+", "easter1", "easter+101", "fifth monday of may", "monday", ""]
        {
            assert!(odd.parse::<HolidayDay>().is_err(), "{odd}");
        }
    }
}
