//! Bodies: motions, votes counted per side, and decisions that are gated again when they are
//! carried out.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Body, Cited, Majority};
use concordat_terms::{Aspect, MotionId, PartyId, Side};
use serde::Serialize;

use crate::act::{MotionExecute, MotionPropose, MotionVote, Vote};
use crate::change::Change;
use crate::deed::{Deed, Hearing};
use crate::judge::By;
use crate::refusal::Refusal;
use crate::state::{Motion, State};
use crate::verdict::Facts;

/// The votes on one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SideTally {
    /// In favour.
    pub votes_for: u32,
    /// Against.
    pub votes_against: u32,
    /// Present without deciding.
    pub abstained: u32,
    /// Members who have not voted.
    pub silent: u32,
}

/// The votes on a motion, per side that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Tally {
    /// The public side.
    pub public: SideTally,
    /// The private side.
    pub private: SideTally,
    /// Whether the motion has succeeded.
    pub outcome: Outcome,
}

/// How a motion stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Votes that are still out could change it, and voting is open.
    Undecided,
    /// Decided in favour.
    Succeeded,
    /// Decided in favour, and not carried out in time.
    Lapsed,
    /// Decided against, or the quorum was missed.
    Failed,
}

impl Tally {
    /// The tally in words.
    pub fn in_words(&self) -> String {
        let side = |name: &str, s: &SideTally| {
            format!(
                "{name} {} for, {} against, {} abstained, {} silent",
                s.votes_for, s.votes_against, s.abstained, s.silent
            )
        };
        let outcome = match self.outcome {
            Outcome::Undecided => "undecided",
            Outcome::Succeeded => "succeeded",
            Outcome::Lapsed => "lapsed",
            Outcome::Failed => "failed",
        };
        format!("{}; {}; {outcome}", side("public", &self.public), side("private", &self.private))
    }
}

impl Deed for MotionPropose {
    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Change> {
        hearing.state.judge_motion(self, hearing.by, out)
    }
}

impl Deed for MotionVote {
    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Change> {
        hearing.state.judge_vote(self, hearing.by, out)
    }
}

impl Deed for MotionExecute {
    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Change> {
        hearing.state.judge_execute(self, hearing.by, hearing.facts, out)
    }
}

impl State {
    fn judge_motion(&self, act: &MotionPropose, by: &By, out: &mut Vec<Refusal>) -> Option<Change> {
        let party = by.party(out)?.clone();
        if self.motions.contains_key(&act.motion) {
            out.push(Refusal::NameTaken { name: act.motion.to_string() });
        }
        if self.agreement.body(&act.body).is_none() {
            out.push(Refusal::UnknownBody { body: act.body.clone() });
        }
        // Members vote on something that is there: a name's content never changes, but a name
        // that is free could be given any content after the vote.
        if !act.decision.name().about().contains(&Aspect::Decision) {
            out.push(Refusal::NotDecidable { act: act.decision.name() });
        }
        act.decision.deed().refers(self, out);
        Some(Change::Motion { party, motion: act.clone() })
    }

    fn judge_vote(&self, act: &MotionVote, by: &By, out: &mut Vec<Refusal>) -> Option<Change> {
        let party = by.party(out)?.clone();
        let (motion, Cited { clause, terms: body }) = self.motion_and_body(&act.motion, out)?;
        let id = || motion.proposed.body.clone();
        if !self.agreement.parties_of(&body.members).contains(&party) {
            out.push(Refusal::NotAMember { body: id(), party: party.clone() });
        } else if !self.voters(body).contains(&party) {
            let clause = clause.clone();
            out.push(Refusal::NoVote { body: id(), party: party.clone(), clause });
        }
        if self.time.is_some_and(|now| now >= motion.open_until) {
            let (motion, ended) = (act.motion.clone(), motion.open_until);
            out.push(Refusal::VotingEnded { motion, ended, clause });
        }
        if motion.executed.is_some() {
            out.push(Refusal::MotionState { motion: act.motion.clone(), is: "carried out" });
        }
        if motion.votes.contains_key(&party) {
            out.push(Refusal::AlreadyVoted { motion: act.motion.clone(), party: party.clone() });
        }
        Some(Change::Voted { party, motion: act.motion.clone(), vote: act.vote })
    }

    /// What was decided is judged again now, with the body as the one who decides.
    fn judge_execute(
        &self,
        act: &MotionExecute,
        by: &By,
        facts: &Facts,
        out: &mut Vec<Refusal>,
    ) -> Option<Change> {
        let (motion, Cited { clause, terms: body }) = self.motion_and_body(&act.motion, out)?;
        if motion.executed.is_some() {
            out.push(Refusal::MotionState { motion: act.motion.clone(), is: "carried out" });
        }
        let tally = self.tally_of(motion, body);
        if self.has_lapsed(motion) {
            let (motion, at) = (act.motion.clone(), motion.lapses_at);
            out.push(Refusal::MotionLapsed { motion, at, clause });
        } else if tally.outcome != Outcome::Succeeded {
            out.push(Refusal::MotionNotSucceeded {
                motion: act.motion.clone(),
                tally: tally.in_words(),
                clause,
            });
        }
        let decided = &motion.proposed.decision;
        let (_, then) = self.dispatch(decided, by, Some(&motion.proposed.body), facts, out);
        Some(Change::Executed { motion: act.motion.clone(), tally, then: Box::new(then?) })
    }

    /// The members of a body who vote: those who stand on one of its two sides. Who sits in it and
    /// stands on neither is heard.
    pub fn voters(&self, body: &Body) -> BTreeSet<PartyId> {
        let mut members = self.agreement.parties_of(&body.members);
        members.retain(|party| {
            let party = self.agreement.party(party);
            party.is_some_and(|party| matches!(party.terms.side, Side::Public | Side::Private))
        });
        members
    }

    /// How the votes on a motion stand now.
    pub fn tally(&self, motion: &MotionId) -> Option<Tally> {
        let motion = self.motions.get(motion)?;
        let body = self.agreement.body(&motion.proposed.body)?.terms;
        Some(self.tally_of(motion, body))
    }

    fn tally_of(&self, motion: &Motion, body: &Body) -> Tally {
        let mut sides: BTreeMap<Side, SideTally> = BTreeMap::new();
        for party in self.voters(body) {
            let Some(member) = self.agreement.party(&party) else { continue };
            let side = sides.entry(member.terms.side).or_default();
            match motion.votes.get(&party) {
                Some(Vote::For) => side.votes_for += 1,
                Some(Vote::Against) => side.votes_against += 1,
                Some(Vote::Abstain) => side.abstained += 1,
                None => side.silent += 1,
            }
        }
        let public = sides.get(&Side::Public).copied().unwrap_or_default();
        let private = sides.get(&Side::Private).copied().unwrap_or_default();
        let ended = self.time.is_some_and(|now| now >= motion.open_until);
        let stands: Vec<Outcome> =
            [public, private].iter().map(|side| outcome(side, body, ended)).collect();
        let outcome = if stands.contains(&Outcome::Failed) {
            Outcome::Failed
        } else if stands.iter().all(|o| *o == Outcome::Succeeded) {
            let late = motion.executed.is_none() && self.has_lapsed(motion);
            if late { Outcome::Lapsed } else { Outcome::Succeeded }
        } else {
            Outcome::Undecided
        };
        Tally { public, private, outcome }
    }

    /// Whether the time for carrying a motion out is over.
    fn has_lapsed(&self, motion: &Motion) -> bool {
        self.time.is_some_and(|now| now >= motion.lapses_at)
    }

    fn motion_and_body(
        &self,
        id: &MotionId,
        out: &mut Vec<Refusal>,
    ) -> Option<(&Motion, Cited<'_, Body>)> {
        let Some(motion) = self.motions.get(id) else {
            out.push(Refusal::UnknownMotion { motion: id.clone() });
            return None;
        };
        let body = self.agreement.body(&motion.proposed.body);
        if body.is_none() {
            out.push(Refusal::UnknownBody { body: motion.proposed.body.clone() });
        }
        Some((motion, body?))
    }
}

/// How one side stands: decided as soon as the silent votes cannot change it, or voting ended.
fn outcome(side: &SideTally, body: &Body, ended: bool) -> Outcome {
    let holds = |votes_for: u32, votes_against: u32, abstained: u32| {
        let cast = votes_for + votes_against;
        let quorum = cast + abstained >= body.quorum_per_side;
        let majority = match body.majority {
            Majority::EachSide => votes_for * 2 > cast,
            Majority::TwoThirdsOfEachSide => cast > 0 && votes_for * 3 >= cast * 2,
        };
        quorum && majority
    };
    let now = holds(side.votes_for, side.votes_against, side.abstained);
    if ended || side.silent == 0 {
        return if now { Outcome::Succeeded } else { Outcome::Failed };
    }
    // The silent can stay silent, or all vote one way.
    let at_worst = now && holds(side.votes_for, side.votes_against + side.silent, side.abstained);
    let at_best = holds(side.votes_for + side.silent, side.votes_against, side.abstained);
    match (at_worst, at_best) {
        (true, _) => Outcome::Succeeded,
        (false, false) => Outcome::Failed,
        (false, true) => Outcome::Undecided,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(quorum: u32, majority: Majority) -> Body {
        Body {
            body: "council".to_owned(),
            members: "member".parse().unwrap(),
            votes_per_side: 3,
            quorum_per_side: quorum,
            majority,
            open_for: "P1D".parse().unwrap(),
        }
    }

    fn side(votes_for: u32, votes_against: u32, abstained: u32, silent: u32) -> SideTally {
        SideTally { votes_for, votes_against, abstained, silent }
    }

    #[test]
    fn a_side_is_decided_once_the_silent_cannot_change_it() {
        let council = body(2, Majority::EachSide);
        assert_eq!(outcome(&side(2, 0, 0, 1), &council, false), Outcome::Succeeded);
        assert_eq!(outcome(&side(1, 0, 0, 2), &council, false), Outcome::Undecided);
        assert_eq!(outcome(&side(0, 2, 0, 1), &council, false), Outcome::Failed);
        assert_eq!(outcome(&side(1, 1, 0, 1), &council, false), Outcome::Undecided);
    }

    #[test]
    fn without_a_quorum_on_its_side_a_motion_fails_at_the_end() {
        let council = body(2, Majority::EachSide);
        assert_eq!(outcome(&side(1, 0, 0, 2), &council, true), Outcome::Failed);
        assert_eq!(outcome(&side(1, 0, 1, 1), &council, true), Outcome::Succeeded);
        assert_eq!(outcome(&side(1, 1, 1, 0), &council, true), Outcome::Failed);
    }

    #[test]
    fn two_thirds_are_two_thirds_of_the_votes_cast() {
        let council = body(1, Majority::TwoThirdsOfEachSide);
        assert_eq!(outcome(&side(2, 1, 0, 0), &council, true), Outcome::Succeeded);
        assert_eq!(outcome(&side(1, 1, 0, 1), &council, true), Outcome::Failed);
        assert_eq!(outcome(&side(0, 0, 2, 1), &council, true), Outcome::Failed);
    }
}
