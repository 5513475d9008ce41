//! What a node derives from a plan, and why it refuses one: by its own replica and its own rows.
//!
//! The fold has judged a run before it is open; a node checks again what concerns its own rows,
//! and what the fold cannot see: the recipe's text, the table, the arithmetic of noise and ring.

use std::collections::BTreeMap;

use concordat_agreement::{Adjacency, Agreement, Asset, Cited, Column, ColumnKind, RunKind};
use concordat_data::{Table, commitment};
use concordat_dp::{Sampler, Sensitivity, Split};
use concordat_learn::{Feature, Recipe, Units};
use concordat_partnership::act::Plan;
use concordat_partnership::{ProjectStatus, RunStatus, State};
use concordat_replay::{plan_cost, plan_params, plan_sensitivity};
use concordat_secagg::{Binding, Params, Roster, Session, VerifyingKey};
use concordat_terms::{
    AssetId, Cost, Decimal, Digest, PartyId, Problem, ProjectId, PurposeId, RunId, SeatId, jcs,
};

use crate::problems::problem;

/// The code that this crate runs beside the data: SHA-256 of `concordat/builtin/logistic/1`. A
/// steward approves it with `code.approve`; a plan names it.
pub const CODE: Digest = Digest([
    0x4b, 0xe0, 0x9c, 0xe5, 0x7a, 0xd3, 0x4a, 0xc8, 0x74, 0xca, 0xa1, 0x82, 0x80, 0x5a, 0x88, 0xcc,
    0x0d, 0x0e, 0xb9, 0x3c, 0x46, 0x69, 0x93, 0xfc, 0xfc, 0x2a, 0xb6, 0xdb, 0x52, 0x5e, 0x59, 0xb6,
]);

/// What follows from an agreement, a plan and its recipe, for every participant alike.
#[derive(Clone, Debug)]
pub struct Task {
    /// The run.
    pub run: RunId,
    /// The plan.
    pub plan: Plan,
    /// The recipe that the plan names.
    pub recipe: Recipe,
    /// The proved parameters of secure aggregation.
    pub params: Params,
    /// The participants' ledger keys.
    pub roster: Roster,
    /// The digest of the modules in force.
    pub agreement: Digest,
    /// Fraction bits of a contribution.
    pub scale_bits: u32,
    /// How far one person moves a sum, in ring units.
    pub sensitivity: Sensitivity,
    /// The variance of the noise that each node adds, in squared ring units.
    pub variance: u64,
    /// The most persons one participant sums up in a round.
    pub units_per_round: u32,
    /// What all rounds and retries cost each participant's account.
    pub cost: Cost,
    /// The seat for which participants join.
    pub seat: SeatId,
}

impl Task {
    /// Derives and proves what a plan needs; knows nothing of any table.
    ///
    /// # Errors
    /// A [`Problem`] saying why no node can follow this plan: a recipe that differs from what the
    /// plan states or has other bytes, columns or bounds that the agreement does not declare,
    /// parameters that cannot hold.
    pub fn derive(state: &State, run: &RunId, plan: &Plan, recipe: &[u8]) -> Result<Self, Problem> {
        let agreement = state.agreement();
        let recipe = read_recipe(plan, recipe)?;
        let Some(Cited { terms: asset, .. }) = agreement.asset(&plan.asset) else {
            return Err(refuse("unknown-asset", format!("`{}` is no dataset", plan.asset)));
        };
        check_columns(asset, &recipe)?;
        let Some(Cited { terms: aggregation, .. }) = agreement.aggregation() else {
            return Err(refuse("no-aggregation", "the agreement has no aggregation".to_owned()));
        };
        let impossible = |reason: String| refuse("parameters-impossible", reason);
        let params = plan_params(agreement, plan).map_err(impossible)?;
        let sensitivity = plan_sensitivity(agreement, plan).map_err(impossible)?;
        let variance = Split::new(
            count(params.clients()),
            aggregation.threshold,
            aggregation.colluders,
            aggregation.dropouts,
        )
        .and_then(|split| {
            let variance = split.node_variance(plan.noise, sensitivity)?;
            split.fits_ring(
                aggregation.ring_bits,
                aggregation.units_per_round,
                sensitivity,
                variance,
            )?;
            Sampler::new(variance)?;
            Ok(variance)
        })
        .map_err(|e| impossible(e.to_string()))?;
        let cost = plan_cost(agreement, plan)
            .ok_or_else(|| impossible("the plan's noise or sampling has no cost".to_owned()))?;
        Ok(Self {
            run: run.clone(),
            plan: plan.clone(),
            params,
            roster: roster(state, plan)?,
            agreement: in_force(state),
            scale_bits: aggregation.scale_bits,
            sensitivity,
            variance,
            units_per_round: aggregation.units_per_round,
            cost,
            seat: aggregation.of.clone(),
            recipe,
        })
    }

    /// The session of one attempt at the round that starts from the model `model`.
    ///
    /// # Errors
    /// None for a task that was derived: the roster has as many parties as the parameters.
    pub fn session(&self, round: u32, attempt: u32, model: Digest) -> Result<Session, Problem> {
        let recipe = self.recipe.digest();
        let quantiser =
            Digest::of_parts(&[recipe.as_bytes(), self.scale_bits.to_be_bytes().as_slice()]);
        let run = self.run.clone();
        let binding = Binding { agreement: self.agreement, run, round, attempt, model, quantiser };
        Session::new(self.params.clone(), self.roster.clone(), &binding)
            .map_err(|e| refuse("bad-roster", e.to_string()))
    }
}

/// A plan that this node will follow, with the rows it will follow it on.
///
/// Only [`check`] makes one for a run of a partnership.
#[derive(Clone, Debug)]
pub struct Ready {
    /// What everybody derives.
    pub task: Task,
    /// Whose node this is.
    pub party: PartyId,
    /// The rows of the persons who are for training.
    pub units: Units,
}

/// Checks a run against the party's own state, table and salt.
///
/// # Errors
/// A [`Problem`] saying why the node refuses: see [`Task::derive`]; and a run that is not open, a
/// party that is no participant, another kind of run or other code, code or purpose that is not
/// allowed on its rows, a withdrawn version, or rows that are not the ones registered.
pub fn check(
    state: &State,
    party: &PartyId,
    run: &RunId,
    recipe: &[u8],
    table: &[u8],
    salt: &[u8; 32],
) -> Result<Ready, Problem> {
    let plan = still_allowed(state, party, run)?;
    let task = Task::derive(state, run, plan, recipe)?;

    // From here on rows are read.
    let version = commitment(salt, table);
    if plan.datasets.get(party) != Some(&version) {
        return Err(problem(
            "rows-changed",
            format!("the table of `{}` is not the version that the plan names", plan.asset),
            "restore the registered file, or register the new version and propose a new run",
        ));
    }
    let Some(Cited { terms: asset, .. }) = state.agreement().asset(&plan.asset) else {
        return Err(refuse("unknown-asset", format!("`{}` is no dataset", plan.asset)));
    };
    let units = Table::read(table, asset)
        .and_then(|table| table.units(&task.recipe))
        .map_err(|fault| fault.problem())?;
    let (units, _) = units.split(&task.recipe.split);
    Ok(Ready { task, party: party.clone(), units })
}

/// The plan of a run that is open and may touch this party's rows, as far as the log says: asked
/// before joining and before every message.
///
/// # Errors
/// A [`Problem`] as for [`check`].
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
    check_use(state, party, plan)?;
    Ok(plan)
}

/// Whether the plan may touch this party's rows at all.
fn check_use(state: &State, party: &PartyId, plan: &Plan) -> Result<(), Problem> {
    let Some(version) = plan.datasets.get(party) else {
        return Err(refuse("not-a-participant", format!("the plan does not name `{party}`")));
    };
    if plan.kind != RunKind::Train {
        return Err(refuse("kind-unknown", "this node can train, and nothing else".to_owned()));
    }
    if plan.code != CODE {
        let short = plan.code.short();
        return Err(refuse("code-unknown", format!("this node does not have code `{short}`")));
    }
    if !state.code_approved(party, &plan.asset, &plan.code) {
        return Err(problem(
            "code-not-approved",
            format!("`{party}` has not approved code `{}` beside `{}`", CODE.short(), plan.asset),
            "approve it with `code.approve`, if it should run here",
        ));
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
        && by_clause(&plan.model);
    if !allowed {
        return Err(refuse(
            "purpose-not-allowed",
            format!("`{}` may not be used for `{}`", plan.asset, plan.purpose),
        ));
    }
    Ok(())
}

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

/// The digest over the modules in force, in the order of their names.
pub fn in_force(state: &State) -> Digest {
    let digests: Vec<&[u8]> =
        state.in_force().values().map(|module| module.digest.as_bytes().as_slice()).collect();
    Digest::of_parts(&digests)
}

/// The recipe in these bytes, if it is the plan's and says the same as the plan.
fn read_recipe(plan: &Plan, bytes: &[u8]) -> Result<Recipe, Problem> {
    if Digest::of(bytes) != plan.recipe {
        return Err(refuse("other-recipe", "these bytes are not the plan's recipe".to_owned()));
    }
    let recipe: Recipe = jcs::from_bytes(bytes).map_err(|e| refuse("bad-recipe", e.to_string()))?;
    recipe.check().map_err(|e| refuse("bad-recipe", e.to_string()))?;
    let same = [
        ("rounds", recipe.rounds == plan.rounds),
        ("clip", recipe.clip == plan.clip),
        ("sampling_rate", recipe.sampling_rate == plan.sampling_rate),
        ("dimension", u32::try_from(recipe.dimension()) == Ok(plan.dimension)),
    ];
    match same.into_iter().find(|(_, same)| !same) {
        None => Ok(recipe),
        Some((field, _)) => Err(problem(
            "recipe-differs",
            format!("recipe and plan differ in `{field}`"),
            "propose a plan that states what its recipe says",
        )),
    }
}

/// The recipe reads declared columns only, within declared bounds and levels.
fn check_columns(asset: &Asset, recipe: &Recipe) -> Result<(), Problem> {
    let differs = |column: &str, why: &str| {
        problem(
            "recipe-beyond-schema",
            format!("the recipe's column `{column}` {why}"),
            "propose a recipe within the columns, bounds and levels of the asset's clause",
        )
    };
    let declared = |name: &str| {
        let found = asset.columns.iter().find(|column| column.name == name);
        found.ok_or_else(|| differs(name, "is not declared"))
    };
    if asset.person.as_deref() != Some(recipe.person.as_str()) {
        return Err(differs(&recipe.person, "is not the one that names a person"));
    }
    if asset.rows_per_person.is_some_and(|most| recipe.rows_per_person > most) {
        return Err(differs(&recipe.person, "counts more rows of a person than agreed"));
    }
    let label = declared(&recipe.label.column)?;
    if !is_numeric(label) {
        return Err(differs(&label.name, "is not a number"));
    }
    for feature in &recipe.features {
        let column = declared(feature.column())?;
        let why = match feature {
            _ if !is_numeric(column) => Some("is not a number"),
            Feature::Scale { min, max, .. } => {
                let within = column.kind == ColumnKind::Number
                    && column.min.is_none_or(|least| *min >= least)
                    && column.max.is_none_or(|most| *max <= most);
                (!within).then_some("is scaled beyond its declared bounds")
            }
            Feature::Flag { .. } => {
                let flag = values(column).is_some_and(|all| {
                    all.iter().all(|v| *v == Decimal::ZERO || Some(*v) == Decimal::whole(1))
                });
                (!flag).then_some("is not declared as 0 or 1")
            }
            Feature::OneHot { levels, .. } => {
                let covered =
                    values(column).is_some_and(|all| all.iter().all(|v| levels.contains(v)));
                (!covered).then_some("has declared levels that the recipe lacks")
            }
        };
        if let Some(why) = why {
            return Err(differs(&column.name, why));
        }
    }
    Ok(())
}

/// A category's levels as numbers, if all are.
fn values(column: &Column) -> Option<Vec<Decimal>> {
    if column.kind != ColumnKind::Category {
        return None;
    }
    column.levels.iter().map(|level| level.parse().ok()).collect()
}

fn is_numeric(column: &Column) -> bool {
    column.kind == ColumnKind::Number || values(column).is_some()
}

/// The participants with the ledger keys of the genesis.
fn roster(state: &State, plan: &Plan) -> Result<Roster, Problem> {
    let founders = state.genesis().map(|genesis| &genesis.parties);
    let keys = plan.datasets.keys().map(|party| {
        let no_key = || refuse("no-ledger-key", format!("`{party}` has no ledger key"));
        let public = founders.and_then(|f| f.get(party)).ok_or_else(no_key)?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(&public.key, &mut bytes).map_err(|_| no_key())?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| no_key())?;
        Ok((party.clone(), key))
    });
    let keys = keys.collect::<Result<_, Problem>>()?;
    Roster::new(keys).map_err(|e| refuse("bad-roster", e.to_string()))
}

fn count(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn refuse(code: &str, what: String) -> Problem {
    problem(code, what, "propose another plan; this node takes no part in this one")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_has_the_digest_of_its_name() {
        assert_eq!(CODE, Digest::of(b"concordat/builtin/logistic/1"));
    }
}
