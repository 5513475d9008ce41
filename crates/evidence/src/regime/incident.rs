//! Which clocks one incident starts.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{Country, Date, PartyId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Pack, Row};
use crate::calendar::{Calendar, Calendars};
use crate::clock::{Deadline, Interval};
use crate::mark::Status;
use crate::name::{Class, Group, Kind, Measure, PackId, Role, RowId};

/// One event, as far as regimes ask about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incident {
    /// What kinds of incident it is.
    pub kinds: BTreeSet<Kind>,
    /// What the systems concerned are.
    #[serde(default)]
    pub classes: BTreeSet<Class>,
    /// Where it happened and whom it concerns; none: not known, so that no place rules a regime
    /// out.
    #[serde(default)]
    pub places: BTreeSet<Country>,
    /// Which party has which role under the regimes.
    pub roles: BTreeMap<Role, BTreeSet<PartyId>>,
    /// How many people, records and so on. What is not known counts as met: a clock too many can
    /// be closed.
    #[serde(default)]
    pub measures: BTreeMap<Measure, u64>,
    /// When the parties became aware of it.
    pub aware_at: Timestamp,
    /// Rows of these status that are asked for though they do not bind.
    #[serde(default)]
    pub asked: BTreeSet<Status>,
    /// Rows that the agreement makes binding.
    #[serde(default)]
    pub contracted: BTreeSet<RowId>,
}

/// A clock that an incident started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started<'p> {
    /// The pack.
    pub pack: &'p Pack,
    /// The duty.
    pub row: &'p Row,
    /// The parties that owe it: those that have one of its roles.
    pub owners: BTreeSet<PartyId>,
    /// When it started.
    pub start: Timestamp,
    /// The calendar that it is counted on; none: days are 24 hours.
    pub calendar: Option<Country>,
    /// When it runs out; none, if the regime fixes no day.
    pub deadline: Option<Deadline>,
    /// When to warn: at once, if no day is fixed.
    pub alarm: Timestamp,
    /// What is not known of the incident and was taken as met.
    pub assumed: BTreeSet<Measure>,
}

impl Started<'_> {
    /// The moment by which clocks are compared: of one that fixes no day, its start.
    fn ends(&self) -> Timestamp {
        self.deadline.map_or(self.start, |deadline| deadline.legal)
    }
}

impl Row {
    /// When it is due, from its start. Times in which its clock was stopped count only where the
    /// regime itself lets it be stopped.
    pub fn due(
        &self,
        start: Timestamp,
        calendar: Option<&Calendar>,
        tolls: &[Interval],
    ) -> Option<Deadline> {
        self.clock?.deadline(start, calendar, if self.tollable { tolls } else { &[] })
    }
}

/// The clocks that an incident starts, first alarm first.
///
/// Of each pack those rows that an incident of its kinds starts; whose role a party has; that apply
/// to its classes, places and measures; that are law in force `at` that moment, or guidance or
/// proposals that are asked for or contracted; of each group only the one that ends first; and none
/// that waits for another row's duty to be done (see [`following`]).
///
/// Of several places the one counts in which the clock ends first. A place without a calendar has
/// days of 24 hours, and no place is taken for another: the institutions' calendar is not that of a
/// member state.
pub fn applicable<'p>(
    packs: &'p [Pack],
    calendars: &Calendars,
    incident: &Incident,
    at: Timestamp,
) -> Vec<Started<'p>> {
    let first = |row: &Row| row.after.is_none();
    start(packs, calendars, incident, incident.aware_at, at, &first)
}

/// The clocks that start when the duty of a row was done `at` a moment, of the same incident: the
/// final report of NIS2, Art. 23(4)(d), a month after the notification.
pub fn following<'p>(
    packs: &'p [Pack],
    calendars: &Calendars,
    incident: &Incident,
    done: (&PackId, &RowId),
    at: Timestamp,
) -> Vec<Started<'p>> {
    let (pack, row) = done;
    let packs = packs.iter().position(|p| p.id == *pack).and_then(|n| packs.get(n..=n));
    let next = |other: &Row| other.after.as_ref() == Some(row);
    start(packs.unwrap_or_default(), calendars, incident, at, at, &next)
}

fn start<'p>(
    packs: &'p [Pack],
    calendars: &Calendars,
    incident: &Incident,
    from: Timestamp,
    at: Timestamp,
    wanted: &dyn Fn(&Row) -> bool,
) -> Vec<Started<'p>> {
    let mut started: Vec<Started<'p>> = Vec::new();
    for pack in packs {
        let on = day(calendars.get(&pack.jurisdiction), at);
        for row in pack.rows.iter().filter(|row| wanted(row)) {
            let Some((owners, assumed)) = concerned(pack, row, incident, on) else { continue };
            let (calendar, deadline) = deadline(pack, row, calendars, incident, from);
            let alarm = deadline.map_or(from, |deadline| deadline.alarm);
            let start = from;
            started.push(Started { pack, row, owners, start, calendar, deadline, alarm, assumed });
        }
    }
    started.sort_by(|a, b| {
        let key = |s: &Started<'p>| (s.alarm, s.ends());
        key(a)
            .cmp(&key(b))
            .then_with(|| a.pack.id.cmp(&b.pack.id))
            .then_with(|| a.row.id.cmp(&b.row.id))
    });
    one_of_each_group(started)
}

/// Of each group the clock that ends first.
fn one_of_each_group(started: Vec<Started<'_>>) -> Vec<Started<'_>> {
    let mut shortest: BTreeMap<(&PackId, &Group), Timestamp> = BTreeMap::new();
    for one in &started {
        if let Some(group) = &one.row.group {
            let end = shortest.entry((&one.pack.id, group)).or_insert_with(|| one.ends());
            *end = (*end).min(one.ends());
        }
    }
    let mut taken: BTreeSet<(&PackId, &Group)> = BTreeSet::new();
    started
        .into_iter()
        .filter(|one| {
            let Some(group) = &one.row.group else { return true };
            let key = (&one.pack.id, group);
            shortest.get(&key) == Some(&one.ends()) && taken.insert(key)
        })
        .collect()
}

/// The parties that a row concerns and the measures that were taken as met, if it concerns any.
fn concerned(
    pack: &Pack,
    row: &Row,
    incident: &Incident,
    on: Date,
) -> Option<(BTreeSet<PartyId>, BTreeSet<Measure>)> {
    let applies = &row.applies_if;
    let contracted = incident.contracted.contains(&row.id);
    let binds = match row.status {
        Status::Law => row.in_force(on, &incident.classes),
        other => incident.asked.contains(&other),
    };
    // What follows a duty belongs to that duty's incident, unless it says more.
    let follows = row.after.is_some() && applies.incidents.is_empty();
    let kind = follows || !applies.incidents.is_disjoint(&incident.kinds);
    let class = applies.classes.is_empty() || !applies.classes.is_disjoint(&incident.classes);
    if !kind || !class || !(binds || contracted) {
        return None;
    }
    let here = |country: &Country| incident.places.contains(country);
    let mut places = places(pack, row).peekable();
    if !incident.places.is_empty() && places.peek().is_some() && !places.any(here) {
        return None;
    }
    let mut assumed = BTreeSet::new();
    let mut met = |limits: &BTreeMap<Measure, u64>, holds: fn(u64, u64) -> bool| {
        limits.iter().all(|(measure, limit)| match incident.measures.get(measure) {
            Some(value) => holds(*value, *limit),
            None => {
                assumed.insert(measure.clone());
                true
            }
        })
    };
    if !met(&applies.at_least, |value, limit| value >= limit)
        || !met(&applies.at_most, |value, limit| value <= limit)
    {
        return None;
    }
    let owners = row.owner.iter().filter_map(|role| incident.roles.get(role)).flatten().cloned();
    let owners: BTreeSet<PartyId> = owners.collect();
    (!owners.is_empty()).then_some((owners, assumed))
}

/// Where a row applies; none: anywhere.
fn places<'p>(pack: &'p Pack, row: &'p Row) -> impl Iterator<Item = &'p Country> {
    let own = &row.applies_if.places;
    let of_pack = pack.places.iter().filter(|_| own.is_empty());
    own.iter().chain(of_pack)
}

/// The deadline that ends first, of the places of the incident in which the row applies; if none of
/// them is known, of the row's only place. Where there is no calendar days are 24 hours, which is
/// the earliest reading.
fn deadline(
    pack: &Pack,
    row: &Row,
    calendars: &Calendars,
    incident: &Incident,
    from: Timestamp,
) -> (Option<Country>, Option<Deadline>) {
    let mut here: Vec<&Country> =
        places(pack, row).filter(|country| incident.places.contains(country)).collect();
    if here.is_empty() {
        let mut all = places(pack, row);
        here.extend(all.next().filter(|_| all.next().is_none()));
    }
    let of = |country: &&Country| {
        let calendar = calendars.get(country);
        let deadline = row.due(from, calendar, &[])?;
        Some((deadline, calendar.map(|calendar| calendar.id.clone())))
    };
    match here.iter().filter_map(of).min() {
        Some((deadline, country)) => (country, Some(deadline)),
        None => (None, row.due(from, None, &[])),
    }
}

/// The day of a moment in a jurisdiction; in UTC, if it has no calendar.
fn day(calendar: Option<&Calendar>, at: Timestamp) -> Date {
    let days = i64::try_from(at.seconds() / 86_400).unwrap_or(i64::MAX);
    calendar.map_or_else(|| Date::MIN.plus_days(days), |calendar| calendar.day_of(at))
}
