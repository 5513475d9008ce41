//! What becomes of duties: by acts, by time, and when the agreement changes.

use std::ops::Bound;

use concordat_agreement::{Agreement, Cited, Duty as Clause, Force, Silence};
use concordat_terms::{ActName, AssetId, ClauseRef, PartyId, Period, Timestamp};

use super::acts::Ruling;
use super::clock;
use super::{Change, Contest, Duty, DutyId, DutyStatus, Ground, Heard, Notice, Noticed, Trigger};
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

    /// What was ruled about a duty.
    pub(crate) fn rule_on(&mut self, id: &DutyId, ruling: Ruling, effects: &mut Vec<Effect>) {
        let Some(now) = self.time else { return };
        let Some(duty) = self.duties.all.get(id) else { return };
        let (status, stood) = (duty.status, duty.stood());
        self.revise(id, effects, |duty| {
            (duty.disputed, duty.contested) = (None, None);
            match ruling {
                Ruling::Stands => {}
                Ruling::Owed => {
                    duty.tolled.retain(|toll| toll.ground != Ground::ForceMajeure);
                    let stopped = duty.tolled.iter().any(|toll| toll.until.is_none());
                    if !duty.status.is_overdue() && !stopped {
                        duty.status = DutyStatus::Active;
                    }
                }
                Ruling::NotOwed => duty.status = DutyStatus::Superseded(now),
                Ruling::Breached => {
                    duty.overdue = None;
                    duty.status = DutyStatus::Breached;
                }
                Ruling::Stayed => {}
            }
        });
        if ruling == Ruling::Stayed && matches!(status, DutyStatus::Active | DutyStatus::Late) {
            self.toll(id, Ground::Authority, now, effects);
        }
        if ruling == Ruling::Breached && status != DutyStatus::Breached {
            self.follow(id, breach_of(stood), now, effects);
        }
    }

    /// What an admitted act discharges, and which clocks it starts.
    pub(crate) fn hear(&mut self, heard: &Heard, now: Timestamp, effects: &mut Vec<Effect>) {
        for party in heard.parties.iter().filter(|_| !heard.by_name) {
            let mut from = Bound::Unbounded;
            // Of each clause the oldest that the act is about: one report is one report.
            while let Some(first) = self.awaited_after(heard.act, party, &from) {
                let (id, next) = match heard.answers {
                    None => (Some(first.clone()), last_of(&first)),
                    Some(index) => (self.opened_by(&first, index), last_of(&first)),
                };
                if let Some(id) = id.filter(|id| self.is_about(&id.clause, heard)) {
                    self.discharge(&id, now, effects);
                }
                from = Bound::Excluded(next);
            }
        }
        self.start_clocks(&Trigger::Act(heard.act), Some(heard), now, effects);
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
    fn is_about(&self, clause: &ClauseRef, heard: &Heard) -> bool {
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
    fn follow(
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

    /// Takes off what was added to its time.
    pub(crate) fn shorten(&mut self, id: &DutyId, more: Period, effects: &mut Vec<Effect>) {
        self.revise(id, effects, |duty| {
            if let Some(place) = duty.extended.iter().position(|added| *added == more) {
                duty.extended.remove(place);
            }
        });
    }

    /// It is owed again as before it was waived.
    pub(crate) fn unwaive(&mut self, id: &DutyId, was: DutyStatus, effects: &mut Vec<Effect>) {
        let waived = self.duty(id).is_some_and(|d| matches!(d.status, DutyStatus::Waived(_)));
        // What its clause no longer says is not owed again.
        if waived && self.duty_clause(&id.clause).is_some() {
            self.revise(id, effects, |duty| duty.status = was);
        }
    }

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

    fn discharge(&mut self, id: &DutyId, at: Timestamp, effects: &mut Vec<Effect>) {
        let index = self.index;
        self.revise(id, effects, |duty| {
            let late = duty.stood().is_overdue();
            duty.close_tolls(at);
            duty.overdue = None;
            duty.status = DutyStatus::Discharged { at, index, late };
        });
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

    fn start_cure(&mut self, id: &DutyId, index: u64, received: Timestamp, out: &mut Vec<Effect>) {
        let Some(clause) = self.duty_clause(&id.clause) else { return };
        let cure = clause.terms.cure.unwrap_or_default();
        let cure_until = clock::ended(received, cure, &clause.terms.due);
        self.revise(id, out, |duty| duty.notice = Some(Noticed { index, received, cure_until }));
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

    /// Changes a duty, and with it what waits for it.
    fn revise(&mut self, id: &DutyId, effects: &mut Vec<Effect>, change: impl FnOnce(&mut Duty)) {
        let Some(duty) = self.duties.all.get_mut(id) else { return };
        let before = duty.status;
        change(duty);
        self.file_duty(id, Some(before), effects);
    }

    /// Puts the due date of a duty, its alarms and the books about it right.
    fn file_duty(&mut self, id: &DutyId, before: Option<DutyStatus>, effects: &mut Vec<Effect>) {
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
        let alarm = Alarm::Duty(id.clone());
        match rings {
            Some(at) => self.agenda.set(alarm, at),
            None => self.agenda.cancel(&alarm),
        }
        if status != DutyStatus::Tolled {
            self.agenda.cancel(&Alarm::Toll(id.clone()));
        }
        if before != Some(status) {
            self.duties.recount(id, before, status, by);
            effects.push(Effect::DutyStands(id.clone(), status));
        }
    }
}

/// How often a duty of a past day can have come round before somebody first owes it: each day of
/// thirty years.
const FIRST_MOST: u32 = 11_000;

/// What the breach of a duty that stood so sets off: what was late already is not late again.
fn breach_of(stood: DutyStatus) -> &'static [fn(ClauseRef) -> Trigger] {
    if stood == DutyStatus::Late { &[Trigger::Breach] } else { &[Trigger::Late, Trigger::Breach] }
}

/// The greatest name that an occurrence of the same clause and owner could have.
fn last_of(id: &DutyId) -> DutyId {
    DutyId { since: u64::MAX, nth: u32::MAX, ..id.clone() }
}
