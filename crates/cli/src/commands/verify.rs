//! `concordat verify`.

use concordat_node::plain::Kind;

use crate::archive;
use crate::args::Verify;
use crate::failure::Failure;
use crate::files::bytes;
use crate::out::Out;
use crate::verify::verify_seen;
use crate::width::wrapped;

pub(super) fn run(args: &Verify, out: Out) -> Result<(), Failure> {
    let files = archive::load(&args.archive)?;
    let seen = args.seen.as_deref().map(|path| bytes(path, Kind::Checkpoint)).transpose()?;
    let report = verify_seen(&files, args.log, seen.as_deref()).map_err(|broken| {
        let hint = "do not rely on this archive; ask another party for its own";
        Failure::refused("not-verified", broken.to_string(), hint)
    })?;
    if !report.pinned {
        out.say("note: no `--log` was given: compare the log's id with one that you trust");
    }
    out.answer(&report, || {
        let lines: Vec<String> = report.to_string().lines().map(|l| wrapped(l, 6)).collect();
        lines.join("\n")
    })
}
