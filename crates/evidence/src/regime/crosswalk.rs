//! Which clause of the agreement answers to which row of the law.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::ClauseRef;
use serde::{Deserialize, Serialize};

use super::Pack;
use crate::name::RowId;

/// Which rows and terms each clause answers to, as its drafters say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Crosswalk(pub BTreeMap<ClauseRef, BTreeSet<RowId>>);

impl Crosswalk {
    /// Of these clauses, those that answer to nothing.
    pub fn unmapped<'c>(&self, clauses: &'c BTreeSet<ClauseRef>) -> Vec<&'c ClauseRef> {
        let mapped = |clause: &&ClauseRef| self.0.get(clause).is_some_and(|rows| !rows.is_empty());
        clauses.iter().filter(|clause| !mapped(clause)).collect()
    }

    /// What is named in it and is a row or term of no pack.
    pub fn unknown(&self, packs: &[Pack]) -> Vec<(&ClauseRef, &RowId)> {
        let known: BTreeSet<&RowId> = packs
            .iter()
            .flat_map(|pack| {
                let terms = pack.terms.iter().map(|term| &term.id);
                pack.rows.iter().map(|row| &row.id).chain(terms)
            })
            .collect();
        let named = self.0.iter().flat_map(|(clause, rows)| rows.iter().map(move |r| (clause, r)));
        named.filter(|(_, row)| !known.contains(row)).collect()
    }

    /// The terms of a pack that no clause answers to: what the contract must say and does not.
    pub fn unsaid<'p>(&self, pack: &'p Pack) -> Vec<&'p RowId> {
        let said: BTreeSet<&RowId> = self.0.values().flatten().collect();
        pack.terms.iter().map(|term| &term.id).filter(|id| !said.contains(id)).collect()
    }
}
