//! Shares that were altered on the way, dealt badly, or kept back.

use std::collections::BTreeSet;

use concordat_secagg::client::Abort;
use concordat_secagg::server::{Answer, Closed, Server, Unopened};
use concordat_secagg::{FromClient, Step};
use concordat_terms::Digest;

use crate::common::{World, party, session};
use crate::toolkit::{combine, four, inbox, key_list, next, parties, resign, step};
use crate::undefended::{Room, minus_self};

/// Runs an attempt in which the named holders reveal nothing of birch's; what comes of it.
fn kept_back(numbers: (u32, u32, u32, u32), holders: &[&str]) -> Unopened {
    let session = session(numbers, 32, 6);
    let mut world = World::new(&session, 21);
    let messages = world.advertise();
    let (server, answer) = next(Server::new(session.clone()), messages);
    let messages = world.respond(&answer);
    let (server, answer) = next(server, messages);
    let messages = world.respond(&answer);
    let (server, answer) = next(server, messages);
    let messages = world.respond(&answer);
    let (server, answer) = next(server, messages);
    let messages = world.respond(&answer).into_iter().map(|message| {
        let FromClient::Reveal(mut reveal) = message else { panic!("another message") };
        if holders.contains(&reveal.from.as_str()) {
            reveal.body.shares.remove(&party("birch"));
        }
        FromClient::Reveal(resign(&session, reveal))
    });
    let messages = messages.collect();
    step(server, messages).unwrap_err()
}

#[test]
fn undefended_one_altered_share_opens_another_secret_and_nobody_is_named() {
    let room = Room::new(4, 3, 51);
    let mut shares: Vec<_> = room.clients[..3].iter().map(|client| client.seed_share(4)).collect();
    assert_eq!(combine(&shares), room.open_seed(4));
    shares[1].1[7] ^= 1;
    // Three shares give a seed, whatever they are; only the sum is other than it was.
    let wrong = combine(&shares);
    assert_ne!(wrong, room.open_seed(4));
    assert_ne!(
        minus_self(&room.upload(4), &wrong),
        minus_self(&room.upload(4), &room.open_seed(4))
    );
}

#[test]
fn clients_that_keep_shares_back_do_not_get_the_dealer_blamed() {
    // One of four may collude, and t = 4 of 4 reveal here: alder alone can stop the sum, and is
    // named beside birch. Nobody can tell which of the two lies.
    let withheld = kept_back((4, 4, 1, 0), &["alder"]);
    assert_eq!(withheld, Unopened::Withheld { dealer: party("birch"), by: parties(&["alder"]) });
    assert!(withheld.to_string().ends_with("`alder` kept theirs back"), "{withheld}");

    // More than can collude say the same: one of them is honest, so birch dealt badly.
    let two = kept_back((4, 4, 1, 0), &["alder", "aspen"]);
    assert_eq!(two, Unopened::BadDealer { dealer: party("birch") });
}

#[test]
fn a_client_that_deals_rubbish_is_complained_about_by_every_holder() {
    // Birch signs sealed shares that nobody can open; the server cannot see into them.
    let mut world = World::new(&four(), 22);
    let messages = world.advertise();
    let (server, answer) = next(Server::new(four()), messages);
    let messages = world.respond(&answer).into_iter().map(|message| match message {
        FromClient::Shares(mut shares) if shares.from.as_str() == "birch" => {
            let others =
                shares.body.dealt.iter_mut().filter(|(holder, _)| **holder != party("birch"));
            others.for_each(|(_, dealt)| dealt.sealed[0] ^= 1);
            FromClient::Shares(resign(&four(), shares))
        }
        other => other,
    });
    let messages = messages.collect();
    let (_, answer) = next(server, messages);
    for name in ["alder", "aspen", "beech"] {
        let vector = world.vectors[&party(name)].clone();
        let state = world.take_masked_input(name);
        let (state, _) = state.mask(&inbox(&answer, name), vector).unwrap();
        let complaints: BTreeSet<_> = state.complaints().cloned().collect();
        assert_eq!(complaints, parties(&["birch"]));
    }
}

#[test]
fn shares_that_the_server_altered_are_complained_about_and_not_revealed() {
    let mut world = World::new(&four(), 6);
    let (_, answer) = world.run_until(Step::ShareKeys);
    let mut spoiled = inbox(&answer, "alder");
    spoiled.get_mut(&party("birch")).unwrap().sealed[3] ^= 1;
    let vector = world.vectors[&party("alder")].clone();
    let (state, _) = world.take_masked_input("alder").mask(&spoiled, vector).unwrap();
    assert_eq!(state.complaints().collect::<Vec<_>>(), [&party("birch")]);

    // A server that renames a share, to have its holder blamed, is noticed as well.
    let mut renamed = inbox(&answer, "aspen");
    renamed.get_mut(&party("birch")).unwrap().key_share = Digest::of(b"another");
    let vector = world.vectors[&party("aspen")].clone();
    let (state, _) = world.take_masked_input("aspen").mask(&renamed, vector).unwrap();
    assert_eq!(state.complaints().collect::<Vec<_>>(), [&party("birch")]);

    // Too few dealers, so that few would be masked with: no upload.
    let mut short = inbox(&answer, "beech");
    short.retain(|p, _| ["alder", "beech"].contains(&p.as_str()));
    let vector = world.vectors[&party("beech")].clone();
    let refused = world.take_masked_input("beech").mask(&short, vector).unwrap_err();
    assert_eq!(refused, Abort::TooFew { step: Step::ShareKeys, have: 2, need: 3 });
}

#[test]
fn a_dealer_whose_shares_open_nothing_is_named() {
    // Aspen publishes a commitment to another seed than it shares and masks with, and covers it
    // up as well as a client can: it alone works from its true keys, and signs as if it did not.
    let mut world = World::new(&four(), 14);
    let server = Server::new(four());
    let mut messages = world.advertise();
    let FromClient::Keys(aspen) = &mut messages[1] else { panic!("another message") };
    let truth = aspen.clone();
    aspen.body.seed_commitment = Digest::of(b"another seed");
    *aspen = resign(&four(), aspen.clone());
    let step = |server: Server, messages: Vec<FromClient>| {
        let mut server = server;
        messages.into_iter().for_each(|m| server.receive(m).unwrap());
        server.close()
    };

    let Ok(Closed::Next(next, answer)) = step(server, messages) else { panic!("four keys") };
    let mut true_list = key_list(&answer);
    true_list.insert(party("aspen"), truth);
    let aspen = world.take_share_keys("aspen");
    let (aspen, shares) = aspen.share(&true_list, &mut world.rng).unwrap();
    let mut messages = world.respond(&answer);
    messages.push(FromClient::Shares(shares));

    let Ok(Closed::Next(next, answer)) = step(next, messages) else { panic!("four shares") };
    let vector = world.vectors[&party("aspen")].clone();
    let (aspen, mut upload) = aspen.mask(&inbox(&answer, "aspen"), vector).unwrap();
    let mut messages = world.respond(&answer);
    let FromClient::Masked(alder) = &messages[0] else { panic!("another message") };
    upload.body.peers = alder.body.peers;
    messages.push(FromClient::Masked(resign(&four(), upload)));

    let Ok(Closed::Next(next, answer)) = step(next, messages) else { panic!("four uploads") };
    let Answer::Survivors(survivors) = &answer else { panic!("another answer") };
    let (_, signed) = aspen.sign(survivors).unwrap();
    let mut messages = world.respond(&answer);
    messages.push(FromClient::Survivors(signed));

    // Three reveal; their shares agree with their names, and open what was not committed to.
    let Ok(Closed::Next(next, answer)) = step(next, messages) else { panic!("four signatures") };
    let messages = world.respond(&answer);
    let ended = step(next, messages).unwrap_err();
    assert_eq!(ended, Unopened::BadDealer { dealer: party("aspen") });
}
