//! The server of the database is killed under load, again and again: every batch that was
//! acknowledged is there when it is back, and nothing is half there.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests"
)]

mod world;

use std::env;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use concordat_store::{Fault, Lease, Store};
use tempfile::TempDir;
use world::load::{Rng, append_batch, check, cursor};
use world::server::Server;

/// `CONCORDAT_KILLS=500` for more moments than CI has time for.
fn kills(otherwise: u64) -> u64 {
    env::var("CONCORDAT_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn a_server_that_is_killed_at_any_moment_loses_nothing_that_it_acknowledged() {
    let mut server = Server::start();
    let address = server.database("killed");
    let home = TempDir::new().unwrap();
    let blobs = home.path().join("blobs");
    let mut store = Store::connect(&address, &blobs, Lease::of("writer")).unwrap();
    let (acknowledged, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let mut rng = Rng(3);
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut broken = 0;
            let mut batch = 0;
            while !stop.load(Ordering::SeqCst) {
                match append_batch(&mut store, batch) {
                    Ok(()) => {
                        batch += 1;
                        acknowledged.store(batch, Ordering::SeqCst);
                    }
                    // What the log says counts: the batch may be there, or not.
                    Err(Fault::Server { .. }) => {
                        broken += 1;
                        batch = until(|| store.note("cursor").is_ok().then(|| cursor(&store)));
                        let known = acknowledged.load(Ordering::SeqCst);
                        assert!((known..=known + 1).contains(&batch), "{batch}, {known}");
                    }
                    Err(fault) => panic!("{fault:?}"),
                }
            }
            broken
        });
        for _ in 0..kills(5) {
            let before = acknowledged.load(Ordering::SeqCst);
            until(|| (acknowledged.load(Ordering::SeqCst) > before).then_some(()));
            thread::sleep(Duration::from_micros(rng.below(40_000)));
            server.kill();
            server.resume(&[]);
        }
        stop.store(true, Ordering::SeqCst);
        assert!(writer.join().unwrap() > 0, "no write was broken off");
    });
    // The same writer, and a new one.
    assert_eq!(check(&store), cursor(&store));
    drop(store);
    let store = Store::connect(&address, &blobs, Lease::of("next")).unwrap();
    let batches = check(&store);
    let acknowledged = acknowledged.load(Ordering::SeqCst);
    assert!((acknowledged..=acknowledged + 1).contains(&batches));
}

/// Asks until there is an answer.
fn until<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(120);
    while Instant::now() < end {
        if let Some(answer) = ask() {
            return answer;
        }
        thread::sleep(Duration::from_millis(5));
    }
    panic!("it never came");
}
