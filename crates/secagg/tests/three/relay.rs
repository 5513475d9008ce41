//! What is between contributors and aggregators: it gives an honest sum, and names whoever keeps an
//! attempt from one.

use concordat_secagg::RingVec;
use concordat_secagg::three::{
    Agreed, Body as _, Lost, Message, NotTaken, Posted, Proof, Relay, Role, Share, Signed, Speaker,
    Step, Then, Three, TooFew, combine,
};
use concordat_terms::Digest;

use crate::common::party;
use crate::machine::{Set, held, listed, signature};
use crate::world::{World, four, of_each, offering, split};

fn everybody(world: &World) -> Set {
    world.session.roster().parties().cloned().collect()
}

fn next(relay: Relay) -> (Relay, Posted) {
    match relay.close() {
        Ok(Then::Next(relay, posted)) => (*relay, *posted),
        other => panic!("{other:?}"),
    }
}

/// Up to the step in which contributors upload.
fn contributing(world: &World) -> Relay {
    let mut relay = Relay::new(world.session.clone());
    for (_, offer) in world.offers.iter() {
        relay.receive(Message::Offer(offer.clone())).unwrap();
    }
    assert!(relay.awaited().is_empty());
    let (relay, posted) = next(relay);
    assert_eq!(posted, Posted::Offers(world.offers.clone()));
    relay
}

/// Up to the lists: these contributed.
fn holding(world: &World, set: &Set) -> Relay {
    let mut relay = contributing(world);
    for party in set {
        relay.receive(Message::Contribute(world.uploads[party].0.clone())).unwrap();
    }
    let (relay, posted) = next(relay);
    let Posted::Contributions(said) = posted else { panic!("{posted:?}") };
    assert_eq!(said.into_keys().collect::<Set>(), *set);
    relay
}

/// Up to the rosters: each aggregator has these.
fn agreeing(world: &World, sets: &Three<Set>) -> Result<Relay, Lost> {
    let mut relay = holding(world, &everybody(world));
    for (role, set) in sets.iter() {
        relay.receive(Message::Hold(held(world, role, set))).unwrap();
    }
    match relay.close()? {
        Then::Next(relay, posted) if matches!(*posted, Posted::Held(_)) => Ok(*relay),
        other => panic!("{other:?}"),
    }
}

fn agreed(world: &World, role: Role, set: &Set) -> Message {
    let body = Agreed { contributions: listed(world, set) };
    let signature = signature(world, role, Step::Agree, body.digest());
    Message::Agree(Signed { from: role, body, signature })
}

#[test]
fn what_the_three_say_is_carried_to_an_honest_sum() {
    let world = World::new(&four(), 5);
    let (proof, shares): (Proof, Three<RingVec>) = world.finished();
    let all = everybody(&world);
    let mut relay = agreeing(&world, &of_each(|_| all.clone())).unwrap();
    for role in Role::ALL {
        relay.receive(agreed(&world, role, &all)).unwrap();
    }
    let (mut relay, posted) = next(relay);
    assert_eq!(posted, Posted::Rosters(proof.rosters));
    let of_public = Message::Open(proof.shares.public.clone());
    assert!(relay.awaited().contains(&Speaker::Aggregator(Role::Public)));
    relay.receive(of_public.clone()).unwrap();
    assert_eq!(relay.awaited().len(), 2);
    // The same again, because a connection broke, is the same.
    relay.receive(of_public).unwrap();
    for role in [Role::Private, Role::Neutral] {
        relay.receive(Message::Open(proof.shares.of(role).clone())).unwrap();
    }
    let Ok(Then::Done(carried)) = relay.close() else { panic!("no proof") };
    assert_eq!(*carried, proof);
    let sum = combine(&world.session, &carried, &shares).unwrap();
    assert_eq!(sum.survivors, all);
}

#[test]
fn an_aggregator_that_says_nothing_is_named_at_every_step() {
    let world = World::new(&four(), 5);
    let all = everybody(&world);
    let silent = |relay: Relay, step| {
        let lost = relay.close().unwrap_err();
        let Lost::Silent { by, step: at } = &lost else { panic!("{lost}") };
        assert_eq!((by.len(), by[0].party.as_str(), *at), (1, "notary", step));
        assert_eq!(
            lost.to_string(),
            format!("`notary`, the neutral aggregator, said nothing at {step}")
        );
        assert_eq!(lost.named(), [party("notary")].into());
    };

    let mut relay = Relay::new(world.session.clone());
    for role in [Role::Public, Role::Private] {
        relay.receive(Message::Offer(world.offers.of(role).clone())).unwrap();
    }
    assert_eq!(relay.awaited(), [Speaker::Aggregator(Role::Neutral)].into());
    silent(relay, Step::OfferKey);
    let mut relay = holding(&world, &all);
    for role in [Role::Public, Role::Private] {
        relay.receive(Message::Hold(held(&world, role, &all))).unwrap();
    }
    silent(relay, Step::Hold);
    let mut relay = agreeing(&world, &of_each(|_| all.clone())).unwrap();
    for role in [Role::Public, Role::Private] {
        relay.receive(agreed(&world, role, &all)).unwrap();
    }
    silent(relay, Step::Agree);
}

#[test]
fn an_aggregator_that_leaves_out_too_many_or_signs_another_roster_is_named() {
    let world = World::new(&four(), 5);
    let all = everybody(&world);
    let fewer: Set = all.iter().take(2).cloned().collect();
    let sets = of_each(|role| if role == Role::Private { fewer.clone() } else { all.clone() });
    let lost = agreeing(&world, &sets).unwrap_err();
    let Lost::LeftOut { by, have: 2, need: 3 } = &lost else { panic!("{lost}") };
    assert_eq!(by.iter().map(|one| one.by.party.as_str()).collect::<Vec<_>>(), ["vendor"]);
    assert_eq!(
        lost.to_string(),
        "`vendor`, the private aggregator, does not have that of `beech` and `birch`: \
         2 contributions are on all three lists, and 3 must be"
    );
    assert_eq!(lost.named(), [party("vendor")].into());

    // Whoever lacks something is told apart by what it lacks.
    let but = |name: &str| all.iter().filter(|one| **one != party(name)).cloned().collect::<Set>();
    let sets = of_each(|role| match role {
        Role::Public => but("alder"),
        Role::Private => but("birch"),
        Role::Neutral => all.clone(),
    });
    let lost = agreeing(&world, &sets).unwrap_err();
    assert_eq!(
        lost.to_string(),
        "`ministry`, the public aggregator, does not have that of `alder`; `vendor`, the private \
         aggregator, does not have that of `birch`: 2 contributions are on all three lists, and 3 \
         must be"
    );
    assert_eq!(lost.named(), [party("ministry"), party("vendor")].into());

    // Who has one contribution fewer than the others makes the roster shorter, and that is all.
    let three: Set = all.iter().take(3).cloned().collect();
    let sets = of_each(|role| if role == Role::Private { three.clone() } else { all.clone() });
    let mut relay = agreeing(&world, &sets).unwrap();
    for role in [Role::Public, Role::Private] {
        relay.receive(agreed(&world, role, &three)).unwrap();
    }
    relay.receive(agreed(&world, Role::Neutral, &all)).unwrap();
    let lost = relay.close().unwrap_err();
    let Lost::OtherRoster { by, step: Step::Agree } = &lost else { panic!("{lost}") };
    assert_eq!(by.party, party("notary"));

    // And a share over another roster than the one that all three have signed.
    let mut relay = agreeing(&world, &of_each(|_| all.clone())).unwrap();
    for role in Role::ALL {
        relay.receive(agreed(&world, role, &all)).unwrap();
    }
    let (mut relay, _) = next(relay);
    let (proof, _) = world.finished();
    for role in [Role::Private, Role::Neutral] {
        relay.receive(Message::Open(proof.shares.of(role).clone())).unwrap();
    }
    let roster = Agreed { contributions: listed(&world, &three) }.digest();
    let body = Share { roster, vector: proof.shares.public.body.vector };
    let signature = signature(&world, Role::Public, Step::Open, body.digest());
    relay.receive(Message::Open(Signed { from: Role::Public, body, signature })).unwrap();
    let lost = relay.close().unwrap_err();
    let Lost::OtherRoster { by, step: Step::Open } = &lost else { panic!("{lost}") };
    assert_eq!(by.party, party("ministry"));
}

#[test]
fn too_few_contributions_are_no_sum_and_what_nobody_signed_does_not_count() {
    let world = World::new(&four(), 5);
    let other = World::new(&four(), 6);
    let all: Vec<_> = everybody(&world).into_iter().collect();
    let mut relay = contributing(&world);
    let said = &world.uploads[&all[0]].0;
    let early = relay.receive(Message::Hold(held(&world, Role::Public, &Set::new())));
    assert!(matches!(early, Err(NotTaken::OtherStep { sent: Step::Hold, .. })), "{early:?}");
    let mut forged = said.clone();
    forged.body.vector = Digest::of(b"another vector");
    let taken = relay.receive(Message::Contribute(forged));
    assert!(matches!(taken, Err(NotTaken::BadSignature { .. })), "{taken:?}");
    let elsewhere = relay.receive(Message::Contribute(other.uploads[&all[0]].0.clone()));
    assert!(matches!(elsewhere, Err(NotTaken::OtherOffers { .. })), "{elsewhere:?}");
    for party in &all[..2] {
        relay.receive(Message::Contribute(world.uploads[party].0.clone())).unwrap();
    }
    assert_eq!(relay.awaited().len(), 2);
    let lost = relay.close().unwrap_err();
    let few = TooFew { step: Step::Contribute, have: 2, need: 3 };
    let silent: Set = all[2..].iter().cloned().collect();
    assert_eq!(lost, Lost::TooFew { few, silent: silent.clone() });
    assert_eq!(lost.named(), silent);
    assert!(lost.to_string().ends_with(": `beech` and `birch` said nothing"), "{lost}");
}

#[test]
fn a_restarted_aggregator_offers_another_key_only_before_anybody_was_shown_one() {
    let world = World::new(&four(), 5);
    let (_, before) = offering(&world.session, Role::Private, 99);
    let mut relay = Relay::new(world.session.clone());
    relay.receive(Message::Offer(before.clone())).unwrap();
    assert_eq!(relay.offered(Role::Private), None);
    for (_, offer) in world.offers.iter() {
        relay.receive(Message::Offer(offer.clone())).unwrap();
    }
    let (mut relay, posted) = next(relay);
    let (_, offers) = split(of_each(|role| ((), world.offers.of(role).clone())));
    assert_eq!(posted, Posted::Offers(offers));
    assert_eq!(relay.offered(Role::Private), Some(&world.offers.private));
    let late = relay.receive(Message::Offer(before));
    assert!(matches!(late, Err(NotTaken::OtherStep { sent: Step::OfferKey, .. })), "{late:?}");
}
