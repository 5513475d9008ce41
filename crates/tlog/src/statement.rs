//! in-toto Statement v1: what a subject is said to be, in canonical JSON.

use concordat_terms::Digest;
use concordat_terms::jcs::{self, Fields};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// The `_type` of every statement.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// A claim about subjects. Fields follow in-toto Statement v1, narrowed: SHA-256 digests only,
/// at least one subject, a predicate that is an object, no unknown fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// What the claim is about; matched by digest only.
    pub subject: Vec<Subject>,
    /// Which kind of claim, a URI such as `urn:concordat:act:run.propose:v0`.
    pub predicate_type: String,
    /// The claim: a JSON object.
    pub predicate: Value,
}

/// One thing that a statement is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// The thing's identity.
    pub digest: DigestSet,
    /// A label for people; never matched.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub name: Option<String>,
}

/// in-toto's set of digests, with SHA-256 alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DigestSet {
    /// SHA-256.
    pub sha256: Digest,
}

impl Subject {
    /// A subject without a label.
    pub fn new(digest: Digest) -> Self {
        Self { digest: DigestSet { sha256: digest }, name: None }
    }
}

/// Why bytes are not a statement, or a statement has no bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAStatement {
    /// Not canonical JSON, or not of the statement's shape.
    #[error(transparent)]
    Json(#[from] jcs::NotCanonical),
    /// Another `_type`.
    #[error("statement type `{0}` is not `https://in-toto.io/Statement/v1`")]
    Type(String),
    /// About nothing.
    #[error("the statement has no subject")]
    NoSubject,
    /// A predicate type that is empty, longer than 256 bytes, or not printable ASCII.
    #[error("`{0}` is not a predicate type: 1 to 256 printable ASCII characters")]
    PredicateType(String),
    /// A predicate that is not an object.
    #[error("the predicate is not a JSON object")]
    Predicate,
}

impl Statement {
    /// Reads a payload.
    ///
    /// # Errors
    /// [`NotAStatement`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NotAStatement> {
        let Parts { subject, predicate_type, predicate } = Parts::of(bytes)?;
        let predicate = jcs::parse(predicate)?;
        Ok(Self { subject, predicate_type, predicate })
    }

    /// The payload: canonical JSON, and exactly what [`Statement::parse`] reads.
    ///
    /// # Errors
    /// [`NotAStatement`] when the fields break a rule: a float in the predicate, no subject.
    pub fn to_bytes(&self) -> Result<Vec<u8>, NotAStatement> {
        check(&self.subject, &self.predicate_type, self.predicate.is_object())?;
        let raw = Raw {
            statement_type: STATEMENT_TYPE,
            predicate: &self.predicate,
            predicate_type: &self.predicate_type,
            subject: &self.subject,
        };
        Ok(jcs::to_bytes(&raw)?)
    }
}

/// A statement whose predicate was not read yet, for whoever knows what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts<'a> {
    /// As in a [`Statement`].
    pub subject: Vec<Subject>,
    /// As in a [`Statement`].
    pub predicate_type: String,
    /// The bytes of the predicate: an object in canonical JSON.
    pub predicate: &'a [u8],
}

impl<'a> Parts<'a> {
    /// Reads a payload around its predicate.
    ///
    /// # Errors
    /// [`NotAStatement`].
    pub fn of(bytes: &'a [u8]) -> Result<Self, NotAStatement> {
        let fields = jcs::fields(bytes)?;
        if let Some(parts) = Self::good(&fields) {
            return Ok(parts);
        }
        // Something is wrong, and is told as whoever reads all of it would.
        let predicate = fields.iter().find(|(name, _)| *name == b"predicate");
        let predicate = predicate.map(|(_, predicate)| *predicate).unwrap_or_default();
        let head = head(&fields);
        // What is no object is told as it is.
        let head = if fields.is_empty() { bytes } else { &head };
        let Head { statement_type, predicate_type, subject, .. } =
            serde_json::from_slice(head).map_err(jcs::shape)?;
        if statement_type != STATEMENT_TYPE {
            return Err(NotAStatement::Type(statement_type.chars().take(80).collect()));
        }
        check(&subject, &predicate_type, predicate.starts_with(b"{"))?;
        Ok(Self { subject, predicate_type, predicate })
    }

    /// What canonical fields are, if they are those of a statement and each is as it has to be.
    fn good(fields: &Fields<'a>) -> Option<Self> {
        let [
            (b"_type", statement_type),
            (b"predicate", predicate),
            (b"predicateType", predicate_type),
            (b"subject", subject),
        ] = fields.as_slice()
        else {
            return None;
        };
        let statement_type = statement_type.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        let predicate_type: String = serde_json::from_slice(predicate_type).ok()?;
        let subject: Vec<Subject> = serde_json::from_slice(subject).ok()?;
        check(&subject, &predicate_type, predicate.starts_with(b"{")).ok()?;
        let parts = Self { subject, predicate_type, predicate };
        (statement_type == STATEMENT_TYPE.as_bytes()).then_some(parts)
    }
}

/// An object with these fields but for what its predicate says: that is most of the bytes, and read by
/// whoever knows what it is.
fn head(fields: &Fields<'_>) -> Vec<u8> {
    let field = |(name, value): &(&[u8], &[u8])| {
        let value = if *name == b"predicate" { b"null" } else { *value };
        [b"\"", *name, b"\":", value].concat()
    };
    let fields: Vec<Vec<u8>> = fields.iter().map(field).collect();
    [b"{", fields.join(&b","[..]).as_slice(), b"}"].concat()
}

fn check(subject: &[Subject], kind: &str, object: bool) -> Result<(), NotAStatement> {
    if subject.is_empty() {
        return Err(NotAStatement::NoSubject);
    }
    if !(1..=256).contains(&kind.len()) || !kind.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(NotAStatement::PredicateType(kind.chars().take(80).collect()));
    }
    if object { Ok(()) } else { Err(NotAStatement::Predicate) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    #[serde(rename = "_type")]
    statement_type: String,
    #[serde(rename = "predicate")]
    _predicate: IgnoredAny,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    subject: Vec<Subject>,
}

#[derive(Serialize)]
struct Raw<'a> {
    #[serde(rename = "_type")]
    statement_type: &'a str,
    predicate: &'a Value,
    #[serde(rename = "predicateType")]
    predicate_type: &'a str,
    subject: &'a [Subject],
}

/// A field that is there has a value: `null` is not a second way to leave it out.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn statement() -> Statement {
        Statement {
            subject: vec![Subject::new(Digest::of(b"agreement"))],
            predicate_type: "urn:concordat:act:run.propose:v0".into(),
            predicate: json!({"rounds": 3, "purpose": "triage"}),
        }
    }

    #[test]
    fn a_statement_survives_the_way_through_bytes() {
        let mut named = statement();
        if let Some(first) = named.subject.first_mut() {
            first.name = Some("the agreement".into());
        }
        for statement in [statement(), named] {
            let bytes = statement.to_bytes().unwrap();
            let back = Statement::parse(&bytes).unwrap();
            assert_eq!(back, statement);
            assert_eq!(back.to_bytes().unwrap(), bytes);
        }
    }

    #[test]
    fn a_statement_has_one_shape() {
        let good = String::from_utf8(statement().to_bytes().unwrap()).unwrap();
        let cases = [
            (good.replace("v1\"", "v0.1\""), "type"),
            (good.replace("\"rounds\":3", "\"rounds\":3.5"), "float"),
            (good.replace("{\"digest\"", "{\"annotations\":{},\"digest\""), "unknown field"),
            (good.replace("}}],", "}}]").replace("}}]", "},\"name\":null}]"), "null name"),
            (good.replace("sha256", "sha512"), "digest algorithm"),
            (good.replace("urn:", "urn "), "space in a URI"),
            (good.replace(":v0", &"v".repeat(300)), "long URI"),
            (format!("{good}\n"), "trailing newline"),
        ];
        assert!(Statement::parse(good.as_bytes()).is_ok());
        for (bad, why) in cases {
            assert_ne!(bad, good, "{why}");
            assert!(Statement::parse(bad.as_bytes()).is_err(), "{why}: {bad}");
        }
        let empty = Statement { subject: vec![], ..statement() };
        assert_eq!(empty.to_bytes(), Err(NotAStatement::NoSubject));
        let list = Statement { predicate: json!([1]), ..statement() };
        assert_eq!(list.to_bytes(), Err(NotAStatement::Predicate));
    }

    proptest! {
        /// Any predicate of integers and texts comes back, and has one spelling.
        #[test]
        fn statements_round_trip(
            fields in prop::collection::btree_map("\\PC{0,8}", -9_007_199_254_740_991i64..=9_007_199_254_740_991, 0..6),
            name in prop::option::of("\\PC{0,8}"),
            predicate_type in "[!-~]{1,256}",
            digests in prop::collection::vec(any::<[u8; 32]>(), 1..4),
        ) {
            let subject = digests
                .into_iter()
                .map(|d| Subject { name: name.clone(), ..Subject::new(Digest(d)) })
                .collect();
            let statement = Statement { subject, predicate_type, predicate: json!(fields) };
            let bytes = statement.to_bytes().unwrap();
            prop_assert_eq!(Statement::parse(&bytes).unwrap(), statement);
        }
    }
}
