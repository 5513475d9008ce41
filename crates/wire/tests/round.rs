//! Every message survives the wire, and nothing else does.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "../../secagg/tests/common/mod.rs"]
mod common;

use common::{World, params, party, session};
use concordat_secagg::server::{Answer, Closed, Server};
use concordat_secagg::{Announced, CHUNK, FromClient, RingVec, Signed, Step, Transcript};
use concordat_wire::round::{
    Announcement, Malformed, ToClient, announced_bytes_max, comes_whole, decode_announced,
    decode_from_client, decode_to_client, encode_announced, encode_from_client, encode_to_client,
    to_client_bytes_max,
};
use proptest::prelude::*;

/// Every message of a run in which the second party falls silent at MaskedInput, and both proofs.
fn every_message(bits: u32) -> (Vec<FromClient>, Vec<ToClient>) {
    let mut world = World::new(&session((4, 3, 1, 1), bits, 5), 3);
    let (mut from, mut to) = (Vec::new(), Vec::new());
    let mut server = Server::new(world.session.clone());
    let mut messages = world.advertise();
    loop {
        for message in messages {
            let silent = message.from().as_str() == "aspen" && message.step() >= Step::MaskedInput;
            if !silent {
                from.push(message.clone());
                server.receive(message).unwrap();
            }
        }
        match server.close().unwrap() {
            Closed::Next(next, answer) => {
                messages = world.respond(&answer);
                server = next;
                match answer {
                    Answer::Keys(list) => to.push(ToClient::Keys(list)),
                    Answer::Inboxes(all) => to.extend(all.into_values().map(ToClient::Inbox)),
                    Answer::Survivors(list) => to.push(ToClient::Survivors(list)),
                    Answer::Signatures(list) => to.push(ToClient::Signatures(list)),
                }
            }
            Closed::Done(transcript) => {
                let proof = transcript.proof();
                from.extend(proof.uploads.values().cloned().map(FromClient::Upload));
                to.push(ToClient::Proof(proof));
                to.push(ToClient::Transcript(transcript));
                return (from, to);
            }
        }
    }
}

#[test]
fn every_message_of_a_run_survives_the_wire() {
    for bits in [32, 64] {
        let (from, to) = every_message(bits);
        assert_eq!((from.len(), to.len()), (4 + 4 + 3 + 3 + 3 + 3, 1 + 4 + 1 + 1 + 2));
        for message in from {
            assert_eq!(decode_from_client(&encode_from_client(&message)), Ok(message));
        }
        for message in to {
            assert_eq!(decode_to_client(&encode_to_client(&message)), Ok(message));
        }
    }
}

/// A transcript as long as it can be: everybody's vector arrived, and has the longest of names.
fn longest(bits: u32) -> Transcript {
    let (_, to) = every_message(bits);
    let Some(ToClient::Transcript(found)) = to.into_iter().last() else { panic!() };
    let names = (0..4).map(|n| party(&format!("{}{n}", "a".repeat(63))));
    let names: Vec<_> = names.collect();
    let keys = found.keys.into_values().next().unwrap();
    let upload = found.uploads.into_values().next().unwrap();
    let signature = found.signatures.into_values().next().unwrap();
    let seed = found.seeds.into_values().next().unwrap();
    Transcript {
        keys: names
            .iter()
            .map(|n| (n.clone(), Signed { from: n.clone(), ..keys.clone() }))
            .collect(),
        uploads: names
            .iter()
            .map(|n| (n.clone(), Signed { from: n.clone(), ..upload.clone() }))
            .collect(),
        signatures: names.iter().map(|n| (n.clone(), signature)).collect(),
        seeds: names.iter().map(|n| (n.clone(), seed.clone())).collect(),
        mask_keys: std::collections::BTreeMap::new(),
        sum: found.sum,
    }
}

#[test]
fn no_answer_of_a_round_is_longer_than_its_parameters_say() {
    for bits in [32, 64] {
        let most = to_client_bytes_max(&params((4, 3, 1, 1), bits, 5));
        for message in every_message(bits).1 {
            assert!(encode_to_client(&message).len() <= most);
        }
        let longest = longest(bits);
        let proof = encode_to_client(&ToClient::Proof(longest.proof())).len();
        let whole = encode_to_client(&ToClient::Transcript(longest)).len();
        assert_eq!(whole, most, "and one is as long");
        // Of vectors that come in chunks no word is in an answer.
        let chunked = params((4, 3, 1, 1), bits, CHUNK as u32 + 1);
        assert!(comes_whole(&params((4, 3, 1, 1), bits, CHUNK as u32)) && !comes_whole(&chunked));
        assert_eq!(proof, to_client_bytes_max(&chunked));
    }
}

#[test]
fn an_announcement_has_one_encoding_and_no_more_bytes_than_its_chunks_need() {
    let (from, _) = every_message(32);
    let Some(FromClient::Upload(mut upload)) = from.into_iter().last() else { panic!() };
    upload.from = party(&"a".repeat(64));
    for count in [0, 1, 1_000] {
        let chunks = vec![upload.body.vector; count];
        let announced = Announcement::Masks(Announced { upload: upload.clone(), chunks });
        let bytes = encode_announced(&announced);
        // A contribution to three aggregators has a digest and a byte more.
        assert_eq!(bytes.len() + 33, announced_bytes_max(count));
        assert_eq!(decode_announced(&bytes), Ok(announced));
        assert!((0..bytes.len()).all(|end| decode_announced(&bytes[..end]).is_err()));
        assert!(decode_announced(&[bytes.as_slice(), &[0]].concat()).is_err());
        // It is no message of a round, and none of those is one.
        assert!(decode_from_client(&bytes).is_err());
        assert!(
            decode_announced(&encode_from_client(&FromClient::Upload(upload.clone()))).is_err()
        );
    }
}

#[test]
fn a_message_cut_short_or_with_something_behind_it_is_malformed() {
    let (from, to) = every_message(32);
    let from = from.iter().map(|m| (encode_from_client(m), true));
    let to = to.iter().map(|m| (encode_to_client(m), false));
    for (bytes, is_from) in from.chain(to) {
        let decodes = |bytes: &[u8]| {
            if is_from {
                decode_from_client(bytes).is_ok()
            } else {
                decode_to_client(bytes).is_ok()
            }
        };
        assert!(decodes(&bytes));
        assert!((0..bytes.len()).all(|end| !decodes(&bytes[..end])));
        assert!(!decodes(&[bytes.as_slice(), &[0]].concat()));
        assert!(!decodes(&[&[2], &bytes[1..]].concat()), "another version");
    }
}

#[test]
fn an_upload_of_a_million_elements_takes_four_bytes_each_and_a_little() {
    let (from, _) = every_message(32);
    let FromClient::Masked(mut upload) = from.into_iter().nth(8).unwrap() else {
        panic!("the ninth message is an upload");
    };
    upload.body.vector = RingVec::U32(vec![7; 1_000_000]);
    let bytes = encode_from_client(&FromClient::Masked(upload)).len();
    assert!(bytes < 4_000_200, "{bytes}");
}

#[test]
fn messages_do_not_travel_the_wrong_way_and_lists_have_one_order() {
    let (from, to) = every_message(32);
    let kind = Err(Malformed::UnknownKind { kind: 1 });
    assert_eq!(decode_to_client(&encode_from_client(&from[0])), kind);
    assert!(decode_from_client(&encode_to_client(&to[0])).is_err());

    let survivors = [1, 18, 2, 0, 1, b'a', 1, b'b'];
    assert!(decode_to_client(&survivors).is_ok());
    let turned = [1, 18, 2, 0, 1, b'b', 1, b'a'];
    assert_eq!(decode_to_client(&turned), Err(Malformed::OutOfOrder));
    let twice = [1, 18, 2, 0, 1, b'a', 1, b'a'];
    assert_eq!(decode_to_client(&twice), Err(Malformed::OutOfOrder));
    assert_eq!(decode_to_client(&[1, 18, 101, 0]), Err(Malformed::TooMany { count: 101 }));
    assert_eq!(decode_to_client(&[1, 18, 1, 0, 1, b'A']), Err(Malformed::NotAName));
}

#[test]
fn a_vector_that_claims_more_than_it_brings_is_not_allocated() {
    // An upload of `a` that claims 2^32 − 1 elements and brings none.
    let mut bytes = vec![1, 3, 1, b'a'];
    bytes.extend([0; 64 + 32]);
    bytes.extend([64, 255, 255, 255, 255]);
    let missing = u32::MAX as usize * 8;
    assert_eq!(decode_from_client(&bytes), Err(Malformed::TooShort { missing }));
}

proptest! {
    /// Random bytes are refused, or are the one encoding of what they decode to.
    #[test]
    fn what_decodes_encodes_to_the_same_bytes(
        kind in prop_oneof![1_u8..8, 16_u8..22],
        tail in prop::collection::vec(prop_oneof![Just(0_u8), Just(1), Just(b'a'), any::<u8>()], 0..400),
    ) {
        let bytes = [&[1, kind], tail.as_slice()].concat();
        if let Ok(message) = decode_from_client(&bytes) {
            prop_assert_eq!(encode_from_client(&message), bytes.clone());
        }
        if let Ok(announced) = decode_announced(&bytes) {
            prop_assert_eq!(encode_announced(&announced), bytes.clone());
        }
        if let Ok(message) = decode_to_client(&bytes) {
            prop_assert_eq!(encode_to_client(&message), bytes);
        }
    }

    /// So are messages with a byte changed.
    #[test]
    fn one_changed_byte_never_panics_and_stays_canonical(at: prop::sample::Index, to: u8) {
        let (from, to_client) = MESSAGES.with(Clone::clone);
        for bytes in from {
            let mut bytes = bytes;
            let at = at.index(bytes.len());
            bytes[at] = to;
            if let Ok(message) = decode_from_client(&bytes) {
                prop_assert_eq!(encode_from_client(&message), bytes);
            }
        }
        for bytes in to_client {
            let mut bytes = bytes;
            let at = at.index(bytes.len());
            bytes[at] = to;
            if let Ok(message) = decode_to_client(&bytes) {
                prop_assert_eq!(encode_to_client(&message), bytes);
            }
        }
    }
}

thread_local! {
    static MESSAGES: (Vec<Vec<u8>>, Vec<Vec<u8>>) = {
        let (from, to) = every_message(32);
        (
            from.iter().map(encode_from_client).collect(),
            to.iter().map(encode_to_client).collect(),
        )
    };
}

/// Beside names, a message has keys, digests, shares, signatures and words, each as long as it must be: a
/// name that is none is refused wherever it stands.
#[test]
fn no_message_of_a_run_carries_a_text_but_names() {
    let mut changed = 0;
    for message in every_message(32).0 {
        let bytes = encode_from_client(&message);
        for name in ["alder", "aspen", "birch", "cedar"] {
            let of = u8::try_from(name.len()).unwrap();
            let spelt: Vec<u8> = std::iter::once(of).chain(name.bytes()).collect();
            for at in (0..bytes.len() - spelt.len()).filter(|at| bytes[*at..].starts_with(&spelt)) {
                for letter in [b' ', b'A', b'.', 0xc3] {
                    let mut other = bytes.clone();
                    other[at + 1] = letter;
                    assert!(decode_from_client(&other).is_err(), "{name} at {at}");
                    changed += 1;
                }
            }
        }
    }
    assert!(changed > 40, "{changed}");
}
