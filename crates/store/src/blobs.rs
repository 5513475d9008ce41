//! Blobs: objects that are named by what is in them.

use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use concordat_terms::Digest;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Name;
use object_store::{ObjectStore, ObjectStoreExt as _};

use crate::wait::wait_for;
use crate::{Fault, disk};

/// A folder of blobs, behind the interface of an object store.
#[derive(Clone, Debug)]
pub(crate) struct Blobs {
    objects: Arc<dyn ObjectStore>,
    dir: PathBuf,
}

impl Blobs {
    /// Opens the folder, making it where it is missing.
    pub(crate) fn open(dir: PathBuf) -> Result<Self, Fault> {
        disk::make_dir(&dir)?;
        // A process before us may have died between making a folder and syncing its name.
        disk::sync_dir(&dir)?;
        let objects = LocalFileSystem::new_with_prefix(&dir)
            .map_err(|e| fault("open the folder", &dir, e))?
            // A put is durable when it returns: the file, its name, and the name of its folder.
            .with_fsync(true);
        Ok(Self { objects: Arc::new(objects), dir })
    }

    /// Removes what was half written, or half destroyed, when its writer died. Only for the one writer, at its start.
    pub(crate) fn sweep(&self) -> Result<(), Fault> {
        for dir in list(&self.dir)?.into_iter().filter(|dir| dir.is_dir()) {
            for path in list(&dir)? {
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                let draft = name.split_once('#').is_some_and(|(digest, nth)| {
                    digest.parse::<Digest>().is_ok() && nth.bytes().all(|b| b.is_ascii_digit())
                });
                if draft {
                    disk::destroy(&path)?;
                }
            }
        }
        Ok(())
    }

    /// Puts another object store in front, or in place, of the folder.
    pub(crate) fn wrap(&mut self, wrap: impl FnOnce(Arc<dyn ObjectStore>) -> Arc<dyn ObjectStore>) {
        self.objects = wrap(self.objects.clone());
    }

    /// Keeps `bytes`. Doing it again changes nothing, except that a damaged file is mended.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> Result<Digest, Fault> {
        let digest = Digest::of(bytes);
        let (dir, path) = self.place(&digest);
        disk::make_dir(&dir)?;
        if matches!(self.read(&digest), Ok(Some(_))) {
            // Whoever wrote it may have died between the rename and the sync of the folder.
            disk::sync_dir(&dir)?;
        } else {
            wait_for(self.objects.put(&name(&digest), bytes.to_vec().into()))
                .map_err(|e| fault("write", &path, e))?;
        }
        Ok(digest)
    }

    /// The bytes whose digest is `digest`, or `None` where they are not kept.
    pub(crate) fn read(&self, digest: &Digest) -> Result<Option<Vec<u8>>, Fault> {
        let (_, path) = self.place(digest);
        let bytes = wait_for(async { self.objects.get(&name(digest)).await?.bytes().await });
        let Some(bytes) = absent_is_none("read", &path, bytes)? else { return Ok(None) };
        let found = Digest::of(&bytes);
        if found != *digest {
            let what = format!("its bytes have the digest `{found}`");
            return Err(Fault::Corrupt { path, what });
        }
        Ok(Some(bytes.into()))
    }

    /// Whether a blob is kept; its bytes are not read.
    pub(crate) fn has(&self, digest: &Digest) -> Result<bool, Fault> {
        let (_, path) = self.place(digest);
        let there = wait_for(self.objects.head(&name(digest)));
        Ok(absent_is_none("look at", &path, there)?.is_some())
    }

    /// Destroys a blob: its file is overwritten and removed. Says whether there was one. Done again after
    /// a fault it goes on.
    pub(crate) fn destroy(&mut self, digest: &Digest) -> Result<bool, Fault> {
        let (dir, path) = self.place(digest);
        // Under a draft's name nobody reads it, and whoever dies here leaves it to the next sweep.
        let draft = dir.join(format!("{digest}#0"));
        let begun = draft.symlink_metadata().is_ok();
        if begun {
            disk::destroy(&draft)?;
            disk::sync_dir(&dir)?;
        }
        if !self.has(digest)? {
            return Ok(begun);
        }
        match fs::rename(&path, &draft) {
            Ok(()) => disk::destroy(&draft)?,
            // It is in another store than a folder.
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                wait_for(self.objects.delete(&name(digest)))
                    .map_err(|e| fault("remove", &path, e))?;
            }
            Err(e) => return Err(Fault::io("rename", &path, e)),
        }
        disk::sync_dir(&dir)?;
        Ok(true)
    }

    /// The digests of all blobs, ascending. What is not named like a blob is passed over.
    pub(crate) fn names(&self) -> Result<Vec<Digest>, Fault> {
        let list = |prefix: Option<&Name>| {
            wait_for(self.objects.list_with_delimiter(prefix))
                .map_err(|e| fault("list", &self.dir, e))
        };
        let mut names = Vec::new();
        for folder in list(None)?.common_prefixes {
            for object in list(Some(&folder))?.objects {
                let digest = object.location.filename().and_then(|name| name.parse().ok());
                names.extend(digest.filter(|digest| name(digest) == object.location));
            }
        }
        names.sort();
        Ok(names)
    }

    /// Where a blob lies: its folder, by the first two digits, and its file.
    fn place(&self, digest: &Digest) -> (PathBuf, PathBuf) {
        let name = digest.to_string();
        let dir = self.dir.join(name.chars().take(2).collect::<String>());
        let path = dir.join(name);
        (dir, path)
    }
}

/// What a blob is called, below the folder.
fn name(digest: &Digest) -> Name {
    let name = digest.to_string();
    let folder: String = name.chars().take(2).collect();
    Name::from_iter([folder, name])
}

fn list(dir: &Path) -> Result<Vec<PathBuf>, Fault> {
    fs::read_dir(dir)
        .and_then(|items| items.map(|item| item.map(|item| item.path())).collect())
        .map_err(|e| Fault::io("list", dir, e))
}

fn absent_is_none<T>(
    doing: &'static str,
    path: &Path,
    result: object_store::Result<T>,
) -> Result<Option<T>, Fault> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(e) => Err(fault(doing, path, e)),
    }
}

/// What the file system said, from below what the object store makes of it.
fn fault(doing: &'static str, path: &Path, e: object_store::Error) -> Fault {
    let mut cause: Option<&(dyn Error + 'static)> = Some(&e);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return Fault::io(doing, path, io::Error::new(io.kind(), io.to_string()));
        }
        cause = error.source();
    }
    Fault::io(doing, path, io::Error::other(e))
}
