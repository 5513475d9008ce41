//! Days of the week.

use concordat_terms::Date;
use serde::{Deserialize, Serialize};

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weekday {
    /// The first, as ISO 8601 counts.
    Monday,
    /// The second.
    Tuesday,
    /// The third.
    Wednesday,
    /// The fourth.
    Thursday,
    /// The fifth.
    Friday,
    /// The sixth.
    Saturday,
    /// The seventh.
    Sunday,
}

impl Weekday {
    /// All seven, from Monday.
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    /// The day of the week that a day is.
    pub fn of(date: Date) -> Self {
        // Day 0 was a Thursday.
        let index = (date.number() + 3) % 7;
        Self::ALL.get(index as usize).copied().unwrap_or(Self::Monday)
    }

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Monday => "monday",
            Self::Tuesday => "tuesday",
            Self::Wednesday => "wednesday",
            Self::Thursday => "thursday",
            Self::Friday => "friday",
            Self::Saturday => "saturday",
            Self::Sunday => "sunday",
        }
    }

    /// The weekday of this name.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|weekday| weekday.as_str() == word)
    }

    /// How many days after Monday it is, 0 to 6.
    const fn index(self) -> i64 {
        self as i64
    }

    /// The first such day on or after `date`.
    pub fn on_or_after(self, date: Date) -> Date {
        let ahead = (self.index() - Self::of(date).index()).rem_euclid(7);
        date.plus_days(ahead)
    }
}

/// Which one of its weekday in a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Week {
    /// The first.
    First,
    /// The second.
    Second,
    /// The third.
    Third,
    /// The fourth.
    Fourth,
    /// The last.
    Last,
}

impl Week {
    /// All, in order.
    pub const ALL: [Self; 5] = [Self::First, Self::Second, Self::Third, Self::Fourth, Self::Last];

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Second => "second",
            Self::Third => "third",
            Self::Fourth => "fourth",
            Self::Last => "last",
        }
    }

    /// The one of this name.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|week| week.as_str() == word)
    }

    /// The day of a month: the second Monday of May 2027. Of the months of the last year there are,
    /// none.
    pub fn of(self, weekday: Weekday, year: i16, month: u8) -> Option<Date> {
        if self == Self::Last {
            let next =
                if month == 12 { Date::new(year + 1, 1, 1) } else { Date::new(year, month + 1, 1) };
            return Some(weekday.on_or_after(next?.plus_days(-7)));
        }
        let first = weekday.on_or_after(Date::new(year, month, 1)?);
        Some(first.plus_days(7 * (self as i64)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekdays_of_a_month_are_found() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        assert_eq!(Weekday::of(day("2026-11-21")), Weekday::Saturday);
        assert_eq!(Week::First.of(Weekday::Monday, 2027, 5), Some(day("2027-05-03")));
        assert_eq!(Week::Last.of(Weekday::Monday, 2027, 5), Some(day("2027-05-31")));
        assert_eq!(Week::Last.of(Weekday::Sunday, 2027, 12), Some(day("2027-12-26")));
        assert_eq!(Week::Fourth.of(Weekday::Thursday, 2026, 11), Some(day("2026-11-26")));
    }
}
