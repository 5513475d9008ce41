//! Old messages, and masks that are used twice.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use concordat_secagg::server::{Rejected, Server};
use concordat_secagg::{Binding, Mismatch, RingVec, Roster, Session, Step, verify_sum};
use concordat_terms::Digest;

use crate::common::{World, binding, ledger_key, params, party, roster};
use crate::toolkit::{finished, four, uploads};
use crate::undefended::Room;

#[test]
fn undefended_a_client_that_retries_under_the_same_keys_shows_how_its_input_changed() {
    let mut room = Room::new(4, 3, 7);
    let first = room.upload(4);
    room.inputs[3][2] += 41;
    let second = room.upload(4);
    let shown: Vec<u32> = second.iter().zip(&first).map(|(b, a)| b.wrapping_sub(*a)).collect();
    assert_eq!(shown, [0, 0, 41, 0, 0, 0]);
}

#[test]
fn two_attempts_share_no_mask() {
    // The same inputs, and even the same randomness: the attempt alone is another.
    let again = Binding { attempt: 1, ..binding() };
    let again = Session::new(params((4, 3, 1, 1), 32, 6), roster(4), &again).unwrap();
    let (_, _, first) = uploads(&mut World::new(&four(), 8));
    let (_, _, second) = uploads(&mut World::new(&again, 8));
    for (party, upload) in &first {
        let (RingVec::U32(a), RingVec::U32(b)) = (&upload.body.vector, &second[party].body.vector)
        else {
            panic!("stories use 32 bits")
        };
        assert!(a.iter().zip(b).all(|(a, b)| a.abs_diff(*b) > 1 << 8), "{a:?} {b:?}");
    }
}

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
        session(&Binding { agreed: other, ..binding() }, 32, "birch"),
        session(&Binding { run: "other".parse().unwrap(), ..binding() }, 32, "birch"),
        session(&Binding { round: 4, ..binding() }, 32, "birch"),
        session(&Binding { attempt: 1, ..binding() }, 32, "birch"),
        session(&Binding { model: other, ..binding() }, 32, "birch"),
        session(&Binding { quantiser: other, ..binding() }, 32, "birch"),
    ]
    .into();
    assert_eq!(ids.len(), 9);
}
