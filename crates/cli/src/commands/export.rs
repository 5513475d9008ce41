//! `concordat export`: what this party holds, for anyone to verify.

pub(super) mod bundle;
mod formats;
mod model;
mod older;
mod onnx;

use std::borrow::Cow;

use concordat_node::follow::Follower;
use concordat_replay::{log_key, witnesses_at};
use concordat_store::Reader;
use concordat_terms::{Digest, Timestamp};
use concordat_tlog::note::Unlisted;
use concordat_tlog::{Checkpoint, Note, trust};
use serde::Serialize;

use super::desk::{answered, failure, open_latest};
use crate::archive::{Draft, Rest, Writer, known_lines, tell};
use crate::args::{Export, Exported as What};
use crate::failure::Failure;
use crate::out::Out;

#[derive(Debug, Serialize)]
struct Exported {
    archive: String,
    log: Option<Digest>,
    entries: u64,
    blobs: usize,
    /// Checkpoints beside the one of the size.
    older: usize,
    files: usize,
}

pub(super) fn run(args: &Export, out: Out) -> Result<(), Failure> {
    crate::drafts::removed_on_interrupt(out)?;
    match &args.what {
        Some(What::Bundle(args)) => return bundle::run(args, out),
        Some(What::Catalog(args)) => return formats::catalog(args, out),
        Some(What::Model(args)) => return model::run(args, out),
        Some(What::Onnx(args)) => return onnx::run(args, out),
        Some(What::Lineage(args)) => return formats::lineage(args, out),
        Some(What::Course(args)) => return super::bisect::export(args, out),
        None => {}
    }
    let (Some(folder), Some(home)) = (&args.out, &args.home) else {
        let what = "the folder to write, or the party's folder, is missing".to_owned();
        return Err(Failure::usage("usage", what, "see `concordat export --help`"));
    };
    let draft = Draft::of(folder)?;
    let (_, mut follower) = open_latest(home)?;
    let Latest { size, bytes: checkpoint, at } = latest(&mut follower)?;
    let older = older::fetch(&mut follower, size, out)?;
    let mut writer = Writer::begin(draft)?;
    let store = follower.store().reader().map_err(|fault| failure(fault.problem()))?;
    let have = |digest: &Digest| follower.blob(digest).map_err(|fault| answered(&fault));
    let rest = tell(stored(&store, size), &older, have, |part| writer.part(part))?;
    let older = older::write(&rest, at, &mut writer, out)?;
    let Rest { keys, blobs, erased, absent, .. } = rest;
    for (digest, entry) in &erased {
        out.say(&format!("note: blob {} was erased by entry {entry}", digest.short()));
    }
    for digest in &absent {
        out.say(&format!("note: blob {} cannot be had", digest.short()));
    }
    let (draft, files) = writer.end(&checkpoint, &keys)?;
    draft.whole()?;
    let archive = folder.display().to_string();
    let log = follower.state().log();
    let exported = Exported { archive, log, entries: size, blobs, older, files };
    out.answer(&exported, || {
        let log = exported.log.map(|log| log.to_string()).unwrap_or_default();
        format!("{}: {size} entries, {blobs} blobs\nlog {log}", exported.archive)
    })
}

/// The first `size` entries of a store, a few at a time.
fn stored(
    store: &Reader,
    size: u64,
) -> impl Iterator<Item = Result<Vec<Cow<'static, [u8]>>, Failure>> {
    const PIECE: u64 = 32;
    (0..size.div_ceil(PIECE)).map(move |piece| {
        let from = piece * PIECE;
        let most = usize::try_from(PIECE.min(size - from)).unwrap_or(usize::MAX);
        let entries = store.entries(from, most).map_err(|fault| failure(fault.problem()))?;
        Ok(entries.into_iter().map(Cow::Owned).collect())
    })
}

/// The latest checkpoint with a quorum of cosignatures.
pub(super) struct Latest {
    /// Its entries.
    pub(super) size: u64,
    /// It, with the lines of known keys alone.
    pub(super) bytes: Vec<u8>,
    /// When enough witnesses had cosigned, by their own clocks.
    pub(super) at: Option<Timestamp>,
}

/// Asks for it.
pub(super) fn latest(follower: &mut Follower) -> Result<Latest, Failure> {
    let found = follower.quorum_checkpoint().map_err(|fault| answered(&fault))?;
    let too_few = too_few(follower);
    let Some(trusted) = found else { return Err(too_few) };
    let bytes = follower
        .client()
        .quorum_checkpoint()
        .map_err(|fault| answered(&fault))?
        .ok_or_else(|| too_few.clone())?;
    let genesis = follower.state().genesis().ok_or(too_few)?;
    let distrusted = |why: String| {
        let what = format!("the checkpoint that the coordinator serves: {why}");
        Failure::refused("distrusted-checkpoint", what, "ask the coordinator's operator")
    };
    let log = log_key(genesis).map_err(|e| distrusted(e.to_string()))?;
    let note = Note::parse(&bytes).map_err(|e| distrusted(e.to_string()))?;
    // Others may have been adopted since it was signed.
    let size = Checkpoint::stated_size(&bytes).unwrap_or(u64::MAX);
    let policy = witnesses_at(follower.state(), size).map_err(|e| distrusted(e.to_string()))?;
    let policy = policy.ok_or_else(|| distrusted("nobody witnesses this log".to_owned()))?;
    let note = known_lines(&note, &log, &policy).map_err(|e| distrusted(e.to_string()))?;
    let bytes = note.to_bytes();
    let again = trust::open(&bytes, &log, &policy, Unlisted::Rejected)
        .map_err(|e| distrusted(e.to_string()))?;
    // The second answer may be of a later checkpoint than the first: ours must cover it. One of another
    // history is none that the log moved on to.
    let covered = follower.covers(&bytes).map_err(|fault| answered(&fault))?;
    if !covered || again.checkpoint.size < trusted.checkpoint.size {
        return Err(distrusted("the log moved on meanwhile".to_owned()));
    }
    Ok(Latest { size: again.checkpoint.size, bytes, at: again.at })
}

/// Who has to cosign before anything can be exported, and how.
fn too_few(follower: &Follower) -> Failure {
    let (mut who, mut own) = ("the witnesses".to_owned(), false);
    if let Some(policy) = follower.state().policy() {
        let named: Vec<String> =
            policy.witnesses.iter().map(|party| format!("`{party}`")).collect();
        let count = if policy.quorum as usize == named.len() {
            "all".to_owned()
        } else {
            format!("any {}", policy.quorum)
        };
        who = format!("{count} of {}", named.join(", "));
        own = policy.witnesses.contains(follower.party());
    }
    let here = if own { ", here too," } else { "" };
    Failure::refused(
        "no-quorum",
        format!("no checkpoint has a quorum of cosignatures yet: {who} have to cosign"),
        format!(
            "each of them runs `concordat node --home FOLDER`{here} which verifies the log and \
             cosigns it; export again a moment later"
        ),
    )
}
