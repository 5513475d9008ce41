//! Whole partnerships in one thread, by seed: parties that vote late, forget, leave and misbehave;
//! clocks that jump; a coordinator that reorders, withholds and duplicates. Every party folds its
//! own replica from the log's bytes, and after every entry the invariants hold, or the seed is
//! named that shows that they do not.
//!
//! A tool for tests: nothing of it is in what parties run.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a tool for tests: where it is wrong itself it stops and says so"
)]

mod aims;
mod courses;
mod dice;
mod dream;
mod goal;
mod invariant;
mod party;
mod play;
mod recount;
mod ring;
mod shrink;
mod story;
mod view;
mod words;
mod workshop;
mod world;

pub use invariant::{Broken, Invariant, Seen, Watch};
pub use play::{Fault, Options, Outcome, play};
pub use shrink::shrink;
pub use story::Line;
pub use view::{Asked, Owed, View};
