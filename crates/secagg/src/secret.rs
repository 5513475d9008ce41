//! Thirty-two bytes that are wiped and never printed.

use std::fmt;

use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A 32-byte secret: a private key, a self-mask seed, or a share of one.
///
/// Wiped on drop; `Debug` is redacted, because shares travel in messages that people log.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret([u8; 32]);

impl Secret {
    /// Fresh random bytes.
    pub(crate) fn random(rng: &mut impl CryptoRng) -> Self {
        Self::filled(|bytes| rng.fill_bytes(bytes))
    }

    /// What `fill` leaves in 32 zeros; nothing of it stays elsewhere.
    pub(crate) fn filled(fill: impl FnOnce(&mut [u8; 32])) -> Self {
        let mut secret = Self([0; 32]);
        fill(&mut secret.0);
        secret
    }

    /// The raw bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// States that show whose they are, since all else in them is secret or of no interest: by
/// what `me.shown()` says.
macro_rules! redacted {
    ($($state:ident)*) => {$(
        impl std::fmt::Debug for $state {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({}, redacted)", stringify!($state), self.me.shown())
            }
        }
    )*};
}

pub(crate) use redacted;

/// In a time that does not depend on where two secrets differ.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
    }
}

impl Eq for Secret {}

impl From<[u8; 32]> for Secret {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use zeroize::ZeroizeOnDrop;

    use super::*;

    /// Holds of types that wipe themselves alone: a feature that is lost does not compile.
    fn wipes_itself<T: ZeroizeOnDrop>() {}

    #[test]
    fn whatever_secrets_go_through_wipes_itself() {
        wipes_itself::<Secret>();
        // Keys are agreed, and signed with.
        wipes_itself::<x25519_dalek::StaticSecret>();
        wipes_itself::<x25519_dalek::SharedSecret>();
        wipes_itself::<ed25519_dalek::SigningKey>();
        // Hashing, of which HMAC and HKDF are made, and commitments to seeds and digests of shares.
        wipes_itself::<sha2::Sha256>();
        // Keystreams and sealed shares.
        wipes_itself::<aes::Aes128Enc>();
        wipes_itself::<chacha20poly1305::ChaCha20Poly1305>();
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert_eq!(format!("{:?}", Secret::from([7; 32])), "Secret(redacted)");
    }
}
