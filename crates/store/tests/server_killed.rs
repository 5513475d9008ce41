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
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;

use concordat_store::{Fault, Lease, Store};
use tempfile::TempDir;
use world::load::{Rng, append_batch, check, cursor};
use world::server::Server;

/// `CONCORDAT_KILLS=500` for more moments than CI has time for.
fn kills(otherwise: u64) -> u64 {
    env::var("CONCORDAT_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// The moments are the same each time, but where `CONCORDAT_SEED` says which: `cargo xtask long` draws one.
fn seed(otherwise: u64) -> u64 {
    env::var("CONCORDAT_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn a_server_that_is_killed_at_any_moment_loses_nothing_that_it_acknowledged() {
    let mut server = Server::start();
    let address = server.database("killed");
    let home = TempDir::new().unwrap();
    let blobs = home.path().join("blobs");
    let mut store = Store::connect(&address, &blobs, Lease::of("writer")).unwrap();
    let stop = AtomicBool::new(false);
    let (tell, acknowledged) = channel();
    let (back, is_back) = channel();
    let mut rng = Rng(seed(3));
    let mut known = 0;
    let (writes, ends) = (&mut store, &stop);
    thread::scope(|scope| {
        let writer = scope.spawn(move || {
            let (mut broken, mut batch, mut known) = (0, 0, 0);
            while !ends.load(Ordering::SeqCst) {
                match append_batch(writes, batch) {
                    Ok(()) => {
                        batch += 1;
                        known = batch;
                        tell.send(known).unwrap();
                    }
                    // What the log says counts: the batch may be there, or not.
                    Err(Fault::Server { .. }) => {
                        broken += 1;
                        // Once for every time that the server came back; one may be of before.
                        while writes.note("cursor").is_err() {
                            is_back.recv().unwrap();
                        }
                        batch = cursor(writes);
                        assert!((known..=known + 1).contains(&batch), "{batch}, {known}");
                    }
                    Err(fault) => panic!("{fault:?}"),
                }
            }
            broken
        });
        for _ in 0..kills(5) {
            // So many batches more, and in the midst of the next.
            for _ in 0..=rng.below(30) {
                known = acknowledged.recv().unwrap();
            }
            server.kill();
            server.resume(&[]);
            back.send(()).unwrap();
        }
        stop.store(true, Ordering::SeqCst);
        // Whoever waits for it to come back is told so for the last time.
        drop(back);
        assert!(writer.join().unwrap() > 0, "no write was broken off");
    });
    known = acknowledged.try_iter().last().unwrap_or(known);
    // The same writer, and a new one.
    assert_eq!(check(&store), cursor(&store));
    drop(store);
    let store = Store::connect(&address, &blobs, Lease::of("next")).unwrap();
    let batches = check(&store);
    assert!((known..=known + 1).contains(&batches));
}
