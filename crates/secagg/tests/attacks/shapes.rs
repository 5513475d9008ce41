//! Vectors of other lengths, rings or peers.

use concordat_secagg::client::Abort;
use concordat_secagg::server::Rejected;
use concordat_secagg::{BadVector, FromClient, RingVec, Step};

use crate::common::{World, party};
use crate::toolkit::{four, inbox, resign};
use crate::undefended::{Room, minus_self};

#[test]
fn undefended_a_vector_that_is_too_short_leaves_the_others_masks_on_the_sum() {
    let room = Room::new(3, 2, 50);
    let mut uploads: Vec<Vec<u32>> =
        (1..=3).map(|of| minus_self(&room.upload(of), &room.open_seed(of))).collect();
    // Elements are added one by one, as long as there are any.
    let sum = |uploads: &[Vec<u32>]| -> Vec<u32> {
        let at = |place: usize| uploads.iter().filter_map(move |words| words.get(place));
        (0..6).map(|place| at(place).fold(0_u32, |sum, word| sum.wrapping_add(*word))).collect()
    };
    assert_eq!(sum(&uploads), room.sum());
    uploads[2].pop();
    let (short, whole) = (sum(&uploads), room.sum());
    assert_eq!(short[..5], whole[..5]);
    assert!(short[5] > 3000, "no input is above 1000, and nobody was told: {}", short[5]);
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
        assert!(matches!(
            refused.unwrap_err(),
            Abort::Vector(BadVector::Shape { need_len: 6, .. })
        ));
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
