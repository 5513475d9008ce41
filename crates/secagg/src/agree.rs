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
pub(crate) fn agree(secret: &Secret, public: &[u8; 32]) -> Option<Secret> {
    let shared = StaticSecret::from(*secret.as_bytes()).diffie_hellman(&PublicKey::from(*public));
    shared.was_contributory().then(|| Secret::filled(|to| to.copy_from_slice(shared.as_bytes())))
}

/// Whether no honest client advertises this public key: every agreement with it would give a
/// secret known to all, or it is a second spelling of another key (RFC 7748 §5 reads 2^255 − 19
/// and above, and a set top bit, as smaller numbers).
pub(crate) fn is_bad_key(public: &[u8; 32]) -> bool {
    !is_canonical(public) || SMALL_ORDERS.contains(public)
}

/// The coordinates of small order, on the curve and on its twist, in their one spelling: 0, 1,
/// −1, and two of order 8 (Cremers and Jackson, "Prime, Order Please!", CSF 2019).
const SMALL_ORDERS: [[u8; 32]; 5] = [
    [0; 32],
    {
        let mut one = [0; 32];
        one[0] = 1;
        one
    },
    {
        let mut minus_one = [0xff; 32];
        (minus_one[0], minus_one[31]) = (0xec, 0x7f);
        minus_one
    },
    [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4,
        0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49,
        0xb8, 0x00,
    ],
    [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef,
        0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f,
        0x11, 0x57,
    ],
];

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
    fn cipher(&self, session: &Session, shared: &Secret) -> ChaCha20Poly1305 {
        let purpose = Purpose::ShareKey { dealer: self.dealer.1, holder: self.holder.1 };
        let mut key = (*derive(session.id(), shared.as_bytes(), purpose)).into();
        let cipher = ChaCha20Poly1305::new(&key);
        key.zeroize();
        cipher
    }

    /// Seals both shares under the secret that dealer and holder agreed.
    ///
    /// The nonce is zero: the key is for this session and direction, and seals once, since the
    /// dealer's state is consumed. Nothing if the cipher fails, which it does not at 64 bytes.
    pub(crate) fn seal(&self, session: &Session, shared: &Secret, held: &Held) -> Option<Dealt> {
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
    pub(crate) fn open(&self, session: &Session, shared: &Secret, dealt: &Dealt) -> Option<Held> {
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
        // Small orders divide every clamped scalar, so one scalar tells for all.
        let secret = Secret::from([1; 32]);
        for key in SMALL_ORDERS {
            assert!(is_canonical(&key) && is_bad_key(&key));
            assert!(agree(&secret, &key).is_none(), "{}", hex::encode(key));
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
