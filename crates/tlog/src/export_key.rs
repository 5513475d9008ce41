//! ECDSA keys on P-256: for exports only, to readers whose tools know no Ed25519.
//!
//! Nothing in a log is signed with them. A party binds one to its other keys by an act.

use std::fmt;
use std::str::FromStr;

use p256::ecdsa::signature::{Signer as _, Verifier as _};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use crate::b64;
use crate::key::BadSignature;

/// What stands before the point in a SubjectPublicKeyInfo (RFC 5480): id-ecPublicKey, secp256r1.
const SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A point of P-256 that is not the identity, written as 66 lowercase hexadecimal digits: the
/// compressed encoding of SEC 1, its one spelling here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ExportPublicKey(VerifyingKey);

/// Why a text is not an export key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an export key: a compressed point of P-256 in 66 lowercase hex digits")]
pub struct NotAnExportKey(pub String);

impl ExportPublicKey {
    /// Takes a key in its compressed encoding; none if it is no point of the curve.
    pub fn from_bytes(bytes: &[u8; 33]) -> Option<Self> {
        let key = Self(VerifyingKey::from_sec1_bytes(bytes).ok()?);
        (key.to_bytes() == *bytes).then_some(key)
    }

    /// The compressed encoding: parity of y, then x.
    pub fn to_bytes(&self) -> [u8; 33] {
        let mut bytes = [0; 33];
        bytes.iter_mut().zip(self.0.to_sec1_point(true).as_bytes()).for_each(|(to, b)| *to = *b);
        bytes
    }

    /// The key as other tools read it: SubjectPublicKeyInfo in PEM, with the final newline.
    pub fn to_pem(&self) -> String {
        let encoded = b64::encode(&[&SPKI, self.0.to_sec1_point(false).as_bytes()].concat());
        let (first, second) = encoded.split_at_checked(64).unwrap_or((&encoded, ""));
        format!("-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----\n")
    }

    /// Checks one signature over SHA-256 of the message: DER with r and s in their shortest form,
    /// s in the lower half, so that a signature has one spelling.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        let signature = from_der(signature).ok_or(BadSignature)?;
        if signature.normalize_s() != signature {
            return Err(BadSignature);
        }
        self.0.verify(message, &signature).map_err(|_| BadSignature)
    }
}

impl fmt::Display for ExportPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.to_bytes()))
    }
}

impl fmt::Debug for ExportPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExportPublicKey({self})")
    }
}

impl FromStr for ExportPublicKey {
    type Err = NotAnExportKey;

    fn from_str(text: &str) -> Result<Self, NotAnExportKey> {
        let mut bytes = [0; 33];
        let lower = !text.bytes().any(|b| b.is_ascii_uppercase());
        Some(())
            .filter(|()| lower && hex::decode_to_slice(text, &mut bytes).is_ok())
            .and_then(|()| Self::from_bytes(&bytes))
            .ok_or_else(|| NotAnExportKey(text.chars().take(80).collect()))
    }
}

/// A private key on P-256; wiped from memory when dropped.
#[derive(Clone)]
pub struct ExportKey(SigningKey);

impl ExportKey {
    /// The key of a secret number that the caller draws and wipes; none, with a chance of 2^-32,
    /// if it is 0 or not below the order of the group: draw again.
    pub fn from_secret(secret: &[u8; 32]) -> Option<Self> {
        SigningKey::from_slice(secret).ok().map(Self)
    }

    /// The secret number, to be written to a key file and nowhere else.
    pub fn to_secret(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes().into())
    }

    /// The public half.
    pub fn public(&self) -> ExportPublicKey {
        ExportPublicKey(*self.0.verifying_key())
    }

    /// Signs SHA-256 of the message with the nonce of RFC 6979, as DER; the same key and message
    /// always give the same bytes.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: Signature = self.0.sign(message);
        to_der(&signature.normalize_s())
    }
}

// Redacted: a private key must not reach a log or a failed assertion.
impl fmt::Debug for ExportKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExportKey(of {})", self.public())
    }
}

/// `SEQUENCE { INTEGER r, INTEGER s }`: never longer than 72 bytes, so every length is one byte.
fn to_der(signature: &Signature) -> Vec<u8> {
    let (r, s) = signature.split_bytes();
    let body = [integer(&r), integer(&s)].concat();
    [&[0x30, body.len() as u8], body.as_slice()].concat()
}

/// Big-endian without leading zeros, but for one where the first bit would be a sign.
fn integer(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let digits = number.get(zeros..).unwrap_or_default();
    let sign = digits.first().is_none_or(|first| *first >= 0x80);
    let padded = [if sign { &[0][..] } else { &[] }, digits].concat();
    [&[0x02, padded.len() as u8], padded.as_slice()].concat()
}

/// What [`to_der`] writes, and nothing else.
fn from_der(der: &[u8]) -> Option<Signature> {
    let (r, rest) = take_integer(der.get(2..)?)?;
    let (s, _) = take_integer(rest)?;
    let signature = Signature::from_scalars(r, s).ok()?;
    (to_der(&signature) == der).then_some(signature)
}

fn take_integer(der: &[u8]) -> Option<([u8; 32], &[u8])> {
    let [0x02, length, rest @ ..] = der else { return None };
    let (digits, rest) = rest.split_at_checked(usize::from(*length))?;
    let digits = digits.strip_prefix(&[0]).unwrap_or(digits);
    let mut number = [0; 32];
    let start = number.len().checked_sub(digits.len())?;
    number.get_mut(start..)?.iter_mut().zip(digits).for_each(|(to, digit)| *to = *digit);
    Some((number, rest))
}
