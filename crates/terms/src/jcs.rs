//! Canonical JSON (RFC 8785), narrowed: integers only, within ±(2^53−1), and bytes that are
//! already canonical. What has one spelling has one digest.

mod serializer;
mod write;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

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
    let value: Value =
        serde_json::from_slice(bytes).map_err(|e| NotCanonical::NotJson(e.to_string()))?;
    if to_bytes(&value)? == bytes { Ok(value) } else { Err(NotCanonical::Spelling) }
}

/// Reads canonical JSON into a type (which should carry `deny_unknown_fields`).
///
/// # Errors
/// [`NotCanonical`], [`NotCanonical::Shape`] when the type does not fit.
pub fn from_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, NotCanonical> {
    from_value(parse(bytes)?)
}

/// Fits a value that was already found canonical into a type.
///
/// # Errors
/// [`NotCanonical::Shape`].
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, NotCanonical> {
    serde_json::from_value(value).map_err(|e| NotCanonical::Shape(e.to_string()))
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
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
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
