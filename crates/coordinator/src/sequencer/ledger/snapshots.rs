//! What a start goes on from: the fold as it was, in the folder `snapshots` of the home, wherever the
//! log itself is kept.
//!
//! Nothing depends on it. Where there is none, or none that can be used, the log is folded from its
//! beginning, and a line in this process' own log says why.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use concordat_replay::{Opened, Replica, Snapshot, Unfit};
use concordat_store::{Fault, Shelf};
use concordat_terms::{ActName, Digest, PartyId, Problem};
use concordat_tlog::SigningKey;
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::tile::WIDTH;
use concordat_wire::api::Receipt;
use serde::{Deserialize, Serialize};

use super::{Folded, Ledger, lock_log};
use crate::view::{ReadHandle, Told};

/// The folder in a home.
const FOLDER: &str = "snapshots";
/// A fold before a digest record.
pub(super) struct Moment {
    replica: Replica,
    refused: BTreeMap<PartyId, u64>,
    day: u64,
}

/// What a coordinator keeps beside its fold.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Beside {
    refused: BTreeMap<PartyId, u64>,
    day: u64,
    /// Those of the tile that was not full.
    receipts: Vec<Receipt>,
    /// The entries that are no acts that expire.
    lasting: BTreeSet<u64>,
}

/// The folder, and of how many entries the snapshot was that this start went on from.
pub(super) struct Snapshots {
    /// None, where it cannot be had: then every start folds the whole log.
    shelf: Option<Shelf>,
    pub(super) resumed: u64,
}

/// A fold that goes on from a snapshot, and what was published up to there.
struct Resumed {
    folded: Folded,
    leaves: Vec<Digest>,
    lasting: BTreeSet<u64>,
    /// The entries of the tile that was not full.
    edge: Vec<Vec<u8>>,
    receipts: Vec<Receipt>,
}

impl Moment {
    /// What there is before a digest record, and before nothing else: a snapshot is made of that.
    pub(super) fn before(
        opened: &Opened<'_>,
        replica: &Replica,
        folded: &Folded,
    ) -> Option<Arc<Self>> {
        let act = opened.signed().map(|signed| signed.act.name());
        (act == Some(ActName::DigestRecord)).then(|| {
            let (refused, day) = (folded.refused.clone(), folded.day);
            Arc::new(Self { replica: replica.clone(), refused, day })
        })
    }
}

impl Snapshots {
    pub(super) fn open(home: &Path) -> Self {
        let shelf = Shelf::open(home.join(FOLDER));
        let shelf = shelf.map_err(|fault| cannot("no snapshots are kept", &fault)).ok();
        Self { shelf, resumed: 0 }
    }
}

impl Ledger {
    /// Has the last moment written where that is due, on a thread of its own: acts do not wait.
    pub(super) fn keep_snapshot(&mut self) {
        let size = self.folded.moment.as_ref().map_or(0, |moment| moment.replica.size());
        if self.snapshots.shelf.as_ref().is_some_and(|shelf| shelf.is_due(size)) {
            self.write_snapshot();
        }
    }

    /// A process that stops leaves the next one little to fold.
    pub(crate) fn end(mut self) {
        let size = self.folded.moment.as_ref().map_or(0, |moment| moment.replica.size());
        if self.snapshots.shelf.as_ref().is_some_and(|shelf| shelf.is_due_at_stop(size)) {
            self.write_snapshot();
        }
        if let Some(Err(fault)) = self.snapshots.shelf.as_mut().map(Shelf::finish) {
            cannot("the last snapshot was not written", &fault);
        }
    }

    fn write_snapshot(&mut self) {
        let (key, view) = (self.key.clone(), self.view());
        let (Some(shelf), Some(moment)) = (&mut self.snapshots.shelf, &self.folded.moment) else {
            return;
        };
        let (size, moment) = (moment.replica.size(), moment.clone());
        if let Err(fault) = shelf.put(size, move || written(&moment, &view, &key)) {
            cannot("the last snapshot was not written", &fault);
        }
    }

    /// The fold up to the longest snapshot that can be used, which is published where nothing was; an
    /// empty one where there is none, or where the first tiles of the log, but for `tiles` of them, lack
    /// the notes that a fold makes.
    pub(super) fn resume(&mut self, published: &mut u64, tiles: usize) -> Result<Folded, Problem> {
        let Some(shelf) = &mut self.snapshots.shelf else { return Ok(Folded::new()) };
        let kept = shelf.kept().map_err(|fault| cannot("no snapshot is read", &fault));
        let has = self.store.len().map_err(|e| e.problem())?;
        let fits = |size: &u64| {
            let new = *published == 0 || *published >= *size;
            // What is longer than the log is put aside below.
            new && (*size > has || *size / u64::from(WIDTH) <= tiles as u64)
        };
        for size in kept.unwrap_or_default().into_iter().filter(fits).collect::<Vec<_>>() {
            let Some(shelf) = &mut self.snapshots.shelf else { break };
            let bytes = match shelf.read(size) {
                Ok(bytes) => bytes,
                Err(fault) => {
                    cannot("a snapshot cannot be read", &fault);
                    continue;
                }
            };
            match self.resumed(&bytes)? {
                Ok(resumed) => {
                    tracing::info!(size, "goes on from a snapshot");
                    self.snapshots.resumed = size;
                    self.snapshots.shelf.iter_mut().for_each(|shelf| shelf.resumed(size));
                    if *published == 0 {
                        *published = size;
                        return Ok(self.republish(resumed));
                    }
                    return Ok(resumed.folded);
                }
                Err(unfit) => self.put_aside(size, &unfit),
            }
        }
        Ok(Folded::new())
    }

    /// Publishes what a snapshot goes on from: what is far back is found in the store.
    fn republish(&self, resumed: Resumed) -> Folded {
        let Resumed { folded, leaves, lasting, edge, receipts } = resumed;
        let far = leaves.len().saturating_sub(edge.len());
        let far = (0..).zip(leaves).take(far);
        lock_log(&self.shared, |log| {
            far.for_each(|(index, leaf)| log.pass(leaf, lasting.contains(&index)));
            for (entry, receipt) in edge.into_iter().zip(receipts) {
                let (leaf, lasting) = (leaf_hash(&entry), lasting.contains(&receipt.index));
                log.push(entry, Told { receipt, leaf, lasting });
            }
        });
        folded
    }

    /// Holds a snapshot against what the store has.
    fn resumed(&self, bytes: &[u8]) -> Result<Result<Resumed, Unfit>, Problem> {
        let has = self.store.len().map_err(|e| e.problem())?;
        let log = super::first_entry(&self.store)?;
        let log = Replica::new().open(&log).id();
        let fit = || {
            let snapshot = Snapshot::read(bytes, &self.key.public())?;
            snapshot.is_of(&log, has).map(|()| snapshot)
        };
        let snapshot = match fit() {
            Ok(snapshot) => snapshot,
            Err(unfit) => return Ok(Err(unfit)),
        };
        let (mut leaves, mut edge, edge_at) = (Vec::new(), Vec::new(), full(snapshot.size()));
        let read = |from, most| self.store.entries(from, most).map_err(|e| e.problem());
        let text = |digest: &Digest| self.store.blob(digest).ok().flatten();
        let resumed = snapshot.resume(read, text, |index, entry, leaf| {
            if index >= edge_at {
                edge.push(entry);
            }
            leaves.push(leaf);
        })?;
        let (replica, frontier) = match resumed {
            Ok((replica, frontier)) => (Arc::new(replica), frontier),
            Err(unfit) => return Ok(Err(unfit)),
        };
        let beside: Result<Beside, _> = serde_json::from_slice(snapshot.beside());
        let ordered = |beside: &Beside| {
            let mut indexed = (edge_at..).zip(&beside.receipts);
            beside.receipts.len() == edge.len() && indexed.all(|(nth, one)| one.index == nth)
        };
        let Some(Beside { refused, day, receipts, lasting }) = beside.ok().filter(ordered) else {
            return Ok(Err(Unfit::OtherFormat));
        };
        let folded = Folded { replica, frontier, refused, day, ..Folded::new() };
        Ok(Ok(Resumed { folded, leaves, lasting, edge, receipts }))
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

fn written(moment: &Moment, view: &ReadHandle, key: &SigningKey) -> Option<Vec<u8>> {
    let Moment { replica, refused, day } = moment;
    let first = full(replica.size());
    let open = usize::try_from(replica.size() - first).ok()?;
    let receipts = view.receipts(first, open);
    if receipts.len() < open {
        return None;
    }
    let lasting = view.lasting(replica.size());
    let beside = Beside { refused: refused.clone(), day: *day, receipts, lasting };
    let beside = serde_json::to_vec(&beside).ok()?;
    let bytes = replica.snapshot(&beside, key);
    bytes.map_err(|why| tracing::warn!(%why, "no snapshot can be made")).ok()
}

/// How many entries fill tiles.
fn full(size: u64) -> u64 {
    size - size % u64::from(WIDTH)
}

fn cannot(what: &str, fault: &Fault) {
    tracing::warn!(%fault, "{what}");
}
