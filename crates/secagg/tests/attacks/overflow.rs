//! Sums that leave the ring (Flower 1.41 warns, and goes on).

use concordat_secagg::{BadVector, Impossible, Params, Proposal, RingVec, Step};

use crate::common::{World, params, party};
use crate::toolkit::{four, inbox};
use crate::undefended::Room;

#[test]
fn undefended_a_sum_that_wraps_is_another_sum_and_nobody_knows() {
    let mut room = Room::new(3, 2, 56);
    room.inputs = vec![vec![1_500_000_000; 6]; 3];
    // Masks come off a sum that has wrapped as off any other, and no step has a word about it.
    let wanted = 4_500_000_000_u64;
    assert!(room.sum().iter().all(|word| u64::from(*word) == wanted % (1 << 32)));
    assert!(room.sum().iter().all(|word| u64::from(*word) != wanted));
}

#[test]
fn parameters_whose_sum_could_wrap_do_not_exist() {
    let good = *params((4, 3, 1, 1), 32, 6).proposal();
    let refused = Params::prove(Proposal { levels: 1_500_000_000, ..good }).unwrap_err();
    assert!(matches!(refused, Impossible::WouldWrap { bits: 32, .. }));
    assert!(refused.remedy().starts_with("set the ring to 64 bits"));
    Params::prove(Proposal { levels: 1_500_000_000, ring_bits: 64, ..good }).unwrap();
}

#[test]
fn a_client_masks_no_value_that_the_proof_does_not_cover() {
    let mut world = World::new(&four(), 19);
    let (_, answer) = world.run_until(Step::ShareKeys);
    let most = four().params().contribution_most();
    let over = i64::try_from(most).unwrap() + 1;
    for (name, value) in [("alder", over), ("aspen", -over), ("beech", i64::from(i32::MIN))] {
        let vector = RingVec::from_signed(four().params().ring(), [0, 0, 0, 0, 0, value]);
        let refused = world.take_masked_input(name).mask(&inbox(&answer, name), vector);
        assert_eq!(refused.unwrap_err(), BadVector::OutOfRange { most }.into());
    }
    let vector = RingVec::from_signed(four().params().ring(), vec![over - 1; 6]);
    assert!(world.take_masked_input("birch").mask(&inbox(&answer, "birch"), vector).is_ok());
    assert!(world.clients.keys().all(|left| *left != party("birch")));
}
