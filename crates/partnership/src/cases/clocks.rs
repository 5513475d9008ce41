//! The clocks of an incident: which of them start, and what becomes of each.

use std::collections::BTreeSet;

use concordat_evidence::clock::Interval;
use concordat_evidence::mark::Status;
use concordat_evidence::name::{Fact, Kind, RowId};
use concordat_evidence::regime::{Addressee, Incident, Started, applicable, following};
use concordat_terms::{CaseId, PartyId, Timestamp};

use super::{Case, CaseClock, CaseMatter, ClockStatus, Hold, Report};
use crate::agenda::Alarm;
use crate::state::State;
use crate::verdict::Effect;

/// A clock's number: the first is 1.
pub(super) fn number(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX).saturating_add(1)
}

/// The moment at which three quarters of a time are over.
pub(super) fn three_quarters(from: Timestamp, until: Timestamp) -> Timestamp {
    let whole = until.seconds().saturating_sub(from.seconds());
    Timestamp::from_seconds(from.seconds() + whole / 4 * 3).unwrap_or(until)
}

impl Case {
    /// The clock of a number.
    pub fn clock(&self, number: u32) -> Option<&CaseClock> {
        self.clocks.get(usize::try_from(number.checked_sub(1)?).ok()?)
    }

    pub(super) fn clock_mut(&mut self, number: u32) -> Option<&mut CaseClock> {
        self.clocks.get_mut(usize::try_from(number.checked_sub(1)?).ok()?)
    }

    /// The numbers of the clocks to which something may still be filed.
    pub fn open_clocks(&self) -> Vec<u32> {
        self.clocks_that(|clock| clock.status.is_open())
    }

    /// The numbers of those that have to be answered: of guidance nobody has to.
    pub fn owed_clocks(&self) -> Vec<u32> {
        self.clocks_that(|clock| clock.status.is_open() && clock.binding != Status::Guidance)
    }

    fn clocks_that(&self, is: fn(&CaseClock) -> bool) -> Vec<u32> {
        let clocks = self.clocks.iter().enumerate();
        clocks.filter(|(_, clock)| is(clock)).map(|(at, _)| number(at)).collect()
    }

    /// The kinds under which regimes look at it.
    fn kinds(&self) -> BTreeSet<Kind> {
        match &self.matter {
            CaseMatter::Incident(incident) => incident.kinds.clone(),
            CaseMatter::RecordsRequest(request) => request.kinds.clone(),
            _ => BTreeSet::new(),
        }
    }
}

impl State {
    /// A case as regimes ask about it, of these kinds.
    fn incident(&self, case: &Case, kinds: BTreeSet<Kind>, aware_at: Timestamp) -> Incident {
        let (places, measures) = match &case.matter {
            CaseMatter::Incident(incident) => (incident.places.clone(), incident.measures.clone()),
            _ => Default::default(),
        };
        let models = case.models.iter().filter_map(|model| self.models.get(model));
        let assets = case.on.iter().chain(models.map(|model| &model.asset));
        Incident {
            kinds,
            classes: self.regime_classes(assets),
            places,
            roles: self.regime_roles(),
            measures,
            aware_at,
            asked: [Status::Guidance].into(),
            contracted: self.contracted_rows(),
        }
    }

    /// Starts the clocks of every row that these kinds fall under and that does not run yet. Of one
    /// group the clock that ends first stays.
    pub(super) fn start_case_clocks(
        &mut self,
        id: &CaseId,
        case: &mut Case,
        kinds: BTreeSet<Kind>,
        aware_at: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Some(now) = self.time else { return };
        let incident = self.incident(case, kinds, aware_at);
        let regimes = self.cases.regimes.clone();
        let started = applicable(&regimes.packs, regimes.calendars(), &incident, now);
        for one in started {
            self.start_clock(id, case, &one, now, effects);
        }
        self.settle_regimes(id, case, now, effects);
    }

    /// Starts the clocks of what comes after a row's duty.
    fn start_following(
        &mut self,
        id: &CaseId,
        case: &mut Case,
        clock: &CaseClock,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let incident = self.incident(case, case.kinds(), clock.start);
        let regimes = self.cases.regimes.clone();
        let done = (&clock.pack, &clock.row);
        for one in following(&regimes.packs, regimes.calendars(), &incident, done, now) {
            self.start_clock(id, case, &one, now, effects);
        }
    }

    fn start_clock(
        &mut self,
        id: &CaseId,
        case: &mut Case,
        one: &Started<'_>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let (pack, row) = (&one.pack.id, &one.row.id);
        if case.clocks.iter().any(|clock| clock.pack == *pack && clock.row == *row) {
            return;
        }
        let due = one.deadline.map(|deadline| deadline.legal);
        let contracted = self.contracted_rows().contains(row);
        if let Some(group) = &one.row.group {
            let same = |clock: &CaseClock| {
                clock.pack == *pack && clock.group.as_ref() == Some(group) && clock.status.is_open()
            };
            let ends = |due: Option<Timestamp>, start: Timestamp| due.unwrap_or(start);
            if let Some(at) = case.clocks.iter().position(same)
                && let Some(clock) = case.clocks.get_mut(at)
            {
                if ends(clock.due, clock.start) <= ends(due, one.start) {
                    return;
                }
                clock.status = ClockStatus::Superseded(now);
                let status = clock.status;
                self.quiet_clock(id, number(at));
                effects.push(Effect::ClockStands(id.clone(), number(at), status));
            }
        }
        let to = one.row.to.as_ref();
        let clock = CaseClock {
            pack: pack.clone(),
            row: row.clone(),
            binding: match one.row.status {
                Status::Law => Status::Law,
                _ if contracted => Status::Contract,
                other => other,
            },
            tollable: one.row.tollable || contracted && one.row.status != Status::Law,
            stood: Vec::new(),
            owners: one.owners.clone(),
            to: to.map(|to| match to {
                Addressee::Role(role) => role.to_string(),
                Addressee::Outside(who) => who.clone(),
            }),
            outside: matches!(to, Some(Addressee::Outside(_))),
            start: one.start,
            calendar: one.calendar.clone(),
            due,
            agreed: None,
            warn: one.alarm,
            remind: due.map(|_| three_quarters(one.start, one.alarm)),
            assumed: one.assumed.clone(),
            group: one.row.group.clone(),
            holds: one.row.hold,
            filed: Vec::new(),
            status: ClockStatus::Running,
        };
        let nth = number(case.clocks.len());
        effects.push(Effect::ClockStands(id.clone(), nth, clock.status));
        self.await_clock(id, nth, &clock);
        // A drill keeps nothing from anybody.
        if clock.holds && case.drill.is_none() {
            let held: Vec<_> = case
                .models
                .iter()
                .filter_map(|model| Some((self.models.get(model)?.asset.clone(), *model)))
                .collect();
            for (asset, version) in held {
                let hold = Hold {
                    asset: Some(asset),
                    version: Some(version),
                    papers: BTreeSet::new(),
                    by: None,
                    ground: case.account,
                    case: Some(id.clone()),
                    clock: Some(nth),
                    since: now,
                    until: None,
                };
                self.place_hold(hold, effects);
            }
        }
        case.clocks.push(clock);
    }

    /// Something was said to a clock.
    pub(super) fn answer_clock(
        &mut self,
        id: &CaseId,
        nth: u32,
        (by, report): (PartyId, Report),
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Some(mut case) = self.cases.all.get(id).cloned() else { return };
        let drill = case.drill.is_some();
        let Some(clock) = case.clock_mut(nth) else { return };
        let first = clock.status.is_silent();
        let late = match clock.status {
            ClockStatus::Reported { late, .. } => late,
            status => status == ClockStatus::Late,
        };
        clock.filed.push((report, now, by));
        clock.status = match report {
            Report::Initial(_) => ClockStatus::Reported { at: now, late },
            Report::Complete(_) => ClockStatus::Closed { at: now, late },
            Report::NotOwed(_) => ClockStatus::NotOwed(now),
        };
        self.quiet_clock(id, nth);
        effects.push(Effect::ClockStands(id.clone(), nth, clock.status));
        let clock = clock.clone();
        if let Report::Initial(text) | Report::Complete(text) = report {
            // A drill tells nobody outside.
            if let Some(to) = clock.to.clone().filter(|_| clock.outside && !drill) {
                effects.push(Effect::Tell(id.clone(), nth, to, text));
            }
            if first {
                self.start_following(id, &mut case, &clock, now, effects);
            }
        }
        self.settle_regimes(id, &mut case, now, effects);
        self.cases.all.insert_mut(id.clone(), case);
    }

    /// Rows that clauses of the agreement in force carry out (`laws`), by the names that packs give
    /// them: those that are no law bind as a contract does.
    fn contracted_rows(&self) -> BTreeSet<RowId> {
        self.agreement.laws().iter().filter_map(|law| law.parse().ok()).collect()
    }

    /// Sets the alarms of a clock that runs.
    pub(super) fn await_clock(&mut self, id: &CaseId, nth: u32, clock: &CaseClock) {
        let key = (id.clone(), nth);
        if let Some(due) = clock.counts().filter(|_| clock.binding != Status::Guidance) {
            self.agenda.set(Alarm::Clock(key.clone()), due);
        }
        if let Some(at) = clock.remind {
            self.agenda.set(Alarm::ClockNears(key), at);
        }
    }

    /// Nothing of a clock rings any more.
    pub(super) fn quiet_clock(&mut self, id: &CaseId, nth: u32) {
        self.agenda.cancel(&Alarm::Clock((id.clone(), nth)));
        self.agenda.cancel(&Alarm::ClockNears((id.clone(), nth)));
    }

    /// Three quarters of a clock's time are over, and nothing was filed.
    pub(crate) fn near_clock(&mut self, (id, nth): &(CaseId, u32), effects: &mut Vec<Effect>) {
        let clock = self.cases.all.get(id).and_then(|case| case.clock(*nth));
        if clock.is_some_and(|clock| clock.status == ClockStatus::Running) {
            effects.push(Effect::ClockNears(id.clone(), *nth));
        }
    }

    /// Nobody could act for a time: clocks that may be stopped stood still. Those of a statute did
    /// not, unless their regime says so.
    pub(crate) fn stop_clocks(&mut self, stood: Interval, effects: &mut Vec<Effect>) {
        let open: Vec<CaseId> = self.cases.open.iter().cloned().collect();
        for id in open {
            let Some(mut case) = self.cases.all.get(&id).cloned() else { continue };
            let mut moved = Vec::new();
            for (at, clock) in case.clocks.iter_mut().enumerate() {
                let runs = clock.status == ClockStatus::Running && clock.tollable;
                let during = clock.due.is_some_and(|due| stood.from < due);
                if runs && during && stood.until > clock.start {
                    clock.stood.push(stood);
                    self.reckon(clock);
                    moved.push((number(at), clock.clone()));
                }
            }
            for (nth, clock) in &moved {
                let rung = !self.agenda.is_set(&Alarm::ClockNears((id.clone(), *nth)));
                self.await_clock(&id, *nth, clock);
                if rung {
                    self.agenda.cancel(&Alarm::ClockNears((id.clone(), *nth)));
                }
                effects.extend(clock.due.map(|due| Effect::ClockMoved(id.clone(), *nth, due)));
            }
            if !moved.is_empty() {
                self.settle_regimes(&id, &mut case, stood.until, effects);
                self.cases.all.insert_mut(id, case);
            }
        }
    }

    /// When a clock ends, from its start and the times in which it stood still.
    fn reckon(&self, clock: &mut CaseClock) {
        let regimes = &self.cases.regimes;
        let row = regimes.pack(&clock.pack).and_then(|pack| pack.row(&clock.row));
        let calendar = clock.calendar.as_ref().and_then(|id| regimes.calendars().get(id));
        let deadline = row
            .and_then(|row| row.clock)
            .and_then(|written| written.deadline(clock.start, calendar, &clock.stood));
        if let Some(deadline) = deadline {
            (clock.due, clock.warn) = (Some(deadline.legal), deadline.alarm);
            clock.agreed = None;
            clock.remind = Some(three_quarters(clock.start, deadline.alarm));
        }
    }

    /// A clock's time is over.
    pub(crate) fn ring_clock(&mut self, (id, nth): &(CaseId, u32), effects: &mut Vec<Effect>) {
        let Some(mut case) = self.cases.all.get(id).cloned() else { return };
        let Some(clock) = case.clock_mut(*nth) else { return };
        if clock.status != ClockStatus::Running {
            return;
        }
        clock.status = ClockStatus::Late;
        effects.push(Effect::ClockStands(id.clone(), *nth, clock.status));
        self.cases.all.insert_mut(id.clone(), case);
    }

    /// A clock of a case to the addressee of another that is still to be answered: who was not told
    /// has not been told.
    pub(super) fn still_to_tell(&self, id: &CaseId, nth: u32) -> Option<u32> {
        let case = self.cases.all.get(id)?;
        let to = &case.clock(nth)?.to;
        let mut clocks = case.clocks.iter().enumerate();
        let open = clocks.find(|(_, clock)| clock.status.is_silent() && clock.to == *to);
        open.map(|(at, _)| number(at))
    }

    /// What a report on a clock has to tell and is not known: at first, or in whole.
    pub(super) fn facts_missing(&self, case: &Case, clock: &CaseClock, first: bool) -> Vec<Fact> {
        let pack = self.cases.regimes.pack(&clock.pack);
        let Some(report) = pack.and_then(|pack| pack.report(&clock.row)) else {
            return Vec::new();
        };
        let known: BTreeSet<Fact> = case.facts.keys().cloned().collect();
        let missing = if first { report.missing_at_first(&known) } else { report.missing(&known) };
        missing.into_iter().cloned().collect()
    }
}
