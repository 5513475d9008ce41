//! Reads a folder as an archive: what does not belong is refused by name before anything is read,
//! and nothing is read beyond what its kind may have. A file is read when it is asked for: an archive
//! may be longer than there is memory.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use concordat_node::plain::{self, Kind, NotRead};
use concordat_terms::Digest;
use concordat_tlog::archive::{CHECKPOINT, Files};
use concordat_tlog::tile::{Level, TilePath};

use super::{BLOBS, CHECKPOINTS, KEYS, OLDER_SIZES, README, VERDICTS, older_size};
use crate::failure::Failure;
use crate::verify::{Broken, Promise};

/// How deep the longest path of a tile goes.
const DEPTH_MOST: usize = 12;

/// How many bytes are told at most of the entries of a bundle: of each, its verdict, or the keys that
/// signed it.
const LINES_MOST: u64 = 256 * 1_024;

/// An archive in a folder.
#[derive(Debug)]
pub struct Folder {
    dir: PathBuf,
    kinds: BTreeMap<String, Kind>,
    /// Why the first file that could not be read was not.
    fault: Mutex<Option<Failure>>,
}

impl Folder {
    /// Looks through the folder `dir`.
    ///
    /// # Errors
    /// No such folder; something in it that no archive has, be it an empty folder; a file that is
    /// longer than its kind.
    pub fn open(dir: &Path) -> Result<Self, Failure> {
        if dir.metadata().is_ok_and(|found| !found.is_dir()) {
            return Err(Failure::usage(
                "not-a-folder",
                format!("`{}` is not a folder", dir.display()),
                "unpack the archive and name its folder",
            ));
        }
        let mut kinds = BTreeMap::new();
        list(dir, "", &mut kinds)?;
        let bundles = kinds.values().filter(|kind| **kind == Kind::Bundle).count() as u64;
        for name in [VERDICTS, KEYS].into_iter().filter(|name| kinds.contains_key(*name)) {
            let path = dir.join(name);
            let found = path.metadata().map_err(|e| Failure::io("look at", &path, &e))?;
            if found.len() > Kind::Verdicts.most().max(bundles.saturating_mul(LINES_MOST)) {
                return Err(broken(name, "it is longer than a log of so many entries needs"));
            }
        }
        Ok(Self { dir: dir.to_owned(), kinds, fault: Mutex::new(None) })
    }

    /// What came of reading it, where that is told by `found`: a file that could not be read first.
    ///
    /// # Errors
    /// That, or what was found wrong.
    pub fn said<T>(&self, found: Result<T, Broken>) -> Result<T, Failure> {
        found.map_err(|broken| {
            let fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner).take();
            fault.unwrap_or_else(|| Failure::not_verified(broken))
        })
    }

    /// The digests of the blobs there are.
    pub fn blobs(&self) -> impl Iterator<Item = Digest> {
        self.kinds.keys().filter_map(|name| name.strip_prefix(BLOBS)?.parse().ok())
    }

    fn stopped(&self, failure: Failure) {
        let mut fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        fault.get_or_insert(failure);
    }
}

impl Files for Folder {
    fn names(&self) -> Vec<String> {
        self.kinds.keys().cloned().collect()
    }

    fn read(&self, name: &str) -> Option<Vec<u8>> {
        let path = self.dir.join(name);
        let read = plain::read(&path, *self.kinds.get(name)?);
        let failed = |why| match why {
            NotRead::TooLarge(_) | NotRead::NotPlain(_) => broken(name, &why.to_string()),
            other => Failure::not_read(&path, &other),
        };
        read.map_err(|why| self.stopped(failed(why))).ok()
    }

    fn part(&self, name: &str, from: u64, most: usize) -> Option<Vec<u8>> {
        let path = self.dir.join(name);
        let read = || {
            let mut file = File::open(&path)?;
            file.seek(SeekFrom::Start(from))?;
            let mut bytes = Vec::new();
            file.take(most as u64).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        self.kinds.get(name)?;
        read().map_err(|e: std::io::Error| self.stopped(Failure::io("read", &path, &e))).ok()
    }
}

/// The files below `dir`, and what kind each is by its name.
fn list(dir: &Path, prefix: &str, kinds: &mut BTreeMap<String, Kind>) -> Result<(), Failure> {
    let listed = fs::read_dir(dir).map_err(|e| Failure::io("list", dir, &e))?;
    let mut empty = true;
    for item in listed {
        empty = false;
        let item = item.map_err(|e| Failure::io("list", dir, &e))?;
        let path = item.path();
        let found = item.file_type().map_err(|e| Failure::io("look at", &path, &e))?;
        let name = format!("{prefix}{}", item.file_name().to_string_lossy());
        if found.is_dir() {
            let folder = format!("{name}/");
            if !is_folder(&folder) {
                return Err(broken(&folder, "the folder does not belong to an archive"));
            }
            list(&path, &folder, kinds)?;
        } else if let Some(other) = plain::other_than_file(found) {
            return Err(broken(&name, &NotRead::NotPlain(other).to_string()));
        } else {
            let kind = kind_of(&name)
                .ok_or_else(|| broken(&name, "the file does not belong to an archive"))?;
            let length = item.metadata().map_err(|e| Failure::io("look at", &path, &e))?.len();
            // What is read part by part may be as long as the log is.
            if length > kind.most() && kind != Kind::Verdicts {
                return Err(broken(&name, &NotRead::TooLarge(kind).to_string()));
            }
            kinds.insert(name, kind);
        }
    }
    if empty && !prefix.is_empty() {
        return Err(broken(prefix, "the folder is empty, and no file of an archive"));
    }
    Ok(())
}

fn is_folder(name: &str) -> bool {
    [BLOBS, CHECKPOINTS].contains(&name)
        || (name.starts_with("tile/") && name.matches('/').count() <= DEPTH_MOST)
}

fn kind_of(name: &str) -> Option<Kind> {
    match name {
        CHECKPOINT | OLDER_SIZES => Some(Kind::Checkpoint),
        VERDICTS | KEYS => Some(Kind::Verdicts),
        README => Some(Kind::Readme),
        _ if older_size(name).is_some() => Some(Kind::Checkpoint),
        _ if name.strip_prefix(BLOBS).is_some_and(|rest| rest.parse::<Digest>().is_ok()) => {
            Some(Kind::Blob)
        }
        _ => match name.parse::<TilePath>().ok()?.level() {
            Level::Entries => Some(Kind::Bundle),
            Level::Hashes(_) => Some(Kind::Tile),
        },
    }
}

fn broken(name: &str, what: &str) -> Failure {
    Failure::not_verified(Broken::of(Promise::Layout, name, what))
}
