//! What stands in the way of motions, votes and what is done about them.

use concordat_agreement::{Body, Cited};
use concordat_terms::{Aspect, Digest, MotionId, PartyId};

use super::refusal::BodyRefusal as No;
use super::{
    Cause, Change, Motion, MotionDelegate, MotionExecute, MotionPropose, MotionRecuse,
    MotionStatus, MotionVeto, MotionVote, MotionWithdraw, Outcome,
};
use crate::deed::{Deed, Hearing};
use crate::gate::Matter;
use crate::refusal::Refusal;
use crate::state::State;
use crate::verdict::Actor;

impl Deed for MotionPropose {
    fn subject(&self) -> Option<Digest> {
        self.text
    }

    fn about<'a>(&'a self, _: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        matter.body = Some(&self.body);
    }

    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        let state = hearing.state;
        let party = hearing.by.party(out)?.clone();
        if state.bodies.motions.contains_key(&self.motion) {
            out.push(Refusal::NameTaken { name: self.motion.to_string() });
        }
        let act = self.decision.name();
        if !act.about().contains(&Aspect::Decision) {
            out.push(No::NotDecidable { act }.into());
        }
        match state.agreement.body(&self.body) {
            None => out.push(Refusal::UnknownBody { body: self.body.clone() }),
            Some(body) => {
                state.check_constituted(&self.body, &body, out);
                state.check_question(self, &body, out);
            }
        }
        // Members vote on something that is there: a name's content never changes, but a name
        // that is free could be given any content after the vote.
        self.decision.deed().refers(state, out);
        let tier = state.tier_of(&self.decision, &self.body);
        Some(Change::Proposed { party, tier, motion: Box::new(self.clone()) }.into())
    }
}

impl Deed for MotionVote {
    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        state.add_motion(matter, &self.motion);
    }

    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        let AtMotion { state, party, motion, body } = AtMotion::of(hearing, &self.motion, out)?;
        state.check_voter(motion, &body, &party, out);
        state.check_voting(&self.motion, motion, &body, out);
        if motion.recused.contains_key(&party) {
            out.push(No::Recused { motion: self.motion.clone(), party: party.clone() }.into());
        }
        if motion.votes.contains_key(&party) {
            let motion = self.motion.clone();
            out.push(Refusal::AlreadyVoted { motion, party: party.clone() });
        }
        Some(Change::Voted { party, motion: self.motion.clone(), vote: self.vote }.into())
    }
}

impl Deed for MotionRecuse {
    fn subject(&self) -> Option<Digest> {
        Some(self.conflict)
    }

    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        state.add_motion(matter, &self.motion);
    }

    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        let AtMotion { state, party, motion, body } = AtMotion::of(hearing, &self.motion, out)?;
        state.check_voter(motion, &body, &party, out);
        if !matches!(motion.status, MotionStatus::Proposed | MotionStatus::Open) {
            let is = motion.status.as_str();
            out.push(Refusal::MotionState { motion: self.motion.clone(), is });
        }
        if motion.recused.contains_key(&party) {
            out.push(No::Recused { motion: self.motion.clone(), party: party.clone() }.into());
        }
        let (motion, conflict) = (self.motion.clone(), self.conflict);
        Some(Change::Recused { party, motion, conflict }.into())
    }
}

impl Deed for MotionDelegate {
    fn about<'a>(&'a self, _: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        matter.body = Some(&self.body);
    }

    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        let state = hearing.state;
        let party = hearing.by.party(out)?.clone();
        let Some(Cited { clause, terms }) = state.agreement.body(&self.body) else {
            out.push(Refusal::UnknownBody { body: self.body.clone() });
            return None;
        };
        let turn = state.bodies.turns.get(&self.body).copied().unwrap_or_default();
        let voters = state.electorate(terms, turn);
        let key = (self.body.clone(), party.clone());
        let handed = state.bodies.delegated.contains_key(&key);
        // Who no longer votes takes its vote back all the same.
        let may = match &self.to {
            Some(_) => terms.delegates && voters.contains_key(&party),
            None => handed,
        };
        let (body, clause) = (self.body.clone(), clause.clone());
        if !may {
            let party = party.clone();
            out.push(No::NoDelegation { body: body.clone(), party, clause: clause.clone() }.into());
        }
        let side = |party| voters.get(party).map(|(side, _)| *side);
        if let Some(to) = self.to.as_ref().filter(|to| **to == party || side(to) != side(&party)) {
            let (party, to) = (party.clone(), to.clone());
            out.push(No::NotOfYourSide { body, party, to, clause }.into());
        }
        Some(Change::Delegated { party, body: self.body.clone(), to: self.to.clone() }.into())
    }
}

impl Deed for MotionVeto {
    fn subject(&self) -> Option<Digest> {
        Some(self.reasons)
    }

    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        state.add_motion(matter, &self.motion);
    }

    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        let AtMotion { state, party, motion, body } = AtMotion::of(hearing, &self.motion, out)?;
        let Cited { clause, terms } = body;
        if !motion.status.is_pending() {
            let is = motion.status.as_str();
            out.push(Refusal::MotionState { motion: self.motion.clone(), is });
        }
        let seat = &hearing.by.actor.seat;
        let act = motion.proposed.decision.name();
        let may = terms.veto.iter().any(|veto| {
            let in_time = match (veto.within, motion.decided) {
                (Some(within), Some(decided)) => {
                    state.time.is_none_or(|now| now < decided.plus(within))
                }
                _ => true,
            };
            veto.by == *seat && (veto.acts.is_empty() || veto.acts.contains(&act)) && in_time
        });
        if !may {
            let (motion, seat) = (self.motion.clone(), seat.clone());
            out.push(No::NoVeto { motion, seat, clause }.into());
        }
        let (motion, reasons) = (self.motion.clone(), self.reasons);
        Some(Change::Vetoed { party, motion, reasons }.into())
    }
}

impl Deed for MotionWithdraw {
    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        state.add_motion(matter, &self.motion);
    }

    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        let AtMotion { state, party, motion, .. } = AtMotion::of(hearing, &self.motion, out)?;
        if !motion.status.is_pending() {
            let is = motion.status.as_str();
            out.push(Refusal::MotionState { motion: self.motion.clone(), is });
        }
        if *state.agreement.last(&motion.by) != party {
            let by = motion.by.clone();
            out.push(No::NotTheProposer { motion: self.motion.clone(), party, by }.into());
        }
        Some(Change::Withdrawn { motion: self.motion.clone() }.into())
    }
}

impl Deed for MotionExecute {
    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        state.add_motion(matter, &self.motion);
    }

    /// What was decided is judged again now, with the body as the one who decides.
    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        let state = hearing.state;
        let (motion, body) = state.motion_and_body(&self.motion, out)?;
        let Motion { proposed, status, .. } = motion;
        let tier = motion.tier.max(state.tier_of(&proposed.decision, &proposed.body));
        let ended = state.time.is_some_and(|now| now >= motion.open_until);
        let voters = state.electorate(body.terms, motion.turn);
        let tally = state.count(motion, body.terms, tier, ended, &voters);
        let (id, clause) = (self.motion.clone(), body.clause.clone());
        match status {
            MotionStatus::Executed | MotionStatus::Vetoed | MotionStatus::Withdrawn => {
                out.push(Refusal::MotionState { motion: id, is: status.as_str() });
            }
            MotionStatus::Expired => {
                let at = motion.lapses_at;
                out.push(Refusal::MotionLapsed { motion: id, at, clause });
            }
            MotionStatus::Succeeded if tally.outcome == Outcome::Succeeded => {}
            _ => {
                let tally = tally.in_words();
                out.push(Refusal::MotionNotSucceeded { motion: id, tally, clause });
            }
        }
        state.check_constituted(&proposed.body, &body, out);
        state.check_veto(&self.motion, motion, &body, out);
        let others = state.bodies.alternatives.get(&self.motion).into_iter().flatten();
        for other in others {
            let done = state.bodies.motions.get(other).is_some_and(|m| m.executed.is_some());
            if done {
                let (motion, done) = (self.motion.clone(), other.clone());
                out.push(No::AlternativeDone { motion, done }.into());
            }
        }
        let Hearing { by, facts, .. } = hearing;
        let (_, then) = state.dispatch(&proposed.decision, by, Some(&proposed.body), facts, out);
        let motion = self.motion.clone();
        Some(Change::Executed { motion, tally: Box::new(tally), then: Box::new(then?) }.into())
    }
}

/// A party before a motion and the body that it was put to.
struct AtMotion<'a> {
    state: &'a State,
    party: PartyId,
    motion: &'a Motion,
    body: Cited<'a, Body>,
}

impl<'a> AtMotion<'a> {
    fn of(hearing: &Hearing<'a>, id: &MotionId, out: &mut Vec<Refusal>) -> Option<Self> {
        let (state, party) = (hearing.state, hearing.by.party(out)?.clone());
        let (motion, body) = state.motion_and_body(id, out)?;
        Some(Self { state, party, motion, body })
    }
}

impl State {
    /// A motion and its body, refusing what is not there.
    pub(super) fn motion_and_body(
        &self,
        id: &MotionId,
        out: &mut Vec<Refusal>,
    ) -> Option<(&Motion, Cited<'_, Body>)> {
        let Some(motion) = self.bodies.motions.get(id) else {
            out.push(Refusal::UnknownMotion { motion: id.clone() });
            return None;
        };
        let body = self.agreement.body(&motion.proposed.body);
        if body.is_none() {
            out.push(Refusal::UnknownBody { body: motion.proposed.body.clone() });
        }
        Some((motion, body?))
    }

    fn add_motion<'a>(&'a self, matter: &mut Matter<'a>, id: &MotionId) {
        matter.body = self.bodies.motions.get(id).map(|motion| &motion.proposed.body);
    }

    /// Whether what is put to a body can be.
    fn check_question(&self, act: &MotionPropose, body: &Cited<'_, Body>, out: &mut Vec<Refusal>) {
        let Cited { clause, terms } = body;
        let decision = act.decision.name();
        if let Some(to) = self.escalated(&act.decision, &act.body) {
            let (body, to) = (act.body.clone(), to.as_str().to_owned());
            out.push(No::MatterEscalated { body, to, clause: clause.clone() }.into());
        }
        let in_a_hurry = terms.fast.as_ref().is_some_and(|fast| fast.acts.contains(&decision));
        if act.fast && !in_a_hurry {
            let (body, act) = (act.body.clone(), decision);
            out.push(No::NoFastTrack { body, act, clause: clause.clone() }.into());
        }
        if let Some(asset) = terms.procedure.clone().filter(|_| act.procedure.is_none()) {
            let body = act.body.clone();
            out.push(No::NeedsProcedure { body, asset, clause: clause.clone() }.into());
        }
        let here = |id: &&MotionId| {
            self.bodies.motions.get(*id).is_some_and(|motion| motion.proposed.body == act.body)
        };
        for other in act.alternatives.iter().filter(|id| !here(id)) {
            out.push(Refusal::UnknownMotion { motion: other.clone() });
        }
        for cause in &act.because {
            let (there, told) = match cause {
                Cause::Entry(index) => (*index < self.index, format!("entry {index}")),
                Cause::Signal(clause) => {
                    let kind = self.agreement.clause(clause).map(|clause| clause.terms.kind());
                    (kind == Some("signal"), format!("signal `{clause}`"))
                }
                Cause::Duty(duty) => (self.duty(duty).is_some(), format!("duty `{duty}`")),
            };
            if !there {
                out.push(No::UnknownCause { cause: told }.into());
            }
        }
    }

    fn check_voter(
        &self,
        motion: &Motion,
        body: &Cited<'_, Body>,
        party: &PartyId,
        out: &mut Vec<Refusal>,
    ) {
        let id = motion.proposed.body.clone();
        if !self.agreement.members_of(body.terms).contains(party) {
            out.push(Refusal::NotAMember { body: id, party: party.clone() });
        } else if !self.electorate(body.terms, motion.turn).contains_key(party) {
            let (party, clause) = (party.clone(), body.clause.clone());
            out.push(Refusal::NoVote { body: id, party, clause });
        }
    }

    fn check_voting(
        &self,
        id: &MotionId,
        motion: &Motion,
        body: &Cited<'_, Body>,
        out: &mut Vec<Refusal>,
    ) {
        let clause = body.clause.clone();
        if self.time.is_some_and(|now| now >= motion.open_until) {
            let (motion, ended) = (id.clone(), motion.open_until);
            out.push(Refusal::VotingEnded { motion, ended, clause });
        } else if motion.status == MotionStatus::Proposed {
            let (motion, opens) = (id.clone(), motion.opens_at);
            out.push(No::VotingNotOpen { motion, opens, clause }.into());
        } else if !motion.takes_votes() {
            let is = motion.status.as_str();
            out.push(Refusal::MotionState { motion: id.clone(), is });
        }
    }

    /// What may be vetoed for a time is not carried out before that is over.
    fn check_veto(
        &self,
        id: &MotionId,
        motion: &Motion,
        body: &Cited<'_, Body>,
        out: &mut Vec<Refusal>,
    ) {
        let Some(decided) = motion.decided else { return };
        let until = decided.plus(super::life::held_back(body.terms, motion));
        if self.time.is_some_and(|now| now < until) {
            let (motion, clause) = (id.clone(), body.clause.clone());
            out.push(No::VetoRuns { motion, until, clause }.into());
        }
    }
}
