//! What all rounds of a run rest on: the plan, the recipe, the parameters, the roster.

use std::collections::BTreeMap;

use concordat_agreement::Cited;
use concordat_learn::Recipe;
use concordat_partnership::State;
use concordat_partnership::act::Plan;
use concordat_replay::plan_params;
use concordat_secagg::{Binding, Params, Roster, Session, VerifyingKey};
use concordat_terms::{Digest, PartyId, RunId, SeatId, jcs};
use concordat_tlog::PublicKey;
use concordat_wire::api::RunResult;

use super::ending::signature;

/// What follows from the agreement, the plan and its recipe; the same for every participant.
#[derive(Clone, Debug)]
pub(crate) struct Basis {
    pub(crate) run: RunId,
    pub(crate) plan: Plan,
    pub(crate) recipe: Recipe,
    pub(crate) params: Params,
    pub(crate) scale_bits: u32,
    /// The seat that signs the result.
    pub(crate) seat: SeatId,
    /// The ledger keys of the plan's parties.
    pub(crate) keys: BTreeMap<PartyId, PublicKey>,
    pub(super) roster: Roster,
    pub(super) agreement: Digest,
}

impl Basis {
    /// Derives it from the state and the blob that the plan names.
    ///
    /// # Errors
    /// Why no round can be held on it.
    pub(crate) fn derive(state: &State, run: &RunId, recipe: &[u8]) -> Result<Self, String> {
        let known = state.runs().get(run).ok_or_else(|| format!("there is no run `{run}`"))?;
        let plan = known.proposed.plan.clone();
        let recipe: Recipe = jcs::from_bytes(recipe).map_err(|e| e.to_string())?;
        recipe.check().map_err(|e| e.to_string())?;
        if recipe.digest() != plan.recipe
            || u32::try_from(recipe.dimension()) != Ok(plan.dimension)
            || recipe.rounds != plan.rounds
        {
            return Err("the recipe differs from the plan".to_owned());
        }
        let Some(Cited { terms, .. }) = state.agreement().aggregation() else {
            return Err("the agreement has no aggregation".to_owned());
        };
        let digests: Vec<&[u8]> =
            state.in_force().values().map(|module| module.digest.as_bytes().as_slice()).collect();
        Ok(Self {
            run: run.clone(),
            params: plan_params(state.agreement(), &plan)?,
            scale_bits: terms.scale_bits,
            seat: terms.of.clone(),
            keys: by_party(state, &plan, |text| text.parse().ok())?,
            roster: roster(state, &plan)?,
            agreement: Digest::of_parts(&digests),
            plan,
            recipe,
        })
    }

    /// Whether the party that the result names signed it.
    ///
    /// # Errors
    /// Why it did not.
    pub(crate) fn check_result(&self, result: &RunResult) -> Result<(), String> {
        let party = &result.party;
        let key = self.keys.get(party).ok_or_else(|| format!("`{party}` is not in the plan"))?;
        key.verify(&result.message(&self.run), &signature(&result.signature)?)
            .map_err(|_| format!("the signature of `{party}` under its result does not verify"))
    }

    /// The session of one attempt at the round that starts from `model`.
    pub(crate) fn session(&self, round: u32, attempt: u32, model: Digest) -> Option<Session> {
        let recipe = self.recipe.digest();
        let quantiser =
            Digest::of_parts(&[recipe.as_bytes(), self.scale_bits.to_be_bytes().as_slice()]);
        let (agreement, run) = (self.agreement, self.run.clone());
        let binding = Binding { agreement, run, round, attempt, model, quantiser };
        Session::new(self.params.clone(), self.roster.clone(), &binding).ok()
    }
}

/// The key of each party of the plan, as `key` reads it from the founding statement.
fn by_party<T>(
    state: &State,
    plan: &Plan,
    key: impl Fn(&str) -> Option<T>,
) -> Result<BTreeMap<PartyId, T>, String> {
    let founders = state.genesis().map(|genesis| &genesis.parties);
    let keys = plan.datasets.keys().map(|party| {
        let founder = founders.and_then(|founders| founders.get(party));
        let key = founder.and_then(|founder| key(&founder.key));
        Ok((party.clone(), key.ok_or_else(|| format!("`{party}` has no ledger key"))?))
    });
    keys.collect()
}

fn roster(state: &State, plan: &Plan) -> Result<Roster, String> {
    let keys = by_party(state, plan, |text| {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        VerifyingKey::from_bytes(&bytes).ok()
    });
    Roster::new(keys?).map_err(|e| e.to_string())
}
