//! What can be done at all: acts somebody holds, refusals somebody hears, purposes somebody may
//! pursue, tiers that can come up.

use std::collections::BTreeSet;

use concordat_terms::{ActName, Aspect, Severity};

use crate::source::Wrong;
use crate::{AsText, AssetKind, Clause, Gate, Module, Rule, Terms};

use super::Check;
use super::speak::Dead;

type At<'a> = (&'a Module, &'a Clause);

pub(super) fn check(check: &mut Check<'_>, dead: &Dead) {
    holders(check);
    escalation(check);
    purposes(check, dead);
    not_acted_on(check);
    for (at, terms) in check.each(|t| if let Terms::Gate(g) = t { Some(g) } else { None }) {
        tier(check, at, terms);
    }
}

/// Acts that belong together: who holds one of a group and nobody the next gets stuck half-way.
const CHAINS: &[&[ActName]] = &[
    &[ActName::DatasetRegister, ActName::DatasetWithdraw],
    &[ActName::CodeApprove, ActName::CodeRevoke],
    &[ActName::ProjectCharter, ActName::ProjectOpen, ActName::ProjectEnd],
    &[
        ActName::RunPropose,
        ActName::RunOpen,
        ActName::RunJoin,
        ActName::RunClose,
        ActName::RunAbort,
    ],
    &[ActName::ReleasePropose, ActName::ReleasePromote],
];

/// An act without a holder, where the acts before or after it have one.
fn holders(check: &mut Check<'_>) {
    for chain in CHAINS {
        let held = |act: &&ActName| check.permitted.contains_key(*act);
        let Some(first) = chain.iter().find(held) else { continue };
        let without: Vec<ActName> = chain.iter().filter(|act| !held(act)).copied().collect();
        let permit = check.agreement.permits(*first).next().map(|permit| permit.clause);
        let Some((module, clause)) = permit.and_then(|cited| {
            let module = check.agreement.modules().get(&cited.module)?;
            Some((module, &**module.clauses.get(&cited.clause)?))
        }) else {
            continue;
        };
        let Some(next) = without.first() else { continue };
        let acts: Vec<String> = without.iter().map(|act| format!("`{act}`")).collect();
        let what =
            format!("`{first}` is permitted, and nobody holds the right to {}", acts.join(", "));
        let hint = format!("add a clause `permit = \"{next}\"`");
        let wrong = Wrong::new("act-without-holder", what, hint);
        check.say(Severity::Warning, (module, clause), "permit", wrong);
    }
}

/// Somebody must hear whoever objects to a refusal.
fn escalation(check: &mut Check<'_>) {
    let mut instruments =
        check.each(|t| if let Terms::Instrument(i) = t { Some(i) } else { None }).into_iter();
    if instruments.any(|(_, instrument)| instrument.escalates_to.is_some()) {
        return;
    }
    let gates = check.each(|t| if let Terms::Gate(g) = t { Some(g) } else { None });
    let unheard: Vec<_> = gates.iter().filter(|(_, gate)| gate.escalates_to.is_none()).collect();
    let Some((at, _)) = unheard.first() else { return };
    let acts: BTreeSet<String> =
        unheard.iter().map(|(_, gate)| format!("`{}`", gate.gate)).collect();
    let acts: Vec<String> = acts.into_iter().collect();
    let what = format!("nobody decides when a seat objects to a refusal of {}", acts.join(", "));
    let hint = "add `escalates_to` to the instrument, or to each gate";
    check.say(Severity::Warning, *at, "gate", Wrong::new("no-escalation", what, hint));
}

/// What these rules leave to the parties.
fn not_acted_on(check: &mut Check<'_>) {
    let agreement = check.agreement;
    for at in agreement.clauses() {
        if let Some(why @ AsText::Kind(_)) = at.1.as_text() {
            let hint = "rely on the parties for it, as on a paragraph of text";
            let wrong = Wrong::new("not-acted-on", why.to_string(), hint);
            check.say(Severity::Note, at, "id", wrong);
        }
    }
}

/// What pursues a purpose without a run.
const TESTS: &[ActName] =
    &[ActName::EvidenceSubmit, ActName::ReleasePropose, ActName::ReleasePromote];

/// A purpose that an asset may be put to, and that no permit lets anybody pursue.
fn purposes(check: &mut Check<'_>, dead: &Dead) {
    let pursued = |acts: &[ActName]| -> Vec<(&Rule, bool)> {
        let permits = acts.iter().flat_map(|act| check.agreement.permits(*act));
        permits.map(|permit| (permit.terms, dead.contains(&permit.clause))).collect()
    };
    let runs: Vec<ActName> =
        ActName::JUDGED.iter().copied().filter(|act| act.about().contains(&Aspect::Run)).collect();
    let (in_runs, in_tests) = (pursued(&runs), pursued(TESTS));
    for (at, asset) in check.each(|t| if let Terms::Asset(a) = t { Some(a) } else { None }) {
        for (index, purpose) in asset.purposes.iter().enumerate() {
            // A model is put to a purpose by testing and releasing it, too; rows only by runs.
            let tests = in_tests.iter().filter(|_| asset.kind != AssetKind::Dataset);
            let usable = in_runs.iter().chain(tests).any(|(rule, dead)| {
                let named = rule.purposes.is_empty() || rule.purposes.contains(purpose);
                let id = rule.on.iter().any(|on| on.as_str() == at.1.id.as_str());
                !dead && named && (rule.on.is_empty() || id)
            });
            if !usable {
                let what = format!("no permit lets anybody use `{}` for `{purpose}`", at.1.id);
                let hint = "add a permit for it, or remove the purpose from the asset";
                let wrong = Wrong::new("purpose-never-usable", what, hint);
                check.say(Severity::Warning, at, &format!("purposes[{index}]"), wrong);
            }
        }
    }
}

/// A tier is reached when a permit lets an act of its kind be asked for.
fn tier(check: &mut Check<'_>, at: At<'_>, gate: &Gate) {
    let Some(tier) = gate.tier else { return };
    if !(1..=3).contains(&tier) {
        let what = format!("there is no tier {tier}");
        check.fail(at, "tier", Wrong::new("bad-number", what, "write 1, 2 or 3"));
    }
    let permitted: Vec<&Rule> = check.agreement.permits(gate.gate).map(|p| p.terms).collect();
    let reached = gate.kinds.is_empty()
        || permitted.is_empty()
        || permitted.iter().any(|rule| {
            rule.kinds.is_empty() || rule.kinds.iter().any(|kind| gate.kinds.contains(kind))
        });
    if !reached {
        let what =
            format!("tier {tier} never comes up: no permit lets `{}` be of this kind", gate.gate);
        let hint = "permit a run of one of its `kinds`, or remove the gate";
        check.say(Severity::Warning, at, "tier", Wrong::new("tier-unreachable", what, hint));
    }
}
