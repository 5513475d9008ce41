//! Different models for different clients (Pasquini et al., arXiv 2111.07380).

use concordat_secagg::client::{self, Abort};
use concordat_secagg::{Binding, RingVec, Session, Step};
use concordat_terms::Digest;

use crate::common::{World, binding, ledger_key, params, party, roster, sum_of};
use crate::toolkit::{four, key_list, minus_self_mask, secrets, uploads};
use crate::undefended::Room;

#[test]
fn undefended_a_model_that_silences_the_others_makes_the_sum_the_victims() {
    // Three get a model whose gradient is zero everywhere; masks know nothing of models.
    let mut room = Room::new(4, 3, 9);
    (0..3).for_each(|place| room.inputs[place] = vec![0; 6]);
    assert_eq!(room.sum(), room.inputs[3]);
}

#[test]
fn the_masks_of_different_models_do_not_cancel_even_where_no_signature_is_checked() {
    // The same secrets on both sides of the lie, and the uploads added regardless.
    let other = Binding { model: Digest::of(b"a model for birch alone"), ..binding() };
    let lured = Session::new(params((4, 3, 1, 1), 32, 6), roster(4), &other).unwrap();
    let (_, _, told) = uploads(&mut World::new(&four(), 10));
    let (_, _, misled) = uploads(&mut World::new(&lured, 10));
    let world = World::new(&four(), 10);
    let known = secrets(&world);
    let mut sum = RingVec::zeros(four().params().ring(), 6);
    for (party, upload) in &told {
        let upload = if party.as_str() == "birch" { &misled[party] } else { upload };
        assert!(sum.add(&upload.body.vector));
    }
    // The server has every seed, and takes every self-mask off, in birch's own session too.
    for (party, secrets) in &known {
        let session = if party.as_str() == "birch" { &lured } else { &four() };
        assert!(sum.add(&minus_self_mask(session, party, &secrets.seed)));
    }
    let honest = sum_of(&four(), world.vectors.values());
    assert_ne!(sum, honest);
    let differ = sum.to_signed().into_iter().zip(honest.to_signed()).filter(|(a, b)| a != b);
    assert_eq!(differ.count(), 6, "every element is still covered by birch's masks");
}

#[test]
fn clients_that_were_shown_different_models_refuse_each_other() {
    // The server shows alder another model, and passes everyone's keys on without checking.
    let other = Binding { model: Digest::of(b"a model for alder alone"), ..binding() };
    let lured = Session::new(params((4, 3, 1, 1), 32, 6), roster(4), &other).unwrap();
    let mut world = World::new(&four(), 8);
    let (_, answer) = world.run_until(Step::AdvertiseKeys);
    let (state, keys) =
        client::advertise(lured, party("alder"), ledger_key("alder"), &mut world.rng).unwrap();
    let mut list = key_list(&answer);
    list.insert(party("alder"), keys);

    let step = Step::AdvertiseKeys;
    let refused = state.share(&list, &mut world.rng).unwrap_err();
    assert_eq!(refused, Abort::BadSignature { party: party("aspen"), step });
    let refused = world.take_share_keys("aspen").share(&list, &mut world.rng).unwrap_err();
    assert_eq!(refused, Abort::BadSignature { party: party("alder"), step });
}
