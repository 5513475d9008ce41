//! The sum is exactly the roster's, whatever reaches whom.

use std::collections::BTreeMap;

use concordat_secagg::three::{Abort, Mismatch, Role, Session, Step, Three, combine};
use concordat_secagg::{BadVector, CHUNK, RingVec};
use concordat_terms::PartyId;

use crate::common::{Numbers, SplitMix64, ledger_key, party};
use crate::world::{Outcome, World, four, inner, session};

/// Which of the three aggregators a contribution reaches, as bits.
type Reach = u8;

fn reaches(reach: &BTreeMap<PartyId, Reach>, party: &PartyId, role: Role) -> bool {
    let bit = match role {
        Role::Public => 1,
        Role::Private => 2,
        Role::Neutral => 4,
    };
    reach[party] & bit != 0
}

/// Every way in which contributions of `count` parties reach the three, up to relabelling.
fn patterns(count: usize) -> Vec<Vec<Reach>> {
    let mut all: Vec<Vec<Reach>> = vec![vec![]];
    for _ in 0..count {
        let longer = all.iter().flat_map(|pattern| {
            let from = pattern.last().copied().unwrap_or(0);
            (from..8).map(move |reach| [&pattern[..], &[reach]].concat())
        });
        all = longer.collect();
    }
    all
}

fn every_pattern(count: u32) {
    let numbers: Numbers = (count, 2 * count / 3 + 1, 0, count - (2 * count / 3 + 1));
    let sessions = [session(numbers, 32, 3), session(numbers, 64, 3)];
    let patterns = patterns(count as usize);
    let ways = (1..=7).fold(1, |product, k| product * (count as usize + k) / k);
    assert_eq!(patterns.len(), ways, "C(N + 7, 7)");
    let worlds: Vec<World> = sessions.iter().map(|session| World::new(session, 5)).collect();
    let mut sums = 0;
    for (seed, pattern) in (1..).zip(&patterns) {
        let world = &worlds[seed as usize % 2];
        let mut parties: Vec<PartyId> = world.session.roster().parties().cloned().collect();
        SplitMix64(seed).shuffle(&mut parties);
        let reach = parties.into_iter().zip(pattern.iter().copied()).collect();
        let got = world.run(|party, role| reaches(&reach, party, role));
        let wanted = world.expected(|party, role| reaches(&reach, party, role));
        assert_eq!(got, wanted, "{numbers:?} {reach:?}");
        let everywhere = pattern.iter().filter(|reach| **reach == 7).count();
        let opened = matches!(got, Outcome::Sum(..));
        assert_eq!(opened, everywhere >= world.session.params().remaining());
        sums += usize::from(opened);
    }
    assert!(0 < sums && sums < ways, "{sums} sums in {ways} patterns");
}

#[test]
fn three_and_four_parties_sum_exactly_whatever_reaches_whom() {
    (3..=4).for_each(every_pattern);
}

#[test]
fn five_parties_sum_exactly_whatever_reaches_whom() {
    every_pattern(5);
}

#[test]
fn up_to_a_hundred_parties_sum_exactly() {
    let (mut opened, mut refused) = (0, 0);
    for seed in 0..40 {
        let mut rng = SplitMix64(seed);
        let clients = if seed == 0 { 100 } else { 3 + rng.below(30) as u32 };
        let threshold = 2 * clients / 3 + 1;
        let dropouts = clients - threshold;
        let bits = if rng.once_in(2) { 32 } else { 64 };
        let session = session((clients, threshold, 0, dropouts), bits, 1 + rng.below(40) as u32);
        let world = World::new(&session, seed);
        let odds = 2 + rng.below(clients as usize);
        let reach: BTreeMap<PartyId, Reach> = session
            .roster()
            .parties()
            .map(|p| (p.clone(), if rng.once_in(odds) { rng.below(8) as Reach } else { 7 }))
            .collect();
        let got = world.run(|party, role| reaches(&reach, party, role));
        assert_eq!(got, world.expected(|p, role| reaches(&reach, p, role)), "seed {seed}");
        match got {
            Outcome::Sum(..) => opened += 1,
            Outcome::Below(..) => refused += 1,
        }
    }
    assert!(opened > 10, "no attempt got through: too many faults");
    assert!(refused > 5, "every attempt got through: too few faults");
}

#[test]
fn a_contributor_that_is_silent_costs_nothing_but_its_own_part() {
    let world = World::new(&four(), 2);
    let got = world.run(|from, _| *from != party("birch"));
    let Outcome::Sum(roster, _) = &got else { panic!("{got:?}") };
    assert_eq!(roster.len(), 3);
    assert_eq!(got, world.expected(|from, _| *from != party("birch")));
    let two = world.run(|from, _| *from != party("birch") && *from != party("alder"));
    assert_eq!(two, Outcome::Below(Step::Contribute, 2));
}

#[test]
fn an_upload_is_as_long_as_the_vector() {
    for (bits, bytes) in [(32, 4), (64, 8)] {
        let session = session((4, 3, 1, 1), bits, 1000);
        let (said, words) = &World::new(&session, 1).uploads[&party("alder")];
        assert_eq!(words.len() * bytes, 1000 * bytes);
        // Beside the words: a key, two digests and a signature.
        let header = said.body.key.len() + 32 + 32 + said.signature.to_bytes().len();
        assert_eq!(header, 160);
    }
}

#[test]
fn vectors_of_several_chunks_are_masked_and_added() {
    let dim = 2 * CHUNK as u32 + 7;
    let session = session((3, 3, 1, 0), 32, dim);
    let world = World::new(&session, 4);
    for (said, words) in world.uploads.values() {
        // What was signed is what each chunk is known by.
        assert_eq!((words.len(), words.digest()), (dim as usize, said.body.vector));
    }
    let (proof, shares) = world.finished();
    let sum = combine(&session, &proof, &shares).unwrap();
    assert_eq!(sum.vector, crate::common::sum_of(&inner(&session), world.vectors.values()));
    // A share is one vector: one that lacks its end is not the one signed.
    let short: Three<RingVec> = shares.map(|_, share| share.chunk(0).unwrap());
    let refused = combine(&session, &proof, &short).unwrap_err();
    assert_eq!(refused, Mismatch::OtherShare { role: Role::Public });
}

#[test]
fn a_contributor_masks_nothing_that_the_proof_does_not_cover() {
    let world = World::new(&four(), 3);
    let most = four().params().contribution_most();
    let over = i64::try_from(most).unwrap() + 1;
    let name = party("alder");
    let try_with = |vector: RingVec| {
        let key = ledger_key("alder");
        let rng = &mut SplitMix64(1);
        concordat_secagg::three::contribute(&four(), &name, &key, &world.offers, vector, rng)
    };
    let ring = four().params().ring();
    for value in [over, -over] {
        let refused = try_with(RingVec::from_signed(ring, [0, 0, 0, 0, 0, value])).unwrap_err();
        assert_eq!(refused, Abort::Vector(BadVector::OutOfRange { most }));
    }
    for wrong in [RingVec::U32(vec![0; 5]), RingVec::U64(vec![0; 6])] {
        let refused = try_with(wrong).unwrap_err();
        assert!(matches!(refused, Abort::Vector(BadVector::Shape { need_len: 6, .. })));
    }
    assert!(try_with(RingVec::from_signed(ring, vec![over - 1; 6])).is_ok());
}

#[test]
fn states_show_no_secret() {
    let world = World::new(&four(), 3);
    let gathering = world.gathering(Role::Public, |_| true);
    assert_eq!(format!("{gathering:?}"), "Gathering(public, redacted)");
}

#[test]
fn the_transcript_digest_covers_every_message_and_the_sum() {
    let session: Session = four();
    let world = World::new(&session, 3);
    let (proof, shares) = world.finished();
    let sum = combine(&session, &proof, &shares).unwrap().vector.digest();
    let digest = proof.digest(&session, sum);
    let other = World::new(&session, 4).finished().0;
    let changed = [
        {
            let mut p = proof.clone();
            p.offers = other.offers;
            p
        },
        {
            let mut p = proof.clone();
            p.contributions.pop_first();
            p
        },
        {
            let mut p = proof.clone();
            p.rosters.private = other.rosters.private;
            p
        },
        {
            let mut p = proof.clone();
            p.shares.neutral = other.shares.neutral.clone();
            p
        },
    ];
    for proof in &changed {
        assert_ne!(proof.digest(&session, sum), digest);
    }
    assert_ne!(proof.digest(&session, session.id()), digest);
}
