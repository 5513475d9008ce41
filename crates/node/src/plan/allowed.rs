//! Whether a run may touch this party's rows, as far as the log says: asked again and again.

use concordat_agreement::RunKind;
use concordat_partnership::act::Plan;
use concordat_partnership::{ProjectStatus, RunStatus, State};
use concordat_terms::{AssetId, PartyId, Problem, RunId};

use super::{CODE, refuse};
use crate::problems::problem;

/// The plan of a run that is open and may touch this party's rows, as far as the log says: asked
/// before joining and before every message.
///
/// # Errors
/// A [`Problem`] as for [`super::check`].
pub fn still_allowed<'a>(
    state: &'a State,
    party: &PartyId,
    run: &RunId,
) -> Result<&'a Plan, Problem> {
    let Some(known) = state.runs().get(run) else {
        return Err(refuse("unknown-run", format!("this node's log has no run `{run}`")));
    };
    if known.status != RunStatus::Open {
        let is = known.status.as_str();
        return Err(refuse("run-not-open", format!("run `{run}` is {is}, not open")));
    }
    let plan = &known.proposed.plan;
    let open = state.projects().get(&plan.project).map(|project| project.status);
    if open != Some(ProjectStatus::Open) {
        return Err(refuse("project-not-open", format!("project `{}` is not open", plan.project)));
    }
    check_use(state, party, run, plan)?;
    Ok(plan)
}

/// Whether the plan may touch this party's rows at all.
fn check_use(state: &State, party: &PartyId, run: &RunId, plan: &Plan) -> Result<(), Problem> {
    let Some(version) = plan.datasets.get(party) else {
        return Err(refuse("not-a-participant", format!("the plan does not name `{party}`")));
    };
    if !matches!(plan.kind, RunKind::Train | RunKind::Query) {
        let what = "this node can train and be asked, and nothing else";
        return Err(refuse("kind-unknown", what.to_owned()));
    }
    if plan.code != CODE {
        let short = plan.code.short();
        return Err(refuse("code-unknown", format!("this node does not have code `{short}`")));
    }
    if !state.code_approved(party, &plan.asset, &plan.code, run) {
        return Err(problem(
            "code-not-approved",
            format!(
                "`{party}` has not approved code `{}` beside `{}` for `{run}`",
                CODE.short(),
                plan.asset
            ),
            "approve it with `code.approve`, if it should run here",
        ));
    }
    if let Some(lacks) = state.trainer_lacks(party, run, plan) {
        return Err(problem(lacks.code(), lacks.to_string(), lacks.remedy()));
    }
    let key = (plan.asset.clone(), party.clone(), *version);
    let Some(dataset) = state.datasets().get(&key) else {
        return Err(refuse("unknown-dataset", format!("`{}` is not registered", version.short())));
    };
    if dataset.withdrawn.is_some() {
        return Err(refuse("dataset-withdrawn", format!("`{}` is withdrawn", version.short())));
    }
    let by_clause = |asset: &AssetId| {
        state.agreement().asset(asset).is_some_and(|c| c.terms.purposes.contains(&plan.purpose))
    };
    let allowed = dataset.registered.purposes.contains(&plan.purpose)
        && by_clause(&plan.asset)
        && plan.model.as_ref().is_none_or(by_clause);
    if !allowed {
        return Err(refuse(
            "purpose-not-allowed",
            format!("`{}` may not be used for `{}`", plan.asset, plan.purpose),
        ));
    }
    Ok(())
}
