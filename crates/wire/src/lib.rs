//! Bytes to types and back: every message and its version, strictly both ways.
//!
//! This crate knows everybody's types and nobody's rules.

pub mod act;
pub mod api;
pub mod cosigner;
pub mod pass;
pub mod round;
