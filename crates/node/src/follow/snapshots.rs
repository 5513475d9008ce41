//! What a start goes on from: the fold as it was, in a file beside the store.
//!
//! Nothing depends on it. Where there is none, or none that can be used, the log is folded from its
//! beginning, and a line in this node's own log says why.

use std::path::Path;

use concordat_replay::{Records, Replica, Snapshot, Unfit};
use concordat_store::{Fault as StoreFault, Shelf};
use concordat_terms::{Digest, RunId};
use concordat_tlog::SigningKey;
use rpds::RedBlackTreeMapSync;
use serde::{Deserialize, Serialize};

use super::Follower;
use super::refusals::Refusals;
use super::signatures::origin_of;
use super::ticks::Ticks;
use super::verdicts::Verdicts;
use crate::client::Fault;

/// The folder beside the store's files.
const FOLDER: &str = "snapshots";

/// A fold before a digest record.
#[derive(Debug)]
pub(super) struct Moment {
    pub(super) replica: Replica,
    pub(super) opened: RedBlackTreeMapSync<RunId, u64>,
    pub(super) joins: RedBlackTreeMapSync<Digest, u64>,
    pub(super) refusals: Refusals,
    pub(super) records: Records,
}

/// What a node keeps beside its fold.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Beside {
    opened: RedBlackTreeMapSync<RunId, u64>,
    joins: RedBlackTreeMapSync<Digest, u64>,
    refusals: Refusals,
    records: Records,
}

/// The folder, and what is to be written next.
#[derive(Debug)]
pub(super) struct Snapshots {
    /// None, where the folder cannot be had: then every start folds the whole log.
    shelf: Option<Shelf>,
    key: SigningKey,
    next: Option<Moment>,
}

impl Snapshots {
    pub(super) fn open(store: &Path, key: SigningKey) -> Self {
        let shelf = Shelf::open(store.join(FOLDER));
        let shelf = shelf.map_err(|fault| cannot("no snapshots are kept", &fault)).ok();
        Self { shelf, key, next: None }
    }

    /// Takes a newer moment, and has it written where that is due.
    pub(super) fn keep(&mut self, moment: Option<Moment>) {
        self.next = moment.or(self.next.take());
        let size = self.next.as_ref().map_or(0, |next| next.replica.size());
        if self.shelf.as_ref().is_some_and(|shelf| shelf.is_due(size)) {
            self.write();
        }
    }

    fn write(&mut self) {
        let (Some(shelf), Some(moment)) = (&mut self.shelf, self.next.take()) else { return };
        let (size, key) = (moment.replica.size(), self.key.clone());
        if let Err(fault) = shelf.put(size, move || written(moment, &key)) {
            cannot("the last snapshot was not written", &fault);
        }
    }
}

impl Drop for Snapshots {
    /// A process that stops leaves the next one little to fold.
    fn drop(&mut self) {
        let size = self.next.as_ref().map_or(0, |next| next.replica.size());
        if self.shelf.as_ref().is_some_and(|shelf| shelf.is_due_at_stop(size)) {
            self.write();
        }
        if let Some(Err(fault)) = self.shelf.as_mut().map(Shelf::finish) {
            cannot("the last snapshot was not written", &fault);
        }
    }
}

fn written(moment: Moment, key: &SigningKey) -> Option<Vec<u8>> {
    let Moment { replica, opened, joins, refusals, records } = moment;
    let beside = serde_json::to_vec(&Beside { opened, joins, refusals, records }).ok()?;
    let bytes = replica.snapshot(&beside, key);
    bytes.map_err(|why| tracing::warn!(%why, "no snapshot can be made")).ok()
}

fn cannot(what: &str, fault: &StoreFault) {
    tracing::warn!(%fault, "{what}");
}

impl Follower {
    /// Goes on from the longest snapshot that can be used; else from the beginning.
    pub(super) fn resume(&mut self) -> Result<(), Fault> {
        let Some(shelf) = &self.snapshots.shelf else { return Ok(()) };
        let kept = shelf.kept().map_err(|fault| cannot("no snapshot is read", &fault));
        for size in kept.unwrap_or_default() {
            let Some(shelf) = &self.snapshots.shelf else { break };
            let bytes = match shelf.read(size) {
                Ok(bytes) => bytes,
                Err(fault) => {
                    cannot("a snapshot cannot be read", &fault);
                    continue;
                }
            };
            match self.resume_from(&bytes)? {
                Ok(size) => {
                    tracing::info!(size, "goes on from a snapshot");
                    self.resumed = size;
                    self.snapshots.shelf.iter_mut().for_each(|shelf| shelf.resumed(size));
                    break;
                }
                Err(unfit) => self.put_aside(size, &unfit),
            }
        }
        Ok(())
    }

    /// Holds a snapshot against what the store has; only where it can be used anything changes.
    fn resume_from(&mut self, bytes: &[u8]) -> Result<Result<u64, Unfit>, Fault> {
        let fit = |has| {
            let snapshot = Snapshot::read(bytes, &self.keys.ledger.public())?;
            snapshot.is_of(&self.log, has).map(|()| snapshot)
        };
        let has = self.store.len().map_err(|fault| fault.problem())?;
        let snapshot = match fit(has) {
            Ok(snapshot) => snapshot,
            Err(unfit) => return Ok(Err(unfit)),
        };
        let read = |from, most| self.store.entries(from, most).map_err(|fault| fault.problem());
        let text = |digest: &Digest| self.store.blob(digest).ok().flatten();
        let mut first = Vec::new();
        let resumed = snapshot.resume(read, text, |index, entry, _| {
            if index == 0 {
                first = entry;
            }
        })?;
        let (replica, frontier) = match resumed {
            Ok(resumed) => resumed,
            Err(unfit) => return Ok(Err(unfit)),
        };
        let Ok(beside) = serde_json::from_slice::<Beside>(snapshot.beside()) else {
            return Ok(Err(Unfit::OtherFormat));
        };
        self.origin = Some(origin_of(&first, &self.log)?);
        (self.replica, self.frontier) = (replica, frontier);
        self.ticks = Ticks::after(self.replica.size(), self.replica.state().time());
        (self.opened, self.joins) = (beside.opened, beside.joins);
        self.refusals = beside.refusals;
        self.compared = Verdicts::after(beside.records);
        Ok(Ok(snapshot.size()))
    }

    fn put_aside(&self, size: u64, unfit: &Unfit) {
        let Some(shelf) = &self.snapshots.shelf else { return };
        let put = if unfit.is_outdated() {
            tracing::info!(size, %unfit, "another release's snapshot: the log is folded again");
            shelf.remove(size)
        } else {
            tracing::warn!(size, %unfit, "a snapshot cannot be used: the log is folded again");
            shelf.set_aside(size)
        };
        if let Err(fault) = put {
            cannot("it stays where it is", &fault);
        }
    }
}
