//! A coordinator under load: clients that send signed acts over HTTPS, and wait for each receipt.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use concordat_coordinator::{Config, Coordinator, Running};
use concordat_node::client::{Client, submission};
use concordat_terms::Timestamp;
use serde::Serialize;

use super::machine;
use super::works::{Works, wrong};
use crate::failure::Failure;

/// How many acts a second that a coordinator accepts.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Accepted {
    pub(super) clients: usize,
    pub(super) acts_a_request: usize,
    pub(super) acts: usize,
    pub(super) acts_per_second: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    /// The machine's own: each signature checked on all cores, and each act durable in as large
    /// batches as there can be, one after the other.
    pub(super) limit_per_second: f64,
    pub(super) of_limit: f64,
    pub(super) target_per_second: f64,
    pub(super) met: bool,
}

/// How long nine hundred and ninety of a thousand requests take at most.
const LATENCY_MOST_MS: f64 = 50.0;

pub(super) struct Served {
    running: Running,
    clients: usize,
}

impl Served {
    /// Founds the log of a coordinator whose home is `dir`.
    pub(super) fn founded(works: &Works, dir: &Path, clients: usize) -> Result<Self, Failure> {
        home(works, dir)?;
        let mut config = Config::new(dir);
        let now: Timestamp = "2027-01-01T08:00:00Z".parse().map_err(|_| wrong("no time"))?;
        config.clock = Arc::new(move || now);
        let running = Coordinator::start(config).map_err(of)?;
        let served = Self { running, clients };
        let client = served.client()?;
        for text in works.texts() {
            client.put_blob(&text, &works.party()).map_err(|e| wrong(e.to_string()))?;
        }
        let rest = works.founding.get(1..).unwrap_or_default();
        for batch in rest.chunks(500) {
            admitted(&client, batch)?;
        }
        Ok(served)
    }

    fn client(&self) -> Result<Client, Failure> {
        let base = format!("https://{}", self.running.addr);
        Client::new(&base, self.running.certificate_pem.as_bytes()).map_err(of)
    }

    /// All clients at once, each with one request on its way, until every act has its receipt.
    pub(super) fn measured(
        &self,
        envelopes: &[Vec<u8>],
        acts_a_request: usize,
        target_per_second: f64,
        limits: &Path,
    ) -> Result<Accepted, Failure> {
        // What clients do to make a request is not measured, and of the answer they only see whether
        // all was admitted.
        let requests: Vec<(Vec<u8>, usize)> =
            envelopes.chunks(acts_a_request).map(|some| (submission(some), some.len())).collect();
        let next = AtomicUsize::new(0);
        let mut clients = Vec::new();
        for _ in 0..self.clients {
            let client = self.client()?;
            // The connection is there before anything is measured.
            client.checkpoint().map_err(|e| wrong(e.to_string()))?;
            clients.push(client);
        }
        let started = Instant::now();
        let send = |client: Client| -> Result<Vec<Duration>, Failure> {
            let mut times = Vec::new();
            while let Some((body, count)) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                let started = Instant::now();
                let answer = client.submit_body(body.clone(), *count);
                let answer = answer.map_err(|e| wrong(e.to_string()))?;
                times.push(started.elapsed());
                if !all_admitted(&answer, *count) {
                    return Err(wrong("an act is refused"));
                }
            }
            Ok(times)
        };
        let send = &send;
        let times: Result<Vec<Vec<Duration>>, Failure> = thread::scope(|scope| {
            let jobs: Vec<_> =
                clients.into_iter().map(|client| scope.spawn(move || send(client))).collect();
            let all = jobs.into_iter();
            all.map(|job| job.join().unwrap_or_else(|_| Err(wrong("a client was lost")))).collect()
        });
        let took = started.elapsed().as_secs_f64();
        let mut times: Vec<Duration> = times?.into_iter().flatten().collect();
        times.sort();
        let at = |hundredth: usize| {
            let place = (times.len() * hundredth).div_ceil(100).saturating_sub(1);
            times.get(place).map_or(0.0, |time| time.as_secs_f64() * 1e3)
        };

        let few = envelopes.get(..envelopes.len().min(4_000)).unwrap_or_default();
        let checked = machine::signatures(few)? / few.len().max(1) as f64;
        let durable = machine::durable(limits, few, self.clients * acts_a_request)?;
        let limit_per_second = 1.0 / (checked + durable);
        let acts_per_second = envelopes.len() as f64 / took;
        Ok(Accepted {
            clients: self.clients,
            acts_a_request,
            acts: envelopes.len(),
            acts_per_second,
            p50_ms: at(50),
            p99_ms: at(99),
            limit_per_second,
            of_limit: acts_per_second / limit_per_second,
            target_per_second,
            met: acts_per_second >= target_per_second && at(99) < LATENCY_MOST_MS,
        })
    }

    pub(super) fn stop(self) {
        self.running.stop();
    }
}

/// A home with the sequencer's key and the genesis.
pub(super) fn home(works: &Works, dir: &Path) -> Result<(), Failure> {
    let keys = dir.join("keys");
    std::fs::create_dir_all(&keys).map_err(|e| Failure::io("create the folder", &keys, &e))?;
    let key = keys.join("sequencer.key");
    let seed = hex::encode(*works.sequencer().to_seed());
    std::fs::write(&key, seed).map_err(|e| Failure::io("write", &key, &e))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&key, mode).map_err(|e| Failure::io("write", &key, &e))?;
    }
    let genesis = dir.join("genesis.dsse");
    let first = works.founding.first().ok_or_else(|| wrong("no genesis"))?;
    std::fs::write(&genesis, first).map_err(|e| Failure::io("write", &genesis, &e))
}

/// Sends envelopes, all of which are to be admitted.
fn admitted(client: &Client, envelopes: &[Vec<u8>]) -> Result<(), Failure> {
    let receipts = client.submit(envelopes).map_err(|e| wrong(e.to_string()))?;
    match receipts.receipts.iter().find_map(|receipt| receipt.problem.as_ref()) {
        None => Ok(()),
        Some(problem) => Err(wrong(format!("an act is refused: {}", problem.what))),
    }
}

/// Whether an answer has so many receipts, all of which say that their act took effect.
fn all_admitted(answer: &[u8], count: usize) -> bool {
    let text = std::str::from_utf8(answer).unwrap_or_default();
    text.matches("\"admitted\":true").count() == count
}

fn of(problem: concordat_terms::Problem) -> Failure {
    Failure::fault(&problem.code, problem.what, problem.hint)
}
