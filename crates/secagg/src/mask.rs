//! Masks: keystreams that are added, and subtracted again.
//!
//! A mask is the AES-128-CTR keystream (NIST SP 800-38A §6.5, 128-bit big-endian counter) read
//! as little-endian ring elements. Key and first counter block are 32 bytes of HKDF-SHA-256
//! (RFC 5869): salt the session's digest, input the whole 32-byte secret, info a label that
//! separates self-masks, pair masks and share keys, the points of the clients concerned and, where
//! the secret was agreed, both public keys (RFC 7748 §6.1: other keys can give the same secret).

mod stream;

use concordat_terms::Digest;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

pub(crate) use self::stream::{Buffer, Keystream, PART};
use crate::ring::{CHUNK, Word};
use crate::{Ring, RingVec};

/// An end of a key agreement: a client's point or an aggregator's number, and the public key that
/// it advertised.
pub(crate) type End<'a> = (u8, &'a [u8; 32]);

/// What a derived key is for; all of it goes into the derivation.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose<'a> {
    /// The mask of one client alone, from its seed.
    SelfMask { of: u8 },
    /// The mask of two clients, from their key agreement; the lower point adds it.
    PairMask { lower: End<'a>, higher: End<'a> },
    /// The key that seals a dealer's shares to a holder.
    ShareKey { dealer: End<'a>, holder: End<'a> },
    /// The mask of one client at one of three aggregators, from their key agreement.
    AggregatorMask { client: End<'a>, aggregator: End<'a> },
}

/// How the client `own` applies the mask that it shares with the client `other`.
pub(crate) fn pair<'a>(own: End<'a>, other: End<'a>) -> (Sign, Purpose<'a>) {
    if own.0 < other.0 {
        (Sign::Add, Purpose::PairMask { lower: own, higher: other })
    } else {
        (Sign::Subtract, Purpose::PairMask { lower: other, higher: own })
    }
}

/// Derives 32 bytes from a 32-byte secret for one purpose in one session.
pub(crate) fn derive(
    session: Digest,
    secret: &[u8; 32],
    purpose: Purpose<'_>,
) -> Zeroizing<[u8; 32]> {
    let (label, points, keys): (&[u8], _, [&[u8]; 2]) = match purpose {
        Purpose::SelfMask { of } => (b"concordat-secagg/v1/self-mask", [of, 0], [&[], &[]]),
        Purpose::PairMask { lower, higher } => {
            (b"concordat-secagg/v1/pair-mask", [lower.0, higher.0], [lower.1, higher.1])
        }
        Purpose::ShareKey { dealer, holder } => {
            (b"concordat-secagg/v1/share-key", [dealer.0, holder.0], [dealer.1, holder.1])
        }
        Purpose::AggregatorMask { client, aggregator } => {
            (b"concordat-secagg/v1/three/mask", [client.0, aggregator.0], [client.1, aggregator.1])
        }
    };
    let [one, other] = keys;
    let mut key = Zeroizing::new([0; 32]);
    #[expect(clippy::expect_used, reason = "32 bytes are below HKDF's limit of 255 hashes")]
    Hkdf::<Sha256>::new(Some(session.as_bytes()), secret)
        .expand_multi_info(&[label, &points, one, other], key.as_mut_slice())
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
    streams: Vec<(Sign, Keystream)>,
}

impl Masks {
    /// Adds a keystream.
    pub(crate) fn push(&mut self, sign: Sign, key: &[u8; 32]) {
        self.streams.push((sign, Keystream::new(key)));
    }

    /// Moves every keystream to the start of a chunk of [`CHUNK`] elements.
    pub(crate) fn seek(&mut self, chunk: usize, ring: Ring) {
        let at = chunk as u64 * CHUNK as u64 * u64::from(ring.bits() / 8);
        self.streams.iter_mut().for_each(|(_, stream)| stream.seek(at));
    }

    /// Applies every keystream from where it stands. Only the last piece of a vector may have
    /// another length than a multiple of four elements.
    pub(crate) fn apply(&mut self, to: &mut RingVec) {
        match to {
            RingVec::U32(words) => self.apply_words(words),
            RingVec::U64(words) => self.apply_words(words),
        }
    }

    /// As [`Masks::apply`]: part by part, so that the vector goes through memory once.
    pub(crate) fn apply_words<W: Word>(&mut self, words: &mut [W]) {
        let mut buffer = Buffer::new();
        for part in words.chunks_mut(PART / W::BYTES) {
            for (sign, stream) in &mut self.streams {
                let bytes = stream.next(&mut buffer, part.len() * W::BYTES);
                match sign {
                    Sign::Add => W::zip_bytes(part, bytes, W::plus),
                    Sign::Subtract => W::zip_bytes(part, bytes, W::minus),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIR: Purpose<'_> = Purpose::PairMask { lower: (1, &[1; 32]), higher: (2, &[2; 32]) };

    fn masked(session: &[u8], purpose: Purpose<'_>, sign: Sign, to: &mut RingVec) {
        let mut masks = Masks::default();
        masks.push(sign, &derive(Digest::of(session), &[9; 32], purpose));
        masks.apply(to);
    }

    #[test]
    fn what_was_added_can_be_subtracted_across_chunks_and_in_both_rings() {
        for ring in [Ring::Bits32, Ring::Bits64] {
            let zeros = RingVec::zeros(ring, 3 * CHUNK + 5);
            let mut vector = zeros.clone();
            masked(b"s", PAIR, Sign::Add, &mut vector);
            assert_ne!(vector, zeros);
            masked(b"s", PAIR, Sign::Subtract, &mut vector);
            assert_eq!(vector, zeros);
        }
    }

    #[test]
    fn clients_that_were_shown_different_models_have_masks_that_do_not_cancel() {
        let mut vector = RingVec::zeros(Ring::Bits32, 8);
        masked(b"model a", PAIR, Sign::Add, &mut vector);
        masked(b"model b", PAIR, Sign::Subtract, &mut vector);
        assert!(vector.to_signed().iter().all(|word| *word != 0));
    }

    /// All 32 bytes count: no bit is left out, and none folded onto another.
    #[test]
    fn secrets_that_differ_in_any_bit_or_in_two_that_a_fold_puts_together_share_no_key() {
        let session = Digest::of(b"s");
        let secret = [0x5a; 32];
        let mut keys = std::collections::BTreeSet::from([*derive(session, &secret, PAIR)]);
        for bit in 0..256 {
            let mut other = secret;
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(keys.insert(*derive(session, &other, PAIR)), "bit {bit}");
            for width in [1, 2, 4, 8, 16] {
                let mut folded = other;
                folded[(bit / 8 + width) % 32] ^= 1 << (bit % 8);
                // Of two that are half of it apart each is met twice.
                let key = *derive(session, &folded, PAIR);
                assert!(keys.insert(key) || width == 16 && bit >= 128, "bit {bit}, fold {width}");
            }
        }
    }

    #[test]
    fn no_two_purposes_share_a_key() {
        let keys: std::collections::BTreeSet<[u8; 32]> = [
            Purpose::SelfMask { of: 1 },
            Purpose::SelfMask { of: 2 },
            PAIR,
            Purpose::PairMask { lower: (1, &[1; 32]), higher: (3, &[2; 32]) },
            Purpose::PairMask { lower: (1, &[1; 32]), higher: (2, &[3; 32]) },
            Purpose::ShareKey { dealer: (1, &[1; 32]), holder: (2, &[2; 32]) },
            Purpose::ShareKey { dealer: (2, &[2; 32]), holder: (1, &[1; 32]) },
            Purpose::AggregatorMask { client: (1, &[1; 32]), aggregator: (2, &[2; 32]) },
            Purpose::AggregatorMask { client: (2, &[2; 32]), aggregator: (1, &[1; 32]) },
        ]
        .map(|purpose| *derive(Digest::of(b"s"), &[9; 32], purpose))
        .into();
        assert_eq!(keys.len(), 9);
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
