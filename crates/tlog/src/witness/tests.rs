use crate::merkle::{Tree, leaf_hash};
use crate::note::SignatureLine;
use crate::vkey::Key;
use crate::{SigningKey, Vkey};

use super::*;

const ORIGIN: &str = "heart.example/log";

fn key(name: &str) -> SigningKey {
    SigningKey::from_seed(&Digest::of(name.as_bytes()).0)
}

fn known() -> Vkey {
    Vkey::new(ORIGIN, Key::Log(key("sequencer").public())).unwrap()
}

/// So many entries, of a history of this name from the fifth on.
fn tree(size: u64, history: &str) -> Tree {
    Tree::of((0..size).map(|index| {
        let history = if index < 4 { "shared" } else { history };
        leaf_hash(format!("{history} {index}").as_bytes())
    }))
}

fn checkpoint(tree: &Tree) -> Checkpoint {
    Checkpoint { origin: ORIGIN.to_owned(), size: tree.size(), root: tree.root() }
}

fn request(old: u64, new: &Tree) -> AddCheckpoint {
    let proof = new.prove_consistency(old, new.size()).unwrap_or_default();
    AddCheckpoint { old, proof, note: checkpoint(new).sign(&key("sequencer")).unwrap() }
}

fn latest(tree: &Tree) -> Latest {
    Latest { size: tree.size(), root: tree.root() }
}

fn asked(request: &AddCheckpoint, last: Latest) -> Result<Latest, u16> {
    examine(request, [&known()], last).map_err(|declined| declined.status())
}

#[test]
fn what_is_written_is_read_and_nothing_else_is() {
    for (old, size) in [(0, 1), (3, 9), (9, 9), (8, 40)] {
        let request = request(old, &tree(size, "one"));
        let text = request.to_string();
        assert_eq!(AddCheckpoint::parse(text.as_bytes()), Ok(request));
        for bad in [
            text.replacen("old ", "old  ", 1),
            text.replacen("old ", "old 0", 1),
            text.replacen("old ", "new ", 1),
            text.replacen("\n\n", "\n", 1),
            text.replacen('\n', "\nAAAA\n", 1),
            text.replacen('\n', "\r\n", 1),
            text.trim_end().to_owned(),
        ] {
            assert!(AddCheckpoint::parse(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }
    let mut long = request(3, &tree(9, "one"));
    long.proof = vec![Digest([1; 32]); PROOF_MAX];
    assert!(AddCheckpoint::parse(long.to_string().as_bytes()).is_ok());
    long.proof.push(Digest([1; 32]));
    assert_eq!(AddCheckpoint::parse(long.to_string().as_bytes()), Err(NotARequest::Hash));
}

#[test]
fn a_log_that_grows_is_cosigned_as_far_as_it_has_grown() {
    let mut last = Latest::default();
    for size in [1, 2, 7, 7, 8, 31, 64] {
        last = asked(&request(last.size, &tree(size, "one")), last).unwrap();
        assert_eq!(last, latest(&tree(size, "one")));
    }
}

#[test]
fn another_history_is_not_cosigned() {
    let (one, other) = (tree(9, "one"), tree(12, "other"));
    assert_eq!(asked(&request(9, &other), latest(&one)), Err(422));
    let same_size = tree(9, "other");
    assert_eq!(asked(&request(9, &same_size), latest(&one)), Err(422));
    // A proof where none belongs is none.
    let mut padded = request(0, &one);
    padded.proof.push(Digest([0; 32]));
    assert_eq!(asked(&padded, Latest::default()), Err(422));
    let mut short = request(3, &one);
    short.proof.pop();
    assert_eq!(asked(&short, latest(&tree(3, "one"))), Err(422));
}

#[test]
fn who_does_not_know_what_was_cosigned_last_is_told() {
    let (one, later) = (tree(9, "one"), tree(12, "one"));
    let why = examine(&request(5, &later), [&known()], latest(&one));
    assert_eq!(why, Err(Declined::Stale(9)));
    assert_eq!(asked(&request(0, &later), latest(&one)), Err(409));
    let backwards = AddCheckpoint { old: 10, ..request(0, &one) };
    assert_eq!(asked(&backwards, latest(&one)), Err(400));
}

#[test]
fn only_the_logs_own_key_is_listened_to() {
    let one = tree(9, "one");
    let mut stranger = request(0, &one);
    stranger.note = checkpoint(&one).sign(&key("stranger")).unwrap();
    assert_eq!(asked(&stranger, Latest::default()), Err(403));
    // Lines of others do no harm; a line that claims to be the log's and is not, does.
    let mut both = request(0, &one);
    both.note.push(SignatureLine::sign("other.example", &key("stranger"), "x\n").unwrap()).unwrap();
    assert!(asked(&both, Latest::default()).is_ok());
    let elsewhere = SignatureLine::sign(ORIGIN, &key("sequencer"), "another text\n").unwrap();
    both.note.push(elsewhere).unwrap();
    assert_eq!(asked(&both, Latest::default()), Err(403));
}

#[test]
fn an_empty_log_has_one_root() {
    let empty = request(0, &tree(0, "one"));
    assert_eq!(asked(&empty, Latest::default()), Ok(Latest::default()));
    let text = format!("{ORIGIN}\n0\n{}\n", b64::encode(&[7; 32]));
    let line = SignatureLine::sign(ORIGIN, &key("sequencer"), &text).unwrap();
    let other = AddCheckpoint { note: Note::new(text, vec![line]).unwrap(), ..empty };
    assert_eq!(asked(&other, Latest::default()), Err(422));
}
