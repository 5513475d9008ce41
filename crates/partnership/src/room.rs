//! How a room says why it refuses: code, message and remedy of each refusal beside one another.

use std::fmt;

use concordat_terms::PartyId;
use serde::Serialize;

/// Parties, as a message lists them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Parties(pub Vec<PartyId>);

impl fmt::Display for Parties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("nobody");
        }
        for (nth, party) in self.0.iter().enumerate() {
            write!(f, "{}`{party}`", if nth > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

/// The refusals of a room. Each is written `Variant { fields } [the field that is the clause, where
/// a clause refuses] "code": "message", "remedy";`, both texts with the fields in braces.
macro_rules! refusals {
    ($(#[$meta:meta])* $name:ident {
        $($variant:ident { $($field:ident: $type:ty),* $(,)? } $([$clause:ident])?
            $code:literal: $message:literal, $remedy:literal;)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, thiserror::Error)]
        #[serde(rename_all = "kebab-case")]
        #[expect(missing_docs, reason = "each variant's message says what it means")]
        pub enum $name {
            $(#[error($message)] $variant { $($field: $type),* },)*
        }

        impl $name {
            /// Every code of the room.
            pub const CODES: &'static [&'static str] = &[$($code),*];

            /// Stable name.
            pub fn code(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $code,)*
                }
            }

            /// The clause that refuses, where a clause does.
            pub fn clause(&self) -> Option<&concordat_terms::ClauseRef> {
                match self {
                    $($(Self::$variant { $clause, .. } => Some($clause),)?)*
                    #[allow(unreachable_patterns, reason = "where a clause always refuses")]
                    _ => None,
                }
            }

            /// What the party can do next, in the imperative.
            #[allow(unused_variables, reason = "not every remedy names every field")]
            pub fn remedy(&self) -> String {
                match self {
                    $(Self::$variant { $($field),* } => format!($remedy),)*
                }
            }
        }
    };
}

pub(crate) use refusals;
