//! The acts: one verb, one payload type. Everything a party, a body or the sequencer can do.
//!
//! The payloads are what travels in a statement's predicate under `act`; fields are frozen within
//! a major version. Anything long is a blob, named by its digest.

mod import;
mod runs;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use concordat_agreement::Level;
use concordat_terms::{
    ActName, AssetId, BodyId, ClauseRef, Country, Decimal, Digest, KeyId, MethodId, MetricId,
    ModuleId, MotionId, PartyId, PlaceId, ProjectId, PurposeId, RunId, SeatId, Timestamp,
};
use serde::{Deserialize, Serialize};

pub use import::AssetImport;
pub use runs::{AbortReason, OneRun, Plan, RunAbort, RunClose, RunJoin, RunPropose};

/// One act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Starts the log.
    Genesis(Genesis),
    /// Moves time on.
    Tick(Tick),
    /// Records the rolling digest.
    DigestRecord(DigestRecord),
    /// Puts a module's text before its signers.
    ModulePropose(OneModule),
    /// Signs a module's exact bytes, with what it enters, and the document they were read in.
    ModuleSign(ModuleSign),
    /// Takes a signature back before the module enters.
    ModuleWithdraw(OneModule),
    /// Brings a set of modules into force.
    ModuleEnter(ModuleEnter),
    /// Stops what a module permits.
    ModuleSuspend(NamedModule),
    /// Lifts that.
    ModuleResume(NamedModule),
    /// Ends a module.
    ModuleTerminate(NamedModule),
    /// Brings a ruling into the log.
    DeterminationEnter(Determination),
    /// Declares a place.
    PlaceRegister(PlaceRegister),
    /// Lists a dataset version.
    DatasetRegister(DatasetRegister),
    /// Takes a dataset version out of use.
    DatasetWithdraw(DatasetWithdraw),
    /// Brings in a model that was made elsewhere.
    AssetImport(AssetImport),
    /// Allows code beside a party's data.
    CodeApprove(CodeApproval),
    /// Takes that back.
    CodeRevoke(CodeApproval),
    /// Puts a charter before its body.
    ProjectCharter(ProjectCharter),
    /// Opens a chartered project.
    ProjectOpen(OneProject),
    /// Ends a project.
    ProjectEnd(OneProject),
    /// Puts a question to a body.
    MotionPropose(MotionPropose),
    /// Votes.
    MotionVote(MotionVote),
    /// Carries out a decision.
    MotionExecute(MotionExecute),
    /// Proposes a run.
    RunPropose(RunPropose),
    /// Approves a proposed run.
    RunApprove(OneRun),
    /// Opens an approved run.
    RunOpen(OneRun),
    /// Joins an open run and reserves its whole cost.
    RunJoin(RunJoin),
    /// Closes a run with its result.
    RunClose(RunClose),
    /// Ends a run without a result.
    RunAbort(RunAbort),
    /// Files a test result.
    EvidenceSubmit(EvidenceSubmit),
    /// Proposes a release.
    ReleasePropose(Release),
    /// Releases a model.
    ReleasePromote(Release),
}

impl Act {
    /// The act's name in the vocabulary.
    pub fn name(&self) -> ActName {
        match self {
            Self::Genesis(_) => ActName::Genesis,
            Self::Tick(_) => ActName::Tick,
            Self::DigestRecord(_) => ActName::DigestRecord,
            Self::ModulePropose(_) => ActName::ModulePropose,
            Self::ModuleSign(_) => ActName::ModuleSign,
            Self::ModuleWithdraw(_) => ActName::ModuleWithdraw,
            Self::ModuleEnter(_) => ActName::ModuleEnter,
            Self::ModuleSuspend(_) => ActName::ModuleSuspend,
            Self::ModuleResume(_) => ActName::ModuleResume,
            Self::ModuleTerminate(_) => ActName::ModuleTerminate,
            Self::DeterminationEnter(_) => ActName::DeterminationEnter,
            Self::PlaceRegister(_) => ActName::PlaceRegister,
            Self::DatasetRegister(_) => ActName::DatasetRegister,
            Self::DatasetWithdraw(_) => ActName::DatasetWithdraw,
            Self::AssetImport(_) => ActName::AssetImport,
            Self::CodeApprove(_) => ActName::CodeApprove,
            Self::CodeRevoke(_) => ActName::CodeRevoke,
            Self::ProjectCharter(_) => ActName::ProjectCharter,
            Self::ProjectOpen(_) => ActName::ProjectOpen,
            Self::ProjectEnd(_) => ActName::ProjectEnd,
            Self::MotionPropose(_) => ActName::MotionPropose,
            Self::MotionVote(_) => ActName::MotionVote,
            Self::MotionExecute(_) => ActName::MotionExecute,
            Self::RunPropose(_) => ActName::RunPropose,
            Self::RunApprove(_) => ActName::RunApprove,
            Self::RunOpen(_) => ActName::RunOpen,
            Self::RunJoin(_) => ActName::RunJoin,
            Self::RunClose(_) => ActName::RunClose,
            Self::RunAbort(_) => ActName::RunAbort,
            Self::EvidenceSubmit(_) => ActName::EvidenceSubmit,
            Self::ReleasePropose(_) => ActName::ReleasePropose,
            Self::ReleasePromote(_) => ActName::ReleasePromote,
        }
    }

    /// The digest of the thing the act is about, where it is about a thing.
    pub fn subject(&self) -> Option<Digest> {
        match self {
            Self::ModulePropose(act) | Self::ModuleWithdraw(act) => Some(act.module),
            Self::ModuleSign(act) => Some(act.module),
            Self::DeterminationEnter(act) => Some(act.ruling),
            Self::DatasetRegister(act) => Some(act.version),
            Self::DatasetWithdraw(act) => Some(act.version),
            Self::AssetImport(act) => Some(act.version),
            Self::CodeApprove(act) | Self::CodeRevoke(act) => Some(act.code),
            Self::ProjectCharter(act) => Some(act.charter),
            Self::RunPropose(act) => Some(act.plan.recipe),
            Self::RunClose(act) => Some(act.model),
            Self::EvidenceSubmit(act) => Some(act.subject),
            Self::ReleasePropose(act) | Self::ReleasePromote(act) => Some(act.model),
            _ => None,
        }
    }
}

/// `genesis`: the founders, their keys, the rules, and who must cosign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// The log's name on its checkpoints: a host-like text without spaces or `+`.
    pub origin: String,
    /// Which rules the fold follows: the digest of an edition.
    pub rules: Digest,
    /// When the log starts.
    pub time: Timestamp,
    /// The public key that orders: it signs ticks and checkpoints (Ed25519, hexadecimal).
    pub sequencer: String,
    /// The founders.
    pub parties: BTreeMap<PartyId, Founder>,
    /// Who must cosign a checkpoint before it counts.
    pub policy: WitnessPolicy,
    /// Digests of the first modules: until all of them are in force no other enters. Naming none
    /// leaves the first modules to their signers.
    pub modules: BTreeSet<Digest>,
}

/// One founder's keys (Ed25519, hexadecimal).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Founder {
    /// Signs its acts.
    pub key: String,
    /// Cosigns checkpoints.
    pub witness: String,
}

/// Any `quorum` of `witnesses`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessPolicy {
    /// The cosigning parties.
    pub witnesses: BTreeSet<PartyId>,
    /// How many of them make a checkpoint count.
    pub quorum: u32,
}

/// `tick`: the sequencer's time before a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tick {
    /// The time from here on.
    pub time: Timestamp,
}

/// `digest.record`: the rolling digest before the entry at `index`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DigestRecord {
    /// The index of this very entry.
    pub index: u64,
    /// The rolling digest over all entries before it.
    pub rolling: Digest,
}

/// `module.propose`, `module.withdraw`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneModule {
    /// The digest of the module file's exact bytes.
    pub module: Digest,
}

/// `module.sign`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModuleSign {
    /// The digest of the module file's exact bytes.
    pub module: Digest,
    /// The other modules of the bargain: this one is to enter with all of them or not at all. Fewer
    /// than [`concordat_agreement::limits::MODULES_MAX`], and not this one again. While a log begins, the
    /// other modules that its genesis names.
    pub with: BTreeSet<Digest>,
    /// The digest of the rendered document, a blob: the whole agreement as it would be with the
    /// modules that are to enter together.
    pub document: Digest,
    /// From when on the signature counts no more; `None`: it counts until it is taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl ModuleSign {
    /// A signature under one of the modules of a set, for as long as it is not taken back.
    pub fn of(module: Digest, set: &BTreeSet<Digest>, document: Digest) -> Self {
        let with = set.iter().copied().filter(|other| *other != module).collect();
        Self { module, with, document, until: None }
    }
}

/// `module.enter`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModuleEnter {
    /// The modules that enter together; each replaces an older version of itself.
    pub modules: BTreeSet<Digest>,
}

/// `module.suspend`, `module.resume`, `module.terminate`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedModule {
    /// The module's name in the agreement in force.
    pub module: ModuleId,
}

/// `determination.enter`: what a court, a tribunal or all affected signatories decided.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Determination {
    /// The ruling's text, a blob.
    pub ruling: Digest,
    /// Clauses that it finds invalid. Each falls with its dependants, and what was to take its
    /// place speaks from then on.
    pub invalid: BTreeSet<ClauseRef>,
}

/// `place.register`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceRegister {
    /// The place's name.
    pub place: PlaceId,
    /// Its isolation class: 1 shared, 2 dedicated and beside the data, 3 attested enclave.
    pub class: u8,
    /// ISO 3166 code of the country whose law governs it.
    pub jurisdiction: Country,
}

/// `dataset.register`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetRegister {
    /// Which dataset of the agreement this is a version of.
    pub asset: AssetId,
    /// A salted commitment to the version's rows.
    pub version: Digest,
    /// Where the rows stay.
    pub place: PlaceId,
    /// How many rows, rounded down to a multiple of fifty.
    pub rows_band: u32,
    /// The uses this holder permits.
    pub purposes: BTreeSet<PurposeId>,
}

/// `dataset.withdraw`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetWithdraw {
    /// The dataset.
    pub asset: AssetId,
    /// The version that is no longer to be used.
    pub version: Digest,
}

/// `code.approve`, `code.revoke`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeApproval {
    /// The digest of the code.
    pub code: Digest,
    /// Beside which dataset.
    pub asset: AssetId,
}

/// `project.charter`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectCharter {
    /// The project's name.
    pub project: ProjectId,
    /// The charter's text, a blob.
    pub charter: Digest,
    /// The objective it serves.
    pub objective: ClauseRef,
    /// The assets it may use.
    pub assets: BTreeSet<AssetId>,
    /// The purposes it may pursue.
    pub purposes: BTreeSet<PurposeId>,
}

/// `project.open`, `project.end`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneProject {
    /// The project.
    pub project: ProjectId,
}

/// `motion.propose`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MotionPropose {
    /// The motion's name.
    pub motion: MotionId,
    /// The body that decides.
    pub body: BodyId,
    /// What is to be done if it succeeds.
    pub decision: Decision,
}

/// What a body can decide: the act that `motion.execute` then does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Decision {
    /// Open a chartered project.
    ProjectOpen(ProjectId),
    /// End a project.
    ProjectEnd(ProjectId),
    /// Open a proposed run.
    RunOpen(RunId),
    /// Release a model.
    ReleasePromote(Digest),
    /// Bring modules into force.
    ModuleEnter(BTreeSet<Digest>),
    /// Suspend a module.
    ModuleSuspend(ModuleId),
    /// Lift that.
    ModuleResume(ModuleId),
    /// End a module.
    ModuleTerminate(ModuleId),
    /// Bring a ruling into the log.
    DeterminationEnter(Determination),
}

impl Decision {
    /// The act that carries the decision out.
    pub fn act(&self) -> Act {
        match self {
            Self::ProjectOpen(project) => Act::ProjectOpen(OneProject { project: project.clone() }),
            Self::ProjectEnd(project) => Act::ProjectEnd(OneProject { project: project.clone() }),
            Self::RunOpen(run) => Act::RunOpen(OneRun { run: run.clone() }),
            Self::ReleasePromote(model) => Act::ReleasePromote(Release { model: *model }),
            Self::ModuleEnter(modules) => {
                Act::ModuleEnter(ModuleEnter { modules: modules.clone() })
            }
            Self::ModuleSuspend(module) => Act::ModuleSuspend(named(module)),
            Self::ModuleResume(module) => Act::ModuleResume(named(module)),
            Self::ModuleTerminate(module) => Act::ModuleTerminate(named(module)),
            Self::DeterminationEnter(ruling) => Act::DeterminationEnter(ruling.clone()),
        }
    }
}

fn named(module: &ModuleId) -> NamedModule {
    NamedModule { module: module.clone() }
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

/// `evidence.submit`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceSubmit {
    /// The digest of what was tested.
    pub subject: Digest,
    /// The method's name.
    pub method: MethodId,
    /// Metrics and their values.
    pub results: BTreeMap<MetricId, Decimal>,
    /// On how many cases; a test on none is no test.
    pub cases: NonZeroU32,
    /// The full report, a blob.
    pub report: Digest,
}

/// `release.propose`, `release.promote`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The model's digest.
    pub model: Digest,
}

/// Under which key, and for which seat, an act is signed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signer {
    /// The seat.
    pub seat: SeatId,
    /// The key.
    pub key: KeyId,
}

/// What every act but genesis carries besides its payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The log it is for: the id of its genesis.
    pub log: Digest,
    /// Who signs, at least one; the first is the one who acts.
    pub signers: Vec<Signer>,
    /// 16 random bytes in hexadecimal, so that the same act can be done twice on purpose.
    pub nonce: String,
    /// A checkpoint the signer had verified.
    pub seen: Seen,
    /// From this time on the act is refused.
    pub expires_at: Timestamp,
    /// A signature that was made elsewhere, for a level that a ledger key does not reach.
    pub attached: Option<Attached>,
}

impl Header {
    /// The level of the act's signatures: that of what is attached, or a ledger key's.
    pub fn level(&self) -> Level {
        self.attached.as_ref().map_or(Level::Simple, |attached| attached.level)
    }
}

/// A signature that was made elsewhere: a PAdES PDF, a scan of ink on paper. Who acts answers for
/// the level that it states; everybody can look at both files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attached {
    /// The level it reaches, above `simple`.
    pub level: Level,
    /// The digest of the signed file, a blob.
    pub signed: Digest,
    /// The digest of the report on its validation, a blob.
    pub report: Digest,
}

impl Attached {
    /// Whether its level is above that of a ledger key, which needs nothing attached.
    pub fn is_needed(&self) -> bool {
        self.level > Level::Simple
    }
}

/// A state of the log that somebody saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// How many entries it had.
    pub size: u64,
    /// Its Merkle root.
    pub root: Digest,
}

/// An act with its header and id, its bytes well-formed and its signatures good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// SHA-256 of the payload.
    pub id: Digest,
    /// Who, when, for which log. Genesis has none.
    pub header: Option<Header>,
    /// What.
    pub act: Act,
}

/// Which module a digest in the text stands for, for messages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Version {
    /// The module.
    pub module: ModuleId,
    /// Its exact bytes.
    pub digest: Digest,
}
