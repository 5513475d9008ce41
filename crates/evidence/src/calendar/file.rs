//! Calendars as a file.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use concordat_terms::{Country, Diagnostic};
use serde::{Deserialize, Serialize};

use super::{Calendar, Holiday};
use crate::mark::Confirmed;
use crate::name::ZoneId;
use crate::source::{Fail, Source, Step};
use crate::weekday::Weekday;
use crate::zone::Zone;

/// The text of the calendars that are built in: a file of the rules, so that its digest can be
/// fixed with them.
pub const CALENDARS: &str = include_str!("../../../../rules/1/calendars.toml");

const FILE: &str = "rules/1/calendars.toml";

/// How many holidays a calendar may list, and how many calendars and zones a text may hold.
const HOLIDAYS_MAX: usize = 100;
const CALENDARS_MAX: usize = 100;

/// Calendars by country.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendars {
    zones: BTreeMap<ZoneId, Zone>,
    calendars: BTreeMap<Country, Arc<Calendar>>,
}

/// Calendars as they are written: on their own, or in a pack that adds or replaces some.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarText {
    /// The country, or `EU`.
    pub id: Country,
    /// Whose holidays these are, and which are left out.
    pub title: String,
    /// Its zone, in the same text or built in.
    pub zone: ZoneId,
    /// The days that are not worked; Saturday and Sunday, if absent.
    #[serde(default = "weekend")]
    pub weekend: BTreeSet<Weekday>,
    /// Where the holidays are laid down.
    pub source: String,
    /// How that was confirmed.
    pub confirmed: Confirmed,
    /// The first year for which the list is known to be whole.
    pub from: i16,
    /// The last such year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<i16>,
    /// The holidays.
    pub holidays: Vec<Holiday>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    zone: Vec<Zone>,
    #[serde(default)]
    calendar: Vec<CalendarText>,
}

fn weekend() -> BTreeSet<Weekday> {
    BTreeSet::from([Weekday::Saturday, Weekday::Sunday])
}

impl Calendars {
    /// Those that are built in.
    pub fn builtin() -> &'static Self {
        static BUILTIN: LazyLock<Calendars> = LazyLock::new(|| {
            // A test reads the file, so that there is always something here.
            Calendars::parse(FILE, CALENDARS).unwrap_or_default()
        });
        &BUILTIN
    }

    /// Reads calendars from a text that has all its zones.
    ///
    /// # Errors
    ///
    /// What is wrong in it, with its place.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let (read, mut source) = Source::read::<File>(file, text)?;
        let mut fail = |at: &[Step<'_>], code, what: &str, hint: &str| {
            source.fail_at(at, code, what, hint);
        };
        let found = Self::default().with(read.zone, read.calendar, &mut fail);
        source.end(found)
    }

    /// The calendar of a country.
    pub fn get(&self, country: &Country) -> Option<&Calendar> {
        self.calendars.get(country).map(|calendar| &**calendar)
    }

    /// All of them, by country.
    pub fn iter(&self) -> impl Iterator<Item = &Calendar> {
        self.calendars.values().map(|calendar| &**calendar)
    }

    /// These, with others added; one of the same country is replaced. What is wrong with the others
    /// is told at `zone` and `calendar` of the text.
    pub(crate) fn with(
        mut self,
        zones: Vec<Zone>,
        calendars: Vec<CalendarText>,
        fail: &mut Fail<'_>,
    ) -> Self {
        if zones.len().max(calendars.len()) > CALENDARS_MAX {
            let what = format!("more than {CALENDARS_MAX} calendars or zones");
            fail(&[Step::Key("calendar")], "list-too-long", &what, "write fewer");
            return self;
        }
        let mut seen = BTreeSet::new();
        for (index, zone) in zones.into_iter().enumerate() {
            let at = [Step::Key("zone"), Step::Index(index)];
            if let Some(what) = zone.fault() {
                fail(&at, "bad-number", what, "mend the zone");
                continue;
            }
            if !seen.insert(zone.id.clone()) {
                let what = format!("the zone `{}` is there twice", zone.id);
                fail(&at, "used-twice", &what, "remove one");
            }
            self.zones.insert(zone.id.clone(), zone);
        }
        let mut seen = BTreeSet::new();
        for (index, text) in calendars.into_iter().enumerate() {
            let id = text.id.clone();
            let at = |field| [Step::Key("calendar"), Step::Index(index), Step::Key(field)];
            if !seen.insert(id.clone()) {
                let what = format!("the calendar of `{id}` is there twice");
                fail(&at("id"), "used-twice", &what, "remove one");
            }
            if text.weekend.len() > 5 {
                let what = "a week has at least two working days";
                fail(&at("weekend"), "list-too-long", what, "name at most five days");
                continue;
            }
            if text.holidays.len() > HOLIDAYS_MAX {
                let what = format!("a calendar has at most {HOLIDAYS_MAX} holidays");
                fail(&at("holidays"), "list-too-long", &what, "name fewer");
                continue;
            }
            let Some(zone) = self.zones.get(&text.zone) else {
                let what = format!("there is no zone `{}`", text.zone);
                fail(&at("zone"), "unknown-reference", &what, "add a `[[zone]]`");
                continue;
            };
            let calendar = Calendar {
                id: id.clone(),
                title: text.title,
                zone: zone.clone(),
                weekend: text.weekend,
                holidays: text.holidays,
                source: text.source,
                confirmed: text.confirmed,
                from: text.from,
                to: text.to,
            };
            self.calendars.insert(id, Arc::new(calendar));
        }
        self
    }
}
