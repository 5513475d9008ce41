//! The acts: one verb, one payload type. Everything a party, a body or the sequencer can do.
//!
//! The payloads are what travels in a statement's predicate under `act`; fields are frozen within
//! a major version. Anything long is a blob, named by its digest.

mod agreement;
mod assets;
mod bodies;
mod header;
mod log;
mod models;
mod projects;
mod runs;

use concordat_terms::{ActName, Digest};

pub use agreement::{Determination, ModuleEnter, ModuleSign, NamedModule, OneModule};
pub use assets::{AssetImport, CodeApproval, DatasetRegister, DatasetWithdraw, PlaceRegister};
pub use bodies::{Decision, MotionExecute, MotionPropose, MotionVote, Vote};
pub use header::{Attached, Header, Seen, Signed, Signer, Version};
pub use log::{DigestRecord, Founder, Genesis, Tick, WitnessPolicy};
pub use models::{EvidenceSubmit, Release};
pub use projects::{OneProject, ProjectCharter};
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
