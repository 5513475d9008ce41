//! Amendments that an earlier signed clause leaves to a seat, or to a body.

use std::collections::BTreeSet;

use concordat_terms::{ActName, BodyId, ClauseRef, PartyId};

use super::Touched;
use crate::{Agreement, Event, Module, Power, Terms};

/// The power by which a party may bring an amendment into force without anybody else's signature:
/// one over `module.enter` that lists every clause of which a field changes, where nothing else
/// does, kinds and standings stay, and none of the clauses says who decides.
pub fn delegated(
    old: &Agreement,
    module: &Module,
    party: Option<&PartyId>,
    via: Option<&BodyId>,
) -> Option<ClauseRef> {
    let new = old.clone().with(module.clone());
    let Touched::Fields(touched) = Touched::between(old, &new, &module.id) else { return None };
    if touched.is_empty() || !touched.iter().all(|clause| may_be_left(old, &new, clause)) {
        return None;
    }
    let mut powers = old.powers(ActName::ModuleEnter).filter(|p| old.silence(&p.clause).is_none());
    let leaves = |clause: &ClauseRef, power: &Power| {
        let named: BTreeSet<ClauseRef> =
            power.clauses.iter().map(|name| name.cited(&clause.module)).collect();
        party.is_some_and(|party| old.parties_of(&power.holder).contains(party))
            && (power.over.is_empty() || power.over.contains(&module.id))
            && power.on.is_empty()
            && matches!(power.after, None | Some(Event::InForce))
            && power.ratified_by.as_ref().is_none_or(|body| via == Some(body))
            && touched.is_subset(&named)
    };
    powers.find(|power| leaves(&power.clause, power.terms)).map(|power| power.clause)
}

/// Whether a change of a clause can be left to others: it stays of its kind, and is not about who
/// takes part, who decides, or who may do what alone.
fn may_be_left(old: &Agreement, new: &Agreement, clause: &ClauseRef) -> bool {
    let (Some(was), Some(is)) = (old.clause(clause), new.clause(clause)) else { return false };
    let decides = matches!(
        was.terms,
        Terms::Power(_)
            | Terms::Body(_)
            | Terms::Seat(_)
            | Terms::Party(_)
            | Terms::Witnesses(_)
            | Terms::Instrument(_)
    );
    !decides && was.terms.kind() == is.terms.kind() && was.standing == is.standing
}
