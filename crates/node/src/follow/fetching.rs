//! Entries from the coordinator, a few MiB at a time, believed once they have the signed root.

use concordat_terms::{Digest, Problem};
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::tile::{Level, TilePath, WIDTH, decode_entries};
use concordat_tlog::{Checkpoint, Frontier};

use super::Follower;
use crate::client::Fault;
use crate::problems::problem;

/// A piece is over once it has so many bytes; its last bundle may go beyond.
const PIECE: usize = 4 << 20;

/// The most entries that a checkpoint may add at once: nobody is kept busy with a log that never
/// ends, and is told nothing.
const AHEAD_MOST: u64 = 1 << 24;

/// A way to a checkpoint whose entries were all seen once, and have its root.
pub(super) struct Way {
    /// Where each piece ends, and the root over everything up to there.
    pub(super) ends: Vec<(u64, Digest)>,
    /// The first piece, which for most ways is the whole of it.
    pub(super) first: Vec<Vec<u8>>,
}

impl Follower {
    /// The way to a checkpoint that adds entries to what was folded.
    pub(super) fn way(&mut self, note: &[u8], checkpoint: &Checkpoint) -> Result<Way, Fault> {
        let way = self.walk(self.frontier.clone(), checkpoint.size, &mut |_| {})?;
        if way.ends.last().is_some_and(|(_, root)| *root == checkpoint.root) {
            return Ok(way);
        }
        // Either the entries were garbled on the way, or the signed tree does not grow out of
        // ours: the whole log tells which. That it has the signed root accuses nobody, since it
        // may have been garbled the first time alone: its beginning has to be another than ours.
        let own = (self.frontier.size(), self.frontier.root());
        let mut beginning = None;
        let mut pass = |frontier: &Frontier| {
            if frontier.size() == own.0 {
                beginning = Some(frontier.root());
            }
        };
        let whole = self.walk(Frontier::default(), checkpoint.size, &mut pass)?;
        let signed = whole.ends.last().is_some_and(|(_, root)| *root == checkpoint.root);
        if signed && beginning.is_some_and(|root| root != own.1) {
            return Err(self.two_histories(note).into());
        }
        Err(differ().into())
    }

    /// Looks at every entry from the end of `frontier` up to `to`, and keeps the first piece.
    /// `pass` sees the tree after each of them.
    fn walk(
        &self,
        mut frontier: Frontier,
        to: u64,
        pass: &mut dyn FnMut(&Frontier),
    ) -> Result<Way, Fault> {
        if to.saturating_sub(frontier.size()) > AHEAD_MOST {
            return Err(Fault::Own(problem(
                "endless-log",
                format!(
                    "the coordinator's checkpoint is of {to} entries, more than can be looked at"
                ),
                "ask its operator; a log that grew so long is followed from a copy of its store",
            )));
        }
        let mut way = Way { ends: Vec::new(), first: Vec::new() };
        while frontier.size() < to {
            let piece = self.piece(frontier.size(), to)?;
            for entry in &piece {
                frontier.append(leaf_hash(entry));
                pass(&frontier);
            }
            if way.ends.is_empty() {
                way.first = piece;
            }
            way.ends.push((frontier.size(), frontier.root()));
        }
        Ok(way)
    }

    /// The entries up to `end` once more; they must be those that were seen before.
    pub(super) fn again(&self, end: u64, root: Digest) -> Result<Vec<Vec<u8>>, Fault> {
        let piece = self.piece(self.frontier.size(), end)?;
        let mut frontier = self.frontier.clone();
        piece.iter().for_each(|entry| frontier.append(leaf_hash(entry)));
        if (frontier.size(), frontier.root()) == (end, root) {
            Ok(piece)
        } else {
            Err(differ().into())
        }
    }

    /// Entries from `from` on, at least one and at most to `to`.
    pub(super) fn piece(&self, from: u64, to: u64) -> Result<Vec<Vec<u8>>, Fault> {
        let wide = u64::from(WIDTH);
        let (mut entries, mut bytes) = (Vec::new(), 0);
        for index in from / wide..to.div_ceil(wide) {
            if bytes >= PIECE {
                break;
            }
            let start = index * wide;
            let width = u16::try_from((to - start).min(wide)).unwrap_or(WIDTH);
            let Some(path) = TilePath::new(Level::Entries, index, width) else { continue };
            let tile = self.client.tile(&path)?;
            let bundle =
                decode_entries(&tile, width).map_err(|e| bad_bundle(&path, &e.to_string()))?;
            let known = usize::try_from(from.saturating_sub(start)).unwrap_or(usize::MAX);
            let before = entries.len();
            entries.extend(bundle.into_iter().skip(known).map(<[u8]>::to_vec));
            if entries.len() == before {
                return Err(bad_bundle(&path, "it has no entries").into());
            }
            bytes += tile.len();
        }
        Ok(entries)
    }
}

fn differ() -> Problem {
    problem(
        "entries-differ",
        "the entries that the coordinator serves do not have the root that it signed",
        "try again; if it stays so, ask the operator to compare tiles and checkpoint",
    )
}

fn bad_bundle(path: &TilePath, why: &str) -> Problem {
    problem(
        "bad-tile",
        format!("`{path}` cannot be read: {why}"),
        "try again; if it stays so, ask the coordinator's operator",
    )
}
