//! People and parties, row by row: a test that shows a row is named after it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

#[path = "../common/mod.rs"]
mod common;

mod keys;
mod mandates;
mod owing;
mod parties;
mod people;
mod processors;
