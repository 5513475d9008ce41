//! Progress: the roadmap of projects, the milestones they reach, and reports on objectives.
//!
//! Nothing here permits or stops anything by itself: duties are discharged by these acts, who
//! allocates from an account names a report, and views show what is late and what is reached.

mod acts;
mod refusal;

use std::collections::BTreeMap;

use concordat_terms::{
    ClauseId, ClauseRef, Date, Decimal, Digest, MetricId, PartyId, ProjectId, Timestamp,
};
use rpds::RedBlackTreeMapSync;
use serde::{Deserialize, Serialize};

pub(crate) use acts::Change;
pub use acts::{ObjectiveReport, PlannedMilestone, ProjectMilestone, RoadmapAdopt};
pub use refusal::ProgressRefusal;

use crate::shared::Shared;
use crate::state::State;

/// The roadmap in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roadmap {
    /// Its text, a blob.
    pub roadmap: Digest,
    /// When it was adopted.
    pub at: Timestamp,
    /// By the entry at this index.
    pub index: u64,
    /// Until when each milestone is to be reached.
    pub milestones: BTreeMap<(ProjectId, ClauseId), Date>,
}

/// A milestone that a project reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// When.
    pub at: Timestamp,
    /// Who says so.
    pub by: PartyId,
    /// What shows it, a blob.
    pub evidence: Digest,
}

/// A report on an objective.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    /// The objective.
    pub objective: ClauseRef,
    /// Who reports.
    pub by: PartyId,
    /// When.
    pub at: Timestamp,
    /// The figure, of the objective's metric.
    pub value: Decimal,
    /// What it was computed from, a blob.
    pub evidence: Digest,
}

/// What projects and objectives have come to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    pub(crate) roadmap: Shared<Option<Roadmap>>,
    pub(crate) reached: RedBlackTreeMapSync<(ProjectId, ClauseId), Reached>,
    /// By the index of the entry.
    pub(crate) reports: RedBlackTreeMapSync<u64, Reported>,
    /// The last report on each objective.
    pub(crate) last: RedBlackTreeMapSync<ClauseRef, u64>,
}

impl Progress {
    /// Whether an entry reported on an objective.
    pub(crate) fn is_report_on(&self, index: u64, objective: &ClauseRef) -> bool {
        self.reports.get(&index).is_some_and(|report| report.objective == *objective)
    }
}

/// An objective with what was reported last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ObjectiveView<'a> {
    /// Its clause.
    pub objective: ClauseRef,
    /// What is to be reached.
    pub what: &'a str,
    /// The metric that shows it.
    pub metric: Option<&'a MetricId>,
    /// The value that reaches it.
    pub at_least: Option<Decimal>,
    /// By when.
    pub by: Option<Date>,
    /// The last report.
    pub last: Option<&'a Reported>,
    /// Whether that reaches it.
    pub reached: bool,
    /// The projects that serve it.
    pub projects: Vec<&'a ProjectId>,
}

/// A milestone, planned or reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MilestoneView<'a> {
    /// The project.
    pub project: &'a ProjectId,
    /// The milestone's name.
    pub milestone: &'a ClauseId,
    /// Until when it is to be reached, where the roadmap says so.
    pub by: Option<Date>,
    /// When it was.
    pub reached: Option<&'a Reached>,
    /// Whether it was reached too late, or is not reached although its day is over.
    pub late: bool,
}

impl State {
    /// The roadmap in force.
    pub fn roadmap(&self) -> Option<&Roadmap> {
        self.progress.roadmap.as_ref()
    }

    /// Reports on objectives, by the index of their entry.
    pub fn objective_reports(&self) -> impl Iterator<Item = (&u64, &Reported)> {
        self.progress.reports.iter()
    }

    /// The objectives of the frame, each with what was reported last.
    pub fn objective_views(&self) -> Vec<ObjectiveView<'_>> {
        let views = self.agreement.objectives().map(|own| {
            let last = self.progress.last.get(&own.clause);
            let last = last.and_then(|index| self.progress.reports.get(index));
            let at_least = own.terms.at_least;
            let reached = last.zip(at_least).is_some_and(|(last, least)| last.value >= least);
            let projects = self.projects.iter();
            let projects = projects.filter(|(_, project)| project.charter.objective == own.clause);
            ObjectiveView {
                what: &own.terms.objective,
                metric: own.terms.metric.as_ref(),
                at_least,
                by: own.terms.by,
                last,
                reached,
                projects: projects.map(|(id, _)| id).collect(),
                objective: own.clause,
            }
        });
        views.collect()
    }

    /// Every milestone of the roadmap, and every other that was reached.
    pub fn milestones(&self) -> Vec<MilestoneView<'_>> {
        let planned = self.roadmap().into_iter().flat_map(|roadmap| &roadmap.milestones);
        let mut all: BTreeMap<&(ProjectId, ClauseId), Option<Date>> =
            planned.map(|(name, by)| (name, Some(*by))).collect();
        for (name, _) in self.progress.reached.iter() {
            all.entry(name).or_insert(None);
        }
        let views = all.into_iter().map(|(name, by)| {
            let reached = self.progress.reached.get(name);
            let then = reached.map(|reached| reached.at).or(self.time);
            let late = by.zip(then).is_some_and(|(by, then)| over(by) <= then);
            let (project, milestone) = name;
            MilestoneView { project, milestone, by, reached, late }
        });
        views.collect()
    }
}

/// When a day is over.
fn over(day: Date) -> Timestamp {
    day.start().plus(concordat_terms::Period { months: 0, days: 1, seconds: 0 })
}
