//! A log that is there: folded again, verified as an archive, and one act of it proved.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use concordat_replay::{Halt, Opened, RECORD_WITHIN, Replica, Roots, Snapshot};
use concordat_store::Store;
use concordat_terms::{ActName, Digest};
use concordat_tlog::merkle::{leaf_hash, verify_inclusion};
use concordat_tlog::tile::{WIDTH, decode_hashes, encode_hashes};
use concordat_tlog::{Frontier, TiledTree};
use serde::Serialize;

use super::machine;
use super::works::{Works, wrong};
use crate::archive::{Draft, Folder, Writer, tell};
use crate::failure::Failure;
use crate::verify::verify;

/// So many entries are measured in turn.
const PIECE: usize = 16_384;

/// How much of what the machine could check was folded.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Replayed {
    pub(super) entries: usize,
    /// The machine's own: signatures checked strictly on all cores, entries a second.
    pub(super) limit_per_second: f64,
    /// Read and checked, and not folded.
    pub(super) read_per_second: f64,
    pub(super) read_of_limit: f64,
    pub(super) read_target: f64,
    /// Folded.
    pub(super) folded_per_second: f64,
    pub(super) folded_of_limit: f64,
    pub(super) folded_target: f64,
    pub(super) met: bool,
    /// What was before the last digest record: a snapshot is made of that.
    #[serde(skip)]
    moment: Option<Replica>,
}

/// Piece by piece, in turn with what the machine needs for the same piece: what else runs on it has its
/// part in both.
pub(super) fn replayed(works: &Works) -> Result<Replayed, Failure> {
    let (entries, threads) = (&works.entries, machine::cores());
    let mut replica = Replica::new();
    for text in works.texts() {
        replica.supply(text);
    }
    let (mut limit, mut read, mut folded) = (0.0, 0.0, 0.0);
    let (mut authors, mut moment) = (0, None);
    // The last digest record is among these; a copy before every other one would be paid for by the fold.
    let ending = (entries.len() as u64).saturating_sub(2 * RECORD_WITHIN);
    for piece in entries.chunks(PIECE) {
        limit += machine::signatures(piece)?;

        let started = Instant::now();
        let step = |replica: &mut Replica, opened: &Opened<'_>| {
            let act = opened.signed().map(|signed| signed.act.name());
            let record = act == Some(ActName::DigestRecord) && replica.size() >= ending;
            let before = record.then(|| replica.clone());
            let verdict = replica.step_opened(opened)?;
            moment = before.filter(|_| verdict.is_admitted()).or(moment.take());
            Ok(())
        };
        let done: Result<(), Halt> = replica.fold_ahead(piece, threads, step);
        folded += started.elapsed().as_secs_f64();
        done.map_err(|halt| wrong(halt.to_string()))?;

        // All keys are known by now.
        let started = Instant::now();
        let count = |_: &mut Replica, opened: &Opened<'_>| {
            authors += usize::from(opened.author().is_some());
            Ok(())
        };
        let done: Result<(), Halt> = replica.fold_ahead(piece, threads, count);
        read += started.elapsed().as_secs_f64();
        done.map_err(|halt| wrong(halt.to_string()))?;
    }
    if replica.state().rolling() != works.rolling() {
        return Err(wrong("the fold gave other verdicts than it was made with"));
    }
    if authors * 2 < entries.len() {
        return Err(wrong("nobody answers for the entries"));
    }
    let rate = |seconds: f64| entries.len() as f64 / seconds.max(f64::MIN_POSITIVE);
    let (limit_per_second, read_per_second) = (rate(limit), rate(read));
    let folded_per_second = rate(folded);

    let (read_target, folded_target) = (0.8, 0.55);
    let (read_of_limit, folded_of_limit) =
        (read_per_second / limit_per_second, folded_per_second / limit_per_second);
    Ok(Replayed {
        entries: entries.len(),
        limit_per_second,
        read_per_second,
        read_of_limit,
        read_target,
        folded_per_second,
        folded_of_limit,
        folded_target,
        met: read_of_limit >= read_target && folded_of_limit >= folded_target,
        moment,
    })
}

/// How long a start takes: from a snapshot, and without one.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Started {
    /// Entries that the snapshot is of.
    pub(super) entries: u64,
    /// Entries that are folded on top of it.
    pub(super) tail: u64,
    /// What of the file is the fold's, bytes.
    pub(super) bytes: usize,
    pub(super) bytes_an_entry: f64,
    /// Made, beside whatever else goes on.
    pub(super) made_seconds: f64,
    /// All entries hashed, the snapshot read, the tail folded.
    pub(super) seconds: f64,
    /// All entries folded.
    pub(super) folded_seconds: f64,
}

/// None, where the log has no digest record to which a snapshot could be held.
pub(super) fn started(works: &Works, replayed: &Replayed) -> Result<Option<Started>, Failure> {
    let Some(moment) = &replayed.moment else { return Ok(None) };
    let key = works.sequencer();
    let started = Instant::now();
    let bytes = moment.snapshot(b"", &key).map_err(|e| wrong(e.to_string()))?;
    let made_seconds = started.elapsed().as_secs_f64();
    let blobs = works.blobs();

    let started = Instant::now();
    let snapshot = Snapshot::read(&bytes, &key.public()).map_err(|e| wrong(e.to_string()))?;
    let at = usize::try_from(snapshot.size()).unwrap_or(usize::MAX);
    let (before, after) = works.entries.split_at_checked(at).unwrap_or_default();
    let mut roots = Roots::default();
    before.iter().for_each(|entry| roots.append(leaf_hash(entry)));
    let next = after.first().map(Vec::as_slice).unwrap_or_default();
    let replica = snapshot.replica(roots, next, |digest| blobs.get(digest).cloned());
    let mut replica = replica.map_err(|e| wrong(e.to_string()))?;
    let step = |replica: &mut Replica, opened: &Opened<'_>| replica.step_opened(opened).map(drop);
    let done: Result<(), Halt> = replica.fold_ahead(after, machine::cores(), step);
    let seconds = started.elapsed().as_secs_f64();
    done.map_err(|halt| wrong(halt.to_string()))?;
    if replica.state().rolling() != works.rolling() {
        return Err(wrong("a start from a snapshot gave other verdicts"));
    }
    Ok(Some(Started {
        entries: snapshot.size(),
        tail: after.len() as u64,
        bytes: bytes.len(),
        bytes_an_entry: bytes.len() as f64 / snapshot.size() as f64,
        made_seconds,
        seconds,
        folded_seconds: replayed.entries as f64 / replayed.folded_per_second,
    }))
}

/// How long it takes to verify an archive.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Verified {
    pub(super) entries: usize,
    pub(super) seconds: f64,
    /// The same for a million entries, were each to take as long.
    pub(super) of_a_million: f64,
    /// The machine's own: signatures, on all cores, of a million.
    pub(super) limit: f64,
    pub(super) target: f64,
    pub(super) met: bool,
}

/// Writes the log as it is now as an archive.
pub(super) fn archived(works: &Works, dir: &Path) -> Result<(), Failure> {
    let checkpoint = works.checkpoint()?;
    let blobs = works.blobs();
    let have = |digest: &Digest| {
        blobs.get(digest).cloned().ok_or_else(|| wrong(format!("blob `{digest}` is not there")))
    };
    let mut writer = Writer::begin(Draft::of(dir)?)?;
    let pieces = works.entries.chunks(32).map(|some| Ok(some.iter().map(Cow::from).collect()));
    let rest = tell(pieces, &BTreeMap::new(), have, |part| writer.part(part))?;
    writer.end(&checkpoint, &rest.keys)?.0.whole()
}

pub(super) fn verified(
    works: &Works,
    replayed: &Replayed,
    dir: &Path,
) -> Result<Verified, Failure> {
    archived(works, dir)?;
    let started = Instant::now();
    let report = verify(&Folder::open(dir)?, None).map_err(|broken| wrong(broken.to_string()))?;
    let seconds = started.elapsed().as_secs_f64();
    if report.size != works.entries.len() as u64 {
        return Err(wrong("another archive was verified"));
    }
    let of_a_million = seconds * 1e6 / works.entries.len() as f64;
    let target = 60.0;
    Ok(Verified {
        entries: works.entries.len(),
        seconds,
        of_a_million,
        limit: 1e6 / replayed.limit_per_second,
        target,
        met: of_a_million <= target,
    })
}

/// How long it takes to prove that one entry is in a log.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Proved {
    pub(super) entries: u64,
    pub(super) proofs: u64,
    /// Made and checked.
    pub(super) mean_us: f64,
    pub(super) max_us: f64,
    /// The machine's own: as many hashes as checking it takes.
    pub(super) limit_us: f64,
    pub(super) target_us: f64,
    pub(super) met: bool,
}

/// The leaves lie on the disk in `dir`, as a coordinator has them.
pub(super) fn proved(entries: u64, dir: &Path) -> Result<Proved, Failure> {
    const PROOFS: u64 = 2_000;
    let leaf = |index: u64| Digest::of(&index.to_be_bytes());
    let (tree, root) = long_log(entries, dir, leaf)?;
    let fault = |fault: concordat_store::Fault| wrong(fault.to_string());
    let store = Store::open(dir).map_err(fault)?;
    let reader = store.reader().map_err(fault)?;
    let mut keeper = |tile: u64| {
        let note = reader.note(&tile.to_string()).ok()??;
        decode_hashes(&note, WIDTH)
    };
    let (mut all, mut longest, mut hashes) = (0.0, 0.0_f64, 0);
    for turn in 0..PROOFS {
        // Numbers as if by chance, the same in every run.
        let index = turn.wrapping_mul(0x9e37_79b9_7f4a_7c15) % entries;
        let started = Instant::now();
        let path = tree.prove_inclusion(index, entries, &mut keeper);
        let path = path.map_err(|e| wrong(e.to_string()))?;
        verify_inclusion(&leaf(index), index, entries, &root, &path)
            .map_err(|e| wrong(e.to_string()))?;
        let took = started.elapsed().as_secs_f64() * 1e6;
        hashes += path.len() + 1;
        all += took;
        longest = longest.max(took);
    }
    let started = Instant::now();
    let mut last = root;
    for _ in 0..hashes {
        last = concordat_tlog::merkle::node_hash(&last, &root);
    }
    let limit_us = started.elapsed().as_secs_f64() * 1e6 / PROOFS as f64;
    if last == root {
        return Err(wrong("a hash stands still"));
    }
    let target_us = 1_000.0;
    let mean_us = all / PROOFS as f64;
    Ok(Proved {
        entries,
        proofs: PROOFS,
        mean_us,
        max_us: longest,
        limit_us,
        target_us,
        met: mean_us < target_us,
    })
}

/// The tree of a log as long as that, whose leaves are put into a store in `dir`, and its root.
fn long_log(
    entries: u64,
    dir: &Path,
    leaf: impl Fn(u64) -> Digest,
) -> Result<(TiledTree, Digest), Failure> {
    const TOGETHER: usize = 256;
    let fault = |fault: concordat_store::Fault| wrong(fault.to_string());
    let mut store = Store::open(dir).map_err(fault)?;
    let (mut tree, mut frontier, mut full) =
        (TiledTree::default(), Frontier::default(), Vec::new());
    for (tile, index) in (0..entries).map(|index| (index / u64::from(WIDTH), index)) {
        frontier.append(leaf(index));
        if let Some(leaves) = tree.append(leaf(index)) {
            full.push((tile.to_string(), encode_hashes(&leaves)));
        }
        if full.len() == TOGETHER || index + 1 == entries {
            let notes: Vec<_> = full.iter().map(|(n, b)| (n.as_str(), b.as_slice())).collect();
            store.append_with_notes(0, &[], &notes).map_err(fault)?;
            full.clear();
        }
    }
    Ok((tree, frontier.root()))
}
