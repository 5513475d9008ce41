//! Receipts beside an archive: whether the log keeps what was promised.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use concordat_agreement::{Agreement, Witnesses};
use concordat_replay::log_key;
use concordat_terms::{Digest, Period, Timestamp};
use concordat_tlog::Policy;
use concordat_tlog::archive::{Files, entry};
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::word::Promise;
use serde::Serialize;

use super::{Broken, genesis};

/// From which entries on the log's time was what, as the fold gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Times(Vec<(u64, Timestamp)>);

impl Times {
    /// The time once the entry at `index` was folded.
    pub(super) fn heard(&mut self, index: u64, time: Timestamp) {
        if self.0.last().is_none_or(|(_, last)| *last != time) {
            self.0.push((index, time));
        }
    }

    /// The log's time at an entry that was folded.
    fn at(&self, index: u64) -> Option<Timestamp> {
        let after = self.0.partition_point(|(from, _)| *from <= index);
        self.0.get(after.checked_sub(1)?).map(|(_, time)| *time)
    }
}

/// What a receipt is held against beside the entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clocks {
    /// The log's time at each entry.
    pub(super) times: Times,
    /// So many witnesses as suffice cosigned the archive's checkpoint at this time or later: one of them is
    /// taken to be honest, so the log had no more entries for whoever asked. None where nobody has to.
    seen: Option<Timestamp>,
    /// How old a checkpoint may be, as agreed.
    staleness: Period,
    /// How far clocks may be apart, as agreed.
    skew: Period,
}

impl Clocks {
    pub(super) fn of(
        times: Times,
        (policy, cosigned_by): (&Policy, &BTreeMap<String, Timestamp>),
        agreement: &Agreement,
    ) -> Self {
        let agreed =
            agreement.witnesses().map(|cited| (cited.terms.max_staleness, cited.terms.skew));
        let unsaid = (Witnesses::MAX_STALENESS_UNSAID, Witnesses::SKEW_UNSAID);
        let (staleness, skew) = agreed.unwrap_or(unsaid);
        Self { times, seen: since(policy, cosigned_by), staleness, skew }
    }
}

/// The latest time of which as many as suffice say that they cosigned no earlier. One clock that is put
/// back moves it no further than to the next who suffice without it.
fn since(policy: &Policy, cosigned_by: &BTreeMap<String, Timestamp>) -> Option<Timestamp> {
    if policy.satisfied(&BTreeSet::new()) {
        return None;
    }
    let mut latest_first: Vec<_> = cosigned_by.iter().map(|(name, at)| (*at, name)).collect();
    latest_first.sort();
    let mut so_far = BTreeSet::new();
    latest_first.into_iter().rev().find_map(|(at, name)| {
        so_far.insert(name.clone());
        policy.satisfied(&so_far).then_some(at)
    })
}

/// How an archive's log stands to a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Promised {
    /// The entry that was promised.
    pub index: u64,
    /// Its leaf hash.
    pub leaf: Digest,
    /// The log's time that was promised.
    pub time: Timestamp,
    /// Whether the entry is there; else the archive ends before it, and nothing was broken yet.
    pub kept: bool,
}

impl fmt::Display for Promised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { index, leaf, time, kept } = self;
        let leaf = leaf.short();
        if *kept {
            write!(f, "receipt: entry {index} is {leaf} of {time}, as it was promised")
        } else {
            write!(f, "receipt: entry {index} of {time} comes after the end of this archive")
        }
    }
}

/// Why a receipt is not kept, or says nothing about a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unkept {
    /// Not a promise of this log.
    NotIts(String),
    /// The archive cannot be read.
    Unread(Broken),
    /// Another entry is where the promised one should be: the log's key has signed both.
    Broken {
        /// That entry.
        index: u64,
    },
    /// The entry is there, and at another time than was promised.
    Retimed {
        /// That entry.
        index: u64,
        /// The log's time that was promised.
        promised: Timestamp,
        /// The log's time there.
        there: Timestamp,
    },
    /// So many witnesses had seen no such entry at this time, long after it was promised.
    Overdue {
        /// The promised entry.
        index: u64,
        /// The log's time that was promised.
        time: Timestamp,
        /// As many as suffice cosigned at this time or later.
        seen: Timestamp,
    },
}

/// Compares each place of a receipt with the log of an archive that holds and has `size` entries.
/// `clocks` is what its verification found.
///
/// # Errors
/// [`Unkept`].
pub fn promised(
    files: &impl Files,
    size: u64,
    receipt: &[u8],
    clocks: &Clocks,
) -> Result<Vec<Promised>, Unkept> {
    let not_its = |why: String| Unkept::NotIts(why);
    let (id, genesis) = genesis(files, None).map_err(Unkept::Unread)?;
    let log = log_key(&genesis).map_err(|why| not_its(why.to_string()))?;
    let promises = Promise::open(receipt, &log).map_err(|why| not_its(why.to_string()))?;
    let judge = |Promise { log, index, leaf, time, .. }: Promise| {
        if log != id {
            return Err(not_its(format!("it is of the log `{log}`")));
        }
        let found = entry(files, size, index).map_err(|fault| Unkept::Unread(fault.into()))?;
        let due = time.plus(clocks.staleness).plus(clocks.skew);
        let times = &clocks.times;
        match (found.map(|entry| leaf_hash(&entry) == leaf), clocks.seen) {
            (Some(true), _) if times.at(index) != Some(time) => {
                let there =
                    times.at(index).ok_or_else(|| not_its("it was not folded".to_owned()))?;
                Err(Unkept::Retimed { index, promised: time, there })
            }
            (Some(true), _) => Ok(Promised { index, leaf, time, kept: true }),
            (Some(false), _) => Err(Unkept::Broken { index }),
            (None, Some(seen)) if seen > due => Err(Unkept::Overdue { index, time, seen }),
            (None, _) => Ok(Promised { index, leaf, time, kept: false }),
        }
    };
    promises.into_iter().map(judge).collect()
}
