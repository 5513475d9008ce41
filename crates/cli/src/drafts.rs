//! What is on its way to a name of its own: a command that is told to end leaves none of it behind.
//!
//! Drafts are made, renamed and forgotten under one lock. Who ends the process holds it, so that nothing comes
//! to be after the rest was removed.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::failure::Failure;
use crate::out::Out;

/// The drafts there are.
static DRAFTS: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn drafts() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    DRAFTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes a draft, or something in one.
///
/// # Errors
/// What `make` says.
pub(crate) fn begin(make: impl FnOnce() -> io::Result<PathBuf>) -> io::Result<()> {
    let mut drafts = drafts();
    drafts.insert(make()?);
    Ok(())
}

/// Does something by which a name comes to be inside a draft.
pub(crate) fn within<T>(make: impl FnOnce() -> T) -> T {
    let _drafts = drafts();
    make()
}

/// Gives a draft its name, or lets it go: it is none any more, whatever comes of it.
pub(crate) fn end<T>(draft: &Path, end: impl FnOnce() -> T) -> T {
    let mut drafts = drafts();
    let ended = end();
    drafts.remove(draft);
    ended
}

/// From here on, whoever is told to end removes the drafts, says so and ends with 130.
///
/// # Errors
/// Signals cannot be caught.
pub(crate) fn removed_on_interrupt(out: Out) -> Result<(), Failure> {
    crate::commands::on_interrupt(move || {
        // Never given back: who waits for it ends with the process.
        let drafts = drafts();
        for draft in drafts.iter() {
            let folder = draft.symlink_metadata().is_ok_and(|found| found.is_dir());
            if folder { fs::remove_dir_all(draft) } else { fs::remove_file(draft) }.ok();
        }
        let failure = Failure::interrupted("run the command again: it left nothing behind");
        out.failed(&failure);
        process::exit(i32::from(failure.code()));
    })
}
