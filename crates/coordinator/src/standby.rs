//! A coordinator that reads along while another writes the same database: it folds the log itself, serves
//! what can be read of it, hands everything else on to the writer, and says when nobody writes any more.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::middleware::{from_fn_with_state, map_response};
use concordat_store::Store;
use concordat_terms::Problem;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::api::forward::{Forward, forwarded};
use crate::api::{self, App};
use crate::config::{CONFIG, Config, Console, Home, blobs_of, reached_at};
use crate::cosigning::Cosigning;
use crate::problem::{in_our_words, unusable};
use crate::room::Rooms;
use crate::room::spool::Spool;
use crate::sequencer::{Along, Sequencer};
use crate::view::ReadHandle;
use crate::voice::Voice;

/// How long requests may take to end once the server is told to stop.
const GRACE: Duration = Duration::from_secs(3);
/// How often it is looked whether somebody writes, and what counts by now.
const LOOK: Duration = Duration::from_secs(1);
/// How long a database may not answer before the operator is told again.
const TELL_EVERY: u32 = 60;

/// A coordinator that stands by, on threads of its own. Dropping it stops it.
pub struct Standby {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Where the console listens, if there is one: with the same certificate.
    pub console: Option<SocketAddr>,
    /// The certificate that clients pin.
    pub certificate_pem: String,
    view: ReadHandle,
    stopping: watch::Sender<bool>,
    turn: Receiver<Result<(), Problem>>,
    parts: Option<Parts>,
}

struct Parts {
    runtime: Runtime,
    servers: Vec<tokio::task::JoinHandle<()>>,
    follows: JoinHandle<()>,
}

impl Standby {
    /// Starts from a home folder whose log is in a database that another coordinator writes. Not to be
    /// called from async code: it blocks.
    ///
    /// # Errors
    /// A [`Problem`] for the operator: the folder, the database or the port; `no-standby` where the log is
    /// in a folder.
    pub fn start(config: Config) -> Result<Self, Problem> {
        let runtime = concordat_front::threads("standby")?;
        let listen = config.listen.map_or_else(|| Home::listen(&config.home), Ok)?;
        let (tcp, addr) = concordat_front::listen(&runtime, listen, CONFIG)?;
        let console = config.console.map(|Console { listen, pages }| {
            concordat_front::listen(&runtime, listen, CONFIG).map(|bound| (bound, pages))
        });
        let console = console.transpose()?;
        let home = Home::prepare(&config.home)?;
        let tls = home.certificate.server_config()?;
        let address = home.settings.store.as_ref().ok_or_else(|| {
            let what = "the log is in a folder, which one process alone reads and writes";
            unusable("no-standby", what, "name a database as `store` in `concordat.toml`")
        })?;
        let store = Store::follow(address, &blobs_of(&home.dir, &home.settings));
        let store = store.map_err(|fault| fault.problem())?;
        let clock = config.clock.clone();
        let for_tests = config.for_tests.clone();
        let along = Along::open(store, home.key.clone(), (&home.dir, clock), for_tests)?;
        let view = along.ledger().view();
        let sequencer = Sequencer::nobody();

        let stopping = watch::Sender::new(false);
        let timing = home.settings.timing(config.timing);
        let spool = Spool::open(&home.dir, &std::collections::BTreeSet::default())?;
        let rooms = Rooms::new(
            view.clone(),
            sequencer.clone(),
            (config.clock.clone(), timing),
            config.for_tests,
            (spool, stopping.subscribe()),
        );
        let cosigning =
            Cosigning { view: view.clone(), sequencer: sequencer.clone(), clock: config.clock };
        let voice = Voice::new(home.key.clone(), view.clone());
        let (limits, told) = (config.limits, stopping.subscribe());
        let app = App::new(cosigning, voice, rooms, (limits, timing.hold), told);
        let forward = Arc::new(Forward::to_certificate(&home.certificate.pem)?);
        // Before the first request: who writes now.
        forward.to(along.wait(Duration::ZERO)?.as_deref().and_then(reached_at));
        let router = api::router(app.clone())
            .layer(from_fn_with_state((app.clone(), forward.clone()), forwarded))
            .layer(from_fn_with_state(app, api::told_apart))
            .layer(map_response(in_our_words));
        let (tell, turn) = channel();
        let told = stopping.subscribe();
        let follows = std::thread::Builder::new()
            .name("follows".to_owned())
            .spawn(move || follow(along, &forward, &told, &tell))
            .map_err(|e| unusable("no-thread", e.to_string(), "raise the limits of the process"))?;

        let _context = runtime.enter();
        let serve = |tcp, router| {
            let (limits, stopping) = (config.limits.front, stopping.subscribe());
            tokio::spawn(concordat_front::serve(tcp, tls.clone(), router, limits, stopping))
        };
        let mut servers = vec![serve(tcp, router)];
        let console = console.map(|((tcp, addr), pages)| {
            servers.push(serve(tcp, pages(view.clone())));
            addr
        });
        tracing::info!(%addr, size = view.snapshot().size, "stands by");
        Ok(Self {
            addr,
            console,
            certificate_pem: home.certificate.pem,
            view,
            stopping,
            turn,
            parts: Some(Parts { runtime, servers, follows }),
        })
    }

    /// Reads what it has published.
    pub fn view(&self) -> ReadHandle {
        self.view.clone()
    }

    /// Whether nobody writes the log any more, waiting for that so long. It stands by all the same: who
    /// takes over stops it first.
    ///
    /// # Errors
    /// A [`Problem`] for the operator: what was read is not to be folded, or not what was signed.
    pub fn turn_within(&self, at_most: Duration) -> Result<bool, Problem> {
        match self.turn.recv_timeout(at_most) {
            Ok(turn) => turn.map(|()| true),
            Err(RecvTimeoutError::Timeout) => Ok(false),
            Err(RecvTimeoutError::Disconnected) => {
                Err(unusable("no-thread", "the thread that reads along is gone", "start it again"))
            }
        }
    }

    /// Stops: takes no more requests, ends those that are held, and frees the port. Not to be called from
    /// async code: it blocks.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let Some(Parts { runtime, servers, follows }) = self.parts.take() else { return };
        self.stopping.send_replace(true);
        runtime.block_on(async {
            let all = async {
                for server in servers {
                    server.await.ok();
                }
            };
            tokio::time::timeout(GRACE, all).await.ok();
        });
        runtime.shutdown_timeout(Duration::from_millis(500));
        if follows.join().is_err() {
            tracing::error!("the thread that reads along ended in a panic");
        }
    }
}

impl Drop for Standby {
    fn drop(&mut self) {
        self.end();
    }
}

impl std::fmt::Debug for Standby {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Standby").field("addr", &self.addr).finish_non_exhaustive()
    }
}

/// Folds what is appended until the server stops; says once when nobody writes, or what is wrong with the
/// log. A database that does not answer is asked again.
fn follow(
    mut along: Along,
    forward: &Forward,
    stopping: &watch::Receiver<bool>,
    tell: &Sender<Result<(), Problem>>,
) {
    let mut silent = 0_u32;
    while !*stopping.borrow() {
        match along.wait(LOOK).and_then(|writer| along.catch_up().map(|()| writer)) {
            Ok(Some(writer)) => forward.to(reached_at(&writer)),
            Ok(None) => {
                forward.to(None);
                tell.send(Ok(())).ok();
            }
            Err(problem) if problem.code == "store-server" => {
                if silent.is_multiple_of(TELL_EVERY) {
                    tracing::error!(code = problem.code, "{}", problem.what);
                }
                silent = silent.saturating_add(1);
                std::thread::park_timeout(LOOK);
                continue;
            }
            Err(problem) => {
                tell.send(Err(problem)).ok();
                return;
            }
        }
        silent = 0;
    }
}
