//! What can be read: the published log, its checkpoints, and the state they stand for.
//!
//! What is far back in the log is read from the store, which blocks: not to be asked for from async
//! code.

mod log;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use concordat_front::blocking;
use concordat_replay::Replica;
use concordat_store::Reader;
use concordat_terms::{Digest, Problem, RunId};
use concordat_tlog::merkle::{Leaves, NotInTree};
use concordat_tlog::tile::{self, Level, TilePath, WIDTH};
use concordat_tlog::{Checkpoint, Note, Receipt as Proof, TiledTree};
use concordat_wire::api::{Attempt, Progress, Receipt, Witnesses};
use tokio::sync::watch;

pub use self::log::DERIVED;
pub(crate) use self::log::{Log, RECEIPTS, Told, receipts_in, receipts_of};
use self::log::{leaves_in, leaves_of};
use crate::problem::{Refused, unusable};
use crate::sequencer::not_erased;
use crate::witnessed::Witnessed;

/// One moment of the log, durable before it is seen.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Entries.
    pub size: u64,
    /// The fold up to there.
    pub replica: Arc<Replica>,
}

/// Everything that readers share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) log: RwLock<Log>,
    /// Where the rest of the log is.
    pub(crate) store: Reader,
    pub(crate) snapshot: watch::Sender<Arc<Snapshot>>,
    pub(crate) witnessed: Mutex<Witnessed>,
    /// The largest size that a quorum cosigned.
    pub(crate) quorum: watch::Sender<u64>,
    /// How often cosignatures were taken in.
    pub(crate) cosigned: watch::Sender<u64>,
    pub(crate) progress: Mutex<BTreeMap<RunId, Progress>>,
    /// Of runs in the midst of a round, which attempt is going on.
    pub(crate) attempts: watch::Sender<BTreeMap<RunId, Attempt>>,
    /// How the last attempt ended of runs that were aborted, for those who come late.
    pub(crate) lost: Mutex<BTreeMap<RunId, String>>,
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

    /// What became of at most `at_most` entries, the first at index `from`, ascending. Fewer where the
    /// store does not answer.
    pub fn receipts(&self, from: u64, at_most: usize) -> Vec<Receipt> {
        let mut found = Vec::new();
        let mut tile: Option<(u64, Vec<Receipt>)> = None;
        // Read once, and let go: whoever held the log while asking it again would wait for the writer that
        // waits for it.
        let end = self.log().len();
        for index in (from..end).take(at_most) {
            if let Some(recent) = self.log().recent(index) {
                found.push(recent.told.receipt.clone());
                continue;
            }
            let wide = u64::from(WIDTH);
            let number = index / wide;
            if tile.as_ref().is_none_or(|(read, _)| *read != number) {
                let note = said(self.0.store.note(&receipts_of(number))).flatten();
                tile = note.and_then(|note| Some((number, receipts_in(&note)?)));
            }
            let place = usize::try_from(index % wide).unwrap_or(usize::MAX);
            match tile.as_ref().and_then(|(_, receipts)| receipts.get(place)) {
                Some(receipt) => found.push(receipt.clone()),
                None => break,
            }
        }
        found
    }

    /// Which of the first `size` entries are no acts that expire.
    pub(crate) fn lasting(&self, size: u64) -> BTreeSet<u64> {
        self.log().lasting(size)
    }

    /// The bytes of the entry at `index`; none too where the store does not answer.
    pub fn entry(&self, index: u64) -> Option<Vec<u8>> {
        if let Some(recent) = self.log().recent(index) {
            return Some(recent.entry.clone());
        }
        // What is durable and not yet published is nobody's business.
        let published = index < self.log().len();
        published.then(|| said(self.0.store.entries(index, 1))?.pop())?
    }

    /// A blob that was left here, read beside the sequencer: who reads keeps nobody waiting.
    pub(crate) async fn blob(&self, digest: Digest) -> Result<Option<Vec<u8>>, Refused> {
        let view = self.clone();
        let read = blocking(move || {
            let read = view.0.store.blob(&digest);
            // After the read: one that was erased meanwhile was not found damaged.
            not_erased(view.replica().state(), &digest)?;
            Ok(read?)
        });
        read.await.unwrap_or_else(|| Err(Refused::busy()))
    }

    /// All notes whose names start so, ascending; read beside the sequencer.
    pub(crate) async fn notes(&self, prefix: String) -> Result<Vec<(String, Vec<u8>)>, Refused> {
        let view = self.clone();
        let read = blocking(move || Ok(view.0.store.notes(&prefix)?.into_iter().collect()));
        read.await.unwrap_or_else(|| Err(Refused::busy()))
    }

    /// How a run's rounds go, if it has a room.
    pub fn progress(&self, run: &RunId) -> Option<Progress> {
        lock(&self.0.progress).get(run).cloned()
    }

    /// Says which attempt is going on in a run, if one is.
    pub(crate) fn tell_attempt(&self, run: &RunId, now: Option<Attempt>) {
        self.0.attempts.send_if_modified(|attempts| {
            let before = match now {
                Some(now) => attempts.insert(run.clone(), now),
                None => attempts.remove(run),
            };
            before != now
        });
    }

    /// The latest checkpoint, with the cosignatures gathered so far.
    pub fn checkpoint(&self) -> Option<Note> {
        lock(&self.0.witnessed).latest().cloned()
    }

    /// The latest checkpoint that satisfies the witness policy.
    pub fn checkpoint_by_quorum(&self) -> Option<Note> {
        lock(&self.0.witnessed).by_quorum().cloned()
    }

    /// The smallest that is kept of the older ones that satisfied it, of at least `size` entries.
    ///
    /// # Errors
    /// A [`Problem`]: the store does not answer.
    pub(crate) fn older_checkpoint(&self, size: u64) -> Result<Option<Vec<u8>>, Problem> {
        let name = lock(&self.0.witnessed).series.from(size);
        let note = name.map(|name| self.0.store.note(&name)).transpose();
        Ok(note.map_err(|fault| fault.problem())?.flatten())
    }

    /// The place of the entry at `index` under a checkpoint, with its leaf hash; none where that does not
    /// reach it.
    ///
    /// # Errors
    /// A [`Problem`]: the store does not answer.
    pub(crate) fn proof(&self, index: u64, note: &Note) -> Result<Option<Proof>, Problem> {
        let Ok(Checkpoint { size, .. }) = Checkpoint::parse(note.text()) else { return Ok(None) };
        let Ok(checkpoint) = String::from_utf8(note.to_bytes()) else { return Ok(None) };
        self.ask(|tree, leaves| {
            let path = tree.prove_inclusion(index, size, leaves)?;
            let extra = Some(tree.leaf(index, leaves)?.0.to_vec());
            Ok(Proof { extra, index, path, checkpoint: checkpoint.clone() })
        })
    }

    /// Who has cosigned what.
    pub fn witnesses(&self) -> Witnesses {
        lock(&self.0.witnessed).standing()
    }

    /// That the first `old` entries are a beginning of the first `new`; none where the log does not
    /// reach, or `old` is larger.
    ///
    /// # Errors
    /// A [`Problem`]: the store does not answer.
    pub(crate) fn consistency(&self, old: u64, new: u64) -> Result<Option<Vec<Digest>>, Problem> {
        self.ask(|tree, leaves| tree.prove_consistency(old, new, leaves))
    }

    /// A tile of the published log: its bytes, or `None` where the log does not reach.
    ///
    /// # Errors
    /// A [`Problem`]: the store does not answer.
    pub fn tile(&self, path: &TilePath) -> Result<Option<Vec<u8>>, Problem> {
        if path.level() != Level::Entries {
            return Ok(self.ask(|tree, leaves| tree.tile(path, leaves))?.flatten());
        }
        let wide = u64::from(path.width());
        let Some(end) = path.start().checked_add(wide).filter(|end| *end <= self.log().len())
        else {
            return Ok(None);
        };
        let recent = |index| self.log().recent(index).map(|recent| recent.entry.clone());
        let held: Option<Vec<_>> = (path.start()..end).map(recent).collect();
        let entries = match held {
            Some(entries) => entries,
            None => {
                let read = self.0.store.entries(path.start(), usize::from(path.width()));
                read.map_err(|fault| fault.problem())?
            }
        };
        Ok(tile::encode_entries(&entries).ok())
    }

    fn log(&self) -> RwLockReadGuard<'_, Log> {
        self.0.log.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the tree, with what it needs of leaves that are not held: read beforehand, since whoever
    /// writes does not wait for a disk. None beyond the log.
    fn ask<T>(
        &self,
        ask: impl Fn(&TiledTree, &mut Leaves<'_>) -> Result<T, NotInTree>,
    ) -> Result<Option<T>, Problem> {
        let mut read: BTreeMap<u64, Vec<Digest>> = BTreeMap::new();
        loop {
            let asked = {
                let log = self.log();
                let mut leaves =
                    |tile| log.recent_leaves(tile).or_else(|| read.get(&tile).cloned());
                ask(log.tree(), &mut leaves)
            };
            match asked {
                Ok(found) => return Ok(Some(found)),
                Err(NotInTree::Unread { tile }) => {
                    let note = self.0.store.note(&leaves_of(tile)).map_err(|e| e.problem())?;
                    let leaves = note.and_then(|note| leaves_in(&note));
                    let leaves = leaves.filter(|_| !read.contains_key(&tile)).ok_or_else(|| {
                        let what = format!("the hashes of tile {tile} are not in the store");
                        unusable("log-differs", what, "restore the store from a backup")
                    })?;
                    read.insert(tile, leaves);
                }
                Err(NotInTree::Size { .. } | NotInTree::Index { .. }) => return Ok(None),
            }
        }
    }
}

/// What a store answers; of a fault the operator is told.
fn said<T>(answer: Result<T, concordat_store::Fault>) -> Option<T> {
    answer.map_err(|fault| tracing::error!(%fault, "the store does not answer")).ok()
}

/// What is guarded is replaced as a whole, so a panic elsewhere leaves it as it was.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use concordat_partnership::act::{Genesis, WitnessPolicy};
    use concordat_store::Store;
    use concordat_tlog::merkle::{leaf_hash, verify_consistency, verify_inclusion};
    use concordat_tlog::{SigningKey, Tree};
    use tempfile::TempDir;

    use super::*;

    /// Longer than what is held of a log.
    const SIZE: u64 = 17_000;

    fn entry(index: u64) -> Vec<u8> {
        format!("entry {index}").into_bytes()
    }

    fn told(index: u64) -> Told {
        let bytes = entry(index);
        let (id, leaf) = (Digest::of(&bytes), leaf_hash(&bytes));
        let time = crate::config::epoch();
        let receipt = Receipt { index, id, time, admitted: true, clause: None, problem: None };
        Told { receipt, leaf, lasting: false }
    }

    fn genesis() -> Genesis {
        Genesis {
            origin: "heart.example/log".to_owned(),
            rules: Digest([0; 32]),
            time: crate::config::epoch(),
            sequencer: SigningKey::from_seed(&[7; 32]).public().to_string(),
            parties: BTreeMap::new(),
            policy: WitnessPolicy { witnesses: BTreeSet::new(), quorum: 0 },
            modules: BTreeSet::new(),
        }
    }

    /// A log whose beginning is in the store alone, as a sequencer leaves it.
    fn long_log() -> (TempDir, ReadHandle) {
        let home = TempDir::new().unwrap();
        let mut store = Store::open(home.path()).unwrap();
        let mut log = Log::default();
        for from in (0..SIZE).step_by(1_000) {
            let end = SIZE.min(from + 1_000);
            let told: Vec<Told> = (from..end).map(told).collect();
            let notes = log.notes_with(&told);
            let notes: Vec<_> = notes.iter().map(|(n, b)| (n.as_str(), b.as_slice())).collect();
            let entries: Vec<Vec<u8>> = (from..end).map(entry).collect();
            store.append_with_notes(from, &entries, &notes).unwrap();
            entries.into_iter().zip(told).for_each(|(entry, told)| log.push(entry, told));
        }
        assert!(log.recent(0).is_none());
        let snapshot = Snapshot { size: SIZE, replica: Arc::new(Replica::new()) };
        let shared = Shared {
            log: RwLock::new(log),
            store: store.reader().unwrap(),
            snapshot: watch::Sender::new(Arc::new(snapshot)),
            witnessed: Mutex::new(Witnessed::new(&genesis()).unwrap()),
            quorum: watch::Sender::new(0),
            cosigned: watch::Sender::new(0),
            progress: Mutex::new(BTreeMap::new()),
            attempts: watch::Sender::default(),
            lost: Mutex::new(BTreeMap::new()),
        };
        (home, ReadHandle(Arc::new(shared)))
    }

    #[test]
    fn whoever_reads_receipts_and_whoever_appends_do_not_wait_for_each_other() {
        let (_home, view) = long_log();
        let (appending, done) = (view.clone(), Arc::new(AtomicBool::new(false)));
        let (tell, told) = std::sync::mpsc::channel();
        let ended = done.clone();
        std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                drop(appending.0.log.write());
            }
        });
        std::thread::spawn(move || {
            let read = (0..2_000).all(|_| view.receipts(SIZE - 2, 2).len() == 2);
            tell.send(read).ok();
        });
        let read = told.recv_timeout(Duration::from_secs(60));
        done.store(true, Ordering::Relaxed);
        assert_eq!(read, Ok(true));
    }

    #[test]
    fn what_is_far_back_in_a_log_is_read_and_proved_as_what_is_held() {
        let (_home, view) = long_log();
        let tree = Tree::of((0..SIZE).map(|index| told(index).leaf));
        for index in [0, 255, 256, 600, SIZE - 1] {
            assert_eq!(view.entry(index), Some(entry(index)));
            assert_eq!(view.receipt(index), Some(told(index).receipt));
        }
        assert_eq!((view.entry(SIZE), view.receipt(SIZE)), (None, None));
        // From the store into what is held.
        let first = SIZE - 16_384;
        let receipts = view.receipts(first - 300, 600);
        let expected: Vec<_> = (first - 300..first + 300).map(|at| told(at).receipt).collect();
        assert!(receipts == expected);

        for path in tile::paths(SIZE) {
            let bytes = view.tile(&path).unwrap().unwrap();
            match path.level() {
                Level::Hashes(_) => assert_eq!(Some(bytes), tile::from_tree(&tree, &path)),
                Level::Entries => {
                    let entries = tile::decode_entries(&bytes, path.width()).unwrap();
                    let right = (path.start()..).map(entry).take(entries.len());
                    assert!(entries.iter().copied().eq(right), "{path}");
                }
            }
        }
        let beyond = "tile/entries/067".parse().unwrap();
        assert_eq!(view.tile(&beyond), Ok(None));

        for size in [700, 1_024, SIZE] {
            let root = tree.root_at(size).unwrap();
            let checkpoint = Checkpoint { origin: "heart.example/log".to_owned(), size, root };
            let note = checkpoint.sign(&SigningKey::from_seed(&[7; 32])).unwrap();
            for index in [0, 256, 699] {
                let proof = view.proof(index, &note).unwrap().unwrap();
                let leaf = told(index).leaf;
                assert_eq!(proof.extra.as_deref(), Some(&leaf.0[..]));
                verify_inclusion(&leaf, index, size, &root, &proof.path).unwrap();
            }
            assert!(view.proof(size, &note).unwrap().is_none());
            let (old, proof) = (300, view.consistency(300, size).unwrap().unwrap());
            let before = tree.root_at(old).unwrap();
            verify_consistency(old, &before, size, &root, &proof).unwrap();
        }
        assert_eq!(view.consistency(SIZE, SIZE + 1), Ok(None));
    }
}
