//! Updates of which the zeros are left out: which elements are there is an input too.

use std::collections::{BTreeMap, BTreeSet};

use concordat_secagg::client::Abort;
use concordat_secagg::{BadVector, FromClient, RingVec, Step};

use crate::common::{SplitMix64, World, party, session};
use crate::toolkit::{four, inbox};
use crate::undefended::Room;

/// Of each element that is not zero its place, in clear, and its word under the client's masks.
fn sparse(room: &Room, of: u8) -> BTreeMap<usize, u32> {
    let words = room.upload(of);
    let input = &room.inputs[usize::from(of - 1)];
    let kept = input.iter().zip(words).enumerate().filter(|(_, (input, _))| **input != 0);
    kept.map(|(at, (_, word))| (at, word)).collect()
}

#[test]
fn undefended_the_places_tell_who_has_what_and_the_sum_of_one_is_its_part() {
    let mut room = Room::new(3, 2, 42);
    // A column for each diagnosis; of the third only client 2 has a patient.
    room.inputs = vec![vec![1, 0, 0, 2, 0, 0], vec![3, 0, 7, 0, 0, 0], vec![0, 4, 0, 1, 0, 0]];
    let uploads: Vec<_> = (1..=3).map(|of| sparse(&room, of)).collect();
    let places: Vec<BTreeSet<usize>> =
        uploads.iter().map(|upload| upload.keys().copied().collect()).collect();
    assert_eq!(places, [[0, 3].into(), [0, 2].into(), [1, 3].into()], "before anything is opened");
    // And of an element that one client alone has, the sum is its value: it lay open by its place.
    assert_eq!(room.sum()[2], room.inputs[1][2]);
}

#[test]
fn a_contribution_of_zeros_and_one_without_look_alike() {
    let session = session((4, 3, 1, 1), 32, 4096);
    let mut rng = SplitMix64(43);
    let full = (0..4096).map(|_| 1 + rng.below(1000) as i64);
    let one = |at| if at == 77 { 5 } else { 0 };
    let ring = session.params().ring();
    let inputs = [
        RingVec::zeros(ring, 4096),
        RingVec::from_signed(ring, (0..4096).map(one)),
        RingVec::from_signed(ring, full),
    ];
    for input in inputs {
        let mut world = World::new(&session, 44);
        world.vectors.insert(party("birch"), input.clone());
        let (_, answer) = world.run_until(Step::ShareKeys);
        let uploads = world.respond(&answer);
        let FromClient::Masked(upload) = uploads.last().unwrap() else { panic!("another") };
        assert_eq!(upload.from, party("birch"));
        let RingVec::U32(words) = &upload.body.vector else { panic!("another ring") };
        assert_eq!(words.len(), 4096, "every element is sent");
        // None shows through: of 4,096 random words hardly one is below 2^16.
        let small = words.iter().filter(|word| word.cast_signed().unsigned_abs() < 1 << 16).count();
        assert!(small < 4, "{small}");
    }
}

#[test]
fn a_vector_with_elements_left_out_is_not_masked() {
    let mut world = World::new(&four(), 45);
    let (_, answer) = world.run_until(Step::ShareKeys);
    let short = RingVec::from_signed(four().params().ring(), [3, 7]);
    let refused = world.take_masked_input("birch").mask(&inbox(&answer, "birch"), short);
    let shape = matches!(refused, Err(Abort::Vector(BadVector::Shape { need_len: 6, .. })));
    assert!(shape);
}
