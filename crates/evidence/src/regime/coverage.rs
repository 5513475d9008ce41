//! How much of a framework is met.

use std::collections::{BTreeMap, BTreeSet};

use super::{Heading, Pack};
use crate::name::RowId;

/// How many of a heading's rows are met, those under its own headings counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Covered<'p> {
    /// The heading.
    pub heading: &'p Heading,
    /// How many rows stand under it.
    pub rows: usize,
    /// How many of them are met.
    pub met: usize,
}

/// How much of a pack is met, per heading in the order of the file.
pub fn coverage<'p>(pack: &'p Pack, met: &BTreeSet<RowId>) -> Vec<Covered<'p>> {
    let mut counts: BTreeMap<&RowId, (usize, usize)> = BTreeMap::new();
    let above: BTreeMap<&RowId, &RowId> = pack
        .headings
        .iter()
        .filter_map(|heading| Some((&heading.id, heading.under.as_ref()?)))
        .collect();
    for row in &pack.rows {
        let mut heading = row.under.as_ref();
        while let Some(id) = heading {
            let (rows, done) = counts.entry(id).or_default();
            *rows += 1;
            *done += usize::from(met.contains(&row.id));
            heading = above.get(id).copied();
        }
    }
    let of = |heading: &'p Heading| {
        let (rows, met) = counts.get(&heading.id).copied().unwrap_or_default();
        Covered { heading, rows, met }
    };
    pack.headings.iter().map(of).collect()
}
