//! Digests the sources that compute on rows, so that a changed kernel is other code to every
//! steward: see `src/code.rs`, which says what is covered.
#![allow(clippy::disallowed_methods, reason = "a build script reads files")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use sha2::{Digest as _, Sha256};

/// What is covered, below the workspace: folders with every `.rs` file in them, and files.
const COVERED: [&str; 10] = [
    "Cargo.lock",
    "crates/data/src",
    "crates/dp/src",
    "crates/learn/src",
    "crates/node/src/rounds.rs",
    "crates/node/src/train.rs",
    "crates/node/src/trainers",
    "crates/node/src/trainers.rs",
    "crates/sandbox/src",
    "crates/secagg/src",
];

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../..");
    let mut names = Vec::new();
    for covered in COVERED {
        // A folder is looked through for changes, so that a new file is noticed too.
        println!("cargo::rerun-if-changed={}", root.join(covered).display());
        list(&root, covered, &mut names)?;
    }
    names.sort_unstable();

    let mut hasher = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    };
    for name in &names {
        let bytes = fs::read(root.join(name)).map_err(|e| format!("cannot read `{name}`: {e}"))?;
        part(name.as_bytes());
        part(&bytes);
    }
    let digest: [u8; 32] = hasher.finalize().into();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    println!("cargo::rustc-env=CONCORDAT_CODE={hex}");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("code.rs"), format!("{digest:?}"))?;
    Ok(())
}

/// Adds the covered files at or below `name`, as paths from the root with `/` in between.
fn list(root: &Path, name: &str, names: &mut Vec<String>) -> Result<(), Box<dyn Error>> {
    let path = root.join(name);
    if !path.is_dir() {
        names.push(name.to_owned());
        return Ok(());
    }
    for item in fs::read_dir(&path)? {
        let item = item?;
        let file = item.file_name().into_string().map_err(|_| "a source file without a name")?;
        if item.file_type()?.is_dir() || file.ends_with(".rs") {
            list(root, &format!("{name}/{file}"), names)?;
        }
    }
    Ok(())
}
