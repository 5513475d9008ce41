//! Folders and files that stay after power is lost.

use std::fs::{DirBuilder, File, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::Fault;

/// How long to wait for a lock. A process that is just being started has, for a moment, what its
/// parent had open, a lock that the parent gave up included.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often to look.
const LOOK: Duration = Duration::from_millis(10);

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
    match new_dir(dir) {
        // Somebody else who shares the folder was faster.
        Err(e) if e.kind() != ErrorKind::AlreadyExists || !dir.is_dir() => {
            return Err(Fault::io("create the folder", dir, e));
        }
        _ => {}
    }
    sync_dir(parent.unwrap_or(Path::new(".")))
}

/// Makes a folder that is not there yet, readable by this user alone.
pub(crate) fn new_dir(dir: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
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

/// Overwrites a file and removes it; what is not there is done. What a file system or a disk keeps of
/// older states is out of reach.
pub(crate) fn destroy(path: &Path) -> Result<(), Fault> {
    let mut file = match File::options().write(true).open(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        opened => opened.map_err(|e| Fault::io("open", path, e))?,
    };
    let zeros = vec![0; 1 << 16];
    let overwritten = file.metadata().and_then(|found| {
        let mut left = found.len();
        while left > 0 {
            let piece = left.min(zeros.len() as u64);
            file.write_all(zeros.get(..usize::try_from(piece).unwrap_or(0)).unwrap_or_default())?;
            left -= piece;
        }
        file.sync_all()
    });
    overwritten.map_err(|e| Fault::io("overwrite", path, e))?;
    std::fs::remove_file(path).map_err(|e| Fault::io("remove", path, e))
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
    let end = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < end => thread::sleep(LOOK),
            Err(TryLockError::WouldBlock) => {
                return Err(Fault::Locked { dir: dir.to_path_buf() });
            }
            Err(TryLockError::Error(e)) => return Err(Fault::io("lock", &path, e)),
        }
    }
}
