//! Where a service listens.

use std::io::ErrorKind;
use std::net::SocketAddr;

use concordat_terms::Problem;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::unusable;

/// Threads for a service of this name, and nothing on them yet.
///
/// # Errors
/// A [`Problem`]: the process may not have more threads.
pub fn threads(name: &str) -> Result<Runtime, Problem> {
    let built = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name(name)
        .enable_all()
        .build();
    built.map_err(|e| unusable("no-thread", e.to_string(), "raise the limits of the process"))
}

/// Takes the address, which the configuration file of this name says, and tells which port it is where
/// the file leaves that open.
///
/// # Errors
/// A [`Problem`] for the operator: the port is taken, or not this process's to take.
pub fn listen(
    runtime: &Runtime,
    at: SocketAddr,
    file: &str,
) -> Result<(TcpListener, SocketAddr), Problem> {
    let bound = runtime.block_on(TcpListener::bind(at));
    let bound = bound.and_then(|tcp| tcp.local_addr().map(|addr| (tcp, addr)));
    bound.map_err(|fault| refused(at, &fault, file))
}

fn refused(at: SocketAddr, fault: &std::io::Error, file: &str) -> Problem {
    let (code, what, hint) = match fault.kind() {
        ErrorKind::AddrInUse => (
            "port-in-use",
            format!("port {} of {} is in use by another process", at.port(), at.ip()),
            "stop that process, or write another port",
        ),
        ErrorKind::PermissionDenied => (
            "port-permission",
            format!("no permission to listen on `{at}`"),
            "write a port above 1023",
        ),
        _ => (
            "cannot-listen",
            format!("cannot listen on `{at}`: {fault}"),
            "write an address of this machine",
        ),
    };
    unusable(code, what, format!("{hint} to `listen` in `{file}`"))
}
