//! A thousand partnerships, each its own story: every invariant holds after every entry.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "what a test takes is measured")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use concordat_sim::{Options, Outcome, play};
use concordat_terms::ActName;

const SEEDS: u64 = 1000;

/// By how many seeds each act must have been tried.
const FIRST: u64 = 200;

/// Acts that need more steps in a row than anybody takes by chance: stories tell them. Projects are
/// opened by a motion that is carried out, in every partnership.
const BY_CHANCE: &[ActName] =
    &[ActName::MandateDelegate, ActName::CaseReport, ActName::ProjectOpen, ActName::PowerRatify];

#[test]
fn a_thousand_partnerships_keep_every_invariant_and_every_act_is_tried() {
    let (next, began) = (AtomicU64::new(0), Instant::now());
    let threads = std::thread::available_parallelism().map_or(2, |n| n.get().min(4));
    let played: Vec<(u64, Outcome)> = std::thread::scope(|scope| {
        let thread = || {
            let mut played = Vec::new();
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= SEEDS {
                    return played;
                }
                played.push((seed, play(seed, Options::default())));
            }
        };
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(thread)).collect();
        running.into_iter().flat_map(|one| one.join().unwrap()).collect()
    });
    let took = began.elapsed();

    let mut acts: BTreeMap<ActName, (u64, u64)> = BTreeMap::new();
    let mut early: BTreeMap<ActName, u64> = BTreeMap::new();
    let (mut entries, mut codes) = (0, BTreeMap::new());
    let mut broken = Vec::new();
    for (seed, outcome) in &played {
        entries += outcome.entries;
        for (act, (tried, admitted)) in &outcome.acts {
            let count = acts.entry(*act).or_default();
            *count = (count.0 + tried, count.1 + admitted);
            *early.entry(*act).or_default() += if *seed < FIRST { *tried } else { 0 };
        }
        for (code, acts) in &outcome.refusals {
            *codes.entry(*code).or_insert(0) += acts.values().sum::<u64>();
        }
        if let Some((index, why)) = &outcome.broken {
            broken.push(format!(
                "{}: {} (after entry {index}; `cargo run -p concordat-sim -- --seed {seed}` tells it)",
                why.invariant, why.what
            ));
        }
    }
    let never = ActName::JUDGED.iter().copied();
    let never = never.filter(|act| acts.get(act).is_none_or(|(_, admitted)| *admitted == 0));
    let never: Vec<ActName> = never.collect();
    println!(
        "{SEEDS} seeds, {entries} entries in {:.1} s on {threads} threads: {:.0} entries/s; {} codes",
        took.as_secs_f64(),
        entries as f64 / took.as_secs_f64(),
        codes.len()
    );
    assert!(broken.is_empty(), "{} seeds:\n{}", broken.len(), broken.join("\n"));
    let untried: Vec<_> =
        ActName::JUDGED.iter().filter(|act| early.get(act).is_none_or(|n| *n == 0)).collect();
    assert!(untried.is_empty(), "never tried by the first {FIRST} seeds: {untried:?}");
    let hidden: Vec<_> = never.iter().filter(|act| !BY_CHANCE.contains(act)).collect();
    assert!(hidden.is_empty(), "never admitted by {SEEDS} seeds: {hidden:?}");
}

#[test]
fn a_seed_tells_the_same_story_every_time() {
    let told = Options { told: true, ..Options::default() };
    for seed in [3, 17] {
        let (one, other) = (play(seed, told), play(seed, told));
        assert_eq!(one.story, other.story);
        assert!(one.story.len() > 20, "{} lines", one.story.len());
        // Told up to an entry, it is the beginning of the same story.
        let until = one.entries - 20;
        let part = play(seed, Options { until: Some(until), ..told });
        assert_eq!(part.story, one.story[..part.story.len()]);
        assert_eq!(part.entries, until + 1);
    }
}
