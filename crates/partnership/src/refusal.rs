//! Why an act changed nothing: an answer to the party who acted, not a fault of ours.

use concordat_terms::{MetricId, PartyId, Problem};

use crate::state::Standing;

/// Makes refusals of a table: for each its code and fields and, where a clause refuses, which field
/// that is; what it is told as; what can be done then. What a room refuses stands in the room's own
/// table.
macro_rules! refusals {
    ($(#[$meta:meta])* $name:ident {
        $(room $room:ident($of:ty),)*
        $(
            $code:literal $variant:ident $({ $($field:ident: $type:ty),* })? $(by $clause:ident)?
            told { $($told:tt)* }
            then { $($then:tt)* },
        )*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, thiserror::Error)]
        #[serde(rename_all = "kebab-case")]
        #[expect(missing_docs, reason = "each variant's message says what it means")]
        pub enum $name {
            $(#[error($($told)*)] $variant $({ $($field: $type),* })?,)*
            $(#[error(transparent)] #[serde(untagged)] $room(#[from] $of),)*
        }

        impl $name {
            /// Every code.
            pub fn codes() -> Vec<&'static str> {
                let own: &[&str] = &[$($code),*];
                let rooms: &[Vec<&str>] = &[$(<$of>::codes()),*];
                rooms.iter().flatten().chain(own).copied().collect()
            }

            /// Stable name: the documentation's anchor, the problem's type, what tests assert on.
            pub fn code(&self) -> &'static str {
                match self {
                    $(Self::$room(why) => why.code(),)*
                    $(Self::$variant { .. } => $code,)*
                }
            }

            /// The clause that refuses, where a clause does.
            pub fn clause(&self) -> Option<&concordat_terms::ClauseRef> {
                match self {
                    $(Self::$room(why) => why.clause(),)*
                    $($(Self::$variant { $clause, .. } => Some($clause),)?)*
                    #[allow(unreachable_patterns, reason = "not where a clause always refuses")]
                    _ => None,
                }
            }

            /// What the party can do next, in the imperative.
            pub fn remedy(&self) -> String {
                match self {
                    $(Self::$room(why) => why.remedy(),)*
                    $(Self::$variant $({ $($field),* })? => {
                        // Not every remedy says everything.
                        $($(let _ = $field;)*)?
                        String::from({ $($then)* })
                    })*
                }
            }
        }
    };
}

pub(crate) use refusals;

mod table;

pub use table::Refusal;

/// How many findings there are, of which the first is told.
fn findings(count: usize) -> String {
    format!("{count} finding{} in all", if count == 1 { "" } else { "s" })
}

/// The page that explains every code.
const PAGE: &str = "docs/reference/refusals.md";

impl Refusal {
    /// Whether the refusal is held against the party that signed: not where anybody who holds a
    /// copy of the act could have sent it.
    pub fn is_charged(&self) -> bool {
        !matches!(self, Self::WrongLog { .. } | Self::Replayed { .. } | Self::Expired { .. })
    }

    /// The refusal in the three lines a person sees.
    pub fn problem(&self) -> Problem {
        Problem::new(self.code(), self.to_string(), self.remedy(), PAGE)
    }
}

fn with(metric: Option<&MetricId>) -> String {
    metric.map(|metric| format!(" with `{metric}`")).unwrap_or_default()
}

pub(crate) fn list(parties: &[PartyId]) -> String {
    if parties.is_empty() {
        return "nobody".to_owned();
    }
    let names: Vec<String> = parties.iter().map(|p| format!("`{p}`")).collect();
    names.join(", ")
}

fn one_of(standings: &[Standing]) -> String {
    let words: Vec<&str> = standings.iter().map(|standing| standing.as_str()).collect();
    words.join(" or ")
}

/// With which other modules a module was signed, or would enter.
fn beside(others: &[String]) -> String {
    match others {
        [] => "alone".to_owned(),
        others => format!("as one with `{}`", others.join("`, `")),
    }
}
