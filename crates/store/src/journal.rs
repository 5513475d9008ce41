//! Entries and notes: what a database does for a store.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use concordat_terms::Digest;

use crate::Fault;

/// A durable log with notes beside it. Behind it stand SQLite in a folder, and Postgres; tests put
/// one that fails in front of either.
///
/// When a write returns `Ok`, it survives the death of the process and of the machine. When it
/// returns a [`Fault`], it is whole or it is not at all: a connection that broke at the wrong moment
/// leaves open which. Whoever reads afterwards knows, and an append at the old end is refused.
pub trait Journal: fmt::Debug + Send {
    /// Appends `entries`, the first at index `from`, and puts `notes` (name, bytes), in one
    /// transaction. Of two notes with one name the later stays.
    ///
    /// # Errors
    /// [`Fault::NotAtEnd`] unless `from` is the log's length, even for no entries;
    /// [`Fault::Fenced`] where another writer has taken over; as the database says.
    fn append(
        &mut self,
        from: u64,
        entries: &[Vec<u8>],
        notes: &[(&str, &[u8])],
    ) -> Result<(), Fault>;

    /// How many entries there are.
    ///
    /// # Errors
    /// As the database says.
    fn len(&self) -> Result<u64, Fault>;

    /// Whether there is no entry.
    ///
    /// # Errors
    /// As the database says.
    fn is_empty(&self) -> Result<bool, Fault> {
        Ok(self.len()? == 0)
    }

    /// At most `at_most` entries, ascending, the first at index `from`; none beyond the end.
    ///
    /// # Errors
    /// [`Fault::Corrupt`] where an entry is missing or not what was appended.
    fn entries(&self, from: u64, at_most: usize) -> Result<Vec<Vec<u8>>, Fault>;

    /// Replaces the note `name` as a whole.
    ///
    /// # Errors
    /// [`Fault::Fenced`] where another writer has taken over; as the database says.
    fn put_note(&mut self, name: &str, bytes: &[u8]) -> Result<(), Fault>;

    /// The note `name`, or `None` where none was put.
    ///
    /// # Errors
    /// [`Fault::Corrupt`] where it is not what was put.
    fn note(&self, name: &str) -> Result<Option<Vec<u8>>, Fault>;

    /// The notes whose names start with `prefix`, by name.
    ///
    /// # Errors
    /// [`Fault::Corrupt`] where one of them is not what was put.
    fn notes(&self, prefix: &str) -> Result<BTreeMap<String, Vec<u8>>, Fault>;

    /// The names of the notes that start with `prefix`, ascending; their bytes are not read.
    ///
    /// # Errors
    /// As the database says.
    fn note_names(&self, prefix: &str) -> Result<Vec<String>, Fault>;

    /// Removes the notes whose names start with `prefix`.
    ///
    /// # Errors
    /// [`Fault::Fenced`] where another writer has taken over; as the database says.
    fn remove_notes(&mut self, prefix: &str) -> Result<(), Fault>;

    /// Whether this is still the one writer: asked before anything is signed.
    ///
    /// # Errors
    /// [`Fault::Fenced`] where another has taken over; as the database says.
    fn confirm(&mut self) -> Result<(), Fault>;

    /// Who may write now, as it called itself; none where nobody's lease lasts. A folder has none: its
    /// lock says.
    ///
    /// # Errors
    /// As the database says.
    fn writer(&self) -> Result<Option<String>, Fault>;

    /// Waits until there are more than `beyond` entries, but no longer than `at_most`; says how many
    /// there are then.
    ///
    /// # Errors
    /// As the database says.
    fn wait(&self, beyond: u64, at_most: Duration) -> Result<u64, Fault>;

    /// Another connection, for another thread: it reads what is committed when it is asked, and
    /// refuses every write.
    ///
    /// # Errors
    /// As the database says.
    fn reader(&self) -> Result<Box<dyn Journal>, Fault>;
}

/// Binds an entry to its place, so that two of them cannot change places unnoticed.
pub(crate) fn entry_digest(index: u64, entry: &[u8]) -> Digest {
    Digest::of_parts(&[&index.to_be_bytes(), entry])
}

/// Binds a note to its name.
pub(crate) fn note_digest(name: &str, bytes: &[u8]) -> Digest {
    Digest::of_parts(&[name.as_bytes(), bytes])
}
