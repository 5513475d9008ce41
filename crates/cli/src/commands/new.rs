//! `concordat new`: an agreement from a template and answers.

mod ask;
pub(super) mod folder;

use std::io::{IsTerminal as _, stdin};

use concordat_agreement::template::{Answers, BadAnswer, Pack, Template};
use concordat_agreement::{assemble, read};
use concordat_node::plain::Kind;
use concordat_replay::{prove, scenarios};
use concordat_terms::{Date, Diagnostic, Digest, KeyId, Severity};
use serde::Serialize;

use crate::args::New;
use crate::failure::Failure;
use crate::out::Out;
use crate::{files, playbook};

#[derive(Debug, Serialize)]
struct Packed {
    id: String,
    version: String,
    owner: String,
    digest: Digest,
    /// The id of the key whose signature under it was checked.
    signer: Option<KeyId>,
}

#[derive(Debug, Serialize)]
struct Listed {
    pack: Packed,
    templates: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Line {
    name: String,
    title: String,
    about: String,
}

#[derive(Debug, Serialize)]
struct Written {
    folder: String,
    template: String,
    pack: Packed,
    modules: Vec<String>,
    /// What somebody should know about the answers, each in a line.
    notes: Vec<String>,
}

pub(super) fn run(args: &New, out: Out) -> Result<(), Failure> {
    let pack = match &args.pack {
        Some(dir) => playbook::in_folder(dir)?,
        None => playbook::own()?,
    };
    if args.list {
        return list(&pack, out);
    }
    let Some(folder) = &args.folder else { return sample(&pack, args, out) };
    let pack = match &args.pack {
        // Who reads its templates need not trust it, who makes an agreement has to.
        Some(dir) => playbook::trusted(dir, &args.trust)?,
        None => pack,
    };
    folder::require_free(folder)?;
    let mut answers = answers(&pack, args, out)?;
    if args.template.is_some() {
        answers.template.clone_from(&args.template);
    }
    let template = pack.chosen(&answers).map_err(|e| unusable(&e))?;
    answers.template = Some(template.name.clone());
    let modules = pack.write(template, &answers).map_err(|e| unusable(&e))?;
    require_clean(&modules)?;

    let mut texts = modules;
    let names: Vec<String> = texts.keys().cloned().collect();
    texts.insert(folder::ANSWERS.to_owned(), answers.print());
    folder::write(folder, &texts)?;
    let written = Written {
        folder: folder.display().to_string(),
        template: template.name.clone(),
        pack: packed(&pack),
        modules: names,
        notes: today().map(|today| answers.notes(today)).unwrap_or_default(),
    };
    for note in &written.notes {
        out.say(&format!("note: {note}"));
    }
    out.say(&format!("run `concordat check {}`, and read it", written.folder));
    out.answer(&written, || {
        let made = format!("{} from pack {} {}", written.template, pack.id, pack.version);
        let modules = files::counted(written.modules.len(), "module");
        format!("{}: {modules}, {made}", written.folder)
    })
}

/// The day, in UTC.
pub(super) fn today() -> Option<Date> {
    concordat_node::now().to_string().get(..10)?.parse().ok()
}

/// From a file, from the template's sample, or asked.
fn answers(pack: &Pack, args: &New, out: Out) -> Result<Answers, Failure> {
    let (name, text) = match (&args.answers, args.sample) {
        (Some(path), _) => (path.display().to_string(), files::text(path, Kind::Configuration)?),
        (None, true) => {
            let template = find(pack, args.template.as_deref().unwrap_or_default())?;
            (template.name.clone(), template.sample.clone())
        }
        (None, false) => return asked(pack, args, out),
    };
    Answers::read(&name, &text).map_err(|e| unusable(&e))
}

/// Asks the person at the terminal.
fn asked(pack: &Pack, args: &New, out: Out) -> Result<Answers, Failure> {
    if !stdin().is_terminal() {
        let hint = "write answers as `concordat new --sample` has them, and name `--answers FILE`";
        return Err(Failure::usage("no-answers", "nobody is there to be asked", hint));
    }
    let given = args.template.as_deref().map(|name| find(pack, name)).transpose()?;
    ask::ask(pack, given, &mut stdin().lock(), |text| out.say(text))
}

fn find<'p>(pack: &'p Pack, name: &str) -> Result<&'p Template, Failure> {
    pack.template(name).ok_or_else(|| {
        let names: Vec<String> =
            pack.templates().iter().map(|template| format!("`{}`", template.name)).collect();
        let what = format!("pack `{}` has no template `{name}`", pack.id);
        Failure::usage("bad-answer", what, format!("name one of {}", names.join(", ")))
    })
}

pub(super) fn unusable(bad: &BadAnswer) -> Failure {
    Failure::usage(bad.code, bad.what.clone(), bad.hint.clone())
}

fn packed(pack: &Pack) -> Packed {
    let (id, version) = (pack.id.clone(), pack.version.to_string());
    let (owner, digest, signer) = (pack.owner.clone(), pack.digest, pack.signer.clone());
    Packed { id, version, owner, digest, signer }
}

fn list(pack: &Pack, out: Out) -> Result<(), Failure> {
    let line = |template: &Template| {
        let Template { name, title, about, .. } = template.clone();
        Line { name, title, about }
    };
    let templates = pack.templates().iter().map(line).collect();
    let listed = Listed { pack: packed(pack), templates };
    out.answer(&listed, || {
        let mut lines = vec![format!("pack {} {} of {}", pack.id, pack.version, pack.owner)];
        let lines_of = listed.templates.iter();
        lines.extend(lines_of.map(|line| format!("{:<20} {}", line.name, line.about)));
        lines.join("\n")
    })
}

#[derive(Debug, Serialize)]
struct Sample {
    template: String,
    answers: String,
}

fn sample(pack: &Pack, args: &New, out: Out) -> Result<(), Failure> {
    let template = find(pack, args.template.as_deref().unwrap_or_default())?;
    let sample = Sample { template: template.name.clone(), answers: template.sample.clone() };
    out.answer(&sample, || sample.answers.clone())
}

/// What is written can be signed as it stands: answers that would not give that are refused.
pub(super) fn require_clean(
    modules: &std::collections::BTreeMap<String, String>,
) -> Result<(), Failure> {
    let unfit = |finding: &Diagnostic| {
        let what =
            format!("these answers give a `{}` that says: {}", finding.span.file, finding.what);
        Failure::usage("bad-answer", what, finding.hint.clone())
    };
    let mut read_all = Vec::new();
    for (name, text) in modules {
        read_all.push(read(name, text.as_bytes()).map_err(|found| {
            first(&found).map_or_else(
                || {
                    Failure::usage(
                        "bad-answer",
                        format!("`{name}` cannot be read"),
                        "shorten the answers",
                    )
                },
                unfit,
            )
        })?);
    }
    let agreement = match assemble(read_all) {
        Ok((agreement, found)) => match first(&found) {
            Some(finding) => return Err(unfit(finding)),
            None => agreement,
        },
        Err(found) => {
            return Err(first(&found).map_or_else(
                || Failure::usage("bad-answer", "the modules do not fit", "look at the answers"),
                unfit,
            ));
        }
    };
    let proved = prove(agreement).map_err(|impossible| {
        let what = format!("these answers give impossible parameters: {impossible}");
        Failure::usage("bad-answer", what, "have fewer or more parties hold rows")
    })?;
    // The agreed cases are to come out as the text says, with these parties, too.
    first(&scenarios(&proved).findings).map_or(Ok(()), |finding| Err(unfit(finding)))
}

/// The first finding that is more than a note.
fn first(found: &[Diagnostic]) -> Option<&Diagnostic> {
    found.iter().find(|finding| finding.severity != Severity::Note)
}
