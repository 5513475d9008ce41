//! Where several regimes at once say different things about the same event.

use std::collections::{BTreeMap, BTreeSet};

use super::{Audience, Clock, Pack, Row};
use crate::name::{Kind, PackId, Role};

/// Clocks of several packs that one kind of incident starts for the same role, before the same kind
/// of addressee, and that differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict<'p> {
    /// The kind of incident.
    pub kind: Kind,
    /// Who owes.
    pub owner: Role,
    /// To what kind of addressee.
    pub audience: Audience,
    /// The rows, strictest first. Whoever keeps the first keeps them all, as far as time goes; the
    /// addressees still are several.
    pub rows: Vec<(&'p Pack, &'p Row)>,
}

impl<'p> Conflict<'p> {
    /// The row that gives least time.
    pub fn strictest(&self) -> Option<(&'p Pack, &'p Row)> {
        self.rows.first().copied()
    }
}

/// The conflicts between packs, by kind of incident. Rows of every status are told, since a
/// proposal may be contracted; rows that wait for another are not.
pub fn conflicts(packs: &[Pack]) -> Vec<Conflict<'_>> {
    let mut about: BTreeMap<(&Kind, &Role, Audience), Vec<_>> = BTreeMap::new();
    for pack in packs {
        for row in pack.rows.iter().filter(|row| row.clock.is_some() && row.after.is_none()) {
            let Some(audience) = row.audience else { continue };
            for kind in &row.applies_if.incidents {
                for owner in &row.owner {
                    about.entry((kind, owner, audience)).or_default().push((pack, row));
                }
            }
        }
    }
    let mut found = Vec::new();
    for ((kind, owner, audience), mut rows) in about {
        let packs: BTreeSet<&PackId> =
            rows.iter().map(|(pack, _): &(&Pack, &Row)| &pack.id).collect();
        let clocks: BTreeSet<Clock> = rows.iter().filter_map(|(_, row)| row.clock).collect();
        if packs.len() < 2 || clocks.len() < 2 {
            continue;
        }
        rows.sort_by(|a, b| {
            let length = |row: &Row| row.clock.map(Clock::shortest);
            let names = || (&a.0.id, &a.1.id).cmp(&(&b.0.id, &b.1.id));
            length(a.1).cmp(&length(b.1)).then_with(names)
        });
        found.push(Conflict { kind: kind.clone(), owner: owner.clone(), audience, rows });
    }
    found
}
