//! Honest aggregators among lying ones, through everything that these can show them.
//!
//! A lying aggregator signs whatever it likes: any list of contributions, and any roster. What an
//! honest one does depends on the lists that it is shown and then on the signatures, once each, so
//! that all of both are tried: for every set of contributions that it has itself.

use std::collections::{BTreeMap, BTreeSet};

use concordat_secagg::Signature;
use concordat_secagg::three::{
    Abort, Agreed, Agreeing, Body as _, Held, Holding, Role, Session, Signed, Step, Three, TooFew,
};
use concordat_terms::{Digest, PartyId};
use ed25519_dalek::Signer as _;

use crate::common::ledger_key;
use crate::world::{World, of_each, runs, session};

pub type Set = BTreeSet<PartyId>;
type Listed = BTreeMap<PartyId, Digest>;

fn subsets(session: &Session) -> Vec<Set> {
    session.roster().parties().fold(vec![Set::new()], |sets, party| {
        let with = sets.iter().map(|set| set.iter().chain([party]).cloned().collect());
        with.chain(sets.iter().cloned()).collect()
    })
}

/// Three, of whom one may drop out, so that there are rosters to choose from: m = 2.
fn three() -> Session {
    session((3, 2, 0, 1), 32, 2)
}

pub fn listed(world: &World, set: &Set) -> Listed {
    let digest = |party: &PartyId| (party.clone(), world.uploads[party].0.body.digest());
    set.iter().map(digest).collect()
}

/// What a lying aggregator can sign, written out without the crate.
pub fn signature(world: &World, role: Role, step: Step, digest: Digest) -> Signature {
    let statement = Digest::of_parts(&[
        b"concordat-secagg/v1/three/signed",
        world.session.id().as_bytes(),
        step.as_str().as_bytes(),
        role.as_str().as_bytes(),
        digest.as_bytes(),
    ]);
    ledger_key(runs(role)).sign(statement.as_bytes())
}

pub fn held(world: &World, role: Role, set: &Set) -> Signed<Held> {
    let body = Held { contributions: listed(world, set) };
    let signature = signature(world, role, Step::Hold, body.digest());
    Signed { from: role, body, signature }
}

fn roster_signature(world: &World, role: Role, set: &Set) -> Signature {
    let body = Agreed { contributions: listed(world, set) };
    signature(world, role, Step::Agree, body.digest())
}

/// An honest aggregator that has `own`, with the list that it signed.
fn holding(world: &World, role: Role, own: &Set) -> (Holding, Signed<Held>) {
    world.gathering(role, |party| own.contains(party)).close().unwrap()
}

fn agree(
    world: &World,
    role: Role,
    own: &Set,
    claims: &Three<Set>,
) -> Result<(Agreeing, Signed<Agreed>), Abort> {
    let (state, mine) = holding(world, role, own);
    let shown =
        of_each(
            |other| {
                if other == role { mine.clone() } else { held(world, other, claims.of(other)) }
            },
        );
    world.agree(state, &shown)
}

#[test]
fn one_honest_aggregator_opens_one_roster_and_no_smaller_one_whatever_two_others_show() {
    let world = World::new(&three(), 1);
    let sets = subsets(&three());
    let need = three().params().remaining();
    let (mut rosters, mut few, mut opened, mut kept) = (0, 0, 0, 0);
    for role in Role::ALL {
        for own in sets.iter().filter(|own| own.len() >= need) {
            let mut tried: BTreeSet<Set> = BTreeSet::new();
            for (one, other) in sets.iter().flat_map(|a| sets.iter().map(move |b| (a, b))) {
                let [first, second] = others(role);
                let claims = of_each(|of| {
                    if of == first {
                        one
                    } else if of == second {
                        other
                    } else {
                        own
                    }
                    .clone()
                });
                let common: Set = own
                    .iter()
                    .filter(|p| one.contains(*p) && other.contains(*p))
                    .cloned()
                    .collect();
                match agree(&world, role, own, &claims) {
                    Ok((_, signed)) => {
                        assert!(common.len() >= need);
                        assert_eq!(signed.body.contributions, listed(&world, &common));
                        rosters += 1;
                        if tried.insert(common.clone()) {
                            let counts = signatures(&world, role, own, &claims, &common);
                            opened += counts.0;
                            kept += counts.1;
                        }
                    }
                    Err(refused) => {
                        let have = common.len();
                        assert!(have < need);
                        let below = TooFew { step: Step::Hold, have, need };
                        assert_eq!(refused, Abort::TooFew(below));
                        few += 1;
                    }
                }
            }
        }
    }
    // Of a set of k own contributions each roster in it is opened once, by the one pair of
    // signatures out of 64: 1 + 1 + 1 + 4 of them for every role.
    assert_eq!((opened, kept), (3 * 7, 3 * 7 * 63));
    // Each set of two is what all three have for 4 of 64 pairs of lists; of the whole set each of
    // its pairs is for 3, and it is itself for one.
    assert_eq!((rosters, few), (3 * (3 * 4 + 10), 3 * (4 * 64 - 22)));
}

/// Shows an aggregator that signed the roster `common` every pair of signatures by the other two;
/// returns by how many it opened, and by how many it did not.
fn signatures(
    world: &World,
    role: Role,
    own: &Set,
    claims: &Three<Set>,
    common: &Set,
) -> (usize, usize) {
    let sets = subsets(&world.session);
    let [first, second] = others(role);
    let (mut opened, mut kept) = (0, 0);
    for (one, other) in sets.iter().flat_map(|a| sets.iter().map(move |b| (a, b))) {
        let (state, mine) = agree(world, role, own, claims).unwrap();
        let shown = of_each(|of| {
            if of == role {
                mine.signature
            } else if of == first {
                roster_signature(world, of, one)
            } else {
                roster_signature(world, of, other)
            }
        });
        match state.open(&shown) {
            Ok(own) => {
                assert!(one == common && other == common, "both signed what is opened");
                assert_eq!(own.message.body.roster, mine.body.digest());
                opened += 1;
            }
            Err(refused) => {
                let wrong = if one == common { second } else { first };
                assert_eq!(refused, Abort::BadSignature { role: wrong, step: Step::Agree });
                kept += 1;
            }
        }
    }
    (opened, kept)
}

fn others(role: Role) -> [Role; 2] {
    match role {
        Role::Public => [Role::Private, Role::Neutral],
        Role::Private => [Role::Public, Role::Neutral],
        Role::Neutral => [Role::Public, Role::Private],
    }
}

/// Two honest aggregators, to whom the third shows a list each.
#[test]
fn two_honest_aggregators_open_one_roster_or_nothing_whatever_the_third_shows_each() {
    let world = World::new(&three(), 1);
    let sets = subsets(&three());
    let all: Set = three().roster().parties().cloned().collect();
    let (mut both, mut none) = (0, 0);
    for liar in Role::ALL {
        let [first, second] = others(liar);
        for (one, other) in sets.iter().flat_map(|a| sets.iter().map(move |b| (a, b))) {
            let claims =
                |told: &Set| of_each(|of| if of == liar { told.clone() } else { all.clone() });
            let states = (
                agree(&world, first, &all, &claims(one)),
                agree(&world, second, &all, &claims(other)),
            );
            let (Ok((a, signed_a)), Ok((b, signed_b))) = states else {
                none += 1;
                continue;
            };
            // The liar signs for each what that one signed.
            let shown = |of_liar: &Set| {
                of_each(|of| {
                    if of == liar {
                        roster_signature(&world, liar, of_liar)
                    } else if of == first {
                        signed_a.signature
                    } else {
                        signed_b.signature
                    }
                })
            };
            let opened = [a.open(&shown(one)), b.open(&shown(other))];
            let same = one == other;
            assert_eq!(opened.each_ref().map(Result::is_ok), [same; 2], "{one:?} {other:?}");
            both += usize::from(same);
            none += usize::from(!same);
        }
    }
    assert_eq!((both, none), (3 * 4, 3 * 60), "the four rosters of at least two");
}

#[test]
fn an_aggregator_with_fewer_than_the_minimum_says_nothing() {
    let world = World::new(&three(), 1);
    let need = three().params().remaining();
    for role in Role::ALL {
        for own in subsets(&three()).iter().filter(|own| own.len() < need) {
            let refused = world.gathering(role, |party| own.contains(party)).close().unwrap_err();
            assert_eq!(refused, TooFew { step: Step::Contribute, have: own.len(), need });
        }
    }
}
