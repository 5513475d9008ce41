//! Permits and forbids that speak to some request, and where they meet: asked at every point of
//! the closed space, so that what is said is so, and what is not said is not.

use std::collections::BTreeSet;

use concordat_terms::{ActName, ClauseRef, Diagnostic, RuledBy, Severity};

use crate::source::Wrong;
use crate::space::{Met, Reaching, Searches};
use crate::{Cited, Clause, Module, Reach, Rule};

use super::Check;

/// The permits that permit nothing.
pub(super) type Dead = BTreeSet<ClauseRef>;

pub(super) fn check(check: &mut Check<'_>) -> Dead {
    let mut dead = Dead::new();
    let agreement = check.agreement;
    let mut searches = Searches::of(agreement);
    let judged = ActName::JUDGED.iter().filter(|act| act.ruled_by() == RuledBy::Clauses);
    for act in judged {
        let forbids: Vec<Cited<'_, Rule>> = agreement.forbids(*act).collect();
        let others: Vec<Reaching<'_>> =
            forbids.iter().map(|forbid| (forbid.terms, Reach::Any)).collect();
        let asking = agreement.permits(*act).any(|permit| permit.terms.when.is_some());
        if forbids.is_empty() && !asking {
            continue;
        }
        let Some(space) = searches.space(*act) else { continue };
        for permit in agreement.permits(*act) {
            let met = searches.search(&space, (permit.terms, Reach::All), &others);
            if met.is_some_and(|met| self::permit(check, &permit, &forbids, &met)) {
                dead.insert(permit.clause);
            }
        }
        for forbid in forbids.iter().filter(|forbid| forbid.terms.when.is_some()) {
            let met = searches.search(&space, (forbid.terms, Reach::Any), &[]);
            if met.is_some_and(|met| met.speaks.is_none()) {
                never(check, &forbid.clause, "forbids");
            }
        }
    }
    dead
}

/// Whether a permit permits nothing, after what there is to say was said.
fn permit(
    check: &mut Check<'_>,
    permit: &Cited<'_, Rule>,
    forbids: &[Cited<'_, Rule>],
    met: &Met,
) -> bool {
    if met.speaks.is_none() {
        // What its lists alone keep from being met is told where they are read.
        if permit.terms.when.is_some() {
            never(check, &permit.clause, "permits");
        }
        return true;
    }
    let meeting = forbids.iter().zip(&met.with);
    let meeting: Vec<(&ClauseRef, &String)> =
        meeting.filter_map(|(forbid, with)| Some((&forbid.clause, with.as_ref()?))).collect();
    if met.alone {
        for (forbid, witness) in meeting {
            let what = format!("`{forbid}` forbids a part of this: {witness}");
            let hint = "nothing, if that was meant; else narrow one of the two";
            let wrong = Wrong::new("permit-narrowed", what, hint);
            say(check, &permit.clause, Severity::Note, "permit", wrong);
        }
        return false;
    }
    let names: Vec<String> = meeting.iter().map(|(forbid, _)| format!("`{forbid}`")).collect();
    let witness = meeting.first().map(|(_, witness)| witness.as_str()).unwrap_or_default();
    let what = match names.as_slice() {
        [only] => format!("{only} forbids everything this permits, such as {witness}"),
        all => format!("{} forbid everything this permits, such as {witness}", all.join(" and ")),
    };
    let hint = "narrow a forbid, or remove the permit";
    let wrong = Wrong::new("dead-permit", what, hint);
    say(check, &permit.clause, Severity::Warning, "permit", wrong);
    true
}

fn never(check: &mut Check<'_>, clause: &ClauseRef, does: &str) {
    let what = format!("this condition never holds, so the clause {does} nothing");
    let hint = "compare it with the parties, assets and purposes that the clause names";
    say(check, clause, Severity::Warning, "when", Wrong::new("never-holds", what, hint));
}

fn say(check: &mut Check<'_>, clause: &ClauseRef, severity: Severity, field: &str, wrong: Wrong) {
    let agreement = check.agreement;
    let at = agreement.modules().get(&clause.module).and_then(|module: &Module| {
        let found: Option<&Clause> = module.clauses.get(&clause.clause).map(AsRef::as_ref);
        Some((module, found?))
    });
    let Some((module, found)) = at else { return };
    // A name that is not there is said already.
    let place = found.places.get(field).unwrap_or(&found.span);
    let failed = |found: &Diagnostic| found.severity == Severity::Error && found.span == *place;
    if !check.found.kept().iter().any(failed) {
        check.say(severity, (module, found), field, wrong);
    }
}
