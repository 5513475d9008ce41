//! Working days: whose weekend, whose holidays, whose clock.

mod day;
mod file;
mod moves;

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{Country, Date, Timestamp};
use serde::{Deserialize, Serialize};

use crate::mark::Confirmed;
use crate::weekday::Weekday;
use crate::zone::Zone;

pub use day::{HolidayDay, NotAHolidayDay, easter};
pub use file::{CALENDARS, CalendarText, Calendars};
pub use moves::Moves;

/// The calendar of a country, or of the institutions of the European Union (`EU`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Calendar {
    /// The country.
    pub id: Country,
    /// Whose holidays these are, and which are left out.
    pub title: String,
    /// Its clocks: those of the capital, where a country has several.
    pub zone: Zone,
    /// The days of the week that are not worked; at most five.
    pub weekend: BTreeSet<Weekday>,
    /// The public holidays.
    pub holidays: Vec<Holiday>,
    /// Where the holidays are laid down.
    pub source: String,
    /// How that was confirmed.
    pub confirmed: Confirmed,
    /// The first year for which the list is known to be whole.
    pub from: i16,
    /// The last such year; none, if the rules hold until they are changed.
    pub to: Option<i16>,
}

/// A public holiday.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// Its name.
    pub name: String,
    /// On which day it falls.
    pub day: HolidayDay,
    /// Where it is kept if it falls on a weekend.
    #[serde(default, skip_serializing_if = "Moves::is_none")]
    pub moves: Moves,
    /// The first year in which it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i16>,
    /// The last year in which it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<i16>,
    /// Years in which it is not kept on this day.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub except: BTreeSet<i16>,
    /// How this holiday was confirmed, if not as the calendar was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<Confirmed>,
}

impl Holiday {
    /// The day on which it falls in a year, whether or not it is kept there.
    fn in_year(&self, year: i16) -> Option<Date> {
        let since = self.from.is_none_or(|from| from <= year);
        let until = self.to.is_none_or(|to| year <= to);
        let kept = since && until && !self.except.contains(&year);
        kept.then(|| self.day.in_year(year)).flatten()
    }
}

impl Calendar {
    /// Whether a day is worked: neither on the weekend nor a holiday (Reg. 1182/71, Art. 2(2)).
    pub fn is_working_day(&self, day: Date) -> bool {
        WorkingDays::of(self).contains(day)
    }

    /// The holidays of a year on the days on which they are kept. A holiday of 1 January can be
    /// kept in the year before, one of December in the year after.
    pub fn holidays(&self, year: i16) -> BTreeMap<Date, &str> {
        moves::kept(self, year)
    }

    /// Whether the list of holidays is known to be whole in the year of this day.
    pub fn covers(&self, day: Date) -> bool {
        self.from <= day.year() && self.to.is_none_or(|to| day.year() <= to)
    }

    /// The local day of a moment.
    pub fn day_of(&self, moment: Timestamp) -> Date {
        self.zone.day_of(moment)
    }

    /// The first moment after a local day: what was due *on* that day is late from then on.
    pub fn end_of(&self, day: Date) -> Timestamp {
        self.zone.end_of(day)
    }
}

/// The working days of a calendar, each year's holidays computed once.
pub(crate) struct WorkingDays<'c> {
    calendar: &'c Calendar,
    years: BTreeMap<i16, BTreeSet<Date>>,
}

impl<'c> WorkingDays<'c> {
    pub(crate) fn of(calendar: &'c Calendar) -> Self {
        Self { calendar, years: BTreeMap::new() }
    }

    /// Whether a day is worked.
    pub(crate) fn contains(&mut self, day: Date) -> bool {
        if self.calendar.weekend.contains(&Weekday::of(day)) {
            return false;
        }
        // Around New Year a day can be kept for a holiday of the year before or after.
        let (year, month) = (day.year(), day.month());
        let mut years = vec![year];
        years.extend((month == 1).then(|| year - 1));
        years.extend((month == 12).then(|| year.saturating_add(1)));
        !years.into_iter().any(|year| self.holidays(year).contains(&day))
    }

    fn holidays(&mut self, year: i16) -> &BTreeSet<Date> {
        let calendar = self.calendar;
        self.years.entry(year).or_insert_with(|| moves::kept(calendar, year).into_keys().collect())
    }
}
