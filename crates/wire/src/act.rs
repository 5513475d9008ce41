//! Acts as bytes: an in-toto Statement v1 whose predicate type names the act and its version.
//!
//! Genesis apart, a predicate has six fields: `act` (the payload), `expires_at`, `log`, `nonce`,
//! `seen`, `signers`; and a seventh, `attached`, where a signature was made elsewhere. The subject is the digest of the thing the act is about, or else the log.

use concordat_partnership::Act;
use concordat_partnership::act::{Attached, Header, Seen, Signed, Signer};
use concordat_terms::{ActName, Digest, Timestamp, jcs};
use concordat_tlog::statement::{NotAStatement, Parts, Statement, Subject};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version that every predicate carries until the first release freezes them as `v1`.
const VERSION: &str = "v0";

/// Why a payload is not an act.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAct {
    /// Not a statement.
    #[error(transparent)]
    Statement(#[from] NotAStatement),
    /// A predicate type that these rules do not know.
    #[error("`{0}` is not an act of these rules")]
    Unknown(String),
    /// A known act with other fields than it has.
    #[error("the predicate of `{act}` does not fit: {reason}")]
    Fields {
        /// The act.
        act: ActName,
        /// What does not fit.
        reason: String,
    },
    /// A statement about something else than its act.
    #[error("the statement's subject is not what `{0}` is about")]
    Subject(ActName),
}

#[derive(Serialize)]
struct Predicate {
    act: Value,
    #[serde(flatten)]
    rest: Option<Rest>,
}

/// What a predicate has beside its act; a genesis has none of it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rest {
    expires_at: Timestamp,
    log: Digest,
    nonce: String,
    seen: Seen,
    signers: Vec<Signer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attached: Option<Attached>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// The payload of an act: canonical JSON, ready to be signed. `header` is `None` for a genesis
/// and for nothing else.
///
/// # Errors
/// [`NotAnAct`] when the act cannot be written: a header where none belongs or the reverse.
pub fn encode(header: Option<&Header>, act: &Act) -> Result<Vec<u8>, NotAnAct> {
    let name = act.name();
    let fields = |reason: String| NotAnAct::Fields { act: name, reason };
    let value = payload(act).map_err(fields)?;
    let rest = header.map(|header| Rest {
        expires_at: header.expires_at,
        log: header.log,
        nonce: header.nonce.clone(),
        seen: header.seen,
        signers: header.signers.clone(),
        attached: header.attached.clone(),
    });
    let predicate = if rest.is_none() == matches!(act, Act::Genesis(_)) {
        to_value(&Predicate { act: value, rest })
    } else {
        Err("a genesis has no header, and every other act has one".to_owned())
    };
    let statement = Statement {
        subject: vec![Subject::new(subject(header, act))],
        predicate_type: format!("urn:concordat:act:{name}:{VERSION}"),
        predicate: predicate.map_err(fields)?,
    };
    Ok(statement.to_bytes()?)
}

/// Reads a payload. The act's id is the payload's SHA-256.
///
/// # Errors
/// [`NotAnAct`], the first reason found.
pub fn decode(bytes: &[u8]) -> Result<Signed, NotAnAct> {
    let parts = Parts::of(bytes)?;
    let name = act_name(&parts.predicate_type)
        .ok_or_else(|| NotAnAct::Unknown(parts.predicate_type.chars().take(80).collect()))?;
    let fields = |reason: String| NotAnAct::Fields { act: name, reason };
    let (own, rest) = split(parts.predicate)
        .ok_or_else(|| fields("missing field `act`, or another before it".to_owned()))?;
    let header = if name == ActName::Genesis {
        from_slice::<Nothing>(&rest).map_err(fields)?;
        None
    } else {
        let rest: Rest = from_slice(&rest).map_err(fields)?;
        let header = Header {
            log: rest.log,
            signers: rest.signers,
            nonce: rest.nonce,
            seen: rest.seen,
            expires_at: rest.expires_at,
            attached: rest.attached,
        };
        check_header(&header).map_err(fields)?;
        Some(header)
    };
    let named = [b"{\"", name.as_str().as_bytes(), b"\":", own, b"}"].concat();
    let act = from_slice(&named).map_err(fields)?;
    if parts.subject != [Subject::new(subject(header.as_ref(), &act))] {
        return Err(NotAnAct::Subject(name));
    }
    Ok(Signed { id: Digest::of(bytes), header, act })
}

/// The field of a predicate with the act, and all the others as an object. An act's is the first, in
/// the order of canonical JSON.
fn split(predicate: &[u8]) -> Option<(&[u8], Vec<u8>)> {
    let fields = jcs::fields(predicate).ok()?;
    let (name, own) = fields.first().filter(|(name, _)| *name == b"act")?;
    // `{"act":`, and a comma where something follows.
    let rest = predicate.get(name.len() + 4 + own.len()..)?;
    let rest = rest.strip_prefix(b",").unwrap_or(rest);
    Some((own, [b"{", rest].concat()))
}

/// Reads an act from the JSON of its payload alone, as a person types it.
///
/// # Errors
/// What does not fit, as a phrase.
pub fn typed(name: ActName, value: Value) -> Result<Act, String> {
    from_value(Value::Object([(name.to_string(), value)].into_iter().collect()))
}

/// The JSON of an act's payload alone.
///
/// # Errors
/// What cannot be written, as a phrase.
pub fn payload(act: &Act) -> Result<Value, String> {
    let Value::Object(named) = to_value(act)? else {
        return Err("an act is written as an object".to_owned());
    };
    named.into_values().next().ok_or_else(|| "an act has a name".to_owned())
}

/// What the statement is about: the act's thing, or the log; a genesis is about its rules.
fn subject(header: Option<&Header>, act: &Act) -> Digest {
    match (act, header) {
        (Act::Genesis(genesis), _) => genesis.rules,
        (act, Some(header)) => act.subject().unwrap_or(header.log),
        (act, None) => act.subject().unwrap_or(Digest([0; 32])),
    }
}

fn act_name(predicate_type: &str) -> Option<ActName> {
    let rest = predicate_type.strip_prefix("urn:concordat:act:")?;
    rest.strip_suffix(VERSION)?.strip_suffix(':')?.parse().ok()
}

/// A header has signers, each once, and a nonce of 16 bytes.
fn check_header(header: &Header) -> Result<(), String> {
    let keys: std::collections::BTreeSet<_> = header.signers.iter().map(|s| &s.key).collect();
    if header.signers.is_empty() || keys.len() != header.signers.len() {
        return Err("`signers` names no key, or one twice".to_owned());
    }
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if header.nonce.len() != 32 || !header.nonce.bytes().all(hex) {
        return Err("`nonce` is not 32 lowercase hexadecimal digits".to_owned());
    }
    if header.attached.as_ref().is_some_and(|attached| !attached.is_needed()) {
        return Err("`attached` is for a level above `simple`".to_owned());
    }
    Ok(())
}

fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    jcs::from_value(value).map_err(|e| e.to_string())
}

/// Reads bytes that were found canonical.
fn from_slice<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(bytes).map_err(|e| jcs::shape(e).to_string())
}

fn to_value<T: Serialize>(value: &T) -> Result<Value, String> {
    serde_json::to_value(value).map_err(|e| e.to_string())
}
