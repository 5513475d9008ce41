//! The text of a mapping to a [`Mapping`].

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{Decimal, Digest, Span};

use super::fields::{At, Fields, Source as Text};
use super::{Condition, Finding, MAPPING_BYTES_MOST, Mapping, Origin, Person, Rule, Unit};
use crate::source::Source;

/// The most places after the point of a decimal.
const PLACES_MOST: u32 = 12;

impl Mapping {
    /// Reads the text of a mapping; `file` is how the steward knows it.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of the file, at most fifty findings.
    pub fn read(file: &str, text: &str) -> Result<Self, Vec<Finding>> {
        let mut source = Text::new(file, text);
        let mapping = if text.len() > MAPPING_BYTES_MOST {
            let what = format!("it has more than {MAPPING_BYTES_MOST} bytes");
            source.fail("mapping-too-large", &(0..0), what, "name the right file");
            None
        } else {
            mapping(&mut source, Digest::of(text.as_bytes()))
        };
        let mut found = source.found();
        found.sort_by_key(|finding| (finding.span.line, finding.span.column));
        match mapping {
            Some(mapping) if found.is_empty() => Ok(mapping),
            _ => Err(found),
        }
    }
}

fn mapping(text: &mut Text<'_>, digest: Digest) -> Option<Mapping> {
    let mut top = text.parse()?;
    let asset = top.need(text, "asset").and_then(|at| match at.value.parse() {
        Ok(asset) => Some(asset),
        Err(_) => {
            let what = format!("`{}` is no name of an asset", at.value);
            let hint = "write the dataset's name in the agreement: a–z, 0–9 and `-`";
            text.fail("mapping-wrong-type", &at.range, what, hint);
            None
        }
    });
    let mut places = BTreeMap::new();
    let source = needed(text, &mut top, "source").and_then(|table| source(text, table));
    let person = needed(text, &mut top, "person").and_then(|table| {
        places.insert(String::new(), text.span(table.range()));
        person(text, table)
    });
    let cohort = top.tables(text, "cohort");
    let cohort = cohort.into_iter().filter_map(|table| condition(text, table)).collect();
    let columns = match needed(text, &mut top, "columns") {
        Some(tables) => columns(text, tables, &mut places),
        None => BTreeMap::new(),
    };
    top.done(text, &["asset", "source", "person", "cohort", "columns"]);
    let (asset, source, person, digest) = (asset?, source?, person?, Some(digest));
    Some(Mapping { asset, source, person, cohort, columns, digest, places })
}

fn needed<'a>(text: &mut Text<'_>, top: &mut Fields<'a>, key: &str) -> Option<Fields<'a>> {
    if !top.has(key) {
        let what = format!("`[{key}]` is missing");
        text.fail("mapping-field-missing", &(0..0), what, "compare with docs/reference/mapping.md");
        return None;
    }
    top.table(text, key)
}

fn source(text: &mut Text<'_>, mut table: Fields<'_>) -> Option<Source> {
    let kind = table.need(text, "kind")?;
    let source = match kind.value.as_str() {
        "csv" => {
            let file = table.need(text, "file");
            let delimiter = table.text(text, "delimiter").map_or(Some(b','), |at| {
                let one = <[u8; 1]>::try_from(at.value.as_bytes()).ok().map(|[byte]| byte);
                let found = one.filter(|byte| matches!(byte, b',' | b';' | b'\t' | b'|'));
                if found.is_none() {
                    let what = "`source.delimiter` is no delimiter";
                    let hint = "write `,`, `;`, `|` or a tabulator (`\"\\t\"`)";
                    text.fail("mapping-wrong-type", &at.range, what, hint);
                }
                found
            });
            let (file, delimiter) = (file?.value.into(), delimiter?);
            Source::Csv { file, delimiter }
        }
        "parquet" => Source::Parquet { file: table.need(text, "file")?.value.into() },
        "sqlite" => {
            let (file, query) = (table.need(text, "file"), table.need(text, "query"));
            Source::Sqlite { file: file?.value.into(), query: query?.value }
        }
        "postgres" => {
            let (address, query) = (table.need(text, "address"), table.need(text, "query"));
            let address = address?;
            if address.value.contains("://") {
                let what = "`source.address` is an address, and not the name of a file with one";
                let hint = "put the address into a file of its own (mode 0600) and name that: \
                            a mapping is shown to others, and an address has a password";
                text.fail("mapping-has-address", &address.range, what, hint);
                return None;
            }
            Source::Postgres { address: address.value.into(), query: query?.value }
        }
        _ => {
            let what = "`source.kind` is no kind of source";
            let hint = "write one of: csv, parquet, sqlite, postgres";
            text.fail("mapping-wrong-type", &kind.range, what, hint);
            return None;
        }
    };
    let known: &[&str] = match source {
        Source::Csv { .. } => &["kind", "file", "delimiter"],
        Source::Parquet { .. } => &["kind", "file"],
        Source::Sqlite { .. } => &["kind", "file", "query"],
        Source::Postgres { .. } => &["kind", "address", "query"],
    };
    table.done(text, known);
    Some(source)
}

fn person(text: &mut Text<'_>, mut table: Fields<'_>) -> Option<Person> {
    let from = table.need(text, "from");
    let pseudonym = table.flag(text, "pseudonym");
    table.done(text, &["from", "pseudonym"]);
    Some(Person { from: from?.value, pseudonym })
}

fn condition(text: &mut Text<'_>, mut table: Fields<'_>) -> Option<Condition> {
    const KNOWN: &[&str] = &["from", "at_least", "at_most", "one_of", "none_of", "present"];
    let (range, count) = (table.range().clone(), KNOWN.iter().filter(|key| table.has(key)).count());
    let from = table.need(text, "from");
    let at_least = table.decimal(text, "at_least").map(|at| at.value);
    let at_most = table.decimal(text, "at_most").map(|at| at.value);
    let one_of = set(table.cells(text, "one_of"));
    let none_of = set(table.cells(text, "none_of"));
    let present = table.has("present").then(|| table.flag(text, "present"));
    table.done(text, KNOWN);
    let from = from?.value;
    if count < 2 {
        let what = format!("nothing is asked of `{from}`");
        let hint = "write `at_least`, `at_most`, `one_of`, `none_of` or `present`";
        text.fail("mapping-field-missing", &range, what, hint);
    }
    if at_least.zip(at_most).is_some_and(|(least, most)| least > most) {
        let what = format!("`at_least` is above `at_most`, so no `{from}` counts");
        text.fail("mapping-keeps-nothing", &range, what, "exchange them");
    }
    Some(Condition { from, at_least, at_most, one_of, none_of, present })
}

fn columns(
    text: &mut Text<'_>,
    tables: Fields<'_>,
    places: &mut BTreeMap<String, Span>,
) -> BTreeMap<String, Origin> {
    let mut columns = BTreeMap::new();
    for (name, table) in tables.rest(text) {
        places.insert(name.value.clone(), text.span(&name.range));
        if let Some(origin) = origin(text, &name, table) {
            columns.insert(name.value, origin);
        }
    }
    columns
}

/// One of three: `absent = true`; `years_from` and `years_to`; or `from` and what is done to it.
fn origin(text: &mut Text<'_>, name: &At<String>, mut table: Fields<'_>) -> Option<Origin> {
    let name = &name.value;
    if table.has("absent") {
        let range = table.key("absent");
        let absent = table.flag(text, "absent");
        table.done(text, &["absent"]);
        if !absent {
            let what = format!("`columns.{name}.absent` is `false`, and says nothing");
            text.fail("mapping-wrong-type", &range, what, "remove the line, and write `from`");
            return None;
        }
        return Some(Origin::Lacking);
    }
    if table.has("years_from") || table.has("years_to") {
        let (since, until) = (table.need(text, "years_from"), table.need(text, "years_to"));
        table.done(text, &["years_from", "years_to"]);
        return Some(Origin::Years { since: since?.value, until: until?.value });
    }
    rule(text, table).map(|rule| Origin::Cell(Box::new(rule)))
}

fn rule(text: &mut Text<'_>, mut table: Fields<'_>) -> Option<Rule> {
    const KNOWN: &[&str] = &[
        "from",
        "missing",
        "codes",
        "otherwise",
        "unit",
        "units",
        "factor",
        "offset",
        "places",
        "absent",
        "years_from",
        "years_to",
    ];
    let from = table.need(text, "from");
    let missing = set(table.cells(text, "missing"));
    let codes = table.table(text, "codes").map(|codes| {
        let pairs = codes.pairs(text).into_iter();
        pairs.map(|(key, value)| (key.value.trim().to_owned(), value.value)).collect()
    });
    let otherwise = table.text(text, "otherwise");
    if let (Some(at), None) = (&otherwise, &codes) {
        let what = "`otherwise` is the value of other codes, and there are no `codes`";
        text.fail("mapping-field-missing", &at.range, what, "write `codes = { … }`");
    }
    let unit = unit(text, &mut table);
    let places = table.count(text, "places", PLACES_MOST);
    table.done(text, KNOWN);
    let otherwise = otherwise.map(|at| at.value);
    Some(Rule { from: from?.value, missing, codes, otherwise, unit: unit?, places })
}

fn unit(text: &mut Text<'_>, table: &mut Fields<'_>) -> Option<Unit> {
    let (unit, factors) = (table.has("unit"), table.has("units"));
    let (key, others) = (table.key("unit"), table.has("factor") || table.has("offset"));
    if !unit && !factors {
        let range = table.key("factor");
        let factor =
            table.decimal(text, "factor").map_or(Decimal::whole(1), |at| Some(at.value))?;
        let offset = table.decimal(text, "offset").map_or(Decimal::ZERO, |at| at.value);
        if factor == Decimal::ZERO {
            let what = "a factor of 0 makes all numbers one";
            text.fail("mapping-wrong-type", &range, what, "write the unit's factor");
        }
        return Some(Unit::Same { factor, offset });
    }
    if others {
        let what =
            "`unit` and `units` are for rows of several units, `factor` and `offset` for one";
        text.fail("mapping-field-unknown", &key, what, "keep the one or the other");
    }
    table.decimal(text, "factor");
    table.decimal(text, "offset");
    let from = table.need(text, "unit");
    if !factors {
        let what = "`unit` names the column with the unit, and no factor is given for any";
        let hint = "write `units = { \"mg/dL\" = 1, \"mmol/L\" = \"38.67\" }`";
        text.fail("mapping-field-missing", &key, what, hint);
        return None;
    }
    let factors = table.table(text, "units")?.decimals(text);
    let factors = factors.into_iter().map(|(unit, at)| (unit.value.trim().to_owned(), at.value));
    Some(Unit::Named { from: from?.value, factors: factors.collect() })
}

fn set(cells: Option<Vec<At<String>>>) -> BTreeSet<String> {
    cells.into_iter().flatten().map(|at| at.value).collect()
}
