//! A new folder, whole or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::failure::Failure;
use crate::{drafts, files};

/// What the answers are called in the folder.
pub(in crate::commands) const ANSWERS: &str = "answers.toml";

/// Nothing is there, or an empty folder.
pub(in crate::commands) fn require_free(folder: &Path) -> Result<(), Failure> {
    let Ok(found) = folder.symlink_metadata() else { return Ok(()) };
    let empty = found.is_dir() && fs::read_dir(folder).is_ok_and(|mut all| all.next().is_none());
    if empty {
        return Ok(());
    }
    let what = format!("`{}` is there already, and not an empty folder", folder.display());
    Err(Failure::usage("target-exists", what, "name a folder that is not there yet"))
}

/// Writes the texts to a folder beside, and gives it its name when all are there.
pub(in crate::commands) fn write(
    folder: &Path,
    texts: &BTreeMap<String, String>,
) -> Result<(), Failure> {
    let made = files::draft(folder, |draft| fs::create_dir(draft));
    let (draft, ()) = made.map_err(|e| Failure::io("create the folder", folder, &e))?;
    let written = texts
        .iter()
        .try_for_each(|(name, text)| files::write_whole(&draft.join(name), text.as_bytes()))
        .and_then(|()| {
            let named = drafts::end(&draft, || fs::rename(&draft, folder));
            named.map_err(|e| Failure::io("create the folder", folder, &e))
        });
    if written.is_err() {
        // Only what was written above can be there: the draft's folder was made new.
        drafts::end(&draft, || fs::remove_dir_all(&draft)).ok();
    }
    written
}
