//! DSSE 1.0.2 envelopes around in-toto statements.
//!
//! An entry of the log is an envelope's exact bytes. They have one spelling: canonical JSON
//! (RFC 8785) with exactly the three DSSE fields, in padded standard base64.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::b64;
use crate::key::{BadSignature, PublicKey, SigningKey};

/// The only payload type taken.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
/// The largest payload in bytes.
pub const PAYLOAD_BYTES_MAX: usize = 16 * 1024;
/// The most signatures on one envelope.
pub const SIGNATURES_MAX: usize = 64;
/// The largest envelope in bytes: what an entry bundle can hold (C2SP tlog-tiles).
pub const ENVELOPE_BYTES_MAX: usize = 65_535;

/// A signed payload. Fields are private, so that every envelope keeps the limits above.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    payload: Vec<u8>,
    signatures: Vec<Signature>,
}

/// One signature over the envelope's PAE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Which key: a hint to the verifier, not authenticated by itself.
    pub keyid: String,
    /// Ed25519, 64 bytes.
    pub sig: [u8; 64],
}

/// Why bytes are not an envelope, or cannot become one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEnvelope {
    /// More than [`ENVELOPE_BYTES_MAX`] bytes.
    #[error("an envelope of {0} bytes is larger than 65535")]
    TooLarge(usize),
    /// Not JSON, or not with exactly the DSSE fields.
    #[error("not an envelope: {0}")]
    Shape(String),
    /// Another payload type.
    #[error("payload type `{0}` is not `application/vnd.in-toto+json`")]
    PayloadType(String),
    /// The payload is not padded standard base64.
    #[error("the payload is not canonical base64")]
    PayloadBase64,
    /// More than [`PAYLOAD_BYTES_MAX`] bytes.
    #[error("a payload of {0} bytes is larger than 16384")]
    PayloadTooLarge(usize),
    /// None, or more than [`SIGNATURES_MAX`].
    #[error("{0} signatures: from 1 to 64 are needed")]
    SignatureCount(usize),
    /// A signature that is not 64 bytes in padded standard base64.
    #[error("the signature of key `{0}` is not 64 bytes of canonical base64")]
    SignatureBase64(String),
    /// A signature without a key id.
    #[error("a signature has an empty keyid")]
    EmptyKeyid,
    /// Two signatures with one key id.
    #[error("keyid `{0}` signs twice")]
    RepeatedKeyid(String),
    /// Right content, but not in its canonical spelling.
    #[error("the envelope is not canonical JSON (RFC 8785)")]
    Spelling,
}

/// Why a key's signature does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSigned {
    /// No signature with this key id.
    #[error("no signature by key `{0}`")]
    Missing(String),
    /// A signature that fails.
    #[error("the signature by key `{0}` does not verify")]
    Bad(String),
}

impl Envelope {
    /// Signs a payload with every key, in the given order.
    ///
    /// # Errors
    /// [`NotAnEnvelope`] on too large a payload, on no or too many keys, on empty or repeated ids.
    pub fn sign(payload: &[u8], keys: &[(&str, &SigningKey)]) -> Result<Self, NotAnEnvelope> {
        let message = pae(payload);
        let signatures = keys
            .iter()
            .map(|(id, key)| Signature { keyid: (*id).to_owned(), sig: key.sign(&message) })
            .collect();
        Self::new(payload.to_vec(), signatures)
    }

    /// Puts together a payload and signatures made elsewhere over [`pae`].
    ///
    /// # Errors
    /// As [`Envelope::sign`]. The signatures are not verified.
    pub fn new(payload: Vec<u8>, signatures: Vec<Signature>) -> Result<Self, NotAnEnvelope> {
        let envelope = Self::within_limits(payload, signatures)?;
        let length = envelope.to_bytes().len();
        if length > ENVELOPE_BYTES_MAX {
            return Err(NotAnEnvelope::TooLarge(length));
        }
        Ok(envelope)
    }

    /// Whether payload and signatures are what an envelope may have, its length apart.
    fn within_limits(payload: Vec<u8>, signatures: Vec<Signature>) -> Result<Self, NotAnEnvelope> {
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(NotAnEnvelope::PayloadTooLarge(payload.len()));
        }
        if signatures.is_empty() || signatures.len() > SIGNATURES_MAX {
            return Err(NotAnEnvelope::SignatureCount(signatures.len()));
        }
        for (nth, signature) in signatures.iter().enumerate() {
            if signature.keyid.is_empty() {
                return Err(NotAnEnvelope::EmptyKeyid);
            }
            if signatures.iter().take(nth).any(|before| before.keyid == signature.keyid) {
                return Err(NotAnEnvelope::RepeatedKeyid(signature.keyid.clone()));
            }
        }
        Ok(Self { payload, signatures })
    }

    /// Reads an envelope whose bytes are exactly what [`Envelope::to_bytes`] would write.
    ///
    /// Signatures are not verified: see [`Envelope::verify`].
    ///
    /// # Errors
    /// [`NotAnEnvelope`], the first reason found.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotAnEnvelope> {
        if bytes.len() > ENVELOPE_BYTES_MAX {
            return Err(NotAnEnvelope::TooLarge(bytes.len()));
        }
        if let Some(envelope) = Self::spelt_out(bytes) {
            return envelope;
        }
        let raw: Raw<'_> =
            serde_json::from_slice(bytes).map_err(|e| NotAnEnvelope::Shape(e.to_string()))?;
        if raw.payload_type != PAYLOAD_TYPE {
            let shown = raw.payload_type.chars().take(80).collect();
            return Err(NotAnEnvelope::PayloadType(shown));
        }
        let signatures = raw.signatures.iter().map(|own| (&*own.keyid, &*own.sig));
        let envelope = Self::decoded(&raw.payload, signatures)?;

        // White space, field order, escapes, repeated fields: whatever else could be spelt in two
        // ways shows here.
        if envelope.to_bytes() == bytes { Ok(envelope) } else { Err(NotAnEnvelope::Spelling) }
    }

    /// Reads the one spelling as such: no text in it has an escape. None if that is not enough to
    /// say what the bytes are.
    fn spelt_out(bytes: &[u8]) -> Option<Result<Self, NotAnEnvelope>> {
        let text = std::str::from_utf8(bytes).ok()?;
        if text.bytes().any(|byte| byte == b'\\' || byte < 0x20) {
            return None;
        }
        let (payload, rest) = text.strip_prefix("{\"payload\":\"")?.split_once('"')?;
        let rest = rest.strip_prefix(",\"payloadType\":\"")?.strip_prefix(PAYLOAD_TYPE)?;
        let mut rest = rest.strip_prefix("\",\"signatures\":[{")?;
        let mut signatures = Vec::new();
        loop {
            let (keyid, after) = rest.strip_prefix("\"keyid\":\"")?.split_once('"')?;
            let (sig, after) = after.strip_prefix(",\"sig\":\"")?.split_once('"')?;
            signatures.push((keyid, sig));
            match after.strip_prefix("},{") {
                Some(next) => rest = next,
                None if after == "}]}" => break,
                None => return None,
            }
        }
        Some(Self::decoded(payload, signatures.into_iter()))
    }

    /// What base64 texts are, each of which has one spelling.
    fn decoded<'a>(
        payload: &str,
        signatures: impl ExactSizeIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, NotAnEnvelope> {
        let payload = b64::decode(payload).ok_or(NotAnEnvelope::PayloadBase64)?;
        if signatures.len() > SIGNATURES_MAX {
            return Err(NotAnEnvelope::SignatureCount(signatures.len()));
        }
        let read = |(keyid, sig): (&str, &str)| {
            let sig = b64::decode_array(sig)
                .ok_or_else(|| NotAnEnvelope::SignatureBase64(keyid.to_owned()))?;
            Ok(Signature { keyid: keyid.to_owned(), sig })
        };
        Self::within_limits(payload, signatures.map(read).collect::<Result<_, _>>()?)
    }

    /// The envelope's one spelling: canonical JSON, the leaf of the log.
    pub fn to_bytes(&self) -> Vec<u8> {
        let raw = Raw {
            payload: b64::encode(&self.payload).into(),
            payload_type: PAYLOAD_TYPE.into(),
            signatures: self
                .signatures
                .iter()
                .map(|s| RawSignature {
                    keyid: s.keyid.as_str().into(),
                    sig: b64::encode(&s.sig).into(),
                })
                .collect(),
        };
        // Fields are declared in canonical order and strings escape as RFC 8785 §3.2.2.2 asks;
        // a test compares with `concordat_terms::jcs`. Strings cannot fail to serialise.
        serde_json::to_vec(&raw).unwrap_or_default()
    }

    /// The signed bytes inside.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The signatures, from 1 to 64, with distinct key ids.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Checks the signature that carries `keyid` with `key`.
    ///
    /// # Errors
    /// [`NotSigned`].
    pub fn verify(&self, keyid: &str, key: &PublicKey) -> Result<(), NotSigned> {
        let signature = self
            .signatures
            .iter()
            .find(|s| s.keyid == keyid)
            .ok_or_else(|| NotSigned::Missing(keyid.to_owned()))?;
        key.verify(&pae(&self.payload), &signature.sig)
            .map_err(|BadSignature| NotSigned::Bad(keyid.to_owned()))
    }
}

/// What is signed: the pre-authentication encoding of a payload (DSSE 1.0.2, "PAE").
pub fn pae(payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw<'a> {
    #[serde(borrow)]
    payload: Cow<'a, str>,
    #[serde(borrow, rename = "payloadType")]
    payload_type: Cow<'a, str>,
    #[serde(borrow)]
    signatures: Vec<RawSignature<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSignature<'a> {
    #[serde(borrow)]
    keyid: Cow<'a, str>,
    #[serde(borrow)]
    sig: Cow<'a, str>,
}
