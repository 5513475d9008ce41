//! Where a holiday is kept that falls on a weekend.

use std::collections::BTreeMap;

use concordat_terms::Date;
use serde::{Deserialize, Serialize};

use super::Calendar;
use crate::weekday::Weekday;

/// Where a holiday is kept that falls on a day that is not worked anyway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moves {
    /// Where it falls.
    #[default]
    No,
    /// On the next day that is neither of the weekend nor a holiday: bank holidays of the United
    /// Kingdom (Banking and Financial Dealings Act 1971, Sch. 1, and yearly proclamations).
    ToNext,
    /// From Saturday to Friday, from Sunday to Monday: 5 U.S.C. 6103(b), Executive Order 11582.
    ToNearest,
    /// From Sunday to Monday, from Saturday not at all.
    SundayToMonday,
    /// From Sunday to the Saturday before.
    SundayToSaturday,
}

impl Moves {
    /// Whether it stays.
    pub fn is_none(&self) -> bool {
        *self == Self::No
    }
}

/// So far a holiday is moved at most: a week, with room.
const MOVED_MOST: i64 = 10;

/// The holidays that fall in a year, on the days on which they are kept.
pub(super) fn kept(calendar: &Calendar, year: i16) -> BTreeMap<Date, &str> {
    let mut kept = BTreeMap::new();
    let mut to_next = Vec::new();
    for holiday in &calendar.holidays {
        let Some(day) = holiday.in_year(year) else { continue };
        let name = holiday.name.as_str();
        let weekday = Weekday::of(day);
        let moved = match (holiday.moves, weekday) {
            (Moves::ToNext, _) if calendar.weekend.contains(&weekday) => {
                to_next.push((day, name));
                continue;
            }
            (Moves::ToNearest | Moves::SundayToSaturday, Weekday::Saturday | Weekday::Sunday) => {
                match (holiday.moves, weekday) {
                    (Moves::ToNearest, Weekday::Sunday) => 1,
                    (Moves::SundayToSaturday, Weekday::Saturday) => 0,
                    _ => -1,
                }
            }
            (Moves::SundayToMonday, Weekday::Sunday) => 1,
            _ => 0,
        };
        kept.insert(day.plus_days(moved), name);
    }
    // Earlier holidays first: of Christmas on a Saturday and Boxing Day on a Sunday, the first is
    // kept on Monday and the second on Tuesday.
    to_next.sort();
    for (day, name) in to_next {
        let ahead = (1..=MOVED_MOST).map(|days| day.plus_days(days));
        let free =
            |day: &Date| !calendar.weekend.contains(&Weekday::of(*day)) && !kept.contains_key(day);
        let next = ahead.into_iter().find(free).unwrap_or(day);
        kept.insert(next, name);
    }
    kept
}
