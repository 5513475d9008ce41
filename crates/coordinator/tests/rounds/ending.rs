//! Stories of how runs end: results, and who signs which.

use std::thread;

use concordat_coordinator::Wait;
use concordat_partnership::RunStatus;
use concordat_partnership::act::AbortReason;
use concordat_terms::Digest;

use super::common::*;
use super::{close, joined, play, proved};

#[test]
fn participants_who_hold_different_models_close_nothing() {
    let world = World::in_force();
    let all = joined(&world, "first", 1, 0);
    let all = proved(play(all, 0, None), &HOLDERS);
    let threads: Vec<_> = all
        .into_iter()
        .enumerate()
        .map(|(index, one)| {
            thread::spawn(move || {
                let mut result = one.result();
                if index < 2 {
                    result.model = Digest::of(b"another model");
                }
                let result = one.signed(result);
                one.client.post_json("/v1/runs/first/result", &result)
            })
        })
        .collect();
    for thread in threads {
        let answer = thread.join().unwrap();
        assert_eq!((answer.status, answer.code().as_str()), (410, "run-aborted"));
    }
    assert_eq!(world.run_status("first"), RunStatus::Aborted(AbortReason::ModelsDiffer));
    assert_eq!(world.named("first"), [].into(), "two and two: nobody can tell");
}

#[test]
fn who_holds_another_model_or_does_not_sign_is_named_where_that_ends_the_run() {
    let world = World::in_force_with(without(&["dogwood"], |wait| wait == Wait::Results));
    let all = joined(&world, "first", 1, 0);
    let all = proved(play(all, 0, None), &HOLDERS);
    // Cypress holds another model and dogwood says nothing: two of the three that must agree are left.
    let threads: Vec<_> = all[..3]
        .iter()
        .cloned()
        .map(|one| {
            thread::spawn(move || {
                let mut result = one.result();
                if one.name == "cypress" {
                    result.model = Digest::of(b"another model");
                }
                one.client.post_json("/v1/runs/first/result", &one.signed(result))
            })
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap().code(), "run-aborted");
    }
    assert_eq!(world.run_status("first"), RunStatus::Aborted(AbortReason::ModelsDiffer));
    assert_eq!(world.named("first"), ["cypress", "dogwood"].map(party).into());

    // Two who are given what is to be signed and do not sign it stop the run, and are told of.
    let late = |wait| wait == Wait::Signatures;
    let world = World::in_force_with(without(&["cypress", "dogwood"], late));
    let all = joined(&world, "first", 1, 0);
    let all = proved(play(all, 0, None), &HOLDERS);
    let threads: Vec<_> = all
        .into_iter()
        .map(|one| {
            thread::spawn(move || match one.name {
                "cypress" | "dogwood" => {
                    one.client.post_json("/v1/runs/first/result", &one.result())
                }
                _ => one.close(),
            })
        })
        .collect();
    let statuses: Vec<_> = threads.into_iter().map(|one| one.join().unwrap().status).collect();
    assert_eq!(statuses, [410, 410, 200, 200]);
    assert_eq!(world.run_status("first"), RunStatus::Aborted(AbortReason::ResultNotSigned));
    assert_eq!(world.named("first"), ["cypress", "dogwood"].map(party).into());
}

#[test]
fn one_who_agrees_and_does_not_sign_is_left_out_by_the_others() {
    let late = |wait| wait == Wait::Signatures;
    let world = World::in_force_with(without(&["dogwood"], late));
    let all = joined(&world, "first", 1, 0);
    let all = proved(play(all, 0, None), &HOLDERS);
    let silent = {
        let one = all[3].clone();
        thread::spawn(move || one.client.post_json("/v1/runs/first/result", &one.result()))
    };
    let threads: Vec<_> = all[..3]
        .iter()
        .cloned()
        .map(|one| {
            thread::spawn(move || {
                let first = one.close();
                assert_eq!(first.status, 409, "{}", first.text());
                one.close()
            })
        })
        .collect();
    assert_eq!(silent.join().unwrap().status, 200);
    for thread in threads {
        let answer = thread.join().unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert!(matches!(world.run_status("first"), RunStatus::Closed(_)));
}

#[test]
fn nobody_claims_a_result_in_anothers_name_and_nobody_changes_its_mind() {
    let world = World::in_force();
    let all = joined(&world, "first", 1, 0);
    let all = proved(play(all, 0, None), &HOLDERS);
    let post = |result| world.client.post_json("/v1/runs/first/result", &result);

    // A stranger, and birch, in alder's name.
    let mut false_one = all[0].result();
    false_one.model = Digest::of(b"false");
    false_one.signature = String::new();
    let answer = post(false_one.clone());
    assert_eq!((answer.status, answer.code().as_str()), (403, "result-not-signed"));
    let answer = post(all[1].signed(false_one.clone()));
    assert_eq!((answer.status, answer.code().as_str()), (403, "result-not-signed"));
    // Alder's own, for another run.
    let mut other_run = all[0].clone();
    other_run.run = "second".to_owned();
    assert_eq!(post(other_run.result()).code(), "result-not-signed");
    // And for a run of the same name in another log, where its key is the same.
    let mut other_log = all[0].clone();
    other_log.log = Digest::of(b"another genesis");
    assert_eq!(post(other_log.result()).code(), "result-not-signed");

    // Dogwood says two things at once: one of them is taken, and then no other.
    let (tell, told) = std::sync::mpsc::channel();
    for lie in [b"false".as_slice(), b"falser"] {
        let (one, tell) = (all[3].clone(), tell.clone());
        thread::spawn(move || {
            let mut result = one.result();
            result.model = Digest::of(lie);
            let answer = one.client.post_json("/v1/runs/first/result", &one.signed(result));
            tell.send(answer).unwrap();
        });
    }
    let first = told.recv().unwrap();
    assert_eq!((first.status, first.code().as_str()), (409, "result-differs"));
    assert_eq!(post(all[3].result()).code(), "result-differs");
    // The others close the run without it.
    for answer in close(&all[..3]) {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert_eq!(told.recv().unwrap().code(), "result-differs");
    assert!(matches!(world.run_status("first"), RunStatus::Closed(_)));
}
