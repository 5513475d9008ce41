//! What is new in a pack.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{ContractTerm, Pack, Row};
use crate::name::RowId;

/// One difference between two versions of a pack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// A row or a term that was not there.
    Added(RowId),
    /// One that is there no more.
    Removed(RowId),
    /// One that says something else, in these fields.
    Changed(RowId, Vec<&'static str>),
}

impl Change {
    /// The row or term.
    pub fn row(&self) -> &RowId {
        match self {
            Self::Added(row) | Self::Removed(row) | Self::Changed(row, _) => row,
        }
    }
}

/// The rows and terms that differ between two versions of a pack, by name. Each is a reason to
/// review the agreements under the pack.
pub fn changes(old: &Pack, new: &Pack) -> Vec<Change> {
    let mut found = differing(&old.rows, &new.rows, |row| &row.id, fields_of_row);
    found.extend(differing(&old.terms, &new.terms, |term| &term.id, fields_of_term));
    found.sort_by(|a, b| a.row().cmp(b.row()));
    found
}

fn differing<T: PartialEq>(
    old: &[T],
    new: &[T],
    id: fn(&T) -> &RowId,
    fields: fn(&T, &T) -> Vec<&'static str>,
) -> Vec<Change> {
    let by_id = |rows| -> BTreeMap<RowId, &T> {
        let rows: &[T] = rows;
        rows.iter().map(|row| (id(row).clone(), row)).collect()
    };
    let (before, after) = (by_id(old), by_id(new));
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    let gone = gone.map(|name| Change::Removed(name.clone()));
    let come = after.iter().filter_map(|(name, row)| match before.get(name) {
        None => Some(Change::Added(name.clone())),
        Some(was) if was != row => Some(Change::Changed(name.clone(), fields(was, row))),
        Some(_) => None,
    });
    gone.chain(come).collect()
}

fn fields_of_row(old: &Row, new: &Row) -> Vec<&'static str> {
    let told = [
        ("title", old.title != new.title),
        ("status", old.status != new.status),
        ("confirmed", old.confirmed != new.confirmed),
        ("source", old.source != new.source),
        ("under", old.under != new.under),
        ("in_force_from", old.in_force_from != new.in_force_from),
        ("in_force_to", old.in_force_to != new.in_force_to),
        ("in_force_by_class", old.in_force_by_class != new.in_force_by_class),
        ("applies_if", old.applies_if != new.applies_if),
        ("owner", old.owner != new.owner),
        ("to", old.to != new.to),
        ("audience", old.audience != new.audience),
        ("trigger", old.trigger != new.trigger),
        ("clock", old.clock != new.clock),
        ("initial_ok", old.initial_ok != new.initial_ok),
        ("group", old.group != new.group),
        ("after", old.after != new.after),
        ("tollable", old.tollable != new.tollable),
        ("evidence", old.evidence != new.evidence),
        ("keep", old.keep != new.keep),
        ("every", old.every != new.every),
        ("hold", old.hold != new.hold),
        ("note", old.note != new.note),
    ];
    told.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect()
}

fn fields_of_term(old: &ContractTerm, new: &ContractTerm) -> Vec<&'static str> {
    let told = [
        ("row", old.row != new.row),
        ("title", old.title != new.title),
        ("source", old.source != new.source),
        ("confirmed", old.confirmed != new.confirmed),
    ];
    told.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect()
}
