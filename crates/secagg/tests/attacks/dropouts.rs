//! A client is lost, at any step (Flower 1.41 gives the round up when that is one of the first
//! two of its four).

use std::collections::BTreeMap;

use concordat_secagg::Step;
use concordat_terms::PartyId;

use crate::common::{Outcome, World, expected, outcome, party};
use crate::toolkit::four;

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
fn one_client_of_four_can_be_lost_at_every_step() {
    for silent in STEPS {
        let (got, wanted) = without_birch_from(silent);
        assert_eq!(got, wanted, "{silent}");
        let Outcome::Sum(survivors, _) = got else { panic!("{silent}: no sum") };
        // Its vector counts once it has arrived.
        assert_eq!(survivors.contains(&party("birch")), silent > Step::MaskedInput, "{silent}");
    }
}
