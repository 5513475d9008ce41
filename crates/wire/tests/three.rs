//! Every message between contributors and three aggregators survives the wire, and nothing else does.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, unreachable_pub)]

#[path = "../../secagg/tests/common/mod.rs"]
mod common;
#[path = "../../secagg/tests/three/world.rs"]
mod world;

use concordat_secagg::three::{Announced, Message, Posted, Role, Signed};
use concordat_terms::PartyId;
use concordat_wire::round::{
    Announcement, Malformed, announced_bytes_max, decode_announced, decode_from_client,
    decode_message, decode_posted, decode_to_client, encode_announced, encode_posted, encode_three,
    posted_bytes_max,
};
use proptest::prelude::*;

use common::party;
use world::{World, all, of_each, session, split};

/// Everything that is said in an attempt that goes well, and everything that is shown.
fn everything(bits: u32) -> (Vec<Message>, Vec<Posted>) {
    let world = World::new(&session((4, 3, 1, 1), bits, 5), 3);
    let closed = of_each(|role| world.gathering(role, |_| true).close().unwrap());
    let (states, held) = split(closed);
    let (states, agreed) = split(all(states.map(|_, state| world.agree(state, &held))).unwrap());
    let (proof, _) = world.open(states, &agreed).unwrap();
    let mut said: Vec<Message> = Vec::new();
    for role in Role::ALL {
        said.push(Message::Offer(world.offers.of(role).clone()));
        said.push(Message::Hold(held.of(role).clone()));
        said.push(Message::Agree(agreed.of(role).clone()));
        said.push(Message::Open(proof.shares.of(role).clone()));
    }
    said.extend(proof.contributions.values().cloned().map(Message::Contribute));
    let posted = vec![
        Posted::Offers(world.offers.clone()),
        Posted::Contributions(proof.contributions.clone()),
        Posted::Held(held),
        Posted::Rosters(proof.rosters),
        Posted::Proof(Box::new(proof)),
    ];
    (said, posted)
}

#[test]
fn every_message_and_all_that_is_shown_survives_the_wire() {
    for bits in [32, 64] {
        let (said, posted) = everything(bits);
        assert_eq!((said.len(), posted.len()), (12 + 4, 5));
        for message in said {
            let bytes = encode_three(&message);
            assert_eq!(decode_message(&bytes), Ok(message.into()));
            // It is no message under pairwise masks, and nothing that anybody is shown.
            assert!(decode_from_client(&bytes).is_err() && decode_posted(&bytes).is_err());
        }
        for shown in posted {
            let bytes = encode_posted(&shown);
            assert_eq!(decode_posted(&bytes), Ok(shown));
            assert!(decode_to_client(&bytes).is_err() && decode_message(&bytes).is_err());
        }
    }
}

#[test]
fn what_is_cut_short_or_followed_by_something_is_malformed() {
    let (said, posted) = everything(32);
    let said = said.iter().map(|message| (encode_three(message), true));
    let posted = posted.iter().map(|shown| (encode_posted(shown), false));
    for (bytes, is_said) in said.chain(posted) {
        let decodes = |bytes: &[u8]| {
            if is_said { decode_message(bytes).is_ok() } else { decode_posted(bytes).is_ok() }
        };
        assert!(decodes(&bytes));
        assert!((0..bytes.len()).all(|end| !decodes(&bytes[..end])));
        assert!(!decodes(&[bytes.as_slice(), &[0]].concat()));
        assert!(!decodes(&[&[2], &bytes[1..]].concat()), "another version");
    }
}

#[test]
fn an_announcement_is_of_a_contribution_or_a_share_and_of_bounded_length() {
    let (said, _) = everything(32);
    let long: PartyId = party(&"a".repeat(64));
    let mut announced = 0;
    for message in said {
        let Some(vector) = message.vector() else {
            // Nothing comes after it: an offer, a list or a roster is not announced.
            let of = Announcement::Three(Announced { message, chunks: Vec::new() });
            assert!(decode_announced(&encode_announced(&of)).is_err());
            continue;
        };
        announced += 1;
        for count in [0, 1, 1_000] {
            let message = match message.clone() {
                Message::Contribute(m) => Message::Contribute(Signed { from: long.clone(), ..m }),
                other => other,
            };
            let longest = matches!(message, Message::Contribute(_));
            let of = Announcement::Three(Announced { message, chunks: vec![vector; count] });
            let bytes = encode_announced(&of);
            assert!(bytes.len() <= announced_bytes_max(count));
            assert_eq!(bytes.len() == announced_bytes_max(count), longest);
            assert_eq!(decode_announced(&bytes), Ok(of));
            assert!((0..bytes.len()).all(|end| decode_announced(&bytes[..end]).is_err()));
        }
    }
    assert_eq!(announced, 4 + 3);
}

#[test]
fn nothing_that_is_shown_is_longer_than_the_parameters_say() {
    for bits in [32, 64] {
        let most = posted_bytes_max(session((4, 3, 1, 1), bits, 5).params());
        let (_, posted) = everything(bits);
        assert!(posted.iter().all(|shown| encode_posted(shown).len() <= most));
        let Some(Posted::Proof(mut proof)) = posted.into_iter().last() else { panic!() };
        let renamed =
            std::mem::take(&mut proof.contributions).into_values().enumerate().map(|(n, said)| {
                let name = party(&format!("{}{n}", "a".repeat(63)));
                (name.clone(), Signed { from: name, ..said })
            });
        proof.contributions = renamed.collect();
        assert_eq!(encode_posted(&Posted::Proof(proof)).len(), most, "and one is as long");
    }
}

#[test]
fn an_aggregator_is_one_of_three() {
    let (said, _) = everything(32);
    let mut bytes = encode_three(&said[0]);
    assert_eq!(bytes[..3], [1, 8, 1]);
    bytes[2] = 4;
    assert_eq!(decode_message(&bytes), Err(Malformed::UnknownTag { tag: 4 }));
    bytes[2] = 2;
    assert!(decode_message(&bytes).is_ok_and(|other| other != said[0].clone().into()));
}

proptest! {
    /// Random bytes are refused, or are the one encoding of what they decode to.
    #[test]
    fn what_decodes_encodes_to_the_same_bytes(
        kind in prop_oneof![8_u8..15, 22_u8..28],
        tail in prop::collection::vec(prop_oneof![Just(0_u8), Just(1), Just(b'a'), any::<u8>()], 0..700),
    ) {
        let bytes = [&[1, kind], tail.as_slice()].concat();
        if let Ok(concordat_wire::round::Message::Three(message)) = decode_message(&bytes) {
            prop_assert_eq!(encode_three(&message), bytes.clone());
        }
        if let Ok(announced) = decode_announced(&bytes) {
            prop_assert_eq!(encode_announced(&announced), bytes.clone());
        }
        if let Ok(posted) = decode_posted(&bytes) {
            prop_assert_eq!(encode_posted(&posted), bytes);
        }
    }
}
