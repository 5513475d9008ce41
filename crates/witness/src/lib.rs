//! A witness of logs: it cosigns a log's checkpoint when that is a later state of the tree that it
//! cosigned last, and never anything else (C2SP tlog-witness). It folds nothing: what it says is
//! that nobody is shown another history than it was.
//!
//! ```text
//! POST /add-checkpoint          old size, proof, checkpoint -> cosignatures
//! GET  /<origin hash>/checkpoint  the last one that was cosigned, with them
//! GET  /<origin hash>/forked/…    what convicts the log's operator, if anything
//! ```
//!
//! What it has cosigned is in its store before anybody is told.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "shell")]

mod api;
mod book;
mod running;

pub use book::{Book, Cosigner, Forked, NotAllowed};
pub use running::{Clock, Config, Running, start};
