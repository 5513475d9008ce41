//! A sum whose vectors came in chunks: fetched piece by piece, and checked chunk by chunk.

use std::collections::{BTreeMap, BTreeSet};

use concordat_secagg::{CHUNK, Checking, Mismatch, Params, Proof, RingVec, Session};
use concordat_terms::{Digest, PartyId};
use concordat_wire::api::{PIECE, Part};
use rand_core::CryptoRng;

use super::{Exchange, Finished, Lost, Round, SILENCE_MOST, fresh};
use crate::client::Fault;
use crate::random::Randomness;

/// How many chunks of a sum a node checks: all of a vector of up to a million elements, and as many
/// random ones of a longer one.
const CHECKED: usize = 64;

impl Round<'_> {
    /// The sum that a proof proves, of whichever attempt the plan allows.
    pub(super) fn finished_in_chunks(
        &self,
        proof: &Proof,
        exchange: &mut impl Exchange,
        random: &mut impl Randomness,
    ) -> Result<Finished, Lost> {
        // Every signature of it is of one attempt: the first says of which.
        let first = proof.keys.values().next();
        let holds = |session: &Session| first.is_none_or(|keys| keys.holds(session));
        let (attempt, session) = self.proved(|attempt| self.session(attempt), holds)?;
        let (sum, survivors) = checked(self.round, &session, proof, exchange, &mut fresh(random)?)
            .map_err(|why| match why {
                Unchecked::Fault(fault) => Lost::Fault(fault),
                Unchecked::Mismatch(why) => self.not_proved(&why),
            })?;
        let digest = proof.digest(&session, sum.digest());
        Ok(Finished { attempt, sum, survivors, digest })
    }
}

/// Why a sum is not known to be right.
#[derive(Debug, PartialEq, Eq)]
enum Unchecked {
    /// A part of it cannot be fetched.
    Fault(Fault),
    /// It does not follow from its messages.
    Mismatch(String),
}

impl From<Fault> for Unchecked {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Mismatch> for Unchecked {
    fn from(why: Mismatch) -> Self {
        Self::Mismatch(why.to_string())
    }
}

/// Fetches a sum, and recomputes as many of its chunks as are checked.
fn checked(
    round: u32,
    session: &Session,
    proof: &Proof,
    exchange: &mut impl Exchange,
    rng: &mut impl CryptoRng,
) -> Result<(RingVec, BTreeSet<PartyId>), Unchecked> {
    let params = session.params();
    let mut fetch = |part: &Part| fetch(round, part, exchange);
    let mut digests = BTreeMap::new();
    for party in proof.uploads.keys() {
        digests.insert(party.clone(), digests_of(&fetch(&Part::Digests(party.clone()))?));
    }
    let mut checking = Checking::begin(session, proof, digests)?;
    let survivors = checking.survivors();
    let sum = sum_of(params, &mut fetch)?;
    // Drawn after the sum is here: whoever published it could not know which.
    for chunk in drawn(params.chunks(), rng) {
        let words = words_of(&survivors, params, chunk, &fetch(&Part::Words(chunk))?);
        let published = sum.chunk(chunk).unwrap_or_else(|| RingVec::zeros(params.ring(), 0));
        checking.check(chunk, &words, &published)?;
    }
    Ok((sum, survivors))
}

/// Fetches the whole sum.
fn sum_of(
    params: &Params,
    fetch: &mut impl FnMut(&Part) -> Result<Vec<u8>, Fault>,
) -> Result<RingVec, Unchecked> {
    let mut sum = RingVec::zeros(params.ring(), 0);
    for first in (0..params.chunks()).step_by(PIECE) {
        let piece = RingVec::of_bytes(params.ring(), &fetch(&Part::Sum(first))?);
        let fits = piece.is_some_and(|piece| sum.append(&piece));
        if !fits || sum.len() != (first + PIECE).saturating_mul(CHUNK).min(params.dimension()) {
            return Err(Unchecked::Mismatch(format!("the sum has no good chunk {first}")));
        }
    }
    Ok(sum)
}

/// Fetches a part, again where the connection breaks: nothing is spent by that.
pub(super) fn fetch(
    round: u32,
    part: &Part,
    exchange: &mut impl Exchange,
) -> Result<Vec<u8>, Fault> {
    let mut silent = 0;
    loop {
        match exchange.fetch(round, part) {
            Ok(bytes) => return Ok(bytes),
            Err(Fault::Offline(_)) if silent < SILENCE_MOST => {
                silent += 1;
                exchange.pause(silent);
            }
            Err(fault) => return Err(fault),
        }
    }
}

fn digests_of(bytes: &[u8]) -> Vec<Digest> {
    let (digests, _) = bytes.as_chunks();
    digests.iter().map(|digest| Digest(*digest)).collect()
}

/// Each survivor's words, which follow one another; whoever's are missing is missing.
fn words_of(
    survivors: &BTreeSet<PartyId>,
    params: &Params,
    chunk: usize,
    bytes: &[u8],
) -> BTreeMap<PartyId, RingVec> {
    let len = params.chunk_len(chunk).min(CHUNK) * params.ring().bytes();
    let parts = bytes.chunks(len.max(1));
    let one = |(party, bytes): (&PartyId, &[u8])| {
        Some((party.clone(), RingVec::of_bytes(params.ring(), bytes)?))
    };
    survivors.iter().zip(parts).filter_map(one).collect()
}

/// The chunks to check, of so many: all, or [`CHECKED`] different ones, each set as likely.
fn drawn(chunks: usize, rng: &mut impl CryptoRng) -> BTreeSet<usize> {
    if chunks <= CHECKED {
        return (0..chunks).collect();
    }
    let bound = chunks as u64;
    let mut drawn = BTreeSet::new();
    while drawn.len() < CHECKED {
        // What lies beyond the last whole multiple would make the first chunks more likely.
        let draw = rng.next_u64();
        if draw < u64::MAX - u64::MAX % bound {
            drawn.insert((draw % bound) as usize);
        }
    }
    drawn
}

#[cfg(test)]
mod tests;
