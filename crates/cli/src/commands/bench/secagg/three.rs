//! The same sum over three aggregators, measured: contributors, each kind of aggregator, and
//! whoever adds the shares up.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::hint::black_box;
use std::time::Duration;

use concordat_secagg::three::{
    self, Aggregator, Contribution, Offers, Proof, Role, Session, Signed, Three, combine,
};
use concordat_secagg::{RingVec, SigningKey, floor};
use concordat_terms::{Digest, PartyId};
use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng as _;

use super::attempt::{self, Shape, least, once, right, took_by, value};

/// What an attempt took.
#[derive(Debug)]
pub(super) struct Measured {
    /// Of each contributor: agreeing, masking, hashing and signing its vector.
    pub(super) masked: Vec<Duration>,
    /// Three keystreams, and one pass over the vector.
    pub(super) mask_floor: Duration,
    /// All that the public aggregator does; the private one does the same.
    pub(super) sided: Duration,
    /// The keystreams of all contributors.
    pub(super) sided_floor: Duration,
    /// All that the neutral one does.
    pub(super) neutral: Duration,
    /// Those keystreams, and the additions of all uploads.
    pub(super) neutral_floor: Duration,
    /// A participant's check, with the sum.
    pub(super) combined: Duration,
    /// Adding three vectors.
    pub(super) combined_floor: Duration,
    /// One pass of SHA-256 over the bytes of a vector: a contributor makes one, an aggregator that
    /// opens a share one, the neutral one another for each upload, and who adds the shares up three.
    pub(super) digest: Duration,
}

/// Runs an attempt in which everybody is honest and heard, and measures it.
///
/// # Errors
/// What went wrong, as a phrase: nothing does.
pub(super) fn measure(shape: Shape) -> Result<Measured, String> {
    let (inner, keys) = attempt::session(shape)?;
    let ledger = each(|role| SigningKey::from_bytes(&Digest::of(role.as_str().as_bytes()).0));
    let aggregators = Three::make(|role| {
        let party: PartyId = role.as_str().parse().map_err(|_| "no name".to_owned())?;
        Ok::<_, String>(Aggregator { party, key: ledger.of(role).verifying_key() })
    })?;
    let session = Session::new(inner, aggregators).map_err(|e| e.to_string())?;
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    let mut took = each(|_| Duration::ZERO);

    let offered = Three::make(|role| {
        let key = ledger.of(role).clone();
        took_by(of(&mut took, role), || three::offer(session.clone(), role, key, &mut rng))
    })?;
    let offers: Offers = each(|role| offered.of(role).1.clone());
    let mut gathering = transposed(
        offered.map(|role, (state, _)| took_by(of(&mut took, role), || state.gather(&offers))),
    )?;

    let (mut masked, mut contributions) = (Vec::new(), BTreeMap::new());
    for (party, key) in keys {
        let (said, words) = contribute(&session, &party, &key, &offers, &mut masked, &mut rng)?;
        let Three { public, private, neutral } = &mut gathering;
        took_by(&mut took.public, || public.receive(said.clone()))?;
        took_by(&mut took.private, || private.receive(said.clone()))?;
        took_by(&mut took.neutral, || neutral.receive(said.clone()))?;
        took_by(&mut took.neutral, || neutral.read(&party, &words))?;
        contributions.insert(party, said);
    }

    let closed =
        transposed(gathering.map(|role, state| took_by(of(&mut took, role), || state.close())))?;
    let held = each(|role| closed.of(role).1.clone());
    // Everybody is on the roster: no words have to be taken off again.
    let nobodys = |_: &PartyId| RingVec::zeros(session.params().ring(), 0);
    let agreed = transposed(
        closed.map(|role, (state, _)| took_by(of(&mut took, role), || state.agree(&held, nobodys))),
    )?;
    let rosters = each(|role| agreed.of(role).1.signature);
    let opened = transposed(
        agreed.map(|role, (state, _)| took_by(of(&mut took, role), || state.open(&rosters))),
    )?;
    let shares = each(|role| opened.of(role).message.clone());
    let words = opened.map(|_, own| own.words);
    let proof = Proof { offers, contributions, rosters, shares };
    let mut combined = Duration::ZERO;
    let sum = took_by(&mut combined, || combine(&session, &proof, &words))?;
    right(&sum.vector, shape.clients as usize)?;
    drop(words);

    let floors = floors(shape, &sum.vector);
    Ok(Measured {
        masked,
        mask_floor: floors.mask,
        sided: took.public,
        sided_floor: floors.keystreams,
        neutral: took.neutral,
        neutral_floor: floors.keystreams + floors.additions,
        combined,
        combined_floor: floors.three,
        digest: attempt::hashing(&sum.vector),
    })
}

fn contribute(
    session: &Session,
    party: &PartyId,
    key: &SigningKey,
    offers: &Offers,
    masked: &mut Vec<Duration>,
    rng: &mut ChaCha12Rng,
) -> Result<(Signed<Contribution>, RingVec), String> {
    let params = session.params();
    let vector = RingVec::from_signed(params.ring(), (0..params.dimension()).map(value));
    let mut masking = Duration::ZERO;
    let own =
        took_by(&mut masking, || three::contribute(session, party, key, offers, vector, rng))?;
    masked.push(masking);
    Ok((own.message, own.words))
}

/// What no such sum can do without.
struct Floors {
    mask: Duration,
    keystreams: Duration,
    additions: Duration,
    three: Duration,
}

fn floors(shape: Shape, vector: &RingVec) -> Floors {
    let (all, bytes) =
        (shape.clients as usize, shape.dimension as usize * shape.ring_bits as usize / 8);
    let mut sum = RingVec::zeros(vector.ring(), vector.len());
    let mut accumulate = |times: usize| {
        let add = |_| _ = black_box(black_box(&mut sum).add(vector));
        once(|| (0..times).for_each(add)).1
    };
    let one = least(|| accumulate(1));
    let (three, additions) = (least(|| accumulate(3)), accumulate(all));
    let keystreams = |count: usize| once(|| floor::keystreams(count, bytes)).1;
    let mask = least(|| keystreams(3)) + one;
    Floors { mask, keystreams: keystreams(all), additions, three }
}

fn each<T>(mut make: impl FnMut(Role) -> T) -> Three<T> {
    let Ok(three) = Three::make(|role| Ok::<T, Infallible>(make(role)));
    three
}

/// All three, or the first that went wrong.
fn transposed<T>(three: Three<Result<T, String>>) -> Result<Three<T>, String> {
    let Three { public, private, neutral } = three;
    Ok(Three { public: public?, private: private?, neutral: neutral? })
}

fn of<T>(three: &mut Three<T>, role: Role) -> &mut T {
    match role {
        Role::Public => &mut three.public,
        Role::Private => &mut three.private,
        Role::Neutral => &mut three.neutral,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_with_three_aggregators_is_measured_through_to_its_sum() {
        for ring_bits in [32, 64] {
            let shape = Shape { clients: 5, dimension: 2_003, ring_bits, dropped: 0 };
            assert_eq!(measure(shape).unwrap().masked.len(), 5);
        }
    }
}
