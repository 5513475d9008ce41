//! Cases, drills, holds, risks and regimes, row by row: a test that shows a row is named after it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

#[path = "../common/mod.rs"]
mod common;

mod claims;
mod clocks;
mod disputes;
mod exits;
mod incidents;
mod office;
mod prevail;
mod properties;
mod registers;
