//! Reads a bundle from its file, or from the folder into which somebody unpacked it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use concordat_node::plain::{self, Kind};

use super::unpack;
use crate::failure::Failure;
use crate::verify::{Broken, Promise};

/// The folders that a bundle has.
const FOLDERS: [&str; 6] = ["attestations", "blobs", "entries", "papers", "proofs", "records"];
/// How many bytes all files together may have, since all are held at once.
const BYTES_MOST: u64 = 512 << 20;

/// The files of a bundle, by name.
///
/// # Errors
/// No such file; no bundle; something in it that no bundle has.
pub fn load_bundle(path: &Path) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let found = path.metadata().map_err(|e| Failure::io("read", path, &e))?;
    if found.is_dir() {
        let (mut files, mut left) = (BTreeMap::new(), BYTES_MOST);
        read_folder(path, "", &mut files, &mut left)?;
        return Ok(files);
    }
    let bytes = plain::read(path, Kind::Package).map_err(|why| Failure::not_read(path, &why))?;
    unpack(&bytes).map_err(|why| {
        if bytes.get(257..262) == Some(b"ustar") {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            return Failure::not_verified(Broken::of(Promise::Layout, &name, why.to_string()));
        }
        let what = format!("`{}` is not a folder, and no bundle", path.display());
        Failure::usage("not-a-folder", what, "name an archive's folder or a bundle's file")
    })
}

fn read_folder(
    dir: &Path,
    prefix: &str,
    files: &mut BTreeMap<String, Vec<u8>>,
    left: &mut u64,
) -> Result<(), Failure> {
    let broken =
        |name: &str, what: String| Failure::not_verified(Broken::of(Promise::Layout, name, what));
    for item in fs::read_dir(dir).map_err(|e| Failure::io("list", dir, &e))? {
        let item = item.map_err(|e| Failure::io("list", dir, &e))?;
        let path = item.path();
        let found = item.file_type().map_err(|e| Failure::io("look at", &path, &e))?;
        let own = item.file_name().to_string_lossy().into_owned();
        let name = format!("{prefix}{own}");
        if found.is_dir() {
            if !(prefix.is_empty() && FOLDERS.contains(&own.as_str())) {
                return Err(broken(&name, "the folder does not belong to a bundle".to_owned()));
            }
            read_folder(&path, &format!("{name}/"), files, left)?;
            continue;
        }
        if let Some(other) = plain::other_than_file(found) {
            return Err(broken(&name, format!("it is {other}, not a plain file")));
        }
        let bytes = plain::read(&path, Kind::Blob).map_err(|why| broken(&name, why.to_string()))?;
        *left = left.checked_sub(bytes.len() as u64).ok_or_else(|| {
            broken(&name, "with it, the bundle is longer than 512 MiB".to_owned())
        })?;
        files.insert(name, bytes);
    }
    Ok(())
}
