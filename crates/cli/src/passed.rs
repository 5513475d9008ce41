//! A statement on its way from hand to hand, before all have signed it: DSSE's JSON, which once complete is an
//! entry of the log byte for byte.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use concordat_node::plain::Kind;
use concordat_partnership::key_id;
use concordat_terms::{Digest, KeyId};
use concordat_tlog::dsse::{PAYLOAD_TYPE, Signature, pae};
use concordat_tlog::{Envelope, SigningKey};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::files;

/// A payload and the signatures that it has so far.
#[derive(Clone, Debug)]
pub(crate) struct Passed {
    payload: Vec<u8>,
    signatures: Vec<Signature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    payload: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<RawSignature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSignature {
    keyid: String,
    sig: String,
}

impl Passed {
    /// Nobody has signed it yet.
    pub(crate) fn new(payload: Vec<u8>) -> Self {
        Self { payload, signatures: Vec::new() }
    }

    /// The statement's bytes.
    pub(crate) fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// SHA-256 of these.
    pub(crate) fn id(&self) -> Digest {
        Digest::of(&self.payload)
    }

    /// Reads what [`Passed::write`] wrote; what is none is told by `bad`.
    ///
    /// # Errors
    /// No such file; what `bad` makes of it.
    pub(crate) fn read(path: &Path, bad: impl Fn(String) -> Failure) -> Result<Self, Failure> {
        let bytes = files::bytes(path, Kind::Statement)?;
        let raw: Raw = serde_json::from_slice(&bytes).map_err(|e| bad(e.to_string()))?;
        if raw.payload_type != PAYLOAD_TYPE {
            return Err(bad(format!("its payload type is `{}`", raw.payload_type)));
        }
        let payload = STANDARD.decode(&raw.payload).map_err(|e| bad(e.to_string()))?;
        let mut signatures = Vec::new();
        for RawSignature { keyid, sig } in raw.signatures {
            let sig = STANDARD.decode(sig).ok().and_then(|sig| sig.try_into().ok());
            let sig = sig.ok_or_else(|| bad(format!("the signature of `{keyid}` is garbled")))?;
            signatures.push(Signature { keyid, sig });
        }
        Ok(Self { payload, signatures })
    }

    /// Writes it as far as it has come.
    ///
    /// # Errors
    /// What `bad` makes of signatures that no envelope can have; what the disk says.
    pub(crate) fn write(
        &self,
        path: &Path,
        bad: impl Fn(String) -> Failure,
    ) -> Result<(), Failure> {
        let bytes = if self.signatures.is_empty() {
            let raw = Raw {
                payload: STANDARD.encode(&self.payload),
                payload_type: PAYLOAD_TYPE.to_owned(),
                signatures: Vec::new(),
            };
            serde_json::to_vec(&raw).unwrap_or_default()
        } else {
            self.envelope(bad)?
        };
        files::write_whole(path, &bytes)
    }

    /// The entry, as far as it is signed.
    ///
    /// # Errors
    /// What `bad` makes of it, where there is no envelope with such signatures.
    pub(crate) fn envelope(&self, bad: impl Fn(String) -> Failure) -> Result<Vec<u8>, Failure> {
        let envelope = Envelope::new(self.payload.clone(), self.signatures.clone());
        envelope.map(|envelope| envelope.to_bytes()).map_err(|e| bad(e.to_string()))
    }

    /// Adds or renews the signature of a key.
    ///
    /// # Errors
    /// A key that has no id.
    pub(crate) fn sign(&mut self, key: &SigningKey) -> Result<(), Failure> {
        let id = id_of(&key.public().to_string())?.to_string();
        self.signatures.retain(|signature| signature.keyid != id);
        self.signatures.push(Signature { keyid: id, sig: key.sign(&pae(&self.payload)) });
        self.signatures.sort_by(|a, b| a.keyid.cmp(&b.keyid));
        Ok(())
    }

    /// Whether there is a signature by the name of this key.
    pub(crate) fn is_signed_by(&self, key: &KeyId) -> bool {
        self.signatures.iter().any(|signature| signature.keyid == key.as_str())
    }
}

/// The id of a key for acts.
///
/// # Errors
/// A text that is no key.
pub(crate) fn id_of(public: &str) -> Result<KeyId, Failure> {
    key_id(public).ok_or_else(|| {
        Failure::usage("bad-key", format!("`{public}` is not a key"), "write 64 hexadecimal digits")
    })
}
