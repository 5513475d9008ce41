//! What a cheating server or client tries, and what comes of it.
//!
//! A file for each kind of attack. Where an attack works against what others have built, it is
//! first run against a variant without the defence, and reads the victim's input there: so it is
//! known to be the attack it claims to be. Those variants are in [`undefended`], the attackers'
//! arithmetic is in [`toolkit`]; neither is part of the product.
//!
//! | weakness | where |
//! |---|---|
//! | both secrets of one client are opened; the server opens every key | [`both_shares`] |
//! | a survivor list that is too short, forged, or one of several | [`survivors`], `tests/machine` |
//! | unsigned, replaced, weak or copied keys; a truncated list of them | [`keys`] |
//! | clients that the server made up; two seats of one party | [`sybils`] |
//! | different models for different clients | [`models`] |
//! | masks used twice, old rounds replayed | [`retries`] |
//! | an upload after its sender was declared dead | [`late`] |
//! | seeds of few bits | [`seeds`] |
//! | masks of floating-point numbers | [`floats`] |
//! | sums that wrap | [`overflow`] |
//! | weights, counts or secrets in clear | [`clear`] |
//! | other lengths, rings or peers | [`shapes`] |
//! | garbage shares, altered shares, shares kept back | [`shares`] |
//! | two clients; three of whom one drops out | [`small`] |
//! | elements left out, and the places of the others in clear | [`sparse`] |
//! | long secrets, shared byte by byte | [`sizes`] |
//! | t − 1 colluders with the server | [`colluders`] |
//! | a client lost at any step ends the round | [`dropouts`], `tests/sums.rs` |
//! | another sum is published | [`published`], `tests/chunks.rs` |
//! | with three aggregators: two collude, one lies, one shifts its share | [`aggregators`], [`shifted`], `tests/three` |
//! | eight bytes an element on the wire | `crates/wire/tests/round.rs` |
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, unreachable_pub)]

#[path = "../common/mod.rs"]
mod common;
mod toolkit;
mod undefended;
#[path = "../three/world.rs"]
mod world;

mod aggregators;
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
mod shifted;
mod sizes;
mod small;
mod sparse;
mod survivors;
mod sybils;
