//! How many connections there may be, and how long each may keep a service busy.

use std::time::Duration;

/// How much of a service one connection, and one address, may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Open connections, handshakes among them; a further one is closed at once.
    pub connections: usize,
    /// The same, from addresses that nobody has vouched for ([`Peer::vouch`](crate::Peer::vouch)).
    pub connections_of_strangers: usize,
    /// The same, from one IP address.
    pub connections_of_peer: usize,
    /// For the TLS handshake.
    pub handshake: Duration,
    /// For the head of a request, from the handshake or the last answer on: so long, too, is a
    /// connection kept on which nothing comes.
    pub head: Duration,
    /// For the client to take [`Limits::least`] bytes more of an answer.
    pub stall: Duration,
    /// How much it takes in that time at least.
    pub least: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            connections_of_strangers: 384,
            connections_of_peer: 128,
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(30),
            stall: Duration::from_secs(30),
            least: 256 << 10,
        }
    }
}
