//! Known answers, good and bad, from an independent reference.
//!
//! `tests/reference/secagg.py` of the repository computes them with nothing but Python's standard
//! library. To regenerate: `python3 tests/reference/secagg.py > crates/secagg/tests/vectors/secagg.json`.

use concordat_terms::{Digest, PartyId};
use ed25519_dalek::SigningKey;
use serde_json::Value;

use crate::agree::is_bad_key;
use crate::mask::{Masks, Purpose, Sign, derive};
use crate::server::{AdvertiseKeys, ConsistencyCheck, MaskedInput, ShareKeys};
use crate::shamir::{combine, split};
use crate::testing::SplitMix64;
use crate::{
    Binding, Dealt, Params, Proposal, Ring, RingVec, Roster, Secret, Session, Signature, client,
};

fn vectors() -> Value {
    serde_json::from_str(include_str!("../tests/vectors/secagg.json")).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn array(value: &Value) -> [u8; 32] {
    bytes(value).try_into().unwrap()
}

fn mask(key: &[u8; 32], ring: Ring, len: usize) -> Vec<u8> {
    let mut vector = RingVec::zeros(ring, len);
    let mut masks = Masks::default();
    masks.push(Sign::Add, key);
    masks.apply(&mut vector);
    little_endian(&vector)
}

fn little_endian(vector: &RingVec) -> Vec<u8> {
    match vector {
        RingVec::U32(words) => words.iter().flat_map(|w| w.to_le_bytes()).collect(),
        RingVec::U64(words) => words.iter().flat_map(|w| w.to_le_bytes()).collect(),
    }
}

#[test]
fn keys_and_masks_are_those_of_the_reference() {
    let vectors = &vectors()["derivations"];
    let (session, secret) = (Digest(array(&vectors["session"])), array(&vectors["secret"]));
    let derived = |purpose| *derive(session, &secret, purpose);
    let own = derived(Purpose::SelfMask { of: 2 });
    assert_eq!(own, array(&vectors["self_mask_of_2"]));
    let (two, five) = (array(&vectors["public_keys"][0]), array(&vectors["public_keys"][1]));
    let pair = Purpose::PairMask { lower: (2, &two), higher: (5, &five) };
    assert_eq!(derived(pair), array(&vectors["pair_mask_of_2_and_5"]));
    let share = Purpose::ShareKey { dealer: (2, &two), holder: (5, &five) };
    assert_eq!(derived(share), array(&vectors["share_key_from_2_to_5"]));
    assert_eq!(mask(&own, Ring::Bits32, 9), bytes(&vectors["mask_32"]));
    assert_eq!(mask(&own, Ring::Bits64, 9), bytes(&vectors["mask_64"]));
    let wrapping = array(&vectors["wrapping_key"]);
    assert_eq!(mask(&wrapping, Ring::Bits32, 9), bytes(&vectors["wrapping_mask_32"]));
}

#[test]
fn shares_are_those_of_the_reference_and_a_wrong_one_opens_something_else() {
    let vectors = &vectors()["sharing"];
    let secret = Secret::from(array(&vectors["secret"]));
    let points = [1, 2, 5, 100];
    let shares = split(&secret, 3, &points, &mut SplitMix64(7));
    for (point, share) in points.iter().zip(&shares) {
        assert_eq!(*share.as_bytes(), array(&vectors["shares"][point.to_string()]));
    }
    let held = |at: usize| (points[at], &shares[at]);
    assert_eq!(combine(&[held(3), held(0), held(2)]).unwrap(), secret);

    let bad = Secret::from(array(&vectors["bad_share_of_5"]));
    let opened = combine(&[held(0), held(1), (5, &bad)]).unwrap();
    assert_eq!(*opened.as_bytes(), array(&vectors["bad_secret"]));
    assert_ne!(opened, secret);
}

#[test]
fn public_keys_are_told_apart_as_by_the_reference() {
    let vectors = &vectors()["public_keys"];
    let keys = |kind: &str| vectors[kind].as_array().unwrap().iter().map(array);
    assert!(keys("good").all(|key| !is_bad_key(&key)));
    assert!(keys("bad").all(|key| is_bad_key(&key)));
    assert_eq!((keys("good").count(), keys("bad").count()), (3, 11));
}

#[test]
fn parameters_are_judged_as_by_the_reference() {
    let vectors = vectors();
    let cases = vectors["proposals"].as_array().unwrap();
    for case in cases {
        let small = |name: &str| u32::try_from(case[name].as_u64().unwrap()).unwrap();
        let large = |name: &str| case[name].as_str().unwrap().parse::<u64>().unwrap();
        let proposal = Proposal {
            clients: small("clients"),
            threshold: small("threshold"),
            colluders: small("colluders"),
            dropouts: small("dropouts"),
            ring_bits: small("ring_bits"),
            dimension: small("dimension"),
            units_per_round: large("units_per_round"),
            levels: large("levels"),
            noise: large("noise"),
        };
        let judged = Params::prove(proposal).map_or_else(|broken| broken.code(), |_| "holds");
        assert_eq!(judged, case["judged"], "{case}");
    }
    assert!(cases.len() > 100);
}

/// Every message of an attempt of four, of which birch falls silent before its upload: keys,
/// sealed shares, words, revealed shares and signatures, byte for byte.
#[test]
fn a_whole_attempt_is_that_of_the_reference() {
    let vectors = &vectors()["attempt"];
    let names = ["alder", "aspen", "beech", "birch"];
    let said = |name: &str, what: &str| bytes(&vectors["messages"][name][what]);
    let signed = |signature: &Signature| signature.to_bytes().to_vec();
    let session = attempt(&names);
    assert_eq!(session.id().0, array(&vectors["session"]));

    let mut server = AdvertiseKeys::new(session.clone());
    let mut clients = Vec::new();
    for (seed, name) in (1..).zip(names) {
        let mut rng = SplitMix64(seed);
        let (state, keys) =
            client::advertise(session.clone(), party(name), key(name), &mut rng).unwrap();
        assert_eq!(keys.body.cipher_key.to_vec(), said(name, "cipher_key"));
        assert_eq!(keys.body.mask_key.to_vec(), said(name, "mask_key"));
        assert_eq!(keys.body.seed_commitment.0.to_vec(), said(name, "commitment"));
        assert_eq!(signed(&keys.signature), said(name, "keys_signature"));
        server.receive(keys).unwrap();
        clients.push((state, rng));
    }

    let (mut server, list): (ShareKeys, _) = server.close().unwrap();
    let clients = names.into_iter().zip(clients).map(|(name, (state, mut rng))| {
        let (state, shares) = state.share(&list, &mut rng).unwrap();
        for (holder, dealt) in &shares.body.dealt {
            let Dealt { key_share, seed_share, sealed } = dealt;
            let dealt = [key_share.as_bytes(), seed_share.as_bytes(), sealed.as_slice()].concat();
            assert_eq!(dealt, bytes(&vectors["messages"][name]["dealt"][holder.as_str()]));
        }
        assert_eq!(signed(&shares.signature), said(name, "shares_signature"));
        server.receive(shares).unwrap();
        (name, state)
    });
    let clients: Vec<(&str, client::MaskedInput)> = clients.collect();
    let (mut server, inboxes): (MaskedInput, _) = server.close().unwrap();
    let mut signers = Vec::new();
    for (point, (name, state)) in (1..).zip(clients).take(3) {
        let vector = RingVec::from_signed(Ring::Bits32, (0..3).map(|i| 1000 * point - i));
        let (state, upload) = state.mask(&inboxes[&party(name)], vector).unwrap();
        assert_eq!(little_endian(&upload.body.vector), said(name, "upload"));
        assert_eq!(upload.body.peers.0, array(&vectors["peers"]));
        assert_eq!(signed(&upload.signature), said(name, "upload_signature"));
        server.receive(upload.upload(), &upload.body.vector).unwrap();
        signers.push((name, state));
    }

    let (mut server, survivors): (ConsistencyCheck, _) = server.close().unwrap();
    let signers = signers.into_iter().map(|(name, state)| {
        let (state, list) = state.sign(&survivors).unwrap();
        assert_eq!(signed(&list.signature), said(name, "survivors_signature"));
        server.receive(list).unwrap();
        (name, state)
    });
    let signers: Vec<(&str, client::Unmasking)> = signers.collect();
    let (mut server, signatures) = server.close().unwrap();
    for (name, state) in signers {
        let reveal = state.reveal(&signatures).unwrap();
        for (dealer, opened) in &reveal.body.shares {
            let share = &vectors["messages"][name]["reveal"][dealer.as_str()];
            assert_eq!(*opened.share().as_bytes(), array(share));
        }
        assert_eq!(signed(&reveal.signature), said(name, "reveal_signature"));
        server.receive(reveal).unwrap();
    }
    let (proof, sum) = server.finish().unwrap();
    assert_eq!(little_endian(&sum), bytes(&vectors["sum"]));
    assert_eq!(*proof.mask_keys[&party("birch")].as_bytes(), array(&vectors["opened_key"]));
    for (name, seed) in &proof.seeds {
        assert_eq!(*seed.as_bytes(), array(&vectors["opened_seeds"][name.as_str()]));
    }
}

fn party(name: &str) -> PartyId {
    name.parse().unwrap()
}

fn key(name: &str) -> SigningKey {
    SigningKey::from_bytes(Digest::of(name.as_bytes()).as_bytes())
}

fn attempt(names: &[&str]) -> Session {
    let params = Params::prove(Proposal {
        clients: 4,
        threshold: 3,
        colluders: 1,
        dropouts: 1,
        ring_bits: 32,
        dimension: 3,
        units_per_round: 10,
        levels: 1 << 16,
        noise: 1 << 10,
    });
    let keys = names.iter().map(|name| (party(name), key(name).verifying_key())).collect();
    let binding = Binding {
        agreed: Digest::of(b"agreement"),
        run: "triage".parse().unwrap(),
        round: 3,
        attempt: 0,
        model: Digest::of(b"model"),
        quantiser: Digest::of(b"quantiser"),
    };
    Session::new(params.unwrap(), Roster::new(keys).unwrap(), &binding).unwrap()
}
