//! Whether the log of a bundle goes on from where it was: at the sizes from which the bundle has proofs, and
//! at the one that the reader has seen.

use concordat_tlog::archive::CHECKPOINT;
use concordat_tlog::merkle::verify_consistency;
use concordat_tlog::note::Unlisted;
use concordat_tlog::trust;
use concordat_tlog::witness::AddCheckpoint;
use concordat_tlog::{Policy, Vkey};

use super::Files;
use crate::bundle::{Beginning, INDEX, Index, proof_from};
use crate::verify::seen::unread;
use crate::verify::{Broken, Promise};

/// Whether the sizes ascend up to the checkpoint's.
pub(super) fn ascend(index: &Index) -> bool {
    let sizes: Vec<u64> = index.from.iter().map(|own| own.size).chain([index.size]).collect();
    index.from.first().is_none_or(|first| first.size > 0)
        && sizes.windows(2).all(|pair| matches!(pair, [one, next] if one < next))
}

/// Each proof leads from its beginning to the checkpoint of this bundle.
pub(super) fn check_beginnings(files: &Files, index: &Index) -> Result<(), Broken> {
    for Beginning { size, root } in &index.from {
        let name = proof_from(*size);
        let broken = |what: String| Broken::of(Promise::Order, &name, what);
        let bytes = files.get(&name).map(Vec::as_slice).unwrap_or_default();
        let body = AddCheckpoint::parse(bytes).map_err(|e| broken(e.to_string()))?;
        if body.old != *size || files.get(CHECKPOINT) != Some(&body.note.to_bytes()) {
            return Err(broken("it is of another size, or leads to another checkpoint".to_owned()));
        }
        verify_consistency(*size, root, index.size, &index.root, &body.proof)
            .map_err(|e| broken(e.to_string()))?;
    }
    Ok(())
}

/// The size of the checkpoint that was seen, if the log of this bundle begins with the one that it stands
/// for. What the log's key has signed it has signed, whoever cosigned that, or nobody.
pub(super) fn goes_on(seen: &[u8], index: &Index, log: &Vkey) -> Result<u64, Broken> {
    let broken = |file: &str, what: String| Broken::of(Promise::History, file, what);
    let seen = trust::open(seen, log, &Policy::nobody(), Unlisted::Ignored)
        .map_err(|why| unread(&why))?
        .checkpoint;
    let (size, own) = (seen.size, index.size);
    if size > own {
        let what = format!(
            "{own} entries, and you have seen a log of {size}: ask for a bundle that was made since"
        );
        return Err(broken(CHECKPOINT, what));
    }
    let here = Beginning { size: own, root: index.root };
    let known = index.from.iter().chain([&here]).find(|known| known.size == size);
    let Some(known) = known else {
        let what = format!(
            "no proof leads here from the {size} entries that you have seen: ask for a bundle made with \
             `--from {size}`, or for the archive"
        );
        return Err(broken(INDEX, what));
    };
    if known.root != seen.root {
        return Err(broken(CHECKPOINT, format!("two histories were signed, at size {size}")));
    }
    Ok(size)
}
