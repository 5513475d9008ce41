//! What stands beside a holder's data: it follows the log, checks plans against its own replica of
//! the fold, trains, masks, and cosigns.
//!
//! A node only ever dials out. It believes nothing that it has not hashed and folded itself: the
//! coordinator is a mailbox.
//!
//! * [`home::Home`]: a party's folder: configuration, keys, tables, store.
//! * [`plain`]: reading files that are plain and no longer than their kind allows.
//! * [`client::Client`]: the coordinator's HTTP interface, over TLS pinned to one certificate.
//! * [`egress`]: what left, in a ledger of its own before it did.
//! * [`doctor`]: what it needs of the machine and the network.
//! * [`follow::Follower`]: the party's own copy of log and fold; [`witness`] cosigns out of it.
//! * [`code`]: which code runs beside the rows.
//! * [`plan`]: what follows from a plan, and why a node refuses one.
//! * [`train`] and [`rounds`]: the arithmetic of a round, and all rounds of a run.
//! * [`aggregate`]: one of the three aggregators that an agreement may have.
//! * [`random`]: where keys, masks, batches and noise are drawn from.
//! * [`score`]: what partners would see of a model's quality.
//! * [`work::Node`]: all of it, running.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "shell: files, sockets, clocks and the system's randomness are this crate's work"
)]

pub mod address;
pub mod aggregate;
pub mod certificate;
pub mod client;
pub mod code;
pub mod doctor;
pub mod egress;
pub mod follow;
mod following;
pub mod home;
pub mod mapped;
pub mod people;
pub mod plain;
pub mod plan;
mod problems;
pub mod random;
pub mod rounds;
pub mod score;
pub mod train;
pub mod trainers;
pub mod witness;
pub mod work;

use concordat_terms::Timestamp;

/// The wall clock, in whole seconds.
pub fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seconds = since.map_or(0, |elapsed| elapsed.as_secs());
    // A clock beyond the year 9999 is as wrong as one before 1970.
    Timestamp::from_seconds(seconds).unwrap_or_else(epoch)
}

fn epoch() -> Timestamp {
    #[expect(clippy::expect_used, reason = "zero is below every bound")]
    Timestamp::from_seconds(0).expect("the epoch is a moment")
}
