//! The front door of a service: sockets, TLS, HTTP/1.1, and how long each may keep it busy. What is
//! answered is the router's.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "shell")]

mod body;
mod door;
pub mod folder;
mod limits;
mod listen;
mod patient;
mod service;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use concordat_terms::Problem;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use self::door::{Door, Place};
use self::patient::Patient;

pub use body::{blocking, whole};
pub use door::Peer;
pub use folder::{Certificate, Folder};
pub use limits::Limits;
pub use listen::{listen, threads};
pub use service::{At, Service};

/// The page that explains what keeps a service from starting.
const FAULTS: &str = "docs/reference/faults.md";

/// What keeps a service from starting.
fn unusable(code: &str, what: impl Into<String>, hint: impl Into<String>) -> Problem {
    Problem::new(code, what, hint, FAULTS)
}

/// What every connection is served with.
#[derive(Clone)]
struct Front {
    acceptor: TlsAcceptor,
    router: Router,
    limits: Limits,
    door: Door,
    stopping: watch::Receiver<bool>,
}

/// Serves until it is told to stop, and until what was being answered then is answered.
pub async fn serve(
    tcp: TcpListener,
    tls: Arc<ServerConfig>,
    router: Router,
    limits: Limits,
    stopping: watch::Receiver<bool>,
) {
    let mut told = stopping.clone();
    let door = Door::new(&limits);
    let acceptor = TlsAcceptor::from(tls);
    let front = Front { acceptor, router, limits, door: door.clone(), stopping };
    let mut open = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = tcp.accept() => accepted,
            Some(_) = open.join_next() => continue,
            _ = told.wait_for(|stopping| *stopping) => break,
        };
        let Ok((stream, addr)) = accepted else {
            // Out of file descriptors, say: wait until some are free.
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        match door.enter(addr.ip()) {
            Some(place) => drop(open.spawn(front.clone().attend(stream, addr, place))),
            None => tracing::debug!(%addr, "too many connections"),
        }
    }
    // The port is free for whoever comes next.
    drop(tcp);
    while open.join_next().await.is_some() {}
}

impl Front {
    /// One connection, from its handshake to its end.
    async fn attend(mut self, stream: TcpStream, addr: SocketAddr, _place: Place) {
        stream.set_nodelay(true).ok();
        let stream = match timeout(self.limits.handshake, self.acceptor.accept(stream)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(fault)) => return tracing::debug!(%addr, %fault, "no handshake"),
            Err(_) => return tracing::debug!(%addr, "the handshake took too long"),
        };
        let io = TokioIo::new(Patient::new(stream, self.limits.stall, self.limits.least));
        let router = TowerToHyperService::new(self.router);
        let peer = Peer::new(addr.ip(), self.door);
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(peer.clone());
            router.call(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.head)
            .serve_connection(io, service);
        let mut connection = std::pin::pin!(connection);
        let told = async { drop(self.stopping.wait_for(|stopping| *stopping).await) };
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = told => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(fault) = ended {
            tracing::debug!(%addr, %fault, "a connection ended early");
        }
    }
}
