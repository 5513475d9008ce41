//! TOML with places: every value knows its line, and what is left unread is a finding.

use std::collections::BTreeMap;
use std::ops::Range;

use concordat_terms::{Decimal, Span};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::finding::Finding;

/// The most findings that are told of one file.
const FINDINGS_MOST: usize = 50;

/// A file that is read, and what was found wrong in it.
#[derive(Debug)]
pub(super) struct Source<'a> {
    file: &'a str,
    text: &'a str,
    found: Vec<Finding>,
}

/// A table of a file, whose fields are taken out one by one.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    /// The table's own name in the file, such as `columns.age`; empty at the top.
    path: String,
    range: Range<usize>,
    fields: BTreeMap<String, Field<'a>>,
}

#[derive(Debug)]
struct Field<'a> {
    key: Range<usize>,
    value: Spanned<DeValue<'a>>,
}

/// A value, and where it is.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) range: Range<usize>,
}

impl<'a> Source<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text, found: Vec::new() }
    }

    /// The whole file as a table; nothing where it is no TOML, which is then a finding.
    pub(super) fn parse(&mut self) -> Option<Fields<'a>> {
        match DeTable::parse(self.text) {
            Ok(table) => {
                let range = 0..0;
                Some(Fields::of(String::new(), range, table.into_inner()))
            }
            Err(error) => {
                let range = error.span().unwrap_or(0..0);
                let what = error.message().lines().next().unwrap_or("it is no TOML").to_owned();
                let hint = "write `key = value` lines as in TOML 1.0; quote keys that hold blanks or points";
                self.fail("mapping-not-toml", &range, what, hint);
                None
            }
        }
    }

    pub(super) fn fail(
        &mut self,
        code: &'static str,
        range: &Range<usize>,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) {
        if self.found.len() < FINDINGS_MOST {
            let span = self.span(range);
            self.found.push(Finding { span, code, what: what.into(), hint: hint.into() });
        }
    }

    pub(super) fn found(self) -> Vec<Finding> {
        self.found
    }

    /// The place of bytes in the file: line and column from 1, in characters.
    pub(super) fn span(&self, range: &Range<usize>) -> Span {
        let start = floor(self.text, range.start);
        let end = floor(self.text, range.end.max(start));
        let before = self.text.get(..start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let marked = self.text.get(start..end).unwrap_or_default();
        let length = marked.lines().next().unwrap_or_default().chars().count().max(1);
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Span {
            file: self.file.to_owned(),
            line: small(line),
            column: small(column),
            length: small(length),
        }
    }
}

/// The next place at or before `at` where a character begins.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

impl<'a> Fields<'a> {
    fn of(path: String, range: Range<usize>, table: DeTable<'a>) -> Self {
        let fields = table
            .into_iter()
            .map(|(key, value)| {
                let field = Field { key: key.span(), value };
                (key.into_inner().into_owned(), field)
            })
            .collect();
        Self { path, range, fields }
    }

    /// Where the table stands.
    pub(super) fn range(&self) -> &Range<usize> {
        &self.range
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.fields.contains_key(key)
    }

    /// Where a key stands, or the table if it has none.
    pub(super) fn key(&self, key: &str) -> Range<usize> {
        self.fields.get(key).map_or_else(|| self.range.clone(), |field| field.key.clone())
    }

    /// A text, if it is there.
    pub(super) fn text(&mut self, source: &mut Source<'_>, key: &str) -> Option<At<String>> {
        let field = self.fields.remove(key)?;
        let range = field.value.span();
        match field.value.into_inner() {
            DeValue::String(text) => Some(At { value: text.into_owned(), range }),
            other => {
                wrong_type(source, &range, &self.name(key), "a text in quotes", &other);
                None
            }
        }
    }

    /// A text that must be there and not be empty.
    pub(super) fn need(&mut self, source: &mut Source<'_>, key: &str) -> Option<At<String>> {
        if !self.has(key) {
            let what = match self.path.as_str() {
                "" => format!("`{key}` is missing"),
                path => format!("`[{path}]` has no `{key}`"),
            };
            let hint = format!("write `{key} = \"…\"`");
            source.fail("mapping-field-missing", &self.range.clone(), what, hint);
            return None;
        }
        let text = self.text(source, key)?;
        if text.value.trim().is_empty() {
            let what = format!("`{}` is empty", self.name(key));
            source.fail("mapping-field-missing", &text.range, what, "write what it is");
            return None;
        }
        Some(text)
    }

    /// A yes or no; no where it is absent.
    pub(super) fn flag(&mut self, source: &mut Source<'_>, key: &str) -> bool {
        let Some(field) = self.fields.remove(key) else { return false };
        let range = field.value.span();
        match field.value.into_inner() {
            DeValue::Boolean(flag) => flag,
            other => {
                wrong_type(source, &range, &self.name(key), "`true` or `false`", &other);
                false
            }
        }
    }

    /// A decimal, as a number or in quotes.
    pub(super) fn decimal(&mut self, source: &mut Source<'_>, key: &str) -> Option<At<Decimal>> {
        let field = self.fields.remove(key)?;
        let name = self.name(key);
        decimal(source, &name, field.value)
    }

    /// A whole number from 0 to `most`.
    pub(super) fn count(&mut self, source: &mut Source<'_>, key: &str, most: u32) -> Option<u32> {
        let name = self.name(key);
        let at = self.decimal(source, key)?;
        let count = at.value.to_string().parse().ok().filter(|count| *count <= most);
        if count.is_none() {
            let what = format!("`{name}` is not a whole number from 0 to {most}");
            source.fail("mapping-wrong-type", &at.range, what, format!("write 0 to {most}"));
        }
        count
    }

    /// A list of cells: texts, numbers and truth values as a source would write them.
    pub(super) fn cells(&mut self, source: &mut Source<'_>, key: &str) -> Option<Vec<At<String>>> {
        let field = self.fields.remove(key)?;
        let range = field.value.span();
        let name = self.name(key);
        match field.value.into_inner() {
            DeValue::Array(items) => {
                Some(items.into_iter().filter_map(|item| cell(source, &name, item)).collect())
            }
            other => {
                wrong_type(source, &range, &name, "a list such as `[0, 999, -1]`", &other);
                None
            }
        }
    }

    /// A table below this one.
    pub(super) fn table(&mut self, source: &mut Source<'_>, key: &str) -> Option<Self> {
        let field = self.fields.remove(key)?;
        let name = self.name(key);
        let range = field.value.span();
        match field.value.into_inner() {
            DeValue::Table(table) => Some(Self::of(name, field.key, table)),
            other => {
                wrong_type(source, &range, &name, &format!("a table `[{name}]`"), &other);
                None
            }
        }
    }

    /// The tables of a list below this one.
    pub(super) fn tables(&mut self, source: &mut Source<'_>, key: &str) -> Vec<Self> {
        let Some(field) = self.fields.remove(key) else { return Vec::new() };
        let name = self.name(key);
        let wanted = format!("a list of tables `[[{name}]]`");
        let range = field.value.span();
        let DeValue::Array(items) = field.value.into_inner() else {
            source.fail("mapping-wrong-type", &range, format!("`{name}` is not {wanted}"), wanted);
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items {
            let range = item.span();
            match item.into_inner() {
                DeValue::Table(table) => tables.push(Self::of(name.clone(), range, table)),
                other => wrong_type(source, &range, &name, &wanted, &other),
            }
        }
        tables
    }

    /// All that is left, table by table, with the place of each key.
    pub(super) fn rest(self, source: &mut Source<'_>) -> Vec<(At<String>, Self)> {
        let mut tables = Vec::new();
        for (key, field) in self.fields {
            let name =
                if self.path.is_empty() { key.clone() } else { format!("{}.{key}", self.path) };
            let range = field.value.span();
            match field.value.into_inner() {
                DeValue::Table(table) => {
                    let below = Self::of(name, field.key.clone(), table);
                    tables.push((At { value: key, range: field.key }, below));
                }
                other => wrong_type(source, &range, &name, &format!("a table `[{name}]`"), &other),
            }
        }
        tables
    }

    /// All that is left as cells by key.
    pub(super) fn pairs(self, source: &mut Source<'_>) -> Vec<(At<String>, At<String>)> {
        let mut pairs = Vec::new();
        for (key, field) in self.fields {
            let name = format!("{}.{key}", self.path);
            if let Some(value) = cell(source, &name, field.value) {
                pairs.push((At { value: key, range: field.key }, value));
            }
        }
        pairs
    }

    /// All that is left as decimals by key.
    pub(super) fn decimals(self, source: &mut Source<'_>) -> Vec<(At<String>, At<Decimal>)> {
        let mut pairs = Vec::new();
        for (key, field) in self.fields {
            let name = format!("{}.{key}", self.path);
            if let Some(value) = decimal(source, &name, field.value) {
                pairs.push((At { value: key, range: field.key }, value));
            }
        }
        pairs
    }

    /// Nothing may be left: a field that nobody reads was meant to do something.
    pub(super) fn done(self, source: &mut Source<'_>, known: &[&str]) {
        for (key, field) in &self.fields {
            let what = match self.path.as_str() {
                "" => format!("`{key}` is no field of a mapping"),
                path => format!("`[{path}]` has no field `{key}`"),
            };
            let hint = match super::nearest(key, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("write one of: {}", known.join(", ")),
            };
            source.fail("mapping-field-unknown", &field.key, what, hint);
        }
    }

    fn name(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

fn decimal(
    source: &mut Source<'_>,
    name: &str,
    value: Spanned<DeValue<'_>>,
) -> Option<At<Decimal>> {
    let range = value.span();
    let value = value.into_inner();
    let text = match &value {
        DeValue::String(text) => text.as_ref(),
        DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
        DeValue::Float(number) => number.as_str(),
        other => {
            wrong_type(source, &range, name, "a decimal such as `38.67`", other);
            return None;
        }
    };
    match text.parse() {
        Ok(value) => Some(At { value, range }),
        Err(_) => {
            let what = format!("`{name}` is no decimal");
            let hint = "write at most 18 digits, at most 12 after the point, such as `38.67`";
            source.fail("mapping-wrong-type", &range, what, hint);
            None
        }
    }
}

/// A value as a cell of a table would have it.
fn cell(source: &mut Source<'_>, name: &str, value: Spanned<DeValue<'_>>) -> Option<At<String>> {
    let range = value.span();
    let value = match value.into_inner() {
        DeValue::String(text) => text.trim().to_owned(),
        DeValue::Integer(number) if number.radix() == 10 => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(flag) => flag.to_string(),
        other => {
            wrong_type(source, &range, name, "a text or a number", &other);
            return None;
        }
    };
    Some(At { value, range })
}

fn wrong_type(
    source: &mut Source<'_>,
    range: &Range<usize>,
    name: &str,
    wanted: &str,
    found: &DeValue<'_>,
) {
    let what = format!("`{name}` is of the TOML type {}", found.type_str());
    source.fail("mapping-wrong-type", range, what, format!("write {wanted}"));
}
