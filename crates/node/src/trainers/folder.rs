//! Folders by digest: a trainer's files, and what it runs in.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use concordat_terms::{Digest, Problem};

use crate::home::{make_dir, unwritable};
use crate::problems::problem;

/// The files of a folder, by their paths from it with `/` in between: plain files alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(pub BTreeMap<String, Vec<u8>>);

/// How many files and bytes a folder has at the most.
const FILES_MOST: usize = 10_000;
const BYTES_MOST: u64 = 8 << 30;

impl Files {
    /// Reads a folder.
    ///
    /// # Errors
    /// A [`Problem`] `bad-trainer` naming what is no plain file, is not to be read, or is too much.
    pub fn read(folder: &Path) -> Result<Self, Problem> {
        let mut files = BTreeMap::new();
        let (mut open, mut bytes) = (vec![String::new()], 0_u64);
        while let Some(below) = open.pop() {
            let listed = fs::read_dir(folder.join(&below));
            let listed = listed.map_err(|e| bad(&folder.join(&below), &e.to_string()))?;
            for item in listed {
                let path = item.map_err(|e| bad(folder, &e.to_string()))?.path();
                let Some(file) = path.file_name().and_then(|name| name.to_str()) else {
                    return Err(bad(&path, "its name is no text"));
                };
                let name =
                    if below.is_empty() { file.to_owned() } else { format!("{below}/{file}") };
                let about = fs::symlink_metadata(&path).map_err(|e| bad(&path, &e.to_string()))?;
                if about.is_dir() {
                    // What Python leaves behind is no part of a program.
                    if file != "__pycache__" {
                        open.push(name);
                    }
                    continue;
                }
                if !about.is_file() {
                    return Err(bad(&path, "it is neither a plain file nor a folder"));
                }
                bytes = bytes.saturating_add(about.len());
                if files.len() >= FILES_MOST || bytes > BYTES_MOST {
                    return Err(bad(folder, "it has more than 10,000 files, or 8 GiB"));
                }
                let read = fs::read(&path).map_err(|e| bad(&path, &e.to_string()))?;
                files.insert(name, read);
            }
        }
        Ok(Self(files))
    }

    /// What an approval binds: the digest ([`Digest::of_parts`]) over path and bytes of each file, in
    /// the order of the paths.
    pub fn digest(&self) -> Digest {
        let parts = self.0.iter().flat_map(|(name, bytes)| [name.as_bytes(), bytes.as_slice()]);
        Digest::of_parts(&parts.collect::<Vec<_>>())
    }

    /// Writes the files below a folder, so that whoever runs them can read them: what keeps others
    /// out is the folder above.
    pub(super) fn write(&self, folder: &Path) -> Result<(), Problem> {
        make_dir(folder)?;
        open_to_all(folder)?;
        for (name, bytes) in &self.0 {
            let path = folder.join(name);
            let mut within = folder.to_owned();
            for part in Path::new(name).parent().into_iter().flat_map(Path::components) {
                within.push(part);
                make_dir(&within)?;
                open_to_all(&within)?;
            }
            put(&path, bytes)?;
        }
        Ok(())
    }
}

/// Writes a file that whoever runs inside can read.
pub(super) fn put(path: &Path, bytes: &[u8]) -> Result<(), Problem> {
    fs::write(path, bytes).map_err(|e| unwritable(path, &e))?;
    let mode = fs::Permissions::from_mode(0o644);
    fs::set_permissions(path, mode).map_err(|e| unwritable(path, &e))
}

pub(super) fn open_to_all(folder: &Path) -> Result<(), Problem> {
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(folder, mode).map_err(|e| unwritable(folder, &e))
}

pub(super) fn bad(path: &Path, why: &str) -> Problem {
    problem(
        "bad-trainer",
        format!("`{}`: {why}", path.display()),
        "name a folder with the trainer's plain files, and nothing else",
    )
}
