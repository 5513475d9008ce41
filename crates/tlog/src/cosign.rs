//! Witness cosignatures: `cosignature/v1` with Ed25519 (C2SP tlog-cosignature, type 0x04).
//!
//! A cosignature says: at this time, this was the largest consistent tree that I had seen of the
//! log with this origin. The signed bytes do not name the cosigner: one key per cosigner.

use concordat_terms::Timestamp;

use crate::key::{PublicKey, SigningKey};
use crate::note::SignatureLine;
use crate::vkey::{Kind, NotAName, Vkey};

/// What a witness signs: two lines, then the checkpoint's text with its final newline.
pub fn message(at: Timestamp, text: &str) -> Vec<u8> {
    format!("cosignature/v1\ntime {}\n{text}", at.seconds()).into_bytes()
}

/// Cosigns a checkpoint's text.
///
/// # Errors
/// [`NotAName`].
pub fn cosign(
    name: &str,
    key: &SigningKey,
    at: Timestamp,
    text: &str,
) -> Result<SignatureLine, NotAName> {
    let vkey = Vkey::new(name, Kind::Witness, key.public())?;
    let signature = key.sign(&message(at, text));
    let stamped = [at.seconds().to_be_bytes().as_slice(), &signature].concat();
    Ok(SignatureLine::of(&vkey, stamped))
}

/// The time of a good cosignature (`u64` big-endian seconds ‖ 64 bytes); none if it is not good,
/// or claims a time after the year 9999.
pub(crate) fn verify(key: &PublicKey, text: &str, stamped: &[u8]) -> Option<Timestamp> {
    let (seconds, signature) = stamped.split_first_chunk::<8>()?;
    let at = Timestamp::from_seconds(u64::from_be_bytes(*seconds))?;
    key.verify(&message(at, text), signature.try_into().ok()?).ok()?;
    Some(at)
}
