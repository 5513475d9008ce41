//! The server: orders acts, serves the log, relays the rounds of runs. It has no verdict that
//! counts: every party folds the log itself.
//!
//! ```text
//! HTTP -> sequencer (one thread: store and fold) -> published view -> tiles, checkpoints
//!      -> room (one task a run) -> round messages in, answers out; acts through the sequencer
//! standby: the same view of a log that another process writes; everything else is handed on
//! published view -> gather (one task a witness) -> cosignatures
//! ```
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "shell")]

mod api;
mod config;
mod cosigners;
mod cosigning;
mod gather;
mod problem;
mod restored;
mod room;
mod running;
mod sequencer;
mod series;
mod standby;
mod view;
mod voice;
mod witnessed;

pub use config::{
    Append, Clock, Config, Console, ForTests, Home, Judge, Limits, Overdue, Pages, Settings,
    Tamper, Timing, Wait, WitnessAt, Wrap, blobs_of, machine_clock, open_store,
};
pub use restored::{RESTORED, Restored};
pub use room::spool::{Arriving, NotTaken, Outline, Words};
pub use running::{Coordinator, Running};
pub use sequencer::TRANSCRIPTS;
pub use standby::Standby;
pub use view::{DERIVED, ReadHandle, Snapshot};
