//! What a cheating server or client tries, and what comes of it.
//!
//! A file for each kind of attack. Where an attack works against what others have built, it is
//! first run against a variant without the defence, and reads the victim's input there: so it is
//! known to be the attack it claims to be. Those variants are in [`undefended`], the attackers'
//! arithmetic is in [`toolkit`]; neither is part of the product.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, unreachable_pub)]

#[path = "../common/mod.rs"]
mod common;
mod toolkit;
mod undefended;

mod both_shares;
mod clear;
mod colluders;
mod dropouts;
mod floats;
mod keys;
mod late;
mod models;
mod overflow;
mod published;
mod retries;
mod seeds;
mod shapes;
mod shares;
mod survivors;
mod sybils;
