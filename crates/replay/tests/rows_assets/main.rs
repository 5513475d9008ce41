//! Assets, row by row: a test that shows a row is named after it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

#[path = "../common/mod.rs"]
mod common;

mod consent;
mod guarded;
mod law;
mod licences;
mod lineage;
mod owners;
mod phases;
mod updates;
