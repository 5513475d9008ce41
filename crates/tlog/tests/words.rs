//! Promises: what keeps one, what breaks one, and what says nothing about it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use concordat_terms::{Digest, Timestamp};
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::vkey::Key;
use concordat_tlog::word::{Kept, NotSaid, Promise, Spent, Unproven};
use concordat_tlog::{Checkpoint, Note, Receipt, SigningKey, Tree, Vkey};

const ORIGIN: &str = "heart.example/log";

fn key() -> SigningKey {
    SigningKey::from_seed(&[3; 32])
}

fn log() -> Vkey {
    Vkey::new(ORIGIN, Key::Log(key().public())).unwrap()
}

fn leaf(name: &str) -> Digest {
    leaf_hash(name.as_bytes())
}

fn promise(index: u64, entry: &str) -> Promise {
    Promise {
        origin: ORIGIN.to_owned(),
        log: Digest::of(b"genesis"),
        index,
        leaf: leaf(entry),
        time: Timestamp::from_seconds(1_800_000_000).unwrap(),
    }
}

/// The proof of an entry of a log of five, with the leaf that is said to be there.
fn proof(entries: [&str; 5], index: u64, said: Option<Digest>) -> Receipt {
    let tree = Tree::of(entries.map(leaf));
    let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: 5, root: tree.root() };
    let note = checkpoint.sign(&key()).unwrap();
    Receipt {
        extra: said.map(|leaf| leaf.0.to_vec()),
        index,
        path: tree.prove_inclusion(index, 5).unwrap(),
        checkpoint: String::from_utf8(note.to_bytes()).unwrap(),
    }
}

#[test]
fn a_promise_is_read_back_and_no_other_text_is_one() {
    let promise = promise(3, "d");
    let together = std::slice::from_ref(&promise);
    let note = Promise::sign(together, &key()).unwrap();
    assert_eq!(Promise::open(&note.to_bytes(), &log()).unwrap(), together);

    let other = Promise::sign(together, &SigningKey::from_seed(&[4; 32])).unwrap();
    let unsigned = Promise::open(&other.to_bytes(), &log()).unwrap_err();
    assert!(matches!(unsigned, NotSaid::Unsigned(_)), "{unsigned}");
    let bent = String::from_utf8(note.to_bytes()).unwrap().replace("entry 3", "entry 4");
    assert!(matches!(Promise::open(bent.as_bytes(), &log()), Err(NotSaid::Signature(_))));

    // What the log signs otherwise is no promise, and a promise no checkpoint.
    let spent = Spent {
        origin: ORIGIN.to_owned(),
        log: promise.log,
        party: "alder".to_owned(),
        refused: 1_001,
        time: promise.time,
        act: promise.leaf,
        nth: 7,
        since: promise.time,
    };
    let signed = spent.sign(&key()).unwrap().to_bytes();
    assert_eq!(Spent::open(&signed, &log()).unwrap(), spent);
    assert!(matches!(Promise::open(&signed, &log()), Err(NotSaid::Shape(_))));
    assert!(Checkpoint::parse(note.text()).is_err());
    let lines = Spent { party: "alder\nrefused 2".to_owned(), ..spent };
    assert!(lines.sign(&key()).is_err());
}

#[test]
fn one_signature_promises_as_many_places_as_were_asked_for_at_once() {
    let some: Vec<Promise> = (0..16).map(|nth| promise(nth, "some")).collect();
    let note = Promise::sign(&some, &key()).unwrap();
    assert_eq!(Promise::open(&note.to_bytes(), &log()).unwrap(), some);
    let swapped = proof(["a", "b", "c", "x", "e"], 3, Some(leaf("x")));
    assert_eq!(some[3].judge(&swapped, &log()), Ok(Kept::Broken));

    // None, one too many, and those of two logs.
    let more: Vec<Promise> = (0..17).map(|nth| promise(nth, "some")).collect();
    let elsewhere = Promise { log: Digest::of(b"another"), ..promise(1, "b") };
    for unfit in [&[][..], &more, &[promise(0, "a"), elsewhere]] {
        assert_eq!(
            Promise::sign(unfit, &key()).unwrap_err(),
            NotSaid::Shape("concordat-promise/v1")
        );
    }
    // Whoever holds the key signs no other spelling of it either.
    let text = note.text();
    for (line, bent) in [
        ("entry 3 ", "entry 03 "),
        ("entry 3 ", "entry  3 "),
        ("entry 3 ", "entri 3 "),
        ("entry 15 ", "more\nentry 15 "),
        ("log ", "log  "),
    ] {
        let text = text.replacen(line, bent, 1);
        let line = concordat_tlog::note::SignatureLine::sign(ORIGIN, &key(), &text).unwrap();
        let bytes = Note::new(text, vec![line]).unwrap().to_bytes();
        assert!(matches!(Promise::open(&bytes, &log()), Err(NotSaid::Shape(_))), "{bent}");
    }
}

#[test]
fn a_log_that_shows_another_entry_there_has_broken_its_promise() {
    let promise = promise(3, "d");
    let honest = proof(["a", "b", "c", "d", "e"], 3, None);
    assert_eq!(promise.judge(&honest, &log()), Ok(Kept::Kept));
    let swapped = ["a", "b", "c", "x", "e"];
    assert_eq!(promise.judge(&proof(swapped, 3, Some(leaf("x"))), &log()), Ok(Kept::Broken));
}

#[test]
fn nobody_is_accused_by_what_proves_nothing() {
    let promise = promise(3, "d");
    let entries = ["a", "b", "c", "d", "e"];
    // Another place, no entry named, an entry that is not there, a checkpoint that somebody else signed.
    let elsewhere = promise.judge(&proof(entries, 2, None), &log()).unwrap_err();
    assert_eq!(elsewhere, Unproven::Index { proven: 2, promised: 3 });
    let swapped = ["a", "b", "c", "x", "e"];
    for said in [None, Some(leaf("y")), Some(leaf("d"))] {
        let judged = promise.judge(&proof(swapped, 3, said), &log());
        assert!(matches!(judged, Err(Unproven::Path(_))), "{judged:?}");
    }
    let mut forged = proof(swapped, 3, Some(leaf("x")));
    let text = Note::parse(forged.checkpoint.as_bytes()).unwrap().text().to_owned();
    let by_other = Checkpoint::parse(&text).unwrap().sign(&SigningKey::from_seed(&[4; 32]));
    forged.checkpoint = String::from_utf8(by_other.unwrap().to_bytes()).unwrap();
    assert!(matches!(promise.judge(&forged, &log()), Err(Unproven::Checkpoint(_))));
}
