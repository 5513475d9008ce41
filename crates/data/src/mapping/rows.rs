//! Rows of a source to rows of the agreement.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Asset, Column, ColumnKind};
use concordat_terms::Decimal;
use jiff::Unit as Of;
use jiff::civil::Date;

use super::number::converted;
use super::{Condition, Mapping, Origin, Rule, Unit, nearest_level, number};
use crate::fault::Fault;
use crate::pseudonym::PseudonymKey;
use crate::source::SourceFault;
use crate::table::check_cell;

/// A mapping beside a source's header and the agreement's columns: every name is a place.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    columns: Vec<(&'a Column, Make<'a>)>,
    cohort: Vec<(usize, &'a Condition)>,
    key: Option<&'a PseudonymKey>,
}

/// Where a column's cell comes from, by places in the source's rows.
#[derive(Debug)]
enum Make<'a> {
    Person { from: usize },
    Same { from: usize },
    Cell { rule: &'a Rule, from: usize, unit: Option<usize> },
    Years { since: usize, until: usize },
    Nothing,
}

/// What did not become a cell.
#[derive(Debug)]
pub(crate) struct Unmapped<'a> {
    /// Why.
    pub(crate) fault: Fault,
    /// Which of the agreement's columns.
    pub(crate) column: usize,
    /// The cell of the source: for the steward alone.
    pub(crate) cell: &'a str,
    /// What was made of it, where something was.
    pub(crate) made: Option<&'a str>,
}

impl<'a> Plan<'a> {
    /// The plan for a source with this header.
    ///
    /// # Errors
    /// [`Fault::NoSchema`]; [`Fault::NoPseudonymKey`] where the mapping asks for pseudonyms;
    /// [`SourceFault::NoColumn`].
    pub(crate) fn new(
        mapping: &'a Mapping,
        asset: &'a Asset,
        header: &[String],
        key: Option<&'a PseudonymKey>,
    ) -> Result<Self, Fault> {
        let person = asset.person.as_deref().ok_or(Fault::NoSchema)?;
        if !asset.columns.iter().any(|column| column.name == person) {
            return Err(Fault::NoSchema);
        }
        if mapping.person.pseudonym && key.is_none() {
            return Err(Fault::NoPseudonymKey);
        }
        let place = |name: &String| {
            let found = header.iter().position(|column| column == name);
            let missing = || SourceFault::NoColumn { column: name.clone(), near: None };
            found.ok_or_else(|| Fault::from(missing()))
        };
        let make = |column: &'a Column| {
            Ok((
                column,
                match mapping.columns.get(&column.name) {
                    _ if column.name == person => {
                        Make::Person { from: place(&mapping.person.from)? }
                    }
                    Some(Origin::Cell(rule)) => {
                        let unit = match &rule.unit {
                            Unit::Named { from, .. } => Some(place(from)?),
                            Unit::Same { .. } => None,
                        };
                        Make::Cell { rule, from: place(&rule.from)?, unit }
                    }
                    Some(Origin::Years { since, until }) => {
                        Make::Years { since: place(since)?, until: place(until)? }
                    }
                    Some(Origin::Same) => Make::Same { from: place(&column.name)? },
                    Some(Origin::Lacking) | None => Make::Nothing,
                },
            ))
        };
        let cohort =
            mapping.cohort.iter().map(|condition| Ok((place(&condition.from)?, condition)));
        Ok(Self {
            columns: asset.columns.iter().map(make).collect::<Result<_, Fault>>()?,
            cohort: cohort.collect::<Result<_, Fault>>()?,
            key: key.filter(|_| mapping.person.pseudonym),
        })
    }

    /// The row under the agreement's columns, in their order; none where it is not of the cohort.
    /// A cell that cannot be mapped is told and left empty.
    ///
    /// # Errors
    /// What `told` says.
    pub(crate) fn row(
        &self,
        row: usize,
        cells: &[String],
        told: &mut dyn FnMut(Unmapped<'_>) -> Result<(), Fault>,
    ) -> Result<Option<Vec<String>>, Fault> {
        if !self.cohort.iter().all(|(at, condition)| holds(condition, cell(cells, *at))) {
            return Ok(None);
        }
        let mut made = Vec::with_capacity(self.columns.len());
        for (at, (column, make)) in self.columns.iter().enumerate() {
            let cell = source_of(make, cells);
            let fitting = match self.made(row, column, make, cells) {
                Ok(value) => match check_cell(row, column, &value) {
                    Ok(()) => value,
                    Err(fault) => {
                        told(Unmapped { fault, column: at, cell, made: Some(&value) })?;
                        String::new()
                    }
                },
                Err(fault) => {
                    told(Unmapped { fault, column: at, cell, made: None })?;
                    String::new()
                }
            };
            made.push(fitting);
        }
        Ok(Some(made))
    }

    fn made(
        &self,
        row: usize,
        column: &Column,
        make: &Make<'_>,
        cells: &[String],
    ) -> Result<String, Fault> {
        match make {
            Make::Person { from } => {
                let person = cell(cells, *from);
                if person.is_empty() {
                    return Err(Fault::EmptyCell { row, column: column.name.clone() });
                }
                Ok(self.key.map_or_else(|| person.to_owned(), |key| key.pseudonym(person)))
            }
            Make::Cell { rule, from, unit } => {
                let unit = unit.map(|at| cell(cells, at));
                mapped(row, column, rule, (cell(cells, *from), unit))
            }
            Make::Years { since, until } => {
                years(row, column, cell(cells, *since), cell(cells, *until))
            }
            Make::Same { from } => Ok(cell(cells, *from).to_owned()),
            Make::Nothing => Ok(String::new()),
        }
    }
}

/// A cell of the source.
fn cell(cells: &[String], at: usize) -> &str {
    cells.get(at).map_or("", |cell| cell.trim_ascii())
}

/// The cell of the source that a column is made of.
fn source_of<'c>(make: &Make<'_>, cells: &'c [String]) -> &'c str {
    match make {
        Make::Person { from }
        | Make::Same { from }
        | Make::Cell { from, .. }
        | Make::Years { since: from, .. } => cell(cells, *from),
        Make::Nothing => "",
    }
}

/// A cell of the source, beside the name of its unit, as a cell of the agreement's column.
fn mapped(
    row: usize,
    column: &Column,
    rule: &Rule,
    (cell, unit): (&str, Option<&str>),
) -> Result<String, Fault> {
    let name = || column.name.clone();
    if cell.is_empty() || is_missing(rule, cell) {
        return Ok(String::new());
    }
    if let Some(codes) = &rule.codes {
        let code = codes.get(cell).or_else(|| as_number(codes, cell)).or(rule.otherwise.as_ref());
        return code.cloned().ok_or_else(|| Fault::UnknownCode { row, column: name() });
    }
    match column.kind {
        ColumnKind::Text => Ok(cell.to_owned()),
        ColumnKind::Category => {
            Ok(nearest_level(column, cell).map_or_else(|| cell.to_owned(), str::to_owned))
        }
        ColumnKind::Number => {
            let value = number(cell).ok_or_else(|| Fault::TextInNumber { row, column: name() })?;
            let (factor, offset) = match (&rule.unit, unit) {
                (Unit::Same { factor, offset }, _) => (*factor, *offset),
                (Unit::Named { factors, .. }, unit) => {
                    let factor = factors.get(unit.unwrap_or_default());
                    (
                        *factor.ok_or_else(|| Fault::UnknownUnit { row, column: name() })?,
                        Decimal::ZERO,
                    )
                }
            };
            // What no decimal can hold is beyond all bounds.
            let value = converted(value, factor, offset, rule.places);
            let value = value.ok_or_else(|| Fault::OutOfBounds { row, column: name() })?;
            Ok(value.to_string())
        }
    }
}

fn is_missing(rule: &Rule, cell: &str) -> bool {
    // Databases write one number in many ways: `999` is `999.0`.
    rule.missing.contains(cell)
        || !rule.missing.is_empty()
            && number(cell)
                .is_some_and(|own| rule.missing.iter().any(|code| number(code) == Some(own)))
}

fn as_number<'a>(codes: &'a BTreeMap<String, String>, cell: &str) -> Option<&'a String> {
    let own = number(cell)?;
    codes.iter().find(|(code, _)| number(code) == Some(own)).map(|(_, value)| value)
}

/// Whether a row counts.
fn holds(condition: &Condition, cell: &str) -> bool {
    let Condition { at_least, at_most, one_of, none_of, present, .. } = condition;
    if let Some(present) = present
        && *present == cell.is_empty()
    {
        return false;
    }
    if cell.is_empty() {
        return *present == Some(false);
    }
    let own = number(cell);
    let among = |set: &BTreeSet<String>| {
        set.contains(cell) || own.is_some() && set.iter().any(|other| number(other) == own)
    };
    let within = at_least.is_none_or(|least| own.is_some_and(|own| own >= least))
        && at_most.is_none_or(|most| own.is_some_and(|own| own <= most));
    within && (one_of.is_empty() || among(one_of)) && !among(none_of)
}

/// Whole years from one date to another; nothing where either is missing.
fn years(row: usize, column: &Column, since: &str, until: &str) -> Result<String, Fault> {
    if since.is_empty() || until.is_empty() {
        return Ok(String::new());
    }
    let whole = || {
        let (since, until) = (day(since)?, day(until)?);
        Some(since.until((Of::Year, until)).ok()?.get_years().to_string())
    };
    whole().ok_or_else(|| Fault::NotADate { row, column: column.name.clone() })
}

/// The day that a date, or a date and a time, begins with: `2027-01-31`, `2027-01-31T08:00:00Z`.
fn day(text: &str) -> Option<Date> {
    let (day, rest) = text.split_at_checked(10)?;
    let ends = rest.is_empty() || rest.starts_with(['T', ' ']);
    day.parse().ok().filter(|_| ends && day.as_bytes().get(4) == Some(&b'-'))
}
