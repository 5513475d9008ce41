//! What an archive is made of, beside the log that `tlog::archive` lays out.
//!
//! ```text
//! checkpoint        signed by the log and cosigned by a quorum
//! tile/…            entries and hashes (C2SP tlog-tiles)
//! blobs/<digest>    texts that entries name
//! verdicts.jsonl    what the exporting party's own fold said of each entry
//! keys.jsonl        which key signed what, and in which time
//! README.txt        how to check all this, also with other tools
//! ```

mod epochs;
mod load;
mod tell;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use concordat_partnership::Verdict;
use concordat_partnership::act::Signed;
use concordat_terms::Digest;
use concordat_tlog::Envelope;
use concordat_tlog::archive::write;
use concordat_wire::act::decode;

use crate::failure::Failure;
pub use epochs::{Epoch, InDoubt, Signings};
pub use load::load;
pub use tell::{Told, tell};

/// Name of the file with the verdicts, one JSON line an entry.
pub const VERDICTS: &str = "verdicts.jsonl";
/// Name of the file with the keys, one JSON line a key, as [`Signings::lines`] makes them.
pub const KEYS: &str = "keys.jsonl";
/// Below which blobs lie, each named by its digest.
pub const BLOBS: &str = "blobs/";
/// Name of the file for people.
pub const README: &str = "README.txt";
/// What it says. Fixed, so that every byte of an archive is accounted for; `verify` must go on
/// to accept every text that a release wrote.
pub const README_TEXT: &str = include_str!("archive/README.txt");

/// The line of [`VERDICTS`] for one entry, without its newline.
pub fn verdict_line(index: u64, verdict: &Verdict) -> String {
    let word = verdict.refusal().map_or("admitted", |refusal| refusal.code());
    format!("{{\"index\":{index},\"verdict\":\"{word}\"}}")
}

/// The act in an entry, if its bytes are one; signatures are not looked at.
pub fn act_in(entry: &[u8]) -> Option<Signed> {
    decode(Envelope::parse(entry).ok()?.payload()).ok()
}

/// The files of an archive: entries in order, the checkpoint over them verbatim, a verdict for
/// each, the lines about the keys, and the blobs there are.
///
/// # Errors
/// An entry that no tile can hold.
pub fn build(
    entries: &[Vec<u8>],
    checkpoint: &[u8],
    verdicts: &[String],
    keys: &str,
    blobs: BTreeMap<Digest, Vec<u8>>,
) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let mut files = write(entries, checkpoint).map_err(|e| {
        Failure::fault("entry-too-long", e.to_string(), "restore the store from a backup")
    })?;
    let lines: String = verdicts.iter().map(|line| format!("{line}\n")).collect();
    files.insert(VERDICTS.to_owned(), lines.into_bytes());
    files.insert(KEYS.to_owned(), keys.as_bytes().to_vec());
    files.insert(README.to_owned(), README_TEXT.as_bytes().to_vec());
    files.extend(blobs.into_iter().map(|(digest, bytes)| (format!("{BLOBS}{digest}"), bytes)));
    Ok(files)
}

/// Writes an archive as a new folder, whole or not at all.
///
/// # Errors
/// A target that is there already; what the disk says.
pub fn save(target: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<(), Failure> {
    if target.symlink_metadata().is_ok() {
        return Err(Failure::usage(
            "target-exists",
            format!("`{}` is there already", target.display()),
            "name a folder that is not there yet",
        ));
    }
    let made = crate::files::draft(target, |draft| fs::create_dir(draft));
    let (draft, ()) = made.map_err(|e| Failure::io("create the folder", target, &e))?;
    let written = write_files(&draft, files)
        .and_then(|()| fs::rename(&draft, target).map_err(|e| Failure::io("write", target, &e)));
    if written.is_err() {
        // Only what was written above can be there: the draft's folder was made new.
        fs::remove_dir_all(&draft).ok();
    }
    written
}

fn write_files(draft: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<(), Failure> {
    for (name, bytes) in files {
        let path = draft.join(name);
        let dir = path.parent().unwrap_or(draft);
        fs::create_dir_all(dir).map_err(|e| Failure::io("create the folder", dir, &e))?;
        crate::files::write_whole(&path, bytes)?;
    }
    Ok(())
}
