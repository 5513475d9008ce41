//! Sums over three aggregators: exact, over one roster, and never below the minimum.
//!
//! What cheats try is in `tests/attacks/aggregators.rs`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, unreachable_pub)]

#[path = "../common/mod.rs"]
mod common;
mod machine;
mod relay;
mod sums;
mod vectors;
mod world;
