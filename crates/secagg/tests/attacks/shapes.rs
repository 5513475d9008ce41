//! Vectors of other lengths, rings or peers.

use concordat_secagg::client::Abort;
use concordat_secagg::server::Rejected;
use concordat_secagg::{BadVector, FromClient, RingVec, Step};

use crate::common::{World, party};
use crate::toolkit::{four, inbox, resign};

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
