//! Entries from the coordinator, a few MiB at a time, believed once they have the signed root.
//!
//! A walk asks the network and nobody else: it is made without holding the follower, however long
//! the coordinator takes.

use concordat_terms::{Digest, Problem};
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::tile::{Level, TilePath, WIDTH, decode_entries};
use concordat_tlog::{Checkpoint, Frontier, Tree};

use crate::client::{Client, Fault};
use crate::problems::problem;

/// A piece is over once it has so many bytes; its last bundle may go beyond.
const PIECE: usize = 4 << 20;

/// The most entries that a checkpoint may add at once: nobody is kept busy with a log that never
/// ends, and is told nothing.
const AHEAD_MOST: u64 = 1 << 24;

/// Sees the tree after an entry, and the entry's leaf hash.
type Pass<'a> = dyn FnMut(&Frontier, Option<Digest>) -> Result<(), Fault> + 'a;

/// What is to be looked at before anything of it is folded.
pub(super) struct Walk {
    pub(super) client: Client,
    /// The tree over what was folded.
    pub(super) frontier: Frontier,
    /// What the sequencer signed.
    pub(super) checkpoint: Checkpoint,
    /// The most bytes of entries that are looked at.
    pub(super) bytes_most: u64,
}

/// What a walk found.
pub(super) enum Walked {
    /// The signed tree grows out of ours.
    Way(Way),
    /// The signed tree, which is this, has another beginning than ours.
    Forked(Tree),
}

/// A way to a checkpoint whose entries were all seen once, and have its root.
pub(super) struct Way {
    /// Where each piece ends, and the root over everything up to there.
    pub(super) ends: Vec<(u64, Digest)>,
    /// The first piece, which for most ways is the whole of it.
    pub(super) first: Vec<Vec<u8>>,
}

impl Walk {
    /// Goes the way to a checkpoint that adds entries to what was folded.
    ///
    /// # Errors
    /// [`Fault`]; its own where the entries are not those of the checkpoint, or too many.
    pub(super) fn go(&self) -> Result<Walked, Fault> {
        let way = self.walk(self.frontier.clone(), &mut |_, _| Ok(()))?;
        if self.is_signed(&way) {
            return Ok(Walked::Way(way));
        }
        // Either the entries were garbled on the way, or the signed tree does not grow out of
        // ours: the whole log tells which. That it has the signed root accuses nobody, since it
        // may have been garbled the first time alone: its beginning has to be another than ours.
        let mut tree = Tree::default();
        let mut pass = |frontier: &Frontier, leaf: Option<Digest>| {
            leaf.into_iter().for_each(|leaf| tree.append(leaf));
            let ours = frontier.size() == self.frontier.size();
            if ours && frontier.root() == self.frontier.root() {
                return Err(differ().into());
            }
            Ok(())
        };
        pass(&Frontier::default(), None)?;
        let whole = self.walk(Frontier::default(), &mut pass)?;
        if self.is_signed(&whole) { Ok(Walked::Forked(tree)) } else { Err(differ().into()) }
    }

    fn is_signed(&self, way: &Way) -> bool {
        way.ends.last().is_some_and(|(_, root)| *root == self.checkpoint.root)
    }

    /// Looks at every entry from the end of `frontier` on, and keeps the first piece. `pass` sees
    /// the tree after each of them, and its leaf hash.
    fn walk(&self, mut frontier: Frontier, pass: &mut Pass<'_>) -> Result<Way, Fault> {
        let to = self.checkpoint.size;
        if to.saturating_sub(frontier.size()) > AHEAD_MOST {
            return Err(endless(&format!("is of {to} entries")).into());
        }
        let mut way = Way { ends: Vec::new(), first: Vec::new() };
        let mut bytes = 0_u64;
        while frontier.size() < to {
            let piece = piece(&self.client, frontier.size(), to)?;
            for entry in &piece {
                bytes = bytes.saturating_add(entry.len().try_into().unwrap_or(u64::MAX));
                let leaf = leaf_hash(entry);
                frontier.append(leaf);
                pass(&frontier, Some(leaf))?;
            }
            if bytes > self.bytes_most {
                let mib = self.bytes_most >> 20;
                return Err(endless(&format!("adds more than {mib} MiB of entries")).into());
            }
            if way.ends.is_empty() {
                way.first = piece;
            }
            way.ends.push((frontier.size(), frontier.root()));
        }
        Ok(way)
    }

    /// The entries up to `end` once more; they must be those that were seen before. `frontier` is
    /// the tree before them, and then the one with them.
    ///
    /// # Errors
    /// [`Fault`]; its own where they are others.
    pub(super) fn again(
        &self,
        frontier: &mut Frontier,
        end: u64,
        root: Digest,
    ) -> Result<Vec<Vec<u8>>, Fault> {
        let piece = piece(&self.client, frontier.size(), end)?;
        piece.iter().for_each(|entry| frontier.append(leaf_hash(entry)));
        let seen = (frontier.size(), frontier.root()) == (end, root);
        if seen { Ok(piece) } else { Err(differ().into()) }
    }
}

/// Entries from `from` on, at least one and at most to `to`.
pub(super) fn piece(client: &Client, from: u64, to: u64) -> Result<Vec<Vec<u8>>, Fault> {
    let wide = u64::from(WIDTH);
    let (mut entries, mut bytes) = (Vec::new(), 0);
    for index in from / wide..to.div_ceil(wide) {
        if bytes >= PIECE {
            break;
        }
        let start = index * wide;
        let width = u16::try_from((to - start).min(wide)).unwrap_or(WIDTH);
        let Some(path) = TilePath::new(Level::Entries, index, width) else { continue };
        let tile = client.tile(&path)?;
        let bundle = decode_entries(&tile, width).map_err(|e| bad_bundle(&path, &e.to_string()))?;
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

fn endless(how: &str) -> Problem {
    problem(
        "endless-log",
        format!("the coordinator's checkpoint {how}, more than is looked at"),
        "ask its operator; if the log has grown so long, raise `ahead_mib_most` below `[node]`, \
         or follow it from a copy of its store",
    )
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
