//! Bodies that can decide, gates that can open, rules that ask what their act is about.

use concordat_terms::{ActName, Aspect, RuledBy, Severity};

use crate::source::Wrong;
use crate::when::Root;
use crate::{About, Clause, EvidenceNeed, Gate, Module, Rule, Terms, When};

use super::{Check, half};

type At<'a> = (&'a Module, &'a Clause);

pub(super) fn check(check: &mut Check<'_>) {
    for (at, terms) in check.each(|t| if let Terms::Body(b) = t { Some(b) } else { None }) {
        super::bodies::check(check, at, terms);
    }
    for (at, terms) in check.each(|t| if let Terms::Gate(g) = t { Some(g) } else { None }) {
        gate(check, at, terms);
    }
    for (at, terms) in check.each(|t| if let Terms::Permit(r) = t { Some(r) } else { None }) {
        act_of_rule(check, at, terms, "permit");
    }
    for (at, terms) in check.each(|t| if let Terms::Forbid(r) = t { Some(r) } else { None }) {
        act_of_rule(check, at, terms, "forbid");
    }
}

fn gate(check: &mut Check<'_>, at: At<'_>, gate: &Gate) {
    let act = gate.gate;
    if act.ruled_by() == RuledBy::Founding
        || matches!(act, ActName::ModulePropose | ActName::ModuleSign | ActName::ModuleWithdraw)
    {
        let what = format!("`{act}` is asked of no clause, so this gate is never asked either");
        check.fail(at, "gate", Wrong::new("act-without-permit", what, "remove the clause"));
    } else if act.ruled_by() == RuledBy::Clauses
        && !check.project
        && !check.permitted.contains_key(&act)
    {
        let what = format!("no permit names `{act}`, so this gate never opens");
        let hint = format!("add a clause `permit = \"{act}\"`, or remove the gate");
        check.fail(at, "gate", Wrong::new("gate-never-opens", what, hint));
    }
    let tested = gate.evidence.iter().any(|need| need.about != Some(About::Party));
    for (field, asked, aspect, word) in [
        ("kinds", !gate.kinds.is_empty(), Aspect::Run, "run"),
        ("motion", gate.motion.is_some(), Aspect::Decision, "decision of a body"),
        ("evidence[0].method", tested, Aspect::Evidence, "tested digest"),
    ] {
        if asked {
            about(check, at, act, field, aspect, word);
        }
    }
    tier(check, at, gate);
    updates(check, at, gate);
    approvals(check, at, gate);
    for (index, need) in gate.evidence.iter().enumerate() {
        if !check.permits(ActName::EvidenceSubmit, &need.by) {
            let what = format!("no permit lets `{}` file evidence", need.by);
            let hint = format!("add a clause `permit = \"evidence.submit\"` by `{}`", need.by);
            let wrong = Wrong::new("gate-never-opens", what, hint);
            check.fail(at, &format!("evidence[{index}].by"), wrong);
        }
        let prefix = format!("evidence[{index}].");
        half(check, at, need.metric.is_some(), need.at_least.is_some(), &prefix);
        tests(check, at, need, &prefix);
    }
}

/// What a gate asks of a test somebody can bring about.
fn tests(check: &mut Check<'_>, at: At<'_>, need: &EvidenceNeed, prefix: &str) {
    let accredited = need.accredited || need.lab.is_some();
    let lab = if need.accredited { "accredited" } else { "lab" };
    for (field, asked, act) in [
        ("registered", need.registered, ActName::MethodRegister),
        (lab, accredited, ActName::LabAccredit),
        ("planned", need.planned, ActName::PlanRegister),
    ] {
        let by = (act == ActName::PlanRegister).then_some(&need.by);
        let may = by.map_or(check.permitted.contains_key(&act), |seat| check.permits(act, seat));
        if asked && !may {
            let who = by.map(|seat| format!("`{seat}`")).unwrap_or_else(|| "anybody".to_owned());
            let what = format!("no permit lets {who} do `{act}`, which `{field}` waits for");
            let hint = format!("add a clause `permit = \"{act}\"`, or remove `{field}`");
            let wrong = Wrong::new("gate-never-opens", what, hint);
            check.fail(at, &format!("{prefix}{field}"), wrong);
        }
    }
    let clauses = check.agreement.recognitions().any(|own| own.terms.recognise == need.method);
    let rules = check.permitted.contains_key(&ActName::RecognitionAdopt);
    if need.recognised.is_some() && !clauses && !rules {
        let what = format!("nothing recognises results by `{}` from elsewhere", need.method);
        let hint = "add a `recognise` clause of the method, or a permit of `recognition.adopt`";
        let field = format!("{prefix}recognised");
        check.say(Severity::Note, at, &field, Wrong::new("recognises-nothing", what, hint));
    }
}

/// Only what is released is an update of something.
fn updates(check: &mut Check<'_>, at: At<'_>, gate: &Gate) {
    let released = [ActName::ReleasePropose, ActName::ReleasePromote];
    if !gate.updates.is_empty() && !released.contains(&gate.gate) {
        let what = format!("`{}` is about no update, so `updates` never fits", gate.gate);
        let hint = "remove `updates`, or stand the gate before a release";
        check.fail(at, "updates", Wrong::new("not-of-this-act", what, hint));
    }
}

/// A tier says how a body decides.
fn tier(check: &mut Check<'_>, at: At<'_>, gate: &Gate) {
    let Some(tier) = gate.tier else { return };
    if !(1..=3).contains(&tier) {
        let what = format!("there is no tier {tier}");
        check.fail(at, "tier", Wrong::new("bad-number", what, "write 1, 2 or 3"));
    } else if tier != 2 && gate.motion.is_none() {
        let what = format!("a gate of tier {tier} names no body, so the tier asks nothing");
        let hint = "add `motion`, or remove `tier`";
        check.say(Severity::Note, at, "tier", Wrong::new("tier-without-body", what, hint));
    }
}

fn approvals(check: &mut Check<'_>, at: At<'_>, gate: &Gate) {
    if !gate.approvals.is_empty() && gate.gate == ActName::ModuleEnter {
        let what = format!("`{}` takes signatures, and nobody's approval", gate.gate);
        let hint = "use `signers` of the module, or `motion` for what a body decides";
        check.fail(at, "approvals", Wrong::new("approvals-unasked", what, hint));
    }
    for (index, approval) in gate.approvals.iter().enumerate() {
        let parties = check.agreement.parties_of(&approval.seat).len();
        let wanted = approval.at_least as usize;
        if wanted == 0 || wanted > parties {
            let seat = &approval.seat;
            let what = format!("{wanted} approvals are asked of `{seat}`, which {parties} fill");
            let hint = format!("write a number from 1 to {}", parties.max(1));
            let wrong = Wrong::new("gate-never-opens", what, hint);
            check.fail(at, &format!("approvals[{index}].at_least"), wrong);
        }
        // Before any other act they are given by signing it too.
        let by_an_act = gate.gate == ActName::RunOpen;
        if by_an_act && !check.permits(ActName::RunApprove, &approval.seat) {
            let what = format!("no permit lets `{}` approve a run", approval.seat);
            let hint = format!("add a clause `permit = \"run.approve\"` by `{}`", approval.seat);
            let wrong = Wrong::new("gate-never-opens", what, hint);
            check.fail(at, &format!("approvals[{index}].seat"), wrong);
        }
    }
}

fn act_of_rule(check: &mut Check<'_>, at: At<'_>, rule: &Rule, field: &str) {
    let act = rule.act;
    if act.ruled_by() != RuledBy::Clauses {
        let what = format!("`{act}` is open to whom the log's own rules name, not to a clause");
        check.fail(at, field, Wrong::new("act-without-permit", what, "remove the clause"));
    }
    for (field, asked, aspect, word) in [
        ("kinds", !rule.kinds.is_empty(), Aspect::Run, "run"),
        ("on", !rule.on.is_empty(), Aspect::Asset, "asset"),
        ("purposes", !rule.purposes.is_empty(), Aspect::Purpose, "purpose"),
    ] {
        if asked {
            about(check, at, act, field, aspect, word);
        }
    }
    for root in rule.when.iter().flat_map(When::roots) {
        let aspect = match root {
            Root::Place => Aspect::Place,
            Root::Run => Aspect::Run,
            Root::Asset => Aspect::Asset,
            Root::Party => continue,
        };
        about(check, at, act, "when", aspect, root.word());
    }
}

/// What a clause asks of an act that has no such thing is never met: a permit would permit
/// nothing, and a forbid forbid nothing, without a word.
fn about(check: &mut Check<'_>, at: At<'_>, act: ActName, field: &str, aspect: Aspect, word: &str) {
    if !act.about().contains(&aspect) {
        let what = format!("`{act}` is about no {word}, so `{field}` never fits");
        let hint = format!("remove `{field}`, or name another act");
        check.fail(at, field, Wrong::new("not-of-this-act", what, hint));
    }
}
