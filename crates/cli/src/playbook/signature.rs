//! Who signed a pack: an in-toto statement about its digest, in an envelope beside its manifest.

use std::path::Path;

use concordat_agreement::template::Pack;
use concordat_node::plain::Kind;
use concordat_partnership::key_id;
use concordat_terms::KeyId;
use concordat_tlog::key::NotAKey;
use concordat_tlog::statement::Subject;
use concordat_tlog::{Envelope, PublicKey, SigningKey, Statement};
use serde_json::json;

use crate::failure::Failure;
use crate::files;

/// What the envelope is called in the pack's folder.
pub(crate) const FILE: &str = "pack.dsse";

/// What the statement says of the digest: that it is this version of this pack.
const PREDICATE: &str = "urn:concordat:pack:v0";

/// What is signed.
fn payload(pack: &Pack) -> Result<Vec<u8>, Failure> {
    let mut subject = Subject::new(pack.digest);
    subject.name = Some(pack.id.clone());
    let predicate = json!({
        "id": pack.id,
        "owner": pack.owner,
        "version": pack.version.to_string(),
    });
    let statement =
        Statement { subject: vec![subject], predicate_type: PREDICATE.to_owned(), predicate };
    statement.to_bytes().map_err(|e| unsignable(&e.to_string()))
}

fn unsignable(why: &str) -> Failure {
    Failure::usage("bad-pack", format!("the pack cannot be signed: {why}"), "shorten its owner")
}

/// Signs a pack beside those who have signed it as it is; a signature under other texts goes.
pub(crate) fn sign(dir: &Path, pack: &Pack, key: &SigningKey) -> Result<KeyId, Failure> {
    let id = id_of(&key.public())?;
    let payload = payload(pack)?;
    let own =
        Envelope::sign(&payload, &[(id.as_str(), key)]).map_err(|e| unsignable(&e.to_string()))?;
    let mut signatures = own.signatures().to_vec();
    if let Some(envelope) = beside(dir)?.filter(|other| other.payload() == payload) {
        let others = envelope.signatures().iter().filter(|other| other.keyid != id.as_str());
        signatures.extend(others.cloned());
    }
    let envelope = Envelope::new(payload, signatures).map_err(|e| unsignable(&e.to_string()))?;
    files::write_whole(&dir.join(FILE), &envelope.to_bytes())?;
    Ok(id)
}

/// The ids of the keys that say they signed the pack as it is.
pub(crate) fn claimed(dir: &Path, pack: &Pack) -> Result<Vec<String>, Failure> {
    let payload = payload(pack)?;
    let envelope = beside(dir)?.filter(|envelope| envelope.payload() == payload);
    let signatures = envelope.map(|envelope| envelope.signatures().to_vec()).unwrap_or_default();
    Ok(signatures.into_iter().map(|signature| signature.keyid).collect())
}

/// The pack as one that a key has signed.
///
/// # Errors
/// Refused, if it has not.
pub(crate) fn require(dir: &Path, pack: Pack, signer: &str) -> Result<Pack, Failure> {
    let key: PublicKey = signer.parse().map_err(|e: NotAKey| {
        Failure::usage("bad-key", e.to_string(), "copy it from `concordat key show`")
    })?;
    let id = id_of(&key)?;
    let refused = |what: String| {
        let hint = "ask its owner which key signs, and for the pack as it was signed";
        Err(Failure::refused("pack-not-signed", what, hint))
    };
    let shown = dir.display();
    let Some(envelope) = beside(dir)? else {
        return refused(format!("nobody has signed the pack in `{shown}`"));
    };
    if envelope.payload() != payload(&pack)? {
        return refused(format!("`{shown}/{FILE}` is a signature under other texts of the pack"));
    }
    match envelope.verify(id.as_str(), &key) {
        Ok(()) => Ok(pack.signed_by(id)),
        Err(e) => refused(format!("the pack in `{shown}` is not signed with this key: {e}")),
    }
}

fn beside(dir: &Path) -> Result<Option<Envelope>, Failure> {
    let path = dir.join(FILE);
    if path.symlink_metadata().is_err() {
        return Ok(None);
    }
    let bytes = files::bytes(&path, Kind::Statement)?;
    Envelope::parse(&bytes).map(Some).map_err(|e| {
        let what = format!("`{}` is no envelope of signatures: {e}", path.display());
        Failure::refused("pack-not-signed", what, "have its owner sign it: `concordat pack sign`")
    })
}

fn id_of(key: &PublicKey) -> Result<KeyId, Failure> {
    key_id(&key.to_string())
        .ok_or_else(|| Failure::fault("bad-key", "the key has no id", "draw a new key"))
}
