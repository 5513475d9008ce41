//! What a node does for a run, of whichever kind it is.

use std::collections::BTreeSet;

use concordat_agreement::RunKind;
use concordat_learn::query::Query;
use concordat_secagg::SigningKey;
use concordat_terms::{Cost, Digest, PartyId, Problem, RunId, jcs};

use super::{Node, trainers};
use crate::plan::{Member, Ready, ReadyQuery, check, check_query, still_allowed};
use crate::random::Randomness;
use crate::rounds::{Exchange, Progress, answer, take_part};
use crate::train::Noise;

/// A run that this node takes part in, with what its own rows give.
pub(super) enum Errand {
    Training(Box<Ready>),
    Query(Box<ReadyQuery>),
}

/// What came of a run, as its result states it.
pub(super) struct Ended {
    /// The model, or the answer.
    pub(super) bytes: Vec<u8>,
    pub(super) rounds: u32,
    pub(super) attempts: u32,
    pub(super) transcript: Digest,
    pub(super) roster: BTreeSet<PartyId>,
}

impl Errand {
    pub(super) fn member(&self) -> Member<'_> {
        match self {
            Self::Training(ready) => ready.member(),
            Self::Query(ready) => ready.member(),
        }
    }

    /// What it costs this party's account.
    pub(super) fn cost(&self) -> &Cost {
        match self {
            Self::Training(ready) => &ready.task.cost,
            Self::Query(ready) => &ready.asked.cost,
        }
    }

    /// What the steward should know before it is joined.
    pub(super) fn warning(&self) -> Option<&Problem> {
        match self {
            Self::Training(_) => None,
            Self::Query(ready) => ready.asked.warning.as_ref(),
        }
    }

    /// Takes part in all rounds.
    pub(super) fn play(
        &self,
        identity: &SigningKey,
        exchange: &mut impl Exchange,
        random: &mut impl Randomness,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Ended, Problem> {
        match self {
            Self::Training(ready) => {
                let ended = take_part(ready, identity, Noise::Exact, exchange, random, tell)?;
                Ok(Ended {
                    bytes: ended.model.to_bytes(),
                    rounds: ended.rounds,
                    attempts: ended.attempts,
                    transcript: ended.transcript,
                    roster: ended.roster,
                })
            }
            Self::Query(ready) => {
                let ended = answer(ready, identity, Noise::Exact, exchange, random, tell)?;
                Ok(Ended {
                    bytes: ended.released.to_bytes(),
                    rounds: 1,
                    attempts: ended.attempts,
                    transcript: ended.transcript,
                    roster: ended.roster,
                })
            }
        }
    }
}

impl Node {
    /// Checks a run against this party's own log, rows and salt.
    pub(super) fn errand(&self, run: &RunId) -> Result<Errand, Problem> {
        let mut follower = self.log.follower();
        let plan = still_allowed(follower.state(), follower.party(), run)?.clone();
        let recipe = follower.blob(&plan.recipe).map_err(|fault| fault.problem())?;
        let home = &self.log.home;
        let version = plan.datasets.get(follower.party());
        let version = version.ok_or_else(|| super::taking_part::not_named(run))?;
        // The rows as they were listed, whatever has become of their source since.
        let table = home.frozen(&plan.asset, version)?;
        let salt = home.salt(&plan.asset)?;
        if plan.trainer.is_some() && plan.kind != RunKind::Query {
            // Programs may take long: the log is followed meanwhile.
            drop(follower);
            let ready = trainers::ready(&self.log, run, &plan, (&recipe, &table, &salt))?;
            return Ok(Errand::Training(Box::new(ready)));
        }
        if plan.kind != RunKind::Query {
            let (state, party) = (follower.state(), follower.party());
            let ready = check(state, party, run, &recipe, &table, &salt)?;
            return Ok(Errand::Training(Box::new(ready)));
        }
        // What the query is, is checked below: here only which model is to be fetched for it.
        let model = jcs::from_bytes::<Query>(&recipe).ok().and_then(|query| query.model);
        // Only what the log knows as a model is asked for.
        let model = model.filter(|digest| follower.state().models().contains_key(digest));
        let model = model.map(|digest| follower.blob(&digest)).transpose();
        let model = model.map_err(|fault| fault.problem())?;
        let (state, party) = (follower.state(), follower.party());
        let ready = check_query(state, party, run, &recipe, model.as_deref(), (&table, &salt))?;
        Ok(Errand::Query(Box::new(ready)))
    }
}
