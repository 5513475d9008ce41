//! Whether a log goes on from a checkpoint that the reader has seen before.

use concordat_terms::Digest;
use concordat_tlog::Frontier;
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::note::Unlisted;
use concordat_tlog::{Policy, Vkey, trust};

use super::{Broken, Promise};

/// The size of the checkpoint that was seen, if the entries begin with the log that it stands for.
///
/// This is how a history that everybody signed anew is found out, and one that was cut short: an
/// archive by itself can only be checked against itself.
pub(super) fn goes_on(
    seen: &[u8],
    entries: &[Vec<u8>],
    log: &Vkey,
    policy: &Policy,
) -> Result<u64, Broken> {
    let broken =
        |what: String| Broken::of(Promise::History, concordat_tlog::archive::CHECKPOINT, what);
    let seen = trust::open(seen, log, policy, Unlisted::Ignored)
        .map_err(|why| broken(format!("the checkpoint that you have seen: {why}")))?
        .checkpoint;
    let size = usize::try_from(seen.size).unwrap_or(usize::MAX);
    let Some(beginning) = entries.get(..size) else {
        let has = entries.len();
        return Err(broken(format!("{has} entries, and you have seen a log of {size}")));
    };
    if root(beginning) != seen.root {
        let what = "the first entries are not those that you have seen";
        return Err(broken(format!("{what}: two histories were signed, at size {size}")));
    }
    Ok(seen.size)
}

fn root(entries: &[Vec<u8>]) -> Digest {
    let mut tree = Frontier::default();
    entries.iter().for_each(|entry| tree.append(leaf_hash(entry)));
    tree.root()
}
