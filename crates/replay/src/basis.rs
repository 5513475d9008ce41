//! What a run's rounds rest on: derived once, here, for the coordinator and every participant.

use std::collections::BTreeMap;

use concordat_agreement::{Aggregation, Agreement, Cited, Protocol};
use concordat_partnership::State;
use concordat_partnership::act::Plan;
use concordat_secagg::three::{self, Aggregator, BadAggregators, Role, Three};
use concordat_secagg::{BadRoster, Binding, Params, Roster, Session, VerifyingKey};
use concordat_terms::{Digest, PartyId, RunId, SeatId, Side, jcs};
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
    /// How contributions are summed.
    pub way: Way,
    /// The parties of the plan with their ledger keys.
    pub roster: Roster,
    /// The log's name, the digest of its genesis: two partnerships under the same texts, with the
    /// same keys and a run of the same name, share no session.
    pub log: Digest,
    /// The digest over the modules in force.
    pub agreement: Digest,
    /// The digest of the whole plan: whose rows, for what, how often.
    pub plan: Digest,
    /// The plan's recipe.
    pub recipe: Digest,
    /// Fraction bits of a contribution.
    pub scale_bits: u32,
    /// The seat for which participants join, and sign the result.
    pub seat: SeatId,
}

/// How the contributions of a round are summed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// Under masks between the participants.
    PairwiseMasks,
    /// In three hands, each with its ledger key as the log has it now.
    ThreeAggregators(Box<Three<Aggregator>>),
}

impl Way {
    /// For whom a party runs an aggregator, if it runs one.
    pub fn role_of(&self, party: &PartyId) -> Option<Role> {
        let Self::ThreeAggregators(three) = self else { return None };
        three.iter().find(|(_, one)| one.party == *party).map(|(role, _)| role)
    }
}

/// Why no round can be held under a plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoBasis {
    /// Nobody agreed on how to aggregate.
    #[error("the agreement has no aggregation")]
    NoAggregation,
    /// The clause names no aggregator of this side.
    #[error("the agreement names no {0} aggregator")]
    NoAggregator(Role),
    /// The three cannot be used.
    #[error(transparent)]
    Aggregators(#[from] BadAggregators),
    /// The plan's parameters cannot hold, or it has no spelling.
    #[error("{0}")]
    Impossible(String),
    /// A party of the plan, or one that runs an aggregator, that the log has no good ledger key of.
    #[error("`{0}` has no good ledger key")]
    NoLedgerKey(PartyId),
    /// The parties' keys make no roster.
    #[error(transparent)]
    Roster(#[from] BadRoster),
}

impl RoundBasis {
    /// Derives it from the genesis, the agreement in force and the plan.
    ///
    /// # Errors
    /// [`NoBasis`].
    pub fn derive(state: &State, run: &RunId, plan: &Plan) -> Result<Self, NoBasis> {
        // Before the genesis there is no agreement either.
        let log = state.log().ok_or(NoBasis::NoAggregation)?;
        let in_force = state.agreement_digest_of(&plan.project);
        let key = |party: &PartyId| good_key(state, party);
        Self::on(state.agreement(), (log, in_force), key, run, plan)
    }

    /// Derives it where no log has brought the agreement into force, for a bench: `log` and
    /// `in_force` stand for both, and `key` is the ledger key of a party.
    ///
    /// # Errors
    /// [`NoBasis`].
    pub fn on(
        agreement: &Agreement,
        (log, in_force): (Digest, Digest),
        key: impl Fn(&PartyId) -> Option<VerifyingKey>,
        run: &RunId,
        plan: &Plan,
    ) -> Result<Self, NoBasis> {
        let Some(Cited { terms, .. }) = agreement.aggregation() else {
            return Err(NoBasis::NoAggregation);
        };
        let key = |party: &PartyId| key(party).ok_or_else(|| NoBasis::NoLedgerKey(party.clone()));
        let roster = plan.datasets.keys().map(|party| Ok((party.clone(), key(party)?)));
        let roster = Roster::new(roster.collect::<Result<_, NoBasis>>()?)?;
        let text = jcs::to_bytes(plan).map_err(|e| NoBasis::Impossible(e.to_string()))?;
        let basis = Self {
            run: run.clone(),
            params: plan_params(agreement, plan).map_err(NoBasis::Impossible)?,
            way: way(agreement, terms, key)?,
            roster,
            log,
            agreement: in_force,
            plan: Digest::of(&text),
            recipe: plan.recipe,
            scale_bits: terms.scale_bits,
            seat: terms.of.clone(),
        };
        // Whatever a round starts from: that its parties can be in a session, or not.
        basis.three(0, 0, Digest([0; 32]))?;
        Ok(basis)
    }

    /// The first party whose good ledger key, by the log as it is now, is not the one that its rounds
    /// are bound to: it was revoked, compromised or replaced since. Whoever had it could speak for the
    /// party in every step that is still to come.
    pub fn without_its_key(&self, state: &State) -> Option<&PartyId> {
        let aggregators = match &self.way {
            Way::PairwiseMasks => None,
            Way::ThreeAggregators(three) => {
                Some(three.iter().map(|(_, one)| (&one.party, &one.key)))
            }
        };
        let roster =
            self.roster.parties().filter_map(|party| Some((party, self.roster.key(party)?)));
        let mut bound = roster.chain(aggregators.into_iter().flatten());
        bound.find(|(party, key)| good_key(state, party) != Some(**key)).map(|(party, _)| party)
    }

    /// The session of one attempt with three aggregators; none where masks are agreed.
    ///
    /// # Errors
    /// [`NoBasis::Roster`] and [`NoBasis::Aggregators`]: parties that cannot be in one.
    pub fn three(
        &self,
        round: u32,
        attempt: u32,
        model: Digest,
    ) -> Result<Option<three::Session>, NoBasis> {
        let Way::ThreeAggregators(three) = &self.way else { return Ok(None) };
        let session = self.session(round, attempt, model)?;
        Ok(Some(three::Session::new(session, (**three).clone())?))
    }

    /// The session of one attempt at the round that starts from the model `model`.
    ///
    /// # Errors
    /// [`BadRoster::WrongCount`], where the roster is of other parties than the parameters are.
    pub fn session(&self, round: u32, attempt: u32, model: Digest) -> Result<Session, BadRoster> {
        let scale_bits = self.scale_bits.to_be_bytes();
        let quantiser = Digest::of_parts(&[self.recipe.as_bytes(), scale_bits.as_slice()]);
        let agreed = Digest::of_parts(&[
            b"concordat/rounds/v1",
            self.log.as_bytes(),
            self.agreement.as_bytes(),
            self.plan.as_bytes(),
        ]);
        let run = self.run.clone();
        let binding = Binding { agreed, run, round, attempt, model, quantiser };
        Session::new(self.params.clone(), self.roster.clone(), &binding)
    }
}

/// How the clause says, with the keys of whoever runs an aggregator: by the side that it is on.
fn way(
    agreement: &Agreement,
    terms: &Aggregation,
    key: impl Fn(&PartyId) -> Result<VerifyingKey, NoBasis>,
) -> Result<Way, NoBasis> {
    if terms.aggregation == Protocol::PairwiseMasks {
        return Ok(Way::PairwiseMasks);
    }
    let side = |party: &PartyId| agreement.party(party).map(|named| named.terms.side);
    let three = Three::make(|role| {
        let of = match role {
            Role::Public => Side::Public,
            Role::Private => Side::Private,
            Role::Neutral => Side::Independent,
        };
        let found = terms.aggregators.iter().find(|party| side(party) == Some(of));
        let party = found.ok_or(NoBasis::NoAggregator(role))?.clone();
        let key = key(&party)?;
        Ok(Aggregator { party, key })
    });
    three.map(|three| Way::ThreeAggregators(Box::new(three)))
}

/// The ledger key that a party can sign with now.
fn good_key(state: &State, party: &PartyId) -> Option<VerifyingKey> {
    let key: PublicKey = state.good_ledger_key(party)?.parse().ok()?;
    VerifyingKey::from_bytes(key.as_bytes()).ok()
}

/// The good ledger key of each party of the plan, as the log has it now.
///
/// # Errors
/// [`NoBasis::NoLedgerKey`].
pub fn ledger_keys(state: &State, plan: &Plan) -> Result<BTreeMap<PartyId, PublicKey>, NoBasis> {
    let keys = plan.datasets.keys().map(|party| {
        let key = state.good_ledger_key(party).and_then(|key| key.parse().ok());
        Ok((party.clone(), key.ok_or_else(|| NoBasis::NoLedgerKey(party.clone()))?))
    });
    keys.collect()
}
