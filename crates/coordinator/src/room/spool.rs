//! The spool: where the words of vectors lie that are too long for one message, as files below
//! `spool` in the coordinator's home.
//!
//! ```text
//! spool/<run>/<round>-<attempt>/words-<party>    while it arrives, chunk by chunk
//! spool/<run>/<round>/words-<party>              of a finished round, with digests-<party> and sum
//! spool/<run>/<round>/share-<role>               with three aggregators, and sum; of the words nothing stays
//! ```
//!
//! The words are masked: without the secrets that a transcript opens they are noise. They are kept
//! until the participants have checked the sum, that is for as long as the run is open, and
//! removed with it; what nobody can go on from is removed at the next start.

mod arriving;
mod kept;
mod uploads;

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder};
use std::io;
use std::path::{Path, PathBuf};

use concordat_terms::{Problem, RunId};

pub use self::arriving::{Arriving, NotTaken, Outline, Words};
pub(crate) use self::kept::Kept;
pub(crate) use self::uploads::{Uploads, late};
use crate::problem::unusable;

/// The spool of a home.
#[derive(Clone, Debug)]
pub(crate) struct Spool {
    dir: PathBuf,
}

impl Spool {
    /// The spool of this home, of which only what belongs to `open` runs is left.
    ///
    /// # Errors
    /// `spool-io`, for the operator.
    pub(crate) fn open(home: &Path, open: &BTreeSet<RunId>) -> Result<Self, Problem> {
        let dir = home.join("spool");
        let left = names(&dir).and_then(|names| {
            let ended = |name: &String| !open.iter().any(|run| run.as_str() == name);
            names.iter().filter(|name| ended(name)).try_for_each(|name| remove(&dir.join(name)))
        });
        left.map_err(|e| {
            let what = format!("cannot clear up `{}`: {e}", dir.display());
            unusable("spool-io", what, "give the user that runs this process access to it")
        })?;
        Ok(Self { dir })
    }

    /// Where a run's files lie.
    pub(crate) fn of(&self, run: &RunId) -> RunSpool {
        RunSpool { dir: self.dir.join(run.as_str()) }
    }
}

/// The files of one run. Nothing is made before the first upload is announced.
#[derive(Clone, Debug)]
pub(crate) struct RunSpool {
    dir: PathBuf,
}

impl RunSpool {
    fn attempt(&self, (round, attempt): (u32, u32)) -> PathBuf {
        self.dir.join(format!("{round}-{attempt}"))
    }

    fn round(&self, round: u32) -> PathBuf {
        self.dir.join(round.to_string())
    }

    /// Destroys everything but the first so many rounds, which are finished.
    pub(crate) fn keep_rounds(&self, finished: u32) -> io::Result<()> {
        let kept: BTreeSet<String> = (0..finished).map(|round| round.to_string()).collect();
        let mut names = names(&self.dir)?;
        names.retain(|name| !kept.contains(name));
        names.iter().try_for_each(|name| remove(&self.dir.join(name)))
    }
}

/// What keeps a file of the spool from being read or written, for the operator.
pub(crate) fn unreadable(fault: &io::Error) -> Problem {
    let what = format!("a file of the spool cannot be read or written: {fault}");
    unusable("spool-io", what, "give the user that runs this process access to `spool`")
}

/// Makes a folder that is this user's alone.
fn make(dir: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// What is in a folder, in order; nothing where there is none.
fn names(dir: &Path) -> io::Result<Vec<String>> {
    let listed = match fs::read_dir(dir) {
        Ok(listed) => listed,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(e),
    };
    let mut names = listed
        .map(|item| item.map(|item| item.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<Vec<String>>>()?;
    names.sort();
    Ok(names)
}

/// Removes a folder, if it is there.
fn remove(dir: &Path) -> io::Result<()> {
    match fs::remove_dir_all(dir) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}
