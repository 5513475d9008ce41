//! Amendments that an earlier signed clause leaves to a seat, or to a body.

use std::collections::BTreeSet;

use concordat_terms::{ActName, BodyId, ClauseRef, PartyId};
use semver::Version;
use serde::Serialize;

use super::Touched;
use crate::{Agreement, Cited, Clause, Event, Module, Power, Terms};

/// A power that lets an amendment into force without anybody else's signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Delegation {
    /// The power.
    pub clause: ClauseRef,
    /// Who holds it: the parties of its seat. The one that brings the amendment in signs it.
    pub holders: BTreeSet<PartyId>,
    /// The body whose decision it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_decision_of: Option<BodyId>,
}

/// The power by which a party may bring an amendment into force without anybody else's signature:
/// one over `module.enter` that lists every clause of which a field changes, where nothing else
/// does, kinds and standings stay, and none of the clauses says who decides.
pub fn delegated(
    old: &Agreement,
    module: &Module,
    party: Option<&PartyId>,
    via: Option<&BodyId>,
) -> Option<ClauseRef> {
    let may = |delegation: &Delegation| {
        party.is_some_and(|party| delegation.holders.contains(party))
            && delegation.by_decision_of.as_ref().is_none_or(|body| via == Some(body))
    };
    delegations(old, module).into_iter().find(may).map(|delegation| delegation.clause)
}

/// The powers that leave something of a module as it stands to their holders: those over
/// `module.enter` that list a clause of it which has a field that can be left.
pub fn leaving<'a>(agreement: &'a Agreement, module: &'a Module) -> Vec<Cited<'a, Power>> {
    let lists = |at: &Cited<'_, Power>| {
        let named = at.terms.clauses.iter().map(|name| name.cited(&at.clause.module));
        named.filter(|clause| clause.module == module.id).any(|clause| {
            module.clauses.get(&clause.clause).is_some_and(|clause| leaves_a_field(&clause.terms))
        })
    };
    let powers = agreement.powers(ActName::ModuleEnter).filter(|at| speaks(at.terms, module));
    if module.project.is_some() { Vec::new() } else { powers.filter(lists).collect() }
}

/// Whether a power over `module.enter` is one over this module, and there is one now.
fn speaks(power: &Power, module: &Module) -> bool {
    (power.over.is_empty() || power.over.contains(&module.id))
        && power.on.is_empty()
        && matches!(power.after, None | Some(Event::InForce))
}

/// Every power that lets an amendment of one module into force so.
pub fn delegations(old: &Agreement, module: &Module) -> Vec<Delegation> {
    // The cheap questions first: whoever proposes a text has this asked.
    let powers = old.powers(ActName::ModuleEnter).filter(|power| speaks(power.terms, module));
    let powers = powers.filter(|power| old.silence(&power.clause).is_none()).collect::<Vec<_>>();
    if powers.is_empty() {
        return Vec::new();
    }
    let Some(touched) = left(old, module) else { return Vec::new() };
    let leaves = |clause: &ClauseRef, power: &Power| {
        let named: BTreeSet<ClauseRef> =
            power.clauses.iter().map(|name| name.cited(&clause.module)).collect();
        touched.is_subset(&named)
    };
    let found =
        powers.into_iter().filter(|power| leaves(&power.clause, power.terms)).map(|power| {
            Delegation {
                clause: power.clause,
                holders: old.parties_of(&power.terms.holder).clone(),
                by_decision_of: power.terms.ratified_by.clone(),
            }
        });
    found.collect()
}

/// The clauses that an amendment changes, if it changes nothing that cannot be left to others.
fn left(old: &Agreement, module: &Module) -> Option<BTreeSet<ClauseRef>> {
    // One step at a time: a version far away would keep every other amendment out.
    let was = &old.modules().get(&module.id)?.version;
    let next = Version::new(was.major, was.minor, was.patch.checked_add(1)?);
    if module.version != next {
        return None;
    }
    let new = old.clone().with(module.clone());
    let Touched::Fields(touched) = Touched::between(old, &new, &module.id) else { return None };
    let fits = !touched.is_empty() && touched.iter().all(|clause| may_be_left(old, &new, clause));
    fits.then_some(touched)
}

/// The fields that can be left to others: how long, how much, under which condition. Who, to whom,
/// on what and what for cannot.
const LEFT: &[&str] =
    &["when", "cure", "window", "above", "below", "at_least", "ceiling", "alert_at"];

/// Whether a clause of this kind has a field that can be left to others.
pub(crate) fn leaves_a_field(terms: &Terms) -> bool {
    terms.fields().iter().any(|field| LEFT.contains(&field.name))
}

/// Whether a change of a clause can be left to others: it stays of its kind and standing, was not
/// found invalid, and differs in fields that can be left.
fn may_be_left(old: &Agreement, new: &Agreement, clause: &ClauseRef) -> bool {
    let (Some(was), Some(is)) = (old.clause(clause), new.clause(clause)) else { return false };
    let kept = |clause: &Clause| {
        let fields = clause.terms.print().into_iter();
        fields.filter(|(name, _)| !LEFT.contains(name)).collect::<Vec<_>>()
    };
    was.terms.kind() == is.terms.kind()
        && was.standing == is.standing
        && old.silence(clause).is_none()
        && kept(was) == kept(is)
}
