//! Evidence: whose tests count, by which methods and under which plans, and which from elsewhere.
//!
//! A result is filed about a digest and stays. What a gate asks of it is asked when an act comes to
//! the gate: of the method's register, of the lab's accreditation when the test ended, of the plan,
//! and, of a result from elsewhere, of the rules that recognise it. A gate that lets an act pass
//! notes which results it stood on, so that a result that is taken back names whoever relied on it.

mod acts;
mod asked;
mod judge;
mod life;
mod recognised;
mod refusal;
mod view;

use std::collections::BTreeSet;
use std::fmt;

use concordat_evidence::name::{Family, MethodVersion};
use concordat_terms::{
    ActName, BodyId, ClauseRef, Digest, MethodId, Money, PartyId, RecognitionId, Timestamp,
};
use rpds::RedBlackTreeMapSync;
use serde::{Deserialize, Serialize};

pub(crate) use acts::Change;
pub use acts::{
    Accreditation, Elsewhere, EvidenceReply, EvidenceWithdraw, LabAccredit, LabSuspend,
    MethodRegister, PlanRegister, RecognitionAdopt, RecognitionRevoke, TestRecord,
};
pub use refusal::EvidenceRefusal;
pub use view::{LabView, ResultView, RuleView, Savings};

/// A version of a method that was registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredMethod {
    /// Its version.
    pub version: MethodVersion,
    /// Its text or program.
    pub document: Digest,
    /// Its family: what rules of recognition speak of.
    pub family: Family,
    /// Since when it counts.
    pub from: Timestamp,
    /// From when on it counts no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Who registered it.
    pub by: PartyId,
    /// The body that decided it, where one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<BodyId>,
    /// By the entry at this index.
    pub index: u64,
}

/// An accreditation of a lab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accredited {
    /// What was decided.
    pub accredited: LabAccredit,
    /// From when on it counts no more, where the lab was suspended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
}

/// A lab that was suspended and not accredited anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspended {
    /// From when on its tests do not count.
    pub from: Timestamp,
    /// Why, a blob.
    pub reason: Digest,
    /// By the entry at this index.
    pub index: u64,
}

/// A test plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredPlan {
    /// What was registered.
    pub plan: PlanRegister,
    /// Who will test.
    pub by: PartyId,
    /// When it was registered.
    pub at: Timestamp,
}

/// A rule by which results from elsewhere count here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdoptedRule {
    /// What was adopted.
    pub adopted: RecognitionAdopt,
    /// The body that decided it, where one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<BodyId>,
    /// By the entry at this index.
    pub index: u64,
    /// Since when it does not count any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Timestamp>,
}

/// A reply to a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultReply {
    /// Who replied.
    pub by: PartyId,
    /// What, a blob.
    pub reply: Digest,
    /// When.
    pub at: Timestamp,
}

/// A result that was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenBack {
    /// When.
    pub at: Timestamp,
    /// Why, a blob.
    pub reason: Digest,
}

/// An act that passed a gate on a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reliance {
    /// The entry.
    pub index: u64,
    /// The act.
    pub act: ActName,
    /// Who acted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<PartyId>,
    /// The clause that asked for the result.
    pub clause: ClauseRef,
}

/// By what a result from elsewhere is recognised.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecognisedBy {
    /// A clause of the agreement.
    Clause(ClauseRef),
    /// A rule that was adopted.
    Rule(RecognitionId),
}

impl fmt::Display for RecognisedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clause(clause) => clause.fmt(f),
            Self::Rule(name) => name.fmt(f),
        }
    }
}

/// A test that was not repeated here, because its result from elsewhere let an act pass a gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SparedTest {
    /// The first entry that passed on it.
    pub index: u64,
    /// When.
    pub at: Timestamp,
    /// By which method it was.
    pub method: MethodId,
    /// By what it was recognised.
    pub by: RecognisedBy,
    /// What the test would have cost here, as that says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Money>,
}

/// A result on which a gate lets an act pass.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Stood {
    /// The entry that filed the result.
    pub(crate) evidence: u64,
    /// The gate.
    pub(crate) clause: ClauseRef,
    /// By what it is recognised, where it is from elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) recognised: Option<RecognisedBy>,
}

/// Methods, labs, plans, rules, and what became of results.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Testing {
    /// The versions of each method, in the order in which they were registered.
    pub(crate) methods: RedBlackTreeMapSync<MethodId, Vec<RegisteredMethod>>,
    /// By the entry that accredited.
    pub(crate) accredited: RedBlackTreeMapSync<u64, Accredited>,
    pub(crate) suspended: RedBlackTreeMapSync<PartyId, Suspended>,
    /// By the plan's digest.
    pub(crate) plans: RedBlackTreeMapSync<Digest, RegisteredPlan>,
    pub(crate) rules: RedBlackTreeMapSync<RecognitionId, AdoptedRule>,
    /// What each result is about, by the entry that filed it; so are those below.
    pub(crate) filed: RedBlackTreeMapSync<u64, Digest>,
    pub(crate) replies: RedBlackTreeMapSync<u64, Vec<ResultReply>>,
    pub(crate) taken_back: RedBlackTreeMapSync<u64, TakenBack>,
    /// By the result, the entry that passed on it, and which of its gates that was.
    pub(crate) relied: RedBlackTreeMapSync<(u64, u64, u32), Reliance>,
    pub(crate) spared: RedBlackTreeMapSync<u64, SparedTest>,
}

impl Testing {
    /// Who relied on the result of an entry, in the order of the log.
    pub(crate) fn relied_on(&self, result: u64) -> impl Iterator<Item = &Reliance> {
        let all = self.relied.range((result, 0, 0)..=(result, u64::MAX, u32::MAX));
        all.map(|(_, reliance)| reliance)
    }
}

/// The results that gates stood on, each once.
pub(crate) type StoodOn = BTreeSet<Stood>;
