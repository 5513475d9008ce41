//! Witness cosignatures (C2SP tlog-cosignature): Ed25519 (type 0x04) and ML-DSA-44 (type 0x06).
//!
//! A cosignature says: at this time, this was the largest consistent tree that I had seen of the
//! log with this origin. What Ed25519 signs does not name the cosigner: one key per cosigner.

use concordat_terms::Timestamp;

use crate::checkpoint::{Checkpoint, NotACheckpoint};
use crate::key::{PublicKey, SigningKey};
use crate::note::SignatureLine;
use crate::pq::{NoSignature, PqPublicKey, PqSigningKey};
use crate::vkey::{Key, NotAName, Vkey};

/// Why a checkpoint's text is not cosigned with ML-DSA-44.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotCosigned {
    /// The cosigner's name is none.
    #[error(transparent)]
    Name(#[from] NotAName),
    /// The text is no checkpoint: what is signed are its parts.
    #[error(transparent)]
    Checkpoint(#[from] NotACheckpoint),
    /// The key found no signature.
    #[error(transparent)]
    Signature(#[from] NoSignature),
}

/// What a witness signs with Ed25519: two lines, then the checkpoint's text with its final newline.
pub fn message(at: Timestamp, text: &str) -> Vec<u8> {
    format!("cosignature/v1\ntime {}\n{text}", at.seconds()).into_bytes()
}

/// What a witness signs with ML-DSA-44: a label, its name, the time, and the checkpoint as the
/// subtree of all leaves from 0.
///
/// # Errors
/// [`NotAName`]: a name's length has one byte.
pub fn pq_message(name: &str, at: Timestamp, of: &Checkpoint) -> Result<Vec<u8>, NotAName> {
    let named = |text: &str| {
        let length = u8::try_from(text.len()).ok().filter(|length| *length > 0);
        let length = length.ok_or_else(|| NotAName(text.chars().take(80).collect()))?;
        Ok([&[length], text.as_bytes()].concat())
    };
    let mut message = b"subtree/v1\n\0".to_vec();
    message.extend(named(name)?);
    message.extend(at.seconds().to_be_bytes());
    message.extend(named(&of.origin)?);
    message.extend(0u64.to_be_bytes());
    message.extend(of.size.to_be_bytes());
    message.extend(of.root.as_bytes());
    Ok(message)
}

/// Cosigns a checkpoint's text with Ed25519.
///
/// # Errors
/// [`NotAName`].
pub fn cosign(
    name: &str,
    key: &SigningKey,
    at: Timestamp,
    text: &str,
) -> Result<SignatureLine, NotAName> {
    let vkey = Vkey::new(name, Key::Witness(key.public()))?;
    let signature = key.sign(&message(at, text));
    Ok(SignatureLine::of(&vkey, stamped(at, &signature)))
}

/// Cosigns a checkpoint's text with ML-DSA-44.
///
/// # Errors
/// [`NotCosigned`].
pub fn cosign_pq(
    name: &str,
    key: &PqSigningKey,
    at: Timestamp,
    text: &str,
) -> Result<SignatureLine, NotCosigned> {
    let vkey = Vkey::new(name, Key::PqWitness(key.public()))?;
    let signature = key.sign(&pq_message(name, at, &Checkpoint::parse(text)?)?)?;
    Ok(SignatureLine::of(&vkey, stamped(at, &signature)))
}

/// `u64` big-endian seconds ‖ signature.
fn stamped(at: Timestamp, signature: &[u8]) -> Vec<u8> {
    [at.seconds().to_be_bytes().as_slice(), signature].concat()
}

pub(crate) fn unstamped(stamped: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (seconds, signature) = stamped.split_first_chunk::<8>()?;
    Some((Timestamp::from_seconds(u64::from_be_bytes(*seconds))?, signature))
}

/// The time of a good cosignature; none if it is not good, or claims a time after the year 9999.
pub(crate) fn verify(key: &PublicKey, text: &str, stamped: &[u8]) -> Option<Timestamp> {
    let (at, signature) = unstamped(stamped)?;
    key.verify(&message(at, text), signature.try_into().ok()?).ok()?;
    Some(at)
}

/// The same of ML-DSA-44. Time 0 is good too, and says nothing about when.
pub(crate) fn verify_pq(
    name: &str,
    key: &PqPublicKey,
    text: &str,
    stamped: &[u8],
) -> Option<Timestamp> {
    let (at, signature) = unstamped(stamped)?;
    let message = pq_message(name, at, &Checkpoint::parse(text).ok()?).ok()?;
    key.verify(&message, signature.try_into().ok()?).ok()?;
    Some(at)
}
