//! Packs of templates: the one that comes with the program, and those in folders.

use std::path::Path;

use concordat_agreement::template::{BadPack, Pack};
use concordat_node::plain::Kind;

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
const MANIFEST: &str = "pack.toml";

/// The program's own pack.
///
/// # Errors
/// A fault: the program was built of texts that do not fit.
pub(crate) fn own() -> Result<Pack, Failure> {
    let text = |path: &str| {
        let found = TEXTS.iter().find(|(name, _)| *name == path);
        found.map(|(_, text)| (*text).to_owned()).ok_or_else(|| "it is not there".to_owned())
    };
    let manifest = text(MANIFEST).unwrap_or_default();
    Pack::read(&manifest, text).map_err(|e| {
        Failure::fault("bad-pack", e.to_string(), "report this with the command that you ran")
    })
}

/// A pack in a folder.
///
/// # Errors
/// No such folder, or a pack whose texts are not those that its digest is of.
pub(crate) fn in_folder(dir: &Path) -> Result<Pack, Failure> {
    let manifest = files::text(&dir.join(MANIFEST), Kind::Configuration)?;
    let read = Pack::read(&manifest, |path| {
        files::text(&dir.join(path), Kind::Module).map_err(|e| e.problem().what.clone())
    });
    read.map_err(|e| {
        let what = format!("`{}`: {e}", dir.display());
        let hint = match &e {
            BadPack::TooLarge(_) => {
                return Failure::usage("pack-too-large", what, "ask its owner for a smaller one");
            }
            BadPack::Digest { found, .. } => {
                format!("ask its owner which is meant; an owner writes `digest = \"{found}\"`")
            }
            _ => "compare it with docs/reference/packs.md".to_owned(),
        };
        Failure::usage("bad-pack", what, hint)
    })
}
