//! What a party keeps against whoever signs for the log: a broken promise, two histories. Each is
//! checked by the log's key alone, which the founding statement names. Whoever hands that over may have
//! written it: it is the log's only if the reader knows the log's id.

use std::path::Path;

use concordat_node::follow::judged;
use concordat_node::plain::Kind;
use concordat_replay::log_key;
use concordat_terms::Digest;
use concordat_tlog::Vkey;
use concordat_tlog::fork::Fork;
use concordat_tlog::word::{Kept, Promise};
use serde::Serialize;

use super::{Unkept, unkept};
use crate::args::Verify;
use crate::failure::Failure;
use crate::files;
use crate::founding::Founding;
use crate::out::Out;

#[derive(Debug, Serialize)]
struct Proven {
    /// The genesis id of the log.
    log: Digest,
    /// The entry that is where it was promised to be.
    index: u64,
    kept: bool,
    /// The promised time was not looked at: that takes the log up to the entry.
    time_checked: bool,
}

pub(super) fn run(args: &Verify, out: Out) -> Result<(), Failure> {
    let Some(founding) = &args.founding else {
        let what = "without an archive it takes the log's key: `--founding` is missing";
        let hint = "name the statement that founds the log, or an archive";
        return Err(Failure::usage("usage", what, hint));
    };
    let (name, founding) = (founding.display(), Founding::read(founding)?);
    let id = founding.id();
    match args.log {
        Some(pinned) if pinned != id => {
            let what = format!("`{name}` founds the log `{id}`, not `{pinned}`");
            let hint = "take the founding statement of that log; this evidence is of another";
            return Err(Failure::usage("other-log", what, hint));
        }
        Some(_) => {}
        None => out.say(&format!(
            "note: no `--log` was given: `{name}` founds the log {id}; compare that with one that you trust"
        )),
    }
    let log = log_key(&founding.genesis).map_err(|why| {
        let hint = "name the statement that founds the log";
        Failure::usage("bad-founding", why.to_string(), hint)
    })?;
    if let Some(folder) = &args.fork {
        fork(folder, &log)?;
    }
    for receipt in &args.receipts {
        let bytes = files::bytes(receipt, Kind::Checkpoint)?;
        let promises = Promise::open(&bytes, &log)
            .map_err(|why| unkept(receipt, Unkept::NotIts(why.to_string())))?;
        if let Some(promise) = promises.iter().find(|promise| promise.log != id) {
            let why = format!("it is of the log `{}`", promise.log);
            return Err(unkept(receipt, Unkept::NotIts(why)));
        }
        let proof = files::bytes(&receipt.with_extension("proof"), Kind::Checkpoint)?;
        let (index, judged) = judged(&promises, &proof, &log)
            .map_err(|problem| unkept(receipt, Unkept::NotIts(problem.what)))?;
        if judged == Kept::Broken {
            return Err(unkept(receipt, Unkept::Broken { index }));
        }
        let proven = Proven { log: id, index, kept: true, time_checked: false };
        out.answer(&proven, || {
            let place =
                "where it was promised to be; its time was not checked: that takes an archive";
            format!("receipt: entry {} is {place}", proven.index)
        })?;
    }
    Ok(())
}

/// Two checkpoints that the log's key has signed, and the proof that they are not of one log.
fn fork(folder: &Path, log: &Vkey) -> Result<(), Failure> {
    let read = |name: &str| files::bytes(&folder.join(name), Kind::Checkpoint);
    let (ours, other) = (read("checkpoint-ours")?, read("checkpoint-other")?);
    let proof = files::text(&folder.join("proof"), Kind::Checkpoint)?;
    let checked = Fork::parse(&proof).and_then(|fork| fork.check(&ours, &other, log));
    let (small, large) = checked.map_err(|why| {
        let what = format!("`{}` convicts nobody: {why}", folder.display());
        Failure::usage("bad-evidence", what, "take the files as the node has kept them")
    })?;
    let what = format!(
        "the log's key has signed two histories: its tree of {large} entries does not begin with the \
         one of {small} that it has signed too"
    );
    let hint = "rely on no checkpoint of this log; show the folder to the other parties";
    Err(Failure::refused("two-histories", what, hint))
}
