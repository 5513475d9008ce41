//! What stories of faults are told with.
#![allow(unreachable_pub)]

pub mod faulty;
pub mod load;
pub mod plan;
pub mod script;
#[cfg(target_os = "linux")]
pub mod server;
