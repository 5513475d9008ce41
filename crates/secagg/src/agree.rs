//! Key agreement (X25519, RFC 7748) and the sealing of shares.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use concordat_terms::{Digest, PartyId};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::{Zeroize as _, Zeroizing};

use crate::mask::{End, Purpose, derive};
use crate::message::{Dealt, Opened, SEALED, Which};
use crate::{Secret, Session};

/// The public key of a private key.
pub(crate) fn public_of(secret: &Secret) -> [u8; 32] {
    PublicKey::from(&StaticSecret::from(*secret.as_bytes())).to_bytes()
}

/// The shared secret; nothing when the public key is of small order (RFC 7748 §6.1).
pub(crate) fn agree(secret: &Secret, public: &[u8; 32]) -> Option<Zeroizing<[u8; 32]>> {
    let shared = StaticSecret::from(*secret.as_bytes()).diffie_hellman(&PublicKey::from(*public));
    shared.was_contributory().then(|| Zeroizing::new(shared.to_bytes()))
}

/// Whether no honest client advertises this public key: every agreement with it would give a
/// secret known to all, or it is a second spelling of another key (RFC 7748 §5 reads 2^255 − 19
/// and above, and a set top bit, as smaller numbers).
pub(crate) fn is_bad_key(public: &[u8; 32]) -> bool {
    // Small orders divide every clamped scalar, so one scalar tells for all.
    !is_canonical(public) || agree(&Secret::from([1; 32]), public).is_none()
}

/// Whether the little-endian number is below 2^255 − 19.
fn is_canonical(public: &[u8; 32]) -> bool {
    let mut modulus = [0xff; 32];
    (modulus[0], modulus[31]) = (0xed, 0x7f);
    public.iter().rev().lt(modulus.iter().rev())
}

/// Both shares that one holder has of one dealer. Opening one destroys the other.
pub(crate) struct Held {
    /// Of the mask private key.
    pub(crate) key: Secret,
    /// Of the self-mask seed.
    pub(crate) seed: Secret,
}

impl Held {
    /// The one share that may be revealed: the seed's of a survivor, the key's of the others.
    pub(crate) fn open(self, survived: bool) -> Opened {
        if survived { Opened::Seed(self.seed) } else { Opened::Key(self.key) }
    }

    /// The digests of both shares, the key's first.
    fn names(&self, session: &Session, dealer: &PartyId, holder: &PartyId) -> (Digest, Digest) {
        let name = |which, share| Dealt::name(session, dealer, holder, which, share);
        (name(Which::Key, &self.key), name(Which::Seed, &self.seed))
    }
}

/// From whom to whom a sealed pair goes, with the point and the cipher key of both.
#[derive(Clone, Copy)]
pub(crate) struct Route<'a> {
    pub(crate) dealer: (&'a PartyId, End<'a>),
    pub(crate) holder: (&'a PartyId, End<'a>),
}

impl Route<'_> {
    fn cipher(&self, session: &Session, shared: &[u8; 32]) -> ChaCha20Poly1305 {
        let purpose = Purpose::ShareKey { dealer: self.dealer.1, holder: self.holder.1 };
        let mut key = (*derive(session.id(), shared, purpose)).into();
        let cipher = ChaCha20Poly1305::new(&key);
        key.zeroize();
        cipher
    }

    /// Seals both shares under the secret that dealer and holder agreed.
    ///
    /// The nonce is zero: the key is for this session and direction, and seals once, since the
    /// dealer's state is consumed. Nothing if the cipher fails, which it does not at 64 bytes.
    pub(crate) fn seal(&self, session: &Session, shared: &[u8; 32], held: &Held) -> Option<Dealt> {
        let (key_share, seed_share) = held.names(session, self.dealer.0, self.holder.0);
        let both = Zeroizing::new([*held.key.as_bytes(), *held.seed.as_bytes()].concat());
        let aad = [*key_share.as_bytes(), *seed_share.as_bytes()].concat();
        let sealed = self
            .cipher(session, shared)
            .encrypt(&Nonce::default(), Payload { msg: &both, aad: &aad })
            .ok()?;
        Some(Dealt { key_share, seed_share, sealed: sealed.try_into().ok()? })
    }

    /// Opens what [`Route::seal`] sealed; nothing when it was altered, or when the dealer put
    /// other shares inside than the digests name.
    pub(crate) fn open(&self, session: &Session, shared: &[u8; 32], dealt: &Dealt) -> Option<Held> {
        let aad = [*dealt.key_share.as_bytes(), *dealt.seed_share.as_bytes()].concat();
        let both = self
            .cipher(session, shared)
            .decrypt(&Nonce::default(), Payload { msg: &dealt.sealed, aad: &aad })
            .ok()?;
        let both = Zeroizing::new(both);
        let (key, seed) = both.split_first_chunk::<32>()?;
        let seed: &[u8; 32] = seed.try_into().ok()?;
        let held = Held {
            key: Secret::filled(|to| to.copy_from_slice(key)),
            seed: Secret::filled(|to| to.copy_from_slice(seed)),
        };
        let names = held.names(session, self.dealer.0, self.holder.0);
        (names == (dealt.key_share, dealt.seed_share)).then_some(held)
    }
}

const _: () = assert!(SEALED == 32 + 32 + 16, "two shares and a tag");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_orders_are_bad_and_honest_keys_are_not() {
        // The points of order 1, 2 and 4, and two of order 8 (RFC 7748 §6.1; Cremers and Jackson,
        // "Prime, Order Please!", CSF 2019).
        let weak = [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        ];
        for hex in weak {
            let mut key = [0; 32];
            hex::decode_to_slice(hex, &mut key).unwrap();
            assert!(is_bad_key(&key), "{hex}");
        }
        assert!(!is_bad_key(&public_of(&Secret::from([7; 32]))));
    }

    #[test]
    fn a_key_has_one_spelling() {
        // 9 + 2^255 − 19 and 9 with the top bit set are the base point to RFC 7748.
        let secret = Secret::from([7; 32]);
        let mut base = [0; 32];
        base[0] = 9;
        let mut high = base;
        high[31] = 0x80;
        let mut beyond = [0xff; 32];
        (beyond[0], beyond[31]) = (0xf6, 0x7f);
        for other in [high, beyond] {
            assert_eq!(agree(&secret, &other), agree(&secret, &base));
            assert!(is_bad_key(&other));
        }
        assert!(!is_bad_key(&base));
    }
}
