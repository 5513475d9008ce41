//! Three lines for a person: what, hint, where to read.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a person sees when something was refused, unusable or broken.
///
/// Shown as `error: …`, `hint: …`, `see: …`. Lowercase, no full stop, user input in backticks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// Stable kebab-case name, also the anchor of the page that explains it.
    pub code: String,
    /// What happened.
    pub what: String,
    /// What the person can do next, in the imperative.
    pub hint: String,
    /// Where to read more: a path below the documentation's root.
    pub see: String,
}

impl Problem {
    /// A problem whose page is `see#code`.
    pub fn new(code: &str, what: impl Into<String>, hint: impl Into<String>, page: &str) -> Self {
        Self {
            code: code.to_owned(),
            what: what.into(),
            hint: hint.into(),
            see: format!("{page}#{code}"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}\nhint: {}\nsee: {}", self.what, self.hint, self.see)
    }
}

impl std::error::Error for Problem {}
