//! From a wish to a plan: what a proposer's own program works out.

use std::collections::BTreeMap;

use concordat_agreement::{Agreement, RunKind};
use concordat_learn::{Mode, Recipe};
use concordat_partnership::act::Plan;
use concordat_replay::plan_noise;
use concordat_terms::{AssetId, Decimal, Digest, PartyId, Problem, ProjectId, PurposeId, jcs};

use super::recipe::planned;
use super::{CODE, count, drowned, noisy, own_steps, refuse, terms};
use crate::problems::problem;

/// What a proposer decides; the rest of a plan follows from the recipe and the agreement.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The project.
    pub project: ProjectId,
    /// What the run does.
    pub kind: RunKind,
    /// The purpose.
    pub purpose: PurposeId,
    /// The dataset.
    pub asset: AssetId,
    /// The participants' versions of it.
    pub datasets: BTreeMap<PartyId, Digest>,
    /// The model asset that results; none of a query.
    pub model: Option<AssetId>,
    /// R; as often as the agreement allows, if not given.
    pub retries: Option<u32>,
    /// How much to spend.
    pub spend: Spend,
}

/// How much of its participants' accounts a run may spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spend {
    /// All that the agreement ever allows the plan's purpose.
    Account,
    /// At most this ε, at the account's δ.
    Epsilon(Decimal),
    /// Whatever this noise multiplier costs.
    Noise(Decimal),
}

/// The plan for a wish: noise calibrated so that all rounds and retries together spend what is
/// wished, on a grid of 0.01; and the recipe's bytes, the blob that the plan names.
///
/// # Errors
/// A [`Problem`]: no aggregation, no privacy account, an ε out of reach, or a value beyond what
/// the agreement allows, with the clause.
pub fn calibrated(
    agreement: &Agreement,
    wish: &Wish,
    recipe: &Recipe,
) -> Result<(Plan, Vec<u8>), Problem> {
    recipe.check().map_err(|e| problem("bad-recipe", e.to_string(), e.hint()))?;
    let Some(aggregation) = agreement.aggregation() else {
        return Err(refuse("no-aggregation", "the agreement has no aggregation".to_owned()));
    };
    let Some(privacy) = agreement.privacy(&wish.asset) else {
        return Err(refuse("no-privacy", format!("`{}` has no privacy account", wish.asset)));
    };
    let retries = wish.retries.unwrap_or(aggregation.terms.retries);
    let bare = recipe.trainer.as_ref().is_some_and(|trainer| trainer.mode == Mode::SecaggOnly);
    if !bare {
        terms::check_wish(&aggregation, &privacy, &wish.purpose, retries, wish.spend)?;
    }
    let plan = Plan {
        project: wish.project.clone(),
        kind: wish.kind,
        purpose: wish.purpose.clone(),
        asset: wish.asset.clone(),
        datasets: wish.datasets.clone(),
        model: wish.model.clone(),
        recipe: recipe.digest(),
        code: CODE,
        rounds: recipe.rounds,
        retries,
        sampling_rate: recipe.sampling_rate,
        noise: aggregation.terms.noise_most,
        clip: recipe.clip,
        dimension: count(recipe.dimension()),
        local_steps: own_steps(recipe)?,
        trainer: planned(recipe),
    };
    let within = |epsilon| {
        plan_noise(agreement, &plan, epsilon).map_err(|reason| refuse("out-of-reach", reason))
    };
    let noise = match wish.spend {
        // Whatever was wished: there is none, and nothing can be promised.
        _ if bare => Decimal::ZERO,
        Spend::Account => within(None)?,
        Spend::Epsilon(epsilon) => within(Some(epsilon))?,
        Spend::Noise(noise) => noise,
    };
    let most = aggregation.terms.noise_most;
    if noise > most {
        return Err(problem(
            "too-much-noise",
            format!("it needs noise {noise}, and clause `{}` allows {most}", aggregation.clause),
            "plan fewer rounds or a smaller sampling rate",
        ));
    }
    let bytes = jcs::to_bytes(recipe).map_err(|e| refuse("bad-recipe", e.to_string()))?;
    let plan = Plan { noise, ..plan };
    if let Some(times) = drowned(&plan) {
        return Err(noisy(&times));
    }
    terms::check_plan(agreement, &aggregation, &privacy, &plan)?;
    Ok((plan, bytes))
}
