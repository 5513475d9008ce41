//! Rows as they are frozen: one spelling, which somebody else can make of the same rows.
//!
//! `docs/reference/formats.md` says it in full. In short: a line that names the format, a line of
//! canonical JSON that says how the rows came about, the header, and the rows in the order of their
//! bytes.

use std::collections::BTreeSet;

use concordat_agreement::{Column, ColumnKind};
use concordat_terms::{Decimal, Digest, jcs};
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::mapping::Condition;

/// The first line of a snapshot.
const FORMAT: &str = "concordat/rows/v1\n";

/// How rows came about: it is committed to with them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// Which rows of the source count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cohort: Vec<Condition>,
    /// The columns that the site lacks.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub lacks: BTreeSet<String>,
    /// The SHA-256 of the mapping; none of a CSV file that was taken as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<Digest>,
    /// What names the key by which persons were replaced ([`crate::PseudonymKey::id`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pseudonyms: Option<Digest>,
}

/// The bytes of a snapshot; `rows` have their cells in the order of `columns`, each [`spelled`].
pub(crate) fn frozen(
    made: &Made,
    columns: &[Column],
    rows: impl Iterator<Item = Vec<String>>,
) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = rows.map(|row| line(row.iter().map(String::as_str))).collect();
    lines.sort_unstable();
    let mut bytes = FORMAT.as_bytes().to_vec();
    // Texts, digests and lists of them: always JSON.
    bytes.extend(jcs::to_bytes(made).unwrap_or_default());
    bytes.push(b'\n');
    bytes.extend(line(columns.iter().map(|column| column.name.as_str())));
    bytes.extend(lines.into_iter().flatten());
    bytes
}

/// How the rows came about, and the CSV that follows; other bytes are CSV alone.
///
/// # Errors
/// [`Fault::BadSnapshot`].
pub(crate) fn thawed(bytes: &[u8]) -> Result<(Made, &[u8]), Fault> {
    let Some(rest) = bytes.strip_prefix(FORMAT.as_bytes()) else {
        return Ok((Made::default(), bytes));
    };
    let end = rest.iter().position(|byte| *byte == b'\n').ok_or(Fault::BadSnapshot)?;
    let (made, rows) = rest.split_at_checked(end).ok_or(Fault::BadSnapshot)?;
    let read: Made = jcs::from_bytes(made).map_err(|_| Fault::BadSnapshot)?;
    // One spelling: what is read is what would be written.
    if jcs::to_bytes(&read).ok().as_deref() != Some(made) {
        return Err(Fault::BadSnapshot);
    }
    Ok((read, rows.get(1..).unwrap_or_default()))
}

/// A cell in its one spelling: a number as a decimal without superfluous digits, all else as it is.
pub(crate) fn spelled(column: &Column, cell: &str) -> String {
    let number = || cell.parse::<Decimal>().ok().map(|number| number.to_string());
    match column.kind {
        ColumnKind::Number => number().unwrap_or_else(|| cell.to_owned()),
        ColumnKind::Category | ColumnKind::Text => cell.to_owned(),
    }
}

/// A line of CSV (RFC 4180, but for a lone line feed at its end): a cell with a comma, a quote or a
/// line's end in it is in quotes, and no other.
fn line<'a>(cells: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut line = String::new();
    for (nth, cell) in cells.enumerate() {
        if nth > 0 {
            line.push(',');
        }
        if cell.contains([',', '"', '\n', '\r']) {
            line.push('"');
            line.push_str(&cell.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(cell);
        }
    }
    line.push('\n');
    line.into_bytes()
}
