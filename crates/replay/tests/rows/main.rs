//! Stories of the requirements, one for each row, named after it.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

#[path = "../common/mod.rs"]
mod common;

mod audits;
mod clocks;
mod conditions;
mod counts;
mod duties;
mod evidence;
mod followed;
mod limited;
mod moments;
mod promises;
mod recognised;
mod rounds;
mod signals;
mod standstill;
mod stoppages;
mod terms;
mod testing;
mod ticks;
