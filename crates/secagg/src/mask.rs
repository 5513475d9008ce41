//! Masks: keystreams that are added, and subtracted again.
//!
//! A mask is the AES-128-CTR keystream (NIST SP 800-38A §6.5, 128-bit big-endian counter) read
//! as little-endian ring elements. Key and first counter block are 32 bytes of HKDF-SHA-256
//! (RFC 5869): salt the session's digest, input the whole 32-byte secret, info a label that
//! separates self-masks, pair masks and share keys, and the points of the clients concerned.

use aes::Aes128;
use aes::cipher::{KeyIvInit as _, StreamCipher as _, StreamCipherSeek as _};
use concordat_terms::Digest;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize as _, Zeroizing};

use crate::RingVec;
use crate::ring::CHUNK;

/// What a derived key is for; the label and the points go into the derivation.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    /// The mask of one client alone, from its seed.
    SelfMask { of: u8 },
    /// The mask of two clients, from their key agreement; the lower point adds it.
    PairMask { lower: u8, higher: u8 },
    /// The key that seals a dealer's shares to a holder.
    ShareKey { dealer: u8, holder: u8 },
}

/// Derives 32 bytes from a 32-byte secret for one purpose in one session.
pub(crate) fn derive(session: Digest, secret: &[u8; 32], purpose: Purpose) -> Zeroizing<[u8; 32]> {
    let (label, points): (&[u8], [u8; 2]) = match purpose {
        Purpose::SelfMask { of } => (b"concordat-secagg/v1/self-mask", [of, 0]),
        Purpose::PairMask { lower, higher } => (b"concordat-secagg/v1/pair-mask", [lower, higher]),
        Purpose::ShareKey { dealer, holder } => {
            (b"concordat-secagg/v1/share-key", [dealer, holder])
        }
    };
    let mut key = Zeroizing::new([0; 32]);
    #[expect(clippy::expect_used, reason = "32 bytes are below HKDF's limit of 255 hashes")]
    Hkdf::<Sha256>::new(Some(session.as_bytes()), secret)
        .expand_multi_info(&[label, &points], key.as_mut_slice())
        .expect("32 bytes fit");
    key
}

/// Whether a mask is added to a vector or taken from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    Add,
    Subtract,
}

impl Sign {
    /// The other one.
    pub(crate) fn opposite(self) -> Self {
        match self {
            Self::Add => Self::Subtract,
            Self::Subtract => Self::Add,
        }
    }
}

/// Keystreams to add to or subtract from one vector, in one pass over it.
#[derive(Default)]
pub(crate) struct Masks {
    streams: Vec<(Sign, ctr::Ctr128BE<Aes128>)>,
}

impl Masks {
    /// Adds a keystream.
    pub(crate) fn push(&mut self, sign: Sign, key: &[u8; 32]) {
        let (mut aes, mut counter) = ([0; 16], [0; 16]);
        aes.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
        counter.iter_mut().zip(key.iter().skip(16)).for_each(|(to, from)| *to = *from);
        self.streams.push((sign, ctr::Ctr128BE::new(&aes.into(), &counter.into())));
        aes.zeroize();
        counter.zeroize();
    }

    /// Moves every keystream to the start of a chunk of [`CHUNK`] elements.
    pub(crate) fn seek(&mut self, chunk: usize, ring: crate::Ring) {
        let at = chunk as u64 * CHUNK as u64 * u64::from(ring.bits() / 8);
        self.streams.iter_mut().for_each(|(_, stream)| stream.seek(at));
    }

    /// Applies every keystream from where it stands, chunk by chunk while it is in the cache.
    pub(crate) fn apply(mut self, to: &mut RingVec) {
        // 64 KiB: a chunk of the vector and its keystream stay in the second-level cache.
        const BYTES: usize = 1 << 16;
        let mut buffer = Zeroizing::new(vec![0; BYTES]);
        match to {
            RingVec::U32(words) => {
                for chunk in words.chunks_mut(BYTES / 4) {
                    self.each(&mut buffer, chunk.len() * 4, |sign, stream| match sign {
                        Sign::Add => {
                            zip_words(chunk, stream, u32::from_le_bytes, |w, k| w.wrapping_add(k))
                        }
                        Sign::Subtract => {
                            zip_words(chunk, stream, u32::from_le_bytes, |w, k| w.wrapping_sub(k))
                        }
                    });
                }
            }
            RingVec::U64(words) => {
                for chunk in words.chunks_mut(BYTES / 8) {
                    self.each(&mut buffer, chunk.len() * 8, |sign, stream| match sign {
                        Sign::Add => {
                            zip_words(chunk, stream, u64::from_le_bytes, |w, k| w.wrapping_add(k))
                        }
                        Sign::Subtract => {
                            zip_words(chunk, stream, u64::from_le_bytes, |w, k| w.wrapping_sub(k))
                        }
                    });
                }
            }
        }
    }

    /// Hands the next `len` bytes of every keystream to `with`.
    fn each(&mut self, buffer: &mut [u8], len: usize, mut with: impl FnMut(Sign, &[u8])) {
        let Some(buffer) = buffer.get_mut(..len) else { return };
        for (sign, stream) in &mut self.streams {
            stream.write_keystream(buffer);
            with(*sign, buffer);
        }
    }
}

/// Combines words with keystream bytes, `N` bytes a word.
fn zip_words<const N: usize, W: Copy>(
    words: &mut [W],
    stream: &[u8],
    read: impl Fn([u8; N]) -> W,
    combine: impl Fn(W, W) -> W,
) {
    let (keys, _) = stream.as_chunks::<N>();
    words.iter_mut().zip(keys).for_each(|(word, key)| *word = combine(*word, read(*key)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ring;

    fn masked(session: &[u8], purpose: Purpose, sign: Sign, to: &mut RingVec) {
        let mut masks = Masks::default();
        masks.push(sign, &derive(Digest::of(session), &[9; 32], purpose));
        masks.apply(to);
    }

    #[test]
    fn what_was_added_can_be_subtracted_across_chunks_and_in_both_rings() {
        let pair = Purpose::PairMask { lower: 1, higher: 2 };
        for ring in [Ring::Bits32, Ring::Bits64] {
            let zeros = RingVec::zeros(ring, 3 * CHUNK + 5);
            let mut vector = zeros.clone();
            masked(b"s", pair, Sign::Add, &mut vector);
            assert_ne!(vector, zeros);
            masked(b"s", pair, Sign::Subtract, &mut vector);
            assert_eq!(vector, zeros);
        }
    }

    #[test]
    fn clients_that_were_shown_different_models_have_masks_that_do_not_cancel() {
        let pair = Purpose::PairMask { lower: 1, higher: 2 };
        let mut vector = RingVec::zeros(Ring::Bits32, 8);
        masked(b"model a", pair, Sign::Add, &mut vector);
        masked(b"model b", pair, Sign::Subtract, &mut vector);
        assert!(vector.to_signed().iter().all(|word| *word != 0));
    }

    #[test]
    fn no_two_purposes_share_a_key() {
        let keys: std::collections::BTreeSet<[u8; 32]> = [
            Purpose::SelfMask { of: 1 },
            Purpose::SelfMask { of: 2 },
            Purpose::PairMask { lower: 1, higher: 2 },
            Purpose::PairMask { lower: 1, higher: 3 },
            Purpose::ShareKey { dealer: 1, holder: 2 },
            Purpose::ShareKey { dealer: 2, holder: 1 },
        ]
        .map(|purpose| *derive(Digest::of(b"s"), &[9; 32], purpose))
        .into();
        assert_eq!(keys.len(), 6);
    }

    #[test]
    fn a_mask_can_start_at_any_chunk() {
        for ring in [Ring::Bits32, Ring::Bits64] {
            let key = derive(Digest::of(b"s"), &[9; 32], Purpose::SelfMask { of: 1 });
            let mut whole = RingVec::zeros(ring, 2 * CHUNK + 3);
            let mut masks = Masks::default();
            masks.push(Sign::Add, &key);
            masks.apply(&mut whole);

            let mut last = RingVec::zeros(ring, 3);
            let mut masks = Masks::default();
            masks.push(Sign::Add, &key);
            masks.seek(2, ring);
            masks.apply(&mut last);
            assert_eq!(whole.to_signed()[2 * CHUNK..], last.to_signed()[..]);
        }
    }
}
