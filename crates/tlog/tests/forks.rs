//! Two histories of one log, and what is none.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use concordat_tlog::fork::{Fork, NotAFork};
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::vkey::Key;
use concordat_tlog::{Checkpoint, SigningKey, Tree, Vkey};

const ORIGIN: &str = "heart.example/log";

fn key() -> SigningKey {
    SigningKey::from_seed(&[3; 32])
}

fn log() -> Vkey {
    Vkey::new(ORIGIN, Key::Log(key().public())).unwrap()
}

/// So many entries, of the history of this name from the fifth on.
fn tree(size: u64, history: &str) -> Tree {
    let of = |index| if index < 4 { "shared" } else { history };
    Tree::of((0..size).map(|index| leaf_hash(format!("{} {index}", of(index)).as_bytes())))
}

fn signed(tree: &Tree, by: &SigningKey) -> Vec<u8> {
    let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: tree.size(), root: tree.root() };
    checkpoint.sign(by).unwrap().to_bytes()
}

#[test]
fn whoever_signs_two_histories_is_convicted_by_both_checkpoints_and_a_proof() {
    for (small, large) in [(9, 9), (5, 9), (8, 13), (6, 64)] {
        let (ours, theirs) = (tree(small, "one"), tree(large, "other"));
        let fork = Fork::of(&theirs, small).unwrap();
        assert_eq!(Fork::parse(&fork.to_string()).unwrap(), fork);
        let (ours, theirs) = (signed(&ours, &key()), signed(&theirs, &key()));
        assert_eq!(fork.check(&ours, &theirs, &log()).unwrap(), (small, large));
        assert_eq!(fork.check(&theirs, &ours, &log()).unwrap(), (small, large));
    }
}

#[test]
fn nobody_is_convicted_by_one_history_or_by_what_the_log_did_not_sign() {
    let (small, large) = (tree(6, "one"), tree(9, "one"));
    let fork = Fork::of(&large, 6).unwrap();
    let (ours, theirs) = (signed(&small, &key()), signed(&large, &key()));
    assert_eq!(fork.check(&ours, &theirs, &log()), Err(NotAFork::OneLog));
    // A root of one's own making leads nowhere.
    let made_up = Fork { root: leaf_hash(b"made up"), ..fork.clone() };
    assert!(matches!(made_up.check(&ours, &theirs, &log()), Err(NotAFork::Proof(_))));

    let other = tree(9, "other");
    let stranger = signed(&other, &SigningKey::from_seed(&[4; 32]));
    let fork = Fork::of(&other, 6).unwrap();
    assert!(matches!(fork.check(&ours, &stranger, &log()), Err(NotAFork::Checkpoint(_))));
}

#[test]
fn a_proof_has_one_spelling() {
    let text = Fork::of(&tree(9, "one"), 6).unwrap().to_string();
    for bad in ["", "concordat-fork/v1\n", "concordat-fork/v1\nroot x\n", text.trim_end()] {
        assert_eq!(Fork::parse(bad), Err(NotAFork::Shape), "{bad}");
    }
    assert_eq!(Fork::parse(&text.replace('\n', "\r\n")), Err(NotAFork::Shape));
}
