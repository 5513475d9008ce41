//! What stops a duty's clock. Each ground stops it and is over by itself; the clock runs while none
//! does.

use concordat_agreement::{Force, Silence};
use concordat_terms::{ActName, Timestamp};

use super::{Duty, DutyId, DutyStatus, Ground, Tolled};
use crate::state::State;
use crate::verdict::Effect;

impl Ground {
    /// The grounds that who owes a duty may let go, so that its clock runs on.
    pub(super) const OF_ITS_OWNER: &[Self] =
        &[Self::ForceMajeure, Self::Authority, Self::Stay, Self::Correction];

    /// Whether somebody claims it by an act, so that it can be contested.
    pub(super) fn is_claimed(self) -> bool {
        matches!(self, Self::ForceMajeure | Self::Authority)
    }
}

impl Duty {
    /// How it stands, or stood when its clock was stopped or it was discharged and its time was over.
    pub(super) fn stood(&self) -> DutyStatus {
        self.overdue.unwrap_or(self.status)
    }

    /// Whether anything stops its clock.
    pub(super) fn is_stopped(&self) -> bool {
        self.tolled.iter().any(|toll| toll.until.is_none())
    }

    /// Whether a ground stops its clock.
    pub(super) fn is_stopped_by(&self, ground: Ground) -> bool {
        self.tolled.iter().any(|toll| toll.ground == ground && toll.until.is_none())
    }

    /// A ground stops its clock from then on.
    pub(super) fn stop(&mut self, ground: Ground, from: Timestamp) {
        if self.is_stopped_by(ground) {
            return;
        }
        self.overdue = self.overdue.or(Some(self.status)).filter(|status| status.is_overdue());
        self.still_since.get_or_insert(from);
        self.tolled.push(Tolled { ground, from, until: None });
        self.status = DutyStatus::Tolled;
        self.stand();
    }

    /// Grounds are over. If no other is left the clock runs on: what was late by then is late, and
    /// has as long to be cured as it had.
    pub(super) fn lift(&mut self, grounds: &[Ground], at: Timestamp) {
        let open = self.tolled.iter_mut().filter(|toll| toll.until.is_none());
        open.filter(|toll| grounds.contains(&toll.ground)).for_each(|toll| toll.until = Some(at));
        if !self.is_stopped()
            && let Some(from) = self.still_since.take()
            && let Some(notice) = &mut self.notice
            && from < notice.cure_until
        {
            let stood = at.seconds().saturating_sub(from.max(notice.received).seconds());
            let until = notice.cure_until.seconds().saturating_add(stood);
            notice.cure_until = Timestamp::from_seconds(until).unwrap_or(notice.cure_until);
        }
        if self.status.is_open() {
            self.stand();
        }
    }

    /// What was claimed for it never stopped its clock, and its discharge does not count: it is owed
    /// as it was before.
    pub(super) fn disown(&mut self) {
        self.tolled.retain(|toll| !toll.ground.is_claimed());
        let open = self.tolled.iter().filter(|toll| toll.until.is_none());
        self.still_since = open.map(|toll| toll.from).min();
        self.stand();
    }

    /// It is owed again as it was before it was waived, unless what stopped its clock is over.
    pub(super) fn reopen(&mut self, was: DutyStatus) {
        self.status = was;
        self.stand();
    }

    /// It is over, and nothing stops it any more.
    pub(super) fn end(&mut self, status: DutyStatus, at: Timestamp) {
        self.tolled.iter_mut().for_each(|toll| _ = toll.until.get_or_insert(at));
        self.still_since = None;
        self.overdue = Some(self.stood()).filter(|stood| stood.is_overdue());
        self.status = status;
    }

    /// Puts its status right by what stops its clock.
    fn stand(&mut self) {
        let open = || self.tolled.iter().filter(|toll| toll.until.is_none());
        if open().any(|toll| toll.ground != Ground::Suspension) {
            self.status = DutyStatus::Tolled;
        } else if open().next().is_some() {
            self.status = DutyStatus::Suspended;
        } else if self.status != DutyStatus::Active && !self.status.is_overdue() {
            self.status = self.overdue.take().unwrap_or(DutyStatus::Active);
        }
    }
}

impl State {
    /// A ground stops a duty's clock.
    pub(crate) fn toll(
        &mut self,
        id: &DutyId,
        ground: Ground,
        from: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        match ground {
            Ground::Unavailable => self.count_out(id, from, effects),
            _ => self.revise(id, effects, |duty| duty.stop(ground, from)),
        }
    }

    /// Grounds that stopped a duty's clock are over.
    pub(crate) fn lift(
        &mut self,
        id: &DutyId,
        grounds: &[Ground],
        at: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        self.revise(id, effects, |duty| duty.lift(grounds, at));
    }

    /// Has a duty's clock stopped by what stands around it, and by that no longer than it does: the
    /// suspension of its module before it is late, a hold on what it deletes before it is breached.
    pub(super) fn settle_stops(&mut self, id: &DutyId, from: Timestamp, effects: &mut Vec<Effect>) {
        let Some(duty) = self.duties.all.get(id) else { return };
        let (open, stood) = (duty.status.is_open(), duty.stood());
        let suspended = self.silence_of(&id.clause) == Some(Silence::Suspended)
            && self.force_of(&id.clause) != Force::Statutory;
        let held = self.is_defeated(&id.clause);
        let around = [
            (
                Ground::Suspension,
                suspended,
                !stood.is_overdue(),
                duty.is_stopped_by(Ground::Suspension),
            ),
            (Ground::Hold, held, stood != DutyStatus::Breached, duty.is_stopped_by(Ground::Hold)),
        ];
        for (ground, stands, stoppable, stopped) in around {
            if stands && open && stoppable && !stopped {
                self.toll(id, ground, from, effects);
            } else if !stands && stopped {
                self.lift(id, &[ground], from, effects);
            }
        }
    }

    /// The clocks of duties to delete what is held stand still, and run on when it is held no more.
    pub(crate) fn settle_deletions(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        let deleting = [ActName::DeletionAttest, ActName::ErasureRecord];
        let awaited = self.duties.awaited.iter().filter(|(act, ..)| deleting.contains(act));
        let open = awaited.filter_map(|(_, _, id)| id.as_ref());
        let held = self.duties.all.iter().filter(|(_, duty)| duty.is_stopped_by(Ground::Hold));
        let ids: Vec<DutyId> = open.chain(held.map(|(id, _)| id)).cloned().collect();
        for id in ids {
            self.settle_stops(&id, now, effects);
        }
    }

    /// How many seconds force majeure may still stop a duty's clock; none: as long as it is claimed.
    pub(super) fn force_majeure_left(&self, duty: &Duty) -> Option<u64> {
        let most = self.agreement.instrument()?.terms.force_majeure_most?;
        let start = duty.started;
        let most = start.plus(most).seconds().saturating_sub(start.seconds());
        let claimed = duty.tolled.iter().filter(|toll| toll.ground == Ground::ForceMajeure);
        let spent = claimed.filter_map(|toll| {
            toll.until.map(|until| until.seconds().saturating_sub(toll.from.seconds()))
        });
        Some(most.saturating_sub(spent.sum()))
    }

    /// When force majeure has stopped a duty's clock for as long as the agreement has it, if it
    /// stops it now.
    pub(super) fn force_majeure_until(&self, duty: &Duty) -> Option<Timestamp> {
        let open = |toll: &&Tolled| toll.ground == Ground::ForceMajeure && toll.until.is_none();
        let from = duty.tolled.iter().find(open)?.from;
        let until = from.seconds().saturating_add(self.force_majeure_left(duty)?);
        // After the last moment there is no other.
        Some(Timestamp::from_seconds(until).unwrap_or(from))
    }
}
