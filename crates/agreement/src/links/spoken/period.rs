//! Periods in words, and the days that they count.

use concordat_terms::Period;

use super::WORKING;
use super::number::whole;

/// A period in words, and which days it says that it counts.
pub(super) struct SaidPeriod {
    pub(super) period: Period,
    pub(super) days: Days,
}

/// Which days a period counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Days {
    Any,
    Working,
    Calendar,
}

impl Days {
    pub(super) fn marked(self, printed: &str) -> String {
        match self {
            Self::Any => printed.to_owned(),
            Self::Working => format!("{printed}{WORKING}"),
            Self::Calendar => format!("{printed} calendar"),
        }
    }
}

/// `thirty days`, `1 year and six months`, `two working days`.
pub(super) fn read_period(words: &str) -> Option<SaidPeriod> {
    let lower = words.to_lowercase();
    let words: Vec<&str> = lower.split([' ', '\u{a0}']).filter(|word| !word.is_empty()).collect();
    let mut period = Period::default();
    let mut days = Days::Any;
    let mut count: Vec<&str> = Vec::new();
    // Whether a part was read, and whether the last word asks for another.
    let (mut read, mut goes_on) = (false, false);
    for word in words {
        if matches!(word, "working" | "business" | "calendar") {
            let said = if word == "calendar" { Days::Calendar } else { Days::Working };
            if count.is_empty() || (days != Days::Any && days != said) {
                return None;
            }
            days = said;
            continue;
        }
        // `a six-month period` is not read; `thirty-day` is no count either.
        let Some(unit) = unit(word.trim_end_matches(',')) else {
            goes_on = count.is_empty() && word == "and" && read;
            if !goes_on {
                count.push(word);
            }
            continue;
        };
        let number = u32::try_from(whole(&count.join(" "))?).ok()?;
        count.clear();
        (read, goes_on) = (true, false);
        let (field, each) = match unit {
            Unit::Months(each) => (&mut period.months, each),
            Unit::Days(each) => (&mut period.days, each),
            Unit::Seconds(each) => (&mut period.seconds, each),
        };
        *field = field.checked_add(number.checked_mul(each)?)?;
        // Only days are working or not: `two working weeks` may mean ten of them, or fourteen.
        if days != Days::Any && !matches!(unit, Unit::Days(1)) {
            return None;
        }
    }
    (read && !goes_on && count.is_empty()).then_some(SaidPeriod { period, days })
}

enum Unit {
    Months(u32),
    Days(u32),
    Seconds(u32),
}

fn unit(word: &str) -> Option<Unit> {
    Some(match word.strip_suffix('s').unwrap_or(word) {
        "year" => Unit::Months(12),
        "month" => Unit::Months(1),
        "week" => Unit::Days(7),
        "day" => Unit::Days(1),
        "hour" => Unit::Seconds(3_600),
        "minute" => Unit::Seconds(60),
        "second" => Unit::Seconds(1),
        _ => return None,
    })
}
