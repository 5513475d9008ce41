//! Where the partnership stands.

use concordat_agreement::{Cited, Privacy, RunKind};
use concordat_partnership::act::AbortReason;
use concordat_partnership::{InForce, Model, ModelStatus, Project, Run, RunStatus};
use concordat_terms::{Cost, Decimal, Digest, ModuleId, PartyId, ProjectId, RunId, Side};
use concordat_wire::api::Progress;

use crate::from_state::{Source, ticked};
use crate::view;

impl Source<'_> {
    /// The first page.
    pub fn status(&self) -> view::Status {
        let state = self.state;
        let objectives = state.agreement().objectives();
        let mut runs: Vec<view::Run> = state.runs().iter().map(|(id, r)| self.run(id, r)).collect();
        runs.sort_by_key(|run| std::cmp::Reverse(run.at));
        view::Status {
            frame: self.frame(),
            objectives: objectives.map(|c| (c.terms.objective.clone(), c.clause)).collect(),
            needs: self.needs(),
            sides: self.sides(),
            modules: state.in_force().keys().filter_map(|id| self.module(id)).collect(),
            projects: state.projects().iter().map(|(id, p)| self.project(id, p)).collect(),
            runs,
            budgets: state.agreement().privacies().flat_map(|c| self.budgets(&c)).collect(),
            models: state.models().iter().map(|(digest, m)| self.model(digest, m)).collect(),
        }
    }

    /// The parties by side; before an agreement is in force, the founders.
    fn sides(&self) -> Vec<(String, Vec<view::Party>)> {
        let agreement = self.state.agreement();
        let mut sides = Vec::new();
        for side in [Side::Public, Side::Private, Side::Independent] {
            let of_side = agreement.parties().filter(|cited| cited.terms.side == side);
            let parties: Vec<view::Party> =
                of_side.filter_map(|cited| Some(self.party(&cited.id()?))).collect();
            if !parties.is_empty() {
                sides.push((format!("{side} side"), parties));
            }
        }
        if let (true, Some(genesis)) = (sides.is_empty(), self.state.genesis()) {
            let founders = genesis.parties.keys().map(|party| self.party(party)).collect();
            sides.push(("founders".to_owned(), founders));
        }
        sides
    }

    fn party(&self, party: &PartyId) -> view::Party {
        let agreement = self.state.agreement();
        let cited = agreement.party(party);
        view::Party {
            name: self.name(party),
            jurisdictions: cited
                .as_ref()
                .map(|c| c.terms.jurisdictions.iter().map(ToString::to_string).collect())
                .unwrap_or_default(),
            clause: cited.map(|c| c.clause),
            seats: agreement.seats_of(party).iter().map(|seat| self.seat_title(seat)).collect(),
            refused: self.state.refusals_of(party),
        }
    }

    pub(super) fn module(&self, id: &ModuleId) -> Option<view::Module> {
        let title = self.state.agreement().modules().get(id).map(|m| m.title.clone());
        Some(self.module_of(id, self.state.in_force().get(id)?, title))
    }

    /// A module of the frame or of a project.
    pub(super) fn module_of(
        &self,
        id: &ModuleId,
        in_force: &InForce,
        title: Option<String>,
    ) -> view::Module {
        let proposal = self.state.proposals().get(&in_force.digest);
        view::Module {
            id: id.to_string(),
            title: title.unwrap_or_else(|| id.to_string()),
            version: in_force.version.clone(),
            digest: in_force.digest,
            since: in_force.since,
            index: in_force.index,
            signed: proposal.map(|p| self.names(p.signed.keys())).unwrap_or_default(),
        }
    }

    fn project(&self, id: &ProjectId, project: &Project) -> view::Project {
        let charter = &project.charter;
        view::Project {
            id: id.to_string(),
            status: project.status.as_str().to_owned(),
            by: self.name(&project.by),
            objective: self.words(&ticked([&charter.objective])),
            purposes: self.words(&ticked(&charter.purposes)),
            assets: self.words(&ticked(&charter.assets)),
            charter: charter.charter,
        }
    }

    fn run(&self, id: &RunId, run: &Run) -> view::Run {
        let plan = &run.proposed.plan;
        let (status, done, note) = match &run.status {
            RunStatus::Proposed => (view::RunStatus::Proposed, 0, "waits to be opened".to_owned()),
            RunStatus::Open => {
                let progress = self.progress.get(id);
                let done = progress.map_or(0, |p| p.round.min(plan.rounds));
                let note = progress.map(under_way);
                let note = note.unwrap_or_else(|| "waits for its participants".to_owned());
                (view::RunStatus::Open, done, note)
            }
            RunStatus::Closed(close) => {
                let gave = if plan.kind == RunKind::Query { "an answer," } else { "model" };
                let note = format!(
                    "gave {gave} {}…; {} attempts charged, {} contributed to the last round",
                    close.model.short(),
                    close.attempts,
                    close.roster.len()
                );
                (view::RunStatus::Closed, close.rounds, note)
            }
            RunStatus::Aborted(reason) => {
                (view::RunStatus::Aborted, 0, aborted(*reason).to_owned())
            }
        };
        view::Run {
            id: id.to_string(),
            kind: match plan.kind {
                RunKind::Train => "Training",
                RunKind::Query => "Query",
                RunKind::Evaluate => "Evaluation",
            }
            .to_owned(),
            project: plan.project.to_string(),
            by: self.name(&run.by),
            at: run.at,
            status,
            done,
            rounds: plan.rounds,
            note,
            participants: plan
                .datasets
                .keys()
                .map(|party| view::Participant {
                    name: self.name(party),
                    approved: run.approvals.contains_key(party),
                    joined: run.joined.contains(party),
                })
                .collect(),
        }
    }

    /// The accounts of every holder of the dataset that a privacy clause is about.
    pub(super) fn budgets(&self, cited: &Cited<'_, Privacy>) -> Vec<view::Budget> {
        let Privacy { privacy: dataset, epsilon, delta, .. } = cited.terms;
        let holder = self.state.agreement().asset(dataset).map(|asset| &asset.terms.holder);
        let holders = holder.map(|seat| self.state.agreement().parties_of(seat).clone());
        let budget = |party: PartyId| {
            let account = (party.clone(), dataset.clone());
            let charged = self.state.accounts().get(&account);
            let charged = charged.is_some_and(|charged| charged.total() != Cost::zero());
            let known = self.spent.get(&account).copied();
            let spent = if charged { known } else { Some(known.unwrap_or(Decimal::ZERO)) };
            view::Budget {
                holder: self.name(&party),
                dataset: self.asset_title(dataset),
                spent: spent.map(|e| e.to_string()),
                limit: epsilon.to_string(),
                delta: delta.to_string(),
                permille: spent.map_or(0, |spent| permille(spent, *epsilon)),
                clause: cited.clause.clone(),
            }
        };
        holders.unwrap_or_default().into_iter().map(budget).collect()
    }

    fn model(&self, digest: &Digest, model: &Model) -> view::Model {
        let evidence = self.state.evidence().get(digest).map(Vec::as_slice).unwrap_or_default();
        view::Model {
            digest: *digest,
            title: self.asset_title(&model.asset),
            run: model.run.as_ref().map(ToString::to_string),
            status: model.status.as_str().to_owned(),
            released: model.status == ModelStatus::Released,
            signed: self.names(&model.signed_by),
            evidence: evidence
                .iter()
                .map(|filed| view::Evidence {
                    by: self.name(&filed.by),
                    at: filed.at,
                    method: filed.evidence.method.to_string(),
                    results: filed
                        .evidence
                        .results
                        .iter()
                        .map(|(metric, value)| (metric.to_string(), value.to_string()))
                        .collect(),
                    cases: filed.evidence.cases.get(),
                    report: filed.evidence.report,
                    notes: self.notes(filed.index),
                })
                .collect(),
        }
    }
}

impl Source<'_> {
    /// What is to be read beside a result.
    fn notes(&self, entry: u64) -> Vec<String> {
        let Some(result) = self.state.result_at(entry) else { return Vec::new() };
        let mut notes = Vec::new();
        if let Some((lab, country)) = &result.elsewhere {
            notes.push(format!("tested by {lab} in {country}"));
        }
        for metric in &result.outside_plan {
            notes.push(format!("{metric} was not in the plan"));
        }
        for reply in &result.replies {
            notes.push(format!("{} replied at {}: {}", reply.by, reply.at, reply.reply.short()));
        }
        notes.extend(result.taken_back.map(|back| format!("taken back at {}", back.at)));
        notes
    }
}

/// The share in thousandths, rounded up, so that little never looks like nothing; and nothing but
/// all looks like all.
fn permille(spent: Decimal, limit: Decimal) -> u32 {
    let share = spent.to_f64() / limit.to_f64() * 1000.0;
    // Where nothing may be spent the share is infinite, or not a number, which is cast to 0.
    (share.ceil() as u32).min(if spent < limit { 999 } else { 1000 })
}

fn under_way(progress: &Progress) -> String {
    let step = match progress.step.as_str() {
        "advertise-keys" => "participants advertise keys",
        "share-keys" => "participants share keys",
        "masked-input" => "masked contributions come in",
        "consistency-check" => "participants agree on who is left",
        "unmasking" => "the sum is unmasked",
        "waiting" => "waits for its participants",
        "signing" => "participants sign the result",
        other => other,
    };
    let again = match progress.attempt {
        0 => String::new(),
        attempt => format!(", attempt {}", attempt.saturating_add(1)),
    };
    format!("{step}{again}; {} present", progress.present.len())
}

fn aborted(reason: AbortReason) -> &'static str {
    match reason {
        AbortReason::TooFewParticipants => {
            "fewer participants joined, or stayed, than a round needs"
        }
        AbortReason::RetriesSpent => "no attempts were left for a lost round",
        AbortReason::CoordinatorRestarted => "the coordinator restarted and nobody came back",
        AbortReason::ModelsDiffer => "participants hold different models",
        AbortReason::ResultNotSigned => "nobody signed the result",
        AbortReason::AgreementChanged => "another agreement is in force than it was approved under",
        AbortReason::ProjectEnded => "its project has ended",
        AbortReason::PlanUnusable => "its recipe is not to be had, or does not fit the plan",
        AbortReason::Withdrawn => "whoever proposed it took it back",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_little_spent_is_never_drawn_as_nothing_and_a_bar_never_overflows() {
        let share =
            |spent: &str, limit: &str| permille(spent.parse().unwrap(), limit.parse().unwrap());
        assert_eq!(share("0", "1"), 0);
        assert_eq!(share("0.00001", "1"), 1);
        assert_eq!(share("0.5", "2"), 250);
        assert_eq!(share("0.9993", "1"), 999);
        assert_eq!(share("1", "1"), 1000);
        assert_eq!(share("3", "2"), 1000);
        assert_eq!(share("0", "0"), 0);
    }
}
