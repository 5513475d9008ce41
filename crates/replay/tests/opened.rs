//! An entry that was opened: whose it is, and that it has no other verdict than its bytes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{Story, seal};
use concordat_partnership::Act;
use concordat_partnership::act::Tick;
use concordat_replay::Replica;

#[test]
fn wherever_an_entry_was_opened_its_verdict_is_that_of_its_bytes() {
    let story = Story::trained();
    let (nowhere, mut bytes, mut opened) = (Replica::new(), Replica::new(), Replica::new());
    let mut late = bytes.clone();
    for text in common::texts().into_values() {
        for replica in [&mut bytes, &mut opened, &mut late] {
            replica.supply(text.clone().into_bytes());
        }
    }
    for entry in &story.entries {
        let before = bytes.clone();
        let verdict = bytes.step(entry);
        let here = opened.open(entry);
        assert_eq!(opened.step_opened(&here), verdict);
        // By a replica that knew nobody's key, and by one to which a later log is known.
        assert_eq!(late.step_opened(&nowhere.open(entry)), verdict);
        // By keys alone, of which none, some or all are known.
        for keyring in [nowhere.keyring(), bytes.keyring(), story.replica.keyring()] {
            let read = keyring.read(entry);
            assert_eq!((read.author(), read.leaf()), (None, here.leaf()));
            assert_eq!(before.clone().step_opened(&read), verdict);
            assert_eq!(before.clone().step_opened(&before.reopen(read)), verdict);
        }
        let again = story.replica.open(entry);
        assert_eq!(bytes.clone().step_opened(&again), bytes.clone().step(entry));
    }
    for replica in [&opened, &late] {
        assert_eq!((replica.state(), replica.root()), (bytes.state(), bytes.root()));
    }
}

#[test]
fn keys_alone_check_what_is_signed_with_them_and_forge_nothing() {
    let mut story = Story::in_force();
    let act = story.dataset("alder", "first");
    let good = story.sign(&[("alder", "data-holder")], &act);
    let header = story.header(&[("alder", "data-holder")]);
    let payload = concordat_wire::act::encode(Some(&header), &act).unwrap();
    let forged = {
        // Birch's signature under alder's name.
        let (good, birch) = (seal(&payload, &["alder"]), seal(&payload, &["birch"]));
        let sig = |entry: &[u8]| {
            let entry: serde_json::Value = serde_json::from_slice(entry).unwrap();
            entry["signatures"][0]["sig"].as_str().unwrap().to_owned()
        };
        String::from_utf8(good.clone()).unwrap().replace(&sig(&good), &sig(&birch)).into_bytes()
    };
    let keyring = story.replica.keyring();
    for entry in [&good, &forged] {
        let read = keyring.read(entry);
        assert!(read.is_checked());
        let mut replica = story.replica.clone();
        assert_eq!(replica.step_opened(&read), story.replica.clone().step(entry));
        assert_eq!(replica.reopen(read).author().is_some(), *entry == good);
    }
    // Nothing is checked by who knows no key, nor where the act names others than have signed it.
    assert!(!Replica::new().keyring().read(&good).is_checked());
    assert!(!keyring.read(seal(&payload, &["alder", "birch"])).is_checked());
    assert!(!keyring.read(seal(&payload, &["birch"])).is_checked());
}

#[test]
fn whoever_signed_all_of_it_answers_for_an_entry_and_nobody_else_does() {
    let mut story = Story::in_force();
    let author = |story: &Story, entry: &[u8]| {
        let opened = story.replica.open(entry);
        opened.author().map(|party| party.map(ToString::to_string))
    };
    let act = story.dataset("alder", "first");
    let good = story.sign(&[("alder", "data-holder")], &act);
    assert_eq!(author(&story, &good), Some(Some("alder".to_owned())));
    let time = story.now.plus("PT1H".parse().unwrap());
    let tick = story.sign(&[("sequencer", "sequencer")], &Act::Tick(Tick { time }));
    assert_eq!(author(&story, &tick), Some(None));

    // The same act, wrapped by birch alone, and by both.
    let header = story.header(&[("alder", "data-holder")]);
    let payload = concordat_wire::act::encode(Some(&header), &act).unwrap();
    for names in [&["birch"][..], &["alder", "birch"]] {
        assert_eq!(author(&story, &seal(&payload, names)), None, "{names:?}");
    }
    // Who signs what is no act answers for that, if its key is known.
    assert_eq!(author(&story, &seal(b"{}", &["birch"])), Some(Some("birch".to_owned())));
    assert_eq!(author(&story, &seal(b"{}", &["nobody"])), None);
    assert_eq!(author(&story, &seal(b"{}", &["birch", "nobody"])), None);
    assert_eq!(author(&story, b"{}"), None);
    // Everybody signed the genesis, and nobody acts by it.
    assert_eq!(author(&story, &story.entries[0]), None);
    assert_eq!(Replica::new().open(&story.entries[0]).author(), None);
}
