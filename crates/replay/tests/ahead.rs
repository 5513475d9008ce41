//! Signatures are checked ahead, by as many threads as there are: no verdict depends on that.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{Story, id_of, public, seal, texts};
use concordat_partnership::act::{KeyRotate, PlaceRegister};
use concordat_partnership::{Act, Verdict};
use concordat_replay::{Halt, Replica};

fn ward(name: &str) -> Act {
    Act::PlaceRegister(PlaceRegister {
        place: name.parse().unwrap(),
        class: 2,
        jurisdiction: "CH".parse().unwrap(),
    })
}

/// A log in which a key takes another's place, and both sign before and after; with copies, bytes that
/// are no act, and a signature of somebody else.
fn story() -> Story {
    let mut story = Story::trained();
    story.act("alder 2", "data-holder", ward("too-early"));
    let rotate = Act::KeyRotate(KeyRotate::of(id_of("alder"), public("alder 2")));
    let entry = story.sign(&[("alder", "signatory"), ("alder 2", "signatory")], &rotate);
    assert!(story.step(entry.clone()).is_admitted());
    assert!(story.act("alder 2", "data-holder", ward("now")).is_admitted());
    assert!(!story.act("alder", "data-holder", ward("too-late")).is_admitted());
    story.step(entry);
    story.step(b"{}".to_vec());
    story.step(seal(b"{}", &["birch", "nobody"]));
    let header = story.header(&[("birch", "data-holder")]);
    let payload = concordat_wire::act::encode(Some(&header), &ward("forged")).unwrap();
    story.step(seal(&payload, &["dogwood"]));
    story
}

fn empty() -> Replica {
    let mut replica = Replica::new();
    for text in texts().into_values() {
        replica.supply(text.into_bytes());
    }
    replica
}

#[test]
fn however_many_threads_read_ahead_the_verdicts_are_those_of_one_after_the_other() {
    let story = story();
    // Longer than what is read ahead at once: the same acts over and over are copies, and refused.
    let mut entries = story.entries.clone();
    while entries.len() < 2_600 {
        entries.extend_from_slice(&story.entries[1..]);
    }
    let mut plain = empty();
    let expected: Vec<Verdict> = entries.iter().map(|entry| plain.step(entry).unwrap()).collect();
    for threads in [0, 1, 2, 5] {
        let (mut replica, mut verdicts) = (empty(), Vec::new());
        let folded: Result<(), Halt> = replica.fold_ahead(&entries, threads, |replica, opened| {
            assert_eq!(opened.entry(), entries[verdicts.len()]);
            verdicts.push(replica.step_opened(opened)?);
            Ok(())
        });
        folded.unwrap();
        assert!(verdicts == expected, "{threads} threads");
        assert_eq!((replica.state(), replica.root()), (plain.state(), plain.root()));
    }
}

#[test]
fn an_entry_that_was_read_before_a_key_ended_or_came_is_judged_by_the_keys_of_its_turn() {
    let story = story();
    // Read when nobody's key is known, and when all that ever were are.
    for reader in [&Replica::new(), &story.replica] {
        let mut replica = empty();
        let mut plain = empty();
        for opened in reader.open_all(&story.entries, 2) {
            let verdict = plain.step(opened.entry()).unwrap();
            let now = replica.reopen(opened);
            let author = plain.open(now.entry()).author().is_some();
            assert_eq!(replica.step_opened(&now).unwrap(), verdict);
            assert_eq!(replica.reopen(now).author().is_some(), author);
        }
        assert_eq!(replica.state(), story.replica.state());
    }
}

#[test]
fn where_a_fold_stops_nothing_after_it_is_handed_over() {
    let story = story();
    let mut replica = empty();
    let mut handed = 0;
    let stopped = replica.fold_ahead(&story.entries, 2, |replica, opened| {
        handed += 1;
        if handed == 10 {
            return Err("enough");
        }
        replica.step_opened(opened).map(drop).map_err(|_| "halted")
    });
    assert_eq!((stopped, handed, replica.size()), (Err("enough"), 10, 9));
}
