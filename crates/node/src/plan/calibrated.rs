//! From a wish to a plan: what a proposer's own program works out.

use std::collections::BTreeMap;

use concordat_agreement::{Adjacency, Agreement, Cited, RunKind};
use concordat_learn::Recipe;
use concordat_partnership::act::Plan;
use concordat_terms::{AssetId, Decimal, Digest, PartyId, Problem, ProjectId, PurposeId, jcs};

use super::{CODE, count, refuse};
use crate::problems::problem;

/// What a proposer decides; the rest of a plan follows from the recipe and the agreement.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The project.
    pub project: ProjectId,
    /// The purpose.
    pub purpose: PurposeId,
    /// The dataset.
    pub asset: AssetId,
    /// The participants' versions of it.
    pub datasets: BTreeMap<PartyId, Digest>,
    /// The model asset that results.
    pub model: AssetId,
    /// R.
    pub retries: u32,
}

/// The plan for a wish: noise calibrated so that all rounds and retries together spend the
/// agreement's ε at its δ, on a grid of 0.01; and the recipe's bytes, the blob that the plan names.
///
/// # Errors
/// A [`Problem`]: no privacy account, an ε out of reach, or more noise than the agreement allows.
pub fn calibrated(
    agreement: &Agreement,
    wish: &Wish,
    recipe: &Recipe,
) -> Result<(Plan, Vec<u8>), Problem> {
    recipe.check().map_err(|e| refuse("bad-recipe", e.to_string()))?;
    let Some(Cited { terms: privacy, .. }) = agreement.privacy(&wish.asset) else {
        return Err(refuse("no-privacy", format!("`{}` has no privacy account", wish.asset)));
    };
    let q = match (privacy.adjacency, Decimal::whole(1)) {
        (Adjacency::Replace, Some(one)) => one,
        _ => recipe.sampling_rate,
    };
    let charges = recipe.rounds.saturating_add(wish.retries);
    let noise = concordat_dp::calibrate(q, charges, privacy.delta, privacy.epsilon)
        .map_err(|e| refuse("out-of-reach", e.to_string()))?;
    if let Some(Cited { clause, terms }) = agreement.aggregation()
        && noise > terms.noise_most
    {
        return Err(problem(
            "too-much-noise",
            format!(
                "ε = {} needs noise {noise}, and clause `{clause}` allows {}",
                privacy.epsilon, terms.noise_most
            ),
            "plan fewer rounds or a smaller sampling rate",
        ));
    }
    let bytes = jcs::to_bytes(recipe).map_err(|e| refuse("bad-recipe", e.to_string()))?;
    let plan = Plan {
        project: wish.project.clone(),
        kind: RunKind::Train,
        purpose: wish.purpose.clone(),
        asset: wish.asset.clone(),
        datasets: wish.datasets.clone(),
        model: wish.model.clone(),
        recipe: recipe.digest(),
        code: CODE,
        rounds: recipe.rounds,
        retries: wish.retries,
        sampling_rate: recipe.sampling_rate,
        noise,
        clip: recipe.clip,
        dimension: count(recipe.dimension()),
    };
    Ok((plan, bytes))
}
