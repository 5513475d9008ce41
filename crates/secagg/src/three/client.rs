//! The contributor: it says one thing, and may fall silent.

use std::fmt;

use concordat_terms::{Digest, PartyId};
use ed25519_dalek::SigningKey;
use rand_core::CryptoRng;
use zeroize::Zeroize as _;

use super::message::check_offers;
use super::{Abort, BadOffer, Contribution, Offers, Session, Signed};
use crate::agree::{agree, public_of};
use crate::cover::Cover;
use crate::mask::{Masks, Purpose, Sign, derive};
use crate::{RingVec, Secret};

/// Masks a vector that is in memory, and signs it.
///
/// `vector` is the quantised contribution with its noise, `dimension` elements of the agreed ring,
/// none larger than [`Params::contribution_most`](crate::Params::contribution_most). It comes back
/// under its masks. `identity` is the ledger key of `party`.
///
/// # Errors
///
/// [`Abort`]; the vector is wiped then.
pub fn contribute(
    session: &Session,
    party: &PartyId,
    identity: &SigningKey,
    offers: &Offers,
    mut vector: RingVec,
    rng: &mut impl CryptoRng,
) -> Result<(Signed<Contribution>, RingVec), Abort> {
    let begun = begin(session, party, identity, offers, rng);
    let Masking { session, party, identity, key, offers, cover } =
        begun.inspect_err(|_| vector.zeroize())?;
    let digest = cover.whole(&mut vector)?.vector;
    let body = Contribution { key, offers, vector: digest };
    Ok((Signed::new(&session, party, body, &identity), vector))
}

/// Agrees a mask with each aggregator, for a vector that is masked chunk by chunk.
///
/// # Errors
///
/// [`Abort`], when the party has no place in the session or an offer is not right.
pub fn begin(
    session: &Session,
    party: &PartyId,
    identity: &SigningKey,
    offers: &Offers,
    rng: &mut impl CryptoRng,
) -> Result<Masking, Abort> {
    let Some((point, ledger)) = session.point(party).zip(session.roster().key(party)) else {
        return Err(Abort::NotInRoster { party: party.clone() });
    };
    if *ledger != identity.verifying_key() {
        return Err(Abort::NotMyKey { name: party.to_string() });
    }
    let digest = check_offers(session, offers)?;

    let secret = Secret::random(rng);
    let key = public_of(&secret);
    let mut masks = Masks::default();
    for (role, offer) in offers.iter() {
        let theirs = &offer.body.key;
        let shared = agree(&secret, theirs).ok_or(BadOffer::Key { role })?;
        let purpose =
            Purpose::AggregatorMask { client: (point, &key), aggregator: (role.number(), theirs) };
        masks.push(Sign::Add, &derive(session.id(), shared.as_bytes(), purpose));
    }
    let (session, party, identity) = (session.clone(), party.clone(), identity.clone());
    let cover = Cover::new(session.params(), masks);
    Ok(Masking { session, party, identity, key, offers: digest, cover })
}

/// Masks a vector chunk by chunk: each chunk once, in order.
pub struct Masking {
    session: Session,
    party: PartyId,
    identity: SigningKey,
    /// Public; the secret half is gone.
    key: [u8; 32],
    offers: Digest,
    cover: Cover,
}

impl Masking {
    /// Masks the next chunk in place: [`CHUNK`](crate::CHUNK) elements of the vector, fewer at its
    /// end.
    ///
    /// # Errors
    ///
    /// [`Abort::Vector`]; the chunk is wiped then, and none of it is used.
    pub fn mask(&mut self, words: &mut RingVec) -> Result<(), Abort> {
        Ok(self.cover.chunk(words)?)
    }

    /// Signs the whole, once every chunk is masked.
    ///
    /// # Errors
    ///
    /// [`Abort::Vector`], when chunks are missing.
    pub fn finish(self) -> Result<Signed<Contribution>, Abort> {
        let Self { session, party, identity, key, offers, cover } = self;
        let body = Contribution { key, offers, vector: cover.finish()?.vector };
        Ok(Signed::new(&session, party, body, &identity))
    }
}

/// Shows whose state it is, since all else is secret.
impl fmt::Debug for Masking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Masking(`{}`, redacted)", self.party)
    }
}
