//! A coordinator as a process of its own, under load until it is killed, and what must hold afterwards.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    unreachable_pub,
    dead_code,
    reason = "tests; not every one uses all of it"
)]

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead as _, BufReader, Lines};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};

use concordat_coordinator::Coordinator;
use concordat_partnership::Act;
use concordat_partnership::act::PlaceRegister;
use concordat_store::Store;
use concordat_wire::api::{Receipt, Receipts};

use crate::common::{Client, HOLDERS, World, config, patient};
use crate::stopped::{Stop, When};

/// Names the home to the child of the test that kills it.
const CHILD: &str = "CONCORDAT_COORDINATOR_TEST_CHILD";
/// The write at which it stands still.
const STOP: &str = "CONCORDAT_COORDINATOR_TEST_STOP";
/// What its clock says.
const CLOCK: &str = "CONCORDAT_COORDINATOR_TEST_CLOCK";
/// How many clients there are at once.
const CLIENTS: usize = 4;

/// `CONCORDAT_KILLS=500` for more moments than CI has time for.
pub fn kills(otherwise: u64) -> u64 {
    env::var("CONCORDAT_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// The moments are the same each time, but where `CONCORDAT_SEED` says which: `cargo xtask long` draws one.
pub fn seed(otherwise: u64) -> u64 {
    env::var("CONCORDAT_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// The moment at which something is killed.
#[derive(Clone, Copy, Debug)]
pub enum Moment {
    /// The coordinator stands still before or after its write number so and so.
    AtWrite(Stop),
    /// As soon as clients hold so many receipts, whatever it does then.
    AfterReceipts(usize),
}

impl Moment {
    pub fn before_write(write: u64) -> Self {
        Self::AtWrite(Stop { write, when: When::Before })
    }

    pub fn after_write(write: u64) -> Self {
        Self::AtWrite(Stop { write, when: When::After })
    }
}

/// A receipt, and what it is for.
pub type Held = (Receipt, Vec<u8>);

/// A coordinator as a process of its own.
pub struct Alone {
    child: Child,
    pub client: Client,
    told: Lines<BufReader<ChildStdout>>,
}

impl Alone {
    /// Starts it from the home of a world whose own coordinator was stopped. The test's file has a test
    /// `the_child_serves_until_it_is_killed`, which [`serve`]s.
    pub fn started(world: &World, moment: Moment) -> Self {
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
        let addr = SocketAddr::from(([127, 0, 0, 1], port));
        Self { child, client: Client::new(addr, &certificate), told }
    }

    /// Waits until the moment has come; the receipts that clients hold by then.
    pub fn until(&mut self, moment: Moment, load: &Load) -> Vec<Held> {
        match moment {
            Moment::AtWrite(_) => {
                let still =
                    |line: &std::io::Result<String>| matches!(line, Ok(l) if l == "stands still");
                assert!(self.told.by_ref().any(|line| still(&line)), "it ended before");
                Vec::new()
            }
            Moment::AfterReceipts(count) => load.heard.iter().take(count).collect(),
        }
    }

    /// `kill -STOP` or `-CONT`.
    pub fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// `kill -9`.
    pub fn killed(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Clients that send acts, each its own, one after another, until one of them is not answered.
pub struct Load {
    clients: Vec<JoinHandle<()>>,
    heard: Receiver<Held>,
}

impl Load {
    /// Lets them begin.
    pub fn of(client: &Client, envelopes: &[Vec<u8>]) -> Self {
        let (tell, heard) = channel();
        let clients = (0..CLIENTS).map(|nth| {
            let (client, tell) = (client.clone(), tell.clone());
            let own: Vec<Vec<u8>> = envelopes.iter().skip(nth).step_by(CLIENTS).cloned().collect();
            thread::spawn(move || {
                for envelope in own {
                    // No answer, or a fault: nothing was promised.
                    let Ok(answer) = client.try_submit(std::slice::from_ref(&envelope)) else {
                        return;
                    };
                    let Ok(Receipts { receipts, .. }) = serde_json::from_slice(&answer.body) else {
                        assert!(answer.status >= 500, "{}", answer.text());
                        return;
                    };
                    for receipt in receipts {
                        tell.send((receipt, envelope.clone())).unwrap();
                    }
                }
            })
        });
        Self { clients: clients.collect(), heard }
    }

    /// The receipts that came since, once no client waits for an answer any more.
    pub fn ended(self) -> Vec<Held> {
        let held = self.heard.iter().collect();
        self.clients.into_iter().for_each(|client| client.join().unwrap());
        held
    }
}

/// So many acts, each for one request.
pub fn acts(world: &World, from: u64, count: u64) -> Vec<Vec<u8>> {
    let act = |nth: u64| {
        let party = HOLDERS[usize::try_from(nth).unwrap() % HOLDERS.len()];
        let place = format!("ward-{nth}").parse().unwrap();
        let act = PlaceRegister { place, class: 2, jurisdiction: "CH".parse().unwrap() };
        world.envelope(party, "data-holder", &Act::PlaceRegister(act))
    };
    (from..from + count).map(act).collect()
}

/// What had no receipt can be sent again: it is logged once, whatever became of it before.
pub fn sent_again(client: &Client, envelopes: &[Vec<u8>]) -> Vec<Held> {
    let again = client.submit(envelopes);
    let read = serde_json::from_slice(&again.body);
    let Receipts { receipts, .. } = read.unwrap_or_else(|_| panic!("{}", again.text()));
    receipts.into_iter().zip(envelopes.iter().cloned()).collect()
}

/// Every receipt is kept: at its index stands its entry, and nowhere else.
pub fn all_there(world: &World, receipts: &[Held], what: &str) {
    let view = world.running.as_ref().unwrap().view();
    let size = view.snapshot().size;
    let entries: BTreeMap<Vec<u8>, u64> =
        (0..size).map(|at| (view.entry(at).unwrap(), at)).collect();
    assert_eq!(entries.len() as u64, size, "{what}: an entry is there twice");
    for (receipt, envelope) in receipts {
        assert_eq!(entries.get(envelope), Some(&receipt.index), "{what}");
        assert_eq!(view.receipt(receipt.index).as_ref(), Some(receipt), "{what}");
    }
    // The checkpoint is over exactly what is there.
    let (checkpoint, _) = world.client.checkpoint();
    assert_eq!(checkpoint.size, size, "{what}");
    assert_eq!(view.replica().root_at(size), Some(checkpoint.root), "{what}");
}

/// What the child does: serves the home that its environment names, until it is killed. Nothing where
/// none is named.
pub fn serve() {
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
