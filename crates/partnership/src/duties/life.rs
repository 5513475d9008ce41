//! What becomes of duties: by acts, by time, and when the agreement changes.

use std::collections::BTreeSet;

use concordat_agreement::{Force, Silence};
use concordat_terms::{ClauseRef, PartyId, Timestamp};

use super::{Change, Duty, DutyId, DutyStatus, Ground, Heard, Notice, Noticed, Tolled, Trigger};
use crate::agenda::Alarm;
use crate::state::State;
use crate::verdict::Effect;

impl State {
    pub(crate) fn change_duty(&mut self, change: Change, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        match change {
            Change::Discharged(id) => self.discharge(&id, now, &mut effects),
            Change::Tolled(id, ground) => self.toll(&id, ground, now, &mut effects),
            Change::Resumed(id) => self.resume(&id, now, &mut effects),
            Change::Extended(id, more) => {
                self.revise(&id, &mut effects, |duty| duty.extended.push(more));
            }
            Change::Waived(id) => {
                self.revise(&id, &mut effects, |duty| duty.status = DutyStatus::Waived(now));
            }
            Change::Disputed(id, reasons) => {
                self.revise(&id, &mut effects, |duty| duty.disputed = Some(reasons));
            }
            Change::Noticed { by, notice, received } => {
                let index = self.index;
                if let Some(id) = &notice.duty {
                    self.start_cure(id, index, received, &mut effects);
                }
                let notice = Notice { by, served: notice, at: now, received, acknowledged: false };
                self.duties.notices.insert_mut(index, notice);
            }
            Change::Acknowledged(index) => {
                let Some(mut notice) = self.duties.notices.get(&index).cloned() else {
                    return effects;
                };
                notice.acknowledged = true;
                // What was deemed received already stays so.
                notice.received = notice.received.min(now);
                let received = notice.received;
                let duty = notice.served.duty.clone();
                self.duties.notices.insert_mut(index, notice);
                if let Some(id) = duty {
                    self.start_cure(&id, index, received, &mut effects);
                }
            }
        }
        effects
    }

    /// What an admitted act discharges, and which clocks it starts.
    pub(crate) fn hear(&mut self, heard: &Heard<'_>, now: Timestamp, effects: &mut Vec<Effect>) {
        for party in heard.parties {
            let key = (heard.act, party.clone());
            let Some(ids) = self.duties.awaited.get(&key).cloned() else { continue };
            // Of each clause the oldest that the act is about: one report is one report.
            let mut done: BTreeSet<ClauseRef> = BTreeSet::new();
            for id in ids {
                if !done.contains(&id.clause) && self.is_about(&id, heard) {
                    done.insert(id.clause.clone());
                    self.discharge(&id, now, effects);
                }
            }
        }
        self.start_clocks(&Trigger::Act(heard.act), Some(heard), now, effects);
    }

    /// Whether an act is about what a duty is on; acts about no assets are about all.
    fn is_about(&self, id: &DutyId, heard: &Heard<'_>) -> bool {
        let Some(clause) = self.agreement.duty(&id.clause) else { return false };
        on_these(&clause.terms.on, heard)
    }

    /// Starts the clocks of the clauses that wait for a trigger.
    pub(crate) fn start_clocks(
        &mut self,
        trigger: &Trigger,
        heard: Option<&Heard<'_>>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        for clause in self.duties.triggers.started_by(trigger) {
            let Some(duty) = self.agreement.duty(&clause) else { continue };
            if heard.is_some_and(|heard| !on_these(&duty.terms.on, heard)) {
                continue;
            }
            for owner in self.agreement.parties_of(&duty.terms.owner) {
                self.owe(&clause, owner, self.index, now, 0, effects);
            }
        }
    }

    /// Opens an occurrence. Several of one clause, owner and entry are counted on.
    fn owe(
        &mut self,
        clause: &ClauseRef,
        owner: PartyId,
        since: u64,
        started: Timestamp,
        recurrence: u32,
        effects: &mut Vec<Effect>,
    ) {
        let mut id = DutyId { clause: clause.clone(), owner, since, nth: recurrence };
        while self.duties.all.contains_key(&id) {
            id.nth = id.nth.saturating_add(1);
        }
        let duty = Duty {
            started,
            recurrence,
            due: None,
            status: DutyStatus::Active,
            tolled: Vec::new(),
            extended: Vec::new(),
            notice: None,
            disputed: None,
        };
        self.keep(id, duty, effects);
    }

    /// Its due date came, or its cure period ended.
    pub(crate) fn ring_duty(&mut self, id: &DutyId, at: Timestamp, effects: &mut Vec<Effect>) {
        let Some(duty) = self.duties.all.get(id) else { return };
        match duty.status {
            DutyStatus::Active => {
                self.revise(id, effects, |duty| duty.status = DutyStatus::Late);
                self.start_clocks(&Trigger::Late(id.clause.clone()), None, at, effects);
            }
            DutyStatus::Late if duty.disputed.is_none() => {
                self.revise(id, effects, |duty| duty.status = DutyStatus::Breached);
                self.start_clocks(&Trigger::Breach(id.clause.clone()), None, at, effects);
            }
            _ => {}
        }
    }

    /// A recurring duty comes round again, whatever became of it the last time.
    pub(crate) fn recur(&mut self, id: &DutyId, effects: &mut Vec<Effect>) {
        let Some(duty) = self.duties.all.get(id) else { return };
        let (started, next) = (duty.started, duty.recurrence.saturating_add(1));
        let Some(clause) = self.agreement.duty(&id.clause) else { return };
        // Who follows a party owes it from then on.
        let Some(owner) = self.agreement.now(&id.owner) else { return };
        let owed = self.agreement.parties_of(&clause.terms.owner).contains(&owner);
        if owed && self.agreement.silence(&id.clause).is_none_or(|s| s == Silence::Suspended) {
            self.owe(&id.clause, owner, id.since, started, next, effects);
        }
    }

    fn discharge(&mut self, id: &DutyId, at: Timestamp, effects: &mut Vec<Effect>) {
        let index = self.index;
        self.revise(id, effects, |duty| {
            let late = duty.status.is_overdue();
            duty.status = DutyStatus::Discharged { at, index, late };
        });
    }

    fn toll(&mut self, id: &DutyId, ground: Ground, from: Timestamp, effects: &mut Vec<Effect>) {
        let outages = self.duties.all.get(id).map(|duty| self.outages_of(duty)).unwrap_or_default();
        self.revise(id, effects, |duty| {
            if ground == Ground::Unavailable {
                duty.tolled.extend(outages);
                duty.status = DutyStatus::Active;
                return;
            }
            duty.tolled.push(Tolled { ground, from, until: None });
            duty.status = match ground {
                Ground::Suspension => DutyStatus::Suspended,
                _ => DutyStatus::Tolled,
            };
        });
    }

    fn resume(&mut self, id: &DutyId, now: Timestamp, effects: &mut Vec<Effect>) {
        self.revise(id, effects, |duty| {
            if let Some(open) = duty.tolled.iter_mut().find(|toll| toll.until.is_none()) {
                open.until = Some(now);
            }
            duty.status = DutyStatus::Active;
        });
    }

    fn start_cure(&mut self, id: &DutyId, index: u64, received: Timestamp, out: &mut Vec<Effect>) {
        let Some(clause) = self.agreement.duty(&id.clause) else { return };
        let cure_until = received.plus(clause.terms.cure.unwrap_or_default());
        self.revise(id, out, |duty| duty.notice = Some(Noticed { index, received, cure_until }));
    }

    /// Puts every open duty under the agreement as it is now: what has no clause any more is
    /// superseded, what its module's suspension stops stands still, and the others come due when
    /// the clause now says. What comes into force starts its clocks.
    pub(crate) fn resettle_duties(
        &mut self,
        before: &BTreeSet<ClauseRef>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        self.duties.triggers = super::Triggers::of(&self.agreement).into();
        let open = self.duties.all.iter().filter(|(_, duty)| duty.status.is_open());
        let open: Vec<(DutyId, DutyStatus)> = open.map(|(i, d)| (i.clone(), d.status)).collect();
        for (id, status) in open {
            let clause = self.agreement.duty(&id.clause);
            match (clause, self.agreement.silence(&id.clause)) {
                (None, _) | (_, Some(Silence::Invalid | Silence::Dormant | Silence::Ended)) => {
                    let over = DutyStatus::Superseded(now);
                    self.revise(&id, effects, |duty| duty.status = over);
                }
                (_, Some(Silence::Suspended)) if status == DutyStatus::Active => {
                    if self.force_of(&id.clause) != Force::Statutory {
                        self.toll(&id, Ground::Suspension, now, effects);
                    }
                }
                (_, None) if status == DutyStatus::Suspended => self.resume(&id, now, effects),
                // The clause may say another date now.
                _ => self.revise(&id, effects, |_| {}),
            }
        }
        let new: Vec<ClauseRef> = self.duty_clauses().difference(before).cloned().collect();
        for clause in new {
            let trigger = Trigger::InForce(clause.module.clone());
            if self.duties.triggers.started_by(&trigger).contains(&clause)
                && let Some(duty) = self.agreement.duty(&clause)
            {
                for owner in self.agreement.parties_of(&duty.terms.owner) {
                    self.owe(&clause, owner, self.index, now, 0, effects);
                }
            }
        }
    }

    /// The duty clauses of the agreement in force.
    pub(crate) fn duty_clauses(&self) -> BTreeSet<ClauseRef> {
        self.agreement.duties().map(|cited| cited.clause).collect()
    }

    pub(crate) fn force_of(&self, clause: &ClauseRef) -> Force {
        self.agreement.clause(clause).and_then(|c| c.standing.effect).unwrap_or(Force::Binding)
    }

    /// Changes a duty, and with it what waits for it.
    fn revise(&mut self, id: &DutyId, effects: &mut Vec<Effect>, change: impl FnOnce(&mut Duty)) {
        let Some(mut duty) = self.duties.all.get(id).cloned() else { return };
        change(&mut duty);
        self.keep(id.clone(), duty, effects);
    }

    fn keep(&mut self, id: DutyId, mut duty: Duty, effects: &mut Vec<Effect>) {
        let clause = self.agreement.duty(&id.clause).map(|cited| cited.terms.clone());
        let before = self.duties.all.get(&id).map(|duty| duty.status);
        if duty.status.is_open() {
            duty.due = clause.as_ref().and_then(|clause| duty.due_under(&clause.due));
        }
        let alarm = Alarm::Duty(id.clone());
        let rings = match duty.status {
            DutyStatus::Active => duty.due,
            DutyStatus::Late => duty.notice.map(|notice| notice.cure_until),
            _ => None,
        };
        match rings {
            Some(at) => self.agenda.set(alarm, at),
            None => self.agenda.cancel(&alarm),
        }
        // The next time is due one interval later, and its clock starts when this one's is over.
        let again = clause.as_ref().and_then(|c| c.due.every);
        if before.is_none()
            && again.is_some()
            && let Some(due) = duty.due
        {
            self.agenda.set(Alarm::Recur(id.clone()), due);
        }
        if let Some(clause) = clause {
            let key = (clause.discharged_by, id.owner.clone());
            self.duties.await_or_forget(key, &id, duty.status.is_open());
        }
        if before != Some(duty.status) {
            effects.push(Effect::DutyStands(id.clone(), duty.status));
        }
        self.duties.all.insert_mut(id, duty);
    }
}

fn on_these(on: &[concordat_terms::AssetId], heard: &Heard<'_>) -> bool {
    on.is_empty() || heard.assets.is_empty() || on.iter().any(|asset| heard.assets.contains(asset))
}
