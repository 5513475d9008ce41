//! What makes a party owe something: clocks that start, times that come round, and clauses that
//! changed.

use std::ops::Bound;

use concordat_agreement::{Agreement, Cited, Duty as Clause, Force, Silence};
use concordat_terms::{ClauseRef, PartyId, Period, Timestamp};

use super::life::last_of;
use super::{Duty, DutyId, DutyStatus, Ground, Heard, Trigger};
use crate::agenda::Alarm;
use crate::state::State;
use crate::verdict::Effect;

impl State {
    /// Starts the clocks of the clauses that wait for a trigger.
    pub(crate) fn start_clocks(
        &mut self,
        trigger: &Trigger,
        heard: Option<&Heard>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        if trigger.is_remembered() && !self.duties.struck.contains(trigger) {
            self.duties.struck.insert(trigger.clone());
        }
        for clause in self.duties.triggers.started_by(trigger) {
            if heard.is_some_and(|heard| !self.is_about(&clause, heard)) {
                continue;
            }
            let to = heard.and_then(|heard| heard.to.as_ref());
            for owner in self.owners(&clause) {
                // What is measured again and again opens what is still open once.
                let measured = matches!(trigger, Trigger::Signal(_));
                let again = measured && self.is_owed(&clause, &owner);
                if !again && to.is_none_or(|to| *to == owner) {
                    self.owe(&clause, owner, self.index, now, 0, effects);
                }
            }
        }
    }

    /// What follows a duty that turned late or was breached. Its names go on from the entry that
    /// started the duty's own clock: by whose tick it was found out makes no difference.
    pub(super) fn follow(
        &mut self,
        id: &DutyId,
        triggers: &[fn(ClauseRef) -> Trigger],
        at: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        for trigger in triggers {
            for clause in self.duties.triggers.started_by(&trigger(id.clause.clone())) {
                for owner in self.owners(&clause) {
                    if let Some(next) = self.owe(&clause, owner, id.since, at, 0, effects) {
                        self.revise(id, effects, |duty| duty.followed.push(next));
                    }
                }
            }
        }
    }

    /// The parties that owe what a clause says.
    pub(crate) fn owners(&self, clause: &ClauseRef) -> Vec<PartyId> {
        if let Some(holders) = self.keepers(clause) {
            return holders;
        }
        let law = self.law_of(clause);
        let duty = law.duty(clause);
        duty.iter().flat_map(|duty| law.parties_of(&duty.terms.owner)).cloned().collect()
    }

    /// Whether a party owes an occurrence of a clause that is open.
    fn is_owed(&self, clause: &ClauseRef, owner: &PartyId) -> bool {
        let Some(by) = self.duty_clause(clause).map(|duty| duty.terms.discharged_by) else {
            return false;
        };
        let first = DutyId { clause: clause.clone(), owner: owner.clone(), since: 0, nth: 0 };
        let from = Bound::Included((by, owner.clone(), Some(first)));
        let next = self.duties.awaited.range((from, Bound::Unbounded)).next();
        next.is_some_and(|(_, _, id)| {
            id.as_ref().is_some_and(|id| id.clause == *clause && id.owner == *owner)
        })
    }

    /// Opens an occurrence, unless its clause does not speak. Several of one clause, owner and entry
    /// are counted on. What a suspension stops stands still from the beginning.
    fn owe(
        &mut self,
        clause: &ClauseRef,
        owner: PartyId,
        since: u64,
        started: Timestamp,
        recurrence: u32,
        effects: &mut Vec<Effect>,
    ) -> Option<DutyId> {
        let suspended = match self.silence_of(clause) {
            Some(Silence::Suspended) => true,
            None => false,
            Some(_) => return None,
        };
        let due = self.duty_clause(clause)?.terms.due.clone();
        let mut id = DutyId { clause: clause.clone(), owner, since, nth: recurrence };
        if self.duties.all.contains_key(&id) {
            let most = DutyId { nth: u32::MAX, ..id.clone() };
            let last = self.duties.all.range(id.clone()..=most).next_back();
            id.nth = last.map_or(0, |(last, _)| last.nth).checked_add(1)?;
        }
        let duty = Duty::starting(started, recurrence);
        if due.every.is_some() {
            let at = duty.due_by_itself(&due);
            self.agenda.set(Alarm::Recur(id.clone()), at);
        }
        self.duties.all.insert_mut(id.clone(), duty);
        self.file_duty(&id, None, effects);
        let from = self.time.map_or(started, |now| now.max(started));
        if suspended && self.force_of(clause) != Force::Statutory {
            self.toll(&id, Ground::Suspension, from, effects);
        } else if self.is_defeated(clause) {
            self.toll(&id, Ground::Authority, from, effects);
        }
        Some(id)
    }

    /// A recurring duty comes round again, whatever became of it the last time.
    pub(crate) fn recur(&mut self, id: &DutyId, at: Timestamp, effects: &mut Vec<Effect>) {
        let Some(duty) = self.duties.all.get(id) else { return };
        let (started, next) = (duty.started, duty.recurrence.saturating_add(1));
        // Who follows a party owes it from then on.
        let Some(owner) = self.agreement.now(&id.owner) else { return };
        let owed = self.owners(&id.clause).contains(&owner);
        let recurs = self.duty_clause(&id.clause).is_some_and(|d| d.terms.due.every.is_some());
        // After the last moment nothing comes round.
        let over = at.plus(Period { months: 0, days: 1, seconds: 0 }) <= at;
        if owed && recurs && !over {
            self.owe(&id.clause, owner, id.since, started, next, effects);
        }
    }

    /// Which time it is that a duty which starts by itself starts for a party: none if it did
    /// already, and goes on if it comes round again and again. What was due on a day that is over is
    /// not owed by who comes later.
    fn first_time(&self, clause: &ClauseRef, owner: &PartyId, now: Timestamp) -> Option<u32> {
        let due = &self.duty_clause(clause)?.terms.due;
        let first = DutyId { clause: clause.clone(), owner: owner.clone(), since: 0, nth: 0 };
        let last = last_of(&first);
        if let Some((id, duty)) = self.duties.all.range(first..=last).next_back() {
            let goes_on = self.agenda.is_set(&Alarm::Recur(id.clone()));
            if due.every.is_none() || goes_on || duty.status.is_open() {
                return None;
            }
        }
        if due.on.is_none() {
            return Some(0);
        }
        let most = if due.every.is_some() { FIRST_MOST } else { 0 };
        let ahead = |time: &u32| Duty::starting(now, *time).due_by_itself(due) > now;
        (0..=most).find(ahead)
    }

    /// Puts every open duty under the agreement as it is now: what has no clause any more is
    /// superseded, what its module's suspension stops stands still, and the others come due when
    /// the clause now says. What comes into force starts its clocks, and so does who comes to fill
    /// an owner's seat.
    pub(crate) fn resettle_duties(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        let triggers = super::Triggers::of(self);
        self.duties.triggers = triggers.into();
        let open = self.duties.all.iter().filter(|(_, duty)| duty.status.is_open());
        let open: Vec<(DutyId, DutyStatus)> = open.map(|(i, d)| (i.clone(), d.status)).collect();
        for (id, status) in open {
            let clause = self.duty_clause(&id.clause).is_some();
            match (clause, self.silence_of(&id.clause)) {
                (true, Some(Silence::Suspended)) if status == DutyStatus::Active => {
                    if self.force_of(&id.clause) != Force::Statutory {
                        self.toll(&id, Ground::Suspension, now, effects);
                    }
                }
                (true, None) if status == DutyStatus::Suspended => self.resume(&id, now, effects),
                // The clause may say another date now.
                (true, None | Some(Silence::Suspended)) => {
                    self.revise(&id, effects, |_| {});
                    self.move_recurrence(&id, now);
                }
                _ => {
                    let over = DutyStatus::Superseded(now);
                    self.revise(&id, effects, |duty| duty.status = over);
                    self.agenda.cancel(&Alarm::Recur(id));
                }
            }
        }
        self.list_awaited();
        for clause in self.duties.triggers.by_itself().to_vec() {
            for owner in self.owners(&clause) {
                if let Some(time) = self.first_time(&clause, &owner, now) {
                    self.owe(&clause, owner, self.index, now, time, effects);
                }
            }
        }
    }

    /// Lists open duties under the acts that discharge them by the clauses as they are now.
    fn list_awaited(&mut self) {
        let open = self.duties.all.iter().filter(|(_, duty)| duty.status.is_open());
        let awaited = open.filter_map(|(id, _)| {
            let by = self.duty_clause(&id.clause)?.terms.discharged_by;
            Some((by, id.owner.clone(), Some(id.clone())))
        });
        let awaited = awaited.collect();
        self.duties.awaited = awaited;
    }

    /// The next time counts by the clause as it is now.
    fn move_recurrence(&mut self, id: &DutyId, now: Timestamp) {
        let alarm = Alarm::Recur(id.clone());
        if !self.agenda.is_set(&alarm) {
            return;
        }
        let clause = self.duty_clause(&id.clause).map(|cited| cited.terms.due.clone());
        let again = clause.filter(|due| due.every.is_some());
        match self.duties.all.get(id).zip(again) {
            Some((duty, due)) => {
                let at = duty.due_by_itself(&due).max(now);
                self.agenda.set(alarm, at);
            }
            None => self.agenda.cancel(&alarm),
        }
    }

    /// The agreement that a clause stands in: the frame, or what a project made of it.
    pub(crate) fn law_of(&self, clause: &ClauseRef) -> &Agreement {
        let home = self.duties.triggers.home(&clause.module);
        home.map_or(&self.agreement, |project| self.agreement_of(project))
    }

    /// The clause of a duty, in the frame or in a project; of an asset that says how long it is kept,
    /// the duty that this makes.
    pub(crate) fn duty_clause(&self, clause: &ClauseRef) -> Option<Cited<'_, Clause>> {
        self.law_of(clause).duty(clause).or_else(|| self.retained(clause))
    }

    /// Why the clause of a duty does not speak.
    pub(crate) fn silence_of(&self, clause: &ClauseRef) -> Option<Silence> {
        self.law_of(clause).silence(clause)
    }

    pub(crate) fn force_of(&self, clause: &ClauseRef) -> Force {
        let clause = self.law_of(clause).clause(clause);
        clause.and_then(|clause| clause.standing.effect).unwrap_or(Force::Binding)
    }
}

/// How often a duty of a past day can have come round before somebody first owes it: each day of
/// thirty years.
const FIRST_MOST: u32 = 11_000;
