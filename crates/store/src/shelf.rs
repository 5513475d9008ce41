//! Where a home keeps what its fold had come to: two files at most, each written whole or not at all.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use crate::{Fault, disk};

/// How many more entries a log has, at least, before it is written again where it stands: what a
/// start would spare is not worth a write before that.
pub const AGAIN_AFTER: u64 = 4_096;
/// A file is as long as the log is, so that it is written again when the log is so many times as long:
/// all that is ever written stays in proportion to the log, and takes little of the time that acts
/// take. Half of the log at most is folded again after a death; after a stop, next to nothing.
const AGAIN_TIMES: u64 = 2;
/// How many more entries it has where it is written once more because its process stops: fewer are
/// folded in no time.
pub const WORTH_AT_STOP: u64 = 256;
/// How many files are kept: a second one, should the first be found wanting.
const KEPT: usize = 2;

/// The folder `snapshots` of a home, which one process has open.
///
/// ```text
/// 4352.snapshot    of 4352 entries, readable by this user alone
/// 4096.unfit       one that could not be used, for who wants to know why: the last
/// 8448.draft       being written; removed at every start
/// ```
#[derive(Debug)]
pub struct Shelf {
    dir: PathBuf,
    /// Of how many entries the last one is.
    last: u64,
    writing: Option<JoinHandle<Result<(), Fault>>>,
}

impl Shelf {
    /// Opens the folder, making it where it is missing, and removes what was half written.
    ///
    /// # Errors
    /// [`Fault::Permission`], [`Fault::DiskFull`] and [`Fault::Io`].
    pub fn open(dir: PathBuf) -> Result<Self, Fault> {
        disk::make_dir(&dir)?;
        let shelf = Self { dir, last: 0, writing: None };
        for size in shelf.sizes("draft")? {
            let path = shelf.path(size, "draft");
            fs::remove_file(&path).map_err(|e| Fault::io("remove", &path, e))?;
        }
        Ok(shelf)
    }

    /// Of how many entries the files are that are there, the longest first.
    ///
    /// # Errors
    /// As [`Shelf::open`].
    pub fn kept(&self) -> Result<Vec<u64>, Fault> {
        self.sizes("snapshot")
    }

    /// The bytes of one of them.
    ///
    /// # Errors
    /// As [`Shelf::open`].
    pub fn read(&self, size: u64) -> Result<Vec<u8>, Fault> {
        let path = self.path(size, "snapshot");
        fs::read(&path).map_err(|e| Fault::io("read", &path, e))
    }

    /// That the fold goes on from the one of so many entries; none, where it began at the beginning.
    pub fn resumed(&mut self, size: u64) {
        self.last = size;
    }

    /// Puts one aside that could not be used; of such only the last is kept.
    ///
    /// # Errors
    /// As [`Shelf::open`].
    pub fn set_aside(&self, size: u64) -> Result<(), Fault> {
        for old in self.sizes("unfit")? {
            let path = self.path(old, "unfit");
            fs::remove_file(&path).map_err(|e| Fault::io("remove", &path, e))?;
        }
        let (from, to) = (self.path(size, "snapshot"), self.path(size, "unfit"));
        fs::rename(&from, &to).map_err(|e| Fault::io("rename", &from, e))
    }

    /// Removes one that could not be used, and with which nothing is wrong.
    ///
    /// # Errors
    /// As [`Shelf::open`].
    pub fn remove(&self, size: u64) -> Result<(), Fault> {
        let path = self.path(size, "snapshot");
        fs::remove_file(&path).map_err(|e| Fault::io("remove", &path, e))
    }

    /// Whether a log of `size` entries is worth being written, and nothing is being written.
    pub fn is_due(&self, size: u64) -> bool {
        let least = self.last.saturating_add(AGAIN_AFTER);
        size >= self.last.saturating_mul(AGAIN_TIMES).max(least) && !self.is_writing()
    }

    /// Whether it is worth being written when its process stops.
    pub fn is_due_at_stop(&self, size: u64) -> bool {
        size >= self.last.saturating_add(WORTH_AT_STOP)
    }

    /// Has a thread make the bytes and write them, and goes on; what became of the one before is
    /// said. A thread that cannot be had is no reason to stop: then nothing is written.
    ///
    /// # Errors
    /// What kept the one before from being written.
    pub fn put(
        &mut self,
        size: u64,
        bytes: impl FnOnce() -> Option<Vec<u8>> + Send + 'static,
    ) -> Result<(), Fault> {
        let before = self.finish();
        let dir = self.dir.clone();
        let write = move || bytes().map_or(Ok(()), |bytes| write(&dir, size, &bytes));
        self.writing = thread::Builder::new().name("snapshot".to_owned()).spawn(write).ok();
        self.last = size;
        before
    }

    /// Waits for what is being written.
    ///
    /// # Errors
    /// What kept it from being written.
    pub fn finish(&mut self) -> Result<(), Fault> {
        self.writing.take().and_then(|writing| writing.join().ok()).unwrap_or(Ok(()))
    }

    fn is_writing(&self) -> bool {
        self.writing.as_ref().is_some_and(|writing| !writing.is_finished())
    }

    fn path(&self, size: u64, kind: &str) -> PathBuf {
        path(&self.dir, size, kind)
    }

    fn sizes(&self, kind: &str) -> Result<Vec<u64>, Fault> {
        sizes(&self.dir, kind)
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        // Whoever opens the folder next finds it written, and not being written.
        self.finish().ok();
    }
}

fn path(dir: &Path, size: u64, kind: &str) -> PathBuf {
    dir.join(format!("{size}.{kind}"))
}

/// The numbers in the names of the files of this kind, the largest first.
fn sizes(dir: &Path, kind: &str) -> Result<Vec<u64>, Fault> {
    let items = fs::read_dir(dir).map_err(|e| Fault::io("list", dir, e))?;
    let mut sizes = Vec::new();
    for item in items {
        let name = item.map_err(|e| Fault::io("list", dir, e))?.file_name();
        let name = name.to_str().and_then(|name| name.rsplit_once('.'));
        let size: Option<u64> =
            name.filter(|(_, of)| *of == kind).and_then(|(size, _)| size.parse().ok());
        sizes.extend(size);
    }
    sizes.sort_unstable_by(|one, other| other.cmp(one));
    Ok(sizes)
}

/// A reader sees all of it or nothing, also after the power was lost on the way.
fn write(dir: &Path, size: u64, bytes: &[u8]) -> Result<(), Fault> {
    let (draft, to) = (path(dir, size, "draft"), path(dir, size, "snapshot"));
    let mut options = File::options();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft).map_err(|e| Fault::io("create", &draft, e))?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    written.map_err(|e| Fault::io("write", &draft, e))?;
    fs::rename(&draft, &to).map_err(|e| Fault::io("rename", &draft, e))?;
    disk::sync_dir(dir)?;
    for old in sizes(dir, "snapshot")?.into_iter().filter(|old| *old != size).skip(KEPT - 1) {
        let path = path(dir, old, "snapshot");
        fs::remove_file(&path).map_err(|e| Fault::io("remove", &path, e))?;
    }
    Ok(())
}
