//! Known answers, from an independent reference: `tests/reference/secagg.py`.

use std::collections::BTreeMap;

use concordat_terms::{Digest, PartyId};
use ed25519_dalek::SigningKey;

use crate::mask::{Masks, Purpose, Sign, derive};
use crate::server::{AdvertiseKeys, ConsistencyCheck, MaskedInput, ShareKeys};
use crate::shamir::{combine, split};
use crate::testing::SplitMix64;
use crate::{Binding, Params, Proposal, Ring, RingVec, Roster, Secret, Session, client};

struct Vectors(BTreeMap<&'static str, Vec<u8>>);

impl Vectors {
    fn read() -> Self {
        let lines = include_str!("../tests/vectors/secagg.txt").lines();
        let entries = lines.filter(|line| !line.starts_with('#')).map(|line| {
            let (name, value) = line.split_once(" = ").unwrap();
            (name, hex::decode(value).unwrap())
        });
        Self(entries.collect())
    }

    fn bytes(&self, name: &str) -> &[u8] {
        self.0.get(name).unwrap_or_else(|| panic!("no vector `{name}`"))
    }

    fn array(&self, name: &str) -> [u8; 32] {
        self.bytes(name).try_into().unwrap()
    }
}

fn mask(key: &[u8; 32], ring: Ring, len: usize) -> Vec<u8> {
    let mut vector = RingVec::zeros(ring, len);
    let mut masks = Masks::default();
    masks.push(Sign::Add, key);
    masks.apply(&mut vector);
    bytes(&vector)
}

fn bytes(vector: &RingVec) -> Vec<u8> {
    match vector {
        RingVec::U32(words) => words.iter().flat_map(|w| w.to_le_bytes()).collect(),
        RingVec::U64(words) => words.iter().flat_map(|w| w.to_le_bytes()).collect(),
    }
}

#[test]
fn keys_and_masks_are_those_of_the_reference() {
    let vectors = Vectors::read();
    let (session, secret) = (Digest(vectors.array("session")), vectors.array("secret"));
    let derived = |purpose| *derive(session, &secret, purpose);
    let own = derived(Purpose::SelfMask { of: 2 });
    assert_eq!(own, vectors.array("self-mask"));
    let pair = Purpose::PairMask { lower: 2, higher: 5 };
    assert_eq!(derived(pair), vectors.array("pair-mask"));
    let share = Purpose::ShareKey { dealer: 2, holder: 5 };
    assert_eq!(derived(share), vectors.array("share-key"));
    assert_eq!(mask(&own, Ring::Bits32, 9), vectors.bytes("mask-32"));
    assert_eq!(mask(&own, Ring::Bits64, 9), vectors.bytes("mask-64"));
    let wrapping = vectors.array("wrapping-key");
    assert_eq!(mask(&wrapping, Ring::Bits32, 9), vectors.bytes("wrapping-mask-32"));
}

#[test]
fn shares_are_those_of_the_reference_and_a_wrong_one_opens_something_else() {
    let vectors = Vectors::read();
    let secret = Secret::from(vectors.array("shamir-secret"));
    let points = [1, 2, 5, 100];
    let shares = split(&secret, 3, &points, &mut SplitMix64(7));
    for (point, share) in points.iter().zip(&shares) {
        assert_eq!(*share.as_bytes(), vectors.array(&format!("shamir-share-{point}")));
    }
    let held = |at: usize| (points[at], &shares[at]);
    assert_eq!(combine(&[held(3), held(0), held(2)]).unwrap(), secret);

    let bad = Secret::from(vectors.array("shamir-bad-share-5"));
    let opened = combine(&[held(0), held(1), (5, &bad)]).unwrap();
    assert_eq!(*opened.as_bytes(), vectors.array("shamir-bad-secret"));
    assert_ne!(opened, secret);
}

#[test]
fn a_whole_attempt_is_that_of_the_reference() {
    let vectors = Vectors::read();
    let names = ["alder", "aspen", "beech"];
    let party = |name: &str| name.parse::<PartyId>().unwrap();
    let key = |name: &str| SigningKey::from_bytes(Digest::of(name.as_bytes()).as_bytes());
    let session = attempt(names.map(|name| (party(name), key(name))).into());
    assert_eq!(session.id().0, vectors.array("attempt-session"));

    let mut server = AdvertiseKeys::new(session.clone());
    let mut clients = Vec::new();
    for (seed, name) in (1..).zip(names) {
        let mut rng = SplitMix64(seed);
        let (state, keys) =
            client::advertise(session.clone(), party(name), key(name), &mut rng).unwrap();
        assert_eq!(keys.body.cipher_key, vectors.array(&format!("{name}-cipher-key")));
        assert_eq!(keys.body.mask_key, vectors.array(&format!("{name}-mask-key")));
        assert_eq!(keys.body.seed_commitment.0, vectors.array(&format!("{name}-commitment")));
        server.receive(keys).unwrap();
        clients.push((state, rng));
    }

    let (mut server, list): (ShareKeys, _) = server.close().unwrap();
    let clients = clients.into_iter().map(|(state, mut rng)| {
        let (state, shares) = state.share(&list, &mut rng).unwrap();
        server.receive(shares).unwrap();
        state
    });
    let clients: Vec<client::MaskedInput> = clients.collect();
    let (mut server, inboxes): (MaskedInput, _) = server.close().unwrap();
    let mut signers = Vec::new();
    for ((point, name), state) in (1..).zip(names).zip(clients) {
        let vector = RingVec::from_signed(Ring::Bits32, (0..3).map(|i| 1000 * point - i));
        let (state, upload) = state.mask(&inboxes[&party(name)], vector).unwrap();
        assert_eq!(bytes(&upload.body.vector), vectors.bytes(&format!("{name}-upload")));
        server.receive(upload).unwrap();
        signers.push(state);
    }

    let (mut server, survivors): (ConsistencyCheck, _) = server.close().unwrap();
    let signers = signers.into_iter().map(|state| {
        let (state, signed) = state.sign(&survivors).unwrap();
        server.receive(signed).unwrap();
        state
    });
    let signers: Vec<client::Unmasking> = signers.collect();
    let (mut server, signatures) = server.close().unwrap();
    for state in signers {
        server.receive(state.reveal(&signatures).unwrap()).unwrap();
    }
    assert_eq!(bytes(&server.finish().unwrap().sum), vectors.bytes("attempt-sum"));
}

fn attempt(keys: BTreeMap<PartyId, SigningKey>) -> Session {
    let params = Params::prove(Proposal {
        clients: 3,
        threshold: 3,
        colluders: 1,
        dropouts: 0,
        ring_bits: 32,
        dimension: 3,
        units_per_round: 10,
        levels: 1 << 16,
        noise: 1 << 10,
    });
    let keys = keys.into_iter().map(|(party, key)| (party, key.verifying_key())).collect();
    let binding = Binding {
        agreement: Digest::of(b"agreement"),
        run: "triage".parse().unwrap(),
        round: 3,
        attempt: 0,
        model: Digest::of(b"model"),
        quantiser: Digest::of(b"quantiser"),
    };
    Session::new(params.unwrap(), Roster::new(keys).unwrap(), &binding).unwrap()
}
