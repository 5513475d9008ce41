//! What time does with duties: they come due, turn late, are breached, and stand still.

use concordat_agreement::{Force, Silence};
use concordat_terms::{ActName, AssetId, Period, Timestamp};

use super::clock;
use super::life::breach_of;
use super::{Duty, DutyId, DutyStatus, Ground, Noticed, Trigger};
use crate::agenda::Alarm;
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
        self.resume(id, at, effects);
    }

    /// A duty is breached at once, with all that follows.
    pub(crate) fn breach(&mut self, id: &DutyId, at: Timestamp, effects: &mut Vec<Effect>) {
        let Some(duty) = self.duties.all.get(id) else { return };
        let (status, stood) = (duty.status, duty.stood());
        if !status.is_open() || status == DutyStatus::Breached {
            return;
        }
        self.revise(id, effects, |duty| {
            duty.close_tolls(at);
            duty.overdue = None;
            duty.status = DutyStatus::Breached;
        });
        self.follow(id, breach_of(stood), at, effects);
    }

    pub(crate) fn toll(
        &mut self,
        id: &DutyId,
        ground: Ground,
        from: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Some(duty) = self.duties.all.get(id) else { return };
        if ground == Ground::Unavailable {
            self.count_out(id, from, effects);
            return;
        }
        let left = self.force_majeure_left(duty);
        self.revise(id, effects, |duty| {
            duty.stop(ground, from);
        });
        if ground == Ground::ForceMajeure
            && let Some(left) = left
        {
            let until = Timestamp::from_seconds(from.seconds().saturating_add(left));
            self.agenda.set(Alarm::Toll(id.clone()), until.unwrap_or(from));
        }
    }

    /// Counts out the times in which nobody could act. If it was not late after all, what followed
    /// from its lateness falls.
    fn count_out(&mut self, id: &DutyId, now: Timestamp, effects: &mut Vec<Effect>) {
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
                falls = std::mem::take(&mut duty.followed);
            }
        });
        for followed in falls {
            let open = self.duties.all.get(&followed).is_some_and(|duty| duty.status.is_open());
            if open {
                let over = DutyStatus::Superseded(now);
                self.revise(&followed, effects, |duty| duty.status = over);
            }
        }
    }

    pub(crate) fn resume(&mut self, id: &DutyId, now: Timestamp, effects: &mut Vec<Effect>) {
        self.revise(id, effects, |duty| duty.run_on(now));
        // A suspension goes on where another ground is over.
        if self.silence_of(&id.clause) == Some(Silence::Suspended)
            && self.force_of(&id.clause) != Force::Statutory
        {
            self.toll(id, Ground::Suspension, now, effects);
        }
    }

    /// How many seconds force majeure may still stop a duty's clock; none: as long as it is claimed.
    pub(super) fn force_majeure_left(&self, duty: &Duty) -> Option<u64> {
        let most = self.agreement.instrument()?.terms.force_majeure_most?;
        let start = duty.started;
        let most = start.plus(most).seconds().saturating_sub(start.seconds());
        let claimed = duty.tolled.iter().filter(|toll| toll.ground == Ground::ForceMajeure);
        let spent = claimed.map(|toll| {
            let until = toll.until.or(self.time).unwrap_or(toll.from);
            until.seconds().saturating_sub(toll.from.seconds())
        });
        Some(most.saturating_sub(spent.sum()))
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

    /// Takes off what was added to its time.
    pub(crate) fn shorten(&mut self, id: &DutyId, more: Period, effects: &mut Vec<Effect>) {
        self.revise(id, effects, |duty| {
            if let Some(place) = duty.extended.iter().position(|added| *added == more) {
                duty.extended.remove(place);
            }
        });
    }

    /// The clocks of duties to delete what is under a hold stand still.
    pub(crate) fn toll_deletions(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        for id in self.deletions(DutyStatus::Active) {
            if self.is_defeated(&id.clause) {
                self.toll(&id, Ground::Authority, now, effects);
            }
        }
    }

    /// The clocks of duties to delete an asset run on, where no other hold stops them.
    pub(crate) fn resume_deletions(
        &mut self,
        asset: &AssetId,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        for id in self.deletions(DutyStatus::Tolled) {
            let stopped = self.duties.all.get(&id).and_then(|duty| duty.tolled.last());
            let by_hold = stopped.is_some_and(|toll| toll.ground == Ground::Authority);
            if by_hold && self.deletes(&id.clause, asset) && !self.is_defeated(&id.clause) {
                self.resume(&id, now, effects);
            }
        }
    }

    /// The duties with a status that an act of deleting discharges.
    fn deletions(&self, status: DutyStatus) -> Vec<DutyId> {
        let deleting = [ActName::DeletionAttest, ActName::ErasureRecord];
        let awaited = self.duties.awaited.iter().filter(|(act, ..)| deleting.contains(act));
        let ids = awaited.filter_map(|(_, _, id)| id.clone());
        ids.filter(|id| self.duties.all.get(id).is_some_and(|duty| duty.status == status)).collect()
    }
}
