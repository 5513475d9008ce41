//! Clients that the server made up.

use concordat_secagg::client::{self, Abort};
use concordat_secagg::server::{Rejected, Server};
use concordat_secagg::{BadRoster, FromClient, Roster, Session, Step};

use crate::common::{World, binding, ledger_key, params, party, roster};
use crate::toolkit::{four, key_list};
use crate::undefended::Room;

#[test]
fn undefended_a_sum_of_one_client_and_three_sybils_is_the_clients_input() {
    // All but one are the server: it knows what the others uploaded.
    let room = Room::new(4, 3, 11);
    let mut sum = room.sum();
    for sybil in &room.inputs[..3] {
        sum.iter_mut().zip(sybil).for_each(|(sum, known)| *sum = sum.wrapping_sub(*known));
    }
    assert_eq!(sum, room.inputs[3]);
}

#[test]
fn a_sybil_that_is_not_in_the_roster_can_neither_start_nor_be_heard() {
    let mut world = World::new(&four(), 9);
    let stranger = Abort::NotInRoster { party: party("willow") };
    let refused = client::advertise(four(), party("willow"), ledger_key("willow"), &mut world.rng);
    assert_eq!(refused.unwrap_err(), stranger);

    // A roster of its own gets it signatures, but of another session; and in a listed name its
    // key is not the one of the roster.
    let mut server = Server::new(four());
    let mut message = world.advertise().swap_remove(0);
    if let FromClient::Keys(keys) = &mut message {
        keys.from = party("willow");
    }
    let step = Step::AdvertiseKeys;
    let refused = Rejected::NotInRound { from: party("willow"), step };
    assert_eq!(server.receive(message), Err(refused));
    let refused = client::advertise(four(), party("birch"), ledger_key("willow"), &mut world.rng);
    assert_eq!(refused.unwrap_err(), Abort::NotMyKey { party: party("birch") });

    // Nor do clients accept it in the server's list.
    let (_, answer) = world.run_until(Step::AdvertiseKeys);
    let mut list = key_list(&answer);
    list.insert(party("willow"), list[&party("alder")].clone());
    let refused = world.take_share_keys("alder").share(&list, &mut world.rng).unwrap_err();
    assert_eq!(refused, Abort::Stranger { party: party("willow"), step });
}

#[test]
fn a_roster_with_one_key_for_two_seats_or_a_weak_key_is_refused() {
    let key = ledger_key("alder").verifying_key();
    let twice = Roster::new([(party("alder"), key), (party("aspen"), key)].into());
    assert_eq!(twice, Err(BadRoster::SharedKey { party: party("aspen") }));
    // The neutral element: every signature with s = 0 and R neutral holds for it.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let weak = concordat_secagg::VerifyingKey::from_bytes(&neutral).unwrap();
    let refused = Roster::new([(party("alder"), weak)].into());
    assert_eq!(refused, Err(BadRoster::WeakKey { party: party("alder") }));
    let refused = Session::new(params((4, 3, 1, 1), 32, 6), roster(3), &binding());
    assert_eq!(refused, Err(BadRoster::WrongCount { have: 3, need: 4 }));
}
