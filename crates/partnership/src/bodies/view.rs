//! The log of decisions: question, options, votes, dissent, evidence.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{BodyId, Digest, MotionId, PartyId, Timestamp};
use serde::Serialize;

use super::{Cause, Motion, MotionStatus, Tally, Vote};
use crate::act::Act;
use crate::state::State;

/// One entry of the log of decisions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Decided {
    /// The motion.
    pub motion: MotionId,
    /// The entry that put it.
    pub index: u64,
    /// Who decides.
    pub body: BodyId,
    /// Who put it.
    pub by: PartyId,
    /// When.
    pub at: Timestamp,
    /// What would be done.
    pub question: Act,
    /// The question at length, a blob.
    pub text: Option<Digest>,
    /// Motions that answer the same question otherwise.
    pub options: BTreeSet<MotionId>,
    /// What it was put because of.
    pub because: BTreeSet<Cause>,
    /// What speaks for or against it.
    pub evidence: BTreeSet<Digest>,
    /// The version of the rules of procedure that it was put under.
    pub procedure: Option<Digest>,
    /// Where it stands.
    pub status: MotionStatus,
    /// The votes per side; absent where its body is gone.
    pub tally: Option<Tally>,
    /// The votes.
    pub votes: BTreeMap<PartyId, Vote>,
    /// Who voted against.
    pub dissent: BTreeSet<PartyId>,
    /// Who stood aside, each with the conflict that it declared.
    pub recused: BTreeMap<PartyId, Digest>,
    /// Who vetoed it, with the reasons.
    pub vetoed: Option<(PartyId, Digest)>,
    /// When it was decided.
    pub decided: Option<Timestamp>,
    /// When it was carried out.
    pub executed: Option<Timestamp>,
}

impl State {
    /// The log of decisions, in the order in which questions were put.
    pub fn decisions(&self) -> Vec<Decided> {
        let mut all: Vec<Decided> =
            self.bodies.motions.iter().map(|(id, motion)| self.decided(id, motion)).collect();
        all.sort_by_key(|entry| entry.index);
        all
    }

    fn decided(&self, id: &MotionId, motion: &Motion) -> Decided {
        let Motion { proposed, .. } = motion.clone();
        let against = motion.votes.iter().filter(|(_, vote)| **vote == Vote::Against);
        Decided {
            motion: id.clone(),
            index: motion.index,
            body: proposed.body,
            by: motion.by.clone(),
            at: motion.at,
            question: *proposed.decision,
            text: proposed.text,
            options: self.bodies.alternatives.get(id).cloned().unwrap_or_default(),
            because: proposed.because,
            evidence: proposed.evidence,
            procedure: proposed.procedure,
            status: motion.status,
            tally: self.tally(id),
            votes: motion.votes.clone(),
            dissent: against.map(|(party, _)| party.clone()).collect(),
            recused: motion.recused.clone(),
            vetoed: motion.vetoed.clone(),
            decided: motion.decided,
            executed: motion.executed,
        }
    }
}
