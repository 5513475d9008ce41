//! Tiles (C2SP tlog-tiles): the log as files that never change.

use std::fmt;
use std::str::FromStr;

use concordat_terms::Digest;

use crate::checkpoint::decimal;
use crate::merkle::Tree;

/// Hashes in a full hash tile, entries in a full bundle.
pub const WIDTH: u16 = 256;
/// The largest entry in bytes.
pub const ENTRY_BYTES_MAX: usize = 65_535;

const HASH_BYTES: usize = 32;
const LEVEL_MAX: u8 = 63;

/// What a tile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The entries themselves.
    Entries,
    /// Roots over `256^level` entries each; level from 0 (leaf hashes) to 63.
    Hashes(u8),
}

/// A tile's place: `tile/<level>/<index>[.p/<width>]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TilePath {
    level: Level,
    index: u64,
    width: u16,
}

/// A text that is not a tile's path in its one spelling.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a tile: `tile/0/x001/x234/067` or `tile/entries/000.p/12`")]
pub struct NotATile(pub String);

impl TilePath {
    /// A path; `width` from 1 to 256, where 256 is a full tile, and hash levels up to 63.
    pub fn new(level: Level, index: u64, width: u16) -> Option<Self> {
        let fits = (1..=WIDTH).contains(&width)
            && !matches!(level, Level::Hashes(above) if above > LEVEL_MAX);
        fits.then_some(Self { level, index, width })
    }

    /// What it holds.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Which tile of its level, from 0.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// Hashes or entries in it, from 1 to 256.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Whether it holds 256 and will never be replaced.
    pub fn is_full(&self) -> bool {
        self.width == WIDTH
    }

    /// The most bytes that a tile of this width has.
    pub fn bytes_max(&self) -> usize {
        let each = match self.level {
            Level::Entries => 2 + ENTRY_BYTES_MAX,
            Level::Hashes(_) => HASH_BYTES,
        };
        usize::from(self.width) * each
    }

    /// Index of its first hash or entry among all of its level.
    pub fn start(&self) -> u64 {
        self.index.saturating_mul(u64::from(WIDTH))
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            Level::Entries => f.write_str("tile/entries/")?,
            Level::Hashes(level) => write!(f, "tile/{level}/")?,
        }
        let mut groups = vec![self.index % 1000];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        for (above, group) in groups.iter().enumerate().rev() {
            if above > 0 {
                write!(f, "x{group:03}/")?;
            } else {
                write!(f, "{group:03}")?;
            }
        }
        if self.is_full() { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}

impl FromStr for TilePath {
    type Err = NotATile;

    fn from_str(text: &str) -> Result<Self, NotATile> {
        // Printing back settles leading zeros, `x000/`, and full tiles written as partial ones.
        read(text)
            .filter(|path| path.to_string() == text)
            .ok_or_else(|| NotATile(text.chars().take(80).collect()))
    }
}

fn read(text: &str) -> Option<TilePath> {
    let (level, rest) = text.strip_prefix("tile/")?.split_once('/')?;
    let level = match level {
        "entries" => Level::Entries,
        number => Level::Hashes(u8::try_from(decimal(number)?).ok()?),
    };
    let (index, width) = match rest.split_once(".p/") {
        Some((index, width)) => (index, u16::try_from(decimal(width)?).ok()?),
        None => (rest, WIDTH),
    };
    let mut number = 0u64;
    for group in index.split('/') {
        let digits = group.strip_prefix('x').unwrap_or(group);
        if digits.len() != 3 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        number = number.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
    }
    TilePath::new(level, number, width)
}

/// All tiles of a log of `size` entries: bundles first, then hashes by level; of each level the
/// full tiles and at most one partial one. Lazy: a size may promise more than there is.
pub fn paths(size: u64) -> impl Iterator<Item = TilePath> {
    let bundles = row(Level::Entries, size);
    // 256^8 is 2^64: no level above 7 has anything.
    let hashes =
        (0..8u8).flat_map(move |level| row(Level::Hashes(level), size >> (8 * u32::from(level))));
    bundles.chain(hashes)
}

fn row(level: Level, count: u64) -> impl Iterator<Item = TilePath> {
    let wide = u64::from(WIDTH);
    let full = (0..count / wide).map(move |index| TilePath { level, index, width: WIDTH });
    let partial = u16::try_from(count % wide)
        .ok()
        .filter(|width| *width > 0)
        .map(|width| TilePath { level, index: count / wide, width });
    full.chain(partial)
}

/// A hash tile's bytes: its hashes, one after the other.
pub fn encode_hashes(hashes: &[Digest]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// The hashes of a tile of `width`; none unless there are exactly that many.
pub fn decode_hashes(bytes: &[u8], width: u16) -> Option<Vec<Digest>> {
    if bytes.len() != usize::from(width) * HASH_BYTES {
        return None;
    }
    bytes.as_chunks::<HASH_BYTES>().0.iter().map(|hash| Some(Digest(*hash))).collect()
}

/// The bytes of a hash tile, out of a tree; none if the tree is too small, or for a bundle.
pub fn from_tree(tree: &Tree, path: &TilePath) -> Option<Vec<u8>> {
    let Level::Hashes(level) = path.level else { return None };
    let start = usize::try_from(path.start()).ok()?;
    let end = start.checked_add(usize::from(path.width))?;
    Some(encode_hashes(tree.subtrees(8 * u32::from(level)).get(start..end)?))
}

/// An entry that no bundle can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an entry of {0} bytes is larger than 65535")]
pub struct EntryTooLong(pub usize);

/// A bundle's bytes: each entry after its length as a big-endian `u16`.
///
/// # Errors
/// [`EntryTooLong`].
pub fn encode_entries<E: AsRef<[u8]>>(entries: &[E]) -> Result<Vec<u8>, EntryTooLong> {
    let mut out = Vec::new();
    for entry in entries {
        let entry = entry.as_ref();
        let length = u16::try_from(entry.len()).map_err(|_| EntryTooLong(entry.len()))?;
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(entry);
    }
    Ok(out)
}

/// Why bytes are not a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotABundle {
    /// The bytes end inside entry `entry` of the bundle, which starts at byte `at`.
    #[error("entry {entry} of the bundle, at byte {at}, is cut short")]
    Cut {
        /// Which entry of the bundle, from 0.
        entry: usize,
        /// Where it starts.
        at: usize,
    },
    /// Bytes remain after the last entry.
    #[error("bytes follow the last entry, from byte {at}")]
    Trailing {
        /// Where they start.
        at: usize,
    },
}

/// The entries of a bundle of `width`.
///
/// # Errors
/// [`NotABundle`] unless there are exactly that many.
pub fn decode_entries(bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, NotABundle> {
    let mut rest = bytes;
    let mut entries = Vec::with_capacity(usize::from(width));
    for entry in 0..usize::from(width) {
        let at = bytes.len() - rest.len();
        let (found, after) = split_entry(rest).ok_or(NotABundle::Cut { entry, at })?;
        entries.push(found);
        rest = after;
    }
    if rest.is_empty() {
        Ok(entries)
    } else {
        Err(NotABundle::Trailing { at: bytes.len() - rest.len() })
    }
}

/// The first entry and the bytes after it; none if it is cut short.
pub(crate) fn split_entry(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}
