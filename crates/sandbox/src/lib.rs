//! One program of somebody else, run once: without a network, on folders it can only read, with one
//! folder to write to, within limits of time, memory, processes and bytes.
//!
//! The walls are bubblewrap's ([`Walls`]): namespaces of its own for users, processes, mounts, the
//! network, IPC and the host's name, no capability, and a file system in which there is nothing but
//! the system's programs and what a [`Job`] names. The limits are the kernel's for each process
//! (`prlimit`) and ours for all of them together: whoever goes beyond one is killed with everything
//! that it started. No control groups are needed, and no root.
//!
//! What comes out of the folder is for the caller to distrust: nothing here reads it.
#![allow(clippy::disallowed_methods, reason = "a shell crate: it starts programs and waits")]
#![allow(
    clippy::disallowed_types,
    reason = "a shell crate: it writes what a program says to a file"
)]

mod job;
mod running;
mod walls;
mod watch;

pub use job::{Job, Limits, Mount};
pub use running::{Ended, Fault, Limit, Outcome};
pub use walls::{NoWalls, Unwalled, Walls};
