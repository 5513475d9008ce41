//! OpenSSF model signing: a released model's files, signed with a party's export key.
//!
//! A Sigstore bundle v0.3 with one DSSE signature (several signers make several bundles), whose
//! statement has the predicate `https://model_signing/signature/v1.0`. Written, never read back:
//! what a log says about a model is in the log.

use std::collections::BTreeMap;

use concordat_terms::{Digest, jcs};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::b64;
use crate::dsse::{PAYLOAD_TYPE, pae};
use crate::export_key::ExportKey;
use crate::statement::{DigestSet, NotAStatement, Statement, Subject};

/// The predicate type of such a statement.
pub const PREDICATE_TYPE: &str = "https://model_signing/signature/v1.0";
/// The media type of the bundle.
pub const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// Why a model has no bundle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAModel {
    /// A model without files says nothing.
    #[error("model `{0}` has no files")]
    Empty(String),
    /// A name that a reader could not find below the model's folder.
    #[error("`{0}` is not the relative path of a file: names joined by `/`, none `.` or `..`")]
    Path(String),
    /// The statement has no bytes.
    #[error(transparent)]
    Statement(#[from] NotAStatement),
    /// The bundle has none.
    #[error(transparent)]
    Json(#[from] jcs::NotCanonical),
}

/// The bundle of a model: its name, and each file's path below its folder with SHA-256.
///
/// Readers name the folder as they like and check that its files, the bundle itself aside, are
/// these and no others.
///
/// # Errors
/// [`NotAModel`].
pub fn bundle(
    name: &str,
    files: &BTreeMap<String, Digest>,
    key: &ExportKey,
) -> Result<Vec<u8>, NotAModel> {
    let payload = statement(name, files)?.to_bytes()?;
    // Readers name a key by the hash of its PEM.
    let hint = Digest::of(key.public().to_pem().as_bytes());
    let bundle = json!({
        "mediaType": MEDIA_TYPE,
        "verificationMaterial": { "publicKey": { "hint": hint }, "tlogEntries": [] },
        "dsseEnvelope": {
            "payload": b64::encode(&payload),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{ "keyid": "", "sig": b64::encode(&key.sign(&pae(&payload))) }],
        },
    });
    Ok(jcs::to_bytes(&bundle)?)
}

/// What is said of the model: the digest over its files' digests, in the order of their paths.
fn statement(name: &str, files: &BTreeMap<String, Digest>) -> Result<Statement, NotAModel> {
    if files.is_empty() {
        return Err(NotAModel::Empty(name.to_owned()));
    }
    let odd = |part: &str| part.is_empty() || part == "." || part == "..";
    if let Some(path) = files.keys().find(|path| path.split('/').any(odd)) {
        return Err(NotAModel::Path(path.clone()));
    }
    let mut all = Sha256::new();
    files.values().for_each(|digest| all.update(digest.as_bytes()));
    let resources: Vec<_> = files
        .iter()
        .map(|(name, digest)| json!({ "algorithm": "sha256", "digest": digest, "name": name }))
        .collect();
    let digest = DigestSet { sha256: Digest(all.finalize().into()) };
    Ok(Statement {
        subject: vec![Subject { digest, name: Some(name.to_owned()) }],
        predicate_type: PREDICATE_TYPE.to_owned(),
        predicate: json!({
            "resources": resources,
            "serialization": {
                "allow_symlinks": false,
                "hash_type": "sha256",
                "ignore_paths": [],
                "method": "files",
            },
        }),
    })
}
