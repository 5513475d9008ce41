//! The round machine, explored exhaustively for few parties.
//!
//! * [`rounds`]: the server of the crate, through every set of dropouts, every order of arrival,
//!   every duplicate and every old message.
//! * [`lists`]: the clients of the crate, shown every survivor list, and every combination of those
//!   that they sign.
//! * [`knowledge`]: the rules that [`lists`] finds the clients to keep, through every state that a
//!   lying server and colluders can reach, with a list of those that shared for each client, for all
//!   small parameters.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, unreachable_pub)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../attacks/toolkit.rs"]
#[allow(dead_code, reason = "the attackers' tools; some are needed here")]
mod toolkit;

mod knowledge;
mod lists;
mod rounds;
