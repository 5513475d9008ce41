//! Files that hold the address of a database, and maybe a password.

use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use concordat_store::Address;

use super::{SourceFault, delimited};
use crate::fault::Fault;

/// The most bytes of such a file.
const BYTES_MOST: u64 = 4_096;

/// Reads the address; nobody else may read a file that has a password.
///
/// # Errors
/// [`SourceFault`], never with a word of the file.
pub(super) fn read(path: &Path) -> Result<Address, Fault> {
    let name = || path.display().to_string();
    let file = delimited::open(path)?;
    let unread = |e: std::io::Error| SourceFault::File { file: name(), why: e.to_string() };
    let mode = file.metadata().map_err(unread)?.permissions().mode() & 0o7777;
    let mut text = String::new();
    let read = file.take(BYTES_MOST).read_to_string(&mut text);
    let bad = |why: String| SourceFault::Address { file: name(), why };
    read.map_err(|_| bad("it is not a text in UTF-8".to_owned()))?;
    let address: Address =
        text.trim().parse().map_err(|e: concordat_store::BadAddress| bad(e.to_string()))?;
    if address.has_password() && mode & 0o077 != 0 {
        return Err(SourceFault::Open { file: name(), mode }.into());
    }
    Ok(address)
}
