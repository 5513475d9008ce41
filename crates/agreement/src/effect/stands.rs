//! How modules and clauses stand or fall: what suspensions, ends and rulings did, and what clauses
//! say about the day on which one of them fails.

use std::collections::BTreeSet;

use concordat_terms::{ClauseId, ClauseRef, ModuleId};
use serde::Serialize;

use crate::shape::Table as _;
use crate::{Agreement, Clause, Module, Silence};

use super::clauses::{Field, Names, Pairs, differing, is_rule};

/// A module or a clause that stands or falls otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StandChange {
    /// The module.
    pub module: ModuleId,
    /// The clause; none where it is the module itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clause: Option<ClauseId>,
    /// What differs: of a module `standing`, `level`, `signers`, `needs` and `timezone`; of a clause
    /// `standing`, `effect`, `if_invalid`, `replaced_by`, `dependants`, `survives` and `laws`.
    pub fields: Vec<Field>,
    /// Whom and what the clause names; of a module nobody, so that it concerns everybody.
    #[serde(skip)]
    pub(super) names: Names,
    /// Whether it was there before, and is after.
    #[serde(skip)]
    there: (bool, bool),
}

impl StandChange {
    /// Whether it was not there before.
    pub fn is_new(&self) -> bool {
        !self.there.0
    }

    /// Whether it is no longer there.
    pub fn is_gone(&self) -> bool {
        !self.there.1
    }
}

pub(super) fn changes(old: &Agreement, new: &Agreement) -> Vec<StandChange> {
    let mut found = Vec::new();
    let ids: BTreeSet<&ModuleId> = old.modules().keys().chain(new.modules().keys()).collect();
    for id in ids {
        let of = |agreement: &Agreement| {
            agreement.modules().get(id).map(|module| module_fields(agreement, module))
        };
        let (was, is) = (of(old), of(new));
        let there = (was.is_some(), is.is_some());
        let fields = differing(&was.unwrap_or_default(), &is.unwrap_or_default());
        if !fields.is_empty() {
            let (module, names) = (id.clone(), Names::default());
            found.push(StandChange { module, clause: None, fields, names, there });
        }
        let clauses = |agreement: &Agreement| -> BTreeSet<ClauseId> {
            agreement
                .modules()
                .get(id)
                .map(|m| m.clauses.keys().cloned().collect())
                .unwrap_or_default()
        };
        for clause in clauses(old).union(&clauses(new)) {
            found.extend(clause_change(old, new, &ClauseRef::new(id, clause)));
        }
    }
    found
}

fn module_fields(agreement: &Agreement, module: &Module) -> Pairs {
    let standing = if agreement.is_ended(&module.id) {
        "ended"
    } else if agreement.is_suspended(&module.id) {
        "suspended"
    } else {
        "in force"
    };
    let needs = module.needs.iter().map(|(id, range)| format!("{id} {range}"));
    let mut pairs = vec![
        ("standing", standing.to_owned()),
        ("level", module.level.as_str().to_owned()),
        ("signers", module.signers.join(", ")),
        ("needs", needs.collect::<Vec<_>>().join(", ")),
    ];
    pairs.retain(|(_, value)| !value.is_empty());
    pairs.extend(module.timezone.clone().map(|zone| ("timezone", zone)));
    pairs
}

/// Of a clause that was and is, and of a rule that is new or gone: any other tells it with the rest.
fn clause_change(old: &Agreement, new: &Agreement, cited: &ClauseRef) -> Option<StandChange> {
    let (was, is) = (old.clause(cited), new.clause(cited));
    let both = was.is_some() && is.is_some();
    if !both && !was.or(is).is_some_and(is_rule) {
        return None;
    }
    let of = |agreement: &Agreement, clause: Option<&Clause>| {
        let mut pairs = Pairs::new();
        if let Some(clause) = clause {
            // What its module's standing silences is told of the module.
            let own = |silence: &Silence| matches!(silence, Silence::Invalid | Silence::Dormant);
            let silence = agreement.silence(cited).filter(own);
            pairs.extend(silence.map(|silence| ("standing", silence.told().to_owned())));
            clause.standing.put("", &mut pairs);
        }
        pairs
    };
    let fields = differing(&of(old, was), &of(new, is));
    let names = Names::of([was, is].into_iter().flatten());
    let (module, clause) = (cited.module.clone(), Some(cited.clause.clone()));
    let there = (was.is_some(), is.is_some());
    (!fields.is_empty()).then_some(StandChange { module, clause, fields, names, there })
}
