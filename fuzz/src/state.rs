//! What holds of every byte string that is read as a state, or as a snapshot. A panic is a finding.

use std::collections::{BTreeMap, BTreeSet};

use concordat_partnership::act::{Founder, Genesis, WitnessPolicy};
use concordat_partnership::{Act, State, key_id};
use concordat_replay::{RULES, Replica, Snapshot};
use concordat_terms::Digest;
use concordat_tlog::{Envelope, SigningKey};

/// Reads a state whose texts nobody has; whether it was taken. What was taken is written and read
/// again as the same, in one spelling.
pub fn state(bytes: &[u8]) -> bool {
    // Whoever signed it, a snapshot is read as far as its signature.
    assert!(Snapshot::read(bytes, &key("nobody").public()).is_err());
    let Ok(state) = State::from_bytes(bytes, |_| None) else { return false };
    let written = state.to_bytes().unwrap();
    let again = State::from_bytes(&written, |_| None).unwrap();
    assert_eq!(again, state);
    assert_eq!(again.to_bytes().unwrap(), written);
    true
}

/// States without modules: before a log begins, and once it is founded.
pub fn seeds() -> Vec<Vec<u8>> {
    let states = [State::default(), founded().state().clone()];
    states.iter().map(|state| state.to_bytes().unwrap()).collect()
}

fn key(name: &str) -> SigningKey {
    SigningKey::from_seed(&Digest::of(name.as_bytes()).0)
}

fn founded() -> Replica {
    let public = |name: &str| key(name).public().to_string();
    let names = ["alder", "birch", "cypress"];
    let founder = |name: &&str| {
        let own = Founder::of(public(name), public(&format!("{name} witness")));
        (name.parse().unwrap(), own)
    };
    let genesis = Genesis {
        origin: "fuzz.example/log".to_owned(),
        rules: *RULES,
        time: "2027-01-01T08:00:00Z".parse().unwrap(),
        sequencer: public("sequencer"),
        parties: names.iter().map(founder).collect::<BTreeMap<_, _>>(),
        policy: WitnessPolicy {
            witnesses: names.iter().map(|name| name.parse().unwrap()).collect(),
            quorum: 2,
        },
        modules: BTreeSet::new(),
    };
    let payload = concordat_wire::act::encode(None, &Act::Genesis(genesis)).unwrap();
    let keys = names
        .into_iter()
        .chain(["sequencer"])
        .map(|name| (key_id(&public(name)).unwrap().to_string(), key(name)));
    let keys: Vec<(String, SigningKey)> = keys.collect();
    let keys: Vec<(&str, &SigningKey)> = keys.iter().map(|(id, key)| (id.as_str(), key)).collect();
    let entry = Envelope::sign(&payload, &keys).unwrap().to_bytes();
    let mut replica = Replica::new();
    assert!(replica.step(&entry).unwrap().is_admitted());
    replica
}
