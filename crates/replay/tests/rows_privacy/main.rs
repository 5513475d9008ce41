//! Privacy accounts, row by row: a test that shows a row is named after it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    reason = "tests"
)]

#[path = "../common/mod.rs"]
mod common;

mod crashes;
mod law;
mod parts;
mod populations;
mod race;
