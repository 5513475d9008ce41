//! The partnership's state: everything the log has established so far.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Agreement, Level, Module};
use concordat_terms::{
    AssetId, ClauseRef, Cost, Digest, KeyId, ModuleId, PartyId, PlaceId, ProjectId, PurposeId,
    RunId, SeatId, Timestamp,
};
use rpds::{RedBlackTreeMapSync, RedBlackTreeSetSync};
use serde::{Deserialize, Serialize};

use crate::accounts::Ledger;
use crate::act::{
    AbortReason, CodeApproval, DatasetRegister, EvidenceSubmit, Genesis, ModuleSign, PlaceRegister,
    ProjectCharter, RunClose, RunPropose, Signed,
};
use crate::agenda::Agenda;
use crate::assets::Assets;
use crate::audits::Audits;
use crate::bodies::Bodies;
use crate::cases::Cases;
use crate::conditions::Conditions;
use crate::counts::Counts;
use crate::duties::Duties;
use crate::editions::Editions;
use crate::erasures::Erasures;
use crate::evidence::Testing;
use crate::people::{KeyHolder, People};
use crate::plans::Priced;
use crate::powers::Powers;
use crate::privacy::{Bounds, Charged, Persons, Population};
use crate::progress::Progress;
use crate::recalls::Recalls;
use crate::rulings::{Rulings, Said};
use crate::shared::Shared;
use crate::signals::Signals;
use crate::trainers::Trainers;

/// The state of one partnership. Starts empty; a genesis founds it.
///
/// What is skipped here is written in another form, or follows from the rest: see [`State::to_bytes`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub(crate) index: u64,
    pub(crate) time: Option<Timestamp>,
    pub(crate) log: Option<Digest>,
    pub(crate) genesis: Option<Genesis>,
    /// Modules that the genesis names and that have not entered into force yet.
    pub(crate) founding: BTreeSet<Digest>,
    pub(crate) keys: RedBlackTreeMapSync<KeyId, KeyHolder>,
    #[serde(skip)]
    pub(crate) proposals: Shared<BTreeMap<Digest, Proposal>>,
    pub(crate) in_force: Shared<BTreeMap<ModuleId, InForce>>,
    #[serde(skip)]
    pub(crate) agreement: Shared<Agreement>,
    /// The agreements of projects that have modules of their own.
    #[serde(skip)]
    pub(crate) narrowed: Shared<BTreeMap<ProjectId, ProjectAgreement>>,
    /// What came into force, was stopped and ended, in the order of the log.
    pub(crate) history: Shared<Vec<Event>>,
    /// By the dataset that the clause of an account names first.
    pub(crate) limits: Shared<BTreeMap<AssetId, Bounds>>,
    pub(crate) places: Shared<BTreeMap<(PartyId, PlaceId), PlaceRegister>>,
    pub(crate) datasets: RedBlackTreeMapSync<(AssetId, PartyId, Digest), Dataset>,
    pub(crate) code: Shared<BTreeMap<(PartyId, AssetId, Digest), CodeApproval>>,
    /// How programs of others may run beside rows.
    pub(crate) trainers: Trainers,
    pub(crate) projects: Shared<BTreeMap<ProjectId, Project>>,
    pub(crate) runs: RedBlackTreeMapSync<RunId, Run>,
    pub(crate) evidence: RedBlackTreeMapSync<Digest, Vec<Evidence>>,
    pub(crate) models: RedBlackTreeMapSync<Digest, Model>,
    /// What plans cost under the agreement in force, of those that were proposed under it.
    pub(crate) prices: RedBlackTreeMapSync<Priced, Cost>,
    pub(crate) accounts: Shared<BTreeMap<Population, Charged>>,
    /// By dataset: whose persons something was charged for.
    pub(crate) persons: Shared<BTreeMap<AssetId, Persons>>,
    /// By expiry and id. A persistent map: copies of a state share it.
    pub(crate) judged: RedBlackTreeMapSync<(Timestamp, Digest), u64>,
    pub(crate) refused: Shared<BTreeMap<PartyId, u64>>,
    pub(crate) rolling: Digest0,
    pub(crate) duties: Duties,
    pub(crate) signals: Signals,
    pub(crate) conditions: Conditions,
    pub(crate) audits: Audits,
    pub(crate) bodies: Bodies,
    pub(crate) people: People,
    pub(crate) cases: Cases,
    pub(crate) ledger: Ledger,
    pub(crate) progress: Progress,
    pub(crate) powers: Powers,
    pub(crate) recalls: Recalls,
    pub(crate) rulings: Rulings,
    pub(crate) editions: Editions,
    pub(crate) erasures: Erasures,
    /// Texts that verdicts rest on, also those of refusals.
    pub(crate) rested: RedBlackTreeSetSync<Digest>,
    /// What the sequencer told of acts that it turned away.
    pub(crate) counts: Counts,
    /// Verdicts for whose correction can still be asked, by their index.
    pub(crate) said: RedBlackTreeMapSync<u64, Said>,
    pub(crate) assets: Assets,
    pub(crate) testing: Testing,
    /// When the log was silent for longer than its witness clause allows: from, until.
    pub(crate) outages: Shared<Vec<(Timestamp, Timestamp)>>,
    /// What time itself will change.
    pub(crate) agenda: Agenda,
}

/// A digest that starts as zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Digest0(pub(crate) Digest);

impl Default for Digest0 {
    fn default() -> Self {
        Self(Digest([0; 32]))
    }
}

/// A module before its signers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The module as read.
    pub module: Module,
    /// Who has signed its exact bytes, and how.
    pub signed: BTreeMap<PartyId, Signature>,
    /// Whether it has entered into force, at whatever time.
    pub entered: bool,
}

/// One party's signature under a module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// The other modules of the set, without which it signed nothing.
    pub with: BTreeSet<Digest>,
    /// The document in which it read the module.
    pub document: Digest,
    /// How strong it is.
    pub level: Level,
    /// From when on it counts no more.
    pub until: Option<Timestamp>,
    /// Under which agreement it was given, see [`State::agreement_digest`]: under another it counts
    /// no more.
    pub under: Digest,
}

impl Signature {
    /// Whether it says the same, however strongly.
    pub fn says(&self, sign: &ModuleSign) -> bool {
        self.with == sign.with && self.document == sign.document && self.until == sign.until
    }
}

/// A module version that governs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InForce {
    /// Its exact bytes.
    pub digest: Digest,
    /// Its version.
    pub version: String,
    /// Since when.
    pub since: Timestamp,
    /// By the entry at this index.
    pub index: u64,
}

/// The child agreement of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectAgreement {
    /// Its modules in force.
    pub in_force: BTreeMap<ModuleId, InForce>,
    /// The frame agreement as they narrow it.
    pub agreement: Agreement,
}

/// How a module stands once it has entered into force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It governs.
    InForce,
    /// It permits nothing until it is resumed.
    Suspended,
    /// It is over, but for the clauses that survive.
    Ended,
}

impl Standing {
    /// The standing as words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InForce => "in force",
            Self::Suspended => "suspended",
            Self::Ended => "ended",
        }
    }
}

/// Something that happened to the agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The entry's index in the log.
    pub index: u64,
    /// The log's time.
    pub at: Timestamp,
    /// What.
    pub what: Happened,
}

/// What happened to the agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Happened {
    /// A version of a module entered into force.
    Entered {
        /// The module.
        module: ModuleId,
        /// Its version.
        version: String,
        /// Its exact bytes.
        digest: Digest,
    },
    /// A module was suspended, resumed or ended.
    Stands {
        /// The module.
        module: ModuleId,
        /// How it stands since.
        standing: Standing,
    },
    /// A clause was found invalid.
    Invalid {
        /// The clause.
        clause: ClauseRef,
    },
}

/// A dataset version in the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dataset {
    /// What was registered.
    pub registered: DatasetRegister,
    /// When.
    pub at: Timestamp,
    /// Since when it may no longer be used.
    pub withdrawn: Option<Timestamp>,
}

/// A project under the frame agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// Its charter.
    pub charter: ProjectCharter,
    /// Who proposed it.
    pub by: PartyId,
    /// Where it stands.
    pub status: ProjectStatus,
}

/// Where a project stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProjectStatus {
    /// Proposed to its body.
    Chartered,
    /// At work.
    Open,
    /// Over.
    Ended,
}

impl ProjectStatus {
    /// The status as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chartered => "chartered",
            Self::Open => "open",
            Self::Ended => "ended",
        }
    }
}

/// One joint computation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The proposal with its plan.
    pub proposed: RunPropose,
    /// Who proposed it.
    pub by: PartyId,
    /// When.
    pub at: Timestamp,
    /// Under which agreement: see [`State::agreement_digest`].
    pub agreement: Digest,
    /// Who approved it, for which seat.
    pub approvals: BTreeMap<PartyId, BTreeSet<SeatId>>,
    /// The entry that opened it.
    pub opened: Option<u64>,
    /// Who joined.
    pub joined: BTreeSet<PartyId>,
    /// Where it stands.
    pub status: RunStatus,
}

/// Where a run stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunStatus {
    /// Waiting for approvals.
    Proposed,
    /// Participants join and train.
    Open,
    /// Over, with a result.
    Closed(RunClose),
    /// Over, without one.
    Aborted(AbortReason),
}

impl RunStatus {
    /// The status as a word.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Open => "open",
            Self::Closed(_) => "closed",
            Self::Aborted(_) => "aborted",
        }
    }
}

/// A filed test result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// By the entry at this index, which is its name.
    pub index: u64,
    /// Who filed it.
    pub by: PartyId,
    /// For which seat.
    pub seat: SeatId,
    /// When.
    pub at: Timestamp,
    /// What it says.
    pub evidence: EvidenceSubmit,
}

/// A model that a run gave, or that was brought in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// The asset of the agreement it is a version of.
    pub asset: AssetId,
    /// What it was made or brought in for.
    pub purpose: PurposeId,
    /// The run it came from; none gave what was brought in.
    pub run: Option<RunId>,
    /// Where it stands.
    pub status: ModelStatus,
    /// Who signed the result, or brought it in.
    pub signed_by: BTreeSet<PartyId>,
}

/// Where a model stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelStatus {
    /// Trained.
    Trained,
    /// Brought in.
    Imported,
    /// Proposed for release.
    Proposed,
    /// Released.
    Released,
    /// Released, and taken back for the release before it.
    RolledBack,
    /// Released, and taken out of service.
    Retired,
}

impl ModelStatus {
    /// The status as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trained => "trained",
            Self::Imported => "brought in",
            Self::Proposed => "proposed for release",
            Self::Released => "released",
            Self::RolledBack => "rolled back",
            Self::Retired => "retired",
        }
    }
}

impl State {
    /// The index the next entry will have.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The log's time: the last tick's.
    pub fn time(&self) -> Option<Timestamp> {
        self.time
    }

    /// The log's name: the id of its genesis.
    pub fn log(&self) -> Option<Digest> {
        self.log
    }

    /// The genesis, once there is one.
    pub fn genesis(&self) -> Option<&Genesis> {
        self.genesis.as_ref()
    }

    /// Whether this differs from `other` in its books at most: what was judged, by which texts, how much
    /// of it, whose acts were refused, and the rolling digest. A refusal changes no more than that.
    pub fn equals_but_for_books(&self, other: &Self) -> bool {
        let same = Self {
            index: other.index,
            judged: other.judged.clone(),
            refused: other.refused.clone(),
            rolling: other.rolling,
            said: other.said.clone(),
            rested: other.rested.clone(),
            // Whatever a state may have besides is compared.
            ..self.clone()
        };
        same == *other
    }

    /// The agreement in force.
    pub fn agreement(&self) -> &Agreement {
        &self.agreement
    }

    /// The digest over the modules in force, in the order of their names, and over what has ended
    /// of them or was found invalid: what a run is proposed, approved, joined and closed under, and
    /// what its rounds are bound to.
    pub fn agreement_digest(&self) -> Digest {
        let digests = self.in_force.values().map(|module| module.digest.as_bytes().as_slice());
        let ended = self.in_force.keys().filter(|module| self.agreement.is_ended(module));
        let ended = ended.map(|module| format!("ended {module}"));
        let invalid = self.agreement.invalid().iter();
        let fallen: Vec<String> =
            ended.chain(invalid.map(|clause| format!("invalid {clause}"))).collect();
        let parts: Vec<&[u8]> = digests.chain(fallen.iter().map(String::as_bytes)).collect();
        Digest::of_parts(&parts)
    }

    /// What acts of a project are judged under: the frame agreement, narrowed by the project's
    /// modules, where it has any.
    pub fn agreement_of(&self, project: &ProjectId) -> &Agreement {
        self.narrowed.get(project).map_or(&self.agreement, |own| &own.agreement)
    }

    /// [`Self::agreement_digest`], and over the modules of a project where it has any: what its runs
    /// are bound to.
    pub fn agreement_digest_of(&self, project: &ProjectId) -> Digest {
        let frame = self.agreement_digest();
        let Some(own) = self.narrowed.get(project) else { return frame };
        let modules = own.in_force.values().map(|module| module.digest.as_bytes().as_slice());
        let parts: Vec<&[u8]> =
            [b"project".as_slice(), frame.as_bytes()].into_iter().chain(modules).collect();
        Digest::of_parts(&parts)
    }

    /// The agreements of projects that have modules of their own.
    pub fn project_agreements(&self) -> &BTreeMap<ProjectId, ProjectAgreement> {
        &self.narrowed
    }

    /// The modules of the frame in force.
    pub fn in_force(&self) -> &BTreeMap<ModuleId, InForce> {
        &self.in_force
    }

    /// How a module stands; `None` if none of that name has entered into force.
    pub fn standing(&self, module: &ModuleId) -> Option<Standing> {
        self.in_force.get(module)?;
        Some(if self.agreement.is_ended(module) {
            Standing::Ended
        } else if self.agreement.is_suspended(module) {
            Standing::Suspended
        } else {
            Standing::InForce
        })
    }

    /// What happened to the agreement, in the order of the log.
    pub fn history(&self) -> &[Event] {
        &self.history
    }

    /// Modules that were proposed, by digest, in force or not.
    pub fn proposals(&self) -> &BTreeMap<Digest, Proposal> {
        &self.proposals
    }

    /// Places by party and name.
    pub fn places(&self) -> &BTreeMap<(PartyId, PlaceId), PlaceRegister> {
        &self.places
    }

    /// Dataset versions by asset, holder and digest.
    pub fn datasets(&self) -> &RedBlackTreeMapSync<(AssetId, PartyId, Digest), Dataset> {
        &self.datasets
    }

    /// Projects by name.
    pub fn projects(&self) -> &BTreeMap<ProjectId, Project> {
        &self.projects
    }

    /// Runs by name.
    pub fn runs(&self) -> &RedBlackTreeMapSync<RunId, Run> {
        &self.runs
    }

    /// Evidence by the digest it is about.
    pub fn evidence(&self) -> &RedBlackTreeMapSync<Digest, Vec<Evidence>> {
        &self.evidence
    }

    /// Models by digest.
    pub fn models(&self) -> &RedBlackTreeMapSync<Digest, Model> {
        &self.models
    }

    /// How a party has approved code beside a dataset of its own, if it has and the time for which it
    /// did is not over.
    pub fn code_approval(
        &self,
        party: &PartyId,
        asset: &AssetId,
        code: &Digest,
    ) -> Option<&CodeApproval> {
        let approval = self.code.get(&(party.clone(), asset.clone(), *code))?;
        let over = approval.until.zip(self.time).is_some_and(|(until, now)| until <= now);
        (!over).then_some(approval)
    }

    /// Whether a party has approved code beside a dataset of its own for a run.
    pub fn code_approved(
        &self,
        party: &PartyId,
        asset: &AssetId,
        code: &Digest,
        run: &RunId,
    ) -> bool {
        let approval = self.code_approval(party, asset, code);
        approval.is_some_and(|approval| approval.runs.is_empty() || approval.runs.contains(run))
    }

    /// How many acts of a party were refused, copies that anybody could have sent not counted.
    pub fn refusals_of(&self, party: &PartyId) -> u64 {
        self.refused.get(party).copied().unwrap_or(0)
    }

    /// At which index an act was judged, if it was and has not expired since.
    pub fn judged(&self, signed: &Signed) -> Option<u64> {
        let header = signed.header.as_ref()?;
        self.judged.get(&(header.expires_at, signed.id)).copied()
    }

    /// The digest over every verdict so far: two replicas that differ here have parted.
    pub fn rolling(&self) -> Digest {
        self.rolling.0
    }

    /// Whom a key belongs or belonged to.
    pub fn holder(&self, key: &KeyId) -> Option<&KeyHolder> {
        self.keys.get(key)
    }
}
