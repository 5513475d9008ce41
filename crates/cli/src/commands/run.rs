//! `concordat run`: propose, show and watch.

mod show;

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::Duration;

use concordat_agreement::Cited;
use concordat_learn::Recipe;
use concordat_node::plain::Kind;
use concordat_node::plan::calibrated;
use concordat_partnership::act::{AbortReason, Plan, RunPropose};
use concordat_partnership::{Act, RunStatus, State};
use concordat_terms::{AssetId, Digest, PartyId, RunId, jcs};
use concordat_wire::act::payload;
use concordat_wire::api::Progress;

use super::act::{submit, upload_bytes};
use super::desk::{answered, open_latest};
use crate::args::{Propose, Run, Watch};
use crate::failure::Failure;
use crate::files;
use crate::out::Out;
use crate::plan_file::{self, PlanFile};
use crate::progress;

pub(super) fn run(command: &Run, out: Out) -> Result<(), Failure> {
    match command {
        Run::Propose(args) => propose(args, out),
        Run::Show(args) => show::run(args, out),
        Run::Watch(args) => watch(args, out),
    }
}

fn propose(args: &Propose, out: Out) -> Result<(), Failure> {
    let file = PlanFile::parse(&args.plan, &files::text(&args.plan, Kind::Plan)?)?;
    let path = args.plan.with_file_name("").join(&file.recipe);
    let recipe = plan_file::recipe(&path, &files::bytes(&path, Kind::Recipe)?)?;
    let (_, follower) = open_latest(&args.home)?;
    let plan = plan(&file, &recipe, follower.state())?;
    let act = Act::RunPropose(RunPropose { run: file.run, plan });
    if args.dry {
        let shown = payload(&act).map_err(bad_plan)?;
        return out.answer(&shown, || format!("{shown:#}"));
    }
    upload_bytes(&follower, &jcs::to_bytes(&recipe).map_err(|e| bad_plan(e.to_string()))?)?;
    submit(&follower, &args.seat, &act, None, out).map(drop)
}

fn plan(file: &PlanFile, recipe: &Recipe, state: &State) -> Result<Plan, Failure> {
    let agreement = state.agreement();
    let Some(Cited { terms: aggregation, .. }) = agreement.aggregation() else {
        return Err(bad_plan("no clause in force says how contributions are summed".to_owned()));
    };
    let datasets = participants(state, &file.asset, agreement.parties_of(&aggregation.of).clone())?;
    let (plan, _) = calibrated(agreement, &file.wish(datasets), recipe).map_err(Failure::Usage)?;
    Ok(plan)
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
    let mut last: Option<(bool, Progress)> = None;
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
            RunStatus::Aborted(reason) => return Err(aborted(&args.run, *reason)),
            RunStatus::Proposed | RunStatus::Open => {}
        }
        let is_open = run.status == RunStatus::Open;
        // For people alone: that nobody answers now is no reason to end.
        if let Ok(progress) = follower.client().progress(&args.run)
            && last.as_ref() != Some(&(is_open, progress.clone()))
        {
            let least = progress::least(follower.state().agreement());
            out.answer(&progress, || match is_open {
                true => progress::line(&progress, least),
                false => "proposed, and not open yet".to_owned(),
            })?;
            last = Some((is_open, progress));
        }
        sleep(Duration::from_millis(300));
        follower.catch_up().map_err(|fault| answered(&fault))?;
    }
}

fn aborted(run: &RunId, reason: AbortReason) -> Failure {
    let named = serde_json::to_value(reason).unwrap_or_default();
    let what = format!("run `{run}` was aborted: {named}").replace('"', "`");
    let hint = match reason {
        AbortReason::TooFewParticipants => {
            "ask those who did not join or stay: their nodes' logs say why; then propose another run"
        }
        _ => "propose another run",
    };
    Failure::refused("run-aborted", what, hint)
}
