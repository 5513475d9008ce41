//! Whether the answer to a query will be exact enough, by the agreement's tolerance: the same
//! arithmetic for whoever proposes it and for every node.

use std::collections::BTreeMap;

use concordat_agreement::{Adjacency, Aggregation, Agreement, Cited, Privacy};
use concordat_dp::{ParameterError, Split};
use concordat_learn::query::{
    Among, Expected, Neighbours, Query, Release, Remedy, Tolerance, Verdict,
};
use concordat_partnership::State;
use concordat_partnership::act::Plan;
use concordat_terms::Problem;

use super::{count, refuse};
use crate::problems::problem;

/// Under which neighbours a query is charged.
pub(super) fn neighbours(privacy: &Privacy) -> Neighbours {
    match privacy.adjacency {
        Adjacency::AddRemove => Neighbours::AddRemove,
        Adjacency::Replace => Neighbours::Replace,
    }
}

/// What is publicly known of the rows of a plan: as many as their bands say at least, and of those the
/// share that the query asks.
pub fn expected(state: &State, plan: &Plan, query: &Query) -> Expected {
    let band = |(party, version): (&concordat_terms::PartyId, &concordat_terms::Digest)| {
        let key = (plan.asset.clone(), party.clone(), *version);
        state.datasets().get(&key).map_or(0, |dataset| u64::from(dataset.registered.rows_band))
    };
    let rows: u64 = plan.datasets.iter().map(band).sum();
    let permille = match &query.among {
        Among::Everybody => 1000,
        Among::Tested(split) => u64::from(split.test_permille),
        Among::Trained(split) => 1000_u64.saturating_sub(split.test_permille.into()),
    };
    Expected { rows: rows * permille / 1000, rarest: BTreeMap::new() }
}

/// How the sum of a plan will be noised and charged, if everybody stays.
///
/// # Errors
/// [`ParameterError`]: no split of the noise holds.
pub fn release(
    aggregation: &Aggregation,
    privacy: &Privacy,
    plan: &Plan,
) -> Result<Release, ParameterError> {
    let nodes = count(plan.datasets.len());
    let (t, c, d) = (aggregation.threshold, aggregation.colluders, aggregation.dropouts);
    Ok(Release {
        sigma: plan.noise,
        nodes,
        shares: Split::new(nodes, t, c, d)?.shares(),
        neighbours: neighbours(privacy),
        charges: u32::try_from(plan.charges()).unwrap_or(u32::MAX),
        delta: privacy.delta,
    })
}

/// Whether the agreement's tolerance lets a query be asked: what is warned of, if anything.
///
/// # Errors
/// A [`Problem`] `query-not-exact` with what would be.
pub(super) fn check_exact(
    agreement: &Agreement,
    plan: &Plan,
    query: &Query,
    expected: &Expected,
) -> Result<Option<Problem>, Problem> {
    let (Some(Cited { terms: aggregation, .. }), Some(Cited { clause, terms: privacy })) =
        (agreement.aggregation(), agreement.privacy(&plan.asset))
    else {
        return Ok(None);
    };
    let Some(queries) = &privacy.queries else { return Ok(None) };
    let (warn_above, refuse_above) = (queries.warn_above, queries.refuse_above);
    let verdict = release(aggregation, privacy, plan).and_then(|release| {
        query.judge(&release, expected, Tolerance { warn_above, refuse_above })
    });
    let told = |remedy: &Remedy, most, code| {
        let worst = &remedy.worst;
        let what = format!(
            "noise will put {} of reading {} off by {:.3} or so, and clause `{clause}` {} {most}",
            worst.figure,
            worst.reading + 1,
            worst.noise,
            if code == EXACT { "refuses above" } else { "warns above" },
        );
        problem(code, what, instead(remedy))
    };
    match verdict.map_err(|e| refuse("parameters-impossible", e.to_string()))? {
        Verdict::Within => Ok(None),
        Verdict::Warn(remedy) => Ok(Some(told(&remedy, warn_above, "query-barely-exact"))),
        Verdict::Refuse(remedy) => Err(told(&remedy, refuse_above, EXACT)),
    }
}

const EXACT: &str = "query-not-exact";

/// What would be exact enough, each alone.
fn instead(remedy: &Remedy) -> String {
    let bins = remedy
        .fewer_bins
        .as_ref()
        .map(|query| format!("ask in fewer bins ({} cells in all)", query.length()));
    let noise = remedy
        .sigma
        .zip(remedy.epsilon)
        .map(|(sigma, epsilon)| format!("spend ε = {epsilon:.3} (noise {sigma})"));
    let rows = remedy.rows.map(|rows| format!("wait for {rows} rows"));
    let each: Vec<String> = [bins, noise, rows].into_iter().flatten().collect();
    match each.as_slice() {
        [] => "ask for less".to_owned(),
        each => each.join(", or "),
    }
}
