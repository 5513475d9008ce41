//! Clauses of a project that its frame makes void: asked at every point of the closed space, so that
//! what is said is so.

use concordat_terms::{ActName, ClauseRef, Diagnostic, Severity};

use crate::source::Wrong;
use crate::{Agreement, Cited, Gate, Rule, Terms};

use super::Answer;
use super::answers::{Side, between};

/// The clauses of a project that change nothing beside its frame: permits of what the frame refuses,
/// forbids of it, gates before it or that ask for no more than the frame does. `narrowed` is both
/// together, as [`crate::narrow`] makes it. An act that a power of the frame opens is left out,
/// because what a power covers is told by the log.
pub fn void(narrowed: &Agreement) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let modules = narrowed.modules().values().filter(|module| module.project.is_some());
    for module in modules {
        for clause in module.clauses.values() {
            let cited = ClauseRef::new(&module.id, &clause.id);
            let why = match &clause.terms {
                Terms::Permit(rule) => permit(narrowed, Cited { clause: cited, terms: rule }),
                Terms::Forbid(rule) => forbid(narrowed, Cited { clause: cited, terms: rule }),
                Terms::Gate(terms) => gate(narrowed, Cited { clause: cited, terms }),
                _ => None,
            };
            if let Some(why) = why {
                let what = format!("the frame makes this clause void: {why}");
                let hint = "compare it with the frame's clauses about the act, or remove it";
                let kind = clause.terms.kind();
                let span = clause.places.get(kind).unwrap_or(&clause.span);
                let wrong = Wrong::new("void-under-frame", what, hint);
                found.push(module.finding(Severity::Warning, span, wrong));
            }
        }
    }
    found.sort();
    found
}

/// What the frame alone says about an act; `None` where a power of it may open the act.
fn frame(narrowed: &Agreement, act: ActName) -> Option<Side<'_>> {
    if narrowed.powers(act).next().is_some() {
        return None;
    }
    let of_frame = |clause: &ClauseRef| {
        narrowed.modules().get(&clause.module).is_some_and(|module| module.project.is_none())
    };
    let mut side = Side::of(narrowed, act);
    side.forbids.retain(|forbid| of_frame(&forbid.clause));
    side.gates.retain(|gate| of_frame(&gate.clause));
    side.narrowing = None;
    Some(side)
}

fn nobody(side: &Side<'_>, act: ActName) -> Option<String> {
    side.permits.is_empty().then(|| format!("no permit of the frame names `{act}`"))
}

/// It is void if the frame refuses whatever it would let through.
fn permit<'a>(narrowed: &'a Agreement, rule: Cited<'a, Rule>) -> Option<String> {
    let act = rule.terms.act;
    let frame = frame(narrowed, act)?;
    if let Some(why) = nobody(&frame, act) {
        return Some(why);
    }
    let nothing = Side { narrowing: Some(Vec::new()), ..frame.clone() };
    let only = Side { narrowing: Some(vec![rule.clone()]), ..frame.clone() };
    if !between(&nothing, &only, act).is_empty() {
        return None;
    }

    // Why: what it says by itself, and what the frame's forbids leave of that.
    let bare =
        Side { permits: Vec::new(), forbids: Vec::new(), gates: Vec::new(), ..frame.clone() };
    let own = Side { permits: vec![rule.clone()], ..bare.clone() };
    if between(&bare, &own, act).is_empty() {
        return Some("there is no request to which it speaks".to_owned());
    }
    let left = Side { forbids: frame.forbids, ..own.clone() };
    if !between(&bare, &left, act).is_empty() {
        return Some(format!("no permit of the frame lets any of it be done (`{act}`)"));
    }
    let struck = between(&own, &left, act);
    let mut by: Vec<ClauseRef> = struck
        .into_iter()
        .filter_map(|change| if let Answer::Refused { by } = change.is { Some(by) } else { None })
        .flatten()
        .collect();
    by.sort();
    by.dedup();
    let named: Vec<String> = by.iter().map(|clause| format!("`{clause}`")).collect();
    Some(format!("all of it is forbidden by {}", named.join(" and ")))
}

/// It is void if the frame refuses all of what it forbids.
fn forbid<'a>(narrowed: &'a Agreement, rule: Cited<'a, Rule>) -> Option<String> {
    let act = rule.terms.act;
    let frame = frame(narrowed, act)?;
    let mut with = frame.clone();
    with.forbids.push(rule);
    let void = between(&frame, &with, act).is_empty();
    void.then(|| nobody(&frame, act).unwrap_or_else(|| "the frame permits none of it".to_owned()))
}

/// It is void if nothing that the frame permits meets it, or the frame asks for as much already.
fn gate<'a>(narrowed: &'a Agreement, gate: Cited<'a, Gate>) -> Option<String> {
    let act = gate.terms.gate;
    let frame = frame(narrowed, act)?;
    let mut with = frame.clone();
    with.gates.push(gate);
    let void = between(&frame, &with, act).is_empty();
    void.then(|| {
        let asked = "the frame asks for as much before all that it permits";
        nobody(&frame, act).unwrap_or_else(|| asked.to_owned())
    })
}
