//! Reads a folder as an archive: what does not belong is refused by name before anything is read,
//! and nothing is read beyond what its kind may have.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use concordat_node::plain::{self, Kind, NotRead};
use concordat_terms::Digest;
use concordat_tlog::archive::CHECKPOINT;
use concordat_tlog::tile::{Level, TilePath};

use super::{BLOBS, KEYS, README, VERDICTS};
use crate::failure::Failure;
use crate::verify::{Broken, Promise};

/// How many bytes all files together may have, since all are held at once.
const BYTES_MOST: u64 = 4 << 30;

/// How deep the longest path of a tile goes.
const DEPTH_MOST: usize = 12;

/// Reads the folder `dir`: every file by its name with `/`.
///
/// # Errors
/// No such folder; something in it that no archive has, be it an empty folder; a file that is
/// longer than its kind.
pub fn load(dir: &Path) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    if dir.metadata().is_ok_and(|found| !found.is_dir()) {
        return Err(Failure::usage(
            "not-a-folder",
            format!("`{}` is not a folder", dir.display()),
            "unpack the archive and name its folder",
        ));
    }
    let mut kinds = BTreeMap::new();
    list(dir, "", &mut kinds)?;
    let (mut files, mut left) = (BTreeMap::new(), BYTES_MOST);
    for (name, kind) in kinds {
        let path = dir.join(&name);
        let bytes = plain::read(&path, kind).map_err(|why| match why {
            NotRead::TooLarge(_) | NotRead::NotPlain(_) => broken(&name, &why.to_string()),
            other => Failure::not_read(&path, &other),
        })?;
        left = left
            .checked_sub(bytes.len() as u64)
            .ok_or_else(|| broken(&name, "with it, the archive is longer than 4 GiB"))?;
        files.insert(name, bytes);
    }
    Ok(files)
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
            kinds.insert(name, kind);
        }
    }
    if empty && !prefix.is_empty() {
        return Err(broken(prefix, "the folder is empty, and no file of an archive"));
    }
    Ok(())
}

fn is_folder(name: &str) -> bool {
    name == BLOBS || (name.starts_with("tile/") && name.matches('/').count() <= DEPTH_MOST)
}

fn kind_of(name: &str) -> Option<Kind> {
    match name {
        CHECKPOINT => Some(Kind::Checkpoint),
        VERDICTS | KEYS => Some(Kind::Verdicts),
        README => Some(Kind::Readme),
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
