//! What a party's own fold says of a log, and the blobs that belong to it.

use std::collections::{BTreeMap, BTreeSet};

use concordat_partnership::Verdict;
use concordat_replay::{Halt, Replica};
use concordat_terms::Digest;

use super::{Signings, act_in, verdict_line};
use crate::failure::Failure;

/// A log as an archive tells of it, beside its entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// A line an entry, as [`verdict_line`] makes them.
    pub verdicts: Vec<String>,
    /// Which key signed what, as [`Signings::lines`] makes them.
    pub keys: String,
    /// The texts on which verdicts depend, and what else admitted acts name and could be had.
    pub blobs: BTreeMap<Digest, Vec<u8>>,
    /// What was erased, and by which entry: none of it is among the blobs.
    pub erased: BTreeMap<Digest, u64>,
    /// What else admitted acts name and could not be had.
    pub absent: BTreeSet<Digest>,
}

/// Folds a log anew, with every blob that it needs or that an admitted act names. What refused
/// acts name is nobody's promise: anybody could name what nobody has, or what is long.
///
/// # Errors
/// A text on which a verdict depends cannot be had, or the log cannot be folded.
pub fn tell(
    entries: &[Vec<u8>],
    mut have: impl FnMut(&Digest) -> Result<Vec<u8>, Failure>,
) -> Result<Told, Failure> {
    let (mut replica, mut told) = (Replica::new(), Told::default());
    let mut signings = Signings::default();
    for (index, entry) in (0..).zip(entries) {
        let verdict = loop {
            match replica.step(entry) {
                Ok(verdict) => break verdict,
                Err(Halt::MissingBlob { blob, .. }) => {
                    let bytes = have(&blob)?;
                    told.blobs.insert(replica.supply(bytes.clone()), bytes);
                }
                Err(halt) => {
                    let hint = "follow the log anew in an empty folder";
                    return Err(Failure::fault("fold-halted", halt.to_string(), hint));
                }
            }
        };
        told.verdicts.push(verdict_line(index, &verdict));
        if let Verdict::Admitted { .. } = verdict {
            let signed = act_in(entry);
            signings.heard(index, signed.as_ref(), &verdict, replica.state());
            let named = signed.map(|signed| signed.blobs()).unwrap_or_default();
            for digest in named {
                if told.blobs.contains_key(&digest) || told.absent.contains(&digest) {
                    continue;
                }
                match have(&digest) {
                    Ok(bytes) => drop(told.blobs.insert(digest, bytes)),
                    Err(_) => drop(told.absent.insert(digest)),
                }
            }
        }
    }
    told.keys = signings.lines(replica.state());
    let erased = replica.state().all_erased();
    told.erased = erased.map(|(digest, own)| (*digest, own.index)).collect();
    told.blobs.retain(|digest, _| !told.erased.contains_key(digest));
    told.absent.retain(|digest| !told.erased.contains_key(digest));
    Ok(told)
}
