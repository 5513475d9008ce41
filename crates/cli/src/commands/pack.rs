//! `concordat pack`: playbooks, made and signed by who owns them, and agreements kept up with them.

mod draft;
mod make;
mod merge;
mod outdated;

use std::path::Path;

use concordat_agreement::template::{Answers, Pack as Playbook};
use concordat_agreement::{MadeFrom, Module, Terms};
use concordat_node::home::Keys;
use concordat_terms::Digest;
use serde::Serialize;

use super::desk::failure;
use super::key::require_party;
use super::new::{require_clean, unusable};
use crate::args::{Pack, PackCheck, PackSign, Trust};
use crate::failure::Failure;
use crate::files;
use crate::out::Out;
use crate::playbook::{self, signature};

/// A pack, in answers.
#[derive(Debug, Serialize)]
struct Named {
    id: String,
    version: String,
    owner: String,
    digest: Digest,
}

impl Named {
    fn of(pack: &Playbook) -> Self {
        let (id, version) = (pack.id.clone(), pack.version.to_string());
        Self { id, version, owner: pack.owner.clone(), digest: pack.digest }
    }

    fn in_words(&self) -> String {
        let Self { id, version, owner, digest } = self;
        format!("pack {id} {version} of {owner}\ndigest {digest}")
    }
}

pub(super) fn run(command: &Pack, out: Out) -> Result<(), Failure> {
    match command {
        Pack::Make(args) => make::run(args, out),
        Pack::Sign(args) => sign(args, out),
        Pack::Check(args) => check(args, out),
        Pack::Outdated(args) => outdated::run(args, out),
        Pack::Draft(args) => draft::run(args, out),
    }
}

#[derive(Debug, Serialize)]
struct Signed {
    pack: Named,
    /// The id of the key that signed.
    key: String,
    file: String,
}

fn sign(args: &PackSign, out: Out) -> Result<(), Failure> {
    let pack = playbook::in_folder(&args.folder)?;
    require_party(&args.home, &args.party)?;
    let keys = Keys::load(&args.home).map_err(failure)?;
    let key = signature::sign(&args.folder, &pack, &keys.ledger)?.to_string();
    let file = args.folder.join(signature::FILE).display().to_string();
    let signed = Signed { pack: Named::of(&pack), key, file };
    out.answer(&signed, || {
        format!("{}\nsigned with key {}: {}", signed.pack.in_words(), signed.key, signed.file)
    })
}

#[derive(Debug, Serialize)]
struct Checked {
    pack: Named,
    /// The templates, each of which gave an agreement without an error or a warning.
    templates: Vec<String>,
    /// The id of the key that was asked for and has signed.
    signer: Option<String>,
    /// The ids of the keys that say they have signed.
    claimed: Vec<String>,
}

fn check(args: &PackCheck, out: Out) -> Result<(), Failure> {
    let pack = playbook::in_folder(&args.folder)?;
    let claimed = signature::claimed(&args.folder, &pack)?;
    let pack = match &args.signer {
        Some(key) => signature::require(&args.folder, pack, key)?,
        None => pack,
    };
    let mut templates = Vec::new();
    for template in pack.templates() {
        let of = |failure: Failure| within(&template.name, &failure);
        let answers = Answers::read(&template.name, &template.sample).map_err(|e| unusable(&e));
        let written = pack.write(template, &answers.map_err(of)?).map_err(|e| unusable(&e));
        require_clean(&written.map_err(of)?).map_err(of)?;
        templates.push(template.name.clone());
    }
    let signer = pack.signer.as_ref().map(ToString::to_string);
    let checked = Checked { pack: Named::of(&pack), templates, signer, claimed };
    out.answer(&checked, || {
        let count = files::counted(checked.templates.len(), "template");
        let signed = match (&checked.signer, checked.claimed.as_slice()) {
            (Some(key), _) => format!("signed with key {key}, as asked"),
            (None, []) => "signed by nobody".to_owned(),
            (None, keys) => {
                format!("signed with key {}, say these: name `--signer` to check", keys.join(", "))
            }
        };
        format!("{}\n{count}, each gives a clean agreement\n{signed}", checked.pack.in_words())
    })
}

/// A failure of one template.
fn within(template: &str, failure: &Failure) -> Failure {
    let problem = failure.problem();
    let what = format!("template `{template}`: {}", problem.what);
    Failure::usage("bad-pack", what, problem.hint.clone())
}

/// A pack in a folder, trusted as somebody says; the program's own, where no folder is named.
fn trusted(dir: Option<&Path>, trust: &Trust) -> Result<Playbook, Failure> {
    match dir {
        Some(dir) => playbook::trusted(dir, trust),
        None => playbook::own(),
    }
}

/// From which template of which pack an agreement was made.
fn made_from<'m>(modules: impl IntoIterator<Item = &'m Module>) -> Option<&'m MadeFrom> {
    let mut clauses = modules.into_iter().flat_map(|module| module.clauses.values());
    clauses.find_map(|clause| match &clause.terms {
        Terms::Instrument(instrument) => instrument.pack.as_ref(),
        _ => None,
    })
}
