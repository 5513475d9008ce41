//! A vector goes under its masks where it lies: a chunk is masked and hashed while it is in the cache.

use concordat_terms::Digest;
use zeroize::Zeroize as _;

use crate::mask::Masks;
use crate::ring::Word;
use crate::upload::Digesting;
use crate::{CHUNK, Params, Ring, RingVec};

/// Why a vector is not masked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadVector {
    /// It is not of the agreed shape.
    #[error("a vector of {len} elements of {} bits was given, not {need_len} of {}", .ring.bits(), .need_ring.bits())]
    Shape {
        /// Its ring.
        ring: Ring,
        /// Its length.
        len: usize,
        /// The ring agreed.
        need_ring: Ring,
        /// D.
        need_len: usize,
    },
    /// It holds a value that the parameters do not allow; which one stays its owner's secret.
    #[error("a vector holds a value whose absolute value is above {most}")]
    OutOfRange {
        /// [`Params::contribution_most`].
        most: u64,
    },
}

/// The digests of a masked vector.
pub(crate) struct Covered {
    /// Of the whole.
    pub(crate) vector: Digest,
    /// Of every chunk, in order.
    pub(crate) chunks: Vec<Digest>,
}

/// The masks of one vector, and the digest of what was masked so far.
pub(crate) struct Cover {
    params: Params,
    masks: Masks,
    digesting: Digesting,
}

impl Cover {
    pub(crate) fn new(params: &Params, masks: Masks) -> Self {
        Self { params: params.clone(), masks, digesting: Digesting::new(params) }
    }

    /// Masks a whole vector in place. On an error it is wiped.
    pub(crate) fn whole(mut self, vector: &mut RingVec) -> Result<Covered, BadVector> {
        let masked = self.check_shape(vector).and_then(|()| match vector {
            RingVec::U32(words) => words.chunks_mut(CHUNK).try_for_each(|c| self.words(c)),
            RingVec::U64(words) => words.chunks_mut(CHUNK).try_for_each(|c| self.words(c)),
        });
        masked.and_then(|()| self.finish()).inspect_err(|_| vector.zeroize())
    }

    /// The digests, once every chunk is masked.
    fn finish(self) -> Result<Covered, BadVector> {
        let vector = self.digesting.finish().ok_or_else(|| {
            let len = self.digesting.next().map_or(0, |(chunk, _)| chunk * CHUNK);
            let (ring, need_len) = (self.params.ring(), self.params.dimension());
            BadVector::Shape { ring, len, need_ring: ring, need_len }
        })?;
        Ok(Covered { vector, chunks: self.digesting.chunks().to_vec() })
    }

    /// For words whose shape was checked.
    fn words<W: Word>(&mut self, words: &mut [W]) -> Result<(), BadVector> {
        let most = self.params.contribution_most();
        if W::largest(words) > most {
            return Err(BadVector::OutOfRange { most });
        }
        self.masks.apply_words(words);
        self.digesting.push_words(words);
        Ok(())
    }

    fn check_shape(&self, words: &RingVec) -> Result<(), BadVector> {
        let (ring, len, need_ring) = (words.ring(), words.len(), self.params.ring());
        let need_len = self.params.dimension();
        if (ring, len) == (need_ring, need_len) {
            return Ok(());
        }
        Err(BadVector::Shape { ring, len, need_ring, need_len })
    }
}
