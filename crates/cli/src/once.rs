//! JSON in which a name is given twice: of what a person signs, nothing is passed over.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// The first name that some object, at whatever depth, gives twice.
pub(crate) struct Once(pub(crate) Option<String>);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Seen).map(Self)
    }
}

struct Seen;

impl<'de> Visitor<'de> for Seen {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut names, mut twice) = (BTreeSet::new(), None);
        while let Some(name) = map.next_key::<String>()? {
            let Once(within) = map.next_value()?;
            twice = twice.or_else(|| names.contains(&name).then(|| name.clone())).or(within);
            names.insert(name);
        }
        Ok(twice)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut twice = None;
        while let Some(Once(within)) = seq.next_element()? {
            twice = twice.or(within);
        }
        Ok(twice)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}
