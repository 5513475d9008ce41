//! The process of a coordinator is killed under load, again and again, each time at a moment that
//! something happens at: every receipt that a client holds is in the log afterwards, once, and nothing
//! is half there.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_types
)]

mod common;
#[path = "../../store/tests/world/load.rs"]
mod load;
mod stopped;

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead as _, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::channel;
use std::thread;

use common::*;
use concordat_coordinator::Coordinator;
use concordat_partnership::Act;
use concordat_partnership::act::*;
use concordat_store::Store;
use concordat_wire::api::{Receipt, Receipts};
use load::Rng;
use stopped::{Stop, When};

/// Names the home to the child of the test that kills it.
const CHILD: &str = "CONCORDAT_COORDINATOR_TEST_CHILD";
/// The write at which it stands still.
const STOP: &str = "CONCORDAT_COORDINATOR_TEST_STOP";
/// What its clock says.
const CLOCK: &str = "CONCORDAT_COORDINATOR_TEST_CLOCK";
/// How many clients there are at once.
const CLIENTS: usize = 4;

/// `CONCORDAT_KILLS=500` for more moments than CI has time for.
fn kills(otherwise: u64) -> u64 {
    env::var("CONCORDAT_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// The moment at which a coordinator is killed.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// It stands still before or after its write number so and so, and is killed there.
    AtWrite(Stop),
    /// As soon as clients hold so many receipts, whatever it does then.
    AfterReceipts(usize),
}

/// A coordinator as a process of its own.
struct Alone {
    child: Child,
    client: Client,
    told: Lines<BufReader<ChildStdout>>,
}

impl Alone {
    fn started(world: &World, moment: Moment) -> Self {
        let home = world.dir.path();
        let stop = match moment {
            Moment::AtWrite(stop) => stop.to_string(),
            Moment::AfterReceipts(_) => Stop::never().to_string(),
        };
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "the_child_serves_until_it_is_killed", "--nocapture"])
            .env(CHILD, home)
            .env(STOP, stop)
            .env(CLOCK, world.now().seconds().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = told
            .by_ref()
            .find_map(|line| line.unwrap().strip_prefix("port ").map(|port| port.parse().unwrap()))
            .unwrap();
        let certificate = std::fs::read_to_string(home.join("tls/cert.pem")).unwrap();
        let addr = std::net::SocketAddr::from(([127, 0, 0, 1], port));
        Self { child, client: Client::new(addr, &certificate), told }
    }

    fn stands_still(&mut self) {
        self.told.by_ref().find(|line| line.as_ref().unwrap() == "stands still").unwrap().unwrap();
    }

    /// `kill -9`.
    fn killed(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn register(nth: u64) -> Act {
    Act::PlaceRegister(PlaceRegister {
        place: format!("ward-{nth}").parse().unwrap(),
        class: 2,
        jurisdiction: "CH".parse().unwrap(),
    })
}

/// So many acts, each for one request.
fn acts(world: &World, from: u64, count: u64) -> Vec<Vec<u8>> {
    let act = |nth: u64| {
        let party = HOLDERS[usize::try_from(nth).unwrap() % HOLDERS.len()];
        world.envelope(party, "data-holder", &register(nth))
    };
    (from..from + count).map(act).collect()
}

/// Lets clients send what they have, until the moment comes at which the coordinator is killed; the
/// receipts that they hold then, each with what it is for.
fn sent_until_killed(
    mut coordinator: Alone,
    envelopes: &[Vec<u8>],
    moment: Moment,
) -> Vec<(Receipt, Vec<u8>)> {
    let (tell, heard) = channel();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|nth| {
            let (client, tell) = (coordinator.client.clone(), tell.clone());
            let own: Vec<Vec<u8>> = envelopes.iter().skip(nth).step_by(CLIENTS).cloned().collect();
            thread::spawn(move || {
                for envelope in own {
                    // No answer: the coordinator is dead, and nothing was promised.
                    let Ok(answer) = client.try_submit(std::slice::from_ref(&envelope)) else {
                        return;
                    };
                    let Ok(Receipts { receipts }) = serde_json::from_slice(&answer.body) else {
                        return;
                    };
                    for receipt in receipts {
                        tell.send((receipt, envelope.clone())).unwrap();
                    }
                }
            })
        })
        .collect();
    drop(tell);
    let mut held = Vec::new();
    match moment {
        Moment::AtWrite(_) => coordinator.stands_still(),
        Moment::AfterReceipts(count) => held.extend(heard.iter().take(count)),
    }
    coordinator.killed();
    held.extend(heard.iter());
    clients.into_iter().for_each(|client| client.join().unwrap());
    held
}

/// Every receipt is kept: at its index stands its entry, and nowhere else.
fn all_there(world: &World, receipts: &[(Receipt, Vec<u8>)], what: &str) {
    let view = world.running.as_ref().unwrap().view();
    let size = view.snapshot().size;
    let entries: BTreeMap<Vec<u8>, u64> =
        (0..size).map(|at| (view.entry(at).unwrap(), at)).collect();
    assert_eq!(entries.len() as u64, size, "{what}: an entry is there twice");
    for (receipt, envelope) in receipts {
        assert_eq!(entries.get(envelope), Some(&receipt.index), "{what}");
        // The promise is signed for whoever asks.
        let told = Receipt { promise: None, ..receipt.clone() };
        assert_eq!(view.receipt(receipt.index), Some(told), "{what}");
    }
    // The checkpoint is over exactly what is there.
    let (checkpoint, _) = world.client.checkpoint();
    assert_eq!(checkpoint.size, size, "{what}");
    assert_eq!(view.replica().root_at(size), Some(checkpoint.root), "{what}");
}

#[test]
fn a_coordinator_that_is_killed_at_any_moment_keeps_every_receipt_that_it_gave() {
    let mut rng = Rng(11);
    let mut world = World::in_force();
    let (mut all, mut nth, mut begun) = (Vec::new(), 0, 0);
    for round in 0..kills(24) {
        if world.running.as_ref().unwrap().view().snapshot().size > 1_000 {
            // To look at all of it is what takes time in a long log.
            (world, all) = (World::in_force(), Vec::new());
        }
        world.pass(7);
        let envelopes = acts(&world, nth, 40);
        nth += 40;
        world.running.take().unwrap().stop();

        let moment = match round % 3 {
            0 => Moment::AtWrite(Stop { write: 1 + rng.below(8), when: When::Before }),
            1 => Moment::AtWrite(Stop { write: 1 + rng.below(8), when: When::After }),
            _ => Moment::AfterReceipts(1 + usize::try_from(rng.below(30)).unwrap()),
        };
        let what = format!("round {round}, {moment:?}");
        let coordinator = Alone::started(&world, moment);
        let held = sent_until_killed(coordinator, &envelopes, moment);
        if let Moment::AfterReceipts(count) = moment {
            assert!(held.len() >= count, "{what}");
        }
        begun += usize::from(!held.is_empty());
        all.extend(held);
        world.start();
        all_there(&world, &all, &what);

        // What had no receipt can be sent again: it is logged once, whatever became of it before.
        let again = world.client.submit(&envelopes[..4]);
        let Receipts { receipts } = serde_json::from_slice(&again.body).unwrap();
        all.extend(receipts.into_iter().zip(envelopes[..4].iter().cloned()));
        all_there(&world, &all, &what);
    }
    assert!(begun > 0, "no client held a receipt before a kill");
}

/// Not a test by itself: what the test above starts and kills.
#[test]
fn the_child_serves_until_it_is_killed() {
    let Ok(home) = env::var(CHILD) else { return };
    let stop: Stop = env::var(STOP).unwrap().parse().unwrap();
    let clock = Arc::new(AtomicU64::new(env::var(CLOCK).unwrap().parse().unwrap()));
    let mut config = config(Path::new(&home), &clock, patient());
    config.for_tests.wrap = Some(Arc::new(move |store: Store| {
        store.wrapped(|journal| stop.before(journal), |blobs| blobs)
    }));
    let running = Coordinator::start(config).unwrap();
    println!("\nport {}", running.addr.port());
    // It ends by itself should the parent be gone.
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).ok();
}
