//! What a run's room rests on: what all its rounds are bound to, its plan and its recipe.

use std::collections::BTreeMap;

use concordat_partnership::State;
use concordat_partnership::act::Plan;
use concordat_replay::{RoundBasis, ledger_keys};
use concordat_terms::{PartyId, RunId};
use concordat_tlog::PublicKey;
use concordat_wire::api::RunResult;

use super::ending::signature;
use super::subject::Subject;

/// What follows from the agreement, the plan and its recipe; the same for every participant.
#[derive(Clone, Debug)]
pub(crate) struct Basis {
    /// What participants derive alike.
    pub(crate) rounds: RoundBasis,
    pub(crate) plan: Plan,
    pub(crate) subject: Subject,
    /// The ledger keys of the plan's parties.
    pub(crate) keys: BTreeMap<PartyId, PublicKey>,
}

impl Basis {
    /// Derives it from the state and the blob that the plan names.
    ///
    /// # Errors
    /// Why no round can be held on it.
    pub(crate) fn derive(state: &State, run: &RunId, recipe: &[u8]) -> Result<Self, String> {
        let known = state.runs().get(run).ok_or_else(|| format!("there is no run `{run}`"))?;
        let plan = known.proposed.plan.clone();
        Ok(Self {
            subject: Subject::read(&plan, recipe)?,
            rounds: RoundBasis::derive(state, run, &plan).map_err(|e| e.to_string())?,
            keys: ledger_keys(state, &plan).map_err(|e| e.to_string())?,
            plan,
        })
    }

    /// Whether the party that the result names signed it.
    ///
    /// # Errors
    /// Why it did not.
    pub(crate) fn check_result(&self, result: &RunResult) -> Result<(), String> {
        let party = &result.party;
        let key = self.keys.get(party).ok_or_else(|| format!("`{party}` is not in the plan"))?;
        key.verify(
            &result.message(self.rounds.log, &self.rounds.run),
            &signature(&result.signature)?,
        )
        .map_err(|_| format!("the signature of `{party}` under its result does not verify"))
    }
}
