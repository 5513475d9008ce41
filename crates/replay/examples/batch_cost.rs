//! What a batch costs the coordinator before anything is durable: a copy of the replica, and one
//! act folded into it, after 10,000 entries. `cargo run -p concordat-replay --example batch_cost`
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a measurement: it panics on surprise, reads the clock and prints"
)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::time::Instant;

use common::{HOSPITALS, Story};
use concordat_partnership::Act;
use concordat_partnership::act::PlaceRegister;

const ENTRIES: u64 = 10_000;
const BATCHES: u32 = 200;

fn main() {
    let mut story = Story::ready();
    let mut number = 0;
    while story.replica.size() < ENTRIES {
        let entry = next(&mut story, &mut number);
        assert!(story.step(entry).is_admitted());
    }
    println!("entries folded: {}", story.replica.size());

    let start = Instant::now();
    for _ in 0..BATCHES {
        std::hint::black_box(story.replica.clone());
    }
    println!("a copy: {:?}", start.elapsed() / BATCHES);

    let entries: Vec<Vec<u8>> = (0..8).map(|_| next(&mut story, &mut number)).collect();
    let start = Instant::now();
    for i in 0..BATCHES {
        let mut preview = story.replica.clone();
        let entry = &entries[i as usize % entries.len()];
        std::hint::black_box(preview.step(entry).unwrap());
    }
    println!("a copy, one act folded, the copy dropped: {:?}", start.elapsed() / BATCHES);
}

/// Hospitals register places and dataset versions by turns.
fn next(story: &mut Story, number: &mut u64) -> Vec<u8> {
    *number += 1;
    let hospital = HOSPITALS[*number as usize % 4];
    let act = if number.is_multiple_of(2) {
        story.dataset(hospital, &format!("version {number}"))
    } else {
        let place = format!("place-{number}").parse().unwrap();
        Act::PlaceRegister(PlaceRegister { place, class: 2, jurisdiction: "CH".parse().unwrap() })
    };
    story.sign(&[(hospital, "data-holder")], &act)
}
