//! Questions put to bodies, and what they decide.

use concordat_terms::{BodyId, MotionId};
use serde::{Deserialize, Serialize};

use super::Act;

/// `motion.propose`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MotionPropose {
    /// The motion's name.
    pub motion: MotionId,
    /// The body that decides.
    pub body: BodyId,
    /// What is to be done if it succeeds: an act that a body can decide, which `motion.execute`
    /// then does.
    pub decision: Box<Act>,
}

impl MotionPropose {
    /// A plain motion: whether a body wants this done.
    pub fn of(motion: MotionId, body: BodyId, decision: Act) -> Self {
        Self { motion, body, decision: Box::new(decision) }
    }
}

/// `motion.vote`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MotionVote {
    /// The motion.
    pub motion: MotionId,
    /// The vote.
    pub vote: Vote,
}

/// One vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Vote {
    /// In favour.
    For,
    /// Against.
    Against,
    /// Present, counted for the quorum, neither for nor against.
    Abstain,
}

/// `motion.execute`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MotionExecute {
    /// The motion.
    pub motion: MotionId,
}
