//! The contributor: it says one thing, and may fall silent.

use concordat_terms::{Digest, PartyId};
use ed25519_dalek::SigningKey;
use rand_core::CryptoRng;
use zeroize::Zeroize as _;

use super::message::check_offers;
use super::{Abort, BadOffer, Contribution, Offers, Outgoing, Session, Signed};
use crate::agree::{agree, public_of};
use crate::cover::{Cover, Covered};
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
) -> Result<Outgoing<Contribution>, Abort> {
    let begun = begin(session, party, identity, offers, rng);
    let Agreed { key, offers, cover } = begun.inspect_err(|_| vector.zeroize())?;
    let Covered { vector: digest, chunks } = cover.whole(&mut vector)?;
    let body = Contribution { key, offers, vector: digest };
    Ok(Outgoing {
        message: Signed::new(session, party.clone(), body, identity),
        chunks,
        words: vector,
    })
}

/// Agrees a mask with each aggregator.
fn begin(
    session: &Session,
    party: &PartyId,
    identity: &SigningKey,
    offers: &Offers,
    rng: &mut impl CryptoRng,
) -> Result<Agreed, Abort> {
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
    Ok(Agreed { key, offers: digest, cover: Cover::new(session.params(), masks) })
}

/// What a contributor has once it agreed its masks.
struct Agreed {
    /// Public; the secret half is gone.
    key: [u8; 32],
    offers: Digest,
    cover: Cover,
}
