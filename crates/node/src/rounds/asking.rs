//! The one round of a query.

use std::collections::BTreeSet;

use concordat_learn::query::Released;
use concordat_secagg::SigningKey;
use concordat_terms::{Digest, PartyId, Problem};

use super::{Draws, Exchange, Own, Progress, Round, all_of};
use crate::plan::{Asked, ReadyQuery};
use crate::random::Randomness;
use crate::train::Noise;

/// What a participant in a query ends up with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The released sum.
    pub released: Released,
    /// Attempts that were charged.
    pub attempts: u32,
    /// The digest over the transcript's digest.
    pub transcript: Digest,
    /// Whose rows are in the sum.
    pub roster: BTreeSet<PartyId>,
}

/// Takes part in the round of a query: as [`super::take_part`] in those of a training.
///
/// # Errors
/// As [`super::take_part`].
pub fn answer(
    ready: &ReadyQuery,
    identity: &SigningKey,
    noise: Noise,
    exchange: &mut impl Exchange,
    random: &mut impl Randomness,
    tell: &mut dyn FnMut(Progress),
) -> Result<Answered, Problem> {
    let Asked { query, plan, variance, made, .. } = &ready.asked;
    let (mut own, draws, member) = (Own::default(), Draws::Query(ready), ready.member());
    let (round, start) = (0, plan.recipe);
    let mut one = Round { member, draws, identity, noise, round, start, own: &mut own };
    let finished = one.play(exchange, random, tell)?;
    tell(Progress::Round { round: 1, rounds: 1 });
    let released = Released {
        query: query.clone(),
        made: made.clone(),
        of: finished.survivors.clone(),
        node_variance: *variance,
        sum: finished.sum.to_signed(),
    };
    let (roster, attempts) = (finished.survivors, 1 + finished.attempt);
    Ok(Answered { released, attempts, transcript: all_of(&[finished.digest]), roster })
}
