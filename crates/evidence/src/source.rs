//! A TOML text, places in it, and what is wrong there.

use std::ops::Range;

use concordat_terms::{Diagnostic, Severity, Span, steers};
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// How long a text may be.
const BYTES_MAX: usize = 1 << 20;

/// How many findings are told.
const FINDINGS_MOST: usize = 100;

/// One file's text, read as TOML, and what was found in it.
pub(crate) struct Source<'t> {
    file: &'t str,
    text: &'t str,
    table: Option<DeTable<'t>>,
    found: Vec<Diagnostic>,
}

/// A step on the way to a value.
#[derive(Clone, Copy)]
pub(crate) enum Step<'s> {
    /// A key of a table.
    Key(&'s str),
    /// A place in a list.
    Index(usize),
}

/// Takes what is wrong: where, its code, what it is and how to mend it.
pub(crate) type Fail<'f> = dyn FnMut(&[Step<'_>], &'static str, &str, &str) + 'f;

impl<'t> Source<'t> {
    /// Reads a text as a type of ours.
    ///
    /// # Errors
    ///
    /// The first mistake: too long, not TOML, an unknown field or word, a value of the wrong type.
    pub(crate) fn read<T: DeserializeOwned>(
        file: &'t str,
        text: &'t str,
    ) -> Result<(T, Self), Vec<Diagnostic>> {
        let mut source = Self { file, text, table: None, found: Vec::new() };
        if text.len() > BYTES_MAX {
            let what = format!("the text is longer than {BYTES_MAX} bytes");
            source.fail(&(0..0), "too-long", &what, "split it");
            return Err(source.found);
        }
        let odd = text.char_indices().find(|(_, c)| steers(*c) && !matches!(c, '\n' | '\r' | '\t'));
        if let Some((at, c)) = odd {
            let what = format!("U+{:04X} is invisible or moves what is shown", u32::from(c));
            source.fail(&(at..at + c.len_utf8()), "hidden-character", &what, "remove it");
            return Err(source.found);
        }
        match toml::from_str(text) {
            Ok(read) => {
                source.table = DeTable::parse(text).ok().map(Spanned::into_inner);
                Ok((read, source))
            }
            Err(error) => {
                let what = error.message().lines().collect::<Vec<_>>().join("; ");
                let (code, hint) = told(&what);
                source.fail(&error.span().unwrap_or(0..0), code, &what, hint);
                Err(source.found)
            }
        }
    }

    /// Notes a mistake at a value, or at the beginning if there is none.
    pub(crate) fn fail_at(
        &mut self,
        steps: &[Step<'_>],
        code: &'static str,
        what: &str,
        hint: &str,
    ) {
        let range = self.table.as_ref().and_then(|table| place(table, steps)).unwrap_or(0..0);
        self.fail(&range, code, what, hint);
    }

    /// What was read, if nothing is wrong.
    pub(crate) fn end<T>(mut self, read: T) -> Result<T, Vec<Diagnostic>> {
        self.found.sort();
        if self.found.is_empty() { Ok(read) } else { Err(self.found) }
    }

    fn fail(&mut self, range: &Range<usize>, code: &'static str, what: &str, hint: &str) {
        if self.found.len() < FINDINGS_MOST {
            let (span, line) = self.span(range);
            self.found.push(Diagnostic::new(span, Severity::Error, code, line, what, hint));
        }
    }

    /// The place of a byte range and its line; of several lines, the first is underlined.
    fn span(&self, range: &Range<usize>) -> (Span, &'t str) {
        let floor = |mut at: usize| {
            at = at.min(self.text.len());
            while !self.text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (start, end) = (floor(range.start), floor(range.end));
        let before = self.text.get(..start).unwrap_or_default();
        let from = before.rfind('\n').map_or(0, |at| at + 1);
        let rest = self.text.get(from..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default().trim_end_matches('\r');
        let last = (from + line.len()).min(end.max(start));
        let count = |a: usize, b: usize| self.text.get(a..b).unwrap_or_default().chars().count();
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let span = Span {
            file: self.file.to_owned(),
            line: small(before.matches('\n').count() + 1),
            column: small(count(from, start) + 1),
            length: small(count(start, last).max(1)),
        };
        (span, line)
    }
}

/// The range of the value at the end of the way.
fn place(table: &DeTable<'_>, steps: &[Step<'_>]) -> Option<Range<usize>> {
    let (Step::Key(key), rest) = steps.split_first().map(|(first, rest)| (*first, rest))? else {
        return None;
    };
    let mut value = table.get(key)?;
    for step in rest {
        let next = match (*step, value.get_ref()) {
            (Step::Key(key), DeValue::Table(table)) => table.get(key),
            (Step::Index(index), DeValue::Array(items)) => items.get(index),
            _ => None,
        };
        // What is missing is missing in the value before it.
        match next {
            Some(next) => value = next,
            None => break,
        }
    }
    Some(value.span())
}

/// The code and the hint of what the TOML reader says.
fn told(what: &str) -> (&'static str, &'static str) {
    let has = |part: &str| what.contains(part);
    if has("unknown field") {
        ("unknown-field", "remove it, or use one of the fields that are expected")
    } else if has("missing field") {
        ("missing-field", "add it")
    } else if has("unknown variant") {
        ("unknown-word", "use one of the words that are expected")
    } else if has("invalid type") || has("invalid length") || has("invalid value") {
        ("wrong-type", "write a value of the type that is expected")
    } else if has("is not a country code") {
        ("bad-country", "write two capital letters, as in ISO 3166")
    } else if has("is not a time") {
        ("bad-period", "write days like \"2027-01-31\" and periods like \"P30D\"")
    } else if has("is not a name") {
        ("bad-name", "choose another name")
    } else if has("is not ") || has("is no ") {
        ("wrong-type", "write it as the examples show")
    } else {
        ("not-toml", "write `key = value` lines as in TOML 1.0")
    }
}
