//! A file's text, and places in it.

use std::ops::Range;
use std::sync::Arc;

use concordat_terms::{Diagnostic, Severity, Span};

/// The text of one file and where its lines start. Copies share both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    file: String,
    text: Arc<str>,
    /// Byte offset at which each line starts; the first is 0.
    lines: Arc<[usize]>,
}

/// What is wrong and how to mend it, before it is known where.
#[derive(Clone, Debug)]
pub(crate) struct Wrong {
    pub(crate) code: &'static str,
    pub(crate) what: String,
    pub(crate) hint: String,
    /// The part of a text value that is meant, in bytes.
    pub(crate) within: Option<Range<usize>>,
}

impl Wrong {
    pub(crate) fn new(
        code: &'static str,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { code, what: what.into(), hint: hint.into(), within: None }
    }
}

impl Source {
    pub(crate) fn new(file: &str, text: &str) -> Self {
        let starts = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(starts).collect();
        Self { file: file.to_owned(), text: text.into(), lines }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// How many lines there are; what follows the last line's end counts as one.
    pub(crate) fn line_count(&self) -> usize {
        self.lines.len()
    }

    /// The number of the line that holds this byte, from 1.
    pub(crate) fn line_of(&self, at: usize) -> usize {
        self.lines.partition_point(|&start| start <= at).max(1)
    }

    /// The line with this number (from 1), without its end.
    pub(crate) fn line(&self, number: u32) -> &str {
        self.text.get(self.line_range(number as usize)).unwrap_or_default()
    }

    /// Where the line with this number (from 1) stands, without its end.
    pub(crate) fn line_range(&self, number: usize) -> Range<usize> {
        let index = number.saturating_sub(1);
        let start = self.lines.get(index).copied().unwrap_or(self.text.len());
        let end = self.lines.get(index + 1).copied().unwrap_or(self.text.len());
        let line = self.text.get(start..end).unwrap_or_default();
        start..start + line.trim_end_matches(['\n', '\r']).len()
    }

    /// The place of a byte range; of several lines, the first is underlined.
    pub(crate) fn span(&self, range: &Range<usize>) -> Span {
        let start = floor(&self.text, range.start);
        let end = floor(&self.text, range.end.max(start));
        let line = self.line_of(start);
        let from = self.lines.get(line - 1).copied().unwrap_or_default();
        let number = u32::try_from(line).unwrap_or(u32::MAX);
        let before = self.text.get(from..start).unwrap_or_default().chars().count();
        let column = before.min(self.line(number).chars().count());
        let marked = self.text.get(start..end).unwrap_or_default();
        let length = marked.lines().next().unwrap_or_default().chars().count().max(1);
        Span {
            file: self.file.clone(),
            line: number,
            column: u32::try_from(column + 1).unwrap_or(u32::MAX),
            length: u32::try_from(length).unwrap_or(u32::MAX),
        }
    }

    /// The bytes of a place within one line.
    pub(crate) fn range(&self, span: &Span) -> Option<Range<usize>> {
        let start = self.lines.get((span.line as usize).checked_sub(1)?)?;
        let rest = self.text.get(*start..)?;
        let mut places = rest.char_indices().map(|(at, _)| start + at).chain([self.text.len()]);
        let from = places.nth((span.column as usize).checked_sub(1)?)?;
        Some(from..places.nth((span.length as usize).checked_sub(1)?)?)
    }

    pub(crate) fn error(&self, range: &Range<usize>, wrong: Wrong) -> Diagnostic {
        self.finding(self.span(range), Severity::Error, wrong)
    }

    pub(crate) fn finding(&self, span: Span, severity: Severity, wrong: Wrong) -> Diagnostic {
        let line = self.line(span.line);
        Diagnostic::new(span, severity, wrong.code, line, &wrong.what, &wrong.hint)
    }
}

/// The nearest border of a character at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_and_survive_windows_line_ends() {
        let source = Source::new("a.md", "één\r\nzwei drei\r\n");
        let at = source.text().find("drei").unwrap();
        let span = source.span(&(at..at + 4));
        assert_eq!((span.line, span.column, span.length), (2, 6, 4));
        assert_eq!(source.line(1), "één");
        assert_eq!(&source.text()[source.range(&span).unwrap()], "drei");
        let beyond = source.span(&(900..901));
        assert_eq!((beyond.line, beyond.column, beyond.length), (3, 1, 1));
    }
}
