//! What periods mean, whose law opens which clock, and whose test results count.
//!
//! [`calendar`] and [`zone`] are data, not what a machine knows of the world; [`clock`] says when a
//! period has ended; [`regime`] reads packs of a jurisdiction's duties and tells which clocks an
//! incident starts; [`recognition`] tells whether another's test result counts here; [`report`] reads
//! what others' tools write about tests; [`rights`] names what a government may do with what it paid for. Pure, deterministic, integers only: the
//! fold computes duties with it.

pub mod calendar;
pub mod clock;
pub mod mark;
pub mod name;
pub mod recognition;
pub mod regime;
pub mod report;
pub mod rights;
mod source;
pub mod weekday;
pub mod zone;
