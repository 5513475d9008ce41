//! Keys that are not their owners' (Flower 1.41 does not sign them), weak, or somebody else's.

use std::collections::BTreeMap;

use concordat_secagg::client::Abort;
use concordat_secagg::server::{Rejected, Server};
use concordat_secagg::{FromClient, KeyList, Step};

use crate::common::{SplitMix64, World, party};
use crate::toolkit::{combine, four, key_list, resign};
use crate::undefended::{Client, Directory, strip};

#[test]
fn undefended_a_server_in_the_middle_reads_the_input() {
    // To the victim everyone else is the server; it seals its shares to keys that the server has.
    let mut rng = SplitMix64(5);
    let victim = Client::new(4, &mut rng);
    let fakes: BTreeMap<u8, [u8; 32]> =
        (1..=3).map(|at| (at, crate::toolkit::random(&mut rng))).collect();
    let mut list: Directory = fakes
        .iter()
        .map(|(at, secret)| {
            let public = crate::toolkit::public_of(secret);
            (*at, crate::undefended::Public { cipher: public, mask: public })
        })
        .collect();
    list.insert(4, victim.public());
    let input = [7, 0, 0, 9, 1, 2];
    let upload = victim.upload(&list, &input);
    let dealt = victim.deal(3, &list, &mut rng);
    let opened = fakes.iter().map(|(at, secret)| (*at, dealt[at].open(secret).unwrap()));
    let opened: Vec<_> = opened.collect();
    let key = combine(&opened.iter().map(|(at, (key, _))| (*at, *key)).collect::<Vec<_>>());
    let seed = combine(&opened.iter().map(|(at, (_, seed))| (*at, *seed)).collect::<Vec<_>>());
    assert_eq!(strip(&list, 4, &upload, &key, &seed), input);
}

#[test]
fn a_server_in_the_middle_is_named_by_the_first_key_it_replaces() {
    let mut world = World::new(&four(), 5);
    let (_, answer) = world.run_until(Step::AdvertiseKeys);
    let mut list = key_list(&answer);
    for name in ["alder", "aspen", "beech"] {
        let signed = list.get_mut(&party(name)).unwrap();
        signed.body.cipher_key = crate::toolkit::public_of(&[9; 32]);
        signed.body.mask_key = crate::toolkit::public_of(&[10; 32]);
    }
    let step = Step::AdvertiseKeys;
    let refused = world.take_share_keys("birch").share(&list, &mut world.rng).unwrap_err();
    assert_eq!(refused, Abort::BadSignature { party: party("alder"), step });
}

#[test]
fn another_spelling_of_a_key_is_refused_by_the_server_and_by_every_client() {
    // The same point to RFC 7748, other bytes: one key under two names.
    let mut world = World::new(&four(), 6);
    let messages = world.advertise();
    let FromClient::Keys(alder) = &messages[0] else { panic!("another message") };
    let FromClient::Keys(aspen) = &messages[1] else { panic!("another message") };
    let mut stolen = aspen.clone();
    stolen.body.mask_key = alder.body.mask_key;
    stolen.body.mask_key[31] |= 0x80;
    let stolen = resign(&four(), stolen);
    let mut server = Server::new(four());
    server.receive(messages[0].clone()).unwrap();
    let refused = server.receive(FromClient::Keys(stolen.clone()));
    assert_eq!(refused, Err(Rejected::BadKey { from: party("aspen") }));

    let mut list: KeyList = messages
        .iter()
        .filter_map(|message| match message {
            FromClient::Keys(keys) => Some((keys.from.clone(), keys.clone())),
            _ => None,
        })
        .collect();
    list.insert(party("aspen"), stolen);
    let refused = world.take_share_keys("birch").share(&list, &mut world.rng).unwrap_err();
    assert_eq!(refused, Abort::BadKey { party: party("aspen") });
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
