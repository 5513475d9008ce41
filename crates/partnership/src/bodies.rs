//! Bodies: who sits in them, motions with votes counted per side, decisions that are gated again
//! when they are carried out, and meetings.
//!
//! A motion is *proposed*, *open*, then *succeeded* or *defeated*; what succeeded is *executed*,
//! *vetoed*, or *expired*; its proposer may have it *withdrawn* until then. Time moves it by an
//! alarm, and every vote, recusal, delegation and amendment has it counted anew.

mod acts;
mod following;
mod judge;
mod life;
mod matter;
mod meetings;
mod refusal;
mod seats;
mod tally;
mod view;

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::Decider;
use concordat_terms::{BodyId, Digest, MeetingId, MemberId, MotionId, PartyId, SeatId, Timestamp};
use rpds::RedBlackTreeMapSync;
use serde::{Deserialize, Serialize};

pub use acts::{
    Cause, MeetingCall, MeetingMinute, MotionDelegate, MotionExecute, MotionPropose, MotionRecuse,
    MotionVeto, MotionVote, MotionWithdraw, SeatFill, SeatVacate, Vote,
};
pub(crate) use life::Change;
pub use refusal::BodyRefusal;
pub use tally::{Outcome, SideTally, Tally};
pub use view::Decided;

use crate::state::State;

/// A question before a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Motion {
    /// The question.
    pub proposed: MotionPropose,
    /// Who put it.
    pub by: PartyId,
    /// When.
    pub at: Timestamp,
    /// By the entry at this index.
    pub index: u64,
    /// The tier of the gates before what it would do, when it was put.
    pub tier: Option<u32>,
    /// Whose turn it is in the body, where its members vote in rotation.
    pub turn: u32,
    /// From when votes are taken.
    pub opens_at: Timestamp,
    /// Until when votes are taken.
    pub open_until: Timestamp,
    /// Until when a motion that succeeded may be carried out: the voting period once more, and as
    /// long as it may be vetoed.
    pub lapses_at: Timestamp,
    /// When the quorum was there.
    pub quorum_at: Option<Timestamp>,
    /// Until when a late quorum prolonged voting.
    pub prolonged: Option<Timestamp>,
    /// The votes.
    pub votes: BTreeMap<PartyId, Vote>,
    /// Who stands aside, each with the conflict that it declared.
    pub recused: BTreeMap<PartyId, Digest>,
    /// Who vetoed it, with the reasons.
    pub vetoed: Option<(PartyId, Digest)>,
    /// When it succeeded or was defeated.
    pub decided: Option<Timestamp>,
    /// When it was carried out.
    pub executed: Option<Timestamp>,
    /// Where it stands.
    pub status: MotionStatus,
}

/// Where a motion stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MotionStatus {
    /// Before the members; voting has not opened.
    Proposed,
    /// Votes are taken.
    Open,
    /// Decided in favour.
    Succeeded,
    /// Decided against, or the quorum was missed.
    Defeated,
    /// Decided in favour, and not carried out in time.
    Expired,
    /// Stopped by who has a veto.
    Vetoed,
    /// Carried out.
    Executed,
    /// Taken back, or overtaken by an alternative.
    Withdrawn,
}

impl MotionStatus {
    /// The status in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Open => "open",
            Self::Succeeded => "decided in favour",
            Self::Defeated => "defeated",
            Self::Expired => "expired",
            Self::Vetoed => "vetoed",
            Self::Executed => "carried out",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether anything can still become of it.
    pub fn is_pending(self) -> bool {
        matches!(self, Self::Proposed | Self::Open | Self::Succeeded)
    }
}

/// Who sits in a seat for a party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sitting {
    /// Who; nobody, if this is absent.
    pub member: Option<MemberId>,
    /// Since when.
    pub since: Timestamp,
}

/// A meeting of a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meeting {
    /// What was called, and for when.
    pub called: MeetingCall,
    /// Who called it.
    pub by: PartyId,
    /// Its minutes, once they are filed.
    pub minutes: Option<MeetingMinute>,
}

/// A matter that a body failed to decide.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Matter {
    /// How many motions on it failed.
    pub(crate) failed: u32,
    /// Before whom it is since.
    pub(crate) escalated: Option<Decider>,
}

/// Everything about the partnership's bodies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bodies {
    pub(crate) motions: RedBlackTreeMapSync<MotionId, Motion>,
    /// Motions of which something can still become, by body.
    pub(crate) pending: RedBlackTreeMapSync<BodyId, BTreeSet<MotionId>>,
    /// The alternatives of a motion, from both sides.
    pub(crate) alternatives: RedBlackTreeMapSync<MotionId, BTreeSet<MotionId>>,
    /// Who hands its vote to whom.
    pub(crate) delegated: RedBlackTreeMapSync<(BodyId, PartyId), PartyId>,
    pub(crate) seats: RedBlackTreeMapSync<(SeatId, PartyId), Sitting>,
    /// Whose turn it is, where members vote in rotation.
    pub(crate) turns: RedBlackTreeMapSync<BodyId, u32>,
    pub(crate) meetings: RedBlackTreeMapSync<MeetingId, Meeting>,
    /// By the digest of the act in question and the body.
    pub(crate) matters: RedBlackTreeMapSync<(Digest, BodyId), Matter>,
}

impl State {
    /// Motions by name.
    pub fn motions(&self) -> &RedBlackTreeMapSync<MotionId, Motion> {
        &self.bodies.motions
    }

    /// Meetings by name.
    pub fn meetings(&self) -> &RedBlackTreeMapSync<MeetingId, Meeting> {
        &self.bodies.meetings
    }
}
