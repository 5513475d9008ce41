//! The append-only log: envelopes, Merkle tree, tiles, checkpoints, witnesses, offline archives.
//!
//! This crate does not know what a partnership is: an entry is bytes. Its formats are public ones
//! (in-toto Statement v1, DSSE 1.0.2, RFC 9162 tree hashes, C2SP signed-note, tlog-checkpoint,
//! tlog-cosignature, tlog-tiles, tlog-policy, tlog-proof, OpenSSF model signing), so that clients which are not ours can
//! check our log. Parsers take one spelling only: what they accept, they print back byte for byte.
//!
//! No I/O, no clock, no randomness; no input bytes can make a parser panic.

pub mod archive;
mod b64;
pub mod checkpoint;
pub mod cosign;
pub mod dsse;
pub mod export_key;
pub mod fork;
pub mod key;
pub mod merkle;
pub mod note;
pub mod oms;
pub mod policy;
pub mod pq;
pub mod proof;
pub mod redact;
pub mod statement;
pub mod tile;
pub mod trust;
pub mod vkey;
pub mod witness;
pub mod word;

pub use checkpoint::Checkpoint;
pub use dsse::Envelope;
pub use export_key::{ExportKey, ExportPublicKey};
pub use key::{PublicKey, SigningKey};
pub use merkle::{Frontier, TiledTree, Tree};
pub use note::Note;
pub use policy::Policy;
pub use pq::{PqPublicKey, PqSigningKey};
pub use proof::Receipt;
pub use redact::{Node, Seed};
pub use statement::Statement;
pub use vkey::Vkey;
