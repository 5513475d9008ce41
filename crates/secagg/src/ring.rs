//! Vectors over the integers modulo 2^32 or 2^64.

mod word;

use std::fmt;

use concordat_terms::Digest;
use zeroize::Zeroize;

pub(crate) use self::word::Word;
use self::word::add;

/// Elements of one chunk: what a digest names at a time, and what a node can verify alone.
pub const CHUNK: usize = 1 << 14;

/// The integers modulo 2^32 or 2^64; signed values are in two's complement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ring {
    /// Modulo 2^32, 4 bytes an element.
    Bits32,
    /// Modulo 2^64, 8 bytes an element.
    Bits64,
}

impl Ring {
    /// The ring of `bits` bits, if there is one.
    pub fn of_bits(bits: u32) -> Option<Self> {
        match bits {
            32 => Some(Self::Bits32),
            64 => Some(Self::Bits64),
            _ => None,
        }
    }

    /// Bytes of an element: 4 or 8.
    pub fn bytes(self) -> usize {
        match self {
            Self::Bits32 => 4,
            Self::Bits64 => 8,
        }
    }

    /// 32 or 64.
    pub fn bits(self) -> u32 {
        match self {
            Self::Bits32 => 32,
            Self::Bits64 => 64,
        }
    }
}

/// A vector of ring elements: a contribution, a masked contribution or a sum.
///
/// `Debug` shows the shape alone, since a contribution is secret until it is masked.
#[derive(Clone, PartialEq, Eq)]
pub enum RingVec {
    /// Elements modulo 2^32.
    U32(Vec<u32>),
    /// Elements modulo 2^64.
    U64(Vec<u64>),
}

impl RingVec {
    /// `len` zeros.
    pub fn zeros(ring: Ring, len: usize) -> Self {
        match ring {
            Ring::Bits32 => Self::U32(vec![0; len]),
            Ring::Bits64 => Self::U64(vec![0; len]),
        }
    }

    /// The residues of signed values: −1 is the largest element.
    pub fn from_signed(ring: Ring, values: impl IntoIterator<Item = i64>) -> Self {
        match ring {
            // Truncation is reduction modulo 2^32.
            Ring::Bits32 => Self::U32(values.into_iter().map(|v| v as u32).collect()),
            Ring::Bits64 => Self::U64(values.into_iter().map(|v| v as u64).collect()),
        }
    }

    /// The elements as signed values, −2^(b−1) to 2^(b−1) − 1.
    pub fn to_signed(&self) -> Vec<i64> {
        match self {
            Self::U32(words) => words.iter().map(|w| i64::from(*w as i32)).collect(),
            Self::U64(words) => words.iter().map(|w| *w as i64).collect(),
        }
    }

    /// The elements whose absolute value is larger than `most`: the place of the first, and how many;
    /// nothing where none is.
    pub(crate) fn beyond(&self, most: u128) -> Option<(usize, usize)> {
        match self {
            Self::U32(words) => beyond(words, most),
            Self::U64(words) => beyond(words, most),
        }
    }

    /// The elements that little-endian bytes spell, 4 or 8 each; nothing where bytes are left over.
    pub fn of_bytes(ring: Ring, bytes: &[u8]) -> Option<Self> {
        let (vector, rest) = match ring {
            Ring::Bits32 => {
                let (words, rest) = bytes.as_chunks();
                (Self::U32(words.iter().map(|word| u32::from_le_bytes(*word)).collect()), rest)
            }
            Ring::Bits64 => {
                let (words, rest) = bytes.as_chunks();
                (Self::U64(words.iter().map(|word| u64::from_le_bytes(*word)).collect()), rest)
            }
        };
        rest.is_empty().then_some(vector)
    }

    /// Appends the elements in little-endian bytes.
    pub fn put_bytes(&self, to: &mut Vec<u8>) {
        match self {
            Self::U32(words) => Word::put(words, to),
            Self::U64(words) => Word::put(words, to),
        }
    }

    /// The ring of the elements.
    pub fn ring(&self) -> Ring {
        match self {
            Self::U32(_) => Ring::Bits32,
            Self::U64(_) => Ring::Bits64,
        }
    }

    /// How many elements.
    pub fn len(&self) -> usize {
        match self {
            Self::U32(words) => words.len(),
            Self::U64(words) => words.len(),
        }
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds `other` element by element, modulo the ring; false, and unchanged, on another shape.
    #[must_use]
    pub fn add(&mut self, other: &Self) -> bool {
        match (self, other) {
            (Self::U32(sum), Self::U32(with)) if sum.len() == with.len() => add(sum, with),
            (Self::U64(sum), Self::U64(with)) if sum.len() == with.len() => add(sum, with),
            _ => return false,
        }
        true
    }

    /// Puts the elements of `more` behind these; false, and unchanged, on another ring.
    #[must_use]
    pub fn append(&mut self, more: &Self) -> bool {
        match (self, more) {
            (Self::U32(words), Self::U32(more)) => words.extend_from_slice(more),
            (Self::U64(words), Self::U64(more)) => words.extend_from_slice(more),
            _ => return false,
        }
        true
    }

    /// Adds what little-endian `bytes` spell from element `at` on; false, and unchanged, where it
    /// does not fit.
    #[must_use]
    pub(crate) fn add_bytes_at(&mut self, at: usize, bytes: &[u8]) -> bool {
        match self {
            Self::U32(sum) => zip_bytes_at(sum, at, bytes, Word::plus),
            Self::U64(sum) => zip_bytes_at(sum, at, bytes, Word::plus),
        }
    }

    /// Takes back what [`RingVec::add_bytes_at`] added.
    pub(crate) fn subtract_bytes_at(&mut self, at: usize, bytes: &[u8]) {
        _ = match self {
            Self::U32(sum) => zip_bytes_at(sum, at, bytes, Word::minus),
            Self::U64(sum) => zip_bytes_at(sum, at, bytes, Word::minus),
        };
    }

    /// The digest: over the ring, the length and the digest of every chunk of [`CHUNK`] elements
    /// in little-endian bytes, so that one chunk can be checked without the others.
    pub fn digest(&self) -> Digest {
        digest_of_chunks(self.ring(), self.len(), &self.chunk_digests())
    }

    /// The elements of one chunk of [`CHUNK`], the last may be shorter; nothing beyond it.
    pub fn chunk(&self, chunk: usize) -> Option<Self> {
        match self {
            Self::U32(words) => words.chunks(CHUNK).nth(chunk).map(|c| Self::U32(c.to_vec())),
            Self::U64(words) => words.chunks(CHUNK).nth(chunk).map(|c| Self::U64(c.to_vec())),
        }
    }

    /// Appends the little-endian bytes of what [`RingVec::chunk`] returns; false beyond the last.
    pub(crate) fn put_chunk(&self, chunk: usize, to: &mut Vec<u8>) -> bool {
        match self {
            Self::U32(words) => words.chunks(CHUNK).nth(chunk).map(|c| Word::put(c, to)),
            Self::U64(words) => words.chunks(CHUNK).nth(chunk).map(|c| Word::put(c, to)),
        }
        .is_some()
    }

    /// The digest of each chunk of [`CHUNK`] elements, in order.
    pub fn chunk_digests(&self) -> Vec<Digest> {
        match self {
            Self::U32(words) => digests(words),
            Self::U64(words) => digests(words),
        }
    }
}

fn beyond<W: Word>(words: &[W], most: u128) -> Option<(usize, usize)> {
    let is_beyond = |word: &W| u128::from(W::largest(std::slice::from_ref(word))) > most;
    let first = words.iter().position(is_beyond)?;
    Some((first, words.iter().skip(first).filter(|word| is_beyond(word)).count()))
}

/// Combines the words from `at` on with as many little-endian ones; false, and unchanged, where
/// they do not fit.
fn zip_bytes_at<W: Word>(
    words: &mut [W],
    at: usize,
    bytes: &[u8],
    with: impl Fn(W, W) -> W,
) -> bool {
    let to = at.saturating_add(bytes.len() / W::BYTES);
    let part = words.get_mut(at..to).filter(|_| bytes.len().is_multiple_of(W::BYTES));
    part.map(|part| W::zip_bytes(part, bytes, with)).is_some()
}

/// The digest of each chunk of words in little-endian bytes.
fn digests<W: Word>(words: &[W]) -> Vec<Digest> {
    let mut bytes = Vec::with_capacity(CHUNK.min(words.len()) * W::BYTES);
    words.chunks(CHUNK).map(|chunk| digest_of_words(chunk, &mut bytes)).collect()
}

/// The digest of the words of one chunk, which are written into `bytes`.
pub(crate) fn digest_of_words<W: Word>(words: &[W], bytes: &mut Vec<u8>) -> Digest {
    bytes.clear();
    W::put(words, bytes);
    Digest::of(bytes)
}

/// The digest of a vector of `len` elements whose chunks have these digests.
pub(crate) fn digest_of_chunks(ring: Ring, len: usize, chunks: &[Digest]) -> Digest {
    let (bits, len) = (ring.bits().to_be_bytes(), (len as u64).to_be_bytes());
    let mut parts: Vec<&[u8]> = vec![b"concordat-secagg/v1/vector", &bits, &len];
    parts.extend(chunks.iter().map(|d| d.as_bytes().as_slice()));
    Digest::of_parts(&parts)
}

impl Zeroize for RingVec {
    fn zeroize(&mut self) {
        match self {
            Self::U32(words) => words.zeroize(),
            Self::U64(words) => words.zeroize(),
        }
    }
}

impl fmt::Debug for RingVec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RingVec({} bits, {} elements)", self.ring().bits(), self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negative_values_survive_the_ring() {
        for ring in [Ring::Bits32, Ring::Bits64] {
            let mut sum = RingVec::from_signed(ring, [-5, 7, i64::from(i32::MIN)]);
            assert!(sum.add(&RingVec::from_signed(ring, [3, -7, 0])));
            assert_eq!(sum.to_signed(), [-2, 0, i64::from(i32::MIN)]);
        }
    }

    #[test]
    fn other_shapes_are_not_added() {
        let mut sum = RingVec::zeros(Ring::Bits32, 2);
        assert!(!sum.add(&RingVec::zeros(Ring::Bits32, 3)));
        assert!(!sum.add(&RingVec::zeros(Ring::Bits64, 2)));
    }

    #[test]
    fn the_digest_names_ring_length_and_every_chunk() {
        let long = |at: usize| {
            let mut words = vec![0; CHUNK + 1];
            words[at] = 1;
            RingVec::U32(words).digest()
        };
        assert_ne!(long(0), long(CHUNK));
        assert_ne!(
            RingVec::zeros(Ring::Bits32, 2).digest(),
            RingVec::zeros(Ring::Bits64, 1).digest()
        );
    }

    #[test]
    fn a_contribution_is_not_printed() {
        let secret = RingVec::from_signed(Ring::Bits32, [77]);
        assert!(!format!("{secret:?}").contains("77"));
    }
}
