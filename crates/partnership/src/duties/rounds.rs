//! Duties that come round: one occurrence after the other, each from the moment at which the one
//! before it was due.

use concordat_agreement::Due;
use concordat_terms::{ClauseRef, PartyId, Period, Timestamp};

use super::life::last_of;
use super::{Duty, DutyId};
use crate::agenda::Alarm;
use crate::state::State;
use crate::verdict::Effect;

/// How often a duty can come round: each day until the last that there is.
const TIMES_MOST: u32 = 4_000_000;

/// The first time of a duty that is ahead: each is due no sooner than the one before.
fn time_ahead(started: Timestamp, due: &Due, now: Timestamp) -> Option<u32> {
    let most = if due.every.is_some() { TIMES_MOST } else { 0 };
    let ahead = |time: u32| Duty::starting(started, time).due_by_itself(due) > now;
    let (mut from, mut to) = (0, most + 1);
    while from < to {
        let middle = from + (to - from) / 2;
        if ahead(middle) { to = middle } else { from = middle + 1 }
    }
    (from <= most).then_some(from)
}

impl State {
    /// A recurring duty comes round again, whatever became of it the last time.
    pub(crate) fn recur(&mut self, id: &DutyId, at: Timestamp, effects: &mut Vec<Effect>) {
        let Some(duty) = self.duties.all.get(id) else { return };
        let (started, next) = (duty.started, duty.recurrence.saturating_add(1));
        // Who follows a party owes it from then on: once, where it owes the same itself.
        let Some(owner) = self.agreement.now(&id.owner) else { return };
        if owner != id.owner && self.goes_round(id, &owner) {
            return;
        }
        let owed = self.owners(&id.clause).contains(&owner);
        let recurs = self.duty_clause(&id.clause).is_some_and(|d| d.terms.due.every.is_some());
        // After the last moment nothing comes round.
        let over = at.plus(Period { months: 0, days: 1, seconds: 0 }) <= at;
        if owed && recurs && !over {
            self.owe(&id.clause, owner, id.since, started, next, effects);
        }
    }

    /// Whether a duty like this goes round for a party of its own: of a clause whose clock starts by
    /// itself any does, else the one that the same entry started.
    fn goes_round(&self, like: &DutyId, owner: &PartyId) -> bool {
        let by_itself = self.duties.triggers.by_itself().contains(&like.clause);
        let since = if by_itself { 0 } else { like.since };
        let first = DutyId { owner: owner.clone(), since, nth: 0, ..like.clone() };
        let last =
            if by_itself { last_of(&first) } else { DutyId { nth: u32::MAX, ..first.clone() } };
        let mut own = self.duties.all.range(first..=last);
        own.any(|(id, _)| self.agenda.is_set(&Alarm::Recur(id.clone())))
    }

    /// Whether a duty goes round, for whom owes it or who follows.
    fn goes_on(&self, id: &DutyId) -> bool {
        let next = self.agreement.now(&id.owner);
        std::iter::once(&id.owner).chain(&next).any(|owner| self.goes_round(id, owner))
    }

    /// Puts the rhythm of a duty right where its clause says another one now. What is not due yet
    /// becomes the first time that lies ahead; what was done or is late is followed at once by that
    /// time, unless it was that time itself.
    pub(super) fn set_rhythm(&mut self, id: &DutyId, now: Timestamp, effects: &mut Vec<Effect>) {
        let alarm = Alarm::Recur(id.clone());
        let Some(duty) = self.duties.all.get(id) else { return };
        let due = self.duty_clause(&id.clause).map(|cited| cited.terms.due.clone());
        let Some(due) = due.filter(|due| due.every.is_some()) else {
            return self.agenda.cancel(&alarm);
        };
        let (started, own) = (duty.started, duty.recurrence);
        let waits = duty.status.is_open() && !duty.stood().is_overdue();
        let at = duty.due_by_itself(&due);
        match self.agenda.at(&alarm) {
            Some(set) if set == at => return,
            // What came round already, or was done once, does not begin anew.
            None if !waits || at <= now || self.goes_on(id) => return,
            _ => {}
        }
        let Some(ahead) = time_ahead(started, &due, now) else { return };
        if waits || ahead == own {
            let at = Duty::starting(started, ahead).due_by_itself(&due);
            if let Some(duty) = self.duties.all.get_mut(id) {
                duty.recurrence = ahead;
            }
            self.agenda.set(alarm, at);
            return;
        }
        self.agenda.cancel(&alarm);
        if let Some(owner) = self.agreement.now(&id.owner)
            && self.owners(&id.clause).contains(&owner)
        {
            self.owe(&id.clause, owner, id.since, started, ahead, effects);
        }
    }

    /// Which time it is that a duty which starts by itself starts for a party: none if it did
    /// already, for itself or for whom it follows, and goes on if it comes round again and again.
    /// What was due on a day that is over is not owed by who comes later.
    pub(super) fn first_time(
        &self,
        clause: &ClauseRef,
        owner: &PartyId,
        now: Timestamp,
    ) -> Option<u32> {
        let due = &self.duty_clause(clause)?.terms.due;
        for owner in self.agreement.before(owner) {
            let first = DutyId { clause: clause.clone(), owner, since: 0, nth: 0 };
            let last = last_of(&first);
            let mut own = self.duties.all.range(first..=last).peekable();
            let owed = own.peek().is_some();
            // What is not due yet is the time that lies ahead.
            let goes_on = own.any(|(id, duty)| {
                let open = duty.status.is_open() && !duty.stood().is_overdue();
                self.agenda.is_set(&Alarm::Recur(id.clone()))
                    || (open && duty.due_by_itself(due) > now)
            });
            if owed && (due.every.is_none() || goes_on) {
                return None;
            }
        }
        if due.on.is_none() { Some(0) } else { time_ahead(now, due, now) }
    }
}
