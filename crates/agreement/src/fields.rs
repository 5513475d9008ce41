//! The fields of a TOML block, read by type; every mistake is kept, with its place.

use std::collections::BTreeMap;
use std::ops::Range;

use concordat_terms::{Severity, Span};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::found::Found;
use crate::limits::{FINDINGS_MOST, ITEMS_MAX};
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
    /// How many values the table holds, those in its own tables and lists counted.
    pub(crate) values: usize,
    /// What is wrong, so far.
    pub(crate) found: Found,
    /// Where each field's value stands in the file: `by`, `on[1]`, `approvals[0].seat`.
    pub(crate) places: BTreeMap<String, Span>,
}

/// What is wrong with a block that nothing closes, or that only the end of the next one does.
fn not_closed(source: &Source, block: &Block, broken: bool) -> Option<Wrong> {
    let fence = |line: &str| ["```", "~~~"].iter().any(|m| line.trim_start().starts_with(m));
    let own = source.text().get(block.range.start..).unwrap_or_default();
    let mark = if own.starts_with('~') { "~~~" } else { "```" };
    let inner = block.text.lines().filter(|_| broken).position(fence);
    let opened = source.line_of(block.range.start);
    let hint = match inner {
        Some(lines) => {
            format!("write {mark} on a line of its own above line {}", opened + 1 + lines)
        }
        None if !block.closed => format!("write {mark} on a line of its own below its last field"),
        None => return None,
    };
    let what = format!("the block opened in line {opened} is not closed");
    Some(Wrong::new("block-not-closed", what, hint))
}

/// Quotation marks as word processors write them, where a value should begin.
fn curly(source: &Source, at: &Range<usize>) -> Option<(Range<usize>, Wrong)> {
    let rest = source.text().get(at.start..)?;
    let line = rest.lines().next().unwrap_or_default();
    let value = line.split_once('=').map_or(line, |(_, value)| value).trim_start();
    let mark = [line, value].into_iter().find_map(|text| text.chars().next().filter(is_curly))?;
    let from = at.start + line.find(mark)?;
    let what = format!("`{mark}` is a curly quotation mark, and opens no text");
    let hint = "write straight ones, `\"` or `'`: word processors change them as you type";
    Some((from..from + mark.len_utf8(), Wrong::new("curly-quotes", what, hint)))
}

/// Whether a letter is a quotation mark that is not straight.
pub(crate) fn is_curly(letter: &char) -> bool {
    matches!(letter, '“' | '”' | '„' | '‟' | '‘' | '’' | '‚' | '«' | '»')
}

impl<'a> Fields<'a> {
    /// Parses a block.
    ///
    /// # Errors
    ///
    /// What is not TOML in it; nothing is said about the fields then, since some may be lost.
    pub(crate) fn parse(source: &'a Source, block: &'a Block) -> Result<Self, Found> {
        let (table, errors) = DeTable::parse_recoverable(&block.text);
        let first = block.text.lines().next().unwrap_or_default().len();
        if let Some(wrong) = not_closed(source, block, !errors.is_empty()) {
            // What follows was not meant to be in it, and nothing is said about that.
            let mut told = Found::of_at_most(FINDINGS_MOST);
            told.push(source.error(&block.range, wrong));
            return Err(told);
        }
        if errors.is_empty() {
            return Ok(Self::of(source, block, String::new(), 0..first, table.into_inner()));
        }
        let mut told = Found::of_at_most(FINDINGS_MOST);
        let mut last = None;
        for error in errors {
            let range = block.in_file(&error.span().unwrap_or(0..first));
            // After its first stumble in a line, a parser says more of the same about the rest.
            let line = Some(source.line_of(range.start));
            if std::mem::replace(&mut last, line) == line || told.is_full(Severity::Error) {
                continue;
            }
            let what = error.message().lines().next().unwrap_or("not TOML").to_owned();
            let wrong = Wrong::new("not-toml", what, "write `key = value` lines as in TOML 1.0");
            let (range, wrong) = curly(source, &range).unwrap_or((range, wrong));
            told.push(source.error(&range, wrong));
        }
        Err(told)
    }

    fn of(
        source: &'a Source,
        block: &'a Block,
        path: String,
        whole: Range<usize>,
        table: DeTable<'a>,
    ) -> Self {
        let values = count(&table);
        let left = table
            .into_iter()
            .map(|(key, value)| (key.get_ref().to_string(), (key.span(), value)))
            .collect();
        let (known, places) = (Vec::new(), BTreeMap::new());
        let found = Found::of_at_most(FINDINGS_MOST);
        Self { source, block, path, whole, left, known, values, found, places }
    }

    /// Whether a field is there and not yet taken.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.left.contains_key(field)
    }

    /// The fields that are not yet taken.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.left.keys().map(String::as_str)
    }

    /// A value by its type; a mistake is noted.
    pub(crate) fn convert<T>(
        &mut self,
        place: &str,
        value: &Value<'_>,
        convert: Convert<T>,
    ) -> Option<T> {
        self.note_place(place, &value.span());
        convert(value).map_err(|wrong| self.fail_within(&value.span(), wrong)).ok()
    }

    /// A list; one value stands for a list of one.
    pub(crate) fn list<T>(
        &mut self,
        place: &str,
        value: Value<'a>,
        read: fn(&mut Self, &str, Value<'a>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let span = value.span();
        let items = match value.into_inner() {
            DeValue::Array(items) if items.len() > ITEMS_MAX => {
                self.fail(&span, too_long(place));
                return None;
            }
            DeValue::Array(items) => items.into_iter().collect(),
            only => vec![Spanned::new(span, only)],
        };
        let mut list = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            list.push(read(self, &format!("{place}[{index}]"), item));
        }
        list.into_iter().collect()
    }

    /// A table whose keys are names and whose values are all alike.
    pub(crate) fn map<K: Ord, V>(
        &mut self,
        place: &str,
        value: Value<'a>,
        key: fn(&str) -> Result<K, Wrong>,
        read: fn(&mut Self, &str, Value<'a>) -> Option<V>,
    ) -> Option<BTreeMap<K, V>> {
        let span = value.span();
        let DeValue::Table(table) = value.into_inner() else {
            let hint = format!("write `{place} = {{ name = value }}`");
            let what = format!("`{place}` is not a table");
            self.fail(&span, Wrong::new("wrong-type", what, hint));
            return None;
        };
        if table.len() > ITEMS_MAX {
            self.fail(&span, too_long(place));
            return None;
        }
        let mut map = BTreeMap::new();
        let mut whole = true;
        for (name, value) in table {
            let id = key(name.get_ref()).map_err(|wrong| self.fail(&name.span(), wrong));
            match (id, read(self, &format!("{place}.{}", name.get_ref()), value)) {
                (Ok(id), Some(value)) => {
                    map.insert(id, value);
                }
                _ => whole = false,
            }
        }
        whole.then_some(map)
    }

    /// A table, each of whose fields `read` takes.
    pub(crate) fn table<T>(
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
        self.note_place(place, &span);
        let path = format!("{}{place}.", self.path);
        let mut inner = Fields::of(self.source, self.block, path, span, table);
        let result = read(&mut inner);
        inner.end();
        self.found.append(&mut inner.found);
        self.places.append(&mut inner.places);
        result
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
        self.found.push(self.source.finding(span, Severity::Error, wrong));
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

    /// Notes a mistake at a range of the block.
    pub(crate) fn fail(&mut self, range: &Range<usize>, wrong: Wrong) {
        self.found.push(self.source.error(&self.block.in_file(range), wrong));
    }

    /// Notes that a field is missing.
    pub(crate) fn missing<T>(&mut self, field: &'static str) -> Option<T> {
        let what = format!("`{field}` is missing");
        let hint = format!("add a line `{field} = …`");
        self.fail(&self.whole.clone(), Wrong::new("missing-field", what, hint));
        None
    }

    /// Notes a mistake in a value, underlining only the part that it names.
    fn fail_within(&mut self, span: &Range<usize>, wrong: Wrong) {
        let raw = self.block.text.get(span.clone()).unwrap_or_default();
        let part = wrong.within.clone().and_then(|part| {
            let start = written(raw, part.start)?;
            let end = written(raw, part.end)?;
            Some(span.start + start..span.start + end)
        });
        self.fail(&part.unwrap_or_else(|| span.clone()), wrong);
    }

    /// As it is written, quotes included.
    pub(crate) fn raw(&self, value: &Range<usize>) -> &str {
        self.block.text.get(value.clone()).unwrap_or_default()
    }

    /// Where in the file a part of the block stands.
    pub(crate) fn span(&self, range: &Range<usize>) -> Span {
        self.source.span(&self.block.in_file(range))
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

fn too_long(place: &str) -> Wrong {
    let what = format!("`{place}` holds more than {ITEMS_MAX} items");
    Wrong::new("list-too-long", what, "say it in fewer, or over several clauses")
}

/// How many values a table holds, those in its own tables and lists counted.
fn count(table: &DeTable<'_>) -> usize {
    fn of(value: &DeValue<'_>) -> usize {
        match value {
            DeValue::Array(items) => 1 + items.iter().map(|item| of(item.get_ref())).sum::<usize>(),
            DeValue::Table(table) => 1 + count(table),
            _ => 1,
        }
    }
    table.iter().map(|(_, value)| of(value.get_ref())).sum()
}

fn article(kind: &str) -> String {
    let vowel = kind.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {kind}", if vowel { "an" } else { "a" })
}

/// Where byte `at` of a one-line TOML string's value is written in `raw`, quotes included.
fn written(raw: &str, at: usize) -> Option<usize> {
    if raw.starts_with("'''") || raw.starts_with("\"\"\"") {
        return None;
    }
    let escapes = raw.starts_with('"');
    let inner = raw.get(1..)?;
    let (mut here, mut value) = (0, 0);
    while value < at {
        let rest = inner.get(here..)?;
        let c = rest.chars().next()?;
        let (taken, meant) = match rest.strip_prefix('\\').filter(|_| escapes) {
            None => (c.len_utf8(), c.len_utf8()),
            Some(rest) => escaped(rest)?,
        };
        here += taken;
        value += meant;
    }
    Some(here + 1)
}

/// How many bytes the escape before `rest` takes, and how many bytes it means.
fn escaped(rest: &str) -> Option<(usize, usize)> {
    let digits = match rest.chars().next()? {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => return Some((2, 1)),
    };
    let code = u32::from_str_radix(rest.get(1..=digits)?, 16).ok()?;
    Some((digits + 2, char::from_u32(code)?.len_utf8()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escaped_quote_is_two_characters_in_the_file_and_one_in_the_value() {
        assert_eq!(written(r#""a \"b""#, 3), Some(5));
        assert_eq!(written(r#""\u00e9x""#, 2), Some(7));
        assert_eq!(written("'a \"b'", 3), Some(4));
        assert_eq!(written("'ab'", 9), None);
    }
}
