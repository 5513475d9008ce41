//! The fields of a TOML block, read by type; every mistake is kept, with its place.

use std::collections::BTreeMap;
use std::ops::Range;

use concordat_terms::{Diagnostic, Span};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::markdown::Block;
use crate::nearest::suggest;
use crate::source::{Source, Wrong};

/// A value with its range in the block.
pub(crate) type Value<'a> = Spanned<DeValue<'a>>;

/// Turns a value into a type of ours.
pub(crate) type Convert<T> = fn(&Value<'_>) -> Result<T, Wrong>;

/// One table of a block while it is being read.
pub(crate) struct Fields<'a> {
    source: &'a Source,
    block: &'a Block,
    /// Prefix of this table's places: empty, or `approvals[0].`.
    path: String,
    /// What to underline when something is missing, in the block.
    whole: Range<usize>,
    left: BTreeMap<String, (Range<usize>, Value<'a>)>,
    known: Vec<&'static str>,
    /// Everything that is wrong, so far.
    pub(crate) found: Vec<Diagnostic>,
    /// Where each field's value stands in the file: `by`, `on[1]`, `approvals[0].seat`.
    pub(crate) places: BTreeMap<String, Span>,
}

impl<'a> Fields<'a> {
    /// Parses a block.
    ///
    /// # Errors
    ///
    /// What is not TOML in it; nothing is said about the fields then, since some may be lost.
    pub(crate) fn parse(source: &'a Source, block: &'a Block) -> Result<Self, Vec<Diagnostic>> {
        let (table, errors) = DeTable::parse_recoverable(&block.text);
        let first = block.text.lines().next().unwrap_or_default().len();
        if errors.is_empty() {
            return Ok(Self::of(source, block, String::new(), 0..first, table.into_inner()));
        }
        let told = errors.iter().map(|error| {
            let what = error.message().lines().next().unwrap_or("not TOML").to_owned();
            let wrong = Wrong::new("not-toml", what, "write `key = value` lines as in TOML 1.0");
            source.error(&block.in_file(&error.span().unwrap_or(0..first)), wrong)
        });
        let mut told: Vec<Diagnostic> = told.collect();
        // After its first stumble in a line, a parser says more of the same about the rest of it.
        told.dedup_by(|next, first| next.span.line == first.span.line);
        Err(told)
    }

    fn of(
        source: &'a Source,
        block: &'a Block,
        path: String,
        whole: Range<usize>,
        table: DeTable<'a>,
    ) -> Self {
        let left = table
            .into_iter()
            .map(|(key, value)| (key.get_ref().to_string(), (key.span(), value)))
            .collect();
        let (known, found, places) = (Vec::new(), Vec::new(), BTreeMap::new());
        Self { source, block, path, whole, left, known, found, places }
    }

    /// Whether a field is there and not yet taken.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.left.contains_key(field)
    }

    /// The fields that are not yet taken.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.left.keys().map(String::as_str)
    }

    /// A field that must be there. `None` after a mistake, which is noted.
    pub(crate) fn need<T>(&mut self, field: &'static str, convert: Convert<T>) -> Option<T> {
        match self.take(field) {
            Some(value) => self.convert(field, &value, convert),
            None => self.missing(field),
        }
    }

    /// A field that may be absent: `Some(None)` if it is, `None` after a mistake.
    pub(crate) fn may<T>(&mut self, field: &'static str, convert: Convert<T>) -> Option<Option<T>> {
        match self.take(field) {
            Some(value) => self.convert(field, &value, convert).map(Some),
            None => Some(None),
        }
    }

    /// A list that must be there and hold something; one value stands for a list of one.
    pub(crate) fn need_list<T>(
        &mut self,
        field: &'static str,
        convert: Convert<T>,
    ) -> Option<Vec<T>> {
        if !self.has(field) {
            self.known.push(field);
            return self.missing(field);
        }
        let list = self.may_list(field, convert)?;
        if list.is_empty() {
            let what = format!("`{field}` is empty");
            self.fail_at(field, Wrong::new("empty-list", what, "name at least one"));
            return None;
        }
        Some(list)
    }

    /// A list that may be absent, and is empty then.
    pub(crate) fn may_list<T>(
        &mut self,
        field: &'static str,
        convert: Convert<T>,
    ) -> Option<Vec<T>> {
        let Some(value) = self.take(field) else { return Some(Vec::new()) };
        let DeValue::Array(items) = value.get_ref() else {
            let only = self.convert(field, &value, convert)?;
            self.note_place(&format!("{field}[0]"), &value.span());
            return Some(vec![only]);
        };
        let mut list = Vec::new();
        for (index, item) in items.iter().enumerate() {
            list.push(self.convert(&format!("{field}[{index}]"), item, convert));
        }
        list.into_iter().collect()
    }

    /// A list of tables that may be absent, each read by `read`.
    pub(crate) fn may_tables<T>(
        &mut self,
        field: &'static str,
        read: fn(&mut Fields<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Some(value) = self.take(field) else { return Some(Vec::new()) };
        let span = value.span();
        let items = match value.into_inner() {
            DeValue::Array(items) => items.into_iter().collect(),
            table @ DeValue::Table(_) => vec![Spanned::new(span, table)],
            other => {
                self.fail(&span, wrong_type("a list of tables", &other));
                return None;
            }
        };
        let mut list = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            let place = format!("{field}[{index}]");
            list.push(self.table(&place, item, read));
        }
        list.into_iter().collect()
    }

    /// A table that may be absent, whose keys are names and whose values are all alike.
    pub(crate) fn may_map<K: Ord, V>(
        &mut self,
        field: &'static str,
        key: fn(&str) -> Result<K, Wrong>,
        convert: Convert<V>,
    ) -> Option<BTreeMap<K, V>> {
        let Some(value) = self.take(field) else { return Some(BTreeMap::new()) };
        let span = value.span();
        let DeValue::Table(table) = value.into_inner() else {
            let hint = format!("write `{field} = {{ name = value }}`");
            let what = format!("`{field}` is not a table");
            self.fail(&span, Wrong::new("wrong-type", what, hint));
            return None;
        };
        let mut map = BTreeMap::new();
        let mut whole = true;
        for (name, value) in &table {
            let id = key(name.get_ref()).map_err(|wrong| self.fail(&name.span(), wrong));
            let value = self.convert(&format!("{field}.{}", name.get_ref()), value, convert);
            match (id, value) {
                (Ok(id), Some(value)) => {
                    map.insert(id, value);
                }
                _ => whole = false,
            }
        }
        whole.then_some(map)
    }

    /// Ends the reading: whatever is left is unknown.
    pub(crate) fn end(&mut self) {
        for (name, (range, _)) in std::mem::take(&mut self.left) {
            let hint = suggest(&name, self.known.iter().copied());
            self.fail(&range, Wrong::new("unknown-field", format!("unknown field `{name}`"), hint));
        }
    }

    /// Notes a mistake at a field that was taken, or at the whole table.
    pub(crate) fn fail_at(&mut self, field: &str, wrong: Wrong) {
        let place = self.places.get(&format!("{}{field}", self.path)).cloned();
        let span = place.unwrap_or_else(|| self.source.span(&self.block.in_file(&self.whole)));
        self.found.push(self.source.finding(span, concordat_terms::Severity::Error, wrong));
    }

    /// Notes a mistake at a field that is still there.
    pub(crate) fn fail_key(&mut self, field: &str, wrong: Wrong) {
        let range = self.left.get(field).map_or(self.whole.clone(), |(key, _)| key.clone());
        self.fail(&range, wrong);
    }

    /// A field as it is, its place noted.
    pub(crate) fn take(&mut self, field: &'static str) -> Option<Value<'a>> {
        if !self.known.contains(&field) {
            self.known.push(field);
        }
        let (_, value) = self.left.remove(field)?;
        self.note_place(field, &value.span());
        Some(value)
    }

    /// The text of the block at this range, as it is written.
    pub(crate) fn raw(&self, range: &Range<usize>) -> &'a str {
        self.block.text.get(range.clone()).unwrap_or_default()
    }

    /// Notes a mistake at a range of the block.
    pub(crate) fn fail(&mut self, range: &Range<usize>, wrong: Wrong) {
        self.found.push(self.source.error(&self.block.in_file(range), wrong));
    }

    fn missing<T>(&mut self, field: &'static str) -> Option<T> {
        let what = format!("`{field}` is missing");
        let hint = format!("add a line `{field} = …`");
        self.fail(&self.whole.clone(), Wrong::new("missing-field", what, hint));
        None
    }

    fn convert<T>(&mut self, place: &str, value: &Value<'_>, convert: Convert<T>) -> Option<T> {
        self.note_place(place, &value.span());
        convert(value).map_err(|wrong| self.fail(&value.span(), wrong)).ok()
    }

    fn table<T>(
        &mut self,
        place: &str,
        value: Value<'a>,
        read: fn(&mut Fields<'_>) -> Option<T>,
    ) -> Option<T> {
        let span = value.span();
        let DeValue::Table(table) = value.into_inner() else {
            let what = format!("`{place}` is not a table");
            self.fail(&span, Wrong::new("wrong-type", what, "write `{ key = value, … }`"));
            return None;
        };
        let path = format!("{}{place}.", self.path);
        let mut inner = Fields::of(self.source, self.block, path, span, table);
        let result = read(&mut inner);
        inner.end();
        self.found.append(&mut inner.found);
        self.places.append(&mut inner.places);
        result
    }

    fn note_place(&mut self, place: &str, range: &Range<usize>) {
        let span = self.source.span(&self.block.in_file(range));
        self.places.insert(format!("{}{place}", self.path), span);
    }
}

/// A value of another type than was asked for.
pub(crate) fn wrong_type(wanted: &str, value: &DeValue<'_>) -> Wrong {
    let what = format!("this is {}, not {wanted}", article(value.type_str()));
    Wrong::new("wrong-type", what, format!("write {wanted}"))
}

fn article(kind: &str) -> String {
    let vowel = kind.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {kind}", if vowel { "an" } else { "a" })
}
