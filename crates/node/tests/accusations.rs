//! A coordinator that puts its own words into a node's mouth.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod common;

use common::at::At;
use common::partnership;
use common::served::{home, publish};
use common::shelf::Shelf;
use common::story::HOSPITALS;
use concordat_node::work::Event;

fn problem(code: &str) -> String {
    let page = "docs/reference/node.md";
    format!(r#"{{"code":"{code}","what":"{code} it is","hint":"h","see":"{page}"}}"#)
}

/// What the node makes of a coordinator that says this is a word of the coordinator's.
fn is_its_word(event: &Event, code: &str) -> bool {
    let (Event::Offline { problem } | Event::Refused { run: None, problem }) = event else {
        return false;
    };
    problem.code == code && problem.hint == "the coordinator says: h"
}

#[test]
fn a_coordinators_word_ends_no_node_whatever_it_accuses_somebody_of() {
    let (shelf, dir) = (Shelf::open(), tempfile::tempdir().unwrap());
    let mut story = partnership(&HOSPITALS);
    home(dir.path(), &shelf, story.state().log().unwrap());
    let note = publish(&shelf, &story.entries);
    let words = [
        "two-histories",
        "other-log",
        "other-party",
        "other-witness-key",
        "unknown-rules",
        "store-corrupt",
        "unreadable-note",
    ];
    shelf.put("/checkpoint", 400, problem(words[0]));
    let node = At::start(dir.path());
    for word in words {
        shelf.put("/checkpoint", 400, problem(word));
        node.until(|event| is_its_word(event, word));
    }

    // Nor does it where an entry should be.
    let tile = format!("/tile/entries/000.p/{}", story.entries.len());
    shelf.put(&tile, 400, problem("two-histories"));
    shelf.put("/checkpoint", 200, note.to_bytes());
    node.until(|event| is_its_word(event, "two-histories"));
    publish(&shelf, &story.entries);
    let size = story.entries.len() as u64;
    node.until(|event| *event == Event::Cosigned { size });

    // Nor in answer to a cosignature.
    shelf.put("/v1/cosignatures", 403, problem("two-histories"));
    story.step(b"whatever is logged is followed".to_vec());
    publish(&shelf, &story.entries);
    node.until(|event| is_its_word(event, "two-histories"));
    assert!(!dir.path().join("store/evidence").exists());
    node.stop();
}

#[test]
fn a_cosignature_that_is_turned_down_is_told_whatever_the_coordinator_calls_it() {
    let (shelf, dir) = (Shelf::open(), tempfile::tempdir().unwrap());
    let story = partnership(&HOSPITALS);
    home(dir.path(), &shelf, story.state().log().unwrap());
    publish(&shelf, &story.entries);
    shelf.put("/v1/cosignatures", 403, problem("verdicts-differ"));
    let node = At::start(dir.path());
    node.until(|event| is_its_word(event, "verdicts-differ"));
    node.stop();
}
