//! A released sum is exactly the survivors', whoever falls silent, wherever.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::collections::BTreeMap;

use common::{NAMES, Numbers, Outcome, SplitMix64, World, expected, outcome, party, session};
use concordat_secagg::server::Server;
use concordat_secagg::{FromClient, Session, Step};
use concordat_terms::PartyId;

const STEPS: [Step; 5] = [
    Step::AdvertiseKeys,
    Step::ShareKeys,
    Step::MaskedInput,
    Step::ConsistencyCheck,
    Step::Unmasking,
];

/// How many parties fall silent at each step.
type Pattern = [usize; 5];

/// Every pattern of `count` parties: all ways to share them out among the steps and "never".
fn patterns(count: usize) -> Vec<Pattern> {
    let mut all = vec![Pattern::default()];
    for step in 0..STEPS.len() {
        let more = all.iter().flat_map(|pattern| {
            let left = count - pattern.iter().sum::<usize>();
            (0..=left).map(move |silent| {
                let mut pattern = *pattern;
                pattern[step] = silent;
                pattern
            })
        });
        all = more.collect();
    }
    all
}

/// The pattern with names, whose it is by the seed.
fn named(session: &Session, pattern: &Pattern, rng: &mut SplitMix64) -> BTreeMap<PartyId, Step> {
    let mut parties: Vec<PartyId> = session.roster().parties().cloned().collect();
    rng.shuffle(&mut parties);
    let steps = STEPS.iter().zip(pattern).flat_map(|(step, n)| std::iter::repeat_n(*step, *n));
    parties.into_iter().zip(steps).collect()
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

/// Every pattern up to relabelling, each with names of its own, in both rings: the exact sum of
/// those whose vector arrived, or none and the step at which too few were left.
fn every_pattern(count: u32) {
    let numbers: Numbers = (count, 2 * count / 3 + 1, 0, count - (2 * count / 3 + 1));
    let most = numbers.3 as usize;
    let sessions = [session(numbers, 32, 3), session(numbers, 64, 3)];
    let patterns = patterns(count as usize);
    let ways = (1..=5).fold(1, |product, k| product * (count as usize + k) / k);
    assert_eq!(patterns.len(), ways, "C(N + 5, 5)");
    let mut sums = 0;
    for (seed, pattern) in (1..).zip(&patterns) {
        let session = &sessions[seed as usize % 2];
        let silent = named(session, pattern, &mut SplitMix64(seed));
        let (got, wanted) = run(session, &silent, seed);
        assert_eq!(got, wanted, "{numbers:?} {silent:?}");
        let opened = matches!(got, Outcome::Sum(..));
        assert!(opened || silent.len() > most, "{most} dropouts are survived: {silent:?}");
        sums += usize::from(opened);
    }
    assert!(0 < sums && sums < ways, "{sums} sums in {ways} patterns");
}

#[test]
fn up_to_six_parties_sum_exactly_through_every_pattern_of_dropouts() {
    (3..=6).for_each(every_pattern);
}

#[test]
fn seven_parties_sum_exactly_through_every_pattern_of_dropouts() {
    every_pattern(7);
}

#[test]
fn eight_parties_sum_exactly_through_every_pattern_of_dropouts() {
    every_pattern(8);
}

#[test]
fn three_parties_with_two_signers_survive_any_dropout() {
    let session = session((3, 2, 0, 1), 32, 3);
    for pattern in patterns(3) {
        let silent = named(&session, &pattern, &mut SplitMix64(1));
        let (got, wanted) = run(&session, &silent, 1);
        assert_eq!(got, wanted, "{silent:?}");
    }
}

/// Large rosters, with as many dropouts as they survive, spread over the steps by the seed.
#[test]
fn up_to_a_hundred_parties_sum_exactly() {
    for (seed, clients) in [(1, 25), (2, 33), (3, 50), (4, 100)] {
        let threshold = 2 * clients / 3 + 1;
        let (colluders, dropouts) = (2 * threshold - clients - 1, clients - threshold);
        let session = session((clients, threshold, colluders, dropouts), 32, 5);
        let mut rng = SplitMix64(seed);
        let mut pattern = Pattern::default();
        (0..dropouts).for_each(|_| pattern[rng.below(5)] += 1);
        let silent = named(&session, &pattern, &mut rng);
        let (got, wanted) = run(&session, &silent, seed);
        assert_eq!(got, wanted, "{clients}: {silent:?}");
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
        FromClient::Upload(m) => spoil!(m, m.body.vector.0[0] ^= 1),
        FromClient::Survivors(m) => spoil!(m, {
            m.body.parties.pop_first();
        }),
        FromClient::Reveal(m) => spoil!(m, {
            m.body.shares.pop_first();
        }),
    }
    message
}
