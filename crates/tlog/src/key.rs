//! Ed25519 keys (RFC 8032) that mean one thing to every verifier.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signer as _, Verifier as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// An Ed25519 public key of prime order, written as 64 lowercase hexadecimal digits.
///
/// Equal and ordered by its 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey(ed25519_dalek::VerifyingKey);

/// Why 32 bytes, or a text, are not a public key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAKey {
    /// Not 64 lowercase hexadecimal digits.
    #[error("`{0}` is not a public key: 64 lowercase hexadecimal digits")]
    Text(String),
    /// No point of the curve has this encoding.
    #[error("public key `{0}` is not a point of the curve")]
    NotAPoint(String),
    /// A point's second spelling: libraries disagree whether it is the same key.
    #[error("public key `{0}` is not in its canonical encoding")]
    NotCanonical(String),
    /// A point of small order: its owner can sign without knowing the message.
    #[error("public key `{0}` is weak: it has small order")]
    Weak(String),
    /// A point with a component of small order: libraries disagree about its signatures.
    #[error("public key `{0}` is of mixed order")]
    MixedOrder(String),
}

/// How the identity is encoded: y is one, and x is zero.
const IDENTITY: [u8; 32] = {
    let mut encoded = [0; 32];
    encoded[0] = 1;
    encoded
};

/// A signature that the key did not make over these bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct BadSignature;

impl PublicKey {
    /// Takes a key that is canonically encoded and of prime order.
    ///
    /// Costs a scalar multiplication: parse once, keep the value.
    ///
    /// # Errors
    /// [`NotAKey`].
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, NotAKey> {
        let shown = || hex::encode(bytes);
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes)
            .map_err(|_| NotAKey::NotAPoint(shown()))?;
        let point = key.to_edwards();
        if point.compress().as_bytes() != bytes {
            return Err(NotAKey::NotCanonical(shown()));
        }
        if key.is_weak() {
            return Err(NotAKey::Weak(shown()));
        }
        if !point.is_torsion_free() {
            return Err(NotAKey::MixedOrder(shown()));
        }
        Ok(Self(key))
    }

    /// The 32 bytes of RFC 8032 §5.1.2.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Checks one signature, strictly: cofactorless, `s` below the group order, no point of small
    /// order. Never a batch, whose verdict depends on what else is in it.
    ///
    /// The verdict is that of `verify_strict`, which decompresses `R` to see whether it has small order.
    /// That is not needed: the plain check holds `R` to be the encoding of a point that it computes from
    /// the base point and this key, both of prime order. Of such points only the identity has small order.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), BadSignature> {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        self.0.verify(message, &signature).map_err(|_| BadSignature)?;
        if *signature.r_bytes() == IDENTITY { Err(BadSignature) } else { Ok(()) }
    }
}

impl PartialOrd for PublicKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PublicKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl FromStr for PublicKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let fault = || NotAKey::Text(text.chars().take(80).collect());
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(fault());
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| fault())?;
        Self::from_bytes(&bytes)
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// An Ed25519 private key; wiped from memory when dropped.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// The key of a 32-byte seed (RFC 8032 §5.1.5), which the caller draws and wipes.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The seed, to be written to a key file and nowhere else.
    pub fn to_seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        // A clamped scalar times the base point is canonical and of prime order: no check needed.
        PublicKey(self.0.verifying_key())
    }

    /// Signs; the same key and message always give the same 64 bytes.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

// Redacted: a private key must not reach a log or a failed assertion.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey(of {})", self.public())
    }
}
