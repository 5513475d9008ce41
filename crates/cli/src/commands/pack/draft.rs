//! `concordat pack draft`: what the newer version of a pack would change in an agreement.
//!
//! The recorded answers are written with both versions of the pack. What differs between the two is
//! put into the texts as the parties have them now; where the parties changed the same lines, theirs
//! stay, and the place is told.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use concordat_agreement::template::{Answers, Pack, Template};
use concordat_agreement::{MadeFrom, Module, assemble, read};
use concordat_node::plain::Kind;
use concordat_terms::Severity;
use semver::Version;
use serde::Serialize;
use similar::TextDiff;

use super::super::new::folder;
use super::merge::{Clash, merge};
use super::{Named, made_from, trusted, unusable};
use crate::args::PackDraft;
use crate::failure::Failure;
use crate::out::Out;
use crate::{files, playbook};

/// Texts by their file names.
type Texts = BTreeMap<String, String>;

#[derive(Debug, Serialize)]
struct Draft {
    from: Named,
    to: Named,
    template: String,
    /// The files that differ from the agreement's.
    changed: Vec<String>,
    /// Lines that the parties and the pack both changed: the parties' stand.
    clashes: Vec<At>,
    /// What somebody should know, each in a line.
    notes: Vec<String>,
    /// How many errors the draft has, as `check` counts them.
    errors: usize,
    /// The changes as a unified diff.
    diff: String,
    /// Where the draft was written to.
    #[serde(skip_serializing_if = "Option::is_none")]
    folder: Option<String>,
}

#[derive(Debug, Serialize)]
struct At {
    file: String,
    #[serde(flatten)]
    clash: Clash,
}

pub(super) fn run(args: &PackDraft, out: Out) -> Result<(), Failure> {
    if let Some(folder) = &args.out {
        folder::require_free(folder)?;
    }
    let ours = texts(&args.agreement)?;
    let from = match &args.from {
        Some(dir) => playbook::in_folder(dir)?,
        None => playbook::own()?,
    };
    let to = trusted(args.pack.as_deref(), &args.trust)?;
    let MadeFrom { template: named, signer, .. } = recorded(&args.agreement, &from, &to)?;
    // Its text says with which key the older pack was signed, and so does what it was.
    let from = match signer {
        Some(key) => from.signed_by(key),
        None => from,
    };
    let path = args.agreement.join(folder::ANSWERS);
    let text = files::text(&path, Kind::Configuration)?;
    let answers = Answers::read(&path.display().to_string(), &text).map_err(|e| unusable(&e))?;
    let written = |pack: &Pack| -> Result<Texts, Failure> {
        pack.write(template(pack, &named)?, &answers).map_err(|e| unusable(&e))
    };
    let mut draft = drafted(&ours, &written(&from)?, &written(&to)?);
    let errors = errors(&draft.texts);
    let (diff, changed) = differences(&ours, &draft.texts);
    if let Some(to) = &args.out {
        draft.texts.insert(folder::ANSWERS.to_owned(), text);
        folder::write(to, &draft.texts)?;
    }
    let folder = args.out.as_ref().map(|folder| folder.display().to_string());
    let (from, to) = (Named::of(&from), Named::of(&to));
    let Drafted { clashes, notes, .. } = draft;
    let told = Draft { from, to, template: named, changed, clashes, notes, errors, diff, folder };
    tell(&told, out);
    out.answer(&told, || told.diff.clone())
}

/// What is not in the diff goes to who reads along.
fn tell(draft: &Draft, out: Out) {
    for note in &draft.notes {
        out.say(&format!("note: {note}"));
    }
    for At { file, clash } in &draft.clashes {
        let what = "you changed these lines, and so did the pack: yours stay";
        out.say(&format!("clash: {file}:{}: {what}; the pack has", clash.line));
        clash.offered.lines().for_each(|line| out.say(&format!("    {line}")));
    }
    let changed = files::counted(draft.changed.len(), "file");
    let errors = files::counted(draft.errors, "error");
    out.say(&format!(
        "{changed} changed from {} to {}: {}, {errors}",
        draft.from.version,
        draft.to.version,
        match draft.clashes.len() {
            1 => "1 clash".to_owned(),
            count => format!("{count} clashes"),
        },
    ));
    if let Some(folder) = &draft.folder {
        out.say(&format!("run `concordat check {folder}`, and read it before anyone signs"));
    }
}

/// What the agreement says that it was made from: this very pack.
fn recorded(agreement: &Path, from: &Pack, to: &Pack) -> Result<MadeFrom, Failure> {
    let shown = agreement.display();
    let modules = files::readable(agreement)?;
    let Some(made) = made_from(&modules) else {
        let what = format!("the agreement in `{shown}` does not say from which pack it was made");
        let hint = "compare it with an agreement made anew: `concordat diff`";
        return Err(Failure::usage("other-pack", what, hint));
    };
    if made.digest != from.digest {
        let (is, own) = (from.digest.short(), made.digest.short());
        let what = format!(
            "`{shown}` was made from pack {} {} ({own}), and this is {} {} ({is})",
            made.id, made.version, from.id, from.version
        );
        let hint = "name the folder of that pack with `--from`";
        return Err(Failure::usage("other-pack", what, hint));
    }
    if to.id != from.id {
        let what = format!("`{}` is no newer version of `{}`", to.id, from.id);
        return Err(Failure::usage("other-pack", what, "name the same pack, in a newer version"));
    }
    Ok(made.clone())
}

fn template<'p>(pack: &'p Pack, name: &str) -> Result<&'p Template, Failure> {
    pack.template(name).ok_or_else(|| {
        let what = format!("pack {} {} has no template `{name}`", pack.id, pack.version);
        Failure::usage("other-pack", what, "draft the amendment by hand")
    })
}

fn texts(dir: &Path) -> Result<Texts, Failure> {
    let mut texts = Texts::new();
    for (path, bytes) in files::modules(dir)? {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let text = String::from_utf8(bytes).map_err(|_| {
            let what = format!("`{}` is not UTF-8", path.display());
            Failure::usage("not-text", what, "save it as a text in UTF-8")
        })?;
        texts.extend(name.map(|name| (name, text)));
    }
    Ok(texts)
}

#[derive(Default)]
struct Drafted {
    texts: Texts,
    clashes: Vec<At>,
    notes: Vec<String>,
}

/// The agreement's texts with what the pack changed between two versions.
fn drafted(ours: &Texts, base: &Texts, theirs: &Texts) -> Drafted {
    let mut draft = Drafted { texts: ours.clone(), ..Drafted::default() };
    let names: BTreeSet<&String> = base.keys().chain(theirs.keys()).collect();
    for name in names {
        match (ours.get(name), base.get(name), theirs.get(name)) {
            (_, Some(was), Some(is)) if was == is => {}
            (Some(own), Some(was), Some(is)) => draft.merge(name, own, was, is),
            (None, None, Some(is)) => {
                draft.texts.insert(name.clone(), is.clone());
            }
            (Some(own), Some(was), None) if own == was => {
                draft.texts.remove(name);
                draft.notes.push(format!("the pack has no `{name}` any more: it is left out"));
            }
            (Some(_), Some(_), None) => draft.notes.push(format!(
                "the pack has no `{name}` any more, and you have changed it: it stays"
            )),
            (None, Some(_), Some(_)) => draft.notes.push(format!(
                "the pack has changed `{name}`, which you have taken out: it stays out"
            )),
            (Some(_), None, Some(_)) => draft.notes.push(format!(
                "the pack has a new `{name}`, and you have another one: yours stays"
            )),
            (None, _, None) | (Some(_), None, None) => {}
        }
    }
    draft
}

impl Drafted {
    fn merge(&mut self, name: &str, own: &str, was: &str, is: &str) {
        let module = |text: &str| read(name, text.as_bytes()).ok();
        let version = module(own).map(|module| module.version);
        // A text's version is the parties': it rises by what is changed, whatever the pack says.
        let alike = |text: &str| match (&version, module(text)) {
            (Some(version), Some(module)) => module.at_version(version),
            _ => text.to_owned(),
        };
        let merged = merge(&alike(was), own, &alike(is));
        let clashes = merged.clashes.into_iter();
        self.clashes.extend(clashes.map(|clash| At { file: name.to_owned(), clash }));
        if merged.text == own {
            return;
        }
        let text = match (module(&merged.text), version) {
            (Some(module), Some(version)) => module.at_version(&next(&version)),
            _ => {
                self.notes.push(format!("`{name}` is no module as it is drafted: mend it by hand"));
                merged.text
            }
        };
        self.texts.insert(name.to_owned(), text);
    }
}

fn next(version: &Version) -> Version {
    Version::new(version.major, version.minor.saturating_add(1), 0)
}

/// How many errors `check` would find.
fn errors(texts: &Texts) -> usize {
    let mut modules: Vec<Module> = Vec::new();
    let mut found = Vec::new();
    for (name, text) in texts {
        match read(name, text.as_bytes()) {
            Ok(module) => modules.push(module),
            Err(mut wrong) => found.append(&mut wrong),
        }
    }
    if found.is_empty() {
        found = assemble(modules).err().unwrap_or_default();
    }
    found.iter().filter(|finding| finding.severity == Severity::Error).count()
}

/// A unified diff, and the names of the files in it.
fn differences(ours: &Texts, draft: &Texts) -> (String, Vec<String>) {
    let names: BTreeSet<&String> = ours.keys().chain(draft.keys()).collect();
    let (mut text, mut changed) = (String::new(), Vec::new());
    for name in names {
        let of = |texts: &Texts| texts.get(name).cloned().unwrap_or_default();
        let (was, is) = (of(ours), of(draft));
        if was == is {
            continue;
        }
        changed.push(name.clone());
        let lines = TextDiff::from_lines(&was, &is);
        let mut diff = lines.unified_diff();
        // Writing to a text cannot fail.
        let _ = write!(text, "{}", diff.header(&format!("a/{name}"), &format!("b/{name}")));
    }
    (text.trim_end().to_owned(), changed)
}
