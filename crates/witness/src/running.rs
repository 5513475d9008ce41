//! Starting and stopping.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use concordat_front::{Certificate, Limits, listen, serve, threads};
use concordat_terms::{Problem, Timestamp};
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::api::router;
use crate::book::Book;

/// How long requests may take to end once the witness is told to stop.
const GRACE: Duration = Duration::from_secs(3);

/// Tells the time of cosignatures.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What a witness is started with.
pub struct Config {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The file that says so, for whom it does not fit.
    pub file: String,
    /// Its certificate, and the certificate's key.
    pub certificate: Certificate,
    /// How much it takes.
    pub limits: Limits,
    /// The time.
    pub clock: Clock,
}

/// A witness at work, on threads of its own. Dropping it stops it.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    stopping: watch::Sender<bool>,
    parts: Option<(Runtime, tokio::task::JoinHandle<()>)>,
}

/// Listens, and keeps in `book` what it cosigns. Not to be called from async code: it blocks. `book` is
/// made once the port is had, so that nothing is created where there is none.
///
/// # Errors
/// A [`Problem`]: the port, the certificate, or what `book` says.
pub fn start(
    config: Config,
    book: impl FnOnce() -> Result<Book, Problem>,
) -> Result<Running, Problem> {
    let runtime = threads("witness")?;
    let (tcp, addr) = listen(&runtime, config.listen, &config.file)?;
    let tls = config.certificate.server_config()?;
    let router = router(book()?, config.clock);
    let stopping = watch::Sender::new(false);
    let told = stopping.subscribe();
    let server = runtime.spawn(serve(tcp, tls, router, config.limits, told));
    tracing::info!(%addr, "listening");
    Ok(Running { addr, stopping, parts: Some((runtime, server)) })
}

impl Running {
    /// Stops: takes no more requests, ends those that are held, frees the port and the store. Not to
    /// be called from async code: it blocks.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let Some((runtime, server)) = self.parts.take() else { return };
        self.stopping.send_replace(true);
        runtime.block_on(async { drop(tokio::time::timeout(GRACE, server).await) });
        runtime.shutdown_timeout(Duration::from_millis(500));
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
