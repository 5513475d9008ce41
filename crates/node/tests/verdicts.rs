//! A coordinator whose verdicts are others than the node's, or who keeps them to itself.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod common;

use common::served::{Followed, publish};
use common::story::{HOSPITALS, Story, one_run};
use concordat_node::follow::Follower;
use concordat_node::{now, witness};
use concordat_partnership::Act;
use concordat_partnership::act::DigestRecord;
use concordat_replay::RECORD_WITHIN;
use concordat_terms::Digest;

#[test]
fn a_witness_cosigns_what_convicts_a_coordinator_of_other_verdicts_and_nothing_after_it() {
    let Followed { shelf, dir: _dir, mut story, home } = Followed::approved_by(&HOSPITALS);
    publish(&shelf, &story.entries);
    let mut follower = Follower::open(&home).unwrap();
    follower.catch_up().unwrap();
    assert!(witness::cosignature(&mut follower, now()).unwrap().is_some());
    assert_eq!(follower.verdicts_differ(), None);

    // The coordinator takes an act for admitted that the fold refuses, and records what it has.
    let open = Act::RunOpen(one_run("first"));
    story.refuse("vendor", "trainer", open, "needs-approvals", "protocol/three-approvals");
    let (index, rolling) = (story.state().index(), Digest::of(b"another fold"));
    let record = Act::DigestRecord(DigestRecord { index, rolling });
    story.refuse("sequencer", "sequencer", record, "digest-differs", "");
    publish(&shelf, &story.entries);
    follower.catch_up().unwrap();
    let found = follower.verdicts_differ().cloned().unwrap();
    assert_eq!((found.index, found.runs), (index, ["first".parse().unwrap()].into()));
    let named = format!("entry {} (`run.open` of `first`: `needs-approvals`)", index - 1);
    assert!(found.problem.what.contains(&named), "{}", found.problem);
    assert!(witness::cosignature(&mut follower, now()).unwrap().is_some());

    // It goes on following, and vouches for nothing more; nor does it after a restart.
    story.tick(&story.now.plus("PT1S".parse().unwrap()).to_string());
    publish(&shelf, &story.entries);
    follower.catch_up().unwrap();
    assert_eq!(witness::cosignature(&mut follower, now()), Err(found.problem.clone()));
    drop(follower);
    let mut follower = Follower::open(&home).unwrap();
    assert_eq!(follower.state(), story.state());
    assert_eq!(witness::cosignature(&mut follower, now()), Err(found.problem));
}

#[test]
fn a_coordinator_that_keeps_its_verdicts_to_itself_is_named_once_a_record_is_due() {
    let Followed { shelf, dir: _dir, mut story, home } = Followed::approved_by(&HOSPITALS);
    let next = |story: &mut Story| {
        story.tick(&story.now.plus("PT1S".parse().unwrap()).to_string());
        publish(&shelf, &story.entries);
    };
    while (story.entries.len() as u64) < RECORD_WITHIN - 1 {
        next(&mut story);
    }
    let mut follower = Follower::open(&home).unwrap();
    follower.catch_up().unwrap();
    assert_eq!(follower.verdicts_differ(), None);
    next(&mut story);
    follower.catch_up().unwrap();
    let found = follower.verdicts_differ().unwrap();
    assert_eq!((found.index, found.problem.code.as_str()), (255, "verdicts-differ"));
}
