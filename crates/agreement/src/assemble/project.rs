//! Projects: child agreements, which can only narrow their frame.

use std::collections::BTreeSet;

use concordat_terms::{ActName, Diagnostic, ModuleId};

use crate::found::Found;
use crate::limits::{self, AGREEMENT_FINDINGS_MOST};
use crate::source::Wrong;
use crate::{Agreement, Clause, Module, Terms, links};

use super::{Check, Over, decide, languages, paper, permitted, promises, references};

/// The acts that belong to a project: those of its own life, of its runs and of their models.
const ACTS: &[ActName] = &[
    ActName::ProjectOpen,
    ActName::ProjectMilestone,
    ActName::ProjectEnd,
    ActName::RunPropose,
    ActName::RunApprove,
    ActName::RunOpen,
    ActName::RunJoin,
    ActName::RunClose,
    ActName::RunAbort,
    ActName::EvidenceSubmit,
    ActName::ReleasePropose,
    ActName::ReleasePromote,
];

/// The acts that clauses of a project may name.
pub fn project_acts() -> &'static [ActName] {
    ACTS
}

/// Kinds that narrow, and kinds that bind as text does. What gives somebody a name, a right or an
/// account is the frame's.
const KINDS: &[&str] =
    &["permit", "forbid", "gate", "duty", "objective", "term", "table", "notice", "warranty"];

/// Whether a clause of this kind may stand in a project's module.
pub fn may_stand_in_project(kind: &str) -> bool {
    KINDS.contains(&kind)
}

impl Agreement {
    /// This agreement as the frame of modules of a project, in place of those of any other project
    /// that are in it; nobody has asked whether they fit together. A module whose name the frame
    /// has is left out.
    #[must_use]
    pub fn narrowed(&self, modules: impl IntoIterator<Item = Module>) -> Self {
        let mut narrowed = self.clone();
        narrowed.modules.retain(|_, module| module.project.is_none());
        for module in modules.into_iter().filter(|module| module.project.is_some()) {
            narrowed.modules.entry(module.id.clone()).or_insert(module);
        }
        narrowed.reindex();
        narrowed.hush();
        narrowed
    }
}

/// Joins the modules of one project with their frame, with the notes and warnings about them: what
/// passes the result passes the frame ([`Agreement::says`]).
///
/// # Errors
///
/// Everything that keeps the modules from entering into force: a module of the frame or of another
/// project among them, names that the frame has, clauses and acts that are no project's
/// (`not-in-a-project`), references to nothing, gates that nobody can open. No module at all
/// gives no diagnostic, and no agreement either.
pub fn narrow(
    frame: &Agreement,
    modules: impl IntoIterator<Item = Module>,
) -> Result<(Agreement, Vec<Diagnostic>), Vec<Diagnostic>> {
    narrow_over(frame, modules, Over::default())
}

pub(super) fn narrow_over(
    frame: &Agreement,
    modules: impl IntoIterator<Item = Module>,
    over: Over,
) -> Result<(Agreement, Vec<Diagnostic>), Vec<Diagnostic>> {
    let modules: Vec<Module> = modules.into_iter().collect();
    let mut found = Found::of_at_most(AGREEMENT_FINDINGS_MOST);
    let project = modules.iter().find_map(|module| module.project.clone());
    let mut names: BTreeSet<&ModuleId> =
        frame.modules.values().filter(|m| m.project.is_none()).map(|m| &m.id).collect();
    for module in &modules {
        found.extend(module.notes.iter().cloned());
        if !names.insert(&module.id) {
            let what = format!("two modules are called `{}`", module.id);
            let hint = "rename this one: the frame and its projects share their names";
            found.push(module.about_module("id", Wrong::new("used-twice", what, hint)));
        }
        if let Some(of) = project.as_ref().filter(|of| module.project.as_ref() != Some(of)) {
            let what = format!("`{}` is no module of project `{of}`", module.id);
            let hint = "check the modules of one project against its frame";
            found.push(module.about_module("project", Wrong::new("project-differs", what, hint)));
        }
    }
    let none = modules.is_empty();
    let agreement = frame.narrowed(modules);
    let large = limits::agreement(agreement.modules.values());
    if !large.is_empty() {
        return Err(large.into_vec());
    }
    let permitted = permitted(&agreement);
    let mut check = Check { agreement: &agreement, permitted, found, project: true, over };
    check.versions();
    check.signers();
    for at in agreement.clauses() {
        clause(&mut check, at);
    }
    references::check(&mut check);
    decide::check(&mut check);
    promises::check(&mut check);
    paper::check(&mut check);
    languages::check(&mut check);
    let warned = check.over.entering.is_empty();
    links::check(&agreement, |module| module.project.is_some(), warned, &mut check.found);
    let failed = check.found.has_errors() || none || project.is_none();
    let found = check.found.into_vec();
    if failed { Err(found) } else { Ok((agreement, found)) }
}

fn clause(check: &mut Check<'_>, at: (&Module, &Clause)) {
    let kind = at.1.terms.kind();
    if !may_stand_in_project(kind) {
        let what = format!("clauses of kind `{kind}` stand in the frame, not in a project");
        let hint = "move it to a module of the frame, which all whom it concerns sign";
        return check.fail(at, kind, Wrong::new("not-in-a-project", what, hint));
    }
    let act = match &at.1.terms {
        Terms::Permit(rule) | Terms::Forbid(rule) => Some(rule.act),
        Terms::Gate(gate) => Some(gate.gate),
        _ => None,
    };
    if let Some(act) = act.filter(|act| !ACTS.contains(act)) {
        let what = format!("`{act}` is no act of a project");
        let named: Vec<String> = ACTS.iter().map(|act| format!("`{act}`")).collect();
        let hint = format!("name one of {}", named.join(", "));
        check.fail(at, kind, Wrong::new("not-in-a-project", what, hint));
    }
    let standing = &at.1.standing;
    for (field, there) in [
        ("replaced_by", standing.replaced_by.is_some()),
        ("dependants", !standing.dependants.is_empty()),
    ] {
        if there {
            let what = format!("a clause of a project has no `{field}`: it silences no other");
            let wrong = Wrong::new("not-in-a-project", what, "remove the field");
            check.fail(at, field, wrong);
        }
    }
}

impl Check<'_> {
    /// Modules of a project are checked beside their frame; whether there was one.
    pub(super) fn frame_only(&mut self) -> bool {
        let mut there = false;
        for module in self.agreement.modules.values() {
            if let Some(project) = &module.project {
                let what = format!("`{}` is of project `{project}`, not of the frame", module.id);
                let hint = "check it with `concordat check FOLDER --frame FRAME`";
                let wrong = Wrong::new("project-without-frame", what, hint);
                self.found.push(module.about_module("project", wrong));
                there = true;
            }
        }
        there
    }
}
