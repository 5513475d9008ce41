//! What becomes of duties by acts: what they discharge, waive and extend.

use std::ops::Bound;

use concordat_terms::{ActName, ClauseRef, PartyId, Timestamp};

use super::{Change, Contest, Duty, DutyId, DutyStatus, Heard, Notice, Trigger};
use crate::agenda::Alarm;
use crate::state::State;
use crate::verdict::Effect;

impl State {
    pub(crate) fn change_duty(&mut self, change: Change, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        match change {
            Change::Discharged(id) => self.discharge(&id, now, &mut effects),
            Change::Tolled(id, ground) => self.toll(&id, ground, now, &mut effects),
            Change::Resumed(id, grounds) => self.lift(&id, grounds, now, &mut effects),
            Change::Extended(id, more) => {
                self.revise(&id, &mut effects, |duty| duty.extended.push(more));
            }
            Change::Waived(id) => {
                self.revise(&id, &mut effects, |duty| duty.status = DutyStatus::Waived(now));
            }
            Change::Disputed(id, reasons) => {
                self.revise(&id, &mut effects, |duty| duty.disputed = Some(reasons));
            }
            Change::Contested { duty, by, reasons } => {
                let contest = Contest { by, reasons, at: now };
                self.revise(&duty, &mut effects, |duty| duty.contested = Some(contest));
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
                let sooner = now < notice.received;
                notice.received = notice.received.min(now);
                let received = notice.received;
                let cured = |id: &DutyId| {
                    let noticed = self.duties.all.get(id).and_then(|duty| duty.notice);
                    sooner && noticed.is_some_and(|noticed| noticed.index == index)
                };
                let duty = notice.served.duty.clone().filter(cured);
                self.duties.notices.insert_mut(index, notice);
                if let Some(id) = duty {
                    self.start_cure(&id, index, received, &mut effects);
                }
            }
        }
        effects
    }

    /// What an admitted act discharges, and which clocks it starts.
    pub(crate) fn hear(&mut self, heard: &Heard, now: Timestamp, effects: &mut Vec<Effect>) {
        for party in heard.parties.iter().filter(|_| !heard.by_name) {
            let mut from = Bound::Unbounded;
            // Of each clause the oldest that the act is about: one report is one report.
            while let Some(first) = self.awaited_after(heard.act, party, &from) {
                let next = last_of(&first);
                let answers = heard.answers.as_ref().filter(|(opening, _)| {
                    let starts = self.duties.triggers.started_by(&Trigger::Act(*opening));
                    starts.contains(&first.clause)
                });
                let ids: Vec<DutyId> = match answers {
                    None => vec![first],
                    Some((_, entries)) => {
                        entries.iter().filter_map(|own| self.opened_by(&first, *own)).collect()
                    }
                };
                for id in ids {
                    if self.is_about(&id.clause, heard) && !self.is_kept(&id) {
                        self.discharge(&id, now, effects);
                    }
                }
                from = Bound::Excluded(next);
            }
        }
        if !heard.starts_nothing {
            self.start_clocks(&Trigger::Act(heard.act), Some(heard), now, effects);
        }
    }

    /// The first open duty that a party can discharge with an act, of clauses after this one.
    fn awaited_after(&self, act: ActName, party: &PartyId, from: &Bound<DutyId>) -> Option<DutyId> {
        let from = match from {
            Bound::Excluded(id) => Bound::Excluded((act, party.clone(), Some(id.clone()))),
            _ => Bound::Included((act, party.clone(), None)),
        };
        let mut range = self.duties.awaited.range((from, Bound::Unbounded));
        let (of, by, id) = range.next()?;
        id.clone().filter(|_| *of == act && by == party)
    }

    /// The open duty of a clause and owner that the entry at an index opened.
    fn opened_by(&self, like: &DutyId, index: u64) -> Option<DutyId> {
        let id = DutyId { since: index, nth: 0, ..like.clone() };
        let open = self.duties.all.get(&id).is_some_and(|duty| duty.status.is_open());
        open.then_some(id)
    }

    /// Whether an act is about what a duty is on, and of its project; an act about no assets is
    /// about all, one of no project about each.
    pub(super) fn is_about(&self, clause: &ClauseRef, heard: &Heard) -> bool {
        let Some(terms) = self.duty_clause(clause).map(|cited| cited.terms) else { return false };
        let home = self.duties.triggers.home(&clause.module);
        let here = home.is_none() || heard.project.is_none() || home == heard.project.as_ref();
        let (on, of) = (&terms.on, terms.of.as_ref());
        let body = of.is_none_or(|of| heard.body.as_ref().is_none_or(|body| body == of));
        here && body
            && (on.is_empty()
                || heard.assets.is_empty()
                || on.iter().any(|asset| heard.assets.contains(asset)))
    }

    fn discharge(&mut self, id: &DutyId, at: Timestamp, effects: &mut Vec<Effect>) {
        let index = self.index;
        self.revise(id, effects, |duty| {
            let late = duty.stood().is_overdue();
            duty.end(DutyStatus::Discharged { at, index, late }, at);
        });
    }

    /// Changes a duty, and with it what waits for it.
    pub(super) fn revise(
        &mut self,
        id: &DutyId,
        effects: &mut Vec<Effect>,
        change: impl FnOnce(&mut Duty),
    ) {
        let Some(duty) = self.duties.all.get_mut(id) else { return };
        let before = duty.status;
        change(duty);
        self.file_duty(id, Some(before), effects);
    }

    /// Puts the due date of a duty, its alarms and the books about it right.
    pub(super) fn file_duty(
        &mut self,
        id: &DutyId,
        before: Option<DutyStatus>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(duty) = self.duties.all.get(id) else { return };
        let (status, clause) = (duty.status, self.duty_clause(&id.clause));
        let by = clause.as_ref().map(|clause| clause.terms.discharged_by);
        let due = match status.is_open() {
            true => clause.and_then(|clause| duty.due_under(&clause.terms.due)),
            false => duty.due,
        };
        let rings = match status {
            DutyStatus::Active => due,
            DutyStatus::Late if duty.disputed.is_none() => {
                duty.notice.map(|notice| notice.cure_until)
            }
            _ => None,
        };
        let moved = duty.due != due;
        if let Some(duty) = self.duties.all.get_mut(id).filter(|_| moved) {
            duty.due = due;
        }
        self.agenda.put(Alarm::Duty(id.clone()), rings);
        let capped = self.duties.all.get(id).and_then(|duty| self.force_majeure_until(duty));
        self.agenda.put(Alarm::Toll(id.clone()), capped);
        if before != Some(status) {
            self.duties.recount(id, before, status, by);
            effects.push(Effect::DutyStands(id.clone(), status));
        }
    }
}

/// What the breach of a duty that stood so sets off: what was late or breached already is not so
/// again.
pub(super) fn breach_of(stood: DutyStatus) -> &'static [fn(ClauseRef) -> Trigger] {
    match stood {
        DutyStatus::Breached => &[],
        DutyStatus::Late => &[Trigger::Breach],
        _ => &[Trigger::Late, Trigger::Breach],
    }
}

/// The greatest name that an occurrence of the same clause and owner could have.
pub(super) fn last_of(id: &DutyId) -> DutyId {
    DutyId { since: u64::MAX, nth: u32::MAX, ..id.clone() }
}
