//! Packs of templates: the one that comes with the program, and those in folders.

pub(crate) mod signature;

use std::fs;
use std::path::Path;

use concordat_agreement::template::{BadPack, Pack, digest_of};
use concordat_node::plain::Kind;
use concordat_terms::Digest;
use serde_json::Value;

use crate::args::Trust;
use crate::failure::Failure;
use crate::files;

macro_rules! texts {
    ($($path:literal),+ $(,)?) => {
        /// The texts of the program's own pack, by path.
        const TEXTS: &[(&str, &str)] =
            &[$(($path, include_str!(concat!("../../../templates/", $path)))),+];
    };
}

texts! {
    "pack.toml",
    "common/assessed.md",
    "common/audit.md",
    "common/council.md",
    "common/data-use.md",
    "common/delete-rows.md",
    "common/incidents.md",
    "common/law.md",
    "common/liability.md",
    "common/notices.md",
    "common/pack.md",
    "common/parties.md",
    "common/persons.md",
    "common/places.md",
    "common/projects.md",
    "common/protocol.md",
    "common/quality.md",
    "common/readers.md",
    "common/recognition.md",
    "common/record-liability.md",
    "common/rows.md",
    "common/standing.md",
    "common/testing.md",
    "common/updates.md",
    "common/whose-tests.md",
    "common/why.md",
    "data-use-only/answers.toml",
    "data-use-only/data-use.md",
    "data-use-only/exit.md",
    "data-use-only/governance.md",
    "data-use-only/instrument.md",
    "data-use-only/liability.md",
    "government-owned/answers.toml",
    "government-owned/exit.md",
    "government-owned/governance.md",
    "government-owned/instrument.md",
    "government-owned/licence.md",
    "government-owned/ownership.md",
    "government-owned/release.md",
    "joint-pool/answers.toml",
    "joint-pool/exit.md",
    "joint-pool/governance.md",
    "joint-pool/instrument.md",
    "joint-pool/ownership.md",
    "joint-pool/release.md",
    "model-testing-only/answers.toml",
    "model-testing-only/exit.md",
    "model-testing-only/governance.md",
    "model-testing-only/instrument.md",
    "model-testing-only/liability.md",
    "model-testing-only/recognition.md",
    "model-testing-only/testing.md",
    "private-retained/answers.toml",
    "private-retained/exit.md",
    "private-retained/governance.md",
    "private-retained/instrument.md",
    "private-retained/ownership.md",
    "private-retained/release.md",
    "private-retained/service.md",
}

/// What a manifest is called.
pub(crate) const MANIFEST: &str = "pack.toml";

/// The program's own pack.
///
/// # Errors
/// A fault: the program was built of texts that do not fit.
pub(crate) fn own() -> Result<Pack, Failure> {
    let manifest = own_text(MANIFEST).unwrap_or_default();
    Pack::read(&manifest, own_text).map_err(|e| {
        Failure::fault("bad-pack", e.to_string(), "report this with the command that you ran")
    })
}

fn own_text(path: &str) -> Result<String, String> {
    let found = TEXTS.iter().find(|(name, _)| *name == path);
    found.map(|(_, text)| (*text).to_owned()).ok_or_else(|| "it is not there".to_owned())
}

/// A pack in a folder, whoever signed it.
///
/// # Errors
/// No such folder, or a pack whose texts are not those that its digest is of.
pub(crate) fn in_folder(dir: &Path) -> Result<Pack, Failure> {
    let manifest = files::text(&dir.join(MANIFEST), Kind::Configuration)?;
    Pack::read(&manifest, |path| text(dir, path)).map_err(|e| unreadable(dir, &e))
}

/// A pack in a folder as one that its owner has signed, or that somebody takes without that.
///
/// # Errors
/// As [`in_folder`]; refused, if it is not signed with the key, or nothing is said of that.
pub(crate) fn trusted(dir: &Path, trust: &Trust) -> Result<Pack, Failure> {
    let pack = in_folder(dir)?;
    match &trust.signer {
        Some(key) => signature::require(dir, pack, key),
        None if trust.unsigned => Ok(pack),
        None => {
            let what =
                format!("nothing says whose signature the pack in `{}` needs", dir.display());
            let hint = "name its owner's key with `--signer KEY`, or take it with `--unsigned`";
            Err(Failure::usage("pack-not-signed", what, hint))
        }
    }
}

/// The digest of a pack with this manifest over the texts in a folder.
///
/// # Errors
/// As [`in_folder`], its digest apart.
pub(crate) fn digest(dir: &Path, manifest: &str) -> Result<Digest, Failure> {
    digest_of(manifest, |path| text(dir, path)).map_err(|e| unreadable(dir, &e))
}

/// Writes the program's own pack to a folder that is not there yet or empty, under another name and
/// owner.
///
/// # Errors
/// Something is there; what the disk says.
pub(crate) fn copy_own(dir: &Path, id: &str, owner: &str) -> Result<(), Failure> {
    let taken = fs::read_dir(dir).is_ok_and(|mut all| all.next().is_some());
    if taken {
        let what = format!("`{}` is not an empty folder", dir.display());
        return Err(Failure::usage("target-exists", what, "name a folder that is not there yet"));
    }
    let manifest = renamed(&own_text(MANIFEST).unwrap_or_default(), id, owner);
    // A name that is none is told before anything is written.
    digest_of(&manifest, own_text).map_err(|e| unreadable(dir, &e))?;
    for (path, text) in TEXTS {
        let file = dir.join(path);
        let parent = file.parent().unwrap_or(dir);
        fs::create_dir_all(parent).map_err(|e| Failure::io("create the folder", parent, &e))?;
        let text = if *path == MANIFEST { &manifest } else { *text };
        files::write_whole(&file, text.as_bytes())?;
    }
    Ok(())
}

/// A manifest under another name and owner; what is said above its first field stays away.
fn renamed(manifest: &str, id: &str, owner: &str) -> String {
    // A text in JSON is one in TOML.
    let quoted = |text: &str| Value::from(text).to_string();
    let lines = manifest.lines().filter(|line| !line.starts_with('#'));
    let lines = lines.map(|line| match line.split_once(" = ") {
        Some(("id", _)) => format!("id = {}\n", quoted(id)),
        Some(("owner", _)) => format!("owner = {}\n", quoted(owner)),
        _ => format!("{line}\n"),
    });
    lines.collect()
}

fn text(dir: &Path, path: &str) -> Result<String, String> {
    files::text(&dir.join(path), Kind::Module).map_err(|e| e.problem().what.clone())
}

fn unreadable(dir: &Path, bad: &BadPack) -> Failure {
    let what = format!("`{}`: {bad}", dir.display());
    let hint = match bad {
        BadPack::TooLarge(_) => {
            return Failure::usage("pack-too-large", what, "ask its owner for a smaller one");
        }
        BadPack::Digest { .. } => {
            "ask its owner which is meant; an owner runs `concordat pack make` on the folder"
                .to_owned()
        }
        _ => "compare it with docs/reference/packs.md".to_owned(),
    };
    Failure::usage("bad-pack", what, hint)
}
