//! Bodies, row by row of the requirements: who sits, who votes, what that decides.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

#[path = "rows_bodies/chamber.rs"]
mod chamber;
mod common;
#[path = "rows_bodies/deciding.rs"]
mod deciding;
#[path = "rows_bodies/elsewhere.rs"]
mod elsewhere;
#[path = "rows_bodies/limits.rs"]
mod limits;
#[path = "rows_bodies/quorum.rs"]
mod quorum;
#[path = "rows_bodies/seats.rs"]
mod seats;
