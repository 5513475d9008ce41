//! What the acts about bodies, their seats and their meetings carry.

use std::collections::BTreeSet;

use concordat_terms::{
    BodyId, ClauseRef, Digest, MeetingId, MemberId, MotionId, PartyId, SeatId, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::act::Act;
use crate::duties::DutyId;

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
    /// Whether it is to be decided in a hurry.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fast: bool,
    /// The question at length, a blob.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Digest>,
    /// Other motions on the same question: one of all these is carried out at most.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub alternatives: BTreeSet<MotionId>,
    /// What it is put because of.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub because: BTreeSet<Cause>,
    /// What speaks for or against it: blobs, and digests that evidence was filed about.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub evidence: BTreeSet<Digest>,
    /// The version of the body's rules of procedure that it is put under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub procedure: Option<Digest>,
}

impl MotionPropose {
    /// A plain motion: whether a body wants this done.
    pub fn of(motion: MotionId, body: BodyId, decision: Act) -> Self {
        Self {
            motion,
            body,
            decision: Box::new(decision),
            fast: false,
            text: None,
            alternatives: BTreeSet::new(),
            because: BTreeSet::new(),
            evidence: BTreeSet::new(),
            procedure: None,
        }
    }
}

/// Something that happened, because of which a motion is put.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Cause {
    /// An entry of the log: what opened a case, say.
    Entry(u64),
    /// A clause about a signal.
    Signal(ClauseRef),
    /// A duty.
    Duty(DutyId),
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

/// `motion.recuse`: a member stands aside, and counts neither for the quorum nor as a vote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MotionRecuse {
    /// The motion.
    pub motion: MotionId,
    /// The conflict of interest that it declares, a blob.
    pub conflict: Digest,
}

/// `motion.delegate`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MotionDelegate {
    /// In which body.
    pub body: BodyId,
    /// Who votes where the member itself does not; nobody any more, if this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<PartyId>,
}

/// `motion.veto`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MotionVeto {
    /// The motion.
    pub motion: MotionId,
    /// The reasons, a blob.
    pub reasons: Digest,
}

/// `motion.withdraw`: by whom it was put.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MotionWithdraw {
    /// The motion.
    pub motion: MotionId,
}

/// `motion.execute`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MotionExecute {
    /// The motion.
    pub motion: MotionId,
}

/// `seat.fill`: a party names who sits for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeatFill {
    /// The seat, which the agreement gives to the party.
    pub seat: SeatId,
    /// Who sits in it.
    pub member: MemberId,
}

/// `seat.vacate`: by the party itself, or by decision of a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeatVacate {
    /// The seat.
    pub seat: SeatId,
    /// The party for which nobody sits there any more.
    pub party: PartyId,
}

/// `meeting.call`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeetingCall {
    /// The meeting's name.
    pub meeting: MeetingId,
    /// The body that meets.
    pub body: BodyId,
    /// When.
    pub at: Timestamp,
    /// What about, a blob.
    pub agenda: Digest,
}

/// `meeting.minute`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeetingMinute {
    /// The meeting.
    pub meeting: MeetingId,
    /// Who was there.
    pub present: BTreeSet<PartyId>,
    /// The minutes, a blob.
    pub minutes: Digest,
    /// What of them is published, a blob; nothing, if this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Digest>,
}
