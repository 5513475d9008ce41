//! What makes a party owe something: clocks that start, and clauses that changed.

use std::ops::Bound;

use concordat_agreement::{Agreement, Cited, Duty as Clause, Force, Silence};
use concordat_terms::{ClauseRef, PartyId, Timestamp};

use super::{Duty, DutyId, DutyStatus, Heard, Trigger};
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
            let spared = heard.and_then(|heard| heard.spares.as_ref());
            for owner in self.owners(&clause).into_iter().filter(|own| spared != Some(own)) {
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
    pub(super) fn owe(
        &mut self,
        clause: &ClauseRef,
        owner: PartyId,
        since: u64,
        started: Timestamp,
        recurrence: u32,
        effects: &mut Vec<Effect>,
    ) -> Option<DutyId> {
        if !matches!(self.silence_of(clause), None | Some(Silence::Suspended)) {
            return None;
        }
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
        self.settle_stops(&id, from, effects);
        Some(id)
    }

    /// Puts every duty under the agreement as it is now: what has no clause any more is superseded,
    /// what its module's suspension stops stands still, and the others come due when the clause now
    /// says. What comes into force starts its clocks, and so does who comes to fill an owner's seat.
    pub(crate) fn resettle_duties(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        let triggers = super::Triggers::of(self);
        self.duties.triggers = triggers.into();
        let moves = |duty: &Duty| duty.status.is_open() || duty.is_stopped();
        let moving = self.duties.all.iter().filter(|(_, duty)| moves(duty));
        for id in moving.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
            let clause = self.duty_clause(&id.clause).is_some();
            match (clause, self.silence_of(&id.clause)) {
                (true, None | Some(Silence::Suspended)) => {
                    self.set_rhythm(&id, now, effects);
                    // The clause may say another date now.
                    self.revise(&id, effects, |_| {});
                    self.settle_stops(&id, now, effects);
                }
                _ => self.supersede(&id, now, effects),
            }
        }
        for id in self.agenda.recurring().cloned().collect::<Vec<_>>() {
            self.set_rhythm(&id, now, effects);
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

    /// It is owed no more, and does not come round again.
    pub(super) fn supersede(&mut self, id: &DutyId, now: Timestamp, effects: &mut Vec<Effect>) {
        if self.duties.all.get(id).is_some_and(|duty| duty.status.is_open()) {
            self.revise(id, effects, |duty| duty.end(DutyStatus::Superseded(now), now));
        }
        self.agenda.cancel(&Alarm::Recur(id.clone()));
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
