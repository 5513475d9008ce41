//! `concordat verify`.

mod evidence;

use std::path::Path;

use concordat_node::plain::Kind;

use crate::archive;
use crate::args::Verify;
use crate::failure::Failure;
use crate::files::bytes;
use crate::out::Out;
use crate::verify::{Unkept, promised, verify_seen};
use crate::width::wrapped;

pub(super) fn run(args: &Verify, out: Out) -> Result<(), Failure> {
    let Some(archive) = &args.archive else { return evidence::run(args, out) };
    let files = archive::load(archive)?;
    let seen = args.seen.as_deref().map(|path| bytes(path, Kind::Checkpoint)).transpose()?;
    let mut report = verify_seen(&files, args.log, seen.as_deref()).map_err(|broken| {
        let hint = "do not rely on this archive; ask another party for its own";
        Failure::refused("not-verified", broken.to_string(), hint)
    })?;
    for receipt in &args.receipts {
        let told = promised(&files, &bytes(receipt, Kind::Checkpoint)?, &report.cosigned_by);
        report.promises.push(told.map_err(|why| unkept(receipt, why))?);
    }
    if !report.pinned {
        out.say("note: no `--log` was given: compare the log's id with one that you trust");
    }
    out.answer(&report, || {
        let lines: Vec<String> = report.to_string().lines().map(|l| wrapped(l, 6)).collect();
        lines.join("\n")
    })
}

/// What is wrong with a receipt, or with whoever gave it.
fn unkept(receipt: &Path, why: Unkept) -> Failure {
    let name = receipt.display();
    match why {
        Unkept::NotIts(why) => {
            let what = format!("`{name}` says nothing about this log: {why}");
            Failure::usage("bad-receipt", what, "take the receipt as it was kept, and its own log")
        }
        Unkept::Unread(broken) => {
            let hint = "do not rely on this archive; ask another party for its own";
            Failure::refused("not-verified", broken.to_string(), hint)
        }
        Unkept::Broken(promise) => Failure::refused(
            "promise-broken",
            format!(
                "`{name}` promised entry {} as `{}`, and the log's key has signed another there",
                promise.index,
                promise.leaf.short()
            ),
            "show receipt and archive to the other parties: whoever signs for the log broke its word",
        ),
        Unkept::Overdue(promise, seen) => Failure::refused(
            "promise-overdue",
            format!(
                "`{name}` promised entry {} at {}, and at {seen} no witness had seen it",
                promise.index, promise.time
            ),
            "ask the operator for a later checkpoint; show the receipt to the other parties",
        ),
    }
}
