//! What a run's rounds rest on: derived once, here, for the coordinator and every participant.

use std::collections::BTreeMap;

use concordat_agreement::{Agreement, Cited, Protocol};
use concordat_partnership::State;
use concordat_partnership::act::Plan;
use concordat_secagg::{BadRoster, Binding, Params, Roster, Session, VerifyingKey};
use concordat_terms::{Digest, PartyId, RunId, SeatId};
use concordat_tlog::PublicKey;

use crate::facts::plan_params;

/// What every attempt at every round of a run is bound to. Whoever derives another one shares no
/// key with the others.
#[derive(Clone, Debug)]
pub struct RoundBasis {
    /// The run.
    pub run: RunId,
    /// The proved parameters of secure aggregation.
    pub params: Params,
    /// The parties of the plan with their ledger keys.
    pub roster: Roster,
    /// The digest over the modules in force.
    pub agreement: Digest,
    /// The plan's recipe.
    pub recipe: Digest,
    /// Fraction bits of a contribution.
    pub scale_bits: u32,
    /// The seat for which participants join, and sign the result.
    pub seat: SeatId,
}

/// Why no round can be held under a plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoBasis {
    /// Nobody agreed on how to aggregate.
    #[error("the agreement has no aggregation")]
    NoAggregation,
    /// The agreement has three aggregators, which no service of this release runs. Summing in another
    /// way than was agreed is no way out.
    #[error("the agreement has three aggregators, which this release does not run")]
    ThreeAggregators,
    /// The plan's parameters cannot hold.
    #[error("{0}")]
    Impossible(String),
    /// A party of the plan that the genesis does not name.
    #[error("`{0}` has no ledger key")]
    NoLedgerKey(PartyId),
    /// The parties' keys make no roster.
    #[error(transparent)]
    Roster(#[from] BadRoster),
}

impl RoundBasis {
    /// Derives it from the agreement in force, the genesis and the plan.
    ///
    /// # Errors
    /// [`NoBasis`].
    pub fn derive(state: &State, run: &RunId, plan: &Plan) -> Result<Self, NoBasis> {
        let roster = ledger_keys(state, plan)?.into_iter().map(|(party, key)| {
            let key = VerifyingKey::from_bytes(key.as_bytes());
            Ok((party.clone(), key.map_err(|_| NoBasis::NoLedgerKey(party))?))
        });
        let roster = Roster::new(roster.collect::<Result<_, NoBasis>>()?)?;
        let in_force = state.agreement_digest_of(&plan.project);
        Self::on(state.agreement(), in_force, roster, run, plan)
    }

    /// Derives it where no log has brought the agreement into force: for a bench.
    ///
    /// # Errors
    /// [`NoBasis`].
    pub fn on(
        agreement: &Agreement,
        in_force: Digest,
        roster: Roster,
        run: &RunId,
        plan: &Plan,
    ) -> Result<Self, NoBasis> {
        let Some(Cited { terms, .. }) = agreement.aggregation() else {
            return Err(NoBasis::NoAggregation);
        };
        if terms.aggregation != Protocol::PairwiseMasks {
            return Err(NoBasis::ThreeAggregators);
        }
        Ok(Self {
            run: run.clone(),
            params: plan_params(agreement, plan).map_err(NoBasis::Impossible)?,
            roster,
            agreement: in_force,
            recipe: plan.recipe,
            scale_bits: terms.scale_bits,
            seat: terms.of.clone(),
        })
    }

    /// The session of one attempt at the round that starts from the model `model`.
    ///
    /// # Errors
    /// [`BadRoster::WrongCount`], where the roster is of other parties than the parameters are.
    pub fn session(&self, round: u32, attempt: u32, model: Digest) -> Result<Session, BadRoster> {
        let scale_bits = self.scale_bits.to_be_bytes();
        let quantiser = Digest::of_parts(&[self.recipe.as_bytes(), scale_bits.as_slice()]);
        let (agreement, run) = (self.agreement, self.run.clone());
        let binding = Binding { agreement, run, round, attempt, model, quantiser };
        Session::new(self.params.clone(), self.roster.clone(), &binding)
    }
}

/// The ledger key of each party of the plan, as the log has it now.
///
/// # Errors
/// [`NoBasis::NoLedgerKey`].
pub fn ledger_keys(state: &State, plan: &Plan) -> Result<BTreeMap<PartyId, PublicKey>, NoBasis> {
    let keys = plan.datasets.keys().map(|party| {
        let key = state.ledger_key(party).and_then(|key| key.parse().ok());
        Ok((party.clone(), key.ok_or_else(|| NoBasis::NoLedgerKey(party.clone()))?))
    });
    keys.collect()
}
