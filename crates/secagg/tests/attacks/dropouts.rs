//! A client is lost, at any step (Flower 1.41 gives the round up when that is one of the first
//! two of its four).

use std::collections::BTreeMap;

use concordat_secagg::Step;
use concordat_terms::PartyId;

use crate::common::{Outcome, World, expected, outcome, party};
use crate::toolkit::{agree, four};
use crate::undefended::{Room, minus_pair, minus_self};

const STEPS: [Step; 5] = [
    Step::AdvertiseKeys,
    Step::ShareKeys,
    Step::MaskedInput,
    Step::ConsistencyCheck,
    Step::Unmasking,
];

/// What comes of an attempt in which birch falls silent at a step; `hears` drops what it says.
fn without_birch_from(silent: Step) -> (Outcome, Outcome) {
    let mut world = World::new(&four(), 16);
    let pattern: BTreeMap<PartyId, Step> = [(party("birch"), silent)].into();
    let result = world.run(|_, server, messages| {
        let heard = messages
            .into_iter()
            .filter(|message| message.from().as_str() != "birch" || message.step() < silent);
        heard.for_each(|message| server.receive(message).unwrap());
    });
    let wanted = expected(&world.session, &world.vectors, &pattern);
    (outcome(&world.session, result), wanted)
}

#[test]
fn undefended_without_recovery_one_lost_upload_leaves_the_sum_of_the_others_covered() {
    // No shares: a client that is gone takes the pair masks with it.
    let room = Room::new(4, 3, 53);
    let there = |of: u8| minus_self(&room.upload(of), &room.open_seed(of));
    let add = |sum: Vec<u32>, words: Vec<u32>| -> Vec<u32> {
        sum.iter().zip(words).map(|(sum, word)| sum.wrapping_add(word)).collect()
    };
    let sum = (1..=3).map(there).fold(vec![0; 6], add);
    let honest = room.inputs[..3].iter().cloned().fold(vec![0; 6], add);
    assert!(sum.iter().zip(&honest).all(|(sum, honest)| sum != honest));
    // With its key opened by three of them, the masks come off.
    let key = room.open_key(4);
    let opened = (1..=3)
        .fold(sum, |words, of| minus_pair(&words, of, 4, &agree(&key, &room.list[&of].mask)));
    assert_eq!(opened, honest);
}

#[test]
fn one_client_of_four_can_be_lost_at_every_step() {
    for silent in STEPS {
        let (got, wanted) = without_birch_from(silent);
        assert_eq!(got, wanted, "{silent}");
        let Outcome::Sum(survivors, _) = got else { panic!("{silent}: no sum") };
        // Its vector counts once it has arrived.
        assert_eq!(survivors.contains(&party("birch")), silent > Step::MaskedInput, "{silent}");
    }
}
