//! The server wants both secrets of one client (Flower 1.41 hands them out, OpenFL 1.9 opens every
//! key): with them every mask of its upload comes off.

use std::collections::BTreeMap;

use concordat_secagg::client::Abort;
use concordat_secagg::server::{Closed, Rejected};
use concordat_secagg::{FromClient, Opened, Signatures, Step};
use concordat_terms::PartyId;

use crate::common::{World, party};
use crate::toolkit::{Loot, finish, four, next, parties, resign, secrets, signatures, uploads};
use crate::undefended::{Room, strip};

#[test]
fn undefended_a_server_asks_for_both_shares_and_reads_the_input() {
    let room = Room::new(4, 3, 1);
    let (key, seed) = (room.open_key(4), room.open_seed(4));
    assert_eq!(strip(&room.list, 4, &room.upload(4), &key, &seed), room.inputs[3]);
}

#[test]
fn a_server_with_all_that_an_attempt_opens_reads_no_input() {
    // The server keeps every upload and everything that clients reveal to it.
    let mut world = World::new(&four(), 1);
    let known = secrets(&world);
    let (keys, server, uploads) = uploads(&mut world);
    let messages = uploads.values().cloned().map(FromClient::Masked).collect();
    let (server, answer) = next(server, messages);
    let loot = Loot::of(&finish(&mut world, server, answer));
    assert_eq!((loot.seeds.len(), loot.mask_keys.len()), (4, 0));
    for (party, upload) in &uploads {
        let (left, masks) = loot.strip(&world.session, &keys, upload);
        assert_eq!(masks, 3, "a mask with each of the others");
        assert_ne!(left, world.vectors[party]);

        // With the other secret as well it would be read: what follows is worth defending.
        let mut both = loot.clone();
        both.mask_keys.insert(party.clone(), known[party].mask);
        let (left, masks) = both.strip(&world.session, &keys, upload);
        assert_eq!((left, masks), (world.vectors[party].clone(), 0));
    }
}

#[test]
fn a_server_that_asks_for_both_shares_gets_one_and_never_two_lists_signed() {
    // The server tells two clients that birch survived, and two that it did not. Each signs what
    // it was told, once; neither list gathers the three signatures that open anything.
    let mut world = World::new(&four(), 1);
    world.run_until(Step::MaskedInput);
    let all = parties(&["alder", "aspen", "beech", "birch"]);
    let without = parties(&["alder", "aspen", "beech"]);
    let (alder, by_alder) = world.take_consistency("alder").sign(&all).unwrap();
    let (birch, by_birch) = world.take_consistency("birch").sign(&all).unwrap();
    let (aspen, by_aspen) = world.take_consistency("aspen").sign(&without).unwrap();
    let (beech, by_beech) = world.take_consistency("beech").sign(&without).unwrap();

    let every: Signatures = [&by_alder, &by_birch, &by_aspen, &by_beech]
        .map(|signed| (signed.from.clone(), signed.signature))
        .into();
    let only = |names: &[&str]| -> Signatures {
        names.iter().map(|name| (party(name), every[&party(name)])).collect()
    };
    let step = Step::ConsistencyCheck;
    let too_few = Abort::TooFew { step, have: 2, need: 3 };
    assert_eq!(alder.reveal(&only(&["alder", "birch"])), Err(too_few.clone()));
    assert_eq!(aspen.reveal(&only(&["aspen", "beech"])), Err(too_few));

    // Signatures under the other list do not count as signatures under this one.
    let bad = |name| Err(Abort::BadSignature { party: party(name), step });
    assert_eq!(birch.reveal(&every), bad("aspen"));
    assert_eq!(beech.reveal(&only(&["alder", "aspen", "beech"])), bad("alder"));
}

#[test]
fn a_reveal_holds_exactly_one_share_of_each_peer_and_of_the_right_kind() {
    let mut world = World::new(&four(), 2);
    let (server, answer) = world.run_until(Step::ShareKeys);
    let mut server = server;
    for message in world.respond(&answer) {
        if message.from().as_str() != "birch" {
            server.receive(message).unwrap();
        }
    }
    let Ok(Closed::Next(mut server, answer)) = server.close() else { panic!("three are enough") };
    world.respond(&answer).into_iter().for_each(|m| server.receive(m).unwrap());
    let Ok(Closed::Next(mut server, answer)) = server.close() else { panic!("all three signed") };

    let reveal = world.take_unmasking("alder").reveal(&signatures(&answer)).unwrap();
    assert_eq!(reveal.body.shares.len(), 4);
    for (dealer, opened) in &reveal.body.shares {
        let seed = matches!(opened, Opened::Seed(_));
        assert_eq!(seed, dealer.as_str() != "birch", "{dealer}");
    }

    // A client that reveals the wrong kind, or another share, is named and its message dropped;
    // signed anew, because the signature would tell first.
    let signed_anew = |change: &dyn Fn(&mut BTreeMap<PartyId, Opened>)| {
        let mut forged = reveal.clone();
        change(&mut forged.body.shares);
        FromClient::Reveal(resign(&four(), forged))
    };
    let bad = |dealer| Err(Rejected::BadShare { from: party("alder"), dealer: party(dealer) });
    let wrong_kind = signed_anew(&|shares| {
        let share = shares[&party("beech")].share().clone();
        shares.insert(party("beech"), Opened::Key(share));
    });
    assert_eq!(server.receive(wrong_kind), bad("beech"));
    let wrong_share = signed_anew(&|shares| {
        shares.insert(party("birch"), Opened::Key([9; 32].into()));
    });
    assert_eq!(server.receive(wrong_share), bad("birch"));
    assert_eq!(server.receive(FromClient::Reveal(reveal)), Ok(()));
}
