//! What a party's own fold says of a log, and the blobs that belong to it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use concordat_partnership::Verdict;
use concordat_partnership::act::Signed;
use concordat_replay::{Halt, Opened, Replica};
use concordat_terms::{Digest, Timestamp};

use super::{Astray, Signings, at_its_place, trimmed, verdict_line};
use crate::failure::Failure;
use crate::verify::cores;

/// A part of an archive, as it comes about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// The next entry, and the line about it, as [`verdict_line`] makes it.
    Entry(&'a [u8], String),
    /// A text on which verdicts depend, or what else an admitted act names and could be had; each
    /// once.
    Blob(Digest, Vec<u8>),
    /// A blob that came before and goes again: a later entry erased it.
    Erased(Digest),
}

/// What else an archive tells of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rest {
    /// Which key signed what, as [`Signings::lines`] makes them.
    pub keys: String,
    /// How many blobs there are.
    pub blobs: usize,
    /// What was erased, and by which entry: none of it is among the blobs.
    pub erased: BTreeMap<Digest, u64>,
    /// What else admitted acts name and could not be had.
    pub absent: BTreeSet<Digest>,
    /// The older checkpoints by their sizes, without lines of strangers, and when each counted.
    pub older: BTreeMap<u64, (Option<Timestamp>, Vec<u8>)>,
    /// Those that do not count, and why.
    pub astray: BTreeMap<u64, Astray>,
}

/// Folds a log anew, with every blob that it needs or that an admitted act names, and hands over the
/// parts of its archive. What refused acts name is nobody's promise: anybody could name what nobody has,
/// or what is long. Of `older` checkpoints, by size, those are told that count at their place.
///
/// # Errors
/// A text on which a verdict depends cannot be had, or the log cannot be folded; a piece that cannot be
/// read; what `hand` says.
pub fn tell<'a>(
    pieces: impl IntoIterator<Item = Result<Vec<Cow<'a, [u8]>>, Failure>>,
    older: &BTreeMap<u64, Vec<u8>>,
    mut have: impl FnMut(&Digest) -> Result<Vec<u8>, Failure>,
    mut hand: impl FnMut(Part<'_>) -> Result<(), Failure>,
) -> Result<Rest, Failure> {
    let (mut replica, mut signings) = (Replica::new(), Signings::default());
    let (mut here, mut absent) = (BTreeSet::new(), BTreeSet::new());
    let (mut count, mut astray, mut earlier) = (BTreeMap::new(), BTreeMap::new(), None);
    replica.fold_stream(pieces, cores(), |replica: &mut Replica, opened: &Opened<'_>| {
        let index = replica.size();
        let verdict = loop {
            match replica.step_opened(opened) {
                Ok(verdict) => break verdict,
                Err(Halt::MissingBlob { blob, .. }) => {
                    let bytes = have(&blob)?;
                    replica.supply(bytes.clone());
                    if here.insert(blob) {
                        hand(Part::Blob(blob, bytes))?;
                    }
                }
                Err(halt) => {
                    let hint = "follow the log anew in an empty folder";
                    return Err(Failure::fault("fold-halted", halt.to_string(), hint));
                }
            }
        };
        hand(Part::Entry(opened.entry(), verdict_line(index, &verdict)))?;
        let size = replica.size();
        if let Some(bytes) = older.get(&size) {
            let kept = trimmed(bytes, replica)
                .and_then(|kept| Ok((at_its_place(&kept, replica, earlier)?, kept)));
            match kept {
                Ok((at, kept)) => {
                    earlier = at.or(earlier);
                    count.insert(size, (at, kept));
                }
                Err(why) => drop(astray.insert(size, why)),
            }
        }
        let Verdict::Admitted { .. } = verdict else { return Ok(()) };
        signings.heard(index, opened.unverified(), &verdict, replica.state());
        for digest in opened.unverified().map(Signed::blobs).unwrap_or_default() {
            if here.contains(&digest) || absent.contains(&digest) {
                continue;
            }
            match have(&digest) {
                Ok(bytes) => {
                    here.insert(digest);
                    hand(Part::Blob(digest, bytes))?;
                }
                Err(_) => drop(absent.insert(digest)),
            }
        }
        Ok(())
    })?;
    let state = replica.state();
    let erased: BTreeMap<_, _> = state.all_erased().map(|(d, own)| (*d, own.index)).collect();
    for digest in erased.keys() {
        absent.remove(digest);
        if here.remove(digest) {
            hand(Part::Erased(*digest))?;
        }
    }
    let (keys, blobs) = (signings.lines(state), here.len());
    Ok(Rest { keys, blobs, erased, absent, older: count, astray })
}
