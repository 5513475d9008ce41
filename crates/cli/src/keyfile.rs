//! The coordinator's key file: 64 hexadecimal digits that nobody else may read.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use concordat_node::plain::{self, Kind};
use concordat_tlog::SigningKey;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::files;

/// The key that orders, in a coordinator's folder.
///
/// # Errors
/// No such file, or one that others may read, or not a key.
pub(crate) fn sequencer(home: &Path) -> Result<SigningKey, Failure> {
    let path = home.join("keys").join("sequencer.key");
    plain::require_plain(&path).map_err(|e| Failure::not_read(&path, &e))?;
    let mode =
        fs::metadata(&path).map_err(|e| Failure::io("read", &path, &e))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(Failure::usage(
            "key-open-to-others",
            format!("`{}` has mode {:04o}: others may read it", path.display(), mode & 0o7777),
            format!("run `chmod 600 {}`", path.display()),
        ));
    }
    let text = Zeroizing::new(files::bytes(&path, Kind::Secret)?);
    let mut seed = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim_ascii_end(), seed.as_mut_slice()).map_err(|_| {
        let what = format!("`{}` is not 64 hexadecimal digits", path.display());
        Failure::usage("bad-key-file", what, "restore the file from a backup")
    })?;
    Ok(SigningKey::from_seed(&seed))
}

/// The same, drawn if there is none yet.
///
/// # Errors
/// As [`sequencer`]; what the disk or the system's randomness says.
pub(crate) fn sequencer_or_new(home: &Path) -> Result<SigningKey, Failure> {
    let dir = home.join("keys");
    let path = dir.join("sequencer.key");
    if !path.exists() {
        let mut builder = DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(&dir);
        made.map_err(|e| Failure::io("create the folder", &dir, &e))?;
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut_slice()).map_err(|e| {
            let what = format!("the system gives no randomness: {e}");
            Failure::fault("no-randomness", what, "check the operating system")
        })?;
        let text = Zeroizing::new(format!("{}\n", hex::encode(seed.as_slice())));
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(&path);
        file.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
            .map_err(|e| Failure::io("write", &path, &e))?;
    }
    sequencer(home)
}
