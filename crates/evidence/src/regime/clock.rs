//! How long a row gives.

use std::fmt;

use concordat_terms::{Date, Period, Timestamp};
use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;
use crate::clock::{Deadline, Interval, Reckoning, due};

/// How long a row gives, and how that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Clock {
    /// How long.
    pub within: Within,
    /// How days are counted.
    pub calc: Calc,
    /// From when.
    pub from: ClockStart,
}

/// How long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Within {
    /// At once.
    Immediately,
    /// Without undue delay: no day is fixed, and the time has begun.
    UndueDelay,
    /// So long.
    Period(Period),
    /// So many working days.
    WorkingDays(u32),
}

/// How days are counted; see [`Reckoning`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Calc {
    /// As 24 hours each.
    #[default]
    Utc24,
    /// As local days; the last one need not be worked.
    Local,
    /// By Reg. (EEC, Euratom) No 1182/71, Art. 3.
    Reg1182,
}

/// From when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClockStart {
    /// From the event.
    #[default]
    Event,
    /// From the end of the calendar year of the event (45 CFR 164.408(c)).
    YearEnd,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Unit {
    H,
    D,
    Bd,
    W,
    Month,
    Year,
    UndueDelay,
    Immediately,
}

/// As a clock is written: `{ n = 15, unit = "d", calc = "reg1182" }`, `{ unit = "undue-delay" }`.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    n: Option<u32>,
    unit: Unit,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    calc: Option<Calc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<ClockStart>,
}

/// A clock that says too much or too little.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAClockOfARow {
    /// No number, or one that is too large.
    #[error("a clock of this unit is not without `n`, from 1 to 10000")]
    Number,
    /// A number where none belongs.
    #[error("a clock of `undue-delay` or `immediately` is not with `n`, `calc` or `from`")]
    Word,
    /// It does not say how days are counted.
    #[error("a clock of days, weeks, months or years is not without `calc`")]
    Calc,
    /// Hours and working days are counted in one way only.
    #[error("a clock of hours is not with `calc` or `from`, one of working days not with `calc`")]
    NoCalc,
}

impl TryFrom<Written> for Clock {
    type Error = NotAClockOfARow;

    fn try_from(written: Written) -> Result<Self, NotAClockOfARow> {
        let Written { n, unit, calc, from } = written;
        let word = match unit {
            Unit::UndueDelay => Some(Within::UndueDelay),
            Unit::Immediately => Some(Within::Immediately),
            _ => None,
        };
        if let Some(within) = word {
            let more = n.is_some() || calc.is_some() || from.is_some();
            let clock = Self { within, calc: Calc::default(), from: ClockStart::default() };
            return if more { Err(NotAClockOfARow::Word) } else { Ok(clock) };
        }
        let n = n.filter(|n| (1..=10_000).contains(n)).ok_or(NotAClockOfARow::Number)?;
        let period = |months, days, seconds| Within::Period(Period { months, days, seconds });
        let within = match unit {
            Unit::H => period(0, 0, n * 3_600),
            Unit::W => period(0, n * 7, 0),
            Unit::Month => period(n, 0, 0),
            Unit::Year => period(n * 12, 0, 0),
            Unit::Bd => Within::WorkingDays(n),
            _ => period(0, n, 0),
        };
        let calc = match (unit, calc) {
            (Unit::H | Unit::Bd, Some(_)) => return Err(NotAClockOfARow::NoCalc),
            (Unit::H, None) if from.is_some() => return Err(NotAClockOfARow::NoCalc),
            (Unit::H | Unit::Bd, None) => Calc::default(),
            (_, calc) => calc.ok_or(NotAClockOfARow::Calc)?,
        };
        Ok(Self { within, calc, from: from.unwrap_or_default() })
    }
}

impl From<Clock> for Written {
    fn from(clock: Clock) -> Self {
        let (n, unit) = match clock.within {
            Within::Immediately => (None, Unit::Immediately),
            Within::UndueDelay => (None, Unit::UndueDelay),
            Within::WorkingDays(n) => (Some(n), Unit::Bd),
            Within::Period(Period { months, days, seconds }) => match (months, days) {
                (0, 0) => (Some(seconds / 3_600), Unit::H),
                (0, days) => (Some(days), Unit::D),
                (months, _) => (Some(months), Unit::Month),
            },
        };
        let counted = matches!(unit, Unit::D | Unit::Month);
        let from = (clock.from != ClockStart::Event).then_some(clock.from);
        Self { n, unit, calc: counted.then_some(clock.calc), from }
    }
}

impl Clock {
    /// When it has run out, if a day is fixed at all. Without a calendar days are 24 hours each.
    pub fn deadline(
        self,
        start: Timestamp,
        calendar: Option<&Calendar>,
        tolls: &[Interval],
    ) -> Option<Deadline> {
        let (period, working) = match self.within {
            Within::Immediately | Within::UndueDelay => return None,
            Within::Period(period) => (period, false),
            Within::WorkingDays(days) => (Period { months: 0, days, seconds: 0 }, true),
        };
        let start = match self.from {
            ClockStart::Event => start,
            ClockStart::YearEnd => year_end(start, calendar),
        };
        let reckoning = match (calendar, self.calc) {
            (None, _) => Reckoning::Exact,
            (Some(calendar), _) if working => Reckoning::Working(calendar),
            (Some(_), Calc::Utc24) => Reckoning::Exact,
            (Some(calendar), Calc::Local) => Reckoning::Local(calendar),
            (Some(calendar), Calc::Reg1182) => Reckoning::Rolling(calendar),
        };
        Some(due(start, period, reckoning, tolls))
    }

    /// How strict it is, in seconds of its shortest reading: at once, then without undue delay,
    /// then by length, a month as thirty days.
    pub fn shortest(self) -> u64 {
        match self.within {
            Within::Immediately => 0,
            Within::UndueDelay => 1,
            Within::WorkingDays(days) => u64::from(days) * 86_400,
            Within::Period(period) => {
                let days = u64::from(period.months) * 30 + u64::from(period.days);
                days * 86_400 + u64::from(period.seconds)
            }
        }
    }
}

/// The last second of the year of a moment.
fn year_end(moment: Timestamp, calendar: Option<&Calendar>) -> Timestamp {
    let day = |moment: Timestamp| {
        let days = i64::try_from(moment.seconds() / 86_400).unwrap_or(i64::MAX);
        calendar.map_or_else(|| Date::MIN.plus_days(days), |c| c.day_of(moment))
    };
    let last = Date::new(day(moment).year(), 12, 31).unwrap_or(Date::MAX);
    let end = calendar.map_or_else(|| last.plus_days(1).start(), |c| c.end_of(last));
    Timestamp::from_seconds(end.seconds().saturating_sub(1)).unwrap_or(end)
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let many = |n: u32, one: &str| format!("{n} {one}{}", if n == 1 { "" } else { "s" });
        let length = match self.within {
            Within::Immediately => return f.write_str("at once"),
            Within::UndueDelay => return f.write_str("without undue delay"),
            Within::WorkingDays(n) => many(n, "working day"),
            Within::Period(Period { months, days, seconds }) => match (months, days) {
                (0, 0) => many(seconds / 3_600, "hour"),
                (0, days) => many(days, "day"),
                (months, _) if months % 12 == 0 => many(months / 12, "year"),
                (months, _) => many(months, "month"),
            },
        };
        f.write_str(&length)?;
        if self.from == ClockStart::YearEnd {
            f.write_str(" after the end of the year")?;
        }
        let hours = matches!(self.within, Within::Period(Period { months: 0, days: 0, .. }));
        match self.calc {
            Calc::Reg1182 => f.write_str(" (rolls to a working day)"),
            Calc::Local => f.write_str(" (calendar days)"),
            Calc::Utc24 if hours || matches!(self.within, Within::WorkingDays(_)) => Ok(()),
            Calc::Utc24 => f.write_str(" (24 hours each)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Held {
        clock: Clock,
    }

    fn read(text: &str) -> Result<Clock, toml::de::Error> {
        toml::from_str::<Held>(&format!("clock = {text}")).map(|held| held.clock)
    }

    #[test]
    fn a_clock_says_how_long_and_how_days_are_counted() {
        for (text, told) in [
            ("{ n = 1, unit = \"h\" }", "1 hour"),
            ("{ n = 5, unit = \"bd\" }", "5 working days"),
            ("{ n = 2, unit = \"w\", calc = \"reg1182\" }", "14 days (rolls to a working day)"),
            ("{ n = 24, unit = \"month\", calc = \"local\" }", "2 years (calendar days)"),
            ("{ n = 3, unit = \"d\", calc = \"utc24\" }", "3 days (24 hours each)"),
            ("{ unit = \"immediately\" }", "at once"),
        ] {
            let clock = read(text).unwrap();
            assert_eq!(clock.to_string(), told);
            let written = toml::to_string(&Held { clock }).unwrap();
            assert_eq!(toml::from_str::<Held>(&written).unwrap().clock, clock, "{written}");
        }
        for odd in [
            "{ unit = \"h\" }",
            "{ n = 0, unit = \"h\" }",
            "{ n = 3, unit = \"d\" }",
            "{ n = 3, unit = \"h\", calc = \"local\" }",
            "{ n = 3, unit = \"undue-delay\" }",
            "{ n = 10001, unit = \"month\", calc = \"local\" }",
        ] {
            assert!(read(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn five_working_days_pass_over_christmas() {
        let calendars = crate::calendar::Calendars::builtin();
        let calendar = calendars.get(&"BE".parse().unwrap());
        let clock = read("{ n = 5, unit = \"bd\" }").unwrap();
        let end = clock.deadline("2026-12-21T09:00:00Z".parse().unwrap(), calendar, &[]).unwrap();
        assert_eq!(end.legal.to_string(), "2026-12-29T23:00:00Z");
    }
}
