//! A node that starts again goes on from a snapshot; one that is no good is put aside.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod common;

use std::fs;
use std::path::PathBuf;

use common::open_run;
use common::served::{Followed, publish};
use common::story::{HOSPITALS, Story, key};
use concordat_node::follow::Follower;
use concordat_partnership::Act;
use concordat_partnership::act::DigestRecord;
use concordat_store::WORTH_AT_STOP;
use concordat_terms::{Digest, Period, RunId};
use concordat_tlog::Envelope;
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::word::Promise;

/// Entries between two digest records.
const RECORDED_EVERY: usize = 100;

/// Time goes on for so many entries, and the sequencer says often enough what it has come to.
fn go_on(story: &mut Story, so_many: u64) {
    for _ in 0..so_many {
        let next = story.now.plus("PT1S".parse().unwrap());
        story.tick(&next.to_string());
        if story.entries.len().is_multiple_of(RECORDED_EVERY) {
            let (index, rolling) = (story.state().index(), story.state().rolling());
            let record = Act::DigestRecord(DigestRecord { index, rolling });
            assert!(story.act("sequencer", "sequencer", record).is_admitted());
        }
    }
}

fn run() -> RunId {
    "winter".parse().unwrap()
}

/// A log that is long enough to be worth it, with a run that was opened at its beginning.
fn long() -> Followed {
    let mut followed = Followed::approved_by(&HOSPITALS);
    open_run(&mut followed.story, run().as_str(), |_| {});
    go_on(&mut followed.story, WORTH_AT_STOP + 2 * RECORDED_EVERY as u64);
    publish(&followed.shelf, &followed.story.entries);
    followed
}

fn files(followed: &Followed, kind: &str) -> Vec<PathBuf> {
    let items = fs::read_dir(followed.home.store_dir().join("snapshots")).unwrap();
    let paths = items.map(|item| item.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|ending| ending == kind)).collect()
}

/// Starts it, and asks it everything that a snapshot has to do with.
fn starts(followed: &Followed, from: impl FnOnce(u64) -> bool) {
    let follower = Follower::open(&followed.home).unwrap();
    assert!(from(follower.resumed_from()), "{}", follower.resumed_from());
    assert_eq!(follower.state(), followed.story.state());
    let (own, whole) = (follower.replica(), &followed.story.replica);
    assert_eq!((own.size(), own.root()), (whole.size(), whole.root()));
    assert!((0..=own.size()).all(|size| own.root_at(size) == whole.root_at(size)));
    assert!(follower.opened_at(&run()).is_some());
    assert_eq!(follower.verdicts_differ(), None);
}

#[test]
fn a_node_starts_from_where_it_stopped_and_follows_on() {
    let mut followed = long();
    let mut follower = Follower::open(&followed.home).unwrap();
    follower.catch_up().unwrap();
    assert_eq!(follower.resumed_from(), 0);
    let opened = follower.opened_at(&run());
    drop(follower);
    starts(&followed, |from| from >= WORTH_AT_STOP);

    // It follows on, across a record, from the snapshot too.
    go_on(&mut followed.story, RECORDED_EVERY as u64);
    publish(&followed.shelf, &followed.story.entries);
    let mut follower = Follower::open(&followed.home).unwrap();
    assert!(follower.resumed_from() >= WORTH_AT_STOP);
    follower.catch_up().unwrap();
    assert_eq!(follower.state(), followed.story.state());
    assert_eq!((follower.opened_at(&run()), follower.verdicts_differ()), (opened, None));
}

/// What was promised before the snapshot, and is compared after it: the log is folded again for its time.
#[test]
fn the_time_of_an_entry_from_before_the_snapshot_is_known_too() {
    for (seconds, broken) in [(0, false), (1, true)] {
        let early = Followed::approved_by(&HOSPITALS).story;
        let index = early.entries.len() as u64 - 1;
        let time = early.state().time().unwrap().plus(Period::of_seconds(seconds));
        let followed = long();
        Follower::open(&followed.home).unwrap().catch_up().unwrap();
        let entry = &followed.story.entries[index as usize];
        let id = Digest::of(Envelope::parse(entry).unwrap().payload());
        let (origin, leaf) = ("heart.example/log".to_owned(), leaf_hash(entry));
        let log = followed.story.state().log().unwrap();
        let promise = Promise { origin, log, index, leaf, time };
        let folder = followed.home.store_dir().join("receipts");
        fs::create_dir_all(&folder).unwrap();
        let note = Promise::sign(&[promise], &key("sequencer")).unwrap().to_bytes();
        fs::write(folder.join(format!("{id}.receipt")), note).unwrap();
        let mut follower = Follower::open(&followed.home).unwrap();
        assert!(follower.resumed_from() > index);
        follower.check_promises().unwrap();
        assert_eq!(follower.broken_promise().is_some(), broken);
        assert_eq!(folder.join(format!("kept/{id}.receipt")).exists(), !broken);
    }
}

#[test]
fn a_file_that_is_no_good_is_put_aside_and_the_log_is_folded() {
    let followed = long();
    Follower::open(&followed.home).unwrap().catch_up().unwrap();
    let path = files(&followed, "snapshot").pop().unwrap();
    let good = fs::read(&path).unwrap();
    let mut turned = good.clone();
    turned[good.len() / 2] ^= 4;
    for bad in [&turned[..], &good[..good.len() - 1], b"", b"concordat snapshot/v9\n"] {
        fs::write(&path, bad).unwrap();
        starts(&followed, |from| from == 0);
        // The start that folded it all has written a good one when it stopped.
        assert_eq!(fs::read(&path).unwrap(), good);
    }
    assert_eq!(files(&followed, "unfit").len(), 1);

    // Half a file, of a process that was killed: it is not read, and does not stay.
    let draft = path.with_file_name("100000.draft");
    fs::write(&draft, &good[..good.len() / 2]).unwrap();
    starts(&followed, |from| from >= WORTH_AT_STOP);
    assert!(!draft.exists());
}

#[test]
fn a_snapshot_that_somebody_else_made_is_not_believed() {
    let (followed, other) = (long(), long());
    for of in [&followed, &other] {
        Follower::open(&of.home).unwrap().catch_up().unwrap();
    }
    let (own, foreign) = (files(&followed, "snapshot").pop(), files(&other, "snapshot").pop());
    // The other home is the same party's, with keys of its own.
    let key = other.home.dir().join("keys/ledger.key");
    fs::write(&key, hex::encode([7; 32])).unwrap();
    fs::remove_file(foreign.as_ref().unwrap()).unwrap();
    let home = concordat_node::home::Home::load(other.home.dir()).unwrap();
    drop(Follower::open(&home).unwrap());
    fs::copy(foreign.unwrap(), own.unwrap()).unwrap();
    starts(&followed, |from| from == 0);
    assert_eq!(files(&followed, "unfit").len(), 1);
}
