//! What can be read: the published log, its checkpoints, and the state they stand for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use concordat_replay::Replica;
use concordat_terms::{Digest, RunId};
use concordat_tlog::tile::{self, Level, TilePath};
use concordat_tlog::{Checkpoint, Note, Receipt as Proof, Tree};
use concordat_wire::api::{Progress, Receipt, Witnesses};
use tokio::sync::watch;

use crate::witnessed::Witnessed;

/// One moment of the log, durable before it is seen.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Entries.
    pub size: u64,
    /// The fold up to there.
    pub replica: Arc<Replica>,
}

/// The published log.
#[derive(Debug, Default)]
pub(crate) struct Log {
    tree: Tree,
    entries: Vec<Vec<u8>>,
    pub(crate) receipts: Vec<Receipt>,
    /// By the leaf of an entry: where its bytes were first logged.
    known: BTreeMap<Digest, u64>,
}

impl Log {
    pub(crate) fn push(&mut self, entry: Vec<u8>, leaf: Digest, receipt: Receipt) {
        self.tree.append(leaf);
        self.known.entry(leaf).or_insert(receipt.index);
        self.entries.push(entry);
        self.receipts.push(receipt);
    }

    pub(crate) fn len(&self) -> u64 {
        self.entries.len() as u64
    }

    /// The receipt that the very bytes of this leaf got.
    pub(crate) fn old_receipt(&self, leaf: &Digest) -> Option<&Receipt> {
        let index = self.known.get(leaf)?;
        self.receipts.get(usize::try_from(*index).ok()?)
    }

    fn tile(&self, path: &TilePath) -> Option<Vec<u8>> {
        match path.level() {
            Level::Hashes(_) => tile::from_tree(&self.tree, path),
            Level::Entries => {
                let start = usize::try_from(path.start()).ok()?;
                let end = start.checked_add(usize::from(path.width()))?;
                tile::encode_entries(self.entries.get(start..end)?).ok()
            }
        }
    }
}

/// Everything that readers share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) log: RwLock<Log>,
    pub(crate) snapshot: watch::Sender<Arc<Snapshot>>,
    pub(crate) witnessed: Mutex<Witnessed>,
    /// The largest size that a quorum cosigned.
    pub(crate) quorum: watch::Sender<u64>,
    /// How often cosignatures were taken in.
    pub(crate) cosigned: watch::Sender<u64>,
    pub(crate) progress: Mutex<BTreeMap<RunId, Progress>>,
}

/// Reads what the coordinator has published; cheap to clone.
#[derive(Clone, Debug)]
pub struct ReadHandle(pub(crate) Arc<Shared>);

impl ReadHandle {
    /// The latest moment.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.0.snapshot.borrow().clone()
    }

    /// The fold at the latest moment.
    pub fn replica(&self) -> Arc<Replica> {
        self.snapshot().replica.clone()
    }

    /// Wakes whenever there are more entries.
    pub fn watch(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.0.snapshot.subscribe()
    }

    /// What became of the entry at `index`.
    pub fn receipt(&self, index: u64) -> Option<Receipt> {
        self.receipts(index, 1).pop()
    }

    /// What became of at most `at_most` entries, the first at index `from`, ascending.
    pub fn receipts(&self, from: u64, at_most: usize) -> Vec<Receipt> {
        let log = self.0.log.read().unwrap_or_else(PoisonError::into_inner);
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        log.receipts.iter().skip(from).take(at_most).cloned().collect()
    }

    /// The bytes of the entry at `index`.
    pub fn entry(&self, index: u64) -> Option<Vec<u8>> {
        let log = self.0.log.read().unwrap_or_else(PoisonError::into_inner);
        log.entries.get(usize::try_from(index).ok()?).cloned()
    }

    /// How a run's rounds go, if it has a room.
    pub fn progress(&self, run: &RunId) -> Option<Progress> {
        lock(&self.0.progress).get(run).cloned()
    }

    /// The latest checkpoint, with the cosignatures gathered so far.
    pub fn checkpoint(&self) -> Option<Note> {
        lock(&self.0.witnessed).latest().cloned()
    }

    /// The latest checkpoint that satisfies the witness policy.
    pub fn checkpoint_by_quorum(&self) -> Option<Note> {
        lock(&self.0.witnessed).by_quorum().cloned()
    }

    /// The leaf hash of the entry at `index`.
    pub(crate) fn leaf(&self, index: u64) -> Option<Digest> {
        let log = self.0.log.read().unwrap_or_else(PoisonError::into_inner);
        log.tree.leaves().get(usize::try_from(index).ok()?).copied()
    }

    /// The place of the entry at `index` under a checkpoint, with its leaf hash; none where that does not
    /// reach it.
    pub(crate) fn proof(&self, index: u64, note: &Note) -> Option<Proof> {
        let size = Checkpoint::parse(note.text()).ok()?.size;
        let log = self.0.log.read().unwrap_or_else(PoisonError::into_inner);
        let path = log.tree.prove_inclusion(index, size).ok()?;
        let leaf = log.tree.leaves().get(usize::try_from(index).ok()?)?;
        let checkpoint = String::from_utf8(note.to_bytes()).ok()?;
        Some(Proof { extra: Some(leaf.0.to_vec()), index, path, checkpoint })
    }

    /// Who has cosigned what.
    pub fn witnesses(&self) -> Witnesses {
        lock(&self.0.witnessed).standing()
    }

    /// That the first `old` entries are a beginning of the first `new`; none where the log does not
    /// reach, or `old` is larger.
    pub(crate) fn consistency(&self, old: u64, new: u64) -> Option<Vec<Digest>> {
        let log = self.0.log.read().unwrap_or_else(PoisonError::into_inner);
        log.tree.prove_consistency(old, new).ok()
    }

    /// A tile of the published log: its bytes, or `None` where the log does not reach.
    pub fn tile(&self, path: &TilePath) -> Option<Vec<u8>> {
        self.0.log.read().unwrap_or_else(PoisonError::into_inner).tile(path)
    }
}

/// What is guarded is replaced as a whole, so a panic elsewhere leaves it as it was.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
