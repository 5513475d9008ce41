//! What a node derives from a plan, and why it refuses one: by its own replica and its own rows.
//!
//! The fold has judged a run before it is open; a node checks again what concerns its own rows,
//! and what the fold cannot see: the recipe's text, the table, the arithmetic of noise and ring.

mod allowed;
mod calibrated;
mod recipe;

use concordat_agreement::Cited;
use concordat_data::{Table, commitment};
use concordat_dp::{Sampler, Sensitivity, Split};
use concordat_learn::{Recipe, Units, integer_sensitivity};
use concordat_partnership::State;
use concordat_partnership::act::Plan;
use concordat_replay::{plan_cost, plan_params, plan_sensitivity};
use concordat_secagg::{Binding, Params, Roster, Session, VerifyingKey};
use concordat_terms::{Cost, Digest, PartyId, Problem, RunId, SeatId};

pub use self::allowed::still_allowed;
pub use self::calibrated::{Wish, calibrated};
use self::recipe::{check_columns, read_recipe};
pub use crate::code::CODE;
use crate::problems::problem;

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
        // What training will ask of the rows is known before anybody joins, and pays for it.
        integer_sensitivity(recipe.clip, aggregation.scale_bits, recipe.dimension())
            .filter(|own| *own <= sensitivity.ring_units())
            .ok_or_else(|| impossible("no contribution has this clip and scale".to_owned()))?;
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

const _: () = assert!(
    Sensitivity::SCALE_BITS_MOST == concordat_learn::SCALE_BITS_MAX,
    "what is proved for an agreement is what training can do"
);

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

/// The digest over the modules in force, in the order of their names.
pub fn in_force(state: &State) -> Digest {
    let digests: Vec<&[u8]> =
        state.in_force().values().map(|module| module.digest.as_bytes().as_slice()).collect();
    Digest::of_parts(&digests)
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
