//! What a node derives from a plan, and why it refuses one: by its own replica and its own rows.
//!
//! The fold has judged a run before it is open; a node checks again what concerns its own rows,
//! and what the fold cannot see: the recipe's text, the table, the arithmetic of noise and ring.

mod allowed;
mod asked;
mod calibrated;
mod exactness;
mod member;
mod recipe;
mod schema;
mod terms;

use concordat_agreement::{Agreement, Cited, TrainerMode};
use concordat_data::{Table, commitment};
use concordat_dp::{Sampler, Sensitivity, Split, node_variance};
use concordat_learn::{Recipe, Trained, Units};
use concordat_partnership::act::Plan;
use concordat_partnership::{State, noise_above_signal};
use concordat_replay::{NoBasis, RoundBasis, plan_cost, plan_sensitivity};
use concordat_terms::{Cost, Decimal, PartyId, Problem, RunId};

pub use self::allowed::still_allowed;
pub use self::asked::{Asked, ReadyQuery, asked, check_query};
pub use self::calibrated::{Spend, Wish, calibrated};
pub use self::exactness::{expected, release};
pub use self::member::Member;
use self::recipe::{check_columns, own_steps, read_recipe};
pub use crate::code::CODE;
use crate::problems::problem;
use crate::trainers::{Embedded, Outside};

/// What follows from an agreement, a plan and its recipe, for every participant alike.
#[derive(Clone, Debug)]
pub struct Task {
    /// What its rounds are bound to.
    pub basis: RoundBasis,
    /// The plan.
    pub plan: Plan,
    /// The recipe that the plan names.
    pub recipe: Recipe,
    /// How far one person moves a sum, in ring units.
    pub sensitivity: Sensitivity,
    /// The variance of the noise that each node adds, in squared ring units: its share, or all of
    /// it where the plan has local steps.
    pub variance: u64,
    /// The most persons one participant sums up in a round.
    pub units_per_round: u32,
    /// What all rounds and retries cost each participant's account.
    pub cost: Cost,
    /// What the model will say of how it was trained.
    pub trained: Trained,
}

impl Task {
    /// Derives and proves what a plan needs; knows nothing of any table.
    ///
    /// # Errors
    /// A [`Problem`] saying why no node can follow this plan: a recipe that differs from what the
    /// plan states or has other bytes, columns or bounds that the agreement does not declare,
    /// parameters that cannot hold.
    pub fn derive(state: &State, run: &RunId, plan: &Plan, recipe: &[u8]) -> Result<Self, Problem> {
        let basis = || RoundBasis::derive(state, run, plan);
        Self::on(state.agreement(), basis, plan, recipe)
    }

    /// [`Task::derive`] where no log has brought the agreement into force: for a bench.
    ///
    /// # Errors
    /// As [`Task::derive`].
    pub fn on(
        agreement: &Agreement,
        basis: impl FnOnce() -> Result<RoundBasis, NoBasis>,
        plan: &Plan,
        recipe: &[u8],
    ) -> Result<Self, Problem> {
        let recipe = read_recipe(plan, recipe)?;
        let Some(Cited { terms: asset, .. }) = agreement.asset(&plan.asset) else {
            return Err(refuse("unknown-asset", format!("`{}` is no dataset", plan.asset)));
        };
        check_columns(asset, &recipe)?;
        let basis = basis().map_err(|why| no_basis(&why))?;
        let Some(Cited { terms: aggregation, .. }) = agreement.aggregation() else {
            return Err(no_basis(&NoBasis::NoAggregation));
        };
        let impossible = |reason: String| refuse("parameters-impossible", reason);
        let sensitivity = plan_sensitivity(agreement, plan).map_err(impossible)?;
        let variance = Split::new(
            count(basis.params.clients()),
            aggregation.threshold,
            aggregation.colluders,
            aggregation.dropouts,
        )
        .and_then(|split| {
            let noised = match plan.trainer.as_ref().map(|trainer| trainer.mode) {
                Some(TrainerMode::AssertedDp | TrainerMode::SecaggOnly) => false,
                Some(TrainerMode::Features | TrainerMode::UpdateDp) | None => true,
            };
            let variance = match plan.local_steps {
                // The node adds none: it says so wherever the model is shown.
                _ if !noised => 0,
                None => split.node_variance(plan.noise, sensitivity)?,
                Some(_) => node_variance(plan.noise, sensitivity, 1)?,
            };
            split.fits_ring(
                aggregation.ring_bits,
                aggregation.units_per_round,
                sensitivity,
                variance,
            )?;
            if noised {
                Sampler::new(variance)?;
            }
            Ok(variance)
        })
        .map_err(|e| impossible(e.to_string()))?;
        if let Some(times) = drowned(plan) {
            return Err(noisy(&times));
        }
        let cost = plan_cost(agreement, plan)
            .ok_or_else(|| impossible("the plan's noise or sampling has no cost".to_owned()))?;
        let trained = trained(agreement, &basis.run, plan, &cost)?;
        Ok(Self {
            basis,
            plan: plan.clone(),
            sensitivity,
            variance,
            units_per_round: aggregation.units_per_round,
            cost,
            trained,
            recipe,
        })
    }
}

/// What a model says of the run that gave it.
fn trained(
    agreement: &Agreement,
    run: &RunId,
    plan: &Plan,
    cost: &Cost,
) -> Result<Trained, Problem> {
    let impossible = |reason: String| refuse("parameters-impossible", reason);
    let Some(Cited { terms: privacy, .. }) = agreement.privacy(&plan.asset) else {
        return Err(refuse("no-privacy", format!("`{}` has no privacy account", plan.asset)));
    };
    if plan.is_bare() {
        return Ok(bare(run, plan, privacy.delta));
    }
    let epsilon =
        concordat_dp::epsilon(cost, privacy.delta).map_err(|e| impossible(e.to_string()))?;
    // Rounded up to four places: a model never claims less than was spent.
    let epsilon: Decimal = format!("{:.4}", (epsilon * 10_000.0).ceil() / 10_000.0)
        .parse()
        .map_err(|_| impossible(format!("ε is {epsilon}")))?;
    Ok(Trained {
        run: run.clone(),
        plan: plan.digest(),
        code: plan.code,
        participants: count(plan.datasets.len()),
        epsilon,
        delta: privacy.delta,
    })
}

/// Nothing is promised of what is without noise: the largest ε that can be written.
fn bare(run: &RunId, plan: &Plan, delta: Decimal) -> Trained {
    let (run, digest) = (run.clone(), plan.digest());
    let participants = count(plan.datasets.len());
    let epsilon = Decimal::whole(UNBOUNDED).unwrap_or(Decimal::ZERO);
    Trained { run, plan: digest, code: plan.code, participants, epsilon, delta }
}

/// What stands for an ε that has no bound.
pub const UNBOUNDED: i64 = 999_999_999_999_999_999;

/// How many times the noise is the signal of updates of whole participants, where it is more.
fn drowned(plan: &Plan) -> Option<String> {
    let mode = plan.trainer.as_ref()?.mode;
    (mode == TrainerMode::UpdateDp).then(|| noise_above_signal(plan)).flatten()
}

/// An update of which nothing would be seen through its noise.
fn noisy(times: &str) -> Problem {
    problem(
        "noise-above-signal",
        format!(
            "the noise on a sum of these updates would be {times} times the most that they can be"
        ),
        "plan less noise, fewer parameters or more participants, or the mode `features`",
    )
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
    /// The program of somebody else that trains on them, where one does.
    pub outside: Option<Outside>,
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
    check_with(state, party, run, recipe, table, salt, None)
}

/// [`check`], with what a trainer has made of the table's records.
///
/// # Errors
/// As [`check`].
pub fn check_with(
    state: &State,
    party: &PartyId,
    run: &RunId,
    recipe: &[u8],
    table: &[u8],
    salt: &[u8; 32],
    embedded: Option<&Embedded>,
) -> Result<Ready, Problem> {
    let plan = still_allowed(state, party, run)?;
    let task = Task::derive(state, run, plan, recipe)?;

    // From here on rows are read.
    let table = own_rows(state, party, plan, table, salt)?;
    let units = match embedded {
        None => table.units(&task.recipe),
        Some(made) => table.units_with(&task.recipe, &made.header, &made.rows),
    };
    let (units, _) = units.map_err(|fault| fault.problem())?.split(&task.recipe.split);
    Ok(Ready { task, party: party.clone(), units, outside: None })
}

/// The rows of the version that the plan names of this party's.
fn own_rows(
    state: &State,
    party: &PartyId,
    plan: &Plan,
    table: &[u8],
    salt: &[u8; 32],
) -> Result<Table, Problem> {
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
    Table::read(table, asset).map_err(|fault| fault.problem())
}

/// Why there is no basis, as this crate's problem.
pub(crate) fn no_basis(why: &NoBasis) -> Problem {
    let code = match why {
        NoBasis::NoAggregation => "no-aggregation",
        NoBasis::NoAggregator(_) | NoBasis::Aggregators(_) => "bad-aggregators",
        NoBasis::Impossible(_) => "parameters-impossible",
        NoBasis::NoLedgerKey(_) => "no-ledger-key",
        NoBasis::Roster(_) => "bad-roster",
    };
    refuse(code, why.to_string())
}

/// That a party's ledger key is not any more what the run's rounds are bound to.
pub(crate) fn check_keys(state: &State, basis: &RoundBasis) -> Result<(), Problem> {
    let Some(party) = basis.without_its_key(state) else { return Ok(()) };
    Err(problem(
        "key-ended",
        format!(
            "the ledger key of `{party}` has ended or was replaced since `{}` began",
            basis.run
        ),
        "propose a new run once every party has a good key; this node takes no further part",
    ))
}

fn count(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

pub(crate) fn refuse(code: &str, what: String) -> Problem {
    problem(code, what, "propose another plan; this node takes no part in this one")
}
