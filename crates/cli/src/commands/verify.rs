//! `concordat verify`.

mod evidence;

use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;

use concordat_node::plain::Kind;
use concordat_tlog::archive::{CHECKPOINT, Files as _};
use concordat_tlog::{Checkpoint, Receipt};

use crate::archive::Folder;
use crate::args::Verify;
use crate::bundle::load_bundle;
use crate::failure::Failure;
use crate::fetched::{fetch, is_address};
use crate::files::bytes;
use crate::out::Out;
use crate::verify::{Reader, Unkept, bundle, promised, verify_as};
use crate::width::wrapped;

pub(super) fn run(args: &Verify, out: Out) -> Result<(), Failure> {
    let Some(what) = args.what.as_deref() else { return evidence::run(args, out) };
    let (since, file) = match args.since.as_deref() {
        None => (None, args.seen.as_deref()),
        Some(since) => match since.parse::<u64>() {
            Ok(size) => (Some(size), None),
            Err(_) => (None, Some(Path::new(since))),
        },
    };
    let seen = file.map(|path| bytes(path, Kind::Checkpoint)).transpose()?.map(in_proof);
    let told = Told { terminal: io::stderr().is_terminal() };
    let path = Path::new(what);
    let log_alone = is_address(what);
    if !log_alone && is_bundle(path) {
        let files = load_bundle(path)?;
        if since.is_some() {
            let what = "a bundle shows a part: there is nothing to count since an entry";
            return Err(Failure::usage("usage", what, "name a checkpoint, or an archive"));
        }
        if !args.receipts.is_empty() {
            let what = "a bundle shows a part: no receipt is held against it";
            return Err(Failure::usage("usage", what, "name an archive, or `--founding` instead"));
        }
        let report =
            bundle::verify(&files, args.log, seen.as_deref()).map_err(Failure::not_verified)?;
        unpinned(report.pinned, out);
        return out.answer(&report, || shown(&report.to_string()));
    }
    let fetched = match log_alone {
        true => Some(fetch(what, |at, of| told.tell("fetched", at, of), |_| None)?),
        false => None,
    };
    let folder = Folder::open(fetched.as_ref().map_or(path, |fetched| fetched.path()))?;
    if let Some(since) = since {
        within(since, &folder)?;
    }
    let progress = |at, of| told.tell("folded", at, of);
    let reader = Reader {
        pinned: args.log,
        seen: seen.as_deref(),
        since,
        log_alone,
        progress: Some(&progress),
    };
    let report = verify_as(&folder, reader);
    told.done();
    let mut report = folder.said(report)?;
    for receipt in &args.receipts {
        let bytes = bytes(receipt, Kind::Checkpoint)?;
        let kept = promised(&folder, report.size, &bytes, &report.clocks);
        report.promises.extend(kept.map_err(|why| unkept(receipt, why))?);
    }
    unpinned(report.pinned, out);
    out.answer(&report, || shown(&report.to_string()))
}

/// That a log can have been counted since an entry. By what its checkpoint says alone: whether it holds, is
/// asked afterwards.
fn within(since: u64, folder: &Folder) -> Result<(), Failure> {
    let size = folder.read(CHECKPOINT).and_then(|note| Checkpoint::stated_size(&note));
    let Some(size) = size.filter(|size| since > *size) else { return Ok(()) };
    let what = format!("the archive has {size} entries, and `--since` names entry {since}");
    let hint = format!("name one up to {size}; if the log is longer by now, take a later archive");
    Err(Failure::usage("since-beyond-log", what, hint))
}

/// The checkpoint in a proof that somebody keeps with a receipt; what is no proof, as it is.
fn in_proof(bytes: Vec<u8>) -> Vec<u8> {
    Receipt::parse(&bytes).map_or(bytes, |proof| proof.checkpoint.into_bytes())
}

fn unpinned(pinned: bool, out: Out) {
    if !pinned {
        out.say("note: no `--log` was given: compare the log's id with one that you trust");
    }
}

fn shown(report: &str) -> String {
    report.lines().map(|line| wrapped(line, 6)).collect::<Vec<_>>().join("\n")
}

/// Whether it is a file, or a folder into which a bundle was unpacked.
fn is_bundle(path: &Path) -> bool {
    path.is_file() || path.join(crate::bundle::INDEX).is_file()
}

/// How far it is, for a person who waits.
struct Told {
    terminal: bool,
}

impl Told {
    fn tell(&self, what: &str, at: u64, of: u64) {
        if self.terminal {
            let mut stderr = io::stderr().lock();
            write!(stderr, "\r{what} {at} of {of} entries").and_then(|()| stderr.flush()).ok();
        }
    }

    fn done(&self) {
        if self.terminal {
            write!(io::stderr().lock(), "\r{:40}\r", "").ok();
        }
    }
}

/// What is wrong with a receipt, or with whoever gave it.
fn unkept(receipt: &Path, why: Unkept) -> Failure {
    let name = receipt.display();
    match why {
        Unkept::NotIts(why) => {
            let what = format!("`{name}` says nothing about this log: {why}");
            Failure::usage("bad-receipt", what, "take the receipt as it was kept, and its own log")
        }
        Unkept::Unread(broken) => Failure::not_verified(broken),
        Unkept::Broken { index } => Failure::refused(
            "promise-broken",
            format!("`{name}` promised entry {index}, and the log's key has signed another there"),
            "show receipt and archive to the other parties: whoever signs for the log broke its word",
        ),
        Unkept::Retimed { index, promised, there } => Failure::refused(
            "promise-broken",
            format!(
                "`{name}` promised entry {index} at {promised}, and the log's time there is {there}"
            ),
            "show receipt and archive to the other parties: whoever signs for the log broke its word",
        ),
        Unkept::Overdue { index, time, seen } => Failure::refused(
            "promise-overdue",
            format!(
                "`{name}` promised entry {index} at {time}, and at {seen} a quorum had not seen it"
            ),
            "ask the operator for a later checkpoint; show the receipt to the other parties",
        ),
    }
}
