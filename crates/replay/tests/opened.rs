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
        let verdict = bytes.step(entry);
        let here = opened.open(entry);
        assert_eq!(opened.step_opened(&here), verdict);
        // By a replica that knew nobody's key, and by one to which a later log is known.
        assert_eq!(late.step_opened(&nowhere.open(entry)), verdict);
        let again = story.replica.open(entry);
        assert_eq!(bytes.clone().step_opened(&again), bytes.clone().step(entry));
    }
    for replica in [&opened, &late] {
        assert_eq!((replica.state(), replica.root()), (bytes.state(), bytes.root()));
    }
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
