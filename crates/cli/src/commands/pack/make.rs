//! `concordat pack make`: a pack under its digest.

use std::path::Path;

use concordat_agreement::template::with_digest;
use concordat_node::plain::Kind;
use concordat_terms::Digest;
use serde::Serialize;

use super::Named;
use crate::args::PackMake;
use crate::failure::Failure;
use crate::files;
use crate::out::Out;
use crate::playbook::{self, MANIFEST, signature};

#[derive(Debug, Serialize)]
struct Made {
    pack: Named,
    /// Whether a signature beside it is under other texts.
    sign_again: bool,
}

pub(super) fn run(args: &PackMake, out: Out) -> Result<(), Failure> {
    let dir = &args.folder;
    let begins = dir.join(MANIFEST).symlink_metadata().is_err();
    match (&args.id, &args.owner) {
        (Some(id), Some(owner)) if begins => playbook::copy_own(dir, id, owner)?,
        (None, None) if begins => {
            let what = format!("there is no `{MANIFEST}` in `{}`", dir.display());
            let hint = "name the folder of a pack, or begin one with `--id NAME --owner NAME`";
            return Err(Failure::usage("no-such-file", what, hint));
        }
        (None, None) => {}
        _ => {
            let what = format!("`{}` holds a pack already", dir.display());
            let hint = format!("change its name and owner in `{MANIFEST}`");
            return Err(Failure::usage("target-exists", what, hint));
        }
    }
    let path = dir.join(MANIFEST);
    let mut manifest = files::text(&path, Kind::Configuration)?;
    if let Some(version) = &args.release {
        manifest = at_version(&manifest, &version.to_string());
    }
    write(dir, &manifest)?;
    let pack = playbook::in_folder(dir)?;
    let signed = dir.join(signature::FILE).symlink_metadata().is_ok();
    let sign_again = signed && signature::claimed(dir, &pack)?.is_empty();
    let made = Made { pack: Named::of(&pack), sign_again };
    if sign_again {
        let file = dir.join(signature::FILE);
        out.say(&format!("note: `{}` is under other texts: sign again", file.display()));
    }
    out.answer(&made, || made.pack.in_words())
}

/// Writes a manifest with the digest of the texts as they are.
fn write(dir: &Path, manifest: &str) -> Result<(), Failure> {
    // The digest covers the manifest without its own line, which need not be there yet.
    let manifest = with_digest(manifest, &Digest::of(b""));
    let digest = playbook::digest(dir, &manifest)?;
    files::write_whole(&dir.join(MANIFEST), with_digest(&manifest, &digest).as_bytes())
}

/// The manifest with another version: that of its first line that gives one.
fn at_version(manifest: &str, version: &str) -> String {
    let mut done = false;
    let lines = manifest.split_inclusive('\n').map(|line| {
        if done || !line.starts_with("version = ") {
            return line.to_owned();
        }
        done = true;
        format!("version = \"{version}\"\n")
    });
    lines.collect()
}
