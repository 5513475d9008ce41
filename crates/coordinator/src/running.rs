//! Starting and stopping.

use std::net::SocketAddr;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::middleware::{from_fn_with_state, map_response};
use concordat_terms::Problem;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::api::{self, App};
use crate::config::{CONFIG, Config, Console, Home};
use crate::cosigning::Cosigning;
use crate::gather;
use crate::problem::in_our_words;
use crate::restored;
use crate::room::spool::Spool;
use crate::room::{Rooms, open_runs};
use crate::sequencer::{Ledger, Sequencer};
use crate::view::ReadHandle;
use crate::voice::Voice;

/// How long requests may take to end once the server is told to stop.
const GRACE: Duration = Duration::from_secs(3);

/// A coordinator that is not running yet.
#[derive(Debug)]
pub struct Coordinator;

/// A coordinator at work, on threads of its own. Dropping it stops it.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Where the console listens, if there is one: with the same certificate.
    pub console: Option<SocketAddr>,
    /// The certificate that clients pin.
    pub certificate_pem: String,
    /// Of how many entries the snapshot was that this start went on from; 0 where it folded all.
    pub resumed_from: u64,
    view: ReadHandle,
    stopping: watch::Sender<bool>,
    sequencer: Sequencer,
    cosigning: Cosigning,
    parts: Option<Parts>,
}

struct Parts {
    runtime: Runtime,
    servers: Vec<tokio::task::JoinHandle<()>>,
    thread: JoinHandle<()>,
}

impl Coordinator {
    /// Starts from a home folder: folds the whole log, compares it with the checkpoint that was
    /// signed last, and listens. Not to be called from async code: it blocks.
    ///
    /// # Errors
    /// A [`Problem`] for the operator: the folder, the genesis, the store or the port.
    pub fn start(config: Config) -> Result<Running, Problem> {
        let runtime = concordat_front::threads("coordinator")?;
        // The port first: where it is taken, nothing is created.
        let listen = config.listen.map_or_else(|| Home::listen(&config.home), Ok)?;
        let (tcp, addr) = concordat_front::listen(&runtime, listen, CONFIG)?;
        let console = config.console.map(|Console { listen, pages }| {
            concordat_front::listen(&runtime, listen, CONFIG).map(|bound| (bound, pages))
        });
        let console = console.transpose()?;
        let home = Home::prepare(&config.home)?;
        let tls = home.certificate.server_config()?;

        let for_tests = config.for_tests.clone();
        let store = if config.waits { home.store(addr) } else { home.store_at_once(addr) }?;
        let store = match &for_tests.wrap {
            Some(wrap) => wrap(store),
            None => store,
        };
        let clock = config.clock.clone();
        let compare = |replica: &_, kept: &[_]| restored::compare(replica, kept, &home.dir);
        let (key, genesis) = (home.key.clone(), || home.genesis());
        let ledger = Ledger::open(store, key, genesis, (&home.dir, clock), for_tests, compare)?;
        let (view, resumed_from) = (ledger.view(), ledger.resumed_from());
        let (sequencer, thread) = Sequencer::start(ledger)?;
        let stopping = watch::Sender::new(false);
        let open = open_runs(view.replica().state()).collect();
        let spool = Spool::open(&home.dir, &open)?;
        let timing = home.settings.timing(config.timing);
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
        let app = App::new(cosigning.clone(), voice, rooms.clone(), (limits, timing.hold), told);
        let router = api::router(app.clone())
            .layer(from_fn_with_state(app, api::told_apart))
            .layer(map_response(in_our_words));
        let _context = runtime.enter();
        gather::start(&home.settings, &home.dir, &cosigning, &stopping.subscribe())?;
        tokio::spawn(cosigning.clone().keep());
        rooms.attend();
        let serve = |tcp, router| {
            let (limits, stopping) = (config.limits.front, stopping.subscribe());
            tokio::spawn(concordat_front::serve(tcp, tls.clone(), router, limits, stopping))
        };
        let mut servers = vec![serve(tcp, router)];
        let console = console.map(|((tcp, addr), pages)| {
            servers.push(serve(tcp, pages(view.clone())));
            addr
        });
        tracing::info!(%addr, size = view.snapshot().size, resumed_from, "listening");
        Ok(Running {
            addr,
            console,
            certificate_pem: home.certificate.pem,
            resumed_from,
            view,
            stopping,
            sequencer,
            cosigning,
            parts: Some(Parts { runtime, servers, thread }),
        })
    }
}

impl Running {
    /// Reads what the coordinator has published.
    pub fn view(&self) -> ReadHandle {
        self.view.clone()
    }

    /// Stops: takes no more requests, ends those that are held, finishes what is being appended,
    /// and frees the port and the store. Not to be called from async code: it blocks.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let Some(Parts { runtime, servers, thread }) = self.parts.take() else { return };
        self.stopping.send_replace(true);
        runtime.block_on(async {
            let all = async {
                for server in servers {
                    server.await.ok();
                }
            };
            tokio::time::timeout(GRACE, all).await.ok();
            // What came last may not have been written yet.
            self.cosigning.write().await;
        });
        runtime.shutdown_timeout(Duration::from_millis(500));
        self.sequencer.stop();
        if thread.join().is_err() {
            tracing::error!("the sequencer's thread ended in a panic");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("addr", &self.addr).finish_non_exhaustive()
    }
}
