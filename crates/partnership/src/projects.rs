//! Projects: child agreements that can only narrow their frame.

use concordat_agreement::{Agreement, AssetKind, Module, Terms};
use concordat_terms::{ActName, Digest, ProjectId};

use crate::act::{OneProject, Plan, ProjectCharter};
use crate::change::Change;
use crate::deed::{Deed, Hearing};
use crate::gate::Matter;
use crate::judge::By;
use crate::refusal::Refusal;
use crate::state::{Project, ProjectStatus, State};
use crate::verdict::Actor;

impl Deed for ProjectCharter {
    fn subject(&self) -> Option<Digest> {
        Some(self.charter)
    }

    fn about<'a>(&'a self, _: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        matter.add_charter(self);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Change> {
        hearing.state.judge_charter(self, hearing.by, out)
    }
}

impl Deed for OneProject {
    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        matter.project = Some(&self.project);
        let project = state.projects.get(&self.project);
        project.iter().for_each(|project| matter.add_charter(&project.charter));
    }

    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        state.project(&self.project, out);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Change> {
        match hearing.act {
            ActName::ProjectOpen => hearing.state.judge_project_open(self, out),
            _ => hearing.state.judge_project_end(self, out),
        }
    }
}

impl State {
    fn judge_charter(
        &self,
        act: &ProjectCharter,
        by: &By,
        out: &mut Vec<Refusal>,
    ) -> Option<Change> {
        let party = by.party(out)?.clone();
        if self.projects.contains_key(&act.project) {
            out.push(Refusal::NameTaken { name: act.project.to_string() });
        }
        let objective = self.agreement.clause(&act.objective).map(|clause| &clause.terms);
        if !matches!(objective, Some(Terms::Objective(_))) {
            out.push(Refusal::UnknownObjective { objective: act.objective.clone() });
        }
        for asset in &act.assets {
            if self.agreement.asset(asset).is_none() {
                self.check_asset(asset, AssetKind::Dataset, out);
            }
            for purpose in &act.purposes {
                self.check_purpose_of_asset(asset, purpose, out);
            }
        }
        Some(Change::Chartered { party, charter: act.clone() })
    }

    fn judge_project_open(&self, act: &OneProject, out: &mut Vec<Refusal>) -> Option<Change> {
        let project = self.project(&act.project, out)?;
        check_status(&act.project, project, ProjectStatus::Chartered, out);
        Some(Change::ProjectOpened(act.project.clone()))
    }

    fn judge_project_end(&self, act: &OneProject, out: &mut Vec<Refusal>) -> Option<Change> {
        let project = self.project(&act.project, out)?;
        check_status(&act.project, project, ProjectStatus::Open, out);
        Some(Change::ProjectEnded(act.project.clone()))
    }

    /// A plan must pass its project as well as the frame.
    pub(crate) fn check_project(&self, plan: &Plan, out: &mut Vec<Refusal>) {
        let Some(project) = self.project(&plan.project, out) else { return };
        check_status(&plan.project, project, ProjectStatus::Open, out);
        let charter = &project.charter;
        let mut outside = Vec::new();
        for asset in [&plan.asset].into_iter().chain(&plan.model) {
            if !charter.assets.contains(asset) {
                outside.push(format!("asset `{asset}`"));
            }
        }
        if !charter.purposes.contains(&plan.purpose) {
            outside.push(format!("purpose `{}`", plan.purpose));
        }
        for what in outside {
            out.push(Refusal::OutsideCharter { project: plan.project.clone(), what });
        }
    }

    /// The agreement that a module would amend.
    pub(crate) fn governing(&self, module: &Module) -> &Agreement {
        module.project.as_ref().map_or(&self.agreement, |project| self.agreement_of(project))
    }

    pub(crate) fn project(&self, id: &ProjectId, out: &mut Vec<Refusal>) -> Option<&Project> {
        let project = self.projects.get(id);
        if project.is_none() {
            out.push(Refusal::UnknownProject { project: id.clone() });
        }
        project
    }
}

pub(crate) fn check_status(
    id: &ProjectId,
    project: &Project,
    needs: ProjectStatus,
    out: &mut Vec<Refusal>,
) {
    if project.status != needs {
        out.push(Refusal::ProjectState {
            project: id.clone(),
            is: project.status.as_str(),
            needs: needs.as_str(),
        });
    }
}
