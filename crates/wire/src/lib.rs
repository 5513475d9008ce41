//! Bytes to types and back. Knows everybody's types and nobody's rules.

pub mod act;
pub mod api;
