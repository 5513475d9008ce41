//! `concordat run`: propose and watch.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use concordat_agreement::{Cited, RunKind};
use concordat_dp::calibrate;
use concordat_learn::Recipe;
use concordat_node::plain::Kind;
use concordat_node::plan::CODE;
use concordat_partnership::act::{Plan, RunPropose};
use concordat_partnership::{Act, RunStatus, State};
use concordat_terms::{AssetId, Decimal, Digest, PartyId, ProjectId, PurposeId, RunId, jcs};
use concordat_wire::act::payload;
use concordat_wire::api::Progress;
use serde::Deserialize;

use super::act::{submit, upload_bytes};
use super::desk::{failure, open_latest};
use crate::args::{Propose, Run, Watch};
use crate::failure::Failure;
use crate::files;
use crate::out::Out;

/// A plan as a person writes it. Rounds, sampling rate, clip and dimension are the recipe's;
/// participants are the catalogue's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanFile {
    run: RunId,
    project: ProjectId,
    kind: RunKind,
    purpose: PurposeId,
    asset: AssetId,
    model: AssetId,
    /// The recipe's file, relative to the plan's.
    recipe: PathBuf,
    /// How much of the account to spend; the noise is calibrated to it.
    epsilon: Option<Decimal>,
    /// Or the noise multiplier itself.
    noise: Option<Decimal>,
    /// How often a lost round may be tried again; as often as the agreement allows, if not given.
    retries: Option<u32>,
}

pub(super) fn run(command: &Run, out: Out) -> Result<(), Failure> {
    match command {
        Run::Propose(args) => propose(args, out),
        Run::Watch(args) => watch(args, out),
    }
}

fn propose(args: &Propose, out: Out) -> Result<(), Failure> {
    let file = read(&args.plan)?;
    let recipe = read_recipe(&args.plan.with_file_name("").join(&file.recipe))?;
    let (_, follower) = open_latest(&args.home)?;
    let plan = plan(&file, &recipe, follower.state())?;
    let act = Act::RunPropose(RunPropose { run: file.run, plan });
    if args.dry {
        let shown = payload(&act).map_err(bad_plan)?;
        return out.answer(&shown, || format!("{shown:#}"));
    }
    upload_bytes(&follower, &jcs::to_bytes(&recipe).map_err(|e| bad_plan(e.to_string()))?)?;
    submit(&follower, &args.seat, &act, out).map(drop)
}

fn read(path: &Path) -> Result<PlanFile, Failure> {
    let bad = |why: String| {
        let what = format!("`{}` is not a plan: {why}", path.display());
        Failure::usage("bad-plan", what, "compare it with examples/heart/plan.toml")
    };
    let text = files::text(path, Kind::Plan)?;
    let file: PlanFile = toml::from_str(&text).map_err(|e| bad(e.message().to_owned()))?;
    match (file.epsilon, file.noise) {
        (Some(_), None) | (None, Some(_)) => Ok(file),
        _ => Err(bad("it needs `epsilon` or `noise`, and not both".to_owned())),
    }
}

fn read_recipe(path: &Path) -> Result<Recipe, Failure> {
    let bad = |why: String| {
        let what = format!("`{}` is not a recipe: {why}", path.display());
        Failure::usage("bad-recipe", what, "compare it with examples/heart/recipe.json")
    };
    let recipe: Recipe = serde_json::from_slice(&files::bytes(path, Kind::Recipe)?)
        .map_err(|e| bad(e.to_string()))?;
    recipe.check().map_err(|e| bad(e.to_string()))?;
    Ok(recipe)
}

fn plan(file: &PlanFile, recipe: &Recipe, state: &State) -> Result<Plan, Failure> {
    let agreement = state.agreement();
    let Some(Cited { terms: aggregation, .. }) = agreement.aggregation() else {
        return Err(bad_plan("no clause in force says how contributions are summed".to_owned()));
    };
    let Some(Cited { terms: privacy, .. }) = agreement.privacy(&file.asset) else {
        return Err(bad_plan(format!("no clause in force gives `{}` a budget", file.asset)));
    };
    let retries = file.retries.unwrap_or(aggregation.retries);
    let noise = match (file.noise, file.epsilon) {
        (Some(noise), _) => noise,
        (None, epsilon) => {
            let epsilon = epsilon.unwrap_or(privacy.epsilon);
            let count = recipe.rounds.saturating_add(retries);
            calibrate(recipe.sampling_rate, count, privacy.delta, epsilon)
                .map_err(|e| bad_plan(e.to_string()))?
        }
    };
    Ok(Plan {
        project: file.project.clone(),
        kind: file.kind,
        purpose: file.purpose.clone(),
        asset: file.asset.clone(),
        datasets: participants(state, &file.asset, agreement.parties_of(&aggregation.of))?,
        model: file.model.clone(),
        recipe: recipe.digest(),
        code: CODE,
        rounds: recipe.rounds,
        retries,
        sampling_rate: recipe.sampling_rate,
        noise,
        clip: recipe.clip,
        dimension: u32::try_from(recipe.dimension()).map_err(|e| bad_plan(e.to_string()))?,
    })
}

/// The latest version that each holder has listed and not withdrawn.
fn participants(
    state: &State,
    asset: &AssetId,
    holders: impl IntoIterator<Item = PartyId>,
) -> Result<BTreeMap<PartyId, Digest>, Failure> {
    let mut found = BTreeMap::new();
    for holder in holders {
        let latest = state
            .datasets()
            .iter()
            .filter(|((a, party, _), d)| a == asset && *party == holder && d.withdrawn.is_none())
            .max_by_key(|(_, dataset)| dataset.at);
        let Some(((_, _, version), _)) = latest else {
            return Err(Failure::refused(
                "no-dataset",
                format!("`{holder}` has listed no version of `{asset}`"),
                format!("ask `{holder}` to list one (`concordat node register {asset}`)"),
            ));
        };
        found.insert(holder, *version);
    }
    Ok(found)
}

fn bad_plan(why: String) -> Failure {
    Failure::usage("bad-plan", format!("the plan cannot be proposed: {why}"), "mend the plan")
}

/// Shows every change in a run's progress, and ends when the party's own fold says it is over.
fn watch(args: &Watch, out: Out) -> Result<(), Failure> {
    let (_, mut follower) = open_latest(&args.home)?;
    let mut last: Option<Progress> = None;
    loop {
        let Some(run) = follower.state().runs().get(&args.run) else {
            let what = format!("there is no run `{}`", args.run);
            return Err(Failure::usage("unknown-run", what, "run `concordat status`"));
        };
        match &run.status {
            RunStatus::Closed(close) => {
                return out
                    .answer(run, || format!("run {}: closed, model {}", args.run, close.model));
            }
            RunStatus::Aborted(reason) => {
                let reason = serde_json::to_value(reason).unwrap_or_default();
                let what = format!("run `{}` was aborted: {reason}", args.run).replace('"', "`");
                return Err(Failure::refused("run-aborted", what, "propose another run"));
            }
            RunStatus::Proposed | RunStatus::Open => {}
        }
        // For people alone: that nobody answers now is no reason to end.
        if let Ok(progress) = follower.client().progress(&args.run)
            && last.as_ref() != Some(&progress)
        {
            let Progress { round, rounds, attempt, step, present } = &progress;
            let shown = format!(
                "round {} of {rounds}, attempt {attempt}: {step}, {} present",
                round + 1,
                present.len()
            );
            out.answer(&progress, || shown)?;
            last = Some(progress);
        }
        sleep(Duration::from_millis(300));
        follower.catch_up().map_err(failure)?;
    }
}
