//! Motions and votes.

use std::collections::BTreeMap;

use concordat_partnership::act::Vote;
use concordat_partnership::{Act, Motion, MotionStatus};
use concordat_terms::{MotionId, PartyId, Side};

use crate::from_state::Source;
use crate::view;

impl Source<'_> {
    /// Every motion: those that can still be voted on or carried out first, then the latest.
    pub fn decisions(&self) -> view::Decisions {
        let mut motions: Vec<view::Motion> =
            self.state.motions().iter().map(|(id, motion)| self.motion(id, motion)).collect();
        let over = |m: &view::Motion| {
            use view::Outcome::{Proposed, Succeeded, Undecided};
            !matches!(m.outcome, Proposed | Undecided | Succeeded)
        };
        motions.sort_by_key(|m| (over(m), std::cmp::Reverse(m.open_until)));
        view::Decisions { frame: self.frame(), motions }
    }

    fn motion(&self, id: &MotionId, motion: &Motion) -> view::Motion {
        let body = self.state.agreement().body(&motion.proposed.body);
        let title = body.as_ref().map(|cited| cited.terms.body.clone());
        let against = motion.votes.iter().filter(|(_, vote)| **vote == Vote::Against);
        view::Motion {
            id: id.to_string(),
            question: self.words(&question(&motion.proposed.decision)),
            body: title.unwrap_or_else(|| motion.proposed.body.to_string()),
            by: self.name(&motion.by),
            opens_at: motion.opens_at,
            open_until: motion.prolonged.unwrap_or(motion.open_until),
            lapses_at: motion.lapses_at,
            outcome: self.outcome(motion),
            sides: self.sides_of(motion),
            dissent: self.names(against.map(|(party, _)| party)),
            executed: motion.executed,
            clause: body.map(|cited| cited.clause),
        }
    }

    /// How a motion stands.
    pub(super) fn outcome(&self, motion: &Motion) -> view::Outcome {
        match motion.status {
            MotionStatus::Proposed => view::Outcome::Proposed,
            MotionStatus::Open => view::Outcome::Undecided,
            MotionStatus::Succeeded => view::Outcome::Succeeded,
            MotionStatus::Executed => view::Outcome::Executed,
            MotionStatus::Expired => view::Outcome::Lapsed,
            MotionStatus::Defeated => view::Outcome::Failed,
            MotionStatus::Vetoed => view::Outcome::Vetoed,
            MotionStatus::Withdrawn => view::Outcome::Withdrawn,
        }
    }

    /// The members by side, and whoever voted as a member before the body changed.
    fn sides_of(&self, motion: &Motion) -> Vec<view::Side> {
        let agreement = self.state.agreement();
        let body = agreement.body(&motion.proposed.body);
        let mut voters = body.map(|b| agreement.members_of(b.terms)).unwrap_or_default();
        voters.extend(motion.votes.keys().cloned());
        let mut sides: BTreeMap<Option<Side>, Vec<PartyId>> = BTreeMap::new();
        for party in voters {
            let side = agreement.party(&party).map(|cited| cited.terms.side);
            sides.entry(side).or_default().push(party);
        }
        sides
            .into_iter()
            .map(|(side, parties)| view::Side {
                side: side.map_or_else(|| "former members".to_owned(), |s| format!("{s} side")),
                counted: matches!(side, Some(Side::Public | Side::Private)),
                votes: parties
                    .iter()
                    .map(|party| (self.name(party), motion.votes.get(party).map(vote)))
                    .collect(),
            })
            .collect()
    }
}

/// A decision as the question that is voted on.
pub(super) fn question(decision: &Act) -> String {
    match decision {
        Act::ProjectOpen(act) => format!("Open project `{}`?", act.project),
        Act::ProjectEnd(act) => format!("End project `{}`?", act.project),
        Act::RunOpen(act) => format!("Open run `{}`?", act.run),
        Act::ReleasePromote(act) => format!("Release model `{}…`?", act.model.short()),
        Act::ModuleEnter(act) => {
            let named: Vec<String> =
                act.modules.iter().map(|digest| format!("`{}…`", digest.short())).collect();
            format!("Bring modules {} into force?", named.join(", "))
        }
        Act::ModuleSuspend(act) => format!("Suspend module `{}`?", act.module),
        Act::ModuleResume(act) => format!("Resume module `{}`?", act.module),
        Act::ModuleTerminate(act) => format!("End module `{}`?", act.module),
        Act::PowerRatify(act) => format!("Ratify what entry {} did?", act.used),
        Act::ReleaseRollback(act) => {
            format!("Go back from model `{}…` to the release before?", act.model.short())
        }
        Act::ReleaseRetire(act) => {
            format!("Take model `{}…` out of service?", act.model.short())
        }
        Act::PlaceSuspend(act) => format!("Suspend place `{}` of `{}`?", act.place, act.party),
        Act::PlaceResume(act) => {
            format!("Let place `{}` of `{}` be used again?", act.place, act.party)
        }
        Act::RulesAdopt(act) => {
            format!("Adopt the rules `{}…` from entry {} on?", act.rules.short(), act.from)
        }
        Act::PolicyAdopt(act) => format!(
            "Have {} of {} witnesses cosign?",
            act.policy.quorum,
            act.policy.witnesses.len()
        ),
        Act::DeterminationEnter(act) => {
            let named: Vec<String> =
                act.invalid.iter().map(|clause| format!("`{clause}`")).collect();
            format!("Enter the ruling that {} cannot stand?", named.join(", "))
        }
        Act::PartyAccede(act) => format!("Let `{}` join?", act.party),
        Act::PartyExpel(act) => format!("Exclude `{}`?", act.party),
        Act::PartyAssign(act) => {
            format!("Let `{}` have the rights of `{}` in `{}`?", act.to, act.party, act.seat)
        }
        Act::PartyNovate(act) => {
            format!("Let `{}` take the place of `{}`?", act.to, act.party)
        }
        Act::PartySucceed(act) => format!("Note that `{}` follows `{}`?", act.to, act.party),
        Act::PartyClear(act) => {
            format!("Let `{}`, under its new control, have labelled assets again?", act.party)
        }
        Act::DutyExtend(act) => format!("Give more time for duty `{}`?", act.duty),
        Act::DutyWaive(act) => format!("Waive duty `{}`?", act.duty),
        other => format!("Do `{}`?", other.name()),
    }
}

fn vote(vote: &Vote) -> view::Vote {
    match vote {
        Vote::For => view::Vote::For,
        Vote::Against => view::Vote::Against,
        Vote::Abstain => view::Vote::Abstain,
    }
}
