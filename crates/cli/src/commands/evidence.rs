//! `concordat evidence`: test results about a model.

mod import;
mod report;
mod show;

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use concordat_agreement::Cited;
use concordat_data::{Table, commitment};
use concordat_learn::metrics::{Scores, score};
use concordat_learn::{Model, Recipe, Target};
use concordat_node::follow::Follower;
use concordat_node::plain::Kind;
use concordat_partnership::act::EvidenceSubmit;
use concordat_partnership::{Act, State};
use concordat_terms::{AssetId, Decimal, Digest, MethodId, MetricId};
use concordat_wire::api::Receipt;
use serde::Serialize;

pub(super) use self::report::Report;
use self::report::rounded;
use super::act::{submitted, upload_bytes};
use super::desk::{answered, failure, open_latest};
use crate::args::{Evidence, Test};
use crate::failure::Failure;
use crate::files;
use crate::out::Out;

/// What was filed.
#[derive(Debug, Serialize)]
struct Filed {
    model: Digest,
    method: MethodId,
    cases: NonZeroU32,
    results: BTreeMap<MetricId, Decimal>,
    report: Digest,
    receipt: Receipt,
}

pub(super) fn run(command: &Evidence, out: Out) -> Result<(), Failure> {
    match command {
        Evidence::Test(args) => test(args, out),
        Evidence::Import(args) => import::import(args, out),
        Evidence::List(args) => show::results(args, out),
        Evidence::Labs(look) => show::labs(look, out),
        Evidence::Rules(look) => show::rules(look, out),
        Evidence::Savings(look) => show::savings(look, out),
    }
}

/// Scores a model on rows of one's own, of the dataset that it was trained on, and files the
/// result, whatever it is.
fn test(args: &Test, out: Out) -> Result<(), Failure> {
    let (home, mut follower) = open_latest(&args.home)?;
    let Some(trained_on) = trained_on(follower.state(), &args.model) else {
        let what = format!("no run has given the model `{}`", args.model.short());
        return Err(Failure::usage("unknown-model", what, "copy the digest from `status --json`"));
    };
    let model = scored(&mut follower, &args.model)?;
    let bytes = files::bytes(&args.rows, Kind::Table)?;
    let Some(Cited { terms: asset, .. }) = follower.state().agreement().asset(&trained_on) else {
        return Err(unusable(format!("no clause in force declares the dataset `{trained_on}`")));
    };
    let table = Table::read(&bytes, asset).map_err(|fault| Failure::Usage(fault.problem()))?;
    let units = table.units(model.recipe()).map_err(|fault| Failure::Usage(fault.problem()))?;
    let (labels, predicted) = (units.labels(), model.predict(&units));
    let scores = score(&labels, &predicted)
        .ok_or_else(|| unusable("there are no complete rows to test on".to_owned()))?;
    let results = results(&scores);
    let cases = u32::try_from(scores.rows).ok().and_then(NonZeroU32::new);
    let cases = cases.ok_or_else(|| unusable("there are no rows to test on".to_owned()))?;
    // A bare digest would let anybody who has the report try which rows these were.
    let salt = home.salt(&trained_on).map_err(failure)?;
    let rows = commitment(&salt, &bytes);
    let report = Report::new(args.model, args.method.clone(), cases, results.clone(), rows);
    let mut report = report.with_intervals(&labels, &predicted);
    for other in &args.against {
        let model_of_other = scored(&mut follower, other)?;
        if !takes_the_same_rows(model.recipe(), model_of_other.recipe()) {
            return Err(unusable(format!(
                "`{}` takes other columns or another target: there are no pairs of answers",
                other.short()
            )));
        }
        report.compare(*other, &labels, [&predicted, &model_of_other.predict(&units)]);
    }
    let report = serde_json::to_vec(&report).map_err(|e| unusable(e.to_string()))?;
    upload_bytes(&follower, &report)?;
    let act = Act::EvidenceSubmit(EvidenceSubmit {
        subject: args.model,
        method: args.method.clone(),
        results: results.clone(),
        cases,
        report: Digest::of(&report),
        record: None,
    });
    let receipt = submitted(&follower, &args.seat, &act, None)?;
    let problem = receipt.problem.clone();
    let filed = Filed {
        model: args.model,
        method: args.method.clone(),
        cases,
        results,
        report: Digest::of(&report),
        receipt,
    };
    out.answer(&filed, || {
        let lines = filed.results.iter().map(|(name, value)| format!("{name:<18} {value}\n"));
        format!("filed about {} on {cases} rows\n{}", filed.model, lines.collect::<String>())
    })?;
    problem.map_or(Ok(()), |problem| Err(Failure::Refused(problem)))
}

/// A model of the log that answers yes or no.
fn scored(follower: &mut Follower, digest: &Digest) -> Result<Model, Failure> {
    let bytes = follower.blob(digest).map_err(|fault| answered(&fault))?;
    let model = Model::from_bytes(&bytes)
        .map_err(|e| unusable(format!("`{digest}` is not a model: {e}")))?;
    if !matches!(model.recipe().target, Target::YesNo { .. }) {
        return Err(unusable("only models that answer yes or no are scored here".to_owned()));
    }
    Ok(model)
}

/// Whether both keep the same rows of a table and take the same numbers of them.
fn takes_the_same_rows(first: &Recipe, second: &Recipe) -> bool {
    let kept = |recipe: &Recipe| (recipe.person.clone(), recipe.rows_per_person);
    first.features == second.features
        && first.target == second.target
        && kept(first) == kept(second)
}

/// The dataset on which the run was trained that gave a model.
fn trained_on(state: &State, model: &Digest) -> Option<AssetId> {
    let run = state.runs().get(state.models().get(model)?.run.as_ref()?)?;
    Some(run.proposed.plan.asset.clone())
}

/// Four digits after the point: more would pretend to more than some hundred rows can tell.
fn results(scores: &Scores) -> BTreeMap<MetricId, Decimal> {
    let pairs = [
        ("accuracy", Some(scores.accuracy)),
        ("auc", scores.auc),
        ("balanced-accuracy", scores.balanced_accuracy),
        ("brier", Some(scores.brier)),
        ("majority", Some(scores.majority)),
    ];
    pairs
        .into_iter()
        .filter_map(|(name, value)| Some((name.parse().ok()?, rounded(value?)?)))
        .collect()
}

fn unusable(what: String) -> Failure {
    Failure::usage("bad-evidence", what, "name a model of this log and rows of its dataset")
}
