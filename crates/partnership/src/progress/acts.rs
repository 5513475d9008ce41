//! The acts about progress.

use std::collections::BTreeSet;

use concordat_agreement::Terms;
use concordat_terms::{ClauseId, ClauseRef, Date, Decimal, Digest, PartyId, ProjectId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{ProgressRefusal as No, Reached, Reported, Roadmap};
use crate::deed::{Deed, Hearing};
use crate::gate::Matter;
use crate::projects::check_status;
use crate::refusal::Refusal;
use crate::state::{ProjectStatus, State};
use crate::verdict::{Actor, Effect};

/// `project.milestone`: an open project has reached it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectMilestone {
    /// The project.
    pub project: ProjectId,
    /// The milestone's name.
    pub milestone: ClauseId,
    /// What shows it, a blob.
    pub evidence: Digest,
}

/// `roadmap.adopt`: in place of the one before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoadmapAdopt {
    /// Its text, a blob.
    pub roadmap: Digest,
    /// What projects are to reach, and until when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub milestones: Vec<PlannedMilestone>,
}

/// A milestone of a roadmap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedMilestone {
    /// The project, chartered or yet to be.
    pub project: ProjectId,
    /// The milestone's name.
    pub milestone: ClauseId,
    /// The last day on which it is in time.
    pub by: Date,
}

/// `objective.report`: a figure on an objective.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectiveReport {
    /// The objective's clause.
    pub objective: ClauseRef,
    /// The figure, of the objective's metric.
    pub value: Decimal,
    /// What it was computed from, a blob.
    pub evidence: Digest,
}

/// What acts about progress change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change {
    Reached { by: PartyId, milestone: ProjectMilestone },
    Adopted(RoadmapAdopt),
    Reported { by: PartyId, report: ObjectiveReport },
}

impl From<Change> for crate::change::Change {
    fn from(change: Change) -> Self {
        Self::Progress(change)
    }
}

type Changed = Option<crate::change::Change>;

impl Deed for ProjectMilestone {
    fn subject(&self) -> Option<Digest> {
        Some(self.evidence)
    }

    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        matter.project = Some(&self.project);
        let project = state.projects.get(&self.project);
        project.iter().for_each(|project| matter.add_charter(&project.charter));
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Changed {
        let by = hearing.by.party(out)?.clone();
        let project = hearing.state.project(&self.project, out)?;
        check_status(&self.project, project, ProjectStatus::Open, out);
        let name = (self.project.clone(), self.milestone.clone());
        if hearing.state.progress.reached.contains_key(&name) {
            let (project, milestone) = name;
            out.push(No::MilestoneReached { project, milestone }.into());
        }
        Some(Change::Reached { by, milestone: self.clone() }.into())
    }
}

impl Deed for RoadmapAdopt {
    fn subject(&self) -> Option<Digest> {
        Some(self.roadmap)
    }

    fn refers(&self, _: &State, out: &mut Vec<Refusal>) {
        let mut names = BTreeSet::new();
        let twice =
            self.milestones.iter().find(|own| !names.insert((&own.project, &own.milestone)));
        if let Some(own) = twice {
            let (project, milestone) = (own.project.clone(), own.milestone.clone());
            out.push(No::MilestoneTwice { project, milestone }.into());
        }
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Changed {
        self.refers(hearing.state, out);
        Some(Change::Adopted(self.clone()).into())
    }
}

impl Deed for ObjectiveReport {
    fn subject(&self) -> Option<Digest> {
        Some(self.evidence)
    }

    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        let clause = state.law_of(&self.objective).clause(&self.objective);
        if !matches!(clause.map(|clause| &clause.terms), Some(Terms::Objective(_))) {
            out.push(Refusal::UnknownObjective { objective: self.objective.clone() });
        }
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Changed {
        let by = hearing.by.party(out)?.clone();
        self.refers(hearing.state, out);
        Some(Change::Reported { by, report: self.clone() }.into())
    }
}

impl State {
    pub(crate) fn change_progress(&mut self, change: Change, now: Timestamp) -> Vec<Effect> {
        match change {
            Change::Reached { by, milestone } => {
                let ProjectMilestone { project, milestone, evidence } = milestone;
                let reached = Reached { at: now, by, evidence };
                self.progress.reached.insert_mut((project, milestone), reached);
            }
            Change::Adopted(RoadmapAdopt { roadmap, milestones }) => {
                let milestones = milestones.into_iter();
                let milestones =
                    milestones.map(|own| ((own.project, own.milestone), own.by)).collect();
                let roadmap = Roadmap { roadmap, at: now, index: self.index, milestones };
                self.progress.roadmap = Some(roadmap).into();
            }
            Change::Reported { by, report } => {
                let ObjectiveReport { objective, value, evidence } = report;
                self.progress.last.insert_mut(objective.clone(), self.index);
                let reported = Reported { objective, by, at: now, value, evidence };
                self.progress.reports.insert_mut(self.index, reported);
            }
        }
        Vec::new()
    }
}
