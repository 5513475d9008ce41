//! How much memory it takes to verify a log and to serve it, beyond the state of its fold: at two
//! sizes, each in a process of its own, so that what grows with the log shows.

use std::path::Path;
use std::process::Command;

use concordat_coordinator::{Config, Coordinator};
use concordat_store::Store;
use serde::{Deserialize, Serialize};

use super::super::law::weigh;
use super::kept::archived;
use super::served::home;
use super::works::{Works, wrong};
use crate::archive::Folder;
use crate::args::Weigh;
use crate::failure::Failure;
use crate::out::Out;
use crate::verify::{refold, verify};

/// How many bytes a process takes at most beyond the fold's state.
const MOST: u64 = 500 << 20;
/// How many entries are appended at once.
const APPENDED: usize = 1_000;
/// Where a log's archive and a coordinator's home with it are, below its folder.
const ARCHIVE: &str = "archive";
const HOME: &str = "home";

/// What one thing takes, at a smaller size and at a larger one.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Weighed {
    pub(super) what: &'static str,
    pub(super) entries: [u64; 2],
    /// Bytes at most while it is done, beyond what the fold's state takes.
    pub(super) beyond: [u64; 2],
    /// How many more an entry, between the two.
    pub(super) per_entry: f64,
    pub(super) most: u64,
    pub(super) met: bool,
}

/// What a process tells of itself.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Told {
    entries: u64,
    /// Bytes that it takes more than at its beginning: at most, and in the end.
    peak: u64,
    stays: u64,
}

/// Puts the log down as it is now, as an archive and as a coordinator has it.
pub(super) fn put(works: &Works, dir: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(dir).map_err(|e| Failure::io("create the folder", dir, &e))?;
    archived(works, &dir.join(ARCHIVE))?;
    let at = dir.join(HOME);
    home(works, &at)?;
    let fault = |fault: concordat_store::Fault| wrong(fault.to_string());
    let mut store = Store::open(&at.join("store")).map_err(fault)?;
    for text in works.texts() {
        store.put_blob(&text).map_err(fault)?;
    }
    let mut from = 0;
    for batch in works.entries.chunks(APPENDED) {
        store.append(from, batch).map_err(fault)?;
        from += batch.len() as u64;
    }
    store.put_note("checkpoint", &works.checkpoint()?).map_err(fault)
}

/// What verifying and serving take, with the logs that were put down in these two folders. None where
/// the system does not tell.
pub(super) fn weighed(dirs: [&Path; 2]) -> Result<Vec<Weighed>, Failure> {
    let mut rows = Vec::new();
    let (Some(less), Some(more)) = (apart(Weigh::Fold, dirs[0])?, apart(Weigh::Fold, dirs[1])?)
    else {
        return Ok(rows);
    };
    for (what, title) in
        [(Weigh::Verify, "memory to verify it, MiB"), (Weigh::Serve, "memory to serve it, MiB")]
    {
        let (Some(one), Some(other)) = (apart(what, dirs[0])?, apart(what, dirs[1])?) else {
            return Ok(rows);
        };
        let beyond = [one.peak.saturating_sub(less.stays), other.peak.saturating_sub(more.stays)];
        let [small, large] = beyond.map(|bytes| bytes as f64);
        rows.push(Weighed {
            what: title,
            entries: [one.entries, other.entries],
            beyond,
            per_entry: (large - small) / (other.entries - one.entries).max(1) as f64,
            most: MOST,
            met: beyond.iter().all(|bytes| *bytes < MOST),
        });
    }
    Ok(rows)
}

/// Does it in a process of its own.
fn apart(what: Weigh, dir: &Path) -> Result<Option<Told>, Failure> {
    let program = std::env::current_exe().map_err(|e| wrong(e.to_string()))?;
    let mut command = Command::new(program);
    command.args(["bench", "log", "--json", "--weigh", what.as_str(), "--dir"]).arg(dir);
    let done = command.output().map_err(|e| wrong(e.to_string()))?;
    if !done.status.success() {
        return Err(wrong(String::from_utf8_lossy(&done.stderr).trim().to_owned()));
    }
    serde_json::from_slice(&done.stdout).map_err(|e| wrong(e.to_string()))
}

/// Does it here, and tells what it took.
pub(super) fn here(what: Weigh, dir: &Path, out: Out) -> Result<(), Failure> {
    let before = weigh::now();
    let archive = Folder::open(&dir.join(ARCHIVE))?;
    let told = |entries: u64| {
        let (before, now) = before.zip(weigh::now())?;
        let more = |bytes: u64| bytes.saturating_sub(before.resident);
        Some(Told { entries, peak: more(now.peak), stays: more(now.resident) })
    };
    let told = match what {
        Weigh::Fold => {
            let replica = refold(&archive).map_err(|why| wrong(why.what))?;
            told(replica.size())
        }
        Weigh::Verify => {
            let report = archive.said(verify(&archive, None))?;
            told(report.size)
        }
        Weigh::Serve => {
            let running = Coordinator::start(Config::new(dir.join(HOME)))
                .map_err(|problem| wrong(problem.what))?;
            let told = told(running.view().snapshot().size);
            running.stop();
            told
        }
    };
    out.answer(&told, String::new)
}
