//! After a restore: nothing is signed before it is known what the witnesses cosigned last.
//!
//! A backup is older than the log was. What was acknowledged and cosigned after it is not in it, and
//! whoever signed another history of the same length would be caught, and rightly. So a restored
//! store has a note, and a coordinator that finds it asks for the last checkpoint of so many
//! witnesses that those who are silent could not have made up a quorum: as files in the folder
//! `witnessed` of its home.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use concordat_replay::{Replica, witnesses_at, witnesses_now};
use concordat_terms::Problem;
use concordat_tlog::note::Unlisted;
use concordat_tlog::{Checkpoint, Note, Policy, Vkey};
use serde::{Deserialize, Serialize};

use crate::problem::unusable;

/// The note of a store that was restored and not yet compared.
pub const RESTORED: &str = "restored";

/// What the note says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Restored {
    /// Entries of the backup.
    pub entries: u64,
}

/// The folder of a home where the witnesses' checkpoints are put.
const WITNESSED: &str = "witnessed";

/// Compares the log with what witnesses cosigned: the signed notes in the folder `witnessed`. `kept` are the
/// notes in the backup itself: what a witness cosigned last is no less than what it is known by them to have
/// cosigned.
pub(crate) fn compare(replica: &Replica, kept: &[Vec<u8>], home: &Path) -> Result<(), Problem> {
    let folder = home.join(WITNESSED);
    let policy = witnesses_now(replica.state()).ok().flatten().ok_or_else(|| {
        unusable("log-restored", "the log names no witnesses", "restore another backup")
    })?;
    let mut heard: BTreeMap<String, (u64, PathBuf)> = BTreeMap::new();
    for path in files(&folder)? {
        let bytes = fs::read(&path).map_err(|e| {
            let what = format!("cannot read `{}`: {e}", path.display());
            unusable("home-io", what, "give the user that runs this process access to it")
        })?;
        let Cosigned { size, by } = cosigned(replica, &path, &bytes)?;
        for name in by {
            let most = heard.entry(name).or_insert_with(|| (size, path.clone()));
            if most.0 < size {
                *most = (size, path.clone());
            }
        }
    }
    no_less_than_known(replica, kept, &heard)?;
    let names = policy.witnesses().iter().map(|witness| witness.name.clone());
    let silent: BTreeSet<String> = names.filter(|name| !heard.contains_key(name)).collect();
    if silent.is_empty() || !policy.satisfied(&silent) {
        return Ok(());
    }
    let silent: Vec<String> = silent.into_iter().collect();
    Err(unusable(
        "log-restored",
        format!(
            "the log was restored from a backup of {} entries, and it is not known what `{}` \
             cosigned last",
            replica.state().index(),
            silent.join("`, `")
        ),
        format!("put the last checkpoint that each cosigned into `{}`", folder.display()),
    ))
}

/// That none is heard with a smaller tree than the backup knows it to have cosigned: that is not its last.
fn no_less_than_known(
    replica: &Replica,
    kept: &[Vec<u8>],
    heard: &BTreeMap<String, (u64, PathBuf)>,
) -> Result<(), Problem> {
    // What the backup has of no use here says nothing against a note.
    for Cosigned { size, by } in
        kept.iter().filter_map(|bytes| cosigned(replica, Path::new("store"), bytes).ok())
    {
        for name in by {
            let Some((said, path)) = heard.get(&name).filter(|(said, _)| *said < size) else {
                continue;
            };
            let what = format!(
                "`{}` is not what `{name}` cosigned last: it is of {said} entries, and the backup has its \
                 cosignature of {size}",
                path.display()
            );
            return Err(unusable("bad-witnessed", what, "ask the witness for its last one"));
        }
    }
    Ok(())
}

/// A checkpoint of the restored log, and the witnesses under it.
struct Cosigned {
    size: u64,
    by: BTreeSet<String>,
}

/// The witnesses under this note, all of whose tree is in the restored log. Whose line it is, the keys of its
/// size say: a party may have another key now.
fn cosigned(replica: &Replica, path: &Path, bytes: &[u8]) -> Result<Cosigned, Problem> {
    let bad = |why: String| {
        let what = format!("`{}` is no checkpoint that a witness cosigned: {why}", path.display());
        unusable("bad-witnessed", what, "ask the witness for it once more")
    };
    let note = Note::parse(bytes).map_err(|e| bad(e.to_string()))?;
    let checkpoint = Checkpoint::parse(note.text()).map_err(|e| bad(e.to_string()))?;
    let origin = replica.state().genesis().map(|genesis| genesis.origin.as_str());
    if origin != Some(checkpoint.origin.as_str()) {
        return Err(bad(format!("it is of the log `{}`", checkpoint.origin)));
    }
    let policy = witnesses_at(replica.state(), checkpoint.size).map_err(|e| bad(e.to_string()))?;
    let policy = policy.unwrap_or_else(Policy::nobody);
    let vkeys: Vec<&Vkey> = policy.witnesses().iter().map(|witness| &witness.vkey).collect();
    let signed = note.verify(vkeys, Unlisted::Ignored).map_err(|e| bad(e.to_string()))?;
    let by = policy.witnesses().iter().filter(|w| signed.iter().any(|s| *s.key == w.vkey));
    let by: BTreeSet<String> = by.map(|witness| witness.name.clone()).collect();
    if by.is_empty() {
        return Err(bad("no witness of the log has signed it".to_owned()));
    }
    let (size, length) = (checkpoint.size, replica.state().index());
    match replica.root_at(size) {
        Some(root) if root == checkpoint.root => Ok(Cosigned { size, by }),
        None => Err(unusable(
            "log-behind",
            format!("a witness cosigned {size} entries, and the backup has {length}"),
            "restore a newer backup: the parties' nodes have what was logged after this one",
        )),
        Some(_) => Err(unusable(
            "log-differs",
            format!("a witness cosigned another tree of {size} entries than the backup has"),
            "restore another backup, and compare with the witnesses again",
        )),
    }
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let listed = fs::read_dir(folder)
        .and_then(|items| items.map(|item| item.map(|item| item.path())).collect());
    let mut files: Vec<PathBuf> = listed.map_err(|e: std::io::Error| {
        let what = format!("cannot list `{}`: {e}", folder.display());
        unusable("home-io", what, "give the user that runs this process access to it")
    })?;
    files.sort();
    Ok(files)
}
