//! Clauses that are not rules: what is new, gone, or says something else.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{ClauseRef, PartyId, RuledBy, SeatId};
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
    /// Whom its text names, before or after: seats and parties.
    #[serde(skip)]
    names: BTreeSet<String>,
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
        self.fields.iter().all(|field| field.was.is_none())
    }

    /// Whether the clause is gone.
    pub fn is_gone(&self) -> bool {
        self.fields.iter().all(|field| field.is.is_none())
    }

    pub(super) fn concerns(&self, party: &PartyId, seats: &BTreeSet<SeatId>) -> bool {
        self.names.is_empty()
            || self.names.contains(party.as_str())
            || seats.iter().any(|seat| self.names.contains(seat.as_str()))
    }
}

pub(super) fn changes(old: &Agreement, new: &Agreement) -> Vec<ClauseChange> {
    let (old, new) = (others(old), others(new));
    let all: BTreeSet<&ClauseRef> = old.keys().chain(new.keys()).collect();
    let each = all.into_iter().filter_map(|clause| {
        let (was, is) = (old.get(clause).copied(), new.get(clause).copied());
        let fields = fields(was, is);
        let names = [was, is].into_iter().flatten().flat_map(names).collect();
        let kind = is.or(was)?.terms.kind();
        (!fields.is_empty()).then(|| ClauseChange { clause: clause.clone(), kind, fields, names })
    });
    each.collect()
}

/// Every clause whose effect is not told by what acts are answered.
fn others(agreement: &Agreement) -> BTreeMap<ClauseRef, &Clause> {
    let clauses = agreement.clauses().filter(|(_, clause)| {
        let act = match &clause.terms {
            Terms::Permit(rule) | Terms::Forbid(rule) => rule.act,
            Terms::Gate(gate) => gate.gate,
            _ => return true,
        };
        !act.is_judged() || act.ruled_by() != RuledBy::Clauses
    });
    clauses.map(|(module, clause)| (ClauseRef::new(&module.id, &clause.id), clause)).collect()
}

fn names(clause: &Clause) -> BTreeSet<String> {
    let named = clause.terms.refers();
    let those =
        named.iter().filter(|r| matches!(r.to, Named::Seat | Named::Party | Named::Decider));
    those.map(|reference| reference.name.to_owned()).collect()
}

fn fields(was: Option<&Clause>, is: Option<&Clause>) -> Vec<Field> {
    let of = |clause: Option<&Clause>| {
        let mut pairs = Vec::new();
        if let Some(clause) = clause {
            pairs = clause.terms.print();
            clause.standing.put("", &mut pairs);
        }
        pairs
    };
    let (was, is) = (of(was), of(is));
    let mut order: Vec<&'static str> = was.iter().map(|(name, _)| *name).collect();
    order.extend(is.iter().map(|(name, _)| *name).filter(|n| !was.iter().any(|(w, _)| w == n)));
    let value = |pairs: &[(&'static str, String)], name| {
        pairs.iter().find(|(n, _)| *n == name).map(|(_, value)| value.clone())
    };
    let each = order.into_iter().map(|name| (name, value(&was, name), value(&is, name)));
    each.filter(|(_, was, is)| was != is).map(|(name, was, is)| Field { name, was, is }).collect()
}
