//! The founding statement on its way from founder to founder, before it is a full envelope.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use concordat_node::plain::Kind;
use concordat_partnership::act::Genesis;
use concordat_partnership::{Act, key_id};
use concordat_terms::{Digest, KeyId};
use concordat_tlog::dsse::{PAYLOAD_TYPE, Signature, pae};
use concordat_tlog::{Envelope, SigningKey};
use concordat_wire::act::{decode, encode};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::files;

/// A genesis and the signatures that it has so far: DSSE's JSON, which once complete is the
/// log's first entry byte for byte.
#[derive(Clone, Debug)]
pub(crate) struct Founding {
    pub(crate) genesis: Genesis,
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

impl Founding {
    pub(crate) fn new(genesis: Genesis) -> Result<Self, Failure> {
        let payload = encode(None, &Act::Genesis(genesis.clone()))
            .map_err(|e| Failure::usage("bad-founding", e.to_string(), "mend the arguments"))?;
        Ok(Self { genesis, payload, signatures: Vec::new() })
    }

    /// The log's name.
    pub(crate) fn id(&self) -> Digest {
        Digest::of(&self.payload)
    }

    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = files::bytes(path, Kind::Statement)?;
        let bad = |why: String| {
            let what = format!("`{}` is not a founding statement: {why}", path.display());
            Failure::usage("bad-founding", what, "name the file that `concordat found` wrote")
        };
        let raw: Raw = serde_json::from_slice(&bytes).map_err(|e| bad(e.to_string()))?;
        if raw.payload_type != PAYLOAD_TYPE {
            return Err(bad(format!("its payload type is `{}`", raw.payload_type)));
        }
        let payload = STANDARD.decode(&raw.payload).map_err(|e| bad(e.to_string()))?;
        let signed = decode(&payload).map_err(|e| bad(e.to_string()))?;
        let Act::Genesis(genesis) = signed.act else { return Err(bad("another act".to_owned())) };
        let mut signatures = Vec::new();
        for RawSignature { keyid, sig } in raw.signatures {
            let sig = STANDARD.decode(sig).ok().and_then(|sig| sig.try_into().ok());
            let sig = sig.ok_or_else(|| bad(format!("the signature of `{keyid}` is garbled")))?;
            signatures.push(Signature { keyid, sig });
        }
        Ok(Self { genesis, payload, signatures })
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        let bytes = if self.signatures.is_empty() {
            let raw = Raw {
                payload: STANDARD.encode(&self.payload),
                payload_type: PAYLOAD_TYPE.to_owned(),
                signatures: Vec::new(),
            };
            serde_json::to_vec(&raw).unwrap_or_default()
        } else {
            Envelope::new(self.payload.clone(), self.signatures.clone())
                .map_err(|e| Failure::usage("bad-founding", e.to_string(), "found it anew"))?
                .to_bytes()
        };
        files::write_whole(path, &bytes)
    }

    /// Adds or renews the signature of a key that the genesis names.
    pub(crate) fn sign(&mut self, key: &SigningKey) -> Result<(), Failure> {
        let public = key.public().to_string();
        let id = id_of(&public)?.to_string();
        self.signatures.retain(|signature| signature.keyid != id);
        self.signatures.push(Signature { keyid: id, sig: key.sign(&pae(&self.payload)) });
        self.signatures.sort_by(|a, b| a.keyid.cmp(&b.keyid));
        Ok(())
    }

    /// Who has not signed yet: parties, and `sequencer`.
    pub(crate) fn missing(&self) -> Vec<String> {
        let parties = self.genesis.parties.iter().map(|(p, f)| (p.to_string(), &f.key));
        let sequencer = [("sequencer".to_owned(), &self.genesis.sequencer)];
        let signed = |public: &str| {
            key_id(public).is_some_and(|id| self.signatures.iter().any(|s| s.keyid == id.as_str()))
        };
        parties
            .chain(sequencer)
            .filter(|(_, public)| !signed(public))
            .map(|(name, _)| name)
            .collect()
    }
}

fn id_of(public: &str) -> Result<KeyId, Failure> {
    key_id(public).ok_or_else(|| {
        Failure::usage("bad-key", format!("`{public}` is not a key"), "write 64 hexadecimal digits")
    })
}
