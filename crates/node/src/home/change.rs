//! Keys that change: a file for the one that comes next, which then takes the other's place.

use std::fs;
use std::path::{Path, PathBuf};

use concordat_partnership::key_id;
use concordat_terms::Problem;
use concordat_tlog::{ExportKey, PqSigningKey, SigningKey};

use super::secret::{read_secret, write_secret};
use super::{LEDGER, WITNESS, make_dir, unwritable};
use crate::problems::problem;
use crate::random;

/// Which of a party's keys has a successor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one that signs acts.
    Ledger,
    /// The one that cosigns.
    Witness,
}

impl Which {
    /// The name of its file in `keys`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ledger => LEDGER,
            Self::Witness => WITNESS,
        }
    }
}

/// A file in a party's folder of keys.
pub fn key_file(home: &Path, name: &str) -> PathBuf {
    home.join("keys").join(name)
}

/// The key of a file.
///
/// # Errors
/// A [`Problem`] naming the file: missing, not 64 hexadecimal digits, or open to others.
pub fn read_key(path: &Path) -> Result<SigningKey, Problem> {
    Ok(SigningKey::from_seed(&*read_secret(path)?))
}

/// The same, drawn if there is no such file.
///
/// # Errors
/// As [`read_key`]; what the disk says.
pub fn read_or_draw(path: &Path) -> Result<SigningKey, Problem> {
    draw(path)?;
    read_key(path)
}

/// The ML-DSA-44 key of a file, drawn if there is none.
///
/// # Errors
/// As [`read_or_draw`].
pub fn read_or_draw_pq(path: &Path) -> Result<PqSigningKey, Problem> {
    draw(path)?;
    Ok(PqSigningKey::from_seed(&*read_secret(path)?))
}

/// The P-256 key of a file, drawn if there is none.
///
/// # Errors
/// As [`read_or_draw`]; a number that is no key.
pub fn read_or_draw_export(path: &Path) -> Result<ExportKey, Problem> {
    draw(path)?;
    ExportKey::from_secret(&*read_secret(path)?).ok_or_else(|| {
        let what = format!("`{}` is no key on P-256", path.display());
        problem("bad-key-file", what, "move the file away, so that another one is drawn")
    })
}

/// Puts a key in the place of the party's own. The one that was there is kept beside it under its id:
/// what it signed may have to be shown.
///
/// # Errors
/// A [`Problem`] naming the file; then either key is in its place, whole.
pub fn promote(home: &Path, which: Which, next: &Path) -> Result<(), Problem> {
    make_dir(&home.join("keys"))?;
    let key = read_key(next)?;
    let path = key_file(home, which.name());
    if path.symlink_metadata().is_ok() {
        let old = read_key(&path)?.public();
        if old == key.public() {
            return Ok(());
        }
        let id = key_id(&old.to_string()).map(|id| id.to_string()).unwrap_or_default();
        let kept = path.with_file_name(format!("{id}.ended.key"));
        if kept.symlink_metadata().is_err() {
            fs::hard_link(&path, &kept).map_err(|e| unwritable(&kept, &e))?;
        }
    }
    let draft = path.with_extension("draft");
    // Left over from an attempt that was broken off.
    fs::remove_file(&draft).ok();
    write_secret(&draft, &key.to_seed())?;
    fs::rename(&draft, &path).map_err(|e| unwritable(&path, &e))
}

fn draw(path: &Path) -> Result<(), Problem> {
    if path.symlink_metadata().is_ok() {
        return Ok(());
    }
    if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        make_dir(dir)?;
    }
    write_secret(path, &*random::bytes::<32>()?)
}
