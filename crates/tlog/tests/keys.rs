//! Keys and signatures that some libraries accept and we must not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use concordat_tlog::key::{BadSignature, NotAKey};
use concordat_tlog::{PublicKey, SigningKey};
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use ed25519_dalek::Verifier as _;
use sha2::{Digest as _, Sha512};

/// Every encoding, canonical or not, of the eight points of small order.
const SMALL_ORDER: [&str; 14] = [
    // order 1, canonical; with the sign bit; and as p + 1
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    // order 2, canonical; with the sign bit
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    // order 4, both signs; and as p
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    // order 8
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
];

const ORDER_8: &str = SMALL_ORDER[10];

/// RFC 8032 §7.1: seed, public key, message, signature.
const RFC_8032: [[&str; 4]; 3] = [
    [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ],
    [
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ],
    [
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ],
];

fn bytes<const N: usize>(text: &str) -> [u8; N] {
    hex::decode(text).unwrap().try_into().unwrap()
}

fn point(encoded: &[u8; 32]) -> EdwardsPoint {
    CompressedEdwardsY(*encoded).decompress().unwrap()
}

#[test]
fn the_published_signatures_are_made_and_verified() {
    for [seed, public, message, signature] in RFC_8032 {
        let key = SigningKey::from_seed(&bytes(seed));
        let message = hex::decode(message).unwrap();
        assert_eq!(key.public().to_string(), public);
        assert_eq!(key.sign(&message), bytes(signature));
        let public: PublicKey = public.parse().unwrap();
        assert_eq!(public.verify(&message, &bytes(signature)), Ok(()));
        assert_eq!(public.verify(b"other", &bytes(signature)), Err(BadSignature));
        assert_eq!(*key.to_seed(), bytes(seed));
    }
}

#[test]
fn keys_of_small_order_are_refused_in_every_spelling() {
    for text in SMALL_ORDER {
        let refused = PublicKey::from_bytes(&bytes(text)).unwrap_err();
        let point = point(&bytes(text));
        assert!(point.is_small_order(), "{text}");
        if point.compress().0 == bytes(text) {
            assert_eq!(refused, NotAKey::Weak(text.to_owned()));
        } else {
            assert_eq!(refused, NotAKey::NotCanonical(text.to_owned()));
        }
    }
}

#[test]
fn no_key_has_a_second_spelling() {
    // The values y + p for y below 19 fit into 255 bits beside y.
    for above in 0..19u8 {
        for sign in [0, 0x80] {
            let mut encoded = [0xff; 32];
            encoded[0] = 0xed + above;
            encoded[31] = 0x7f | sign;
            assert!(PublicKey::from_bytes(&encoded).is_err(), "p + {above}, sign {sign:#x}");
        }
    }
}

#[test]
fn the_identity_key_that_signs_anything_is_refused() {
    // A signature by nobody, over whatever you like.
    let identity: [u8; 32] = bytes(SMALL_ORDER[0]);
    let mut anything = [0; 64];
    anything[..32].copy_from_slice(&identity);
    let signature = ed25519_dalek::Signature::from_bytes(&anything);
    let lax = ed25519_dalek::VerifyingKey::from_bytes(&identity).unwrap();
    assert!(lax.verify(b"pay everything to the vendor", &signature).is_ok());

    assert!(PublicKey::from_bytes(&identity).is_err());
}

#[test]
fn a_key_of_mixed_order_is_refused() {
    let honest = SigningKey::from_seed(&[7; 32]).public();
    for torsion in &SMALL_ORDER[10..] {
        let mixed = point(honest.as_bytes()) + point(&bytes(torsion));
        let encoded = mixed.compress().0;
        assert!(!mixed.is_small_order());
        let refused = PublicKey::from_bytes(&encoded).unwrap_err();
        assert_eq!(refused, NotAKey::MixedOrder(hex::encode(encoded)));
    }
}

/// A signature whose R has a component of small order: a cofactored check (and so a batch) takes
/// it, a strict one does not. An honest key can make one on purpose, to split verifiers.
#[test]
fn a_signature_of_mixed_order_is_refused() {
    let message = b"act";
    let seed = [7; 32];
    let public = SigningKey::from_seed(&seed).public();
    let secret = ed25519_dalek::SigningKey::from_bytes(&seed).to_scalar();
    let nonce = Scalar::from_bytes_mod_order([9; 32]);
    let r = (EdwardsPoint::mul_base(&nonce) + point(&bytes(ORDER_8))).compress();
    let hash = Sha512::new().chain_update(r.0).chain_update(public.as_bytes());
    let hash: [u8; 64] = hash.chain_update(message).finalize().into();
    let challenge = Scalar::from_bytes_mod_order_wide(&hash);
    let s = nonce + challenge * secret;

    // The cofactored equation holds: 8·s·B = 8·R + 8·k·A.
    let left = EdwardsPoint::mul_base(&s).mul_by_cofactor();
    let right = (r.decompress().unwrap() + point(public.as_bytes()) * challenge).mul_by_cofactor();
    assert_eq!(left, right);

    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&r.0);
    signature[32..].copy_from_slice(s.as_bytes());
    assert_eq!(public.verify(message, &signature), Err(BadSignature));
}

/// Where R is the identity the equation holds, lax checks take it, and it gives the private key away.
/// Where R is another point of small order, nothing makes up for it.
#[test]
fn a_signature_of_small_order_is_refused_in_every_spelling() {
    let message = b"act";
    let seed = [7; 32];
    let public = SigningKey::from_seed(&seed).public();
    let secret = ed25519_dalek::SigningKey::from_bytes(&seed).to_scalar();
    let dalek = ed25519_dalek::VerifyingKey::from_bytes(public.as_bytes()).unwrap();
    for (nth, r) in SMALL_ORDER.into_iter().enumerate() {
        let r: [u8; 32] = bytes(r);
        let hash = Sha512::new().chain_update(r).chain_update(public.as_bytes());
        let hash: [u8; 64] = hash.chain_update(message).finalize().into();
        let s = Scalar::from_bytes_mod_order_wide(&hash) * secret;
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&r);
        signature[32..].copy_from_slice(s.as_bytes());

        let theirs = ed25519_dalek::Signature::from_bytes(&signature);
        assert_eq!(dalek.verify(message, &theirs).is_ok(), nth == 0);
        assert!(dalek.verify_strict(message, &theirs).is_err());
        assert_eq!(public.verify(message, &signature), Err(BadSignature));
    }
}

#[test]
fn a_signature_has_one_spelling() {
    // s + the group order verifies in the equation; the bytes must not.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let key = SigningKey::from_seed(&[7; 32]);
    let mut signature = key.sign(b"act");
    assert_eq!(key.public().verify(b"act", &signature), Ok(()));
    let mut carry = 0;
    for (byte, add) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
    assert_eq!(key.public().verify(b"act", &signature), Err(BadSignature));
}

#[test]
fn every_flipped_bit_breaks_a_signature() {
    let key = SigningKey::from_seed(&[7; 32]);
    let signature = key.sign(b"act");
    for bit in 0..512 {
        let mut changed = signature;
        changed[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(key.public().verify(b"act", &changed), Err(BadSignature), "bit {bit}");
    }
}

#[test]
fn texts_that_are_not_keys_say_so() {
    let good = SigningKey::from_seed(&[7; 32]).public().to_string();
    assert!(good.parse::<PublicKey>().is_ok());
    for bad in [&good.to_uppercase(), &good[1..], "", &format!("{good}00"), &format!(" {good}")] {
        assert!(matches!(bad.parse::<PublicKey>(), Err(NotAKey::Text(_))), "{bad}");
    }
    let off_curve = format!("02{}", "00".repeat(31));
    assert!(matches!(off_curve.parse::<PublicKey>(), Err(NotAKey::NotAPoint(_))));
}

#[test]
fn a_private_key_does_not_show_itself() {
    let key = SigningKey::from_seed(&[0xab; 32]);
    let shown = format!("{key:?}");
    assert!(!shown.contains("abab") && !shown.contains("171"), "{shown}");
    assert!(shown.contains(&key.public().to_string()));
}
