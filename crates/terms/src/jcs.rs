//! Canonical JSON (RFC 8785), narrowed: integers only, within ±(2^53−1), and bytes that are
//! already canonical. What has one spelling has one digest.

mod check;
mod serializer;
mod write;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use check::Fields;

/// Why bytes are not canonical JSON as the log takes it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotCanonical {
    /// Not JSON at all, or nested deeper than 128.
    #[error("not JSON: {0}")]
    NotJson(String),
    /// A number that is not an integer within ±(2^53−1).
    #[error("number `{0}` is not an integer within ±(2^53−1)")]
    Number(String),
    /// JSON, but not in its canonical spelling: white space, key order, duplicate keys, escapes.
    #[error("not in canonical form (RFC 8785)")]
    Spelling,
    /// Canonical, but not of the expected shape.
    #[error("{0}")]
    Shape(String),
}

/// Reads canonical JSON and nothing else: `bytes` must be exactly what [`to_bytes`] would write.
///
/// # Errors
/// [`NotCanonical`], the first reason found.
pub fn parse(bytes: &[u8]) -> Result<Value, NotCanonical> {
    from_bytes(bytes)
}

/// Reads canonical JSON into a type (which should carry `deny_unknown_fields`).
///
/// # Errors
/// [`NotCanonical`], [`NotCanonical::Shape`] when the type does not fit.
pub fn from_bytes<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, NotCanonical> {
    check::check(bytes).ok_or_else(|| why_not(bytes))?;
    serde_json::from_slice(bytes).map_err(shape)
}

/// The fields of a canonical object, in their order. Of a value that is no object, none.
///
/// # Errors
/// [`NotCanonical`].
pub fn fields(bytes: &[u8]) -> Result<Fields<'_>, NotCanonical> {
    check::check(bytes).ok_or_else(|| why_not(bytes))
}

/// What is wrong with bytes that are not canonical.
fn why_not(bytes: &[u8]) -> NotCanonical {
    match serde_json::from_slice::<Value>(bytes) {
        Err(e) => NotCanonical::NotJson(e.to_string()),
        Ok(value) => to_bytes(&value).err().unwrap_or(NotCanonical::Spelling),
    }
}

/// What does not fit: where it is in the bytes is of no use to whoever sees no bytes.
#[expect(clippy::needless_pass_by_value, reason = "the form that `map_err` takes")]
pub fn shape(e: serde_json::Error) -> NotCanonical {
    let said = e.to_string();
    let plain = said.rsplit_once(" at line ").map_or(said.as_str(), |(plain, _)| plain);
    NotCanonical::Shape(plain.to_owned())
}

/// Fits a value that was already found canonical into a type.
///
/// # Errors
/// [`NotCanonical::Shape`].
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, NotCanonical> {
    serde_json::from_value(value).map_err(shape)
}

/// Writes canonical JSON.
///
/// # Errors
/// [`NotCanonical::Number`] when the value holds a float or too large an integer.
pub fn to_bytes<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, NotCanonical> {
    write::write(value)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::{ClauseRef, Digest};

    fn any_value() -> impl Strategy<Value = Value> {
        let text = || "\\PC{0,6}|[\\x00-\\x7f]{0,4}|[\u{e000}-\u{ffff}\u{10000}-\u{10fff}]{0,3}";
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-(1i64 << 53) + 1..1 << 53).prop_map(Value::from),
            text().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(text(), inner, 0..6)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// Our writer and a full RFC 8785 serializer agree on everything that we take.
        #[test]
        fn an_independent_serializer_writes_the_same(value in any_value()) {
            let ours = to_bytes(&value).unwrap();
            prop_assert_eq!(&serde_json_canonicalizer::to_vec(&value).unwrap(), &ours);
            prop_assert_eq!(parse(&ours), Ok(value));
        }
    }

    /// Bytes that are nearly canonical JSON.
    fn nearly() -> impl Strategy<Value = Vec<u8>> {
        let pieces = prop::collection::vec(
            prop_oneof![
                Just("{"),
                Just("}"),
                Just("["),
                Just("]"),
                Just(","),
                Just(":"),
                Just("\""),
                Just("\"a\":"),
                Just("\"b\":"),
                Just("\"\u{e000}\":"),
                Just("\"\u{10000}\":"),
                Just("\\"),
                Just("\\n"),
                Just("\\u0001"),
                Just("\\u001F"),
                Just("\\u0009"),
                Just("\u{1}"),
                Just("0"),
                Just("-"),
                Just("12"),
                Just("9007199254740991"),
                Just("9007199254740992"),
                Just("1.0"),
                Just("true"),
                Just("null"),
                Just(" "),
                Just("/"),
            ],
            0..12,
        );
        let spoilt = (any_value(), any::<prop::sample::Index>(), any::<u8>());
        prop_oneof![
            pieces.prop_map(|pieces| pieces.concat().into_bytes()),
            spoilt.prop_map(|(value, at, byte)| {
                let mut bytes = to_bytes(&value).unwrap();
                let at = at.index(bytes.len());
                bytes[at] = byte;
                bytes
            }),
        ]
    }

    proptest! {
        /// What is taken without building it is what the writer would write of it.
        #[test]
        fn only_what_would_be_written_again_is_taken(bytes in nearly()) {
            let read = serde_json::from_slice::<Value>(&bytes);
            let again = read.ok().filter(|read| to_bytes(read).is_ok_and(|again| again == bytes));
            prop_assert_eq!(parse(&bytes).ok(), again);
        }

        /// The fields of an object are its bytes, in their order.
        #[test]
        fn the_fields_of_an_object_are_all_of_it(value in any_value()) {
            let bytes = to_bytes(&value).unwrap();
            let fields = fields(&bytes).unwrap();
            if let Value::Object(map) = &value {
                prop_assert_eq!(fields.len(), map.len());
                let parts = fields.iter().map(|(name, value)| [b"\"", *name, b"\":", *value].concat());
                let whole = [b"{", parts.collect::<Vec<_>>().join(&b","[..]).as_slice(), b"}"].concat();
                prop_assert_eq!(whole, bytes);
            } else {
                prop_assert!(fields.is_empty());
            }
        }
    }

    /// An object that is told field by field, in whatever order.
    #[derive(Clone)]
    struct Told(Vec<(String, Value)>);

    impl Serialize for Told {
        fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            to.collect_map(self.0.iter().map(|(name, value)| (name, value)))
        }
    }

    proptest! {
        /// In whatever order an object's fields are told, and however often, it is written as the
        /// map is that holds them.
        #[test]
        fn fields_are_put_in_order(
            fields in prop::collection::vec(("[a-c!\"é\u{e000}\u{10000}]{0,2}", any_value()), 0..6),
        ) {
            let map: serde_json::Map<String, Value> = fields.iter().cloned().collect();
            let told = vec![Told(fields); 2];
            let held = Value::from(vec![Value::Object(map); 2]);
            prop_assert_eq!(to_bytes(&told).unwrap(), to_bytes(&held).unwrap());
        }
    }

    #[derive(Serialize)]
    struct Unit;

    #[derive(Serialize)]
    struct Newtype(u8);

    #[derive(Serialize)]
    struct Pair(i64, char);

    #[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
    #[serde(rename_all = "kebab-case")]
    enum Kind {
        JustAName,
        Of(i32),
        Both(u16, String),
        Named { zebra: bool, ant: Option<u8> },
    }

    #[derive(Serialize)]
    struct Whole {
        zoo: Vec<Kind>,
        unit: Unit,
        newtype: Newtype,
        pair: Pair,
        counted: BTreeMap<u64, Digest>,
        told: BTreeMap<Kind, ClauseRef>,
        nothing: (),
        absent: Option<u8>,
        bytes: [u8; 2],
    }

    #[test]
    fn every_kind_of_value_is_written_as_an_independent_serializer_writes_it() {
        let digest = Digest::of(b"");
        let whole = Whole {
            zoo: vec![
                Kind::JustAName,
                Kind::Of(-7),
                Kind::Both(7, "\u{1}\n\"\\/é".to_owned()),
                Kind::Named { zebra: true, ant: None },
            ],
            unit: Unit,
            newtype: Newtype(0),
            pair: Pair(1 - (1 << 53), '"'),
            counted: [(9, digest), (10, digest), (1_000, digest)].into(),
            told: [(Kind::JustAName, "data-use/train".parse().unwrap())].into(),
            nothing: (),
            absent: None,
            bytes: [0, 255],
        };
        let theirs = serde_json_canonicalizer::to_vec(&whole).unwrap();
        assert_eq!(String::from_utf8(to_bytes(&whole).unwrap()), String::from_utf8(theirs));
        // A name is text, however great the number that it spells.
        let greatest = BTreeMap::from([(u64::MAX, 1)]);
        assert_eq!(to_bytes(&greatest).unwrap(), br#"{"18446744073709551615":1}"#);
        let listed = BTreeMap::from([(vec![1], 1)]);
        assert!(matches!(to_bytes(&listed), Err(NotCanonical::Shape(_))));
    }

    #[test]
    fn names_are_ordered_by_their_utf_16_code_units() {
        // U+10000 comes after U+E000 in UTF-8 and before it in UTF-16.
        let good = "{\"\u{10000}\":1,\"\u{e000}\":2}";
        assert!(parse(good.as_bytes()).is_ok());
        assert_eq!(
            parse("{\"\u{e000}\":2,\"\u{10000}\":1}".as_bytes()),
            Err(NotCanonical::Spelling)
        );
    }

    #[test]
    fn only_the_canonical_spelling_is_taken() {
        assert!(parse(br#"{"a":1,"b":[true,null,"x"]}"#).is_ok());
        for bad in [
            r#"{"b":1,"a":1}"#,
            r#"{"a":1, "b":1}"#,
            r#"{"a":1,"a":1}"#,
            r#"{"a":1.0}"#,
            r#"{"a":1.5}"#,
            r#"{"a":1e3}"#,
            r#"{"a":-0}"#,
            r#"{"a":9007199254740992}"#,
            r#"{"a":"\u0061"}"#,
            "{\"a\":1}\n",
            "",
        ] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad}");
        }
        let nested = |deep: usize| format!("{}{}", "[".repeat(deep), "]".repeat(deep));
        assert!(parse(nested(127).as_bytes()).is_ok());
        assert!(matches!(parse(nested(128).as_bytes()), Err(NotCanonical::NotJson(_))));
        let deep = nested(200);
        assert!(matches!(parse(deep.as_bytes()), Err(NotCanonical::NotJson(_))));
    }

    #[test]
    fn floats_are_never_written() {
        assert!(to_bytes(&1.5).is_err());
        assert!(to_bytes(&u64::MAX).is_err());
        assert_eq!(
            to_bytes(&serde_json::json!({"b": 1, "a": "é"})).unwrap(),
            "{\"a\":\"é\",\"b\":1}".as_bytes()
        );
    }
}
