//! The store: one log, its blobs, its notes.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use concordat_terms::Digest;
use object_store::ObjectStore;

use crate::blobs::Blobs;
use crate::journal::Journal;
use crate::postgres::{Lease, Postgres};
use crate::sqlite::Sqlite;
use crate::{Address, Fault, disk};

/// A log with blobs and notes, written by this process alone.
#[derive(Debug)]
pub struct Store {
    journal: Box<dyn Journal>,
    blobs: Blobs,
    dir: PathBuf,
    /// Last, because fields are dropped in order: the folder is free once the rest is closed.
    _lock: Option<File>,
}

/// Reads a store's entries and notes, as they are committed when it is asked; for many threads, of
/// which one is answered at a time. Blobs are read by all at once.
///
/// Of a database it is not to be asked from async code: it blocks.
#[derive(Debug)]
pub struct Reader {
    journal: Mutex<Box<dyn Journal>>,
    blobs: Blobs,
}

impl Reader {
    /// As [`Store::entries`].
    ///
    /// # Errors
    ///
    /// As [`Store::entries`].
    pub fn entries(&self, from: u64, at_most: usize) -> Result<Vec<Vec<u8>>, Fault> {
        self.journal().entries(from, at_most)
    }

    /// As [`Store::note`].
    ///
    /// # Errors
    ///
    /// As [`Store::note`].
    pub fn note(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        self.journal().note(name)
    }

    /// As [`Store::notes`].
    ///
    /// # Errors
    ///
    /// As [`Store::notes`].
    pub fn notes(&self, prefix: &str) -> Result<BTreeMap<String, Vec<u8>>, Fault> {
        self.journal().notes(prefix)
    }

    /// As [`Store::blob`]; one that is being destroyed meanwhile may be found damaged.
    ///
    /// # Errors
    ///
    /// As [`Store::blob`].
    pub fn blob(&self, digest: &Digest) -> Result<Option<Vec<u8>>, Fault> {
        self.blobs.read(digest)
    }

    fn journal(&self) -> MutexGuard<'_, Box<dyn Journal>> {
        // Reading leaves nothing half done.
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Opens the store in `dir`, making it where there is none, and checks the database.
    ///
    /// Takes time in proportion to the log: every page is looked at. A new folder is readable by
    /// this user alone.
    ///
    /// # Errors
    ///
    /// [`Fault::Locked`] while another process has it open; [`Fault::Corrupt`] where the database
    /// is damaged, or missing beside its blobs; [`Fault::TooNew`] after a later release wrote it;
    /// [`Fault::Permission`], [`Fault::DiskFull`], [`Fault::Io`] and [`Fault::Database`].
    pub fn open(dir: &Path) -> Result<Self, Fault> {
        disk::make_dir(dir)?;
        let lock = disk::lock(dir)?;
        let blobs = dir.join("blobs");
        // The blobs' folder is made last, so where it is, the log once was.
        let log = Sqlite::open(dir.join("log.sqlite"), blobs.is_dir())?;
        disk::sync_dir(dir)?;
        let blobs = Blobs::open(blobs)?;
        blobs.sweep()?;
        Ok(Self { journal: Box::new(log), blobs, dir: dir.to_path_buf(), _lock: Some(lock) })
    }

    /// Opens the store whose log is in a database of Postgres and whose blobs are in the folder
    /// `blobs`, which all who may take the log over share. Waits for the lease as long as it says.
    ///
    /// Not to be called from async code, nor dropped there: it blocks.
    ///
    /// # Errors
    ///
    /// [`Fault::Leased`] where another writer keeps the lease; [`Fault::Server`] and
    /// [`Fault::Unsafe`] as the server says and is set; the others as [`Store::open`].
    pub fn connect(address: &Address, blobs: &Path, lease: Lease) -> Result<Self, Fault> {
        let log = Postgres::write(address, lease, blobs.is_dir())?;
        let store = Self::beside(log, blobs.to_path_buf())?;
        store.blobs.sweep()?;
        Ok(store)
    }

    /// Reads along while others write; every write of entries and notes is refused.
    ///
    /// # Errors
    ///
    /// [`Fault::Server`], and the faults of the blobs' folder.
    pub fn follow(address: &Address, blobs: &Path) -> Result<Self, Fault> {
        Self::beside(Postgres::read(address)?, blobs.to_path_buf())
    }

    /// Reads the folder as it is at this moment, while its owner goes on writing: for backups. Blobs
    /// are seen that were put later.
    ///
    /// # Errors
    ///
    /// As [`Store::open`], but it needs no lock; [`Fault::Io`] where there is no store.
    pub fn snapshot(dir: &Path) -> Result<Self, Fault> {
        Self::beside(Sqlite::snapshot(dir.join("log.sqlite"))?, dir.join("blobs"))
    }

    /// Reads the database as it is at this moment, like [`Store::snapshot`].
    ///
    /// # Errors
    ///
    /// As [`Store::follow`].
    pub fn snapshot_of(address: &Address, blobs: &Path) -> Result<Self, Fault> {
        Self::beside(Postgres::snapshot(address)?, blobs.to_path_buf())
    }

    fn beside(log: impl Journal + 'static, blobs: PathBuf) -> Result<Self, Fault> {
        let dir = blobs.clone();
        Ok(Self { journal: Box::new(log), blobs: Blobs::open(blobs)?, dir, _lock: None })
    }

    /// Puts others in front of the log and of the blobs: for tests, whose disk fails when they say.
    #[must_use]
    pub fn wrapped(
        mut self,
        log: impl FnOnce(Box<dyn Journal>) -> Box<dyn Journal>,
        blobs: impl FnOnce(Arc<dyn ObjectStore>) -> Arc<dyn ObjectStore>,
    ) -> Self {
        self.journal = log(self.journal);
        self.blobs.wrap(blobs);
        self
    }

    /// Whether this is still the one writer: asked before anything is signed. A folder's always is.
    ///
    /// # Errors
    ///
    /// [`Fault::Fenced`] where another has taken the log over; [`Fault::Server`].
    pub fn confirm(&mut self) -> Result<(), Fault> {
        self.journal.confirm()
    }

    /// Who may write the database now, as it called itself; none where nobody's lease lasts.
    ///
    /// # Errors
    ///
    /// As the database says.
    pub fn writer(&self) -> Result<Option<String>, Fault> {
        self.journal.writer()
    }

    /// Waits until the log has more than `beyond` entries, but no longer than `at_most`, and says how
    /// many it has then.
    ///
    /// # Errors
    ///
    /// As the database says.
    pub fn wait(&self, beyond: u64, at_most: Duration) -> Result<u64, Fault> {
        self.journal.wait(beyond, at_most)
    }

    /// Reads along on other threads, while this one is written.
    ///
    /// # Errors
    ///
    /// As the database says.
    pub fn reader(&self) -> Result<Reader, Fault> {
        let journal = Mutex::new(self.journal.reader()?);
        Ok(Reader { journal, blobs: self.blobs.clone() })
    }

    /// The folder, as it was named to [`Store::open`]; of a database, that of the blobs.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Appends `entries`, the first at index `from`: all or none, durable when it returns.
    ///
    /// One call is one commit, and the commit is what costs: batch.
    ///
    /// # Errors
    ///
    /// [`Fault::NotAtEnd`] unless `from` is the log's length, even for no entries; otherwise as
    /// the disk and the database say. Nothing is appended then.
    pub fn append(&mut self, from: u64, entries: &[Vec<u8>]) -> Result<(), Fault> {
        self.journal.append(from, entries, &[])
    }

    /// Appends `entries` like [`Store::append`] and puts `notes` (name, bytes) like
    /// [`Store::put_note`], in one transaction. Of two notes with one name the later stays.
    ///
    /// # Errors
    ///
    /// As [`Store::append`]; nothing is appended and no note changes then.
    pub fn append_with_notes(
        &mut self,
        from: u64,
        entries: &[Vec<u8>],
        notes: &[(&str, &[u8])],
    ) -> Result<(), Fault> {
        self.journal.append(from, entries, notes)
    }

    /// How many entries the log has: the index of the next one.
    ///
    /// # Errors
    ///
    /// As the database says.
    pub fn len(&self) -> Result<u64, Fault> {
        self.journal.len()
    }

    /// Whether the log has no entries.
    ///
    /// # Errors
    ///
    /// As the database says.
    pub fn is_empty(&self) -> Result<bool, Fault> {
        Ok(self.len()? == 0)
    }

    /// At most `at_most` entries, ascending, the first at index `from`; none beyond the end.
    ///
    /// # Errors
    ///
    /// [`Fault::Corrupt`] where an entry is missing or not what was appended.
    pub fn entries(&self, from: u64, at_most: usize) -> Result<Vec<Vec<u8>>, Fault> {
        self.journal.entries(from, at_most)
    }

    /// The entry at `index`, or `None` beyond the end.
    ///
    /// # Errors
    ///
    /// [`Fault::Corrupt`] where it is not what was appended.
    pub fn entry(&self, index: u64) -> Result<Option<Vec<u8>>, Fault> {
        Ok(self.entries(index, 1)?.pop())
    }

    /// Replaces the note `name` as a whole, durable when it returns.
    ///
    /// # Errors
    ///
    /// As the disk and the database say; the note is as it was then.
    pub fn put_note(&mut self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        self.journal.put_note(name, bytes)
    }

    /// The note `name`, or `None` where none was put.
    ///
    /// # Errors
    ///
    /// [`Fault::Corrupt`] where it is not what was put.
    pub fn note(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        self.journal.note(name)
    }

    /// The notes whose names start with `prefix`, by name; the empty prefix is all of them.
    ///
    /// # Errors
    ///
    /// [`Fault::Corrupt`] where one of them is not what was put.
    pub fn notes(&self, prefix: &str) -> Result<BTreeMap<String, Vec<u8>>, Fault> {
        self.journal.notes(prefix)
    }

    /// The names of the notes that start with `prefix`, ascending; their bytes are not read.
    ///
    /// # Errors
    ///
    /// As the database says.
    pub fn note_names(&self, prefix: &str) -> Result<Vec<String>, Fault> {
        self.journal.note_names(prefix)
    }

    /// Removes the notes whose names start with `prefix`, and every byte of them from the files of
    /// the folder. What a file system, a disk or Postgres keeps of older states is out of reach.
    ///
    /// # Errors
    ///
    /// As the disk and the database say. [`Fault::Database`] also while another process reads the
    /// database: the notes are gone then, and their bytes go with the next removal or start.
    pub fn remove_notes(&mut self, prefix: &str) -> Result<(), Fault> {
        self.journal.remove_notes(prefix)
    }

    /// Keeps `bytes` as a blob, durable when it returns, and says their digest.
    ///
    /// Doing it again changes nothing, except that a damaged file is mended.
    ///
    /// # Errors
    ///
    /// As the disk says; no blob is half written then.
    pub fn put_blob(&mut self, bytes: &[u8]) -> Result<Digest, Fault> {
        self.blobs.put(bytes)
    }

    /// The blob `digest`, or `None` where it is not kept.
    ///
    /// # Errors
    ///
    /// [`Fault::Corrupt`] naming the file where its bytes have another digest.
    pub fn blob(&self, digest: &Digest) -> Result<Option<Vec<u8>>, Fault> {
        self.blobs.read(digest)
    }

    /// Whether the blob `digest` is kept; its bytes are not checked.
    ///
    /// # Errors
    ///
    /// As the disk says.
    pub fn has_blob(&self, digest: &Digest) -> Result<bool, Fault> {
        self.blobs.has(digest)
    }

    /// Destroys the blob `digest`, where it is kept, and says whether it was: its bytes are overwritten
    /// and its file removed. What a file system or a disk keeps of older states is out of reach.
    ///
    /// # Errors
    ///
    /// As the disk says; doing it again goes on.
    pub fn destroy_blob(&mut self, digest: &Digest) -> Result<bool, Fault> {
        self.blobs.destroy(digest)
    }

    /// The digests of all blobs, ascending.
    ///
    /// # Errors
    ///
    /// As the disk says.
    pub fn blob_names(&self) -> Result<Vec<Digest>, Fault> {
        self.blobs.names()
    }
}
