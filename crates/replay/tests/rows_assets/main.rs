//! Assets, row by row: a test that shows a row is named after it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

#[path = "../common/mod.rs"]
mod common;

mod approvals;
mod consent;
mod earned;
mod erased;
mod guarded;
mod kept;
mod law;
mod licences;
mod lineage;
mod owners;
mod phases;
mod published;
mod trainers;
mod updates;
