//! ML-DSA-44 keys (FIPS 204), which a quantum computer does not break: for cosignatures beside
//! Ed25519, never instead of it, because the implementation has not been audited yet.

use std::fmt;

use ml_dsa::signature::{Keypair as _, Signer as _, Verifier as _};
use ml_dsa::{MlDsa44, Signature, VerifyingKey};
use zeroize::Zeroizing;

use crate::key::BadSignature;

/// Bytes of a public key.
pub const PUBLIC_BYTES: usize = 1312;
/// Bytes of a signature.
pub const SIGNATURE_BYTES: usize = 2420;

/// An ML-DSA-44 public key: 1,312 bytes, each sequence of which is one key in its one spelling.
///
/// Equal and ordered by its bytes; expanded when it verifies, which costs about as much again.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PqPublicKey(Box<[u8; PUBLIC_BYTES]>);

/// The signature could not be made: FIPS 204 gives up after many tries, which nobody has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no signature was found in the tries that the standard allows")]
pub struct NoSignature;

impl PqPublicKey {
    /// Takes a key; none if the bytes are not [`PUBLIC_BYTES`].
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(Box::new(bytes.try_into().ok()?)))
    }

    /// The bytes of `pkEncode`.
    pub fn as_bytes(&self) -> &[u8; PUBLIC_BYTES] {
        &self.0
    }

    /// Checks one signature (pure mode, empty context), hints and norm included.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify(
        &self,
        message: &[u8],
        signature: &[u8; SIGNATURE_BYTES],
    ) -> Result<(), BadSignature> {
        let signature = Signature::<MlDsa44>::try_from(signature.as_slice());
        let signature = signature.map_err(|_| BadSignature)?;
        let key = VerifyingKey::<MlDsa44>::decode(&(*self.0).into());
        key.verify(message, &signature).map_err(|_| BadSignature)
    }
}

impl fmt::Debug for PqPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.0.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<String>();
        write!(f, "PqPublicKey({first}…)")
    }
}

/// An ML-DSA-44 private key; wiped from memory when dropped.
#[derive(Clone)]
pub struct PqSigningKey(ml_dsa::SigningKey<MlDsa44>);

impl PqSigningKey {
    /// The key of a 32-byte seed (FIPS 204, ξ of algorithm 6), which the caller draws and wipes.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ml_dsa::SigningKey::from_seed(&(*seed).into()))
    }

    /// The seed, to be written to a key file and nowhere else.
    pub fn to_seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_seed().into())
    }

    /// The public half.
    pub fn public(&self) -> PqPublicKey {
        PqPublicKey(Box::new(self.0.verifying_key().encode().into()))
    }

    /// Signs (pure mode, empty context); the same key and message always give the same bytes.
    ///
    /// # Errors
    /// [`NoSignature`].
    pub fn sign(&self, message: &[u8]) -> Result<[u8; SIGNATURE_BYTES], NoSignature> {
        let signature: Signature<MlDsa44> = self.0.try_sign(message).map_err(|_| NoSignature)?;
        Ok(signature.encode().into())
    }
}

// Redacted: a private key must not reach a log or a failed assertion.
impl fmt::Debug for PqSigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PqSigningKey(of {:?})", self.public())
    }
}
