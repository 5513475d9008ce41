//! Copies from one store into an empty one: backups, restores, moves to another database.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::{Fault, Store, disk};

/// The most entries that are read at once.
const READ: usize = 1_000;

/// The most names that are tried for a draft: so many interrupted copies leave one behind.
const DRAFTS_MOST: u32 = 1_000;

/// What was copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Entries of the log.
    pub entries: u64,
    /// Notes.
    pub notes: u64,
    /// Blobs.
    pub blobs: u64,
}

impl Store {
    /// Copies like [`Store::copy_into`] into the new folder `dir`, which is there whole or not at all.
    ///
    /// # Errors
    ///
    /// As [`Store::copy_into`].
    pub fn copy_to(
        &self,
        dir: &Path,
        without: &[&str],
        more: &[(&str, &[u8])],
    ) -> Result<Copied, Fault> {
        if dir.symlink_metadata().is_ok() {
            return Err(Fault::NotEmpty { path: dir.to_path_buf() });
        }
        let draft = new_draft(dir)?;
        let copied = Self::open(&draft).and_then(|mut to| self.copy_into(&mut to, without, more));
        let named = copied.and_then(|copied| {
            fs::rename(&draft, dir).map_err(|e| Fault::io("create", dir, e))?;
            Ok(copied)
        });
        if named.is_err() {
            // Only what was copied above is there: the folder was made new.
            fs::remove_dir_all(&draft).ok();
        }
        let copied = named?;
        let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty());
        disk::sync_dir(parent.unwrap_or(Path::new(".")))?;
        Ok(copied)
    }

    /// Copies the log, the blobs, and the notes but those whose names start with one of `without`
    /// into `to`, in which nothing is yet; the notes `more` (name, bytes) come with them. Every digest
    /// is checked on the way. The notes come last, together: a copy that broke off has none.
    ///
    /// # Errors
    ///
    /// [`Fault::NotEmpty`]; [`Fault::Corrupt`] where something is not what was put here; as the
    /// disks and databases say.
    pub fn copy_into(
        &self,
        to: &mut Self,
        without: &[&str],
        more: &[(&str, &[u8])],
    ) -> Result<Copied, Fault> {
        if !to.is_empty()? || !to.note_names("")?.is_empty() {
            return Err(Fault::NotEmpty { path: to.dir().to_path_buf() });
        }
        let length = self.len()?;
        let mut names = self.note_names("")?;
        names.retain(|name| !without.iter().any(|prefix| name.starts_with(prefix)));
        let mut notes = BTreeMap::new();
        for name in names {
            // One that was removed meanwhile is not missed.
            if let Some(bytes) = self.note(&name)? {
                notes.insert(name, bytes);
            }
        }
        // An act's blobs are here before the act: what the entries need is among these.
        let blobs = self.blob_names()?;
        for digest in &blobs {
            if let Some(bytes) = self.blob(digest)? {
                to.put_blob(&bytes)?;
            }
        }
        let mut index = 0;
        while index < length {
            let left = usize::try_from(length - index).unwrap_or(READ);
            let entries = self.entries(index, left.min(READ))?;
            if entries.is_empty() {
                let what = format!("entry {index} is missing");
                return Err(Fault::Corrupt { path: self.dir().to_path_buf(), what });
            }
            to.append(index, &entries)?;
            index += entries.len() as u64;
        }
        let notes: Vec<_> = notes
            .iter()
            .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
            .chain(more.iter().copied())
            .collect();
        to.append_with_notes(length, &[], &notes)?;
        Ok(Copied { entries: length, notes: notes.len() as u64, blobs: blobs.len() as u64 })
    }
}

/// A new folder beside `dir`. What has such a name already is somebody else's, and stays as it is.
fn new_draft(dir: &Path) -> Result<PathBuf, Fault> {
    if let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        disk::make_dir(parent)?;
    }
    let mut last = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
    for number in 1..=DRAFTS_MOST {
        let draft = dir.with_added_extension(match number {
            1 => "incomplete".to_owned(),
            _ => format!("incomplete-{number}"),
        });
        // For this user alone: what is in it may be read by nobody who could not read the store.
        match disk::new_dir(&draft) {
            Ok(()) => return Ok(draft),
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => last = e,
            Err(e) => return Err(Fault::io("create", &draft, e)),
        }
    }
    Err(Fault::io("create", dir, last))
}
