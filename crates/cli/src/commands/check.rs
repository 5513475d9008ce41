//! `concordat check`: what can be said about an agreement before anyone signs.

mod covered;
mod scenarios;
mod watch;

use std::collections::BTreeMap;

use concordat_agreement::effect::void;
use concordat_agreement::{
    Agreement, AsText, MadeFrom, Module, Terms, assemble, narrow, scenario_findings, versions_kept,
};
use concordat_partnership::Proved;
use concordat_replay::prove;
use concordat_terms::{ClauseRef, Date, Diagnostic, Digest, KeyId, ProjectId, Severity, Span};
use serde::Serialize;

use self::covered::Covered;
use self::scenarios::Scenarios;
use super::new::today;
use crate::args::Check;
use crate::failure::Failure;
use crate::files::counted;
use crate::out::Out;
use crate::{files, playbook};

/// What a check found.
#[derive(Debug, Default, Serialize)]
struct Found {
    modules: Vec<Line>,
    /// How many files hold a module that could not be read: nothing below counts them.
    unread: usize,
    clauses: usize,
    /// How many of the clauses the rules of this edition act on; the others bind as text.
    enforced: usize,
    as_text: Vec<Unenforced>,
    scenarios: Scenarios,
    errors: usize,
    warnings: usize,
    notes: usize,
    findings: Vec<Diagnostic>,
    /// Parameters that cannot hold: the clause and why.
    impossible: Option<(ClauseRef, String)>,
    not_executable: Vec<Span>,
    /// The project whose modules these are.
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<ProjectId>,
    /// The template that it was made from, as its instrument says.
    pack: Option<Pack>,
    /// What it meets of regimes and frameworks, and where its regimes differ.
    #[serde(flatten)]
    covered: Covered,
}

/// A clause that binds as text, and why.
#[derive(Debug, Serialize)]
struct Unenforced {
    clause: ClauseRef,
    why: AsText,
}

#[derive(Debug, Serialize)]
struct Pack {
    id: String,
    version: String,
    template: String,
    owner: String,
    digest: Digest,
    /// The key whose signature under it was checked, by its id.
    signer: Option<KeyId>,
    /// The version of this pack that the program has, if that is another one.
    newer: Option<String>,
}

#[derive(Debug, Serialize)]
struct Line {
    file: String,
    id: String,
    version: String,
    digest: Digest,
}

pub(super) fn run(args: &Check, out: Out) -> Result<(), Failure> {
    if args.watch { watch::run(args, out) } else { once(args, out) }
}

/// Checks the folder as it is now, and shows what was found.
fn once(args: &Check, out: Out) -> Result<(), Failure> {
    let found = check(args)?;
    for finding in &found.findings {
        if finding.severity != Severity::Note || args.verbose {
            out.found(finding);
        }
    }
    out.answer(&found, || text(&found, args.verbose))?;

    if let Some((clause, reason)) = &found.impossible {
        let what = format!("the parameters of clause `{clause}` are impossible: {reason}");
        return Err(Failure::usage("parameters-impossible", what, "mend the clause"));
    }
    if found.errors > 0 {
        return Err(files::told(&found.findings, Severity::Error));
    }
    if found.warnings > 0 && args.strict {
        return Err(files::told(&found.findings, Severity::Warning));
    }
    if found.covered.gaps() > 0 && args.strict {
        let what = format!("no clause answers to {}", counted(found.covered.gaps(), "requirement"));
        let hint = "cite each in the `laws` of the clause that answers to it, or write the clause";
        return Err(Failure::refused("coverage-gaps", what, hint));
    }
    Ok(())
}

fn check(args: &Check) -> Result<Found, Failure> {
    let mut found = Found::default();
    let mut modules: BTreeMap<String, Module> = BTreeMap::new();
    let (texts, beside) = files::texts(&args.dir)?;
    for (path, bytes) in texts {
        match files::module(&path, &bytes) {
            Ok(module) => {
                found.modules.push(Line {
                    file: path.display().to_string(),
                    id: module.id.to_string(),
                    version: module.version.to_string(),
                    digest: module.digest,
                });
                found.clauses += module.clauses.len();
                found.as_text.extend(as_text(&module));
                found.not_executable.extend(module.not_executable.iter().cloned());
                modules.insert(path.display().to_string(), module);
            }
            Err(findings) => {
                found.unread += 1;
                found.findings.extend(findings);
            }
        }
    }
    let kept = match &args.since {
        Some(dir) => versions_kept(&files::readable(dir)?, modules.values()),
        None => Vec::new(),
    };
    // A module that cannot be read would make every reference to it dangle: mend that first.
    if let Some(dir) = args.frame.as_ref().filter(|_| found.findings.is_empty()) {
        let (frame, _) = files::proved(dir)?;
        found.project = modules.values().find_map(|module| module.project.clone());
        (found.findings, found.scenarios) = under(&frame, modules.into_values());
    } else if found.findings.is_empty() {
        match assemble(modules.into_values()) {
            Err(findings) => found.findings = findings,
            Ok((agreement, findings)) => {
                found.pack = pack(&agreement);
                let on = args.on.or_else(today).unwrap_or(Date::MIN);
                found.covered = Covered::of(&agreement, &args.coverage, on)?;
                found.findings = findings;
                let mut astray = scenario_findings(&agreement);
                match prove(agreement) {
                    Err(impossible) => {
                        found.impossible = Some((impossible.clause, impossible.reason));
                    }
                    // Only what names nothing unknown can be run.
                    Ok(proved) if astray.is_empty() => {
                        let report = concordat_replay::scenarios(&proved);
                        astray.extend(report.findings.iter().cloned());
                        found.scenarios = Scenarios::of(report);
                    }
                    Ok(_) => {}
                }
                found.findings.append(&mut astray);
                found.findings.sort();
            }
        }
    }
    found.findings.extend(kept.into_iter().chain(beside));
    found.findings.sort();
    found.enforced = found.clauses - found.as_text.len();
    let count = |severity| found.findings.iter().filter(|d| d.severity == severity).count();
    (found.errors, found.warnings, found.notes) =
        (count(Severity::Error), count(Severity::Warning), count(Severity::Note));
    Ok(found)
}

/// The clauses of a module that the rules do not act on.
fn as_text(module: &Module) -> impl Iterator<Item = Unenforced> {
    module.clauses.values().filter_map(|clause| {
        let why = clause.as_text()?;
        Some(Unenforced { clause: ClauseRef::new(&module.id, &clause.id), why })
    })
}

/// What there is to say about modules of a project beside their frame, and what became of their
/// scenarios.
fn under(
    frame: &Proved,
    modules: impl IntoIterator<Item = Module>,
) -> (Vec<Diagnostic>, Scenarios) {
    let (narrowed, mut findings) = match narrow(&frame.agreement, modules) {
        Err(findings) => return (findings, Scenarios::default()),
        Ok(narrowed) => narrowed,
    };
    findings.extend(void(&narrowed));
    let mut scenarios = Scenarios::default();
    let mut astray = scenario_findings(&narrowed);
    if astray.is_empty() {
        let report = concordat_replay::project_scenarios(frame, &narrowed);
        astray.extend(report.findings.iter().cloned());
        scenarios = Scenarios::of(report);
    }
    findings.append(&mut astray);
    findings.sort();
    (findings, scenarios)
}

/// What the instrument says of where the text came from.
fn pack(agreement: &Agreement) -> Option<Pack> {
    let made = agreement.clauses().find_map(|(_, clause)| match &clause.terms {
        Terms::Instrument(instrument) => instrument.pack.clone(),
        _ => None,
    })?;
    let MadeFrom { id, version, template, owner, digest, signer } = made;
    let own = playbook::own().ok().filter(|own| own.id == id && own.version > version);
    let newer = own.map(|own| own.version.to_string());
    let version = version.to_string();
    Some(Pack { id, version, template, owner, digest, signer, newer })
}

fn text(found: &Found, verbose: bool) -> String {
    let mut lines = Vec::new();
    for module in &found.modules {
        lines.push(format!("{}  {} {}", module.digest, module.id, module.version));
    }
    if let Some(project) = &found.project {
        lines.push(format!("of project {project}, beside its frame"));
    }
    if let Some(Pack { id, version, template, owner, digest, signer, newer }) = &found.pack {
        let digest = digest.short();
        lines.push(format!(
            "from template {template} of pack {id} {version} {digest}, kept by {owner}"
        ));
        lines.extend(signer.iter().map(|key| format!("the pack was signed with key {key}")));
        let newer = newer.iter().map(|newer| format!("this program has pack {id} {newer}"));
        lines.extend(newer);
    }
    if verbose {
        for span in &found.not_executable {
            lines.push(format!("{span}: prose without a clause"));
        }
    }
    lines.extend(found.scenarios.in_words());
    lines.extend(found.covered.in_words(verbose));
    let errors = found.errors + usize::from(found.impossible.is_some());
    let [modules, clauses, errors, warnings, notes, paragraphs] = [
        (found.modules.len(), "module"),
        (found.clauses, "clause"),
        (errors, "error"),
        (found.warnings, "warning"),
        (found.notes, "note"),
        (found.not_executable.len(), "paragraph"),
    ]
    .map(|(count, noun)| counted(count, noun));
    // What is in a module that cannot be read is not counted.
    let (of_those, not) = match found.unread {
        0 => ("", String::new()),
        unread => ("of those read, ", format!(" and {unread} not")),
    };
    let read = if found.unread == 0 { "" } else { " read" };
    lines.push(format!(
        "{modules}{read}{not}, {clauses}: {errors}, {warnings}, {notes}; {paragraphs} without a clause"
    ));
    lines.push(format!(
        "{of_those}{} of {clauses} are enforced; {} bind as text",
        found.enforced,
        found.as_text.len()
    ));
    lines.join("\n")
}
