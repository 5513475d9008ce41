//! Values that are written as texts.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::Deserializer;
use serde::de::{Error, Visitor};

/// Reads a text as what it says, where it lies: most of what an act holds is written so.
pub(crate) fn parsed<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    deserializer.deserialize_str(Text(PhantomData))
}

struct Text<T>(PhantomData<T>);

impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{Digest, PartyId};

    #[test]
    fn what_is_no_text_is_told_as_of_any_text() {
        let no_name = |value| serde_json::from_value::<PartyId>(value).unwrap_err().to_string();
        let no_text = serde_json::from_value::<String>(json!(3)).unwrap_err().to_string();
        assert_eq!(no_name(json!(3)), no_text);
        assert!(no_name(json!("Alder")).starts_with("`Alder` is not a name"));
        // A text with an escape lies nowhere as it is read.
        assert_eq!(serde_json::from_str::<PartyId>(r#""\u0061lder""#).unwrap().as_str(), "alder");
        let digest = Digest::of(b"");
        assert_eq!(serde_json::from_value::<Digest>(json!(digest)).unwrap(), digest);
    }
}
