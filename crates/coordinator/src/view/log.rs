//! The published log as it is in memory: what was logged last, and what finds the rest in the store.
//!
//! Of every 256 entries that make a tile the leaf hashes and the receipts lie in the store as two notes,
//! put there with the last of them. However long the log is, no more of it is held here than the hashes
//! over its tiles and a few MiB of its end.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use concordat_terms::Digest;
use concordat_tlog::TiledTree;
use concordat_tlog::tile::{self, WIDTH};
use concordat_wire::api::Receipt;

/// The most entries that are held, and the most bytes of them; the end that fills no tile yet is held in
/// any case.
const ENTRIES_MOST: usize = 16_384;
const BYTES_MOST: usize = 32 << 20;
/// What the names of notes with the leaf hashes of a tile start with.
const LEAVES: &str = "leaves/";
/// What the names of notes with the receipts of a tile start with.
pub(crate) const RECEIPTS: &str = "receipts/";
/// What the names of notes start with that a fold of the log makes anew: no backup needs them.
pub const DERIVED: [&str; 2] = [LEAVES, RECEIPTS];

/// What became of an entry, and which.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) receipt: Receipt,
    /// The entry's leaf hash.
    pub(crate) leaf: Digest,
    /// No act that has a nonce and expires: its bytes are known for good, lest they be logged again.
    pub(crate) lasting: bool,
}

/// An entry that is held.
#[derive(Debug)]
pub(crate) struct Logged {
    pub(crate) entry: Vec<u8>,
    pub(crate) told: Told,
}

/// The published log.
#[derive(Debug, Default)]
pub(crate) struct Log {
    tree: TiledTree,
    /// The last entries, without a gap up to the end.
    recent: VecDeque<Logged>,
    /// How many bytes these have.
    bytes: usize,
    /// By leaf, where bytes were first logged: of what is recent or lasting.
    known: BTreeMap<Digest, u64>,
}

impl Log {
    /// Appends what is durable.
    pub(crate) fn push(&mut self, entry: Vec<u8>, told: Told) {
        let (index, leaf) = (self.len(), told.leaf);
        self.tree.append(leaf);
        self.known.entry(leaf).or_insert(index);
        self.bytes += entry.len();
        self.recent.push_back(Logged { entry, told });
        while self.recent.len() > ENTRIES_MOST || self.bytes > BYTES_MOST {
            if self.recent.len() <= usize::from(WIDTH) {
                return;
            }
            let first = self.first();
            let Some(old) = self.recent.pop_front() else { return };
            self.bytes -= old.entry.len();
            if !old.told.lasting && self.known.get(&old.told.leaf) == Some(&first) {
                self.known.remove(&old.told.leaf);
            }
        }
    }

    /// Appends what is durable and is not to be held, before anything that is: of full tiles.
    pub(crate) fn pass(&mut self, leaf: Digest, lasting: bool) {
        let index = self.len();
        self.tree.append(leaf);
        if lasting {
            self.known.entry(leaf).or_insert(index);
        }
    }

    /// Which of the first `size` entries are known for good.
    pub(super) fn lasting(&self, size: u64) -> BTreeSet<u64> {
        let lasts = |index: &u64| self.recent(*index).is_none_or(|logged| logged.told.lasting);
        self.known.values().copied().filter(|index| *index < size).filter(lasts).collect()
    }

    pub(crate) fn len(&self) -> u64 {
        self.tree.size()
    }

    pub(super) fn tree(&self) -> &TiledTree {
        &self.tree
    }

    /// How many entries are held: for whoever counts memory.
    #[cfg(test)]
    fn held(&self) -> usize {
        self.recent.len()
    }

    /// The index of the first entry that is held.
    fn first(&self) -> u64 {
        self.len() - self.recent.len() as u64
    }

    /// The entry at `index`, if it is held.
    pub(crate) fn recent(&self, index: u64) -> Option<&Logged> {
        self.recent.get(usize::try_from(index.checked_sub(self.first())?).ok()?)
    }

    /// Where the bytes of this leaf were logged, as far as that is known by the leaf.
    pub(crate) fn index_of(&self, leaf: &Digest) -> Option<u64> {
        self.known.get(leaf).copied()
    }

    /// The leaves of a full tile, if all its entries are held.
    pub(super) fn recent_leaves(&self, tile: u64) -> Option<Vec<Digest>> {
        let start = tile.checked_mul(u64::from(WIDTH))?;
        let leaf = |index| self.recent(index).map(|logged| logged.told.leaf);
        (start..start + u64::from(WIDTH)).map(leaf).collect()
    }

    /// The notes (name, bytes) of those tiles that are full once `more` is appended.
    pub(crate) fn notes_with(&self, more: &[Told]) -> Vec<(String, Vec<u8>)> {
        let open = self.tree.edge().len();
        let own = self.recent.iter().skip(self.recent.len() - open).map(|logged| &logged.told);
        let all: Vec<&Told> = own.chain(more).collect();
        let first = self.len() / u64::from(WIDTH);
        let full = (first..).zip(all.chunks_exact(usize::from(WIDTH)));
        let notes = full.flat_map(|(tile, full)| {
            let leaves: Vec<Digest> = full.iter().map(|told| told.leaf).collect();
            let receipts: Vec<&Receipt> = full.iter().map(|told| &told.receipt).collect();
            [
                (leaves_of(tile), tile::encode_hashes(&leaves)),
                (receipts_of(tile), serde_json::to_vec(&receipts).unwrap_or_default()),
            ]
        });
        notes.collect()
    }
}

/// The note with the leaf hashes of a tile.
pub(super) fn leaves_of(tile: u64) -> String {
    format!("{LEAVES}{tile:012}")
}

/// The note with the receipts of a tile.
pub(crate) fn receipts_of(tile: u64) -> String {
    format!("{RECEIPTS}{tile:012}")
}

/// The leaf hashes in such a note.
pub(super) fn leaves_in(note: &[u8]) -> Option<Vec<Digest>> {
    tile::decode_hashes(note, WIDTH)
}

/// The receipts in such a note.
pub(crate) fn receipts_in(note: &[u8]) -> Option<Vec<Receipt>> {
    serde_json::from_slice(note).ok()
}

#[cfg(test)]
mod tests {
    use concordat_tlog::merkle::leaf_hash;

    use super::*;

    fn push(log: &mut Log, index: u64, bytes: usize, lasting: bool) {
        let (entry, told) = logged(index, bytes, lasting);
        log.push(entry, told);
    }

    fn logged(index: u64, bytes: usize, lasting: bool) -> (Vec<u8>, Told) {
        let entry = [&index.to_be_bytes()[..], &vec![0; bytes]].concat();
        let (id, leaf) = (Digest::of(&entry), leaf_hash(&entry));
        let time = crate::config::epoch();
        let receipt = Receipt { index, id, time, admitted: true, clause: None, problem: None };
        (entry, Told { receipt, leaf, lasting })
    }

    #[test]
    fn however_long_a_log_is_only_its_end_is_held() {
        let mut log = Log::default();
        for index in 0..40_000 {
            push(&mut log, index, 100, index == 7);
            assert!(log.held() <= ENTRIES_MOST && log.bytes <= BYTES_MOST);
        }
        assert_eq!((log.len(), log.held()), (40_000, ENTRIES_MOST));
        assert!(log.recent(39_999).is_some() && log.recent(40_000).is_none());
        assert!(log.recent(0).is_none());
        // What expires is known by the fold; what does not is known here.
        assert_eq!(log.index_of(&logged(0, 100, false).1.leaf), None);
        assert_eq!(log.index_of(&logged(7, 100, true).1.leaf), Some(7));
        assert_eq!(log.known.len(), ENTRIES_MOST + 1);
    }

    #[test]
    fn of_long_entries_fewer_are_held_and_never_less_than_fills_no_tile() {
        let mut log = Log::default();
        for index in 0..1_000 {
            push(&mut log, index, 60_000, false);
        }
        assert!(log.bytes <= BYTES_MOST && log.held() >= usize::from(WIDTH), "{}", log.held());
        for index in 1_000..1_200 {
            push(&mut log, index, BYTES_MOST / 100, false);
        }
        assert_eq!(log.held(), usize::from(WIDTH));
    }

    #[test]
    fn a_tile_that_is_full_is_kept_with_its_leaves_and_receipts() {
        let mut log = Log::default();
        for index in 0..300 {
            push(&mut log, index, 1, false);
        }
        assert!(log.notes_with(&[]).is_empty());
        let more: Vec<Told> = (300..800).map(|index| logged(index, 1, false).1).collect();
        let notes = log.notes_with(&more);
        let names: Vec<&str> = notes.iter().map(|(name, _)| name.as_str()).collect();
        let expected = [1, 2].map(|tile| [leaves_of(tile), receipts_of(tile)]);
        assert_eq!(names, expected.as_flattened());
        let leaves = leaves_in(&notes[2].1).unwrap();
        let receipts = receipts_in(&notes[3].1).unwrap();
        assert_eq!((leaves.len(), leaves[0]), (256, logged(512, 1, false).1.leaf));
        assert_eq!((receipts.len(), receipts[255].index), (256, 767));
    }
}
