//! A coordinator whose log is in Postgres is killed under load, alone or with the database's server, or
//! stalls until another has taken over: every receipt that a client holds is in the log afterwards, once,
//! nothing is half there, and nobody writes beside the one writer.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a test")]

mod common;
mod killing;
#[path = "../../store/tests/world/load.rs"]
mod load;
#[path = "../../store/tests/world/server.rs"]
mod server;
mod stopped;

use std::path::Path;
use std::time::Duration;

use common::World;
use concordat_store::{Lease, Store};
use killing::{Alone, Held, Load, Moment, acts, all_there, kills, seed, sent_again, serve};
use load::Rng;
use server::Server;

const DATABASE: &str = "killed";
/// How many acts clients have for a round.
const ACTS: u64 = 24;

/// Beyond the acts of all rounds.
const MORE: u64 = 1_000_000;

/// Who is killed, or stalls.
#[derive(Clone, Copy, Debug)]
enum Victim {
    /// The coordinator.
    Coordinator,
    /// The server of the database, and the coordinator with it.
    Both,
    /// The server; the coordinator goes on when it is back, and is killed afterwards.
    Server,
    /// Nobody: the coordinator stalls, another takes over, and the first goes on unaware.
    Nobody,
}

/// Acts for clients, one of which is in the midst of something when the victim is killed: the receipts
/// that they hold. At the end a coordinator of ours runs.
fn round(
    world: &mut World,
    server: &mut Server,
    victim: Victim,
    rng: &mut Rng,
    envelopes: &[Vec<u8>],
) -> Vec<Held> {
    world.running.take().unwrap().stop();
    let receipts = Moment::AfterReceipts(1 + usize::try_from(rng.below(16)).unwrap());
    let moment = match (victim, rng.below(3)) {
        (Victim::Coordinator | Victim::Both, 0) => Moment::before_write(1 + rng.below(6)),
        (Victim::Coordinator | Victim::Both, 1) => Moment::after_write(1 + rng.below(6)),
        _ => receipts,
    };
    let mut coordinator = Alone::started(world, moment);
    let load = Load::of(&coordinator.client, envelopes);
    let mut held = coordinator.until(moment, &load);
    match victim {
        Victim::Coordinator => {
            coordinator.killed();
            held.extend(load.ended());
            // As long as it may be alive, nobody takes its place.
            let lasts = "SELECT until > clock_timestamp() + interval '1 second' FROM lease";
            if server.sql(DATABASE, lasts) == "t" {
                let other = at_once(server, &world.dir.path().join("blobs"));
                assert_eq!(other.unwrap_err().code(), "store-leased");
            }
        }
        Victim::Both => {
            server.kill();
            coordinator.killed();
            held.extend(load.ended());
            server.resume(&[]);
        }
        Victim::Server => {
            server.kill();
            // Whoever asks while it is away gets a fault, and no receipt.
            held.extend(load.ended());
            server.resume(&[]);
            held.extend(sent_again(&coordinator.client, envelopes));
            coordinator.killed();
        }
        Victim::Nobody => {
            coordinator.signal("-STOP");
            taken_over(world, server);
            held.extend(sent_again(&world.client, envelopes));
            coordinator.signal("-CONT");
            // What it was doing is done or a fault, and whatever it is asked afterwards is one.
            held.extend(load.ended());
            for more in acts(world, MORE + rng.below(MORE), 3) {
                let answer = coordinator.client.submit(std::slice::from_ref(&more));
                assert!(answer.status >= 500, "a second writer: {}", answer.text());
            }
            coordinator.killed();
            return held;
        }
    }
    taken_over(world, server);
    held
}

/// A writer that does not wait for the lease of another.
fn at_once(server: &Server, blobs: &Path) -> Result<Store, concordat_store::Fault> {
    let lease = Lease { patience: Duration::ZERO, ..Lease::of("somebody else") };
    Store::connect(&server.address(DATABASE), blobs, lease)
}

/// The lease of whoever wrote is over, and a coordinator of ours starts.
fn taken_over(world: &mut World, server: &Server) {
    server.sql(DATABASE, "UPDATE lease SET until = '-infinity'");
    world.start();
}

#[test]
fn a_coordinator_on_postgres_that_is_killed_at_any_moment_keeps_every_receipt_that_it_gave() {
    let mut server = Server::start();
    server.database(DATABASE);
    let mut world = World::founded();
    world.running.take().unwrap().stop();
    world.kept_in(&server.url(DATABASE));
    world.start();
    world.enter();

    let mut rng = Rng(seed(29));
    let (mut all, mut cut_off) = (Vec::new(), 0);
    let victims = [Victim::Coordinator, Victim::Both, Victim::Server, Victim::Nobody];
    for (nth, victim) in (0..kills(8)).zip(victims.into_iter().cycle()) {
        world.pass(7);
        let what = format!("round {nth}, {victim:?}");
        let envelopes = acts(&world, nth * ACTS, ACTS);
        let held = round(&mut world, &mut server, victim, &mut rng, &envelopes);
        cut_off += usize::from((held.len() as u64) < ACTS);
        all.extend(held);
        all_there(&world, &all, &what);

        // What had no receipt can be sent again.
        let again = sent_again(&world.client, &envelopes);
        assert_eq!(again.len(), envelopes.len(), "{what}");
        all.extend(again);
        all_there(&world, &all, &what);
    }
    assert!(cut_off > 0, "nobody was in the midst of anything");
}

/// Not a test by itself: what the test above starts and kills.
#[test]
fn the_child_serves_until_it_is_killed() {
    serve();
}
