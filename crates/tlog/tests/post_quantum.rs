//! ML-DSA-44 cosignatures, beside a checkpoint that another implementation cosigned.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use concordat_terms::{Digest, Timestamp};
use concordat_tlog::cosign::{NotCosigned, cosign, cosign_pq, pq_message};
use concordat_tlog::key::BadSignature;
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::note::{SignatureLine, Unlisted};
use concordat_tlog::policy::BadPolicy;
use concordat_tlog::trust::{self, Distrust};
use concordat_tlog::vkey::{Key, Kind, NotAVkey};
use concordat_tlog::{Checkpoint, Note, Policy, PqPublicKey, PqSigningKey, SigningKey, Vkey};

/// Made with OpenSSL's ML-DSA-44 of the seed of sevens, over the message of the specification.
const NOTE: &str = include_str!("samples/mldsa44.note");
const VKEY: &str = include_str!("samples/mldsa44.vkey");
const NAME: &str = "alder.example/pq";

fn key() -> PqSigningKey {
    PqSigningKey::from_seed(&[7; 32])
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(seconds).unwrap()
}

fn checkpoint() -> Checkpoint {
    Checkpoint { origin: "log.example/a".into(), size: 3, root: leaf_hash(b"x") }
}

fn vkey() -> Vkey {
    VKEY.trim_end().parse().unwrap()
}

/// A note over the text with one line.
fn note(line: SignatureLine) -> Note {
    Note::new(checkpoint().to_text(), vec![line]).unwrap()
}

#[test]
fn another_implementation_s_key_and_cosignature_are_ours() {
    let vkey = vkey();
    assert_eq!((vkey.name(), vkey.kind()), (NAME, Kind::PqWitness));
    assert_eq!(vkey.key(), &Key::PqWitness(key().public()));
    assert_eq!(vkey.to_string(), VKEY.trim_end());
    let public = Digest::of(key().public().as_bytes()).to_string();
    assert_eq!(public, "86c769d3b468de487eb9a09f242f7fa0b997a07ef4ded49627e7bf9539f28b62");

    let read = Note::parse(NOTE.as_bytes()).unwrap();
    assert_eq!(Checkpoint::parse(read.text()), Ok(checkpoint()));
    let signed = read.verify([&vkey], Unlisted::Rejected).unwrap();
    assert_eq!(signed[0].at, Some(at(1_679_315_147)));
}

#[test]
fn the_signed_message_is_the_one_of_the_specification() {
    let message = pq_message(NAME, at(1_679_315_147), &checkpoint()).unwrap();
    let root = leaf_hash(b"x");
    let expected = [
        b"subtree/v1\n\0\x10alder.example/pq".as_slice(),
        &[0, 0, 0, 0, 0x64, 0x18, 0x50, 0xcb],
        b"\x0dlog.example/a",
        &[0; 8],
        &[0, 0, 0, 0, 0, 0, 0, 3],
        root.as_bytes(),
    ];
    assert_eq!(message, expected.concat());
}

#[test]
fn a_cosignature_binds_name_time_origin_size_and_root() {
    let text = checkpoint().to_text();
    let line = cosign_pq(NAME, &key(), at(5), &text).unwrap();
    assert_eq!(line, cosign_pq(NAME, &key(), at(5), &text).unwrap(), "signing is deterministic");
    let signed = note(line.clone()).verify([&vkey()], Unlisted::Rejected).map(|s| s[0].at);
    assert_eq!(signed, Ok(Some(at(5))));

    // Each of these is under the key's name and id: a known key that fails.
    let other = |at: Timestamp, of: &Checkpoint| {
        let line = cosign_pq(NAME, &key(), at, &of.to_text()).unwrap();
        note(line).verify([&vkey()], Unlisted::Ignored).map(|_| ())
    };
    other(at(5), &checkpoint()).unwrap();
    for of in [
        Checkpoint { origin: "log.example/b".into(), ..checkpoint() },
        Checkpoint { size: 4, ..checkpoint() },
        Checkpoint { root: leaf_hash(b"y"), ..checkpoint() },
    ] {
        assert!(other(at(5), &of).is_err(), "{of:?}");
    }
    // Another name has another id, and what it signs is not taken for ours even under our id.
    let renamed = cosign_pq("birch.example/pq", &key(), at(5), &text).unwrap().to_text();
    let renamed = SignatureLine::parse(&renamed.replace("birch", "alder")).unwrap();
    assert!(note(renamed).verify([&vkey()], Unlisted::Rejected).is_err());
    // Nor is there a cosignature of what is no checkpoint.
    let bad = cosign_pq(NAME, &key(), at(5), "log.example/a\n3\n");
    assert!(matches!(bad, Err(NotCosigned::Checkpoint(_))));
    let bad = cosign_pq("two words", &key(), at(5), &text);
    assert!(matches!(bad, Err(NotCosigned::Name(_))));
}

#[test]
fn every_byte_of_the_line_counts() {
    let signed = Note::parse(NOTE.as_bytes()).unwrap();
    let text = signed.lines()[0].to_text();
    let start = text.rfind(' ').unwrap() + 1;
    // Every 13th character of the base64, from the time on.
    for place in (start + 8..text.len() - 2).step_by(13) {
        let mut changed = text.clone().into_bytes();
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        let line = SignatureLine::parse(std::str::from_utf8(&changed).unwrap()).unwrap();
        assert!(note(line).verify([&vkey()], Unlisted::Ignored).is_err(), "{place}");
    }
}

#[test]
fn keys_and_signatures_have_their_length_and_one_spelling() {
    let public = key().public();
    let signature = key().sign(b"act").unwrap();
    assert_eq!(public.verify(b"act", &signature), Ok(()));
    assert_eq!(public.verify(b"other", &signature), Err(BadSignature));
    let bytes = public.as_bytes();
    assert_eq!(PqPublicKey::from_bytes(bytes), Some(public.clone()));
    assert_eq!(PqPublicKey::from_bytes(&bytes[1..]), None);
    assert_eq!(PqPublicKey::from_bytes(&[bytes.as_slice(), &[0]].concat()), None);

    // The hints at the end: positions out of order, counts that fall, leftovers that are not zero.
    for place in [2420 - 1, 2420 - 4, 2420 - 5, 2420 - 84, 2420 - 83] {
        for value in [0xff, 0x51] {
            let mut changed = signature;
            changed[place] ^= value;
            assert_eq!(public.verify(b"act", &changed), Err(BadSignature), "{place}");
        }
    }
    // z at its largest: beyond the norm.
    let mut changed = signature;
    changed[32..2420 - 84].fill(0);
    assert_eq!(public.verify(b"act", &changed), Err(BadSignature));

    let shorter = VKEY[..VKEY.len() - 9].parse::<Vkey>();
    assert!(matches!(shorter, Err(NotAVkey::Base64(_))), "{shorter:?}");
    let shown = format!("{:?}", PqSigningKey::from_seed(&[0xab; 32]));
    assert!(!shown.contains("abab"), "{shown}");
    assert_eq!(*key().to_seed(), [7; 32]);
}

#[test]
fn a_policy_counts_both_sorts_of_witness_and_no_post_quantum_log() {
    let ed25519 = SigningKey::from_seed(&[2; 32]);
    let alder = Vkey::new("alder.example/w", Key::Witness(ed25519.public())).unwrap();
    let log_key = SigningKey::from_seed(&[1; 32]);
    let log = Vkey::new("log.example/a", Key::Log(log_key.public())).unwrap();
    let text = format!(
        "witness alder {alder}\nwitness alder-pq {}\ngroup both all alder alder-pq\nquorum both\n",
        vkey()
    );
    let policy: Policy = text.parse().unwrap();
    assert_eq!(policy.to_string(), text.replace(" all ", " 2 "));

    let mut note = checkpoint().sign(&log_key).unwrap();
    note.push(cosign("alder.example/w", &ed25519, at(7), note.text()).unwrap()).unwrap();
    let open = |note: &Note| trust::open(&note.to_bytes(), &log, &policy, Unlisted::Rejected);
    assert!(matches!(open(&note), Err(Distrust::Quorum { .. })));
    note.push(cosign_pq(NAME, &key(), at(8), note.text()).unwrap()).unwrap();
    let times: Vec<_> = open(&note).unwrap().cosigned_by.into_iter().collect();
    assert_eq!(times, [("alder".to_owned(), at(7)), ("alder-pq".to_owned(), at(8))]);

    let bad = format!("log {}\nquorum none\n", vkey()).parse::<Policy>().unwrap_err();
    assert!(bad.to_string().contains("wrong signature type"), "{bad}");
    let twice = format!("witness a {}\nwitness b {}\nquorum a\n", vkey(), vkey());
    let bad = twice.parse::<Policy>().unwrap_err();
    let repeated = BadPolicy::RepeatedKey(NAME.to_owned());
    assert!(bad.to_string().contains(&repeated.to_string()), "{bad}");
}
