//! The process that writes is killed under load, again and again: what it acknowledged is there, and
//! nothing is half there.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests"
)]

mod world;

use std::env;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use concordat_store::{Fault, Store};
use tempfile::TempDir;
use world::load::{Rng, append_batch, check};

/// Names the folder to the child of the test that kills it.
const CHILD: &str = "CONCORDAT_STORE_TEST_CHILD";

/// `CONCORDAT_KILLS=500` for more moments than CI has time for.
fn kills(otherwise: u64) -> u64 {
    env::var("CONCORDAT_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// The moments are the same each time, but where `CONCORDAT_SEED` says which: `cargo xtask long` draws one.
fn seed(otherwise: u64) -> u64 {
    env::var("CONCORDAT_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn a_process_that_is_killed_at_any_moment_loses_nothing_that_it_acknowledged() {
    let mut home = TempDir::new().unwrap();
    let (mut before, mut rng, mut busy) = (0, Rng(seed(1)), 0);
    for round in 0..kills(100) {
        if before > 2_000 {
            // Checking is what takes time in a long log.
            (home, before) = (TempDir::new().unwrap(), 0);
        }
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "the_child_appends_until_it_is_killed", "--nocapture"])
            .env(CHILD, home.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // From before it opens the folder to the midst of its load: so many things it says first.
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut told: Vec<String> = Vec::new();
        for _ in 0..rng.below(24) {
            told.push(lines.next().unwrap().unwrap());
        }
        child.kill().unwrap();
        told.extend(lines.map_while(Result::ok));
        child.wait().unwrap();
        let told = told.iter().filter_map(|line| line.parse::<u64>().ok()).next_back();
        busy += u64::from(told.is_some());

        let store = Store::open(home.path()).unwrap();
        let batches = check(&store);
        let acknowledged = told.unwrap_or(before);
        assert!(
            (acknowledged..=acknowledged + 1).contains(&batches),
            "round {round}: {batches} where {acknowledged} were acknowledged"
        );
        before = batches;
    }
    assert!(busy > 0, "no child got as far as its load: all were killed too early");
}

#[test]
fn a_folder_is_free_once_its_owner_was_killed_and_not_before() {
    let home = TempDir::new().unwrap();
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "the_child_appends_until_it_is_killed", "--nocapture"])
        .env(CHILD, home.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    lines.find(|line| line.parse::<u64>().is_ok()).unwrap();
    assert!(matches!(Store::open(home.path()), Err(Fault::Locked { .. })));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(check(&Store::open(home.path()).unwrap()) > 0);
}

/// Not a test by itself: what the test above starts and kills.
#[test]
fn the_child_appends_until_it_is_killed() {
    let Ok(home) = env::var(CHILD) else { return };
    println!("opens the folder");
    let mut store = Store::open(Path::new(&home)).unwrap();
    // It ends by itself should the parent be gone.
    for batch in check(&store)..100_000 {
        append_batch(&mut store, batch).unwrap();
        println!("{}", batch + 1);
    }
}
