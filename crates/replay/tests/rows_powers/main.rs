//! Powers, determinations and the log itself, row by row: a test that shows a row is named after it.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

#[path = "../common/mod.rs"]
mod common;

mod agreed;
mod editions;
mod glass;
mod powers;
mod recalls;
mod rulings;
