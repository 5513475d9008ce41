//! Audits: a request that gives the auditee a date, the answer, and the finding.

mod acts;
mod refusal;

use std::collections::BTreeSet;

use concordat_terms::{AssetId, Digest, PartyId, Timestamp};
use rpds::RedBlackTreeMapSync;
use serde::{Deserialize, Serialize};

pub(crate) use acts::Change;
pub use acts::{AuditAnswer, AuditFinding, AuditReply, AuditRequest};
pub use refusal::AuditRefusal;

use crate::state::State;

/// An audit, by the index of the entry that asked for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// Who asked.
    pub by: PartyId,
    /// Who is to answer.
    pub of: PartyId,
    /// What is audited, a blob.
    pub scope: Digest,
    /// The assets whose use is audited.
    pub on: BTreeSet<AssetId>,
    /// When it was asked for.
    pub at: Timestamp,
    /// The answer, and when it was given; the last counts.
    pub answer: Option<(AuditReply, Timestamp)>,
    /// What was found, in the order in which it was filed.
    pub findings: Vec<Finding>,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// At length, a blob.
    pub finding: Digest,
    /// When it was filed.
    pub at: Timestamp,
    /// By the entry at this index.
    pub index: u64,
}

/// Every audit.
pub(crate) type Audits = RedBlackTreeMapSync<u64, Audit>;

impl State {
    /// Audits by the index of the entry that asked for them.
    pub fn audits(&self) -> impl Iterator<Item = (&u64, &Audit)> {
        self.audits.iter()
    }
}
