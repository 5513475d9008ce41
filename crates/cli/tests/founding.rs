//! An archive is of the log that its founders signed, or of none.
#![allow(clippy::disallowed_methods, reason = "a test reads the example from its folder")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod common;

use std::collections::BTreeMap;

use common::{archive, key, public, story};
use concordat_cli::verify::{Broken, refold, verify};
use concordat_partnership::{Act, key_id};
use concordat_terms::{Digest, jcs};
use concordat_tlog::{Envelope, SigningKey};
use concordat_wire::act::{decode, encode};

/// The founders' statement, each of whose signatures is of the right form and by nobody.
fn spoiled(entry: &[u8]) -> Vec<u8> {
    let mut envelope: serde_json::Value = serde_json::from_slice(entry).unwrap();
    for signature in envelope["signatures"].as_array_mut().unwrap() {
        signature["sig"] = format!("{}==", "A".repeat(86)).into();
    }
    jcs::to_bytes(&envelope).unwrap()
}

/// The same statement with ledger keys that somebody else made, and signed with them.
fn usurped(entry: &[u8]) -> Vec<u8> {
    let envelope = Envelope::parse(entry).unwrap();
    let Act::Genesis(mut genesis) = decode(envelope.payload()).unwrap().act else {
        panic!("no genesis");
    };
    let mut keys: BTreeMap<String, SigningKey> = BTreeMap::new();
    let mut hold = |name: &str| {
        keys.insert(key_id(&public(name)).unwrap().to_string(), key(name));
    };
    hold("sequencer");
    for (party, founder) in &mut genesis.parties {
        let made = format!("{party}, made by another");
        founder.key = public(&made);
        hold(&made);
    }
    let keys: Vec<_> = keys.iter().map(|(id, key)| (id.as_str(), key)).collect();
    Envelope::sign(&encode(None, &Act::Genesis(genesis)).unwrap(), &keys).unwrap().to_bytes()
}

/// What is said of an archive of these entries, to whoever knows the id and to whoever does not.
fn not_verified(log: Digest, entries_of: &[Vec<u8>], verdicts: &[&str]) -> Broken {
    let verdicts: Vec<String> = (0..)
        .zip(verdicts)
        .map(|(index, word)| format!("{{\"index\":{index},\"verdict\":\"{word}\"}}"))
        .collect();
    let files = archive(entries_of, &verdicts, BTreeMap::new());
    let broken = verify(&files, None).unwrap_err();
    assert_eq!(verify(&files, Some(log)).unwrap_err(), broken);
    assert_eq!(refold(&files).unwrap_err().what, broken.told());
    broken
}

#[test]
fn a_genesis_that_nobody_signed_founds_no_log_whoever_cosigned_it() {
    let story = story();
    let broken = not_verified(story.log, &[spoiled(&story.entries[0])], &["bad-signature"]);
    assert_eq!((broken.file.as_str(), broken.entry), ("tile/entries/000.p/1", Some(0)));
    assert!(broken.what.contains("does not begin with a genesis that counts"), "{broken}");
}

#[test]
fn a_spoiled_founding_statement_before_another_genesis_is_not_the_founders_log() {
    let story = story();
    let first = &story.entries[0];
    let forged = [spoiled(first), usurped(first)];
    let broken = not_verified(story.log, &forged, &["bad-signature", "admitted"]);
    assert_eq!(broken.entry, Some(0));
    // The usurper's genesis alone is a log: another one.
    let alone = archive(
        &forged[1..],
        &["{\"index\":0,\"verdict\":\"admitted\"}".to_owned()],
        BTreeMap::new(),
    );
    assert!(verify(&alone, None).is_ok());
    let said = verify(&alone, Some(story.log)).unwrap_err();
    assert!(said.what.contains(&format!("not `{}`", story.log)), "{said}");
}
