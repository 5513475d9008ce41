//! A coordinator that founds a log of its own under the id that its parties have pinned.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod common;

use common::partnership;
use common::served::{checkpoint, home, home_with, publish};
use common::shelf::Shelf;
use common::story::{HOSPITALS, genesis, id_of, key, public};
use concordat_node::follow::Follower;
use concordat_node::home::NodeConfig;
use concordat_node::{now, witness};
use concordat_partnership::Act;
use concordat_partnership::act::Genesis;
use concordat_store::Store;
use concordat_terms::Digest;
use concordat_tlog::tile::encode_entries;
use concordat_tlog::{Checkpoint, Envelope, SigningKey};
use concordat_wire::act::encode;

/// The founders' statement, each of whose signatures is of the right form and by nobody.
fn spoiled(entry: &[u8]) -> Vec<u8> {
    let mut envelope: serde_json::Value = serde_json::from_slice(entry).unwrap();
    for signature in envelope["signatures"].as_array_mut().unwrap() {
        signature["sig"] = format!("{}==", "A".repeat(86)).into();
    }
    concordat_terms::jcs::to_bytes(&envelope).unwrap()
}

/// A genesis of the coordinator's own: every ledger key is one that it made, the witnesses and
/// its own key are those that everybody knows.
fn usurped() -> Vec<u8> {
    let mut usurped: Genesis = genesis();
    let made = |party: &str| format!("{party}, made by the coordinator");
    for (party, founder) in &mut usurped.parties {
        founder.key = public(&made(party.as_str()));
    }
    let names = usurped.parties.keys().map(|party| made(party.as_str()));
    let names: Vec<String> = names.chain(["sequencer".to_owned()]).collect();
    let keys: Vec<(String, SigningKey)> =
        names.iter().map(|name| (id_of(name).to_string(), key(name))).collect();
    let keys: Vec<(&str, &SigningKey)> = keys.iter().map(|(id, key)| (id.as_str(), key)).collect();
    let payload = encode(None, &Act::Genesis(usurped)).unwrap();
    Envelope::sign(&payload, &keys).unwrap().to_bytes()
}

#[test]
fn a_spoiled_founding_statement_before_a_genesis_of_the_coordinators_own_is_not_followed() {
    let (shelf, dir) = (Shelf::open(), tempfile::tempdir().unwrap());
    let story = partnership(&HOSPITALS);
    let home = home(dir.path(), &shelf, story.state().log().unwrap());
    let entries = [spoiled(&story.entries[0]), usurped()];
    publish(&shelf, &entries);
    let mut follower = Follower::open(&home).unwrap();
    let problem = follower.catch_up().unwrap_err().problem();
    assert_eq!(problem.code, "other-log", "{}", problem.what);
    assert!(problem.what.contains("signature"), "{}", problem.what);

    // Nothing of it was kept, folded or vouched for.
    assert_eq!(follower.replica().size(), 0);
    assert!(!matches!(witness::cosignature(&mut follower, now()), Ok(Some(_))));
    drop(follower);
    assert!(Store::open(&home.store_dir()).unwrap().is_empty().unwrap());

    // A copy that was kept before is not gone on with.
    let mut store = Store::open(&home.store_dir()).unwrap();
    store.append(0, &entries).unwrap();
    drop(store);
    assert_eq!(Follower::open(&home).unwrap_err().code, "other-log");
}

#[test]
fn the_genesis_that_is_folded_is_the_one_that_is_pinned_whatever_was_shown_before() {
    let (shelf, dir) = (Shelf::open(), tempfile::tempdir().unwrap());
    let story = partnership(&HOSPITALS);
    let home = home(dir.path(), &shelf, story.state().log().unwrap());
    // The true beginning is shown, under a checkpoint that does not hold: the log's key is known.
    publish(&shelf, &story.entries[..2]);
    let forged = checkpoint(&story.entries[..2]).sign(&key("somebody")).unwrap();
    shelf.put("/checkpoint", 200, forged.to_bytes());
    let mut follower = Follower::open(&home).unwrap();
    assert_eq!(follower.catch_up().unwrap_err().problem().code, "unsigned-checkpoint");

    // By that key, another log.
    publish(&shelf, &[usurped()]);
    assert_eq!(follower.catch_up().unwrap_err().problem().code, "other-log");
    assert_eq!((follower.replica().size(), follower.state().log()), (0, None::<Digest>));
    publish(&shelf, &story.entries);
    assert_eq!(follower.catch_up().unwrap().size, story.entries.len() as u64);
}

#[test]
fn a_log_that_never_ends_keeps_nobody_busy() {
    let (shelf, dir) = (Shelf::open(), tempfile::tempdir().unwrap());
    let story = partnership(&HOSPITALS);
    let home = home(dir.path(), &shelf, story.state().log().unwrap());
    publish(&shelf, &story.entries);
    let mut follower = Follower::open(&home).unwrap();
    follower.catch_up().unwrap();
    let asked = shelf.asked.lock().unwrap().len();
    let endless = Checkpoint { size: (1 << 53) - 1, ..checkpoint(&story.entries) };
    shelf.put("/checkpoint", 200, endless.sign(&key("sequencer")).unwrap().to_bytes());
    assert_eq!(follower.catch_up().unwrap_err().problem().code, "endless-log");
    assert_eq!(shelf.asked.lock().unwrap().len(), asked + 1, "no tile was asked for");

    // As many entries as may be, and large ones: no more bytes are looked at than agreed with the
    // operator, and the checkpoint is not looked at a second time to find out whom to accuse.
    let node = NodeConfig { ahead_mib_most: Some(40), ..NodeConfig::default() };
    let other = tempfile::tempdir().unwrap();
    let home = home_with(other.path(), &shelf, story.state().log().unwrap(), node);
    let mut follower = Follower::open(&home).unwrap();
    publish(&shelf, &story.entries);
    follower.catch_up().unwrap();
    shelf.put_any_bundle(encode_entries(&vec![vec![b'x'; 60_000]; 256]).unwrap());
    let asked = shelf.asked.lock().unwrap().len();
    let large = Checkpoint { size: 1 << 24, ..checkpoint(&story.entries) };
    shelf.put("/checkpoint", 200, large.sign(&key("sequencer")).unwrap().to_bytes());
    assert_eq!(follower.catch_up().unwrap_err().problem().code, "endless-log");
    let tiles = shelf.asked.lock().unwrap().len() - asked - 1;
    assert!((2..=4).contains(&tiles), "{tiles} tiles of 15 MB");
    assert_eq!(follower.replica().size(), story.entries.len() as u64);
}
