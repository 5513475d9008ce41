//! The example partnership that comes with the binary, and others from a folder.

use std::fs;
use std::path::Path;

use concordat_terms::Problem;

use super::fault;

/// One file of an example: its path below the example's folder, and its bytes.
type File = (&'static str, &'static [u8]);

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_bytes!(concat!("../../../../examples/heart/", $path)).as_slice()),)*]
    };
}

/// `examples/heart`: the agreement, the plan, the recipe and the four hospitals' rows.
const HEART: &[File] = files![
    "parties.md",
    "governance.md",
    "data-use.md",
    "protocol.md",
    "release.md",
    "plan.toml",
    "recipe.json",
    "data/ATTRIBUTION.md",
    "data/alder.csv",
    "data/birch.csv",
    "data/cypress.csv",
    "data/dogwood.csv",
];

/// Lays an example out in `to`: the one given, or the one that comes with the binary.
pub(crate) fn lay_out(given: Option<&Path>, to: &Path) -> Result<(), Problem> {
    match given {
        Some(from) => copy(from, to),
        None => {
            for (path, bytes) in HEART {
                write(&to.join(path), bytes)?;
            }
            Ok(())
        }
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), Problem> {
    let entries = fs::read_dir(from).map_err(|e| fault("read", from, &e))?;
    for entry in entries {
        let entry = entry.map_err(|e| fault("read", from, &e))?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to)?;
        } else {
            write(&to, &fs::read(&from).map_err(|e| fault("read", &from, &e))?)?;
        }
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Problem> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|e| fault("create", folder, &e))?;
    }
    fs::write(path, bytes).map_err(|e| fault("write", path, &e))
}
