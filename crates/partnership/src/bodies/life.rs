//! What becomes of motions: by acts, by time, and when the agreement changes.

use std::collections::BTreeMap;

use concordat_agreement::Body;
use concordat_terms::{
    BodyId, Digest, MeetingId, MemberId, MotionId, PartyId, Period, SeatId, Timestamp,
};
use serde::Serialize;

use super::{
    Meeting, MeetingCall, MeetingMinute, Motion, MotionPropose, MotionStatus, Outcome, Tally, Vote,
};
use crate::agenda::Alarm;
use crate::duties::Trigger;
use crate::state::State;
use crate::verdict::Effect;

/// What the acts about bodies change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change {
    Proposed { party: PartyId, tier: Option<u32>, motion: Box<MotionPropose> },
    Voted { party: PartyId, motion: MotionId, vote: Vote },
    Recused { party: PartyId, motion: MotionId, conflict: Digest },
    Delegated { party: PartyId, body: BodyId, to: Option<PartyId> },
    Vetoed { party: PartyId, motion: MotionId, reasons: Digest },
    Withdrawn { motion: MotionId },
    Executed { motion: MotionId, tally: Box<Tally>, then: Box<crate::change::Change> },
    Filled { seat: SeatId, party: PartyId, member: MemberId },
    Vacated { seat: SeatId, party: PartyId },
    Called { party: PartyId, meeting: MeetingCall },
    Minuted { meeting: MeetingMinute },
}

impl From<Change> for crate::change::Change {
    fn from(change: Change) -> Self {
        Self::Body(change)
    }
}

impl State {
    pub(crate) fn change_body(&mut self, change: Change, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        let out = &mut effects;
        match change {
            Change::Proposed { party, tier, motion } => self.put(party, tier, *motion, now, out),
            Change::Voted { party, motion, vote } => {
                self.revise_motion(&motion, now, out, |motion| {
                    motion.votes.insert(party, vote);
                });
            }
            Change::Recused { party, motion, conflict } => {
                self.revise_motion(&motion, now, out, |motion| {
                    motion.votes.remove(&party);
                    motion.recused.insert(party, conflict);
                });
            }
            Change::Delegated { party, body, to } => {
                let key = (body.clone(), party);
                match to {
                    Some(to) => self.bodies.delegated.insert_mut(key, to),
                    None => {
                        self.bodies.delegated.remove_mut(&key);
                    }
                }
                self.recount(&body, now, out);
            }
            Change::Vetoed { party, motion, reasons } => {
                self.revise_motion(&motion, now, out, |motion| {
                    motion.vetoed = Some((party, reasons));
                    motion.status = MotionStatus::Vetoed;
                });
            }
            Change::Withdrawn { motion } => self.close(&motion, now, out),
            Change::Executed { motion, then, .. } => self.carry_out(&motion, *then, now, out),
            Change::Filled { seat, party, member } => {
                self.seat(seat, party, Some(member), now, out)
            }
            Change::Vacated { seat, party } => self.seat(seat, party, None, now, out),
            Change::Called { party, meeting } => {
                let id: MeetingId = meeting.meeting.clone();
                self.agenda.set(Alarm::Meeting(id.clone()), meeting.at);
                let meeting = Meeting { called: meeting, by: party, minutes: None };
                self.bodies.meetings.insert_mut(id, meeting);
            }
            Change::Minuted { meeting: minutes } => {
                if let Some(mut meeting) = self.bodies.meetings.get(&minutes.meeting).cloned() {
                    let id = minutes.meeting.clone();
                    meeting.minutes = Some(minutes);
                    self.bodies.meetings.insert_mut(id, meeting);
                }
            }
        }
        effects
    }

    fn put(
        &mut self,
        by: PartyId,
        tier: Option<u32>,
        proposed: MotionPropose,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let id = proposed.motion.clone();
        let body = self.agreement.body(&proposed.body).map(|body| body.terms);
        let waits = body.is_some_and(|body| body.lead.is_some());
        for other in &proposed.alternatives {
            let mut theirs = self.bodies.alternatives.get(other).cloned().unwrap_or_default();
            theirs.insert(id.clone());
            self.bodies.alternatives.insert_mut(other.clone(), theirs);
        }
        if !proposed.alternatives.is_empty() {
            self.bodies.alternatives.insert_mut(id.clone(), proposed.alternatives.clone());
        }
        let turn = self.bodies.turns.get(&proposed.body).copied().unwrap_or_default();
        let motion = Motion {
            proposed,
            by,
            at: now,
            index: self.index,
            tier,
            turn,
            opens_at: now,
            open_until: now,
            lapses_at: now,
            quorum_at: None,
            prolonged: None,
            votes: BTreeMap::new(),
            recused: BTreeMap::new(),
            vetoed: None,
            decided: None,
            executed: None,
            status: if waits { MotionStatus::Proposed } else { MotionStatus::Open },
        };
        self.bodies.motions.insert_mut(id.clone(), motion);
        self.file_motion(&id, None, effects);
        // A side that is too small for its quorum decides nothing, and is told so at once.
        self.settle(&id, now, effects);
    }

    /// Does what was decided, and closes what it answers.
    fn carry_out(
        &mut self,
        id: &MotionId,
        then: crate::change::Change,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Some(MotionPropose { fast, body, decision, .. }) =
            self.bodies.motions.get(id).map(|motion| motion.proposed.clone())
        else {
            return;
        };
        self.alter_motion(id, effects, |motion| {
            motion.executed = Some(now);
            motion.status = MotionStatus::Executed;
        });
        self.settled(&decision);
        let others = self.bodies.alternatives.get(id).cloned().unwrap_or_default();
        for other in others {
            let pending = |motion: &Motion| motion.status.is_pending();
            if self.bodies.motions.get(&other).is_some_and(pending) {
                self.close(&other, now, effects);
            }
        }
        if fast && let Some(clause) = self.agreement.body(&body).map(|body| body.clause) {
            self.start_clocks(&Trigger::Fast(clause), None, now, effects);
        }
        effects.extend(self.change(then));
    }

    fn close(&mut self, id: &MotionId, now: Timestamp, effects: &mut Vec<Effect>) {
        self.revise_motion(id, now, effects, |motion| motion.status = MotionStatus::Withdrawn);
    }

    /// Voting on a motion opens or ends, or nobody carried it out in time.
    pub(crate) fn ring_motion(&mut self, id: &MotionId, at: Timestamp, out: &mut Vec<Effect>) {
        self.revise_motion(id, at, out, |motion| match motion.status {
            MotionStatus::Proposed => motion.status = MotionStatus::Open,
            MotionStatus::Succeeded => motion.status = MotionStatus::Expired,
            _ => {}
        });
    }

    /// Counts the motions of a body anew of which something can still become.
    pub(super) fn recount(&mut self, body: &BodyId, at: Timestamp, effects: &mut Vec<Effect>) {
        for id in self.bodies.pending.get(body).cloned().unwrap_or_default() {
            self.revise_motion(&id, at, effects, |_| {});
        }
    }

    /// Changes a motion and counts it anew.
    fn revise_motion(
        &mut self,
        id: &MotionId,
        at: Timestamp,
        effects: &mut Vec<Effect>,
        change: impl FnOnce(&mut Motion),
    ) {
        self.alter_motion(id, effects, change);
        self.settle(id, at, effects);
    }

    /// Decides an open motion that nothing can change any more, and notes when its quorum came.
    fn settle(&mut self, id: &MotionId, at: Timestamp, effects: &mut Vec<Effect>) {
        let Some(motion) = self.bodies.motions.get(id) else { return };
        if motion.status != MotionStatus::Open {
            return;
        }
        let ended = at >= motion.open_until;
        let Some(body) = self.agreement.body(&motion.proposed.body).map(|body| body.terms) else {
            // Its body is gone: nobody decides it in favour any more.
            return self.alter_motion(id, effects, |motion| {
                motion.status = MotionStatus::Defeated;
                motion.decided = Some(at);
            });
        };
        let voters = self.electorate(body, motion.turn);
        let tally = self.count(motion, body, motion.tier, ended, &voters);
        let (mut quorum_at, mut prolonged) = (motion.quorum_at, motion.prolonged);
        if quorum_at.is_none() && self.is_quorate(motion, body, &tally) {
            quorum_at = Some(at);
            // A quorum at the last moment gives the others time to answer it.
            let guard = body.late_guard.filter(|guard| at.plus(*guard) > motion.open_until);
            prolonged = guard.map(|guard| at.plus(guard));
        }
        let status = match tally.outcome {
            Outcome::Succeeded => MotionStatus::Succeeded,
            Outcome::Failed => MotionStatus::Defeated,
            Outcome::Undecided => MotionStatus::Open,
        };
        let decided = (status != MotionStatus::Open).then_some(at);
        // What is decided waits for nobody.
        let prolonged = prolonged.filter(|_| ended || decided.is_none());
        let failed = (status == MotionStatus::Defeated).then(|| {
            let stuck = self.recused_below_quorum(motion, body, &voters);
            (motion.proposed.decision.clone(), motion.proposed.body.clone(), stuck)
        });
        self.alter_motion(id, effects, |motion| {
            (motion.quorum_at, motion.prolonged) = (quorum_at, prolonged);
            (motion.decided, motion.status) = (decided, status);
        });
        if let Some((decision, of, stuck)) = failed {
            self.failed(&decision, &of, stuck, at, effects);
        }
    }

    /// Changes a motion, and with it what waits for it.
    fn alter_motion(
        &mut self,
        id: &MotionId,
        effects: &mut Vec<Effect>,
        change: impl FnOnce(&mut Motion),
    ) {
        let Some(motion) = self.bodies.motions.get_mut(id) else { return };
        let before = motion.status;
        change(motion);
        self.file_motion(id, Some(before), effects);
    }

    /// Puts the times, the alarm and the place among those that are pending of a motion right.
    fn file_motion(
        &mut self,
        id: &MotionId,
        before: Option<MotionStatus>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(motion) = self.bodies.motions.get_mut(id) else { return };
        if motion.status.is_pending()
            && let Some(body) = self.agreement.body(&motion.proposed.body)
        {
            motion.compute_times(body.terms);
        }
        let alarm = Alarm::Motion(id.clone());
        match motion.status {
            MotionStatus::Proposed => self.agenda.set(alarm, motion.opens_at),
            MotionStatus::Open => self.agenda.set(alarm, motion.open_until),
            MotionStatus::Succeeded => self.agenda.set(alarm, motion.lapses_at),
            _ => self.agenda.cancel(&alarm),
        }
        if before == Some(motion.status) {
            return;
        }
        effects.push(Effect::MotionStands(id.clone(), motion.status));
        let (body, pends) = (motion.proposed.body.clone(), motion.status.is_pending());
        let Some(pending) = self.bodies.pending.get_mut(&body) else {
            if pends {
                self.bodies.pending.insert_mut(body, [id.clone()].into());
            }
            return;
        };
        match pends {
            true => pending.insert(id.clone()),
            false => pending.remove(id),
        };
        if pending.is_empty() {
            self.bodies.pending.remove_mut(&body);
        }
    }
}

impl Motion {
    /// When voting opens and ends, and until when a decision keeps: from when it was put, the
    /// body's clause and a late quorum.
    fn compute_times(&mut self, body: &Body) {
        let fast = body.fast.as_ref().filter(|_| self.proposed.fast);
        let open_for = fast.map_or(body.open_for, |fast| fast.open_for);
        self.opens_at = self.at.plus(body.lead.unwrap_or_default());
        let ends = self.opens_at.plus(open_for);
        self.open_until = self.prolonged.map_or(ends, |until| until.max(ends));
        self.lapses_at = self.open_until.plus(held_back(body, self)).plus(open_for);
    }
}

/// For how long after its success a decision may be vetoed, and is not carried out.
pub(super) fn held_back(body: &Body, motion: &Motion) -> Period {
    let act = motion.proposed.decision.name();
    let vetoes = body.veto.iter();
    let meant = vetoes.filter(|veto| veto.acts.is_empty() || veto.acts.contains(&act));
    let longest = meant.filter_map(|veto| veto.within);
    // Periods in months and days have no order of their own; from one moment on they do.
    longest.max_by_key(|within| Timestamp::EPOCH.plus(*within)).unwrap_or_default()
}
