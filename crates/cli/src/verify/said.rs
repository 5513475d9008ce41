//! What the entries of a log say, signatures aside: read once, on all cores.

use std::collections::BTreeMap;
use std::thread;

use concordat_partnership::Act;
use concordat_terms::Digest;

use crate::archive::{act_in, blobs_with};

/// What verification asks of entries before it folds them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// The blobs that entries name, and the first entry that does.
    pub(super) named: BTreeMap<Digest, u64>,
    /// Whether an act among them adopts witnesses.
    pub(super) adopts_witnesses: bool,
}

impl Said {
    pub(super) fn by(entries: &[Vec<u8>]) -> Self {
        let part = entries.len().div_ceil(cores()).max(1);
        let read = |part: &[Vec<u8>], from: usize| {
            let mut said = Self::default();
            for (index, entry) in (from as u64..).zip(part) {
                let Some(signed) = act_in(entry) else { continue };
                said.adopts_witnesses |= matches!(signed.act, Act::PolicyAdopt(_));
                for digest in blobs_with(&signed) {
                    said.named.entry(digest).or_insert(index);
                }
            }
            said
        };
        thread::scope(|scope| {
            let parts = entries.chunks(part).enumerate();
            let jobs: Vec<_> = parts
                .map(|(place, chunk)| {
                    let from = place * part;
                    (chunk, from, scope.spawn(move || read(chunk, from)))
                })
                .collect();
            let mut all = Self::default();
            for (chunk, from, job) in jobs {
                let said = job.join().unwrap_or_else(|_| read(chunk, from));
                all.adopts_witnesses |= said.adopts_witnesses;
                for (digest, index) in said.named {
                    all.named.entry(digest).or_insert(index);
                }
            }
            all
        })
    }
}

/// How many threads work at once.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}
