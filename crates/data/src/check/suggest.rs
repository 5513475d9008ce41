//! What a steward could write into the mapping.

use concordat_agreement::ColumnKind;
use concordat_terms::Span;

use super::column::{FACTORS, Tally};
use super::{Suggestion, shown};
use crate::mapping::{nearest, number};

/// Cells by which many systems say that nothing is known.
const MISSING: &[&str] = &[
    "0",
    "-1",
    "9",
    "-9",
    "99",
    "-99",
    "999",
    "-999",
    "9999",
    "-9999",
    "99999",
    ".",
    "-",
    "?",
    "na",
    "n/a",
    "nan",
    "nil",
    "null",
    "none",
    "unknown",
    "missing",
    "undefined",
    "<null>",
    "\\n",
    "#n/a",
];
/// The fewest numbers from which a unit is guessed.
const NUMBERS_LEAST: u64 = 10;
/// How many suggestions are made of one kind for one column.
const OF_A_KIND_MOST: usize = 3;

/// What the counts of a column suggest. Cells of the source are quoted where `cells` says so; the
/// codes of [`MISSING`] are ours, and are named anyway.
pub(super) fn of(tally: &Tally, at: Option<&Span>, cells: bool) -> Vec<Suggestion> {
    let mut made: Vec<(String, String)> = Vec::new();
    let missing = missing(tally);
    if !missing.is_empty() {
        let codes: Vec<&str> = missing.iter().map(|(code, _)| code.as_str()).collect();
        let rows: u64 = missing.iter().map(|(_, rows)| rows).sum();
        let list = codes.iter().map(|code| toml(code)).collect::<Vec<_>>().join(", ");
        let why =
            format!("{} a code by which systems often say that nothing is known", holding(rows));
        made.push((format!("missing = [{list}]"), why));
    }
    made.extend(units(tally));
    if cells {
        made.extend(codes(tally, &missing));
    }
    let suggestion =
        |(write, why)| Suggestion { column: tally.name().to_owned(), at: at.cloned(), write, why };
    made.into_iter().map(suggestion).collect()
}

/// Whether a cell is one of [`MISSING`], in whatever spelling.
pub(super) fn is_missing_code(cell: &str) -> bool {
    let (lower, own) = (cell.to_lowercase(), number(cell));
    MISSING.iter().any(|code| *code == lower || own.is_some() && number(code) == own)
}

/// Codes of [`MISSING`] that do not fit; and zeros that do, far below all other numbers.
fn missing(tally: &Tally) -> Vec<(String, u64)> {
    let odd = tally.odd.iter().filter(|(cell, _)| is_missing_code(cell));
    let mut found: Vec<(String, u64)> = odd.map(|(cell, rows)| (cell.clone(), *rows)).collect();
    let zero = found.iter().any(|(cell, _)| cell == "0");
    let many = tally.zeros >= 3 && tally.zeros * 50 >= tally.numbers && tally.zeros < tally.numbers;
    if many && tally.low == 0 && !zero && tally.column().max.is_some_and(|max| max.to_f64() >= 20.0)
    {
        found.push(("0".to_owned(), tally.zeros));
    }
    found
}

/// Factors that would bring numbers into their bounds, or out of their lowest twentieth.
fn units(tally: &Tally) -> Vec<(String, String)> {
    let numbers = tally.numbers - tally.zeros.min(tally.numbers);
    if tally.column().kind != ColumnKind::Number || numbers < NUMBERS_LEAST {
        return Vec::new();
    }
    let mostly = |count: u64, of: u64| count * 20 >= of * 19;
    let beyond = tally.beyond * 5 >= numbers;
    let crowded = mostly(tally.low, numbers);
    if !beyond && !crowded {
        return Vec::new();
    }
    let why = if beyond {
        format!("{} beyond the bounds, and would be within them", of_rows(tally.beyond))
    } else {
        "nearly all numbers lie in the lowest twentieth of the bounds, and would not".to_owned()
    };
    let fits = FACTORS.iter().zip(&tally.others).filter(|(_, other)| {
        let other_low = other.low.saturating_sub(tally.zeros);
        mostly(other.within, tally.numbers) && !mostly(other_low, numbers)
    });
    let told = fits.take(OF_A_KIND_MOST).map(|((factor, between), _)| {
        (format!("factor = \"{factor}\""), format!("{why} if they were converted ({between})"))
    });
    told.collect()
}

/// The level or text that each other cell likely stands for.
fn codes(tally: &Tally, missing: &[(String, u64)]) -> Vec<(String, String)> {
    let levels = || tally.column().levels.iter().map(|level| level.as_str());
    if tally.column().kind != ColumnKind::Category {
        return Vec::new();
    }
    let left = tally
        .odd
        .iter()
        .filter(|(cell, _)| !cell.is_empty() && !missing.iter().any(|(code, _)| code == *cell));
    let mut left: Vec<(&String, &u64)> = left.collect();
    left.sort_by(|a, b| b.1.cmp(a.1));
    let told = left.into_iter().take(OF_A_KIND_MOST).map(|(cell, rows)| {
        let cell = shown(cell);
        match nearest(&cell, levels()) {
            Some(level) => (
                format!("codes = {{ {} = {} }}", quoted(&cell), quoted(level)),
                format!("{} that code, and `{level}` is the nearest level", holding(*rows)),
            ),
            None => (
                format!("codes = {{ {} = \"…\" }}", quoted(&cell)),
                format!("{} that code, and no level is like it", holding(*rows)),
            ),
        }
    });
    told.collect()
}

/// A cell as TOML would have it: a number, or a text in quotes.
fn toml(cell: &str) -> String {
    let number = cell.parse::<i64>().is_ok_and(|number| number.to_string() == cell);
    if number { cell.to_owned() } else { quoted(cell) }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn of_rows(rows: u64) -> String {
    if rows == 1 { "1 row is".to_owned() } else { format!("{rows} rows are") }
}

fn holding(rows: u64) -> String {
    if rows == 1 { "1 row holds".to_owned() } else { format!("{rows} rows hold") }
}
