//! What is done with whatever bytes come: shared by the fuzz targets and, file by file, by the
//! test that replays what they kept.

pub mod exercise;
pub mod log;
pub mod packed;
pub mod state;
pub mod wire;
