//! Powers that their holder can never use, as far as the agreement alone tells.

use std::collections::BTreeSet;

use concordat_terms::{ActName, Aspect, BodyId, PartyId, Severity};

use crate::amendment::leaves_a_field;
use crate::source::Wrong;
use crate::{Clause, Module, Power, Terms};

use super::Check;

type At<'a> = (&'a Module, &'a Clause);

pub(super) fn check(check: &mut Check<'_>) {
    for (at, power) in check.each(|t| if let Terms::Power(p) = t { Some(p) } else { None }) {
        decided(check, at, power);
        if power.power == ActName::ModuleEnter {
            leaves(check, at, power);
        }
    }
}

/// What cannot be undone a body decides first: its motion is carried out by a party of the holder.
/// What can be undone it ratifies afterwards, and a body that nobody may ask is told elsewhere.
fn decided(check: &mut Check<'_>, at: At<'_>, power: &Power) {
    let Some(body) = power.ratified_by.as_ref().filter(|_| !power.power.can_be_undone()) else {
        return;
    };
    let (what, hint) = if !power.power.about().contains(&Aspect::Decision) {
        let what = format!("no motion decides `{}`, and `{body}` is to ratify it", power.power);
        (what, "remove `ratified_by` and `within`, or ask for approvals in a gate".to_owned())
    } else if let Some(unheard) = nobody_carries_out(check, power, body) {
        unheard
    } else {
        return;
    };
    let wrong = Wrong::new("power-never-used", what, hint);
    check.say(Severity::Warning, at, "ratified_by", wrong);
}

/// Why no party of the holder carries out what the body ratifies; `None` if one does.
fn nobody_carries_out(check: &Check<'_>, power: &Power, body: &BodyId) -> Option<(String, String)> {
    let agreement = check.agreement;
    // A body or a seat that is not there is told where it is named.
    agreement.body(body)?;
    let holders = agreement.parties_of(&power.holder);
    let carriers = check.permitted.get(&ActName::MotionExecute)?;
    let can: BTreeSet<PartyId> =
        carriers.iter().flat_map(|s| agreement.parties_of(s)).cloned().collect();
    if holders.is_empty() || can.is_empty() || !holders.is_disjoint(&can) {
        return None;
    }
    let seats: Vec<String> = carriers.iter().map(|seat| format!("`{seat}`")).collect();
    let what = format!(
        "`{}` can never do this: `{body}` decides it first, and no party of `{}` may carry a motion out",
        power.holder, power.holder
    );
    let hint = format!("let it, with `permit = \"motion.execute\"`, beside {}", seats.join(", "));
    Some((what, hint))
}

/// A clause of which no field can be left to others, or whose module the power does not name, is
/// amended with everybody's signatures whatever the power says.
fn leaves(check: &mut Check<'_>, at: At<'_>, power: &Power) {
    for name in &power.clauses {
        let cited = name.cited(&at.0.id);
        // A clause that is not there is told where it is named.
        let Some(clause) = check.agreement.clause(&cited) else { continue };
        let (what, hint) = if !leaves_a_field(&clause.terms) {
            let kind = clause.terms.kind();
            let what = format!("no field of `{cited}` can be left to `{}`", power.holder);
            let hint = format!(
                "take it out and let the prose say that all sign: a clause of kind `{kind}` has no length, threshold, ceiling or condition to leave"
            );
            (what, hint)
        } else if !power.over.is_empty() && !power.over.contains(&cited.module) {
            let what = format!("`{cited}` is listed, and `over` does not name its module");
            (what, format!("add `{}` to `over`, or take the clause out", cited.module))
        } else {
            continue;
        };
        let wrong = Wrong::new("power-leaves-nothing", what, hint);
        check.say(Severity::Warning, at, "clauses", wrong);
    }
}
