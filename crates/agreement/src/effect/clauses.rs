//! Clauses that are not rules: what is new, gone, or says something else.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{AssetId, ClauseRef, PartyId, RuledBy, SeatId};
use serde::Serialize;

use crate::shape::{Named, Table};
use crate::{Agreement, Clause, Terms};

/// A clause that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClauseChange {
    /// The clause.
    pub clause: ClauseRef,
    /// Its kind: `duty`, `privacy`.
    pub kind: &'static str,
    /// Field by field, in the order of the reference; all of them, if the clause is new or gone.
    pub fields: Vec<Field>,
    /// Whom and what its text names, before or after.
    #[serde(skip)]
    pub(super) names: Names,
    /// Whether it was there before, and is after.
    #[serde(skip)]
    there: (bool, bool),
}

/// A field that differs, as it is written; `None` where it is absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// The field.
    pub name: &'static str,
    /// Before.
    pub was: Option<String>,
    /// After.
    pub is: Option<String>,
}

impl ClauseChange {
    /// Whether the clause is new.
    pub fn is_new(&self) -> bool {
        !self.there.0
    }

    /// Whether the clause is gone.
    pub fn is_gone(&self) -> bool {
        !self.there.1
    }
}

/// Whom and what clauses name: seats and parties, and assets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    who: BTreeSet<String>,
    assets: BTreeSet<String>,
}

impl Names {
    /// Of some clauses together.
    pub(super) fn of<'c>(clauses: impl IntoIterator<Item = &'c Clause>) -> Self {
        let mut names = Self::default();
        for reference in clauses.into_iter().flat_map(|clause| clause.terms.refers()) {
            match reference.to {
                Named::Seat | Named::Party | Named::Decider => {
                    names.who.insert(reference.name.to_owned());
                }
                Named::Asset => {
                    names.assets.insert(reference.name.to_owned());
                }
                _ => {}
            }
        }
        names
    }

    /// Whether they concern a party, by its name, its seats or its assets. What names nobody concerns
    /// everybody.
    pub(super) fn concern(
        &self,
        party: &PartyId,
        seats: &BTreeSet<SeatId>,
        own: &BTreeSet<AssetId>,
    ) -> bool {
        self.who.is_empty()
            || self.who.contains(party.as_str())
            || seats.iter().any(|seat| self.who.contains(seat.as_str()))
            || own.iter().any(|asset| self.assets.contains(asset.as_str()))
    }
}

pub(super) fn changes(old: &Agreement, new: &Agreement) -> Vec<ClauseChange> {
    let (old, new) = (others(old), others(new));
    let all: BTreeSet<&ClauseRef> = old.keys().chain(new.keys()).collect();
    let each = all.into_iter().filter_map(|clause| {
        let (was, is) = (old.get(clause).copied(), new.get(clause).copied());
        let fields = fields(was, is);
        let names = Names::of([was, is].into_iter().flatten());
        let kind = is.or(was)?.terms.kind();
        let there = (was.is_some(), is.is_some());
        let clause = clause.clone();
        (!fields.is_empty()).then_some(ClauseChange { clause, kind, fields, names, there })
    });
    each.collect()
}

/// Every clause whose effect is not told by what acts are answered.
fn others(agreement: &Agreement) -> BTreeMap<ClauseRef, &Clause> {
    let clauses = agreement.clauses().filter(|(_, clause)| !is_rule(clause));
    clauses.map(|(module, clause)| (ClauseRef::new(&module.id, &clause.id), clause)).collect()
}

/// Whether what a clause does is told by what acts are answered.
pub(super) fn is_rule(clause: &Clause) -> bool {
    let act = match &clause.terms {
        Terms::Permit(rule) | Terms::Forbid(rule) => rule.act,
        Terms::Gate(gate) => gate.gate,
        _ => return false,
    };
    act.is_judged() && act.ruled_by() == RuledBy::Clauses
}

/// What a clause says; of one that is new or gone what it says about itself, too. Where it was and
/// is, that is told apart: [`super::stands`].
fn fields(was: Option<&Clause>, is: Option<&Clause>) -> Vec<Field> {
    let both = was.is_some() && is.is_some();
    let of = |clause: Option<&Clause>| {
        let mut pairs = Vec::new();
        if let Some(clause) = clause {
            pairs = clause.terms.print();
            if !both {
                clause.standing.put("", &mut pairs);
            }
        }
        pairs
    };
    differing(&of(was), &of(is))
}

/// Fields by name, as they are written.
pub(super) type Pairs = Vec<(&'static str, String)>;

/// The fields that differ, in their order.
pub(super) fn differing(was: &Pairs, is: &Pairs) -> Vec<Field> {
    let mut order: Vec<&'static str> = was.iter().map(|(name, _)| *name).collect();
    order.extend(is.iter().map(|(name, _)| *name).filter(|n| !was.iter().any(|(w, _)| w == n)));
    let value = |pairs: &Pairs, name| {
        pairs.iter().find(|(n, _)| *n == name).map(|(_, value)| value.clone())
    };
    let each = order.into_iter().map(|name| (name, value(was, name), value(is, name)));
    each.filter(|(_, was, is)| was != is).map(|(name, was, is)| Field { name, was, is }).collect()
}
