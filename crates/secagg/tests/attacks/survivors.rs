//! The server lies about who is there: too few, others, or with signatures that nobody made.

use concordat_secagg::client::Abort;
use concordat_secagg::{Signatures, Step};

use crate::common::{World, party};
use crate::toolkit::{agree, four, parties, signatures};
use crate::undefended::{Room, minus_pair, minus_self};

#[test]
fn undefended_a_server_that_says_that_all_but_one_dropped_out_reads_the_one() {
    // Clients open the key of whoever is said to be gone: the sum of one survivor is its input.
    let room = Room::new(4, 3, 3);
    let victim = room.list[&4].mask;
    let words = [1, 2, 3].iter().fold(room.upload(4), |words, gone| {
        minus_pair(&words, 4, *gone, &agree(&room.open_key(*gone), &victim))
    });
    assert_eq!(minus_self(&words, &room.open_seed(4)), room.inputs[3]);
}

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
