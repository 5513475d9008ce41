//! What is wrong in a mapping, and where.

use std::fmt;

use concordat_terms::{Problem, Span};

/// The page that explains findings.
pub(crate) const PAGE: &str = "docs/reference/mapping.md";

/// Something in a mapping that will not do: file, line and column, what, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where.
    pub span: Span,
    /// Stable name, also the anchor of the page that explains it.
    pub code: &'static str,
    /// What is wrong.
    pub what: String,
    /// How to mend it, in the imperative.
    pub hint: String,
}

impl Finding {
    /// The finding in three lines.
    pub fn problem(&self) -> Problem {
        Problem::new(self.code, self.to_string(), self.hint.clone(), PAGE)
    }

    /// All findings in three lines: the first of them, and how many there are.
    pub fn problem_of(found: &[Self]) -> Problem {
        match found {
            [] => Problem::new("mapping-not-toml", "it is no mapping", "write one", PAGE),
            [only] => only.problem(),
            [first, ..] => {
                let what = format!("{first} ({} in all)", found.len());
                Problem { what, ..first.problem() }
            }
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.span, self.what)
    }
}
