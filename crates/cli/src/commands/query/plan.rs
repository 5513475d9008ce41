//! `concordat query plan`: what a query would cost, and how exact its answer would be.

use concordat_agreement::Cited;
use concordat_dp::epsilon;
use concordat_learn::Model;
use concordat_learn::query::{Expected, Prediction, Query};
use concordat_node::follow::Follower;
use concordat_node::plain::Kind;
use concordat_node::plan::{Asked, asked, expected, release};
use concordat_partnership::act::Plan;
use concordat_partnership::{ModelStatus, State};
use concordat_replay::plan_cost;
use concordat_terms::{AssetId, Cost, Decimal, Digest, PartyId, Problem, RunId};
use serde::Serialize;

use super::super::desk::{answered, open_latest};
use super::super::run::participants;
use crate::args::PlanQuery;
use crate::failure::Failure;
use crate::files;
use crate::out::Out;
use crate::query_file::{Known, QueryFile};

/// A query that could be proposed.
pub(crate) struct Planned {
    pub(crate) plan: Plan,
    pub(crate) query: Query,
    /// The blob that the plan names.
    pub(crate) bytes: Vec<u8>,
    /// What is expected of the rows, with what the file says of the rarest cells.
    expected: Expected,
}

/// Makes a plan of a query file, by the agreement in force and the rows that are listed.
pub(crate) fn planned(file: &QueryFile, follower: &mut Follower) -> Result<Planned, Failure> {
    let model = file.model.as_deref().map(|name| model(name, follower)).transpose()?;
    let state = follower.state();
    let agreement = state.agreement();
    let (Some(asset), Some(aggregation)) = (agreement.asset(&file.asset), agreement.aggregation())
    else {
        let what = format!("no clause in force says how `{}` is summed up", file.asset);
        return Err(Failure::refused("unknown-asset", what, "bring the agreement into force"));
    };
    let holders = agreement.parties_of(&aggregation.terms.of).clone();
    let datasets = participants(state, &file.asset, holders)?;
    let rows = |(party, version): (&PartyId, &Digest)| {
        let key = (file.asset.clone(), party.clone(), *version);
        state.datasets().get(&key).map_or(0, |dataset| u64::from(dataset.registered.rows_band))
    };
    let rows = datasets.iter().map(rows).sum();
    let known = Known { asset: asset.terms, datasets: &datasets, rows, model };
    let query = file.query(&known)?;
    let wish = file.wish(datasets);
    let (plan, query, bytes) = asked(agreement, &wish, &query).map_err(Failure::Usage)?;
    let expected = Expected { rarest: file.rarest.clone(), ..expected(state, &plan, &query) };
    Ok(Planned { plan, query, bytes, expected })
}

impl Planned {
    /// What every node will say of it by what it knows.
    pub(crate) fn checked(&self, state: &State, run: &RunId) -> Result<Option<Problem>, Problem> {
        Asked::derive(state, run, &self.plan, &self.bytes).map(|asked| asked.warning)
    }
}

/// The model that a file names, by its digest or as the released one of an asset.
fn model(name: &str, follower: &mut Follower) -> Result<(Digest, Model), Failure> {
    let unknown = |what: String| {
        Failure::usage("unknown-model", what, "`concordat catalog` lists models by their digests")
    };
    let digest = match (name.parse::<Digest>(), name.parse::<AssetId>()) {
        (Ok(digest), _) => digest,
        (Err(_), Ok(asset)) => {
            let of = follower.state().models().iter();
            let mut released = of
                .filter(|(_, model)| model.asset == asset && model.status == ModelStatus::Released);
            let found = released.next().map(|(digest, _)| *digest);
            found.ok_or_else(|| unknown(format!("no version of `{asset}` is released")))?
        }
        (Err(_), Err(_)) => return Err(unknown(format!("`{name}` names no model"))),
    };
    if !follower.state().models().contains_key(&digest) {
        return Err(unknown(format!("the log has no model `{}`", digest.short())));
    }
    let bytes = follower.blob(&digest).map_err(|fault| answered(&fault))?;
    let model = Model::from_bytes(&bytes)
        .map_err(|e| unknown(format!("model `{}` cannot be read: {e}", digest.short())))?;
    Ok((digest, model))
}

#[derive(Debug, Serialize)]
struct Shown<'a> {
    run: &'a RunId,
    plan: &'a Plan,
    query: &'a Query,
    /// Integers that every node sends.
    cells: usize,
    /// Rows by the bands that are listed.
    rows: u64,
    /// What the release and its retries cost each account, at its δ.
    epsilon: f64,
    delta: Decimal,
    holders: Vec<Holder>,
    readings: Vec<Exact>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<Problem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<Problem>,
}

#[derive(Debug, Serialize)]
struct Holder {
    holder: PartyId,
    /// ε of what stands against the account, and of that with this query.
    spent: f64,
    then: f64,
    of: Decimal,
    /// Whether the account takes it.
    fits: bool,
}

#[derive(Debug, Serialize)]
struct Exact {
    /// Which reading, from 1.
    reading: usize,
    /// Of what.
    of: String,
    figure: &'static str,
    /// Half widths of 95 % intervals; none where nothing will be known.
    noise: Option<f64>,
    sampling: Option<f64>,
}

pub(super) fn run(args: &PlanQuery, out: Out) -> Result<(), Failure> {
    let file = QueryFile::parse(&args.query, &files::text(&args.query, Kind::Plan)?)?;
    let (_, mut follower) = open_latest(&args.home)?;
    let planned = planned(&file, &mut follower)?;
    let state = follower.state();
    let Planned { plan, query, expected, .. } = &planned;
    let agreement = state.agreement();
    let (Some(Cited { terms: privacy, .. }), Some(Cited { terms: aggregation, .. }), Some(cost)) =
        (agreement.privacy(&plan.asset), agreement.aggregation(), plan_cost(agreement, plan))
    else {
        let what = format!("`{}` has no privacy account", plan.asset);
        return Err(Failure::refused("no-privacy", what, "agree on one"));
    };
    let impossible = |e: concordat_dp::ParameterError| {
        Failure::usage("bad-plan", format!("the query has no cost: {e}"), "mend the query")
    };
    let release = release(aggregation, privacy, plan).map_err(impossible)?;
    let (warning, refused) = match planned.checked(state, &file.run) {
        Ok(warning) => (warning, None),
        Err(problem) => (None, Some(problem)),
    };
    let told = |cost: &Cost| epsilon(cost, privacy.delta).unwrap_or(f64::INFINITY);
    let holder = |holder: &PartyId| {
        let account = (holder.clone(), privacy.privacy.clone());
        let own = state.privacy_account(&account)?;
        Some(Holder {
            holder: holder.clone(),
            spent: told(&own.spent()),
            then: told(&own.spent().plus(&cost)),
            of: privacy.epsilon,
            fits: own.takes(&plan.purpose, &cost),
        })
    };
    let exact = |prediction: Prediction| {
        let reading = query.readings.get(prediction.reading);
        let finite = |value: f64| value.is_finite().then_some(value);
        Exact {
            reading: prediction.reading + 1,
            of: reading.map_or_else(String::new, |reading| reading.of().to_owned()),
            figure: prediction.figure,
            noise: finite(prediction.noise),
            sampling: finite(prediction.sampling),
        }
    };
    let shown = Shown {
        run: &file.run,
        plan,
        query,
        cells: query.length(),
        rows: expected.rows,
        epsilon: told(&cost),
        delta: privacy.delta,
        holders: plan.datasets.keys().filter_map(holder).collect(),
        readings: query.predict(&release, expected).into_iter().map(exact).collect(),
        warning,
        refused,
    };
    out.answer(&shown, || text(&shown))?;
    match shown.refused {
        None => Ok(()),
        Some(problem) => Err(Failure::Refused(problem)),
    }
}

fn text(shown: &Shown<'_>) -> String {
    let Shown { run, plan, cells, rows, epsilon, delta, .. } = shown;
    let Plan { asset, purpose, project, noise, retries, .. } = plan;
    let retried = match retries {
        0 => "no retry".to_owned(),
        1 => "one retry".to_owned(),
        more => format!("{more} retries"),
    };
    let mut lines = vec![
        format!("{run}: query, not proposed"),
        format!("    on {asset} for {purpose}, project {project}"),
        format!("    {cells} integers of each node, noise {noise}, {retried}"),
        format!("    costs each holder ε = {epsilon:.4} at δ = {delta}"),
    ];
    lines.extend(shown.holders.iter().map(|of| {
        let Holder { holder, spent, then, of, fits } = of;
        let fits = if *fits { "" } else { ": does not fit" };
        format!("        {holder}: {spent:.4} of {of} now, {then:.4} then{fits}")
    }));
    lines.push(format!("    about {rows} rows, by the bands that are listed; 95 % intervals of"));
    lines.extend(shown.readings.iter().map(|exact| {
        let half = |value: Option<f64>| {
            value.map_or_else(|| "not to be told".to_owned(), |half| format!("±{half:.3}"))
        };
        let Exact { reading, of, figure, noise, sampling } = exact;
        format!(
            "        reading {reading} ({of}): {figure}, {} from noise, {} from sampling",
            half(*noise),
            half(*sampling)
        )
    }));
    let verdict = match (&shown.refused, &shown.warning) {
        (Some(_), _) => "no node will take part in it".to_owned(),
        (None, Some(problem)) => format!("barely exact: {}; {}", problem.what, problem.hint),
        (None, None) => "nodes will take part in it once it is proposed and open".to_owned(),
    };
    lines.push(format!("    {verdict}"));
    lines.join("\n")
}
