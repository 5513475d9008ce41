//! What the fold answers: admitted, with what changed; or refused, with why.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Agreement, Decider, Module};
use concordat_evidence::name::PackId;
use concordat_evidence::regime::Pack;
use concordat_terms::{
    ActName, AssetId, BodyId, CaseId, ClauseId, ClauseRef, Cost, Digest, KeyId, MandateId,
    ModuleId, MotionId, PartyId, PlaceId, ProcessorId, RiskId, RunId, SeatId, Timestamp,
};
use serde::Serialize;

use crate::accounts::AccountEvent;
use crate::assets::AssetEffect;
use crate::bodies::MotionStatus;
use crate::cases::{CaseRuling, CaseStatus, ClockStatus};
use crate::change::Change;
use crate::conditions::ConditionStatus;
use crate::duties::{DutyId, DutyStatus};
use crate::people::{MandateStatus, PartyStatus, ProcessorStatus};
use crate::powers::UseStatus;
use crate::privacy::Bounds;
use crate::refusal::Refusal;
use crate::rulings::{CorrectionStatus, VerdictRuling};
use crate::state::Standing;

/// The answer to one act, as it is kept and shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The act took effect.
    Admitted {
        /// Which act.
        act: ActName,
        /// Who acted.
        by: Option<Actor>,
        /// The clause that permits it, where one does.
        clause: Option<ClauseRef>,
        /// What the world should do about it.
        effects: Vec<Effect>,
    },
    /// The act changed nothing.
    Refused {
        /// Which act, if the bytes said so.
        act: Option<ActName>,
        /// Who acted, if a registered key signed.
        by: Option<Actor>,
        /// Why.
        refusal: Refusal,
    },
}

impl Verdict {
    /// Whether the act took effect.
    pub fn is_admitted(&self) -> bool {
        matches!(self, Self::Admitted { .. })
    }

    /// In a few words, as a scenario writes it: `refused needs-motion by governance/open-by-motion`.
    pub fn in_words(&self) -> String {
        let (word, clause) = match self {
            Self::Admitted { clause, .. } => ("admitted".to_owned(), clause.as_ref()),
            Self::Refused { refusal, .. } => {
                (format!("refused {}", refusal.code()), refusal.clause())
            }
        };
        match clause {
            Some(clause) => format!("{word} by {clause}"),
            None => word,
        }
    }

    /// The refusal, if it is one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused { refusal, .. } => Some(refusal),
            Self::Admitted { .. } => None,
        }
    }
}

/// Who acted: a party, for a seat.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Actor {
    /// The seat.
    pub seat: SeatId,
    /// The party; none for the sequencer.
    pub party: Option<PartyId>,
}

/// Something the world should do after an act took effect; performed once, after the append.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// These modules are in force from here on.
    ModulesInForce(Vec<ModuleId>),
    /// The module stands like this from here on.
    ModuleStands(ModuleId, Standing),
    /// Participants may join and train.
    RunOpened(RunId),
    /// The run gave this model.
    RunClosed(RunId, Digest),
    /// The run ended without a result.
    RunAborted(RunId),
    /// The model may be served.
    Released(Digest),
    /// The duty stands like this from here on.
    DutyStands(DutyId, DutyStatus),
    /// A value that this party measured is across a threshold of the signal.
    SignalCrossed(ClauseRef, PartyId),
    /// The warranty does not hold.
    WarrantyBroken(ClauseRef),
    /// The condition stands like this from here on.
    ConditionStands(ClauseRef, ConditionStatus),
    /// The motion stands like this from here on.
    MotionStands(MotionId, MotionStatus),
    /// The body could not decide the matter, which goes to this seat or body.
    Deadlock(BodyId, Decider),
    /// The key signs from here on.
    KeyRegistered(KeyId),
    /// The key signs no more.
    KeyEnded(KeyId),
    /// The mandate stands like this from here on.
    MandateStands(MandateId, MandateStatus),
    /// The party stands like this from here on.
    PartyStands(PartyId, PartyStatus),
    /// Whether the party may have labelled assets from here on.
    PartyCleared(PartyId, bool),
    /// The engagement of the sub-processor stands like this from here on.
    ProcessorStands(PartyId, ProcessorId, ProcessorStatus),
    /// The case stands like this from here on.
    CaseStands(CaseId, CaseStatus),
    /// The case is at this stage from here on.
    CaseStage(CaseId, ClauseId),
    /// This clock of the case stands like this from here on.
    ClockStands(CaseId, u32, ClockStatus),
    /// Three quarters of the time of this clock of the case are over, and nothing was filed.
    ClockNears(CaseId, u32),
    /// This clock of the case ends at this moment from here on: for a time nobody could act.
    ClockMoved(CaseId, u32, Timestamp),
    /// This was determined about the case.
    CaseRuled(CaseId, CaseRuling),
    /// Somebody outside is to be told: to a clock of the case, who, and what (a blob).
    Tell(CaseId, u32, String, Digest),
    /// The asset, if the hold is on one, is kept as evidence, under a hold of this number.
    Held(u64, Option<AssetId>),
    /// That hold was lifted.
    Unheld(u64, Option<AssetId>),
    /// What is behind these commitments, and these blobs, is to be destroyed by whoever has it.
    Erased(BTreeSet<Digest>),
    /// The risk is rated higher than a body accepts.
    RiskAbove(RiskId),
    /// This version of a regime's pack counts from here on.
    RegimeAdopted(PackId, String),
    /// This happened to the account, or under the clause.
    Account(ClauseRef, AccountEvent),
    /// What the entry at this index did by the power of this clause stands like this from here on.
    PowerStands(u64, ClauseRef, UseStatus),
    /// By the power of this clause the act passed what these gates ask.
    GlassBroken(ClauseRef, BTreeSet<ClauseRef>),
    /// The model is served no more, and the one that was released before it is.
    RolledBack(Digest, Digest),
    /// The model is served no more.
    Retired(Digest),
    /// Whether the place of this party may be used from here on.
    PlaceStands(PartyId, PlaceId, bool),
    /// Whether the clause is stayed from here on.
    ClauseStayed(ClauseRef, bool),
    /// What was ruled on the verdict at this index.
    VerdictRuled(u64, VerdictRuling),
    /// The request to correct the verdict at this index stands like this from here on.
    CorrectionStands(u64, CorrectionStatus),
    /// These rules judge from the entry at this index on.
    RulesAdopted(Digest, u64),
    /// Others must cosign from here on.
    PolicyAdopted,
    /// The log's key signed two histories of this size.
    Equivocation(u64),
    /// This became of assets.
    Asset(AssetEffect),
    /// Whether tests of the lab count from here on.
    LabStands(PartyId, bool),
    /// The result of this entry was taken back, on which these entries passed a gate.
    EvidenceWithdrawn(u64, Vec<u64>),
    /// A test was not repeated, since the result of this entry from elsewhere was recognised.
    TestSpared(u64),
}

/// What is computed outside the fold because it needs the text of a blob or the arithmetic of
/// privacy and aggregation. The one entrance (`replay`) supplies it; each is a function of the
/// log and of blobs named in it by digest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The size of the state that the signer says it saw, if this log never had that state.
    pub foreign_seen: Option<u64>,
    /// For `module.propose`: the module as read, or the first finding and how many there are.
    pub module: Option<Result<Box<Module>, (usize, String)>>,
    /// For `regime.adopt`: the pack as read, or how many findings there are and the first.
    pub pack: Option<Result<Box<Pack>, (usize, String)>>,
    /// For `module.enter`: what the whole agreement would be, with its proved parameters.
    pub agreement: Option<Result<Box<Proved>, Refusal>>,
    /// For `run.propose`, `run.open` and `run.join`: what the plan costs at least; none if it has
    /// no price.
    pub cost: Option<Cost>,
    /// Why the plan has no price, as a phrase.
    pub unpriced: Option<String>,
    /// For `equivocation.report`: whether both checkpoints are signed by the log's key, and what is shown
    /// between them leads to the larger.
    pub equivocation: Option<bool>,
    /// Of every key that the act brings, by its text: what it is, or why it is none.
    pub keys: BTreeMap<String, Result<FoundKey, String>>,
}

impl Facts {
    /// Whether a text that the act names was read for it.
    pub(crate) fn has_text(&self) -> bool {
        self.module.is_some() || self.pack.is_some()
    }
}

/// A text that is a key of the use for which an act brings it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundKey {
    /// Its id: of its bytes, whatever name it comes under.
    pub id: KeyId,
    /// Whether it is ML-DSA-44, and not Ed25519 or P-256.
    pub pq: bool,
    /// The party in whose name it has signed that it is that party's, if it has.
    pub proved_for: Option<PartyId>,
}

/// An assembled agreement whose aggregation and privacy parameters were proved possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    /// The agreement.
    pub agreement: Agreement,
    /// What each holder's account may spend, by the dataset that its clause names first.
    pub limits: BTreeMap<AssetId, Bounds>,
}

/// Proof that an act was judged and admitted by the state that is about to apply it.
#[derive(Clone, Debug)]
pub struct Admitted {
    pub(crate) index: u64,
    pub(crate) clause: Option<ClauseRef>,
    pub(crate) by: Option<Actor>,
    /// Every party for which somebody signed.
    pub(crate) parties: BTreeSet<PartyId>,
    pub(crate) act: ActName,
    pub(crate) change: Change,
    /// The change in canonical JSON.
    pub(crate) detail: Vec<u8>,
}

impl Admitted {
    /// The clause that permits the act.
    pub fn clause(&self) -> Option<&ClauseRef> {
        self.clause.as_ref()
    }
}
