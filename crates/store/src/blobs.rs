//! Blobs: files that are named by what is in them.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use concordat_terms::Digest;

use crate::{Fault, disk};

/// The folder of blobs.
#[derive(Debug)]
pub(crate) struct Blobs {
    dir: PathBuf,
}

impl Blobs {
    /// Opens the folder, making it where it is missing, and clears away half-written blobs.
    pub(crate) fn open(dir: PathBuf) -> Result<Self, Fault> {
        let blobs = Self { dir };
        let incoming = blobs.incoming();
        disk::make_dir(&incoming)?;
        for draft in list(&incoming)? {
            fs::remove_file(&draft).map_err(|e| Fault::io("remove", &draft, e))?;
        }
        // A process before us may have died between making a folder and syncing its name.
        disk::sync_dir(&blobs.dir)?;
        Ok(blobs)
    }

    /// Keeps `bytes`. Doing it again changes nothing, except that a damaged file is mended.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> Result<Digest, Fault> {
        let digest = Digest::of(bytes);
        let (dir, path) = self.place(&digest);
        disk::make_dir(&dir)?;
        if fs::read(&path).is_ok_and(|there| there == bytes) {
            // Whoever wrote it may have died between the rename and the sync of the folder.
            disk::sync_dir(&dir)?;
        } else {
            disk::write_whole(&self.incoming().join(digest.to_string()), &path, bytes)?;
        }
        Ok(digest)
    }

    /// The bytes whose digest is `digest`, or `None` where they are not kept.
    pub(crate) fn read(&self, digest: &Digest) -> Result<Option<Vec<u8>>, Fault> {
        let (_, path) = self.place(digest);
        let Some(bytes) = absent_is_none("read", &path, fs::read(&path))? else {
            return Ok(None);
        };
        let found = Digest::of(&bytes);
        if found != *digest {
            let what = format!("its bytes have the digest `{found}`");
            return Err(Fault::Corrupt { path, what });
        }
        Ok(Some(bytes))
    }

    /// Whether a blob is kept; its bytes are not read.
    pub(crate) fn has(&self, digest: &Digest) -> Result<bool, Fault> {
        let (_, path) = self.place(digest);
        let there = absent_is_none("look at", &path, fs::metadata(&path))?;
        Ok(there.is_some_and(|there| there.is_file()))
    }

    /// The digests of all blobs, ascending. Files that are not named like a blob are passed over.
    pub(crate) fn names(&self) -> Result<Vec<Digest>, Fault> {
        let mut names = Vec::new();
        let incoming = self.incoming();
        for dir in list(&self.dir)?.into_iter().filter(|dir| dir.is_dir() && *dir != incoming) {
            for path in list(&dir)? {
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                if let Ok(digest) = name.parse::<Digest>()
                    && self.place(&digest).1 == path
                {
                    names.push(digest);
                }
            }
        }
        names.sort();
        Ok(names)
    }

    fn incoming(&self) -> PathBuf {
        self.dir.join("incoming")
    }

    /// Where a blob lies: its folder, by the first two digits, and its file.
    fn place(&self, digest: &Digest) -> (PathBuf, PathBuf) {
        let name = digest.to_string();
        let dir = self.dir.join(name.chars().take(2).collect::<String>());
        let path = dir.join(name);
        (dir, path)
    }
}

fn list(dir: &Path) -> Result<Vec<PathBuf>, Fault> {
    fs::read_dir(dir)
        .and_then(|items| items.map(|item| item.map(|item| item.path())).collect())
        .map_err(|e| Fault::io("list", dir, e))
}

fn absent_is_none<T>(
    doing: &'static str,
    path: &Path,
    result: io::Result<T>,
) -> Result<Option<T>, Fault> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Fault::io(doing, path, e)),
    }
}
