//! The pages that this crate's problems point to.

use concordat_terms::Problem;

/// The reference page of a node's problems.
pub(crate) const PAGE: &str = "docs/reference/node.md";

/// A problem explained on [`PAGE`].
pub(crate) fn problem(code: &str, what: impl Into<String>, hint: impl Into<String>) -> Problem {
    Problem::new(code, what, hint, PAGE)
}
