//! Clients that collude with the server: they bring the shares that they hold of a victim.

use concordat_secagg::FromClient;
use concordat_secagg::server::{Answer, Server};
use concordat_terms::PartyId;

use crate::common::{World, party};
use crate::toolkit::{Bytes, Loot, combine, four, key_list, next, open_dealt, point, secrets};
use crate::undefended::{Room, strip};

/// What so many of alder, aspen and beech find out about birch together with a server that sees
/// every message: whether they read its input.
fn read_birch(colluders: usize) -> bool {
    let mut world = World::new(&four(), 15);
    let known = secrets(&world);
    let messages = world.advertise();
    let (server, answer) = next(Server::new(four()), messages);
    let keys = key_list(&answer);
    let messages = world.respond(&answer);
    let (_, answer) = next(server, messages);
    let Answer::Inboxes(inboxes) = &answer else { panic!("another answer") };

    let birch = party("birch");
    let gang: Vec<PartyId> = world.session.roster().parties().take(colluders).cloned().collect();
    let shares: Vec<(u8, (Bytes, Bytes))> = gang
        .iter()
        .map(|holder| {
            let dealt = &inboxes[holder][&birch];
            let secret = &known[holder].cipher;
            let opened = open_dealt(&world.session, &keys, (&birch, holder), secret, dealt);
            (point(&world.session, holder), opened)
        })
        .collect();
    let of = |which: fn(&(Bytes, Bytes)) -> Bytes| {
        combine(&shares.iter().map(|(at, both)| (*at, which(both))).collect::<Vec<_>>())
    };
    let mut loot = Loot::default();
    loot.mask_keys.extend(gang.iter().map(|party| (party.clone(), known[party].mask)));
    loot.mask_keys.insert(birch.clone(), of(|both| both.0));
    loot.seeds.insert(birch.clone(), of(|both| both.1));

    let upload = world.respond(&answer).into_iter().find_map(|message| match message {
        FromClient::Masked(upload) if upload.from == birch => Some(upload),
        _ => None,
    });
    let (left, masks) = loot.strip(&world.session, &keys, &upload.unwrap());
    assert_eq!(masks, 0, "the attackers tried every mask");
    left == world.vectors[&birch]
}

#[test]
fn undefended_as_many_colluders_as_a_threshold_of_half_read_an_input() {
    // Two of five hold enough of both secrets, and nothing keeps the server from asking for both.
    let room = Room::new(5, 2, 54);
    let key = combine(&[room.clients[0].key_share(5), room.clients[1].key_share(5)]);
    let seed = combine(&[room.clients[0].seed_share(5), room.clients[1].seed_share(5)]);
    assert_eq!(strip(&room.list, 5, &room.upload(5), &key, &seed), room.inputs[4]);
}

#[test]
fn one_holder_less_than_the_threshold_and_the_server_read_nothing() {
    assert!(!read_birch(1));
    assert!(!read_birch(2), "t − 1");
}

#[test]
fn as_many_holders_as_the_threshold_read_everything_which_the_parameters_exclude() {
    assert!(read_birch(3), "t");
    assert!(four().params().colluders() < 3);
}
