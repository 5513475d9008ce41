//! What time does with duties: they come due, turn late and are breached.

use concordat_terms::{Period, Timestamp};

use super::clock;
use super::life::breach_of;
use super::{DutyId, DutyStatus, Ground, Noticed, Trigger};
use crate::state::State;
use crate::verdict::Effect;

impl State {
    /// Its due date came, or its cure period ended.
    pub(crate) fn ring_duty(&mut self, id: &DutyId, at: Timestamp, effects: &mut Vec<Effect>) {
        let Some(duty) = self.duties.all.get(id) else { return };
        match duty.status {
            DutyStatus::Active => {
                self.revise(id, effects, |duty| duty.status = DutyStatus::Late);
                self.follow(id, &[Trigger::Late], at, effects);
            }
            DutyStatus::Late if duty.disputed.is_none() => {
                self.revise(id, effects, |duty| duty.status = DutyStatus::Breached);
                self.follow(id, &[Trigger::Breach], at, effects);
            }
            _ => {}
        }
    }

    /// Force majeure has stopped its clock for as long as the agreement has it.
    pub(crate) fn ring_toll(&mut self, id: &DutyId, at: Timestamp, effects: &mut Vec<Effect>) {
        self.lift(id, &[Ground::ForceMajeure], at, effects);
    }

    /// A duty is breached at once, with all that follows.
    pub(crate) fn breach(&mut self, id: &DutyId, at: Timestamp, effects: &mut Vec<Effect>) {
        if self.duties.all.get(id).is_some_and(|duty| duty.status.is_open()) {
            self.break_off(id, at, effects);
        }
    }

    /// The same, of a duty that is owed or was discharged.
    pub(super) fn break_off(&mut self, id: &DutyId, at: Timestamp, effects: &mut Vec<Effect>) {
        let Some(duty) = self.duties.all.get(id) else { return };
        let stood = duty.stood();
        self.revise(id, effects, |duty| {
            duty.end(DutyStatus::Breached, at);
            duty.overdue = None;
        });
        self.follow(id, breach_of(stood), at, effects);
    }

    /// Counts out the times in which nobody could act. If it was not late after all, the notice of
    /// that has nothing to say, and what followed falls.
    pub(super) fn count_out(&mut self, id: &DutyId, now: Timestamp, effects: &mut Vec<Effect>) {
        let Some(duty) = self.duties.all.get(id) else { return };
        let outages = self.outages_of(duty);
        let mut counted = duty.clone();
        counted.tolled.extend(outages.iter().copied());
        let due = self.duty_clause(&id.clause).and_then(|c| counted.due_under(&c.terms.due));
        let late = due.is_some_and(|due| due <= now);
        let mut falls = Vec::new();
        self.revise(id, effects, |duty| {
            duty.tolled.extend(outages);
            if !late {
                duty.status = DutyStatus::Active;
                duty.notice = None;
                falls = std::mem::take(&mut duty.followed);
            }
        });
        while let Some(followed) = falls.pop() {
            let Some(duty) = self.duties.all.get(&followed) else { continue };
            falls.extend(duty.followed.iter().cloned());
            if duty.status.is_open() {
                self.supersede(&followed, now, effects);
            }
        }
    }

    pub(super) fn start_cure(
        &mut self,
        id: &DutyId,
        index: u64,
        received: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        let Some(clause) = self.duty_clause(&id.clause) else { return };
        let cure = clause.terms.cure.unwrap_or_default();
        let cure_until = clock::ended(received, cure, &clause.terms.due);
        self.revise(id, out, |duty| duty.notice = Some(Noticed { index, received, cure_until }));
    }

    /// Takes off what was added to its time, while it is owed; whether it did.
    pub(crate) fn shorten(&mut self, id: &DutyId, more: Period, effects: &mut Vec<Effect>) -> bool {
        let open = self.duties.all.get(id).filter(|duty| duty.status.is_open());
        let added = open.and_then(|duty| duty.extended.iter().position(|added| *added == more));
        let Some(place) = added else { return false };
        self.revise(id, effects, |duty| _ = duty.extended.remove(place));
        true
    }
}
