//! How a log begins, and that nothing else begins one.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod common;

use common::{Story, digest, seal};
use concordat_partnership::Act;
use concordat_partnership::act::Genesis;
use concordat_replay::{Halt, Replica, founding};
use concordat_wire::act::encode;

const FOUNDERS: [&str; 7] = ["alder", "birch", "cypress", "dogwood", "vendor", "lab", "sequencer"];

fn payload(genesis: &Genesis) -> Vec<u8> {
    encode(None, &Act::Genesis(genesis.clone())).unwrap()
}

/// An envelope whose every signature is of the right form and by nobody.
fn spoiled(entry: &[u8]) -> Vec<u8> {
    let mut envelope: serde_json::Value = serde_json::from_slice(entry).unwrap();
    for signature in envelope["signatures"].as_array_mut().unwrap() {
        signature["sig"] = format!("{}==", "A".repeat(86)).into();
    }
    concordat_terms::jcs::to_bytes(&envelope).unwrap()
}

/// Why a replica does not begin with this entry, and that it is as if it had not been tried.
fn not_founded(entry: &[u8]) -> &'static str {
    let mut replica = Replica::new();
    let Halt::NotFounded { refusal } = replica.step(entry).unwrap_err() else {
        panic!("another halt");
    };
    assert_eq!((replica.size(), replica.state()), (0, Replica::new().state()));
    assert_eq!(founding(entry), Err(Halt::NotFounded { refusal: refusal.clone() }));

    // What comes next founds the log, and its own.
    let genesis = seal(&payload(&common::genesis()), &FOUNDERS);
    assert!(replica.step(&genesis).unwrap().is_admitted());
    assert_eq!(replica.state().log().unwrap(), digest_of(&common::genesis()));
    refusal.code()
}

fn digest_of(genesis: &Genesis) -> concordat_terms::Digest {
    concordat_terms::Digest::of(&payload(genesis))
}

#[test]
fn a_log_begins_with_a_genesis_that_all_its_founders_signed_or_not_at_all() {
    let genesis = common::genesis();
    let entry = seal(&payload(&genesis), &FOUNDERS);
    let (log, founded) = founding(&entry).unwrap();
    assert_eq!((log, founded), (digest_of(&genesis), genesis.clone()));

    assert_eq!(not_founded(&spoiled(&entry)), "bad-signature");
    assert_eq!(not_founded(&seal(&payload(&genesis), &FOUNDERS[..6])), "signers-differ");
    assert_eq!(not_founded(b"no envelope"), "malformed");
    let mut alone = genesis;
    alone.policy.quorum = 1;
    assert_eq!(not_founded(&seal(&payload(&alone), &FOUNDERS)), "bad-genesis");
    let mut story = Story::founded();
    let tick = concordat_partnership::act::Tick { time: story.now };
    let act = story.sign(&[("sequencer", "sequencer")], &Act::Tick(tick));
    assert_eq!(not_founded(&act), "unknown-key");
}

#[test]
fn founders_whose_signatures_were_spoiled_are_not_followed_by_other_founders() {
    // What a coordinator would have to log, to have a partnership of its own under this id.
    let mut replica = Replica::new();
    let genuine = seal(&payload(&common::genesis()), &FOUNDERS);
    assert!(matches!(replica.step(&spoiled(&genuine)), Err(Halt::NotFounded { .. })));
    assert_eq!(replica.state().log(), None);
    assert_eq!(replica.size(), 0, "the spoiled entry is in no log, so none goes on after it");
}

#[test]
fn a_second_genesis_founds_nothing() {
    let mut story = Story::founded();
    let (log, keys) = (story.state().log(), story.state().genesis().cloned());
    let other = Genesis { modules: [digest("another module")].into(), ..common::genesis() };
    let verdict = story.step(seal(&payload(&other), &FOUNDERS));
    assert_eq!(verdict.refusal().unwrap().code(), "already-started");
    assert_eq!((story.state().log(), story.state().genesis().cloned()), (log, keys));
}
