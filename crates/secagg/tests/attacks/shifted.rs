//! Three aggregators: a sum that is not what the contributions add up to.
//!
//! One of these attacks works, and is run here so that nobody believes otherwise: an aggregator can
//! shift the sum by what it likes, within what the contributors may add up to.

use concordat_secagg::RingVec;
use concordat_secagg::three::{Mismatch, Proof, Role, Share, Signed, Step, Three, TooFew, combine};
use concordat_terms::Digest;
use rand_core::Rng as _;

use crate::aggregators::{resign, shift, words};
use crate::common::{SplitMix64, party};
use crate::world::{World, four, of_each, runs};

#[test]
fn a_sum_that_others_than_the_three_changed_is_refused() {
    let world = World::new(&four(), 34);
    let (proof, shares) = world.finished();
    assert!(combine(&four(), &proof, &shares).is_ok());
    // The coordinator alters words, or cuts them.
    let mut changed = shares.clone();
    assert!(changed.private.add(&shift(2, 1)));
    let other = Mismatch::OtherShare { role: Role::Private };
    assert_eq!(combine(&four(), &proof, &changed).unwrap_err(), other);
    changed.private = RingVec::U32(words(&shares.private)[..5].to_vec());
    assert_eq!(combine(&four(), &proof, &changed).unwrap_err(), other);
    // It leaves a contributor out, or too many.
    let mut short = proof.clone();
    short.contributions.remove(&party("birch"));
    let refused = combine(&four(), &short, &shares).unwrap_err();
    assert_eq!(refused, Mismatch::BadSignature { role: Role::Public, step: Step::Agree });
    short.contributions.remove(&party("beech"));
    let refused = combine(&four(), &short, &shares).unwrap_err();
    assert_eq!(refused, Mismatch::TooFew(TooFew { step: Step::Agree, have: 2, need: 3 }));
    // It puts one in another's place.
    let mut mixed = proof.clone();
    let alder = mixed.contributions[&party("alder")].clone();
    mixed.contributions.insert(party("birch"), alder);
    let refused = combine(&four(), &mixed, &shares).unwrap_err();
    assert_eq!(refused, Mismatch::OtherContribution { party: party("birch") });
    // A share over another roster, signed by its aggregator.
    let body = Share { roster: Digest::of(b"another"), ..proof.shares.neutral.body.clone() };
    let mut lied = proof.clone();
    lied.shares.neutral = Signed { body, ..lied.shares.neutral };
    lied.shares.neutral = resign(&four(), lied.shares.neutral, "notary");
    let refused = combine(&four(), &lied, &shares).unwrap_err();
    assert_eq!(refused, Mismatch::OtherRoster { role: Role::Neutral });
}

/// What additive sharing does not defend against, and this crate says so.
#[test]
fn a_cheating_aggregator_shifts_the_sum_and_is_not_caught() {
    let world = World::new(&four(), 35);
    for (role, name) in Role::ALL.into_iter().map(|role| (role, runs(role))) {
        let (mut proof, shares) = world.finished();
        let honest = combine(&four(), &proof, &shares).unwrap().vector;
        let mut shifted = of_each(|of| shares.of(of).clone());
        let cheat = |three: &mut Three<RingVec>, by: &RingVec| {
            let words = match role {
                Role::Public => &mut three.public,
                Role::Private => &mut three.private,
                Role::Neutral => &mut three.neutral,
            };
            assert!(words.add(by));
            words.digest()
        };
        let vector = cheat(&mut shifted, &shift(3, 1000));
        let sign = |proof: &mut Proof, vector| {
            let said = proof.shares.of(role).clone();
            let body = Share { vector, ..said.body.clone() };
            let said = resign(&four(), Signed { body, ..said }, name);
            proof.shares =
                proof.shares.clone().map(|of, share| if of == role { said.clone() } else { share });
        };
        sign(&mut proof, vector);
        let mut wanted = honest;
        assert!(wanted.add(&shift(3, 1000)));
        assert_eq!(combine(&four(), &proof, &shifted).unwrap().vector, wanted);

        // Only beyond what four contributors may add up to does it show.
        let vector = cheat(&mut shifted, &shift(4, 1 << 30));
        sign(&mut proof, vector);
        let refused = combine(&four(), &proof, &shifted).unwrap_err();
        assert_eq!(refused, Mismatch::OutOfRange { count: 1, first: 4, contributors: 4 });
    }
}

/// Whoever uploads random words is the share of some vector, and nobody can tell that it is far
/// outside the range: the sum is, and with it one contributor stops it without being named.
#[test]
fn a_contributor_that_uploads_noise_stops_the_sum_and_neither_it_nor_an_aggregator_is_named() {
    let mut world = World::new(&four(), 38);
    let birch = party("birch");
    let before = {
        let (proof, shares) = world.finished();
        combine(&four(), &proof, &shares).unwrap()
    };
    assert_eq!(before.survivors.len(), 4);

    let (mut said, _) = world.uploads[&birch].clone();
    let mut rng = SplitMix64(39);
    let noise = RingVec::U32((0..6).map(|_| rng.next_u32()).collect());
    said.body.vector = noise.digest();
    let said = resign(&four(), said, "birch");
    world.uploads.insert(birch, (said, noise));
    // All three take it, since to each it is like every other.
    let (proof, shares) = world.finished();
    assert_eq!(proof.contributions.len(), 4);
    let refused = combine(&four(), &proof, &shares).unwrap_err();
    assert!(matches!(refused, Mismatch::OutOfRange { contributors: 4, .. }), "{refused:?}");
    let told = refused.to_string();
    assert!(told.ends_with(
        "what one of them uploaded is out of range, or a share of an aggregator is wrong"
    ));
    assert!(!told.contains("birch"));
}
