//! Folders and files that stay after power is lost.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::Write as _;
use std::path::Path;

use crate::Fault;

/// Makes `dir` and what is missing above it, readable by this user alone, and durable.
///
/// Folders that are there already keep their permissions.
pub(crate) fn make_dir(dir: &Path) -> Result<(), Fault> {
    if dir.is_dir() {
        return Ok(());
    }
    let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        make_dir(parent)?;
    }
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|e| Fault::io("create the folder", dir, e))?;
    sync_dir(parent.unwrap_or(Path::new(".")))
}

/// Makes the names in `dir` durable: a new file is not safe before its folder is.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), Fault> {
    // Windows has no such call; there the file system's journal keeps names in order.
    if cfg!(unix) {
        File::open(dir)
            .and_then(|dir| dir.sync_all())
            .map_err(|e| Fault::io("sync the folder", dir, e))?;
    }
    Ok(())
}

/// Puts `bytes` at `to`, whole or not at all: written at `draft`, synced, renamed, synced.
///
/// Both paths lie on one file system. Whatever was at either path is replaced.
pub(crate) fn write_whole(draft: &Path, to: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let written = File::create(draft).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let moved = match written {
        Ok(()) => fs::rename(draft, to),
        Err(fault) => Err(fault),
    };
    if let Err(fault) = moved {
        // A best effort to give the space back; the next start empties the folder anyway.
        fs::remove_file(draft).ok();
        return Err(Fault::io("write", to, fault));
    }
    to.parent().map_or(Ok(()), sync_dir)
}

/// Takes the folder for this process until the returned file is dropped.
///
/// The operating system frees it when the process dies, however it dies.
pub(crate) fn lock(dir: &Path) -> Result<File, Fault> {
    let path = dir.join("lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|e| Fault::io("open", &path, e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Fault::Locked { dir: dir.to_path_buf() }),
        Err(TryLockError::Error(e)) => Err(Fault::io("lock", &path, e)),
    }
}
