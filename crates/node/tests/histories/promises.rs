//! What a coordinator promises of an act, and what became of it.

use std::collections::BTreeMap;
use std::fs;

use concordat_node::client::Fault;
use concordat_node::follow::{Follower, judged};
use concordat_node::{now, witness};
use concordat_partnership::Act;
use concordat_partnership::act::KeyCompromise;
use concordat_terms::{Digest, Period};
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::word::{Kept, Promise};
use concordat_tlog::{Envelope, Receipt as Proof, Tree};
use concordat_wire::api::Receipts;

use crate::common::served::{Followed, promise_at, publish, receipts, receipts_of, witnessed};
use crate::common::story::{HOSPITALS, id_of, key, one_run};
use crate::{about_to_act, log_key};

#[test]
fn a_promise_that_is_kept_is_put_aside_with_the_proof_of_it() {
    let Followed { shelf, dir, mut story, home } = Followed::approved_by(&HOSPITALS);
    let (mut follower, envelope, id) = about_to_act(&shelf, &story, &home);
    let index = story.entries.len() as u64;
    let told = receipts(&envelope, index, story.state());
    follower.keep_promises(std::slice::from_ref(&envelope), &told).unwrap();
    let file = |name: &str| dir.path().join("store/receipts").join(name);
    assert!(file(&format!("{id}.receipt")).exists());

    // It is in the log, though refused, and then a quorum vouches for that.
    story.step(envelope);
    let note = publish(&shelf, &story.entries);
    follower.catch_up().unwrap();
    assert!(!file(&format!("{id}.receipt")).exists());
    let receipt = fs::read(file(&format!("kept/{id}.receipt"))).unwrap();
    assert!(!file(&format!("kept/{id}.proof")).exists());
    witnessed(&shelf, note, now());
    let quorum = shelf.take_after("/v1/checkpoint?quorum=1", usize::MAX);
    let tree = Tree::of(story.entries.iter().map(|entry| leaf_hash(entry)));
    let path = tree.prove_inclusion(index, tree.size()).unwrap();
    let checkpoint = String::from_utf8(quorum).unwrap();
    let proof = Proof { extra: None, index, path, checkpoint }.to_string();
    shelf.put(&format!("/v1/proofs/{index}"), 200, proof);
    follower.catch_up().unwrap();
    let proof = fs::read(file(&format!("kept/{id}.proof"))).unwrap();
    let promises = Promise::open(&receipt, &log_key()).unwrap();
    assert_eq!(judged(&promises, &proof, &log_key()), Ok((index, Kept::Kept)));
    assert!(follower.unproven().unwrap().is_empty() && follower.broken_promise().is_none());
}

#[test]
fn a_promise_that_is_broken_is_found_kept_and_ends_the_cosigning() {
    let Followed { shelf, dir, mut story, home } = Followed::approved_by(&HOSPITALS);
    let (follower, envelope, id) = about_to_act(&shelf, &story, &home);
    let index = story.entries.len() as u64;
    let told = receipts(&envelope, index, story.state());
    follower.keep_promises(std::slice::from_ref(&envelope), &told).unwrap();
    drop(follower);

    // Another entry is put there, and the act comes later.
    story.step(b"something else".to_vec());
    story.step(envelope);
    publish(&shelf, &story.entries);
    let mut follower = Follower::open(&home).unwrap();
    follower.catch_up().unwrap();
    let broken = follower.broken_promise().unwrap().clone();
    assert_eq!((broken.code.as_str(), broken.to_string().lines().count()), ("promise-broken", 3));
    let read =
        |kind: &str| fs::read(dir.path().join(format!("store/evidence/{id}.{kind}"))).unwrap();
    let promises = Promise::open(&read("receipt"), &log_key()).unwrap();
    assert_eq!(judged(&promises, &read("proof"), &log_key()), Ok((index, Kept::Broken)));

    // Not after a restart either; that there is one history it goes on to say.
    drop(follower);
    let mut follower = Follower::open(&home).unwrap();
    assert_eq!(witness::cosignature(&mut follower, now()), Err(broken));
    let keys = home.history().unwrap();
    assert!(witness::history(&mut follower, &keys, now()).unwrap().is_some());
}

/// An answer with one promise, which is bent and signed again.
fn promising(told: Receipts, bend: impl Fn(&mut Promise)) -> Receipts {
    let mut promises = Promise::open(told.promises[0].as_bytes(), &log_key()).unwrap();
    bend(&mut promises[0]);
    let note = Promise::sign(&promises, &key("sequencer")).unwrap().to_bytes();
    Receipts { promises: vec![String::from_utf8(note).unwrap()], ..told }
}

/// The place is right: until nobody has cosigned, a coordinator could still swap the tick before it.
#[test]
fn a_promise_whose_entry_came_at_another_time_is_broken() {
    for late in [false, true] {
        let Followed { shelf, dir, mut story, home } = Followed::approved_by(&HOSPITALS);
        let (follower, envelope, id) = about_to_act(&shelf, &story, &home);
        let index = story.entries.len() as u64;
        let told = receipts(&envelope, index, story.state());
        let told = promising(told, |one| one.time = one.time.plus(Period::of_seconds(1)));
        // Whether the answer comes before the entry was followed or after it.
        let keep = |follower: &Follower| {
            follower.keep_promises(std::slice::from_ref(&envelope), &told).unwrap();
        };
        if !late {
            keep(&follower);
        }
        drop(follower);
        story.step(envelope.clone());
        publish(&shelf, &story.entries);
        let mut follower = Follower::open(&home).unwrap();
        follower.catch_up().unwrap();
        if late {
            keep(&follower);
            follower.catch_up().unwrap();
        }
        let broken = follower.broken_promise().unwrap();
        assert_eq!(broken.code, "promise-broken");
        assert!(broken.what.contains("and gave it the time"), "{broken}");
        assert!(dir.path().join(format!("store/evidence/{id}.receipt")).exists());
    }
}

#[test]
fn a_promise_of_another_act_is_none() {
    let Followed { shelf, dir: _dir, story, home } = Followed::approved_by(&HOSPITALS);
    let (follower, envelope, _) = about_to_act(&shelf, &story, &home);
    let other = story.entries[1].clone();
    let mut told = receipts(&other, 50, story.state());
    told.receipts[0].id = Digest::of(Envelope::parse(&envelope).unwrap().payload());
    let envelopes = std::slice::from_ref(&envelope);
    assert_eq!(follower.keep_promises(envelopes, &told).unwrap_err().code, "bad-promise");
    let elsewhere = promising(receipts(&envelope, 50, story.state()), |promise| {
        promise.log = Digest::of(b"another log");
    });
    assert_eq!(follower.keep_promises(envelopes, &elsewhere).unwrap_err().code, "bad-promise");
}

#[test]
fn what_was_promised_together_is_kept_for_each_act_and_broken_for_all() {
    for swapped in [false, true] {
        let Followed { shelf, dir, mut story, home } = Followed::approved_by(&HOSPITALS);
        let (mut follower, envelope, id) = about_to_act(&shelf, &story, &home);
        let seat = "data-holder".parse().unwrap();
        let other = follower.sign_act(&seat, &Act::RunApprove(one_run("other"))).unwrap();
        let other_id = Digest::of(Envelope::parse(&other).unwrap().payload());
        let index = story.entries.len() as u64;
        let told = receipts_of(&[&envelope, &other], index, story.state());
        follower.keep_promises(&[envelope.clone(), other.clone()], &told).unwrap();

        // The first alone is followed: of neither can anything be said yet.
        story.step(envelope);
        publish(&shelf, &story.entries);
        follower.catch_up().unwrap();
        let there = |name: String| dir.path().join("store").join(name).exists();
        assert!([id, other_id].iter().all(|id| there(format!("receipts/{id}.receipt"))));
        story.step(if swapped { b"something else".to_vec() } else { other });
        publish(&shelf, &story.entries);
        follower.catch_up().unwrap();
        assert_eq!(follower.broken_promise().is_some(), swapped);
        for id in [id, other_id] {
            assert!(!there(format!("receipts/{id}.receipt")));
            assert_eq!(there(format!("receipts/kept/{id}.receipt")), !swapped);
            assert_eq!(there(format!("evidence/{id}.receipt")), swapped);
            assert_eq!(there(format!("evidence/{id}.proof")), swapped);
        }
        let places: BTreeMap<Digest, u64> = [(id, index), (other_id, index + 1)].into();
        let unproven: BTreeMap<Digest, u64> = follower.unproven().unwrap().into_iter().collect();
        assert_eq!(unproven, if swapped { BTreeMap::new() } else { places.clone() });
        // Read again from the disk.
        drop(follower);
        let mut follower = Follower::open(&home).unwrap();
        let unproven: BTreeMap<Digest, u64> = follower.unproven().unwrap().into_iter().collect();
        assert_eq!(unproven, if swapped { BTreeMap::new() } else { places });
    }
}

/// A place that is never reached does not keep the others from being compared.
#[test]
fn a_promise_beside_one_of_a_far_entry_is_broken_all_the_same() {
    let Followed { shelf, dir: _dir, mut story, home } = Followed::approved_by(&HOSPITALS);
    let (mut follower, envelope, _) = about_to_act(&shelf, &story, &home);
    let (index, log) = (story.entries.len() as u64, story.state());
    let mut told = receipts(&envelope, index, log);
    let own = Promise::open(told.promises[0].as_bytes(), &log_key()).unwrap().remove(0);
    let far = Promise { index: 1 << 40, ..own.clone() };
    let note = Promise::sign(&[far, own], &key("sequencer")).unwrap().to_bytes();
    told.promises = vec![String::from_utf8(note).unwrap()];
    follower.keep_promises(std::slice::from_ref(&envelope), &told).unwrap();
    story.step(b"something else".to_vec());
    publish(&shelf, &story.entries);
    follower.catch_up().unwrap();
    assert_eq!(follower.broken_promise().unwrap().code, "promise-broken");
}

/// No receipt, no act: neither where an answer has fewer receipts than acts, nor where a receipt says
/// that an act was admitted and promises it no place.
#[test]
fn an_answer_that_promises_nothing_is_none() {
    let Followed { shelf, dir: _dir, story, home } = Followed::approved_by(&HOSPITALS);
    let (follower, envelope, _) = about_to_act(&shelf, &story, &home);
    let mut told = receipts(&envelope, 50, story.state());
    let both = [envelope.clone(), story.entries[1].clone()];
    assert_eq!(follower.keep_promises(&both, &told).unwrap_err().code, "no-promise");
    told.promises.clear();
    for status in [200, 409] {
        shelf.put("/v1/acts", status, serde_json::to_vec(&told).unwrap());
        let act = Act::RunApprove(one_run("none"));
        let answered = follower.submit(&"data-holder".parse().unwrap(), &act);
        let Err(Fault::Own(problem)) = answered else { panic!("{answered:?}") };
        let lines = problem.to_string().lines().count();
        assert_eq!((problem.code.as_str(), lines), ("no-promise", 3));
        assert!(problem.hint.contains("--hand-to"), "{problem}");
    }
}

#[test]
fn what_is_promised_of_an_act_about_keys_is_kept_too() {
    let Followed { shelf, dir, story, home } = Followed::approved_by(&HOSPITALS);
    let (follower, ..) = about_to_act(&shelf, &story, &home);
    promise_at(&shelf, story.entries.len() as u64, story.state());
    let act = Act::KeyCompromise(KeyCompromise { key: id_of("alder"), since: 1 });
    let told = follower.submit_by(&[&key("alder")], &act).unwrap();
    let id = told.receipts[0].id;
    let receipt = fs::read(dir.path().join(format!("store/receipts/{id}.receipt"))).unwrap();
    let promise = Promise::open(&receipt, &log_key()).unwrap();
    assert_eq!(promise[0].index, story.entries.len() as u64);
}
