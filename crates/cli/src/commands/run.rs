//! `concordat run`: propose, show and watch.

mod charged;
mod compare;
mod course;
mod show;
mod watch;

use std::collections::BTreeMap;

use concordat_agreement::Cited;
use concordat_learn::Recipe;
use concordat_node::plain::Kind;
use concordat_node::plan::calibrated;
use concordat_partnership::act::{Plan, RunPropose};
use concordat_partnership::{Act, State};
use concordat_terms::{AssetId, Digest, PartyId, jcs};
use concordat_wire::act::payload;

use super::act::{submit, upload_bytes};
use super::desk::open_latest;
use super::query::planned;
use crate::args::{Propose, Run};
use crate::failure::Failure;
use crate::files;
use crate::out::Out;
use crate::plan_file::{self, PlanFile};
use crate::query_file::QueryFile;

pub(super) fn run(command: &Run, out: Out) -> Result<(), Failure> {
    match command {
        Run::Propose(args) => propose(args, out),
        Run::Show(args) => show::run(args, out),
        Run::Compare(args) => compare::run(args, out),
        Run::Watch(args) => watch::run(args, out),
    }
}

fn propose(args: &Propose, out: Out) -> Result<(), Failure> {
    let text = files::text(&args.plan, Kind::Plan)?;
    if QueryFile::is(&text) {
        return ask(args, &QueryFile::parse(&args.plan, &text)?, out);
    }
    let file = PlanFile::parse(&args.plan, &text)?;
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

/// A query is proposed like any run, if every node would take part in it.
fn ask(args: &Propose, file: &QueryFile, out: Out) -> Result<(), Failure> {
    let (_, mut follower) = open_latest(&args.home)?;
    let planned = planned(file, &mut follower)?;
    let warning = planned.checked(follower.state(), &file.run).map_err(Failure::Refused)?;
    if let Some(problem) = warning {
        out.say(&format!("warning: {}; {}", problem.what, problem.hint));
    }
    let act = Act::RunPropose(RunPropose { run: file.run.clone(), plan: planned.plan });
    if args.dry {
        let shown = payload(&act).map_err(bad_plan)?;
        return out.answer(&shown, || format!("{shown:#}"));
    }
    upload_bytes(&follower, &planned.bytes)?;
    submit(&follower, &args.seat, &act, None, out).map(drop)
}

pub(super) fn plan(file: &PlanFile, recipe: &Recipe, state: &State) -> Result<Plan, Failure> {
    let agreement = state.agreement();
    let Some(Cited { terms: aggregation, .. }) = agreement.aggregation() else {
        return Err(bad_plan("no clause in force says how contributions are summed".to_owned()));
    };
    let datasets = participants(state, &file.asset, agreement.parties_of(&aggregation.of).clone())?;
    let (plan, _) = calibrated(agreement, &file.wish(datasets), recipe).map_err(Failure::Usage)?;
    Ok(plan)
}

/// The latest version that each holder has listed and not withdrawn.
pub(super) fn participants(
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
