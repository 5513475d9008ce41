//! Few clients: in a sum of two each reads the other's part, and of three none may drop out.

use std::collections::BTreeMap;

use concordat_secagg::{Impossible, Params, Proposal, Step};

use crate::common::{Outcome, World, expected, outcome, params, party, session};
use crate::undefended::Room;

#[test]
fn undefended_each_of_two_reads_the_others_part_off_the_sum() {
    let room = Room::new(2, 1, 40);
    let left: Vec<u32> =
        room.sum().iter().zip(&room.inputs[0]).map(|(sum, own)| sum.wrapping_sub(*own)).collect();
    assert_eq!(left, room.inputs[1]);
}

#[test]
fn parameters_for_two_do_not_exist_whatever_else_they_say() {
    let good = *params((4, 3, 1, 1), 32, 6).proposal();
    for (threshold, colluders, dropouts) in [(1, 0, 0), (2, 0, 0), (2, 1, 0), (2, 0, 1)] {
        for clients in [0, 1, 2] {
            let few = Proposal { clients, threshold, colluders, dropouts, ..good };
            assert_eq!(Params::prove(few), Err(Impossible::TooFewClients { clients }));
        }
    }
}

/// Nor is a sum of one among those that stay, where others may collude.
#[test]
fn parameters_that_may_leave_one_honest_contribution_do_not_exist() {
    let good = *params((4, 3, 1, 1), 32, 6).proposal();
    let three = Proposal { clients: 3, threshold: 3, colluders: 2, dropouts: 0, ..good };
    let refused = Params::prove(three).unwrap_err();
    assert_eq!(refused, Impossible::HonestMinority { remaining: 3, colluders: 2 });
}

#[test]
fn three_of_three_open_a_sum_and_two_of_three_never_do() {
    let session = session((3, 3, 1, 0), 32, 6);
    let steps = [
        Step::AdvertiseKeys,
        Step::ShareKeys,
        Step::MaskedInput,
        Step::ConsistencyCheck,
        Step::Unmasking,
    ];
    for silent in steps.into_iter().map(Some).chain([None]) {
        let mut world = World::new(&session, 41);
        let result = world.run(|_, server, messages| {
            let says = |from: &str, step| from != "beech" || silent.is_none_or(|from| step < from);
            let heard = messages.into_iter().filter(|m| says(m.from().as_str(), m.step()));
            heard.for_each(|message| server.receive(message).unwrap());
        });
        let pattern: BTreeMap<_, _> =
            silent.map(|step| (party("beech"), step)).into_iter().collect();
        let got = outcome(&session, result);
        assert_eq!(got, expected(&session, &world.vectors, &pattern), "{silent:?}");
        assert_eq!(matches!(got, Outcome::Sum(..)), silent.is_none(), "{silent:?}");
    }
    // That one of them may be missing cannot be written down.
    let asked = Proposal { dropouts: 1, colluders: 0, ..*session.params().proposal() };
    let refused = Params::prove(asked).unwrap_err();
    assert_eq!(refused, Impossible::CannotOpen { threshold: 3, remaining: 2 });
}
