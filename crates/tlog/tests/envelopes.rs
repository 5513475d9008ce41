//! Envelopes: one spelling, bounded, signed over the PAE.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use concordat_terms::jcs;
use concordat_tlog::dsse::{NotAnEnvelope, NotSigned, PAYLOAD_BYTES_MAX, Signature, pae};
use concordat_tlog::{Envelope, SigningKey};
use proptest::prelude::*;

fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32])
}

fn envelope() -> Envelope {
    Envelope::sign(br#"{"a":1}"#, &[("alder/1", &key(1)), ("birch/1", &key(2))]).unwrap()
}

fn text() -> String {
    String::from_utf8(envelope().to_bytes()).unwrap()
}

#[test]
fn the_pae_is_the_specifications() {
    assert_eq!(pae(b"hello"), b"DSSEv1 28 application/vnd.in-toto+json 5 hello");
    assert_eq!(pae(b""), b"DSSEv1 28 application/vnd.in-toto+json 0 ");
}

#[test]
fn an_envelope_is_read_as_it_was_signed() {
    let read = Envelope::parse(&envelope().to_bytes()).unwrap();
    assert_eq!(read, envelope());
    assert_eq!(read.payload(), br#"{"a":1}"#);
    assert_eq!(read.verify("alder/1", &key(1).public()), Ok(()));
    assert_eq!(read.verify("birch/1", &key(2).public()), Ok(()));
    let (alder, cedar) = ("alder/1".to_owned(), "cedar/1".to_owned());
    assert_eq!(read.verify(&alder, &key(2).public()), Err(NotSigned::Bad(alder)));
    assert_eq!(read.verify(&cedar, &key(1).public()), Err(NotSigned::Missing(cedar)));
}

#[test]
fn an_envelope_has_one_spelling() {
    let good = text();
    assert!(good.starts_with(r#"{"payload":"eyJhIjoxfQ==","payloadType":"application/vnd"#));
    for (from, to) in [
        ("{\"payload\"", "{ \"payload\""),
        ("eyJhIjoxfQ==", "eyJhIjoxfQ"),
        ("eyJhIjoxfQ==", "eyJhIjoxfR=="),
        ("eyJhIjoxfQ==", "eyJhIjox\\nfQ=="),
        ("in-toto+json", "in-toto"),
        ("in-toto", "in\\u002dtoto"),
        ("alder/1", "alder\\/1"),
        ("alder/1", "birch/1"),
        ("alder/1", ""),
        ("\"keyid\":\"alder/1\",", ""),
        ("\"payload\":", "\"payload\":\"\",\"payload\":"),
        ("\"signatures\":", "\"more\":1,\"signatures\":"),
        ("{\"keyid\"", "{\"cert\":\"\",\"keyid\""),
        ("]}", "]}\n"),
        ("]}", ",]}"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        assert!(Envelope::parse(bad.as_bytes()).is_err(), "{from} -> {to}");
    }
    // Fields in another order hold the same, and are another envelope.
    let value: serde_json::Value = serde_json::from_str(&good).unwrap();
    let (payload, signatures) = (&value["payload"], &value["signatures"]);
    let swapped = format!(
        r#"{{"payload":{payload},"signatures":{signatures},"payloadType":"application/vnd.in-toto+json"}}"#
    );
    assert_eq!(Envelope::parse(swapped.as_bytes()), Err(NotAnEnvelope::Spelling));
}

#[test]
fn every_flipped_bit_breaks_an_envelope() {
    let good = envelope().to_bytes();
    for bit in 0..good.len() * 8 {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let intact = Envelope::parse(&bytes).is_ok_and(|read| {
            read.verify("alder/1", &key(1).public()).is_ok()
                && read.verify("birch/1", &key(2).public()).is_ok()
        });
        assert!(!intact, "bit {bit}");
    }
}

#[test]
fn limits_hold_on_both_ways() {
    let large = vec![b'x'; PAYLOAD_BYTES_MAX];
    let most = Envelope::sign(&large, &[("k", &key(1))]).unwrap();
    assert_eq!(Envelope::parse(&most.to_bytes()), Ok(most));
    let larger = vec![b'x'; PAYLOAD_BYTES_MAX + 1];
    let refused = Envelope::sign(&larger, &[("k", &key(1))]);
    assert_eq!(refused, Err(NotAnEnvelope::PayloadTooLarge(16_385)));
    assert_eq!(Envelope::sign(b"", &[]), Err(NotAnEnvelope::SignatureCount(0)));

    let many = |count: usize| {
        let signatures =
            (0..count).map(|n| Signature { keyid: n.to_string(), sig: [0; 64] }).collect();
        Envelope::new(large.clone(), signatures)
    };
    let most = many(64).unwrap();
    assert_eq!(Envelope::parse(&most.to_bytes()), Ok(most));
    assert_eq!(many(65), Err(NotAnEnvelope::SignatureCount(65)));
    let long = Signature { keyid: "k".repeat(60_000), sig: [0; 64] };
    assert!(matches!(Envelope::new(large, vec![long]), Err(NotAnEnvelope::TooLarge(_))));
    let none = r#"{"payload":"","payloadType":"application/vnd.in-toto+json","signatures":[]}"#;
    assert_eq!(Envelope::parse(none.as_bytes()), Err(NotAnEnvelope::SignatureCount(0)));
}

proptest! {
    /// What we write is canonical JSON as the rest of the house defines it, whatever the key id.
    #[test]
    fn envelopes_are_canonical_json(
        payload in prop::collection::vec(any::<u8>(), 0..200),
        keyids in prop::collection::btree_set("\\PC{1,8}|[\\x00-\\x7f]{1,4}", 1..4),
    ) {
        let signatures = keyids.into_iter().map(|keyid| Signature { keyid, sig: [7; 64] });
        let envelope = Envelope::new(payload, signatures.collect()).unwrap();
        let bytes = envelope.to_bytes();
        prop_assert!(jcs::parse(&bytes).is_ok());
        prop_assert_eq!(Envelope::parse(&bytes), Ok(envelope));
    }

    /// Whatever is read is written back byte for byte.
    #[test]
    fn only_what_prints_back_is_read(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = text().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(read) = Envelope::parse(&bytes) {
            prop_assert_eq!(read.to_bytes(), bytes);
        }
    }
}
