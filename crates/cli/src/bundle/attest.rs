//! Who has replayed the log and stands by a bundle's records.

use std::collections::BTreeMap;

use concordat_terms::{Digest, KeyId, PartyId};
use concordat_tlog::dsse::{NotAnEnvelope, NotSigned};
use concordat_tlog::key::NotAKey;
use concordat_tlog::statement::{NotAStatement, Subject};
use concordat_tlog::{Envelope, PublicKey, SigningKey, Statement};
use serde::{Deserialize, Serialize};

use super::{ATTESTATIONS, INDEX, Index, KeyOf};

/// The kind of statement. Its subject is the SHA-256 of `bundle.json`.
pub(super) const PREDICATE_TYPE: &str = "urn:concordat:attestation:v0";

/// What is attested: that the fold of this log, of this size, has these records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Predicate {
    log: Digest,
    party: PartyId,
    records: Digest,
    root: Digest,
    size: u64,
}

/// Why an attestation does not count.
#[derive(Debug, thiserror::Error)]
pub enum NotAttested {
    /// Not named after a key.
    #[error("the file is not named after a key's id")]
    Name,
    /// No envelope.
    #[error(transparent)]
    Envelope(#[from] NotAnEnvelope),
    /// No statement.
    #[error(transparent)]
    Statement(#[from] NotAStatement),
    /// Another kind of statement, about another bundle, of another log or with other records.
    #[error("it attests something else than this bundle's records")]
    Other,
    /// A key that nothing here says whose it is.
    #[error("nothing in this bundle says whose key `{0}` is")]
    Stranger(KeyId),
    /// A key that is another party's.
    #[error("key `{key}` is not one of `{party}`")]
    NotTheirs {
        /// The key.
        key: KeyId,
        /// Who is said to have signed.
        party: PartyId,
    },
    /// A key that is none.
    #[error(transparent)]
    Key(#[from] NotAKey),
    /// A signature that does not hold.
    #[error(transparent)]
    Signature(#[from] NotSigned),
}

/// A party's attestation of the bundle whose `bundle.json` is `bytes`: name and bytes of the file.
///
/// # Errors
/// [`NotAStatement`] and [`NotAnEnvelope`] do not happen: the statement is small.
pub fn attest(
    index: &Index,
    bytes: &[u8],
    party: &PartyId,
    id: &KeyId,
    key: &SigningKey,
) -> Result<(String, Vec<u8>), NotAttested> {
    let statement = Statement {
        subject: vec![Subject { name: Some(INDEX.to_owned()), ..Subject::new(Digest::of(bytes)) }],
        predicate_type: PREDICATE_TYPE.to_owned(),
        predicate: serde_json::to_value(predicate(index, party)).unwrap_or_default(),
    };
    let envelope = Envelope::sign(&statement.to_bytes()?, &[(id.as_str(), key)])?;
    Ok((format!("{ATTESTATIONS}{id}.dsse"), envelope.to_bytes()))
}

fn predicate(index: &Index, party: &PartyId) -> Predicate {
    let Index { log, records, root, size, .. } = index;
    Predicate { log: *log, party: party.clone(), records: *records, root: *root, size: *size }
}

/// Who attests by the file `name`, and by which key, once its signature holds under a key that `keys`
/// says is theirs.
///
/// # Errors
/// [`NotAttested`].
pub fn attested(
    index: &Index,
    index_bytes: &[u8],
    keys: &BTreeMap<KeyId, KeyOf>,
    name: &str,
    bytes: &[u8],
) -> Result<(KeyId, PartyId), NotAttested> {
    let id = name.strip_prefix(ATTESTATIONS).and_then(|rest| rest.strip_suffix(".dsse"));
    let id: KeyId = id.and_then(|id| id.parse().ok()).ok_or(NotAttested::Name)?;
    let envelope = Envelope::parse(bytes)?;
    let statement = Statement::parse(envelope.payload())?;
    let about = Subject { name: Some(INDEX.to_owned()), ..Subject::new(Digest::of(index_bytes)) };
    let said: Predicate =
        serde_json::from_value(statement.predicate).map_err(|_| NotAttested::Other)?;
    let alone = envelope.signatures().len() == 1;
    let right = statement.predicate_type == PREDICATE_TYPE
        && statement.subject == [about]
        && said == predicate(index, &said.party)
        && alone;
    if !right {
        return Err(NotAttested::Other);
    }
    let known = keys.get(&id).ok_or_else(|| NotAttested::Stranger(id.clone()))?;
    if known.party.as_ref() != Some(&said.party) {
        return Err(NotAttested::NotTheirs { key: id, party: said.party });
    }
    envelope.verify(id.as_str(), &known.public.parse::<PublicKey>()?)?;
    Ok((id, said.party))
}
