//! What a server keeps: one log, blobs by digest, and small notes, all durable.
//!
//! A [`Store`] is a folder:
//!
//! ```text
//! log.sqlite     entries and notes (WAL, `synchronous=FULL`), with its `-wal` and `-shm`
//! blobs/aa/…     one file per blob, named by the SHA-256 digest of its bytes; what was being
//!                written has a `#` in its name and is removed at every start
//! lock           held by the one process that has the folder open
//! ```
//!
//! or a database of Postgres and a folder of blobs. There one writer at a time holds a lease, whose
//! epoch every write checks in its own transaction: who lost it writes nothing any more.
//!
//! What a caller may rely on:
//!
//! * When a write returns `Ok`, it survives the death of the process and of the machine. When it
//!   returns a [`Fault`], nothing of it is visible; only where a connection to a server broke may
//!   all of it be, and whoever reads next knows.
//! * An append is all or nothing, and only at the end. The schema itself refuses gaps, changes
//!   and deletions.
//! * What is read is what was written: every entry, note and blob carries a digest that is
//!   checked whenever it is read, and the database's structure is checked at every start.
//! * Of a removed note no byte stays in the files of the folder (`secure_delete`, and the write-ahead
//!   log is emptied). What a file system, a disk, or the server of Postgres keeps of older states is
//!   out of reach.
//!
//! What it cannot notice: a whole folder, or its `-wal`, put back to an older state. Compare with
//! the log's witnesses before signing anything after a restore.
//!
//! Synchronous: call it from a thread of its own. A [`Store`] can move between threads, but not
//! be used by two at once; a [`Reader`] beside it can.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "shell: this crate is the disk that the pure crates are kept from"
)]

mod address;
mod blobs;
mod copy;
mod disk;
mod fault;
mod journal;
mod postgres;
mod shelf;
mod sqlite;
mod store;
mod wait;

pub use address::{Address, BadAddress};
pub use copy::Copied;
pub use fault::Fault;
pub use journal::Journal;
pub use object_store::ObjectStore;
pub use postgres::Lease;
pub use shelf::{AGAIN_AFTER, Shelf, WORTH_AT_STOP};
pub use store::{Reader, Store};
