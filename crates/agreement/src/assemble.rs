//! Modules to an agreement: whether a set fits together and could ever work.

mod accounts;
mod aggregators;
mod amend;
mod bodies;
mod cases;
mod compute;
mod decide;
mod languages;
mod paper;
mod powers;
mod project;
mod promises;
mod reach;
mod references;
mod speak;
mod trainers;
mod witness;

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{ActName, ClauseRef, Diagnostic, ModuleId, SeatId, Severity};

pub use amend::amend;
pub use project::{may_stand_in_project, narrow, project_acts};

use crate::found::Found;
use crate::limits::{self, AGREEMENT_FINDINGS_MOST};
use crate::links;
use crate::nearest::suggest;
use crate::source::Wrong;
use crate::standing_in::Moved;
use crate::{Agreement, Clause, ClauseName, Module, Terms};

/// Joins modules into an agreement, with the notes and warnings about it.
///
/// # Errors
///
/// Everything that keeps the set from entering into force, with the notes and warnings: version
/// ranges that do not fit, references to nothing, unfilled seats, bodies with unequal sides,
/// gates that nobody can open, aggregation parameters that cannot hold, witness policies that
/// one party stops or one side forges, training without privacy, no objective, modules of a project,
/// which [`narrow`] takes. A set that is
/// larger than an agreement may be (`limits.rs`) is not looked at further. A set without any
/// module gives no diagnostic, since there is no place to point at, and no agreement either.
pub fn assemble(
    modules: impl IntoIterator<Item = Module>,
) -> Result<(Agreement, Vec<Diagnostic>), Vec<Diagnostic>> {
    join(modules, Over::default())
}

fn join(
    modules: impl IntoIterator<Item = Module>,
    over: Over,
) -> Result<(Agreement, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut found = Found::of_at_most(AGREEMENT_FINDINGS_MOST);
    let mut by_id: BTreeMap<ModuleId, Module> = BTreeMap::new();
    for module in modules {
        found.extend(module.notes.iter().cloned());
        if let Some(first) = by_id.get(&module.id) {
            let what = format!("two modules are called `{}`", module.id);
            let hint = format!("rename one: the other is in `{}`", first.span.file);
            found.push(module.about_module("id", Wrong::new("used-twice", what, hint)));
        } else {
            by_id.insert(module.id.clone(), module);
        }
    }

    let moved = over.moved.clone();
    let mut agreement = Agreement { modules: by_id, moved, ..Agreement::default() };
    let large = limits::agreement(agreement.modules.values());
    if !large.is_empty() {
        return Err(large.into_vec());
    }
    agreement.reindex();
    agreement.hush();
    let permitted = permitted(&agreement);
    let mut check = Check { agreement: &agreement, permitted, found, project: false, over };
    if check.frame_only() {
        // Without its frame everything that a project names would be missing.
        return Err(check.found.into_vec());
    }
    check.versions();
    check.signers();
    check.objective();
    references::check(&mut check);
    decide::check(&mut check);
    compute::check(&mut check);
    witness::check(&mut check);
    promises::check(&mut check);
    cases::check(&mut check);
    paper::check(&mut check);
    languages::check(&mut check);
    powers::check(&mut check);
    let dead = speak::check(&mut check);
    reach::check(&mut check, &dead);
    let warned = check.over.entering.is_empty();
    links::check(&agreement, |module| module.project.is_none(), warned, &mut check.found);
    let failed = check.found.has_errors() || agreement.modules.is_empty();
    let found = check.found.into_vec();
    if failed { Err(found) } else { Ok((agreement, found)) }
}

/// The seats that some permit or power of the frame lets do each act.
fn permitted(agreement: &Agreement) -> BTreeMap<ActName, BTreeSet<SeatId>> {
    let mut permitted: BTreeMap<ActName, BTreeSet<SeatId>> = BTreeMap::new();
    for (module, clause) in agreement.clauses().filter(|(module, _)| module.project.is_none()) {
        if agreement.silence(&ClauseRef::new(&module.id, &clause.id)).is_some() {
            continue;
        }
        match &clause.terms {
            Terms::Permit(rule) => {
                permitted.entry(rule.act).or_default().extend(rule.by.iter().cloned());
            }
            Terms::Power(power) => {
                permitted.entry(power.power).or_default().insert(power.holder.clone());
            }
            _ => {}
        }
    }
    permitted
}

/// The findings about an agreement, as they come in.
struct Check<'a> {
    agreement: &'a Agreement,
    /// The seats that some permit lets do each act.
    permitted: BTreeMap<ActName, BTreeSet<SeatId>>,
    found: Found,
    /// Whether the modules of a project are asked about, and not their frame.
    project: bool,
    over: Over,
}

/// What has ended of an agreement that is amended.
#[derive(Default)]
struct Over {
    ended: BTreeSet<ModuleId>,
    /// The modules that enter now: where there are any the log asks, and reads errors alone.
    entering: BTreeSet<ModuleId>,
    /// Who has left, and who follows whom.
    moved: Moved,
}

impl<'a> Check<'a> {
    fn fail(&mut self, (module, clause): (&Module, &Clause), field: &str, wrong: Wrong) {
        if self.asks(module) && !self.found.is_full(Severity::Error) {
            self.found.push(module.about(clause, field, wrong));
        }
    }

    /// The modules about which findings are wanted.
    fn asked(&self) -> Vec<&'a Module> {
        let agreement = self.agreement;
        agreement.modules.values().filter(|module| self.asks(module)).collect()
    }

    /// Whether findings about a module are wanted: a frame was asked when it was assembled.
    fn asks(&self, module: &Module) -> bool {
        self.project == module.project.is_some()
    }

    /// Whether some permit lets a seat do an act.
    fn permits(&self, act: ActName, seat: &SeatId) -> bool {
        self.permitted.get(&act).is_some_and(|seats| seats.contains(seat))
    }

    fn say(
        &mut self,
        severity: Severity,
        (module, clause): (&Module, &Clause),
        field: &str,
        wrong: Wrong,
    ) {
        if self.asks(module) && !self.found.is_full(severity) {
            let span = clause.places.get(field).unwrap_or(&clause.span);
            self.found.push(module.finding(severity, span, wrong));
        }
    }

    /// The clauses of one kind, with the module and clause to point at.
    fn each<T>(&self, pick: fn(&Terms) -> Option<&T>) -> Vec<((&'a Module, &'a Clause), &'a T)> {
        let agreement = self.agreement;
        agreement.clauses().filter_map(|at| Some((at, pick(&at.1.terms)?))).collect()
    }

    /// A clause that another points to must be of a kind that fits there. Whether it is there at
    /// all is asked elsewhere.
    fn points(
        &mut self,
        at: (&Module, &Clause),
        field: &str,
        to: Option<&ClauseName>,
        kinds: &[&'static str],
    ) {
        let Some(to) = to else { return };
        let module = to.module.as_ref().unwrap_or(&at.0.id);
        let clause = self.agreement.modules.get(module).and_then(|m| m.clauses.get(&to.clause));
        let Some(kind) = clause.map(|clause| clause.terms.kind()) else { return };
        if !kinds.contains(&kind) {
            let what = format!("`{to}` is a `{kind}` clause");
            let named: Vec<String> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
            let hint = format!("name a clause of kind {}", named.join(" or "));
            self.fail(at, field, Wrong::new("wrong-kind", what, hint));
        }
    }

    fn versions(&mut self) {
        let Over { ended, entering, .. } = &self.over;
        // What has ended asks nothing of the others any more.
        for module in self.asked().into_iter().filter(|module| !ended.contains(&module.id)) {
            for (id, range) in &module.needs {
                let field = format!("needs.{id}");
                let wrong = match self.agreement.modules.get(id) {
                    None => {
                        let names = self.agreement.modules.keys().map(ModuleId::as_str);
                        let what = format!("there is no module `{id}`");
                        Wrong::new("unknown-reference", what, suggest(id.as_str(), names))
                    }
                    Some(_) if ended.contains(id) && entering.contains(&module.id) => {
                        let what = format!("`{id}` has ended: no version of it fits");
                        Wrong::new("version-outside", what, "leave it out of `needs`")
                    }
                    Some(other) if !range.matches(&other.version) => {
                        let what = format!("`{id}` is {}, outside `{range}`", other.version);
                        Wrong::new("version-outside", what, "change the range or the module")
                    }
                    Some(_) => continue,
                };
                self.found.push(module.about_module(&field, wrong));
            }
        }
    }

    fn signers(&mut self) {
        let agreement = self.agreement;
        for module in self.asked() {
            let mut seen = BTreeSet::new();
            for (index, signer) in module.signers.iter().enumerate() {
                if seen.insert(signer) && agreement.signer(signer).is_empty() {
                    let parties = agreement.parties().map(|p| p.clause.clause.to_string());
                    let seats = agreement.seats().map(|s| s.clause.clause.to_string());
                    let known: Vec<String> =
                        parties.chain(seats).chain(["all".to_owned()]).collect();
                    let what = format!("`{signer}` is neither a party nor a filled seat");
                    let hint = suggest(signer, known.iter().map(String::as_str));
                    let wrong = Wrong::new("unknown-signer", what, hint);
                    self.found.push(module.about_module(&format!("signers[{index}]"), wrong));
                }
            }
        }
    }

    fn objective(&mut self) {
        if self.agreement.objectives().next().is_some() {
            return;
        }
        let Some(module) = self.agreement.modules.values().next() else { return };
        let wrong = Wrong::new(
            "no-objective",
            "an agreement without an objective is refused",
            "add a clause `objective = \"…\"` that says what the partnership wants to reach",
        );
        self.found.push(module.about_module("id", wrong));
    }
}

/// `metric` and `at_least` make a threshold together, and neither does alone.
fn half(check: &mut Check<'_>, at: (&Module, &Clause), metric: bool, at_least: bool, prefix: &str) {
    let (field, other) = match (metric, at_least) {
        (true, false) => ("metric", "at_least"),
        (false, true) => ("at_least", "metric"),
        _ => return,
    };
    let what = format!("`{field}` stands without `{other}`");
    let hint = format!("add `{other}`, or remove `{field}`");
    check.fail(at, &format!("{prefix}{field}"), Wrong::new("half-a-threshold", what, hint));
}
