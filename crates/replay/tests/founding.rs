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
fn other_founders_after_a_spoiled_statement_found_a_log_of_another_id_than_the_founders() {
    // What a coordinator would have to log, to have a partnership of its own under this id: the
    // founders' statement, which it spoils, and a genesis whose ledger keys it made.
    let genuine = seal(&payload(&common::genesis()), &FOUNDERS);
    let made = |party: &str| format!("{party}, made by the coordinator");
    let mut usurped = common::genesis();
    for (party, founder) in &mut usurped.parties {
        founder.key = common::public(&made(party.as_str()));
    }
    let names = usurped.parties.keys().map(|party| made(party.as_str()));
    let names: Vec<String> = names.chain(["sequencer".to_owned()]).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let entry = seal(&payload(&usurped), &names);

    // The spoiled one begins no log, so it gives none its id; the other one has its own, and a
    // party that has pinned the founders' sees that this is not it.
    let mut replica = Replica::new();
    assert!(matches!(replica.step(&spoiled(&genuine)), Err(Halt::NotFounded { .. })));
    assert_eq!((replica.size(), replica.state().log()), (0, None));
    assert!(replica.step(&entry).unwrap().is_admitted());
    let founded = replica.state().log().unwrap();
    assert_eq!((founded, replica.size()), (digest_of(&usurped), 1));
    assert_ne!(founded, digest_of(&common::genesis()));

    // In that log the founders' own statement founds nothing any more, and nobody has their keys.
    let verdict = replica.step(&genuine).unwrap();
    assert_eq!(verdict.refusal().unwrap().code(), "already-started");
    let keys = replica.state().genesis().unwrap().parties.values().map(|founder| &founder.key);
    let theirs: Vec<String> =
        common::genesis().parties.into_values().map(|founder| founder.key).collect();
    assert!(keys.into_iter().all(|key| !theirs.contains(key)));
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
