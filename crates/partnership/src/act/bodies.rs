//! Questions put to bodies, and what they decide.

use std::collections::BTreeSet;

use concordat_terms::{BodyId, Digest, ModuleId, MotionId, ProjectId, RunId};
use serde::{Deserialize, Serialize};

use super::{
    Act, Determination, ModuleEnter, NamedModule, OneProject, OneRun, PartyAccede, PartyAssign,
    PartyClear, PartyExpel, PartyNovate, PartySucceed, Release,
};

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
    /// Let a party join.
    PartyAccede(PartyAccede),
    /// Exclude a party.
    PartyExpel(PartyExpel),
    /// Consent to an assignment.
    PartyAssign(PartyAssign),
    /// Consent to a novation.
    PartyNovate(PartyNovate),
    /// Take note of a succession.
    PartySucceed(PartySucceed),
    /// Clear a party that is under new control.
    PartyClear(PartyClear),
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
            Self::PartyAccede(act) => Act::PartyAccede(act.clone()),
            Self::PartyExpel(act) => Act::PartyExpel(act.clone()),
            Self::PartyAssign(act) => Act::PartyAssign(act.clone()),
            Self::PartyNovate(act) => Act::PartyNovate(act.clone()),
            Self::PartySucceed(act) => Act::PartySucceed(act.clone()),
            Self::PartyClear(act) => Act::PartyClear(act.clone()),
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
