//! The state behind an archive, for whoever wants to look at it and not at its proof.

use std::collections::BTreeMap;
use std::path::Path;

use concordat_replay::Replica;
use concordat_terms::Problem;

use crate::archive::{BLOBS, load};
use crate::verify::{cores, entries};

/// Folds an archive's log, with the blobs beside it. The log's signatures, quorum and order are
/// checked; what the exporting party claims of verdicts, and whether anything else belongs there,
/// is for [`verify`](crate::verify::verify).
///
/// # Errors
/// A problem: the folder cannot be read, or its log does not hold or cannot be folded.
pub fn refold(dir: &Path) -> Result<Replica, Problem> {
    let files = load(dir).map_err(|failure| failure.problem().clone())?;
    refold_files(&files).map(|(replica, _)| replica)
}

/// [`refold`], of files that were read already; with the entries.
pub(crate) fn refold_files(
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<(Replica, Vec<Vec<u8>>), Problem> {
    let unfoldable = |what: String| {
        Problem::new("not-verified", what, "run `concordat verify`", "docs/reference/problems.md")
    };
    let mut replica = Replica::new();
    for (_, bytes) in files.iter().filter(|(name, _)| name.starts_with(BLOBS)) {
        replica.supply(bytes.clone());
    }
    let entries = entries(files).map_err(|broken| unfoldable(broken.to_string()))?;
    let step = |replica: &mut Replica, opened: &_| replica.step_opened(opened).map(drop);
    replica.fold_ahead(&entries, cores(), step).map_err(|halt| unfoldable(halt.to_string()))?;
    Ok((replica, entries))
}
