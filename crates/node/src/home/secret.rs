//! Secrets in files of their own: a key's seed, a dataset's salt.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use concordat_terms::Problem;
use zeroize::Zeroizing;

use super::{sync_name, unreadable, unwritable};
use crate::plain::{self, Kind};
use crate::problems::problem;

/// Writes 32 secret bytes that nobody else may read; never over a file that is there.
pub(crate) fn write_secret(path: &Path, secret: &[u8; 32]) -> Result<(), Problem> {
    let text = Zeroizing::new(format!("{}\n", hex::encode(secret)));
    let mut options = OpenOptions::new();
    options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            sync_name(path)
        })
        .map_err(|e| unwritable(path, &e))
}

/// Reads 32 secret bytes, refusing a file that the group or others may read.
pub(crate) fn read_secret(path: &Path) -> Result<Zeroizing<[u8; 32]>, Problem> {
    plain::require_plain(path).map_err(|e| unreadable(path, &e))?;
    let found = fs::metadata(path).map_err(|e| unreadable(path, &e.into()))?;
    let mode = found.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(problem(
            "key-open-to-others",
            format!("`{}` has mode {:04o}: others may read it", path.display(), mode & 0o7777),
            format!(
                "run `chmod 600 {}`; replace the key if somebody may have read it",
                path.display()
            ),
        ));
    }
    let text = plain::read(path, Kind::Secret).map_err(|e| unreadable(path, &e))?;
    let text = Zeroizing::new(text);
    let mut secret = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim_ascii_end(), secret.as_mut_slice()).map_err(|_| {
        problem(
            "bad-key-file",
            format!("`{}` is not 64 hexadecimal digits", path.display()),
            "restore the file from a backup",
        )
    })?;
    Ok(secret)
}
