//! Places in a text, and findings about them.

use std::fmt;

use serde::Serialize;

/// A place in one file: line and column count from 1, in characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Span {
    /// The file as the user named it.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// How many characters to underline, at least 1.
    pub length: u32,
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The agreement cannot enter into force.
    Error,
    /// It can, and somebody should look.
    Warning,
    /// For information.
    Note,
}

/// One finding about a text: where, what is wrong, how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Diagnostic {
    /// Where.
    pub span: Span,
    /// How much it weighs.
    pub severity: Severity,
    /// Stable kebab-case name.
    pub code: &'static str,
    /// The whole offending line of the text, shown above the underline.
    pub text: String,
    /// What is wrong.
    pub what: String,
    /// How to mend it, in the imperative.
    pub hint: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let number = self.span.line.to_string();
        let gutter = " ".repeat(number.len());
        let lead: String = self
            .text
            .chars()
            .take(self.span.column.saturating_sub(1) as usize)
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        let marks = "^".repeat(self.span.length.max(1) as usize);
        writeln!(f, "{word}: {}", self.what)?;
        writeln!(f, "{gutter}--> {}", self.span)?;
        writeln!(f, "{number} | {}", self.text)?;
        writeln!(f, "{gutter} | {lead}{marks}")?;
        writeln!(f, "hint: {}", self.hint)?;
        write!(f, "see: docs/reference/diagnostics.md#{}", self.code)
    }
}
