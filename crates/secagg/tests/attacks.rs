//! What a cheating server or client tries, and what comes of it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{
    World, binding, contribution, key_list, ledger_key, params, party, roster, session, sum_of,
};
use concordat_secagg::client::{self, Abort};
use concordat_secagg::server::{Answer, Closed, Rejected, Server, Unopened};
use concordat_secagg::{
    BadRoster, Binding, FromClient, KeyList, Mismatch, Opened, RingVec, Roster, Session,
    Signatures, Step, Transcript, verify_sum,
};
use concordat_terms::{Digest, PartyId};

/// Four hospitals: threshold 3, one may collude, one may drop out.
fn four() -> Session {
    session((4, 3, 1, 1), 32, 6)
}

fn parties(names: &[&str]) -> BTreeSet<PartyId> {
    names.iter().map(|name| party(name)).collect()
}

fn finished(session: &Session) -> Transcript {
    World::new(session, 1)
        .run(|_, server, messages| messages.into_iter().for_each(|m| server.receive(m).unwrap()))
        .unwrap()
}

fn inbox(answer: &Answer, name: &str) -> concordat_secagg::Inbox {
    match answer {
        Answer::Inboxes(inboxes) => inboxes[&party(name)].clone(),
        _ => panic!("another answer"),
    }
}

fn signatures(answer: &Answer) -> Signatures {
    match answer {
        Answer::Signatures(signatures) => signatures.clone(),
        _ => panic!("another answer"),
    }
}

// The server wants both secrets of one client.

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

/// Signs a changed message with its sender's ledger key, as a cheating client would.
fn resign<B: concordat_secagg::Body>(
    session: &Session,
    mut message: concordat_secagg::Signed<B>,
) -> concordat_secagg::Signed<B> {
    use ed25519_dalek::Signer as _;
    // The statement that a signature covers, written out independently of the crate.
    let statement = Digest::of_parts(&[
        b"concordat-secagg/v1/signed",
        session.id().as_bytes(),
        B::STEP.to_string().as_bytes(),
        message.from.as_str().as_bytes(),
        message.body.digest().as_bytes(),
    ]);
    message.signature = ledger_key(message.from.as_str()).sign(statement.as_bytes());
    message
}

// The server lies about who is there.

#[test]
fn a_survivor_list_below_the_minimum_is_not_signed() {
    let mut world = World::new(&four(), 3);
    world.run_until(Step::MaskedInput);
    let two = parties(&["alder", "aspen"]);
    let step = Step::MaskedInput;
    let refused = world.take_consistency("alder").sign(&two).unwrap_err();
    assert_eq!(refused, Abort::TooFew { step, have: 2, need: 3 });

    // Nor one that leaves the signer out, or names someone who never shared.
    let others = parties(&["alder", "beech", "birch"]);
    let refused = world.take_consistency("aspen").sign(&others).unwrap_err();
    assert_eq!(refused, Abort::LeftOut { party: party("aspen"), step });
    let stranger = parties(&["alder", "beech", "birch", "willow"]);
    let refused = world.take_consistency("beech").sign(&stranger).unwrap_err();
    assert_eq!(refused, Abort::Stranger { party: party("willow"), step });
}

#[test]
fn a_forged_signature_under_the_survivors_reveals_nothing() {
    let mut world = World::new(&four(), 4);
    let (_, answer) = world.run_until(Step::ConsistencyCheck);
    let step = Step::ConsistencyCheck;

    // One party's signature in another's name.
    let mut forged = signatures(&answer);
    forged.insert(party("birch"), forged[&party("alder")]);
    let refused = world.take_unmasking("alder").reveal(&forged).unwrap_err();
    assert_eq!(refused, Abort::BadSignature { party: party("birch"), step });

    // A Sybil's signature in the Sybil's name.
    let mut sybil = signatures(&answer);
    sybil.insert(party("willow"), sybil[&party("alder")]);
    let refused = world.take_unmasking("aspen").reveal(&sybil).unwrap_err();
    assert_eq!(refused, Abort::Stranger { party: party("willow"), step });

    // None at all.
    let refused = world.take_unmasking("beech").reveal(&Signatures::new()).unwrap_err();
    assert_eq!(refused, Abort::TooFew { step, have: 0, need: 3 });
}

#[test]
fn a_list_of_keys_below_the_minimum_or_with_a_replaced_key_is_answered_with_silence() {
    let session = four();
    let list_of = |world: &mut World| -> KeyList {
        let (_, answer) = world.run_until(Step::AdvertiseKeys);
        key_list(&answer)
    };
    let step = Step::AdvertiseKeys;

    let mut world = World::new(&session, 5);
    let list = list_of(&mut world);
    let mut short = list.clone();
    short.retain(|p, _| ["alder", "aspen"].contains(&p.as_str()));
    let refused = world.take_share_keys("alder").share(&short, &mut world.rng).unwrap_err();
    assert_eq!(refused, Abort::TooFew { step, have: 2, need: 3 });

    // The server's own key in birch's name.
    let mut replaced = list.clone();
    replaced.get_mut(&party("birch")).unwrap().body.mask_key = [9; 32];
    let refused = world.take_share_keys("aspen").share(&replaced, &mut world.rng).unwrap_err();
    assert_eq!(refused, Abort::BadSignature { party: party("birch"), step });

    // The reader's own key replaced, by one that it signed in an earlier life.
    let mut earlier = World::new(&session, 77);
    let mut own = list.clone();
    own.insert(party("beech"), list_of(&mut earlier)[&party("beech")].clone());
    let refused = world.take_share_keys("beech").share(&own, &mut world.rng).unwrap_err();
    assert_eq!(refused, Abort::LeftOut { party: party("beech"), step });

    // One party under another's name, so that it would count twice.
    let mut twice = list.clone();
    twice.insert(party("aspen"), list[&party("alder")].clone());
    let refused = world.take_share_keys("birch").share(&twice, &mut world.rng).unwrap_err();
    assert_eq!(refused, Abort::BadSignature { party: party("aspen"), step });
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

// Other sessions.

#[test]
fn messages_of_an_older_round_or_attempt_do_not_count() {
    for older in [Binding { round: 2, ..binding() }, Binding { attempt: 1, ..binding() }] {
        let numbers = (4, 3, 1, 1);
        let older = Session::new(params(numbers, 32, 6), roster(4), &older).unwrap();
        let mut before = World::new(&older, 7);
        let mut server = Server::new(four());
        for message in before.advertise() {
            let from = message.from().clone();
            let bad = Rejected::BadSignature { from, step: Step::AdvertiseKeys };
            assert_eq!(server.receive(message), Err(bad));
        }

        // Nor does a whole older transcript prove a sum of today.
        let transcript = finished(&older);
        assert!(verify_sum(&older, &transcript).is_ok());
        let refused = verify_sum(&four(), &transcript).unwrap_err();
        assert!(matches!(refused, Mismatch::BadSignature { step: Step::AdvertiseKeys, .. }));
    }
}

#[test]
fn clients_that_were_shown_different_models_refuse_each_other() {
    // The server shows alder another model, and passes everyone's keys on without checking.
    let other = Binding { model: Digest::of(b"a model for alder alone"), ..binding() };
    let lured = Session::new(params((4, 3, 1, 1), 32, 6), roster(4), &other).unwrap();
    let mut world = World::new(&four(), 8);
    let (_, answer) = world.run_until(Step::AdvertiseKeys);
    let (state, keys) =
        client::advertise(lured, party("alder"), ledger_key("alder"), &mut world.rng).unwrap();
    let mut list = key_list(&answer);
    list.insert(party("alder"), keys);

    let step = Step::AdvertiseKeys;
    let refused = state.share(&list, &mut world.rng).unwrap_err();
    assert_eq!(refused, Abort::BadSignature { party: party("aspen"), step });
    let refused = world.take_share_keys("aspen").share(&list, &mut world.rng).unwrap_err();
    assert_eq!(refused, Abort::BadSignature { party: party("alder"), step });
}

#[test]
fn every_part_of_the_binding_makes_another_session() {
    let session = |binding: &Binding, bits, names| {
        let numbers = (4, 3, 1, 1);
        let mut keys: BTreeMap<_, _> = ["alder", "aspen", "beech"]
            .map(|name| (party(name), ledger_key(name).verifying_key()))
            .into();
        keys.insert(party(names), ledger_key(names).verifying_key());
        Session::new(params(numbers, bits, 6), Roster::new(keys).unwrap(), binding).unwrap().id()
    };
    let other = Digest::of(b"other");
    let ids: BTreeSet<Digest> = [
        session(&binding(), 32, "birch"),
        session(&binding(), 64, "birch"),
        session(&binding(), 32, "willow"),
        session(&Binding { agreement: other, ..binding() }, 32, "birch"),
        session(&Binding { run: "other".parse().unwrap(), ..binding() }, 32, "birch"),
        session(&Binding { round: 4, ..binding() }, 32, "birch"),
        session(&Binding { attempt: 1, ..binding() }, 32, "birch"),
        session(&Binding { model: other, ..binding() }, 32, "birch"),
        session(&Binding { quantiser: other, ..binding() }, 32, "birch"),
    ]
    .into();
    assert_eq!(ids.len(), 9);
}

// Strangers and bad clients.

#[test]
fn a_sybil_that_is_not_in_the_roster_can_neither_start_nor_be_heard() {
    let mut world = World::new(&four(), 9);
    let stranger = Abort::NotInRoster { party: party("willow") };
    let refused = client::advertise(four(), party("willow"), ledger_key("willow"), &mut world.rng);
    assert_eq!(refused.unwrap_err(), stranger);

    // A roster of its own gets it signatures, but of another session; and in a listed name its
    // key is not the one of the roster.
    let mut server = Server::new(four());
    let mut message = world.advertise().swap_remove(0);
    if let FromClient::Keys(keys) = &mut message {
        keys.from = party("willow");
    }
    let step = Step::AdvertiseKeys;
    let refused = Rejected::NotInRound { from: party("willow"), step };
    assert_eq!(server.receive(message), Err(refused));
    let refused = client::advertise(four(), party("birch"), ledger_key("willow"), &mut world.rng);
    assert_eq!(refused.unwrap_err(), Abort::NotMyKey { party: party("birch") });

    // Nor do clients accept it in the server's list.
    let (_, answer) = world.run_until(Step::AdvertiseKeys);
    let mut list = key_list(&answer);
    list.insert(party("willow"), list[&party("alder")].clone());
    let refused = world.take_share_keys("alder").share(&list, &mut world.rng).unwrap_err();
    assert_eq!(refused, Abort::Stranger { party: party("willow"), step });
}

#[test]
fn a_roster_with_one_key_for_two_seats_or_a_weak_key_is_refused() {
    let key = ledger_key("alder").verifying_key();
    let twice = Roster::new([(party("alder"), key), (party("aspen"), key)].into());
    assert_eq!(twice, Err(BadRoster::SharedKey { party: party("aspen") }));
    // The neutral element: every signature with s = 0 and R neutral holds for it.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let weak = concordat_secagg::VerifyingKey::from_bytes(&neutral).unwrap();
    let refused = Roster::new([(party("alder"), weak)].into());
    assert_eq!(refused, Err(BadRoster::WeakKey { party: party("alder") }));
    let refused = Session::new(params((4, 3, 1, 1), 32, 6), roster(3), &binding());
    assert_eq!(refused, Err(BadRoster::WrongCount { have: 3, need: 4 }));
}

#[test]
fn weak_and_stolen_keys_are_dropped_with_their_sender() {
    let mut world = World::new(&four(), 10);
    let messages = world.advertise();
    let keys = |at: usize| match &messages[at] {
        FromClient::Keys(keys) => keys.clone(),
        _ => panic!("another message"),
    };
    let (alder, aspen) = (keys(0), keys(1));
    let mut server = Server::new(four());
    server.receive(messages[0].clone()).unwrap();
    let mut with = |change: &dyn Fn(&mut concordat_secagg::Keys)| {
        let mut signed = aspen.clone();
        change(&mut signed.body);
        server.receive(FromClient::Keys(resign(&four(), signed)))
    };
    let bad = Err(Rejected::BadKey { from: party("aspen") });
    assert_eq!(with(&|body| body.mask_key = [0; 32]), bad);
    assert_eq!(with(&|body| body.cipher_key = [0; 32]), bad);
    assert_eq!(with(&|body| body.mask_key = alder.body.mask_key), bad);
    assert_eq!(with(&|body| body.cipher_key = alder.body.mask_key), bad);
    assert_eq!(with(&|body| body.cipher_key = body.mask_key), bad);
    assert_eq!(with(&|_| ()), Ok(()));
}

#[test]
fn vectors_of_another_shape_are_refused_on_both_sides() {
    let mut world = World::new(&four(), 11);
    let (mut server, answer) = world.run_until(Step::ShareKeys);
    let wrong = [
        RingVec::U32(vec![0; 5]),
        RingVec::U32(vec![0; 7]),
        RingVec::U32(vec![]),
        RingVec::U64(vec![0; 6]),
    ];
    for (name, vector) in ["alder", "aspen", "beech", "birch"].into_iter().zip(wrong.clone()) {
        let refused = world.take_masked_input(name).mask(&inbox(&answer, name), vector);
        assert!(matches!(refused.unwrap_err(), Abort::Shape { need_len: 6, .. }));
    }
    let mut world = World::new(&four(), 11);
    let (_, answer) = world.run_until(Step::ShareKeys);
    for message in world.respond(&answer) {
        let FromClient::Masked(upload) = message else { panic!("another message") };
        for vector in wrong.clone() {
            let mut upload = upload.clone();
            upload.body.vector = vector;
            let refused = server.receive(FromClient::Masked(resign(&four(), upload)));
            assert!(matches!(refused, Err(Rejected::Shape { need_len: 6, .. })));
        }
        server.receive(FromClient::Masked(upload)).unwrap();
    }
}

#[test]
fn a_late_upload_changes_nothing_after_its_sender_was_declared_dead() {
    let session = four();
    let mut world = World::new(&session, 12);
    let (mut server, answer) = world.run_until(Step::ShareKeys);
    let mut messages = world.respond(&answer);
    let late = messages.pop().unwrap();
    messages.into_iter().for_each(|m| server.receive(m).unwrap());
    loop {
        server = match server.close().unwrap() {
            Closed::Next(mut next, answer) => {
                let refused = next.receive(late.clone()).unwrap_err();
                assert!(matches!(refused, Rejected::WrongStep { sent: Step::MaskedInput, .. }));
                assert!(!next.awaited().contains(&party("birch")));
                world.respond(&answer).into_iter().for_each(|m| next.receive(m).unwrap());
                next
            }
            Closed::Done(transcript) => {
                let sum = verify_sum(&session, &transcript).unwrap();
                assert_eq!(sum.survivors, parties(&["alder", "aspen", "beech"]));
                let vectors = sum.survivors.iter().map(|p| &world.vectors[p]);
                assert_eq!(sum.vector, sum_of(&session, vectors));
                return;
            }
        };
    }
}

#[test]
fn an_upload_masked_for_other_peers_is_named_and_dropped() {
    // The server (or a bug) shows alder three dealers and the others four.
    let mut world = World::new(&four(), 13);
    let (mut server, answer) = world.run_until(Step::ShareKeys);
    let mut short = inbox(&answer, "alder");
    short.remove(&party("birch"));
    let vector = world.vectors[&party("alder")].clone();
    let (_, upload) = world.take_masked_input("alder").mask(&short, vector).unwrap();
    let refused = server.receive(FromClient::Masked(upload));
    assert_eq!(refused, Err(Rejected::OtherPeers { from: party("alder") }));
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

#[test]
fn below_the_threshold_there_is_no_sum_and_the_missing_are_named() {
    let mut world = World::new(&four(), 15);
    let ended = world.run(|_, server, messages| {
        for message in messages {
            let silent = message.step() == Step::Unmasking && message.from() > &party("aspen");
            if !silent {
                server.receive(message).unwrap();
            }
        }
    });
    let Err(Unopened::BelowThreshold(below)) = ended else { panic!("two opened a sum") };
    assert_eq!((below.step, below.have, below.need), (Step::Unmasking, 2, 3));
    assert_eq!(below.missing, parties(&["beech", "birch"]));
}

// The server publishes something else.

#[test]
fn another_sum_than_the_messages_give_is_caught_and_located() {
    let session = four();
    let mut transcript = finished(&session);
    let digest = transcript.digest(&session);
    assert!(transcript.sum.add(&RingVec::U32(vec![0, 0, 1, 0, 0, u32::MAX])));
    let refused = verify_sum(&session, &transcript).unwrap_err();
    assert_eq!(refused, Mismatch::OtherSum { count: 2, first: 2 });
    assert_ne!(transcript.digest(&session), digest);
}

#[test]
fn no_part_of_a_transcript_can_be_altered() {
    let session = four();
    let good = finished(&session);
    assert!(verify_sum(&session, &good).is_ok());
    let refused = |change: &dyn Fn(&mut Transcript)| {
        let mut bad = good.clone();
        change(&mut bad);
        assert_ne!(bad.digest(&session), good.digest(&session), "the digest shows it");
        verify_sum(&session, &bad).unwrap_err()
    };
    let (alder, birch) = (party("alder"), party("birch"));

    // An upload altered, dropped together with its traces, or given twice.
    let one = RingVec::U32(vec![1; 6]);
    let altered = refused(&|t| assert!(t.uploads.get_mut(&alder).unwrap().body.vector.add(&one)));
    let step = Step::MaskedInput;
    assert_eq!(altered, Mismatch::BadSignature { party: alder.clone(), step });
    let dropped = refused(&|t| {
        t.uploads.remove(&birch);
        t.signatures.remove(&birch);
        t.seeds.remove(&birch);
    });
    let step = Step::ConsistencyCheck;
    assert_eq!(dropped, Mismatch::BadSignature { party: alder.clone(), step });
    let twice = refused(&|t| {
        t.uploads.insert(birch.clone(), t.uploads[&alder].clone());
    });
    assert_eq!(twice, Mismatch::OtherUpload { party: birch.clone() });

    // Too few signatures, another secret, a secret too many, a weak key.
    let few = refused(&|t| t.signatures.retain(|p, _| *p <= party("aspen")));
    assert_eq!(few, Mismatch::TooFew { step, have: 2, need: 3 });
    let other = Mismatch::OtherSecret { party: birch.clone() };
    assert_eq!(refused(&|t| drop(t.seeds.insert(birch.clone(), [1; 32].into()))), other);
    assert_eq!(refused(&|t| drop(t.mask_keys.insert(birch.clone(), [1; 32].into()))), other);
    assert_eq!(refused(&|t| drop(t.seeds.remove(&birch))), other);
    let keys = refused(&|t| t.keys.get_mut(&birch).unwrap().body.mask_key = [0; 32]);
    let step = Step::AdvertiseKeys;
    assert_eq!(keys, Mismatch::BadSignature { party: birch.clone(), step });
}

// Secrets stay out of sight.

#[test]
fn nothing_secret_is_printed() {
    let mut world = World::new(&four(), 16);
    world.run_until(Step::ShareKeys);
    let state = world.take_masked_input("alder");
    assert_eq!(format!("{state:?}"), "MaskedInput(`alder`, redacted)");
    let transcript = finished(&four());
    let printed = format!("{transcript:?}");
    let seed = transcript.seeds[&party("alder")].as_bytes();
    assert!(!printed.contains(&hex::encode(seed)));
    assert!(!printed.contains(&format!("{seed:?}")));
    assert!(printed.contains("redacted"));
    let vector = contribution(&four(), &mut world.rng);
    assert_eq!(format!("{vector:?}"), "RingVec(32 bits, 6 elements)");
}
