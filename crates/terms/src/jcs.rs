//! Canonical JSON (RFC 8785), narrowed: integers only, within ±(2^53−1), and bytes that are
//! already canonical. What has one spelling has one digest.

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
    check_numbers(&value)?;
    if canonical(&value)? == bytes { Ok(value) } else { Err(NotCanonical::Spelling) }
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
pub fn to_bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, NotCanonical> {
    let value = serde_json::to_value(value).map_err(|e| NotCanonical::Shape(e.to_string()))?;
    check_numbers(&value)?;
    canonical(&value)
}

/// Writes a value whose numbers are integers: ten times as fast as a serializer that must be ready
/// for floats, and on the path of every entry of the log.
fn canonical(value: &Value) -> Result<Vec<u8>, NotCanonical> {
    let mut out = Vec::new();
    write(value, &mut out).map_err(|e| NotCanonical::Shape(e.to_string()))?;
    Ok(out)
}

fn write(value: &Value, out: &mut Vec<u8>) -> serde_json::Result<()> {
    match value {
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(item, out)?;
            }
            out.push(b']');
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            // By UTF-16 code units (RFC 8785 §3.2.3), which for ASCII is by bytes: mostly sorted.
            if !fields.is_sorted_by(|(a, _), (b, _)| a.is_ascii() && b.is_ascii() && a < b) {
                fields.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            }
            out.push(b'{');
            for (index, (name, field)) in fields.into_iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                serde_json::to_writer(&mut *out, name)?;
                out.push(b':');
                write(field, out)?;
            }
            out.push(b'}');
        }
        // serde_json escapes strings as RFC 8785 §3.2.2.2 asks, and integers have one spelling.
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            serde_json::to_writer(&mut *out, value)?;
        }
    }
    Ok(())
}

fn check_numbers(value: &Value) -> Result<(), NotCanonical> {
    const MOST: u64 = (1 << 53) - 1;
    match value {
        Value::Number(number) => {
            let fits = number.as_u64().is_some_and(|v| v <= MOST)
                || number.as_i64().is_some_and(|v| v.unsigned_abs() <= MOST);
            if fits { Ok(()) } else { Err(NotCanonical::Number(number.to_string())) }
        }
        Value::Array(items) => items.iter().try_for_each(check_numbers),
        Value::Object(fields) => fields.values().try_for_each(check_numbers),
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
