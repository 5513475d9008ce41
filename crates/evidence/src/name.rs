//! Names that packs and calendars use.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text that is no name of a pack's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAName {
    /// Not a word: a kind, a role, a class.
    #[error("`{0}` is not a name: 1 to 64 of a–z, 0–9 and `-`, starting with a letter or digit")]
    Word(String),
    /// Not the name of a row.
    #[error(
        "`{0}` is not a name of a row: 1 to 64 letters, digits, `-`, `.`, `(` and `)`, starting with a letter or digit"
    )]
    Row(String),
    /// Not a label: a version, a standard, a technique.
    #[error(
        "`{0}` is not a label: 1 to 64 printable ASCII characters, and blanks only singly between them"
    )]
    Label(String),
}

fn word(text: &str) -> Result<String, NotAName> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let first = text.bytes().next().is_some_and(plain);
    if first && text.len() <= 64 && text.bytes().all(|b| plain(b) || b == b'-') {
        return Ok(text.to_owned());
    }
    Err(NotAName::Word(text.chars().take(80).collect()))
}

fn row(text: &str) -> Result<String, NotAName> {
    let first = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'(' | b')');
    if first && text.len() <= 64 && text.bytes().all(plain) {
        return Ok(text.to_owned());
    }
    Err(NotAName::Row(text.chars().take(80).collect()))
}

/// What others have named, in their own spelling.
fn label(text: &str) -> Result<String, NotAName> {
    let plain = text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    let single = text.split(' ').all(|word| !word.is_empty());
    if plain && single && text.len() <= 64 {
        return Ok(text.to_owned());
    }
    Err(NotAName::Label(text.chars().take(80).collect()))
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident, $checked:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NotAName;

            fn from_str(text: &str) -> Result<Self, NotAName> {
                $checked(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

names! {
    /// A regime's pack: `eu-ai-act`.
    PackId, word;
    /// A row of a pack, near to how lawyers cite it: `AIA-73(2)`, `NIS2-23(4)(a)`, `GV-1.1`.
    RowId, row;
    /// A time zone of calendars.
    ZoneId, word;
    /// What kind of incident it is: `personal-data-breach`.
    Kind, word;
    /// What a party is under a regime: `provider`, `controller`, `operator`.
    Role, word;
    /// What a system is under a regime: `annex-iii`, `general-purpose`.
    Class, word;
    /// What an incident is measured in: `people`.
    Measure, word;
    /// Rows of which one report is owed.
    Group, word;
    /// What starts a row: `aware`, `before-use`.
    Trigger, word;
    /// A family of methods of testing: `red-team`, `clinical-safety`.
    Family, word;
    /// The version of a method, as who wrote it counts: `1.2`.
    MethodVersion, label;
    /// What a lab is accredited under: `ISO/IEC 17025`.
    Standard, label;
    /// A way of attacking a model, as its catalogue or tool names it: `owasp:llm01`.
    Technique, label;
    /// A fact that a report must tell.
    Fact, word;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_named_as_lawyers_cite_them() {
        for good in ["AIA-73(2)", "NIS2-23(4)(a)", "GV-1.1", "DPDP-R7"] {
            assert_eq!(good.parse::<RowId>().unwrap().as_str(), good);
        }
        for bad in ["", "(a)", "Art 73", "a/b", "§", &"A".repeat(65)] {
            assert!(bad.parse::<RowId>().is_err(), "{bad}");
        }
        assert!("Provider".parse::<Role>().is_err());
        for good in ["ISO/IEC 17025", "1.2", "avid-effect:security:S0403"] {
            assert_eq!(good.parse::<Standard>().unwrap().as_str(), good);
        }
        for bad in ["", " 1", "1 ", "a  b", "a\nb", "é", &"a".repeat(65)] {
            assert!(bad.parse::<Standard>().is_err(), "{bad}");
        }
    }
}
