//! How long the coordinator waits, and how much it takes.

use std::time::Duration;

use concordat_wire::api::HOLD_MOST;

/// How long a run's room waits for its participants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// For enough to join, from when the run is open or the coordinator has come back to it.
    pub enough_wait: Duration,
    /// For all to join, once enough have.
    pub join_wait: Duration,
    /// For the messages of one step.
    pub step: Duration,
    /// For all results, and again for all signatures.
    pub result: Duration,
    /// After a restart: from when enough are back to the choice of an attempt.
    pub resume_window: Duration,
    /// After a restart: for enough to come back.
    pub resume_wait: Duration,
    /// Before whoever waits is told to ask again: however long a step lasts, no call does.
    pub hold: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            enough_wait: Duration::from_secs(600),
            join_wait: Duration::from_secs(15),
            step: Duration::from_secs(10),
            result: Duration::from_secs(15),
            resume_window: Duration::from_secs(5),
            resume_wait: Duration::from_secs(30),
            hold: Duration::from_secs(u64::from(HOLD_MOST)),
        }
    }
}

/// How much clients may ask of the coordinator. An answer that is held back, a poll's or a
/// round's, is not limited by these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections.
    pub front: concordat_front::Limits,
    /// For the body of a request.
    pub body: Duration,
    /// Bytes of bodies that are on their way in or looked at, of parties whose registered keys vouch for
    /// them; and as many of tiles and blobs on their way out to these.
    pub bodies: usize,
    /// The same, of one party at most. Where there are so many that this is more than an equal
    /// part of all, it is that part, and enough for the longest body.
    pub bodies_of_one: usize,
    /// Bytes of bodies that nobody vouches for, and as many of tiles on their way out.
    pub strangers: usize,
    /// The same, from one IP address.
    pub strangers_of_one: usize,
    /// Blobs that one ledger key may leave, over the log's whole life.
    pub blobs: u64,
    /// The bytes of all of them.
    pub blob_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            front: concordat_front::Limits::default(),
            body: Duration::from_secs(60),
            bodies: 512 << 20,
            bodies_of_one: 192 << 20,
            strangers: 128 << 20,
            // Twice the longest body.
            strangers_of_one: 32 << 20,
            blobs: 10_000,
            blob_bytes: 1 << 30,
        }
    }
}
