//! What a node derives from a query's plan, and why it refuses one.

use std::num::NonZeroU32;

use concordat_agreement::{Agreement, Cited, RunKind};
use concordat_dp::{Sampler, Split};
use concordat_learn::query::{Query, SCORE};
use concordat_learn::{Model, Target, Trained, Unnoised};
use concordat_partnership::act::Plan;
use concordat_partnership::{ModelStatus, State};
use concordat_replay::{RoundBasis, plan_cost, plan_noise, plan_params, plan_sensitivity};
use concordat_terms::{Cost, Decimal, Digest, PartyId, Problem, RunId, jcs};

use super::exactness::{check_exact, expected, neighbours};
use super::schema::check_schema;
use super::{CODE, Spend, Wish, count, no_basis, own_rows, refuse, still_allowed, terms, trained};
use crate::problems::problem;

/// What follows from an agreement, a plan and its query, for every participant alike.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What its round is bound to.
    pub basis: RoundBasis,
    /// The plan.
    pub plan: Plan,
    /// The query that the plan names.
    pub query: Query,
    /// The variance of the noise that each node adds, in squared ring units.
    pub variance: u64,
    /// The most that a value of a node's vector may be, either way, in ring units.
    pub most: i64,
    /// What the release and its retries cost each participant's account.
    pub cost: Cost,
    /// What the answer will say of how it came to be.
    pub made: Trained,
    /// That the answer will be barely exact enough, if so.
    pub warning: Option<Problem>,
}

/// A query that this node will answer, with what it counts in its own rows.
#[derive(Debug)]
pub struct ReadyQuery {
    /// What everybody derives.
    pub asked: Asked,
    /// Whose node this is.
    pub party: PartyId,
    /// What it will add noise to.
    pub vector: Unnoised,
}

impl Asked {
    /// Derives and proves what a query's plan needs; knows nothing of any table.
    ///
    /// # Errors
    /// A [`Problem`] saying why no node can follow this plan: a query that differs from what the plan
    /// states, asks beyond the agreed columns, of a model that it may not be asked of, or will not be
    /// exact enough; parameters that cannot hold.
    pub fn derive(state: &State, run: &RunId, plan: &Plan, query: &[u8]) -> Result<Self, Problem> {
        let agreement = state.agreement();
        let query = read_query(agreement, plan, query)?;
        let Some(Cited { terms: asset, .. }) = agreement.asset(&plan.asset) else {
            return Err(refuse("unknown-asset", format!("`{}` is no dataset", plan.asset)));
        };
        check_schema(agreement, plan, asset, &query)?;
        check_model(state, plan, &query)?;
        let expected = expected(state, plan, &query);
        let warning = check_exact(agreement, plan, &query, &expected)?;
        let basis = RoundBasis::derive(state, run, plan).map_err(|why| no_basis(&why))?;
        let (variance, most) = noise(agreement, plan, &query)?;
        let cost = plan_cost(agreement, plan)
            .ok_or_else(|| impossible("the plan's noise has no cost".to_owned()))?;
        let made = trained(agreement, &basis.run, plan, &cost)?;
        Ok(Self { basis, plan: plan.clone(), query, variance, most, cost, made, warning })
    }
}

/// Checks a query run against the party's own state, table and salt; `model` is the one that the query
/// reads the scores of.
///
/// # Errors
/// A [`Problem`] as of [`super::check`], and as [`Asked::derive`].
pub fn check_query(
    state: &State,
    party: &PartyId,
    run: &RunId,
    query: &[u8],
    model: Option<&[u8]>,
    (table, salt): (&[u8], &[u8; 32]),
) -> Result<ReadyQuery, Problem> {
    let plan = still_allowed(state, party, run)?;
    let asked = Asked::derive(state, run, plan, query)?;
    let model = asked.query.model.map(|digest| read_model(digest, model)).transpose()?;

    // From here on rows are read.
    let table = own_rows(state, party, plan, table, salt)?;
    let vector = table.vector(&asked.query, party.as_str(), model.as_ref());
    let vector = vector.map_err(|fault| fault.problem())?;
    Ok(ReadyQuery { asked, party: party.clone(), vector })
}

/// The plan for a query, with the noise calibrated to what is to be spent; the query with as many bits
/// as the ring has room for, and its bytes, the blob that the plan names.
///
/// # Errors
/// A [`Problem`], as [`super::calibrated()`]; a query that cannot be asked, or has no room.
pub fn asked(
    agreement: &Agreement,
    wish: &Wish,
    query: &Query,
) -> Result<(Plan, Query, Vec<u8>), Problem> {
    let (Some(aggregation), Some(privacy)) =
        (agreement.aggregation(), agreement.privacy(&wish.asset))
    else {
        let what = format!("nothing says how `{}` is summed up and accounted", wish.asset);
        return Err(refuse("no-privacy", what));
    };
    query.check().map_err(bad_query)?;
    let retries = wish.retries.unwrap_or(aggregation.terms.retries);
    terms::check_wish(&aggregation, &privacy, &wish.purpose, retries, wish.spend)?;
    let one = Decimal::whole(1).unwrap_or(Decimal::ZERO);
    let plan = Plan {
        project: wish.project.clone(),
        kind: RunKind::Query,
        purpose: wish.purpose.clone(),
        asset: wish.asset.clone(),
        datasets: wish.datasets.clone(),
        model: None,
        recipe: query.digest(),
        code: CODE,
        rounds: 1,
        retries,
        sampling_rate: one,
        noise: aggregation.terms.noise_most,
        clip: one,
        dimension: u32::try_from(query.length()).unwrap_or(u32::MAX),
        local_steps: None,
        trainer: None,
    };
    let within = |epsilon| {
        plan_noise(agreement, &plan, epsilon).map_err(|reason| refuse("out-of-reach", reason))
    };
    let noise = match wish.spend {
        Spend::Account => within(None)?,
        Spend::Epsilon(epsilon) => within(Some(epsilon))?,
        Spend::Noise(noise) => noise,
    };
    if noise > aggregation.terms.noise_most {
        let (most, clause) = (aggregation.terms.noise_most, &aggregation.clause);
        return Err(problem(
            "too-much-noise",
            format!("it needs noise {noise}, and clause `{clause}` allows {most}"),
            "spend more on it, or plan fewer retries",
        ));
    }
    let plan = Plan { noise, ..plan };
    let mut why = impossible("the sums have no room in the ring".to_owned());
    for scale_bits in (10..=24).rev() {
        let query = Query { scale_bits, ..query.clone() };
        let Some(clip) = clip_of(agreement, &plan, &query) else { continue };
        if query.check().is_err() || clip > aggregation.terms.clip_most {
            continue;
        }
        let plan = Plan { clip, recipe: query.digest(), ..plan.clone() };
        let held = plan_params(agreement, &plan)
            .map_err(impossible)
            .and_then(|_| self::noise(agreement, &plan, &query));
        match held {
            Ok(_) => {
                terms::check_plan(agreement, &aggregation, &privacy, &plan)?;
                let bytes = jcs::to_bytes(&query).map_err(|e| refuse(QUERY, e.to_string()))?;
                return Ok((plan, query, bytes));
            }
            Err(problem) => why = problem,
        }
    }
    Err(why)
}

const QUERY: &str = "bad-query";

fn impossible(reason: String) -> Problem {
    refuse("parameters-impossible", reason)
}

fn bad_query(fault: impl std::fmt::Display) -> Problem {
    let what = format!("the query cannot be asked: {fault}");
    problem(QUERY, what, "compare it with docs/reference/queries.md")
}

/// The query in these bytes, if it is the plan's and says the same as the plan.
fn read_query(agreement: &Agreement, plan: &Plan, bytes: &[u8]) -> Result<Query, Problem> {
    if Digest::of(bytes) != plan.recipe {
        return Err(refuse("other-recipe", "these bytes are not the plan's query".to_owned()));
    }
    let query: Query = jcs::from_bytes(bytes).map_err(bad_query)?;
    query.check().map_err(bad_query)?;
    let same = [
        ("kind", plan.kind == RunKind::Query),
        ("rounds", plan.rounds == 1),
        ("sampling_rate", Some(plan.sampling_rate) == Decimal::whole(1)),
        ("local_steps", plan.local_steps.map_or(0, NonZeroU32::get) == 0),
        ("model", plan.model.is_none()),
        ("dimension", u32::try_from(query.length()) == Ok(plan.dimension)),
        ("clip", clip_of(agreement, plan, &query) == Some(plan.clip)),
    ];
    match same.into_iter().find(|(_, same)| !same) {
        None => Ok(query),
        Some((field, _)) => Err(problem(
            "query-differs",
            format!("query and plan differ in `{field}`"),
            "propose a plan that states what its query says: `concordat query plan` makes one",
        )),
    }
}

/// How far one person moves the sum, in the agreement's units: rounded up to nine digits.
fn clip_of(agreement: &Agreement, plan: &Plan, query: &Query) -> Option<Decimal> {
    let scale_bits = agreement.aggregation()?.terms.scale_bits;
    let own = query.sensitivity(neighbours(agreement.privacy(&plan.asset)?.terms));
    let billionths = (u128::from(own) * 1_000_000_000).div_ceil(1_u128.checked_shl(scale_bits)?);
    let (whole, rest) = (billionths / 1_000_000_000, billionths % 1_000_000_000);
    let text = format!("{whole}.{rest:09}");
    text.trim_end_matches('0').trim_end_matches('.').parse().ok()
}

/// The variance of each node's noise and the most that its values may be, proved to fit the ring.
fn noise(agreement: &Agreement, plan: &Plan, query: &Query) -> Result<(u64, i64), Problem> {
    let (Some(Cited { terms: own, .. }), Some(Cited { terms: privacy, .. })) =
        (agreement.aggregation(), agreement.privacy(&plan.asset))
    else {
        return Err(impossible("nothing says how contributions are summed".to_owned()));
    };
    let stated = plan_sensitivity(agreement, plan).map_err(impossible)?;
    // From the query's own integers, whatever the plan states.
    if stated.ring_units() < query.sensitivity(neighbours(privacy)) {
        return Err(impossible(
            "one person moves the sums further than the plan states".to_owned(),
        ));
    }
    let parties = count(agreement.parties_of(&own.of).len());
    let variance = Split::new(parties, own.threshold, own.colluders, own.dropouts)
        .and_then(|split| {
            let variance = split.node_variance(plan.noise, stated)?;
            split.fits_ring(own.ring_bits, own.units_per_round, stated, variance)?;
            Sampler::new(variance)?;
            Ok(variance)
        })
        .map_err(|e| impossible(e.to_string()))?;
    let most = stated.ring_units().saturating_mul(u64::from(own.units_per_round));
    Ok((variance, i64::try_from(most).unwrap_or(i64::MAX)))
}

/// That the model whose scores are read is one of the log's, may be used for the plan's purpose, and was
/// released, where the purpose is to look after released models.
fn check_model(state: &State, plan: &Plan, query: &Query) -> Result<(), Problem> {
    let Some(digest) = query.model else { return Ok(()) };
    let short = digest.short();
    let Some(model) = state.models().get(&digest) else {
        return Err(problem(
            "model-unknown",
            format!("the log has no model `{short}`, whose scores the query reads"),
            "name a model by its digest: `concordat models` lists them",
        ));
    };
    let agreement = state.agreement();
    let may =
        agreement.asset(&model.asset).is_some_and(|c| c.terms.purposes.contains(&plan.purpose));
    if !may {
        let what = format!("`{}` may not be used for `{}`", model.asset, plan.purpose);
        return Err(refuse("purpose-not-allowed", what));
    }
    let released = match model.status {
        ModelStatus::Released | ModelStatus::RolledBack | ModelStatus::Retired => true,
        ModelStatus::Trained | ModelStatus::Imported | ModelStatus::Proposed => false,
    };
    let monitors = agreement
        .privacy(&plan.asset)
        .is_some_and(|cited| cited.terms.monitors(&plan.purpose).is_some());
    if monitors && !released {
        return Err(problem(
            "model-not-released",
            format!(
                "`{}` looks after released models, and model `{short}` is {}",
                plan.purpose,
                model.status.as_str()
            ),
            "ask for another purpose until the model is released",
        ));
    }
    Ok(())
}

/// The model of this digest, if it answers yes or no with a probability.
fn read_model(digest: Digest, bytes: Option<&[u8]>) -> Result<Model, Problem> {
    let short = digest.short();
    let bytes = bytes
        .filter(|bytes| Digest::of(bytes) == digest)
        .ok_or_else(|| refuse("model-unknown", format!("the model `{short}` is not to be had")))?;
    let model = Model::from_bytes(bytes)
        .map_err(|e| refuse("model-unfit", format!("model `{short}` cannot be read: {e}")))?;
    if !matches!(model.recipe().target, Target::YesNo { .. }) {
        let what = format!("model `{short}` does not answer yes or no: it has no `{SCORE}`");
        return Err(refuse("model-unfit", what));
    }
    Ok(model)
}
