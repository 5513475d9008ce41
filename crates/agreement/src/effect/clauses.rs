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
    act.ruled_by() == RuledBy::Clauses
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use std::sync::Arc;

    use super::*;
    use crate::shape::Need;
    use crate::{clause_kinds, read};

    /// A clause of a kind with some fields, as it is read.
    fn clause(fields: &[(&str, &str)]) -> Option<Clause> {
        let block: Vec<String> = fields.iter().map(|(name, v)| format!("{name} = {v}")).collect();
        let text = format!(
            "# One\n\n```module\nid = \"m\"\nversion = \"1.0.0\"\nsigners = [\"all\"]\n```\n\n\
             ```clause\nid = \"c\"\n{}\n```\n",
            block.join("\n")
        );
        let module = read("m.md", text.as_bytes()).ok()?;
        module.clauses.into_values().next().map(Arc::unwrap_or_clone)
    }

    /// Of every kind, what each field may say: there and not, and in two ways.
    #[test]
    fn every_field_of_every_kind_is_told_when_it_differs() {
        let (mut told, mut silent, mut alone) = (0, Vec::new(), Vec::new());
        for kind in clause_kinds() {
            let needed = kind.fields.iter().filter(|field| field.need == Need::Always);
            let by = kind.fields.iter().filter(|field| kind.word == "permit" && field.name == "by");
            let example = |field: &crate::shape::FieldShape| {
                let mut all = field.examples.iter();
                all.find(|example| *example != "{  }").unwrap().clone()
            };
            let base: Vec<(&str, String)> =
                needed.chain(by).map(|field| (field.name, example(field))).collect();
            for field in &kind.fields {
                let mut variants: Vec<Option<&str>> =
                    field.examples.iter().map(|example| Some(example.as_str())).collect();
                variants.push(None);
                let read: Vec<Pairs> = variants
                    .iter()
                    .filter_map(|value| {
                        let mut fields: Vec<(&str, &str)> =
                            base.iter().map(|(name, v)| (*name, v.as_str())).collect();
                        fields.retain(|(name, _)| *name != field.name);
                        // The key is what names the kind: it comes first.
                        let at = if field.name == kind.word { 0 } else { fields.len() };
                        fields.splice(at..at, value.map(|value| (field.name, value)));
                        Some(clause(&fields)?.terms.print())
                    })
                    .collect();
                let differs = read.iter().enumerate().any(|(nth, was)| {
                    read.iter().skip(nth + 1).any(|is| {
                        differing(was, is).iter().any(|differs| differs.name == field.name)
                    })
                });
                match read.windows(2).any(|pair| pair[0] != pair[1]) {
                    _ if differs => told += 1,
                    false => alone.push((kind.word, field.name)),
                    true => silent.push((kind.word, field.name)),
                }
            }
        }
        assert!(told > 150, "{told} fields");
        assert_eq!(silent, [], "of these nothing tells when they differ");
        // What must be there, and whose examples say one thing, cannot be seen to differ.
        let one = [("asset", "purposes"), ("recognise", "recognise")];
        assert_eq!(alone, [&one[..], &[("condition", "modules")]].concat());
    }
}
