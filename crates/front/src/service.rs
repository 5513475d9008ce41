//! A service at work: its port, its threads, its end.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use concordat_terms::Problem;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::{Certificate, Limits, listen, serve, threads};

/// How long requests may take to end once the service is told to stop.
const GRACE: Duration = Duration::from_secs(3);

/// Where and how a service listens.
#[derive(Debug)]
pub struct At {
    /// What its threads are called.
    pub name: &'static str,
    /// The address.
    pub listen: SocketAddr,
    /// The file that says so, for whom it does not fit.
    pub file: String,
    /// Its certificate, and the certificate's key.
    pub certificate: Certificate,
    /// How much it takes.
    pub limits: Limits,
}

/// A service on threads of its own. Dropping it stops it.
pub struct Service {
    /// Where it listens.
    pub addr: SocketAddr,
    stopping: watch::Sender<bool>,
    parts: Option<(Runtime, tokio::task::JoinHandle<()>)>,
}

impl Service {
    /// Listens, and answers with what `router` makes once the port is had, so that nothing is created
    /// where there is none. Not to be called from async code: it blocks.
    ///
    /// # Errors
    /// A [`Problem`]: the port, the certificate, or what `router` says.
    pub fn start(
        at: At,
        router: impl FnOnce() -> Result<Router, Problem>,
    ) -> Result<Self, Problem> {
        let runtime = threads(at.name)?;
        let (tcp, addr) = listen(&runtime, at.listen, &at.file)?;
        let tls = at.certificate.server_config()?;
        let router = router()?;
        let stopping = watch::Sender::new(false);
        let told = stopping.subscribe();
        let server = runtime.spawn(serve(tcp, tls, router, at.limits, told));
        tracing::info!(%addr, service = at.name, "listening");
        Ok(Self { addr, stopping, parts: Some((runtime, server)) })
    }

    fn end(&mut self) {
        let Some((runtime, server)) = self.parts.take() else { return };
        self.stopping.send_replace(true);
        runtime.block_on(async { drop(tokio::time::timeout(GRACE, server).await) });
        runtime.shutdown_timeout(Duration::from_millis(500));
    }

    /// Stops: takes no more requests, ends those that are held, frees the port. Not to be called from
    /// async code: it blocks.
    pub fn stop(mut self) {
        self.end();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.end();
    }
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").field("addr", &self.addr).finish_non_exhaustive()
    }
}
