//! The P-256 key that signs exports, and the bundle that it signs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::collections::BTreeMap;

use concordat_terms::Digest;
use concordat_tlog::key::BadSignature;
use concordat_tlog::oms::{self, NotAModel};
use concordat_tlog::{ExportKey, ExportPublicKey};
use proptest::prelude::*;
use serde_json::Value;

/// RFC 6979, A.2.5, with SHA-256: secret, x and y, r and s over `sample`.
const SECRET: &str = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
const X: &str = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6";
const R: &str = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716";
const S: &str = "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";
/// The group's order less that s, which is in the upper half.
const LOW_S: &str = "0834e36ad29a83bf2bc9385e491d6099c8fdf9d1ed67aa7ea5f51f93782857a9";
/// The order of the group, and the order of the field.
const N: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
const P: &str = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";

fn bytes(text: &str) -> [u8; 32] {
    hex::decode(text).unwrap().try_into().unwrap()
}

fn key() -> ExportKey {
    ExportKey::from_secret(&bytes(SECRET)).unwrap()
}

/// A DER signature of r and s as given, with whatever stands before them.
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let part = |n: &[u8]| [&[0x02, n.len() as u8], n].concat();
    let body = [part(r), part(s)].concat();
    [&[0x30, body.len() as u8], body.as_slice()].concat()
}

fn signed(number: &str) -> Vec<u8> {
    let digits = bytes(number);
    if digits[0] >= 0x80 { [&[0], digits.as_slice()].concat() } else { digits.to_vec() }
}

#[test]
fn the_published_signature_is_made_in_its_lower_half() {
    let public = key().public();
    assert_eq!(public.to_string(), format!("03{X}"));
    let signature = key().sign(b"sample");
    assert_eq!(hex::encode(&signature), hex::encode(der(&signed(R), &signed(LOW_S))));
    assert_eq!(public.verify(b"sample", &signature), Ok(()));
    assert_eq!(public.verify(b"test", &signature), Err(BadSignature));
    assert_eq!(*key().to_secret(), bytes(SECRET));
    // The published one itself has the other s, which would be a second spelling.
    assert_eq!(public.verify(b"sample", &der(&signed(R), &signed(S))), Err(BadSignature));
}

#[test]
fn a_signature_has_one_spelling() {
    let public = key().public();
    let good = key().sign(b"sample");
    let (r, s) = (signed(R), signed(LOW_S));
    let long = [&[0x30, 0x81, good[1]], &good[2..]].concat();
    let mut bads = vec![
        ("a zero too many", der(&r, &[&[0], s.as_slice()].concat())),
        ("a negative number", der(&r[1..], &s)),
        ("no r", der(&[0], &s)),
        ("no s", der(&r, &[0])),
        ("empty numbers", der(&[], &[])),
        ("r beyond the order", der(&signed(N), &s)),
        ("a byte after it", [good.as_slice(), &[0]].concat()),
        ("a byte less", good[..good.len() - 1].to_vec()),
        ("a long length", long),
        ("nothing", vec![]),
    ];
    for bit in 0..good.len() * 8 {
        let mut changed = good.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        bads.push(("a flipped bit", changed));
    }
    for (what, bad) in bads {
        assert_eq!(public.verify(b"sample", &bad), Err(BadSignature), "{what}: {bad:02x?}");
    }
}

#[test]
fn points_that_are_none_are_no_keys() {
    let good = key().public().to_string();
    assert_eq!(good.parse::<ExportPublicKey>().unwrap(), key().public());
    for (bad, why) in [
        (good.to_uppercase(), "capitals"),
        (good[2..].to_owned(), "no sign"),
        (format!("04{X}"), "uncompressed, cut short"),
        (format!("00{}", "00".repeat(32)), "the identity"),
        (format!("05{X}"), "an unknown form"),
        (format!("02{P}"), "x is the field's order"),
        (format!("02{}", "ff".repeat(32)), "x beyond the field"),
        (format!("02{:064x}", 1), "no point has this x"),
        (String::new(), "nothing"),
    ] {
        assert!(bad.parse::<ExportPublicKey>().is_err(), "{why}: {bad}");
    }
    assert!(ExportKey::from_secret(&[0; 32]).is_none(), "zero is no secret");
    assert!(ExportKey::from_secret(&bytes(N)).is_none(), "nor is the order");
    let shown = format!("{:?}", key());
    assert!(!shown.contains(SECRET) && shown.contains(&good), "{shown}");
}

#[test]
fn a_bundle_says_which_files_a_model_has() {
    let files = BTreeMap::from([
        ("weights.safetensors".to_owned(), Digest::of(b"w")),
        ("card/model.md".to_owned(), Digest::of(b"c")),
    ]);
    let bundle = oms::bundle("heart", &files, &key()).unwrap();
    assert_eq!(bundle, oms::bundle("heart", &files, &key()).unwrap(), "the same every time");
    let bundle: Value = serde_json::from_slice(&bundle).unwrap();
    assert_eq!(bundle["mediaType"], oms::MEDIA_TYPE);
    let hint = Digest::of(key().public().to_pem().as_bytes()).to_string();
    assert_eq!(bundle["verificationMaterial"]["publicKey"]["hint"], hint);
    assert_eq!(bundle["dsseEnvelope"]["signatures"].as_array().unwrap().len(), 1);

    let none = oms::bundle("heart", &BTreeMap::new(), &key());
    assert_eq!(none, Err(NotAModel::Empty("heart".to_owned())));
    for path in ["", "/etc/passwd", "../up", "a//b", "a/./b", "a/"] {
        let files = BTreeMap::from([(path.to_owned(), Digest::of(b"w"))]);
        assert!(matches!(oms::bundle("heart", &files, &key()), Err(NotAModel::Path(_))), "{path}");
    }
}

proptest! {
    #[test]
    fn what_is_signed_verifies_and_nothing_else(
        secret in any::<[u8; 32]>(),
        message in prop::collection::vec(any::<u8>(), 0..64),
        noise in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let Some(key) = ExportKey::from_secret(&secret) else { return Ok(()) };
        let public: ExportPublicKey = key.public().to_string().parse().unwrap();
        prop_assert_eq!(public.verify(&message, &key.sign(&message)), Ok(()));
        prop_assert_eq!(public.verify(&message, &noise), Err(BadSignature));
    }
}
