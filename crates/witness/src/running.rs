//! Starting and stopping.

use std::net::SocketAddr;
use std::sync::Arc;

use concordat_front::{At, Certificate, Limits, Service};
use concordat_terms::{Problem, Timestamp};

use crate::api::router;
use crate::book::Book;

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
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    service: Service,
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
    let Config { listen, file, certificate, limits, clock } = config;
    let at = At { name: "witness", listen, file, certificate, limits };
    let service = Service::start(at, || Ok(router(book()?, clock)))?;
    Ok(Running { addr: service.addr, service })
}

impl Running {
    /// Stops: takes no more requests, ends those that are held, frees the port and the store. Not to
    /// be called from async code: it blocks.
    pub fn stop(self) {
        self.service.stop();
    }
}
