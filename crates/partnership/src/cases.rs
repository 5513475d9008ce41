//! Cases: one event with all that follows from it.
//!
//! An incident starts a clock for every row of the adopted regimes that it falls under; a dispute
//! goes up a ladder of deciders by itself; a claim is held against a cap; a request for records is
//! answered passage by passage; an exit accounts for every asset. A case closes when all of it is
//! done. A drill is an incident that did not happen: the same clocks run, and nobody outside is
//! told. Beside them stand what is kept as evidence, the risk register, and the adopted regimes.

mod acts;
mod checks;
mod claims;
mod clocks;
mod closing;
mod exits;
mod holds;
mod judge;
mod life;
mod prevail;
mod refusal;
mod regimes;
mod risks;
mod rulings;
mod view;

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{CaseKind, Stage};
use concordat_evidence::clock::Interval;
use concordat_evidence::mark::Status;
use concordat_evidence::name::{Fact, Group, Kind, Measure, PackId, RowId};
use concordat_terms::{
    AssetId, CaseId, ClauseRef, Country, Decimal, Digest, Money, PartyId, RiskId, SeatId, Timestamp,
};
use rpds::{RedBlackTreeMapSync, RedBlackTreeSetSync};
use serde::{Deserialize, Serialize};

pub use acts::{
    AssetFate, CarvedOut, CaseClose, CaseFact, CaseMatter, CaseOpen, CaseReply, CaseReport,
    CaseStage, ClaimMatter, DisputeMatter, DrillEnd, DrillStart, ExitMatter, Fate, HoldLift,
    HoldPlace, IncidentMatter, OpenFormat, RecordsMatter, RegimeAdopt, Report, RiskAppetite,
    RiskClose, RiskRating, Sum,
};
pub(crate) use life::Change;
pub use refusal::CaseRefusal;
pub use regimes::{Adopted, read_pack};
pub use rulings::CaseRuling;
pub use view::{CaseView, ClockView, Draft, Recorded};

use regimes::Regimes;

use crate::shared::Shared;

/// A case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Of which kind it is.
    pub kind: CaseKind,
    /// What it is about.
    pub matter: CaseMatter,
    /// The scenario, where it is a drill.
    pub drill: Option<Digest>,
    /// Who opened it; nobody, where it opened by itself.
    pub by: Option<PartyId>,
    /// Of a claim that opened by itself: to whom what is awarded is owed.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub to: BTreeSet<PartyId>,
    /// When.
    pub opened: Timestamp,
    /// By the entry at this index.
    pub index: u64,
    /// The assets concerned.
    pub on: BTreeSet<AssetId>,
    /// The models concerned.
    pub models: BTreeSet<Digest>,
    /// The parties against which it is recorded.
    pub against: BTreeSet<PartyId>,
    /// What it is about at length, a blob.
    pub account: Digest,
    /// Its clocks, in the order in which they started; the first is number 1.
    pub clocks: Vec<CaseClock>,
    /// The facts that are known, the last of each name.
    pub facts: BTreeMap<Fact, Digest>,
    /// The stages that it goes through, as its ladder had them when it was opened.
    pub stages: Vec<Stage>,
    /// At which of them it is.
    pub stage: usize,
    /// Since when a determination has its stages stand still.
    pub stayed: Option<Timestamp>,
    /// Since when.
    pub stage_since: Timestamp,
    /// Who has replied that was asked to.
    pub replied: BTreeSet<PartyId>,
    /// In an exit: every asset at every holder, and what became of it.
    pub fates: Vec<Listed>,
    /// Where it stands.
    pub status: CaseStatus,
    /// How it was closed.
    pub closed: Option<Closed>,
}

/// An asset at a holder, in an exit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The asset.
    pub asset: AssetId,
    /// Who holds it.
    pub holder: PartyId,
    /// What became of it, once that is filed.
    pub fate: Option<Fate>,
}

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaseStatus {
    /// Something is still to be done.
    Open,
    /// It is over.
    Closed,
}

impl CaseStatus {
    /// The status as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

/// How a case was closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// When.
    pub at: Timestamp,
    /// By the entry at this index.
    pub index: u64,
    /// The decision, or what a drill showed; a blob.
    pub outcome: Digest,
    /// The review of an incident, a blob.
    pub review: Option<Digest>,
    /// The decision on redress, a blob.
    pub redress: Option<Digest>,
    /// What is owed on a claim.
    pub award: Option<Award>,
    /// What is released, a bundle.
    pub release: Option<Digest>,
    /// Passages that are kept back, and by which exemption.
    pub exempt: BTreeMap<Digest, RowId>,
    /// How accounts were settled, a blob.
    pub settlement: Option<Digest>,
}

/// What is owed on a claim once the cap has been held against it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Award {
    /// The clause on liability.
    pub clause: ClauseRef,
    /// The entry that awarded it.
    pub entry: u64,
    /// What was awarded under the cap.
    pub awarded: Money,
    /// What of it is owed.
    pub payable: Money,
    /// What the cap cut off.
    pub cut: Money,
    /// What no cap limits, beside it.
    pub carved_out: Vec<CarvedOut>,
    /// Who answers, first to last.
    pub liable: Vec<Liable>,
}

/// One that answers for a loss.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Liable {
    /// The seat.
    pub seat: SeatId,
    /// The parties that fill it.
    pub parties: BTreeSet<PartyId>,
}

/// Who answers for a kind of incident under one clause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Liability {
    /// The clause.
    pub clause: ClauseRef,
    /// For what, for people.
    pub what: String,
    /// Who answers, first to last.
    pub order: Vec<Liable>,
    /// The most that is owed in total.
    pub cap: Option<Money>,
    /// What was awarded under the cap so far.
    pub used: Decimal,
    /// What is not capped.
    pub uncapped: Vec<String>,
}

/// A clock of a case: what a regime wants done by when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseClock {
    /// The regime's pack.
    pub pack: PackId,
    /// The row.
    pub row: RowId,
    /// How binding it is here: law, a contract where a clause of the agreement carries out a row that
    /// is none, or guidance, which nobody is late with and nothing waits for.
    pub binding: Status,
    /// Whether time in which nobody could act stops it: as its regime says, or as a contract's.
    pub tollable: bool,
    /// Times in which it stood still.
    pub stood: Vec<Interval>,
    /// Who owes it.
    pub owners: BTreeSet<PartyId>,
    /// To whom.
    pub to: Option<String>,
    /// Whether that is somebody outside.
    pub outside: bool,
    /// When it started.
    pub start: Timestamp,
    /// The calendar on which it is counted; none: days are 24 hours.
    pub calendar: Option<Country>,
    /// The first moment at which it is too late; none, if the regime fixes no day.
    pub due: Option<Timestamp>,
    /// The moment that counts instead: of the strictest clock beside it, where the instrument has that
    /// one count for a seat of its owners.
    pub agreed: Option<Timestamp>,
    /// When it is late on the earliest reading: whoever acts before is in time however one counts.
    pub warn: Timestamp,
    /// When its owners are told that three quarters of that time are over; none, if no day is fixed.
    pub remind: Option<Timestamp>,
    /// What is not known of the incident and was taken as met.
    pub assumed: BTreeSet<Measure>,
    /// The rows of which one report is owed.
    pub group: Option<Group>,
    /// Whether the models concerned are kept as they are until it is answered.
    pub holds: bool,
    /// What was filed, when, by which party.
    pub filed: Vec<(Report, Timestamp, PartyId)>,
    /// Where it stands.
    pub status: ClockStatus,
}

/// Where a clock of a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClockStatus {
    /// It runs.
    Running,
    /// Its time is over, and nothing was filed.
    Late,
    /// A first report was filed, and the whole one is owed.
    Reported {
        /// When.
        at: Timestamp,
        /// Whether that was too late.
        late: bool,
    },
    /// It was answered.
    Closed {
        /// When.
        at: Timestamp,
        /// Whether its first report was too late.
        late: bool,
    },
    /// Its owner says, with reasons, that nothing is owed.
    NotOwed(Timestamp),
    /// A shorter one of its group took its place, or one of a regime that prevails.
    Superseded(Timestamp),
}

impl ClockStatus {
    /// The status as words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Late => "late",
            Self::Reported { .. } => "reported at first",
            Self::Closed { .. } => "closed",
            Self::NotOwed(_) => "not owed",
            Self::Superseded(_) => "superseded",
        }
    }

    /// Whether something may still be filed.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Running | Self::Late | Self::Reported { .. })
    }

    /// Whether nothing was filed yet.
    pub fn is_silent(self) -> bool {
        matches!(self, Self::Running | Self::Late)
    }
}

/// Something that was filed in a case, by the index of its entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filed {
    /// Who.
    pub by: PartyId,
    /// When.
    pub at: Timestamp,
    /// The facts, by name.
    pub facts: BTreeMap<Fact, Digest>,
    /// Other evidence.
    pub evidence: BTreeSet<Digest>,
    /// The kinds of incident that it turned out to be.
    pub kinds: BTreeSet<Kind>,
    /// The parties against which it is recorded.
    pub against: BTreeSet<PartyId>,
}

/// A reply to what was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replied {
    /// Who.
    pub by: PartyId,
    /// When.
    pub at: Timestamp,
    /// By the entry at this index.
    pub index: u64,
    /// What it says, a blob.
    pub reply: Digest,
}

/// Something that is kept as it is, as evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The asset; none, where papers alone are held.
    pub asset: Option<AssetId>,
    /// One version of it; all, if this is absent.
    pub version: Option<Digest>,
    /// Commitments and blobs.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub papers: BTreeSet<Digest>,
    /// Who placed it; nobody, where a regime did.
    pub by: Option<PartyId>,
    /// The ground, a blob; what opened the case, where a regime placed it.
    pub ground: Digest,
    /// The case that it is evidence in.
    pub case: Option<CaseId>,
    /// The clock that placed it.
    pub clock: Option<u32>,
    /// Since when.
    pub since: Timestamp,
    /// Until when.
    pub until: Option<Timestamp>,
}

/// A line of the risk register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Risk {
    /// How it is rated now.
    pub rating: RiskRating,
    /// Who opened it.
    pub by: PartyId,
    /// When.
    pub opened: Timestamp,
    /// By the entry at this index.
    pub index: u64,
    /// Each rating: when, likelihood times impact.
    pub course: Vec<(Timestamp, u8)>,
    /// When it was closed, and what shows that it is none any more.
    pub closed: Option<(Timestamp, Digest)>,
}

impl Risk {
    /// Likelihood times impact.
    pub fn score(&self) -> u8 {
        self.rating.likelihood.saturating_mul(self.rating.impact)
    }
}

/// Every case, hold and risk, and the regimes that were adopted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cases {
    pub(crate) all: RedBlackTreeMapSync<CaseId, Case>,
    pub(crate) open: RedBlackTreeSetSync<CaseId>,
    pub(crate) filed: RedBlackTreeMapSync<(CaseId, u64), Filed>,
    /// Replies, by the entry that they answer and their own.
    pub(crate) replies: RedBlackTreeMapSync<(CaseId, u64, u64), Replied>,
    /// What is recorded against a party, and where: by case and entry.
    pub(crate) against: RedBlackTreeSetSync<(PartyId, CaseId, u64)>,
    /// By number.
    pub(crate) holds: RedBlackTreeMapSync<u64, Hold>,
    /// The holds that stand on an asset.
    pub(crate) held: RedBlackTreeSetSync<(AssetId, u64)>,
    /// The holds that stand on a commitment or blob.
    pub(crate) held_papers: RedBlackTreeSetSync<(Digest, u64)>,
    /// The holds of a case.
    pub(crate) holds_of: RedBlackTreeSetSync<(CaseId, u64)>,
    pub(crate) risks: RedBlackTreeMapSync<RiskId, Risk>,
    /// How high a risk may be rated.
    pub(crate) appetite: Option<u8>,
    pub(crate) regimes: Shared<Regimes>,
}
