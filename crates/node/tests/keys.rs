//! What a follower does with keys that are not its party's.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests")]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use common::partnership;
use common::served::{home, publish};
use common::shelf::Shelf;
use common::story::{HOSPITALS, key};
use concordat_node::follow::Follower;
use concordat_node::home::Home;
use concordat_node::home::change::{Which, key_file, promote, read_key, read_or_draw};
use concordat_node::{now, witness};
use concordat_partnership::Act;
use concordat_partnership::act::PlaceRegister;

/// Alder's folder with these two keys, and its follower at the end of the log.
fn follower(dir: &Path, shelf: &Shelf, ledger: &str, other: &str) -> Follower {
    let story = partnership(&HOSPITALS);
    publish(shelf, &story.entries);
    home(dir, shelf, story.state().log().unwrap());
    for (file, name) in [("ledger", ledger), ("witness", other)] {
        let path = dir.join(format!("keys/{file}.key"));
        fs::write(&path, hex::encode(*key(name).to_seed())).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    let mut follower = Follower::open(&Home::load(dir).unwrap()).unwrap();
    follower.catch_up().unwrap();
    follower
}

#[test]
fn nobody_acts_or_cosigns_with_keys_that_are_another_partys_or_in_each_others_place() {
    let shelf = Shelf::open();
    let place = PlaceRegister {
        place: "attic".parse().unwrap(),
        class: 2,
        jurisdiction: "CH".parse().unwrap(),
    };
    let (seat, act) = ("data-holder".parse().unwrap(), Act::PlaceRegister(place));
    for (ledger, other, code) in [
        ("birch", "birch witness", "other-party"),
        ("sequencer", "alder witness", "other-party"),
        ("alder", "birch witness", "other-witness-key"),
        ("alder witness", "alder", "other-witness-key"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let mut follower = follower(dir.path(), &shelf, ledger, other);
        assert_eq!(follower.sign_act(&seat, &act).unwrap_err().code, code, "{ledger}");
        assert_eq!(follower.why(&seat, &act).unwrap_err().problem().code, code, "{ledger}");
        assert_eq!(witness::cosignature(&mut follower, now()).unwrap_err().code, code, "{ledger}");
    }
    let dir = tempfile::tempdir().unwrap();
    let mut unknown = follower(dir.path(), &shelf, "somebody", "alder witness");
    assert_eq!(unknown.sign_act(&seat, &act).unwrap_err().code, "key-not-registered");
    assert!(unknown.why(&seat, &act).is_ok(), "advice can be had");
}

#[test]
fn a_key_that_another_takes_the_place_of_is_kept_under_its_id() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, next) =
        (key_file(dir.path(), "ledger.key"), dir.path().join("elsewhere/next.key"));
    let (old, new) = (read_or_draw(&ledger).unwrap(), read_or_draw(&next).unwrap());
    promote(dir.path(), Which::Ledger, &next).unwrap();
    // Broken off and given again, it comes to the same.
    promote(dir.path(), Which::Ledger, &next).unwrap();
    assert_eq!(read_key(&ledger).unwrap().public(), new.public());
    let id = concordat_partnership::key_id(&old.public().to_string()).unwrap();
    let kept = read_key(&key_file(dir.path(), &format!("{id}.ended.key"))).unwrap();
    assert_eq!(kept.public(), old.public());
    // The next one stays where it was put.
    assert_eq!(read_or_draw(&next).unwrap().public(), new.public());
}
