//! The rows of the requirements, as stories: each test is named after the row that it shows.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

#[path = "../common/mod.rs"]
mod common;

mod keys;
mod mandates;
mod parties;
mod people;
mod processors;
