//! Whatever a step names is in the agreement, and the days of scenarios are in order.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{ActName, ClauseId, Diagnostic, ModuleId, Severity, Span, Timestamp};

use crate::limits::{AGREEMENT_STEPS_MAX, SCENARIOS_MAX};
use crate::nearest::suggest;
use crate::source::Wrong;
use crate::{Agreement, ClauseName, Module, Terms};

use super::{Claim, Deed, Expected, Given, Scenario};

/// A seat that no clause makes: every party is a signatory.
const SIGNATORY: &str = "signatory";

/// What is wrong with the scenarios of an agreement, as far as it can be told without running
/// them; all of it errors.
///
/// Kept apart from [`crate::assemble()`]: scenarios speak of the whole agreement, and its modules
/// may enter into force in several steps. Where modules of a project stand beside their frame, theirs
/// are meant, and not the frame's.
pub fn scenario_findings(agreement: &Agreement) -> Vec<Diagnostic> {
    if let Some(beyond) = too_many(agreement) {
        return vec![beyond];
    }
    let (stories, known) = (Stories::of(agreement), Known::of(agreement));
    let mut check = Check { agreement, found: Vec::new() };
    let mut ends = BTreeMap::new();
    for module in agreement.innermost() {
        check.found.extend(module.astray.iter().cloned());
        for scenario in &module.scenarios {
            days(&mut check, &stories, &mut ends, (module, scenario));
            for deed in scenario.steps.iter().filter_map(|step| step.deed.as_ref()) {
                names(&mut check, &known, module, deed);
            }
            for claim in scenario.steps.iter().filter_map(|step| step.claim.as_ref()) {
                claims(&mut check, &known, module, claim);
            }
        }
    }
    check.found.sort();
    check.found
}

/// The first scenario that is more than an agreement has, or with which its steps are: each is a
/// partnership of its own while it runs.
fn too_many(agreement: &Agreement) -> Option<Diagnostic> {
    let (mut count, mut steps) = (0, 0);
    for module in agreement.innermost() {
        for scenario in &module.scenarios {
            count += 1;
            steps += scenario.steps.len();
            let beyond = [
                ("scenarios", count, SCENARIOS_MAX),
                ("steps in its scenarios", steps, AGREEMENT_STEPS_MAX),
            ];
            if let Some((of, _, most)) = beyond.into_iter().find(|(_, have, most)| have > most) {
                let what = format!("the agreement has more than {most} {of}");
                return Some(module.error_at(
                    &scenario.span,
                    "too-many-scenarios",
                    what,
                    "tell fewer cases",
                ));
            }
        }
    }
    None
}

/// The findings about scenarios, as they come in.
struct Check<'a> {
    agreement: &'a Agreement,
    found: Vec<Diagnostic>,
}

/// A scenario with its module.
type At<'a> = (&'a Module, &'a Scenario);

/// Every scenario by its module and name.
struct Stories<'a>(BTreeMap<(&'a str, &'a str), At<'a>>);

impl<'a> Stories<'a> {
    fn of(agreement: &'a Agreement) -> Self {
        let each = agreement.modules.values().flat_map(|module| {
            let named = move |s: &'a Scenario| ((module.id.as_str(), s.name.as_str()), (module, s));
            module.scenarios.iter().map(named)
        });
        Self(each.collect())
    }

    /// The scenario that this one goes on from, by name or by module and name.
    fn before(&self, (module, scenario): At<'a>) -> Option<At<'a>> {
        let after = scenario.after.as_deref()?;
        let own = self.0.get(&(module.id.as_str(), after));
        own.or_else(|| self.0.get(&after.split_once('/')?)).copied()
    }

    /// When a scenario ends, its own steps included; an error, if it goes on from itself.
    fn end(
        &self,
        scenario: At<'a>,
        known: &mut BTreeMap<(&'a str, &'a str), Option<Timestamp>>,
    ) -> Result<Option<Timestamp>, ()> {
        let key = |(module, scenario): At<'a>| (module.id.as_str(), scenario.name.as_str());
        let (mut path, mut seen) = (Vec::new(), BTreeSet::new());
        let mut next = Some(scenario);
        let mut now = None;
        while let Some(at) = next {
            if let Some(end) = known.get(&key(at)) {
                now = *end;
                break;
            }
            if !seen.insert(key(at)) {
                return Err(());
            }
            path.push(at);
            next = self.before(at);
        }
        for at in path.into_iter().rev() {
            now = at.1.steps.iter().fold(now, |now, step| step.moment.from(now));
            known.insert(key(at), now);
        }
        Ok(now)
    }
}

/// Every step has a time, and none is before the step above it.
fn days<'a>(
    check: &mut Check<'a>,
    stories: &Stories<'a>,
    ends: &mut BTreeMap<(&'a str, &'a str), Option<Timestamp>>,
    at: At<'a>,
) {
    let (module, scenario) = at;
    let mut now = None;
    if let Some(after) = &scenario.after {
        let wrong = match stories.before(at).map(|before| stories.end(before, ends)) {
            // It may be one of those that could not be read, about which enough is said.
            None if check.agreement.modules.values().any(|m| !m.astray.is_empty()) => return,
            None => {
                let what = format!("there is no scenario `{after}`");
                Wrong::new("unknown-reference", what, meant(check.agreement, at, after))
            }
            Some(Err(())) => Wrong::new(
                "scenario-circle",
                "the scenario goes on from itself",
                "begin one of the circle without `after`",
            ),
            Some(Ok(end)) => {
                now = end;
                return order(check, module, scenario, now);
            }
        };
        let span = scenario.after_at.as_ref().unwrap_or(&scenario.span);
        return fail(check, module, span, wrong);
    }
    order(check, module, scenario, now);
}

/// Which scenario may be meant: that of this name in another module, or the nearest.
fn meant(agreement: &Agreement, (module, scenario): At<'_>, after: &str) -> String {
    let all = || {
        let each =
            agreement.modules.values().map(|home| home.scenarios.iter().map(move |s| (home, s)));
        each.flatten().map(|(home, s)| (format!("{}/{}", home.id, s.name), s.name.as_str()))
    };
    let bare = after.split_once('/').map_or(after, |(_, name)| name);
    if let Some((whole, _)) = all().find(|(_, name)| *name == bare) {
        return format!("did you mean `{whole}`?");
    }
    if after.contains('/') {
        let wholes: Vec<String> = all().map(|(whole, _)| whole).collect();
        return suggest(after, wholes.iter().map(String::as_str));
    }
    let names = module.scenarios.iter().map(|s| s.name.as_str());
    let names: Vec<&str> = names.filter(|name| *name != scenario.name).collect();
    suggest(after, names)
}

fn order(check: &mut Check<'_>, module: &Module, scenario: &Scenario, begins: Option<Timestamp>) {
    let mut now = begins;
    for step in &scenario.steps {
        let wrong = match (now, step.moment.from(now)) {
            (_, None) => Wrong::new(
                "step-without-a-day",
                "the first step of a scenario has a day",
                "begin it with one, like `2027-01-11`",
            ),
            (Some(before), Some(time)) if time < before => Wrong::new(
                "steps-out-of-order",
                format!("this is at {time}, and the step before it at {before}"),
                "put the steps in the order of their days",
            ),
            (_, Some(time)) => {
                now = Some(time);
                continue;
            }
        };
        return fail(check, module, &step.span, wrong);
    }
}

fn fail(check: &mut Check<'_>, module: &Module, at: &Span, wrong: Wrong) {
    check.found.push(module.finding(Severity::Error, at, wrong));
}

/// What steps may name.
struct Known<'a> {
    seats: BTreeSet<&'a str>,
    parties: BTreeSet<&'a str>,
    assets: BTreeSet<&'a str>,
    purposes: BTreeSet<&'a str>,
    bodies: BTreeSet<&'a str>,
    modules: BTreeSet<&'a str>,
    metrics: BTreeSet<&'a str>,
}

impl<'a> Known<'a> {
    fn of(agreement: &'a Agreement) -> Self {
        let ids = |kind: fn(&Terms) -> bool| -> BTreeSet<&'a str> {
            let named = agreement.clauses().filter(move |(_, clause)| kind(&clause.terms));
            named.map(|(_, clause)| clause.id.as_str()).collect()
        };
        let mut seats = ids(|t| matches!(t, Terms::Seat(_)));
        seats.insert(SIGNATORY);
        let needs = agreement.clauses().filter_map(|(_, clause)| match &clause.terms {
            Terms::Gate(gate) => Some(&gate.evidence),
            _ => None,
        });
        let reported = agreement.duties().flat_map(|duty| &duty.terms.reports);
        let metrics = needs.flatten().filter_map(|need| need.metric.as_ref()).chain(reported);
        Self {
            seats,
            parties: ids(|t| matches!(t, Terms::Party(_))),
            assets: ids(|t| matches!(t, Terms::Asset(_))),
            purposes: ids(|t| matches!(t, Terms::Purpose(_))),
            bodies: ids(|t| matches!(t, Terms::Body(_))),
            modules: agreement.modules.keys().map(ModuleId::as_str).collect(),
            metrics: metrics.map(|metric| metric.as_str()).collect(),
        }
    }
}

/// What a step says of a duty is about one, and about somebody who could owe it.
fn claims(check: &mut Check<'_>, known: &Known<'_>, module: &Module, claim: &Claim) {
    let (duty_at, by_at) = &claim.places;
    let cited = claim.duty.cited(&module.id);
    if check.agreement.duty(&cited).is_none() {
        let duties: Vec<String> = check.agreement.duties().map(|d| d.clause.to_string()).collect();
        let what = format!("there is no duty `{cited}`");
        let hint = suggest(&cited.to_string(), duties.iter().map(String::as_str));
        fail(check, module, duty_at, Wrong::new("unknown-reference", what, hint));
    }
    let by = claim.by.as_str();
    if !known.seats.contains(by) && !known.parties.contains(by) {
        let what = format!("there is no seat and no party `{by}`");
        let hint = suggest(by, known.seats.iter().chain(&known.parties).copied());
        fail(check, module, by_at, Wrong::new("unknown-reference", what, hint));
    }
}

fn names(check: &mut Check<'_>, known: &Known<'_>, module: &Module, deed: &Deed) {
    let mut resolve = |part: String, kind: &str, name: &str, known: &BTreeSet<&str>| {
        if !known.contains(name) {
            let what = format!("there is no {kind} `{name}`");
            let hint = suggest(name, known.iter().copied());
            let wrong = Wrong::new("unknown-reference", what, hint);
            fail(check, module, deed.place(&part).unwrap_or(&module.span), wrong);
        }
    };
    resolve("seat".to_owned(), "seat", deed.seat.as_str(), &known.seats);
    if let Some(party) = &deed.party {
        resolve("party".to_owned(), "party", party.as_str(), &known.parties);
    }
    for (index, asset) in deed.on.iter().enumerate() {
        resolve(format!("on[{index}]"), "asset", asset.as_str(), &known.assets);
    }
    for (index, purpose) in deed.purposes.iter().enumerate() {
        resolve(format!("purposes[{index}]"), "purpose", purpose.as_str(), &known.purposes);
    }
    if let Some(body) = deed.word("body") {
        resolve("with.body".to_owned(), "body", body, &known.bodies);
    }
    if deed.act.as_str().starts_with("module.") {
        for (index, name) in deed.names.iter().enumerate() {
            resolve(format!("names[{index}]"), "module", name, &known.modules);
        }
    }
    if deed.act == ActName::EvidenceSubmit {
        let metrics = deed.with.iter().filter(|(_, given)| matches!(given, Given::Decimal(_)));
        for (key, _) in metrics {
            resolve(format!("with.{key}"), "metric in a gate", key, &known.metrics);
        }
    }
    if let Expected::Admitted { by: Some(by) } | Expected::Refused { by: Some(by), .. } =
        &deed.expected
    {
        clause(check, module, deed, "by", by);
    }
    for key in ["objective", "invalid", "duty"] {
        if let Some(named) = deed.clause(key) {
            clause(check, module, deed, &format!("with.{key}"), named);
        }
    }
}

fn clause(check: &mut Check<'_>, module: &Module, deed: &Deed, part: &str, name: &ClauseName) {
    let agreement = check.agreement;
    let home = name.module.as_ref().unwrap_or(&module.id);
    let (what, hint) = match agreement.modules.get(home) {
        None => {
            let modules = agreement.modules.keys().map(ModuleId::as_str);
            (format!("there is no module `{home}`"), suggest(home.as_str(), modules))
        }
        Some(home) if !home.clauses.contains_key(&name.clause) => {
            let elsewhere =
                agreement.modules.values().find(|m| m.clauses.contains_key(&name.clause));
            let hint = match elsewhere.filter(|_| name.module.is_none()) {
                Some(other) => format!("write `{}/{}`", other.id, name.clause),
                None => suggest(name.clause.as_str(), home.clauses.keys().map(ClauseId::as_str)),
            };
            (format!("there is no clause `{}` in `{}`", name.clause, home.id), hint)
        }
        Some(_) => return,
    };
    let wrong = Wrong::new("unknown-reference", what, hint);
    fail(check, module, deed.place(part).unwrap_or(&module.span), wrong);
}
