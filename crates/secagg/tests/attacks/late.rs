//! An upload that arrives after its sender was declared dead, and its keys opened.

use concordat_secagg::server::{Closed, Rejected};
use concordat_secagg::{FromClient, Step, verify_sum};

use crate::common::{World, party, sum_of};
use crate::toolkit::{Loot, finish, four, next, parties, secrets, uploads};
use crate::undefended::{Room, minus_pairs, minus_self};

#[test]
fn undefended_a_late_upload_under_pair_masks_alone_is_read() {
    // One mask a pair and none of one's own: the variant that everybody writes first.
    let room = Room::new(4, 3, 12);
    let late = minus_self(&room.upload(4), &room.open_seed(4));
    assert_eq!(minus_pairs(&room.list, 4, &late, &room.open_key(4)), room.inputs[3]);
}

#[test]
fn a_late_upload_and_the_opened_key_of_its_sender_do_not_give_the_input() {
    // The server holds birch's upload back, declares it dead, and gets its mask key opened.
    let mut world = World::new(&four(), 13);
    let known = secrets(&world);
    let (keys, server, mut uploads) = uploads(&mut world);
    let late = uploads.remove(&party("birch")).unwrap();
    let messages = uploads.into_values().map(FromClient::Masked).collect();
    let (server, answer) = next(server, messages);
    let mut loot = Loot::of(&finish(&mut world, server, answer));
    assert_eq!(loot.mask_keys[&party("birch")], known[&party("birch")].mask);
    let (left, masks) = loot.strip(&world.session, &keys, &late);
    assert_eq!(masks, 1, "the self-mask");
    assert_ne!(left, world.vectors[&party("birch")]);

    // It is that mask alone which stands between the server and the input.
    loot.seeds.insert(party("birch"), known[&party("birch")].seed);
    let (left, masks) = loot.strip(&world.session, &keys, &late);
    assert_eq!((left, masks), (world.vectors[&party("birch")].clone(), 0));
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
