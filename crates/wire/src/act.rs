//! Acts as bytes: an in-toto Statement v1 whose predicate type names the act and its version.
//!
//! Genesis apart, a predicate has six fields: `act` (the payload), `expires_at`, `log`, `nonce`,
//! `seen`, `signers`; and a seventh, `attached`, where a signature was made elsewhere. The subject is the digest of the thing the act is about, or else the log.

use concordat_partnership::Act;
use concordat_partnership::act::{Attached, Header, Seen, Signed, Signer};
use concordat_terms::{ActName, Digest, Timestamp, jcs};
use concordat_tlog::statement::{NotAStatement, Statement, Subject};
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

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Predicate {
    act: Value,
    expires_at: Timestamp,
    log: Digest,
    nonce: String,
    seen: Seen,
    signers: Vec<Signer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attached: Option<Attached>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GenesisPredicate {
    act: Value,
}

/// The payload of an act: canonical JSON, ready to be signed. `header` is `None` for a genesis
/// and for nothing else.
///
/// # Errors
/// [`NotAnAct`] when the act cannot be written: a header where none belongs or the reverse.
pub fn encode(header: Option<&Header>, act: &Act) -> Result<Vec<u8>, NotAnAct> {
    let name = act.name();
    let fields = |reason: String| NotAnAct::Fields { act: name, reason };
    let value = payload(act).map_err(fields)?;
    let predicate = match (header, act) {
        (None, Act::Genesis(_)) => to_value(&GenesisPredicate { act: value }),
        (Some(header), act) if !matches!(act, Act::Genesis(_)) => to_value(&Predicate {
            act: value,
            expires_at: header.expires_at,
            log: header.log,
            nonce: header.nonce.clone(),
            seen: header.seen,
            signers: header.signers.clone(),
            attached: header.attached.clone(),
        }),
        _ => Err("a genesis has no header, and every other act has one".to_owned()),
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
    let statement = Statement::parse(bytes)?;
    let name = act_name(&statement.predicate_type)
        .ok_or_else(|| NotAnAct::Unknown(statement.predicate_type.chars().take(80).collect()))?;
    let fields = |reason: String| NotAnAct::Fields { act: name, reason };
    let (header, value) = if name == ActName::Genesis {
        let predicate: GenesisPredicate = from_value(statement.predicate).map_err(fields)?;
        (None, predicate.act)
    } else {
        let predicate: Predicate = from_value(statement.predicate).map_err(fields)?;
        let header = Header {
            log: predicate.log,
            signers: predicate.signers,
            nonce: predicate.nonce,
            seen: predicate.seen,
            expires_at: predicate.expires_at,
            attached: predicate.attached,
        };
        check_header(&header).map_err(fields)?;
        (Some(header), predicate.act)
    };
    let act = typed(name, value).map_err(fields)?;
    if statement.subject != [Subject::new(subject(header.as_ref(), &act))] {
        return Err(NotAnAct::Subject(name));
    }
    Ok(Signed { id: Digest::of(bytes), header, act })
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

fn to_value<T: Serialize>(value: &T) -> Result<Value, String> {
    serde_json::to_value(value).map_err(|e| e.to_string())
}
