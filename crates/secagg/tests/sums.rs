//! A released sum is exactly the survivors', whoever falls silent, wherever.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::collections::BTreeMap;

use common::{NAMES, Numbers, Outcome, SplitMix64, World, expected, outcome, party, session};
use concordat_secagg::server::Server;
use concordat_secagg::{FromClient, Session, Step, verify_excerpt};
use concordat_terms::PartyId;

const STEPS: [Step; 5] = [
    Step::AdvertiseKeys,
    Step::ShareKeys,
    Step::MaskedInput,
    Step::ConsistencyCheck,
    Step::Unmasking,
];

/// Every way in which at most `most` of the first `count` parties fall silent at some step.
fn patterns(count: usize, most: usize) -> Vec<BTreeMap<PartyId, Step>> {
    let mut all = vec![BTreeMap::new()];
    for name in &NAMES[..count] {
        let mut more = Vec::new();
        for pattern in all.iter().filter(|p: &&BTreeMap<_, _>| p.len() < most) {
            for step in STEPS {
                let mut pattern = pattern.clone();
                pattern.insert(party(name), step);
                more.push(pattern);
            }
        }
        all.extend(more);
    }
    all
}

fn run(session: &Session, silent: &BTreeMap<PartyId, Step>, seed: u64) -> (Outcome, Outcome) {
    let mut world = World::new(session, seed);
    let result = world.run(|_, server, messages| {
        for message in messages {
            let heard = silent.get(message.from()).is_none_or(|step| message.step() < *step);
            if heard {
                server.receive(message).unwrap();
            }
        }
    });
    (outcome(session, result), expected(session, &world.vectors, silent))
}

#[test]
fn every_pattern_of_dropouts_gives_the_exact_sum_or_none() {
    let cases: [Numbers; 4] = [(3, 3, 1, 0), (3, 2, 0, 1), (4, 3, 1, 1), (5, 4, 1, 1)];
    let (mut sums, mut none) = (0, 0);
    for numbers in cases {
        let bits = if numbers.0 == 4 { 64 } else { 32 };
        let session = session(numbers, bits, 3);
        // One more than the sum survives, so that the border is crossed everywhere.
        for silent in patterns(numbers.0 as usize, numbers.3 as usize + 1) {
            let (got, wanted) = run(&session, &silent, 1);
            assert_eq!(got, wanted, "{numbers:?} {silent:?}");
            match got {
                Outcome::Sum(..) => {
                    sums += 1;
                }
                Outcome::Below(..) => none += 1,
            }
            if silent.len() <= numbers.3 as usize {
                assert!(matches!(wanted, Outcome::Sum(..)), "{numbers:?} {silent:?}");
            }
        }
    }
    assert!(sums > 50 && none > 100, "{sums} sums, {none} refusals");
}

#[test]
fn five_survive_any_two_dropouts_when_nobody_colludes() {
    let session = session((5, 3, 0, 2), 32, 1);
    for silent in patterns(5, 2) {
        let (got, wanted) = run(&session, &silent, 2);
        assert_eq!(got, wanted, "{silent:?}");
        assert!(matches!(got, Outcome::Sum(..)));
    }
}

/// Clients drop out, answer twice and out of order; others send rubbish in their names.
#[test]
fn a_released_sum_is_exactly_the_survivors() {
    let (mut released, mut refused) = (0, 0);
    for seed in 0..60 {
        let mut rng = SplitMix64(seed);
        let clients = 3 + rng.below(18) as u32;
        let threshold = 2 * clients / 3 + 1;
        let dropouts = rng.below((clients - threshold + 1) as usize) as u32;
        let colluders = rng
            .below(1 + (2 * threshold - clients - 1).min(clients - dropouts - 2) as usize)
            as u32;
        let bits = if rng.once_in(2) { 32 } else { 64 };
        let numbers = (clients, threshold, colluders, dropouts);
        let session = session(numbers, bits, 1 + rng.below(40) as u32);
        let odds = 1 + rng.below(2 * clients as usize);
        let silent: BTreeMap<PartyId, Step> = session
            .roster()
            .parties()
            .map(|p| (p.clone(), rng.once_in(odds), STEPS[rng.below(5)]))
            .filter_map(|(p, falls, step)| if falls { Some((p, step)) } else { None })
            .collect();

        let mut world = World::new(&session, seed ^ 0xfeed);
        let mut older = Vec::new();
        let result = world.run(|rng, server, messages| {
            deliver(rng, server, messages, &silent, &mut older, seed);
        });
        let wanted = expected(&session, &world.vectors, &silent);
        assert_eq!(outcome(&session, result), wanted, "seed {seed}: {numbers:?}");
        match wanted {
            Outcome::Sum(..) => released += 1,
            Outcome::Below(..) => refused += 1,
        }
    }
    assert!(released > 10, "no run got through: too many faults");
    assert!(refused > 5, "every run got through: too few faults");
}

/// Delivers what is heard, shuffled among copies, replays, forgeries and rubbish.
fn deliver(
    rng: &mut SplitMix64,
    server: &mut Server,
    messages: Vec<FromClient>,
    silent: &BTreeMap<PartyId, Step>,
    older: &mut Vec<FromClient>,
    seed: u64,
) {
    let mut honest: Vec<FromClient> = messages
        .into_iter()
        .filter(|m| silent.get(m.from()).is_none_or(|step| m.step() < *step))
        .collect();
    rng.shuffle(&mut honest);
    for message in &honest {
        if rng.once_in(3) {
            let spoiled = spoil(rng, message.clone());
            assert!(server.receive(spoiled).is_err(), "seed {seed}: a forgery counted");
        }
        if let Some(old) = older.get(rng.below(older.len().max(1))).cloned() {
            assert!(server.receive(old).is_err(), "seed {seed}: an old message counted");
        }
        server.receive(message.clone()).unwrap();
        if rng.once_in(3) {
            assert!(server.receive(message.clone()).is_err(), "seed {seed}: a copy counted");
        }
    }
    older.extend(honest);
}

/// The same message with one thing changed.
fn spoil(rng: &mut SplitMix64, mut message: FromClient) -> FromClient {
    let other = party(NAMES[rng.below(20)]);
    let flip = rng.once_in(2);
    macro_rules! spoil {
        ($signed:expr, $change:expr) => {
            if flip || $signed.from == other { $change } else { $signed.from = other }
        };
    }
    match &mut message {
        FromClient::Keys(m) => spoil!(m, m.body.mask_key[rng.below(31)] ^= 1),
        FromClient::Shares(m) => spoil!(m, {
            m.body.dealt.pop_first();
        }),
        FromClient::Masked(m) => spoil!(m, {
            let one = concordat_secagg::RingVec::from_signed(
                m.body.vector.ring(),
                vec![1; m.body.vector.len()],
            );
            assert!(m.body.vector.add(&one));
        }),
        FromClient::Survivors(m) => spoil!(m, {
            m.body.parties.pop_first();
        }),
        FromClient::Reveal(m) => spoil!(m, {
            m.body.shares.pop_first();
        }),
    }
    message
}

#[test]
fn a_large_sum_can_be_verified_chunk_by_chunk() {
    let dim = 2 * concordat_secagg::CHUNK as u32 + 7;
    for bits in [32, 64] {
        let session = session((4, 3, 1, 1), bits, dim);
        let silent = [(party("beech"), Step::MaskedInput)].into();
        let mut world = World::new(&session, 9);
        let mut transcript = world
            .run(|_, server, messages| {
                let heard = |m: &FromClient| {
                    let silent: &BTreeMap<PartyId, Step> = &silent;
                    silent.get(m.from()).is_none_or(|step| m.step() < *step)
                };
                messages.into_iter().filter(heard).for_each(|m| server.receive(m).unwrap());
            })
            .unwrap();
        for chunk in 0..3 {
            let excerpt = transcript.excerpt(chunk).unwrap();
            let verified = verify_excerpt(&session, &excerpt).unwrap();
            assert_eq!(Some(verified), transcript.sum.chunk(chunk));
        }
        assert_eq!(transcript.excerpt(3), None);

        // A shift in the last chunk shows there, and only there.
        let mut shift = vec![0; dim as usize];
        *shift.last_mut().unwrap() = 1;
        let shift = concordat_secagg::RingVec::from_signed(session.params().ring(), shift);
        assert!(transcript.sum.add(&shift));
        assert!(verify_excerpt(&session, &transcript.excerpt(1).unwrap()).is_ok());
        assert!(verify_excerpt(&session, &transcript.excerpt(2).unwrap()).is_err());

        // So do words that are not those of the signed upload.
        let mut excerpt = transcript.excerpt(0).unwrap();
        let upload = excerpt.uploads.get_mut(&party("alder")).unwrap();
        let one = concordat_secagg::RingVec::from_signed(
            session.params().ring(),
            vec![1; upload.words.len()],
        );
        assert!(upload.words.add(&one));
        assert!(verify_excerpt(&session, &excerpt).is_err());
    }
}
