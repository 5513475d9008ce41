//! The state behind an archive, for whoever wants to look at it and not at its proof.

use std::path::Path;

use concordat_replay::Replica;
use concordat_terms::Problem;

use crate::archive::Folder;

/// Folds an archive's log, with the blobs beside it. The log's signatures, quorum and order are
/// checked; what the exporting party claims of verdicts, and whether anything else belongs there,
/// is for [`verify`](crate::verify::verify).
///
/// # Errors
/// A problem: the folder cannot be read, or its log does not hold or cannot be folded.
pub fn refold(dir: &Path) -> Result<Replica, Problem> {
    let folder = Folder::open(dir).map_err(|failure| failure.problem().clone())?;
    crate::verify::refold(&folder)
}
