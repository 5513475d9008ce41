//! Checks an archive offline: signatures, order, every verdict, budget, duty and lineage, every byte.
//!
//! Pure: [`verify`] takes files by name and gives what it checked, or the first place at which
//! the archive does not hold, and which promise that breaks. [`bundle`] does the same for a bundle.

mod bends;
mod beyond;
pub mod bundle;
mod claimed;
mod covered;
mod fold;
mod log;
mod older;
mod promise;
mod promises;
mod report;
mod seen;
mod tended;

use std::collections::BTreeSet;

use concordat_partnership::act::Genesis;
use concordat_replay::{BadWitnesses, founding, log_key, witness_policy, witnesses_now};
use concordat_terms::Digest;
use concordat_tlog::Checkpoint;
use concordat_tlog::archive::{
    CHECKPOINT, Fault, FaultKind, Files, TILES, checkpoint as signed_by, read as read_log,
};
use concordat_tlog::tile::{Level, TilePath, WIDTH};
use concordat_tlog::trust::Trusted;

use crate::archive::{BLOBS, KEYS, OLDER_SIZES, README, README_TEXTS, VERDICTS, older_size};

use claimed::Claimed;

pub use bends::{Bend, Bound};
pub use covered::Covered;
pub use log::{Folded, refold, refold_told};
pub use promise::Promise;
use promises::Times;
pub use promises::{Clocks, Promised, Unkept, promised};
pub use report::{Account, Broken, ModelLine, Postings, Questioned, Report, Silence, Since};

/// What a reader brings along.
#[derive(Clone, Copy, Default)]
pub struct Reader<'a> {
    /// The genesis id, known from elsewhere; without it, an archive is checked against itself, and
    /// the report says so.
    pub pinned: Option<Digest>,
    /// A checkpoint (a signed note) that was seen before: the log must go on from it.
    pub seen: Option<&'a [u8]>,
    /// From which entry on the report counts apart what came.
    pub since: Option<u64>,
    /// Whether the files are those of a log alone, without what an exporting party adds.
    pub log_alone: bool,
    /// Told how many entries are folded, of how many.
    pub progress: Option<&'a dyn Fn(u64, u64)>,
}

/// Checks an archive, with the genesis id that the reader knows from elsewhere.
///
/// # Errors
/// [`Broken`], the first place at which the archive does not hold.
pub fn verify(files: &impl Files, pinned: Option<Digest>) -> Result<Report, Broken> {
    verify_as(files, Reader { pinned, ..Reader::default() })
}

/// [`verify`], and that the log goes on from a checkpoint (a signed note) that the reader has seen.
///
/// # Errors
/// [`Broken`].
pub fn verify_seen(
    files: &impl Files,
    pinned: Option<Digest>,
    seen: Option<&[u8]>,
) -> Result<Report, Broken> {
    verify_as(files, Reader { pinned, seen, ..Reader::default() })
}

/// [`verify`], with all that a reader may bring along.
///
/// # Errors
/// [`Broken`].
pub fn verify_as(files: &impl Files, reader: Reader<'_>) -> Result<Report, Broken> {
    let Reader { pinned, seen, .. } = reader;
    let count = check_names(files, reader.log_alone)?;
    let (id, genesis) = genesis(files, pinned)?;
    let first = first_bundle(files);
    let unusable =
        |why: BadWitnesses| Broken::of(Promise::Founding, &first, why.to_string()).about(0);
    let key = log_key(&genesis).map_err(unusable)?;
    let checkpoint = read_log(files, &key).map_err(|fault| beyond::told(files, fault))?;
    let held = check_blobs(files)?;
    let since = since(&reader, seen.and_then(Checkpoint::stated_size), checkpoint.size)?;
    let (size, progress) = (checkpoint.size, reader.progress);
    let asked = fold::Asked { size, since, claimed: !reader.log_alone, progress };
    let mut fold = fold::refold(files, &asked)?;
    // What was folded is what was verified, whoever writes to the files meanwhile.
    if fold.replica.root() != checkpoint.root {
        let what = "the files changed while they were read";
        return Err(Broken::of(Promise::Order, CHECKPOINT, what));
    }
    // Whoever counts as a witness now is in the log; nothing is believed by that: the checkpoint is
    // held against them.
    let state = fold.replica.state();
    let now = witnesses_now(state).map_err(unusable)?.zip(state.policy());
    let (policy, witnesses) = match now {
        Some((policy, witnesses)) => (policy, witnesses.clone()),
        None => (witness_policy(&genesis).map_err(unusable)?, genesis.policy.clone()),
    };
    let Trusted { checkpoint: cosigned, cosigned_by, at } = signed_by(files, &key, &policy)?;
    if cosigned != checkpoint {
        let what = "it changed while the log was read: those who cosigned it did so to another log";
        return Err(Broken::of(Promise::Witnessed, CHECKPOINT, what));
    }
    fold.older.end(at)?;
    if let Some(at) = at {
        fold.clock.witnessed(at);
        fold.coverage.witnessed(size, at);
    }
    let seen = seen.map(|seen| seen::goes_on(seen, &fold.replica, &key)).transpose()?;
    if !reader.log_alone {
        let mut claimed = Claimed::of(files, KEYS);
        let differs = fold.keys.iter().find_map(|epoch| claimed.expect(epoch.line().as_bytes()));
        if let Some(at) = differs.or_else(|| claimed.end()) {
            let what = "the key, or its time, is not the one that this fold of the log gives";
            return Err(Broken::of(Promise::Verdicts, KEYS, what).at(at));
        }
    }
    if let Some(stray) = held.iter().find(|digest| !fold.named.contains(digest)) {
        let name = format!("{BLOBS}{stray}");
        return Err(Broken::of(Promise::Blobs, &name, "no entry names this blob"));
    }
    let kept = fold.erased.iter().find(|(digest, _)| held.contains(*digest));
    if let Some((digest, entry)) = kept.filter(|_| !reader.log_alone) {
        let what = format!("the blob was erased by entry {entry}, and is here all the same");
        return Err(Broken::of(Promise::Blobs, &format!("{BLOBS}{digest}"), what).about(*entry));
    }
    let gone = |digest: &&Digest| !held.contains(*digest) && !fold.erased.contains_key(*digest);
    let absent = fold.named.iter().filter(gone).copied().collect();
    if fold.log != Some(id) {
        let what = "another genesis was folded";
        return Err(Broken::of(Promise::Founding, &first, what).about(0));
    }

    let agreement = fold.replica.state().agreement();
    let clocks = Clocks::of(fold.times, (&policy, &cosigned_by), agreement);
    let mut report = Report {
        log: id,
        pinned: pinned.is_some(),
        origin: genesis.origin.clone(),
        size,
        admitted: fold.admitted,
        refused: fold.refused,
        root: checkpoint.root,
        bends: fold.clock.end(),
        covered: fold.coverage.end(),
        cosigned_by,
        checks: Vec::new(),
        accounts: fold.accounts,
        models: fold.models,
        silences: fold.silences,
        questioned: fold.questioned,
        keys: fold.keys,
        in_doubt: fold.in_doubt,
        promises: Vec::new(),
        erased: fold.erased,
        turned_away: fold.turned_away,
        absent,
        since: fold.since,
        clocks,
    };
    let quorum = witnesses.quorum;
    // A key of ML-DSA-44 stands beside its party's, and is checked, and not counted.
    let counts = |name: &str| witnesses.witnesses.iter().any(|party| party.as_str() == name);
    report.check(format!("layout: {count} files, and every one belongs here"));
    report.check(if report.pinned {
        "genesis: entry 0 is the one that you named, signed by all founders".to_owned()
    } else {
        "genesis: entry 0 is signed by all founders; compare its id with one that you trust"
            .to_owned()
    });
    report.check(format!(
        "checkpoint: signed by the log, cosigned by {} of {} witnesses where {quorum} are needed",
        report.cosigned_by.keys().filter(|name| counts(name)).count(),
        witnesses.witnesses.len()
    ));
    report.check(format!("order: {} entries have the signed Merkle root", report.size));
    if let Some(seen) = seen {
        report.check(format!("history: the first {seen} entries are those that you have seen"));
    }
    report.check(format!("blobs: {} have the digests that name them", held.len()));
    report.check(format!(
        "verdicts: {} admitted and {} refused, as this fold of the log gives them",
        fold.admitted, fold.refused
    ));
    let ended = report.keys.iter().filter(|key| key.until.is_some()).count();
    report.check(format!(
        "keys: {} in all, {ended} of them ended; what took effect was signed by keys in their time, {} {} in doubt",
        report.keys.len(),
        report.in_doubt.len(),
        if report.in_doubt.len() == 1 { "entry is" } else { "entries are" },
    ));
    report.check(match fold.records.last() {
        Some(last) => format!(
            "coordinator: its {} recorded digests are those of this fold, the last at entry {last}",
            fold.records.admitted()
        ),
        None => "coordinator: the log is too short for a recorded digest to be due".to_owned(),
    });
    report.check(format!(
        "budgets: {} reservations recomputed, {} accounts within their limits",
        fold.joins,
        report.accounts.len()
    ));
    report.check(format!(
        "duties: {} came about, every one has an owner, and none has vanished",
        fold.duties
    ));
    report.check(format!(
        "lineage: {} models traced to {} versions, each brought by an entry",
        report.models.len(),
        fold.versions
    ));
    report.check(match report.silences.first() {
        Some(longest) => format!(
            "time: {} ticks, none backwards; the longest silence is {} seconds, before entry {}; \
             {} intervals in which more than the agreed skew could have been bent",
            fold.ticks,
            longest.seconds,
            longest.index,
            report.bends.len()
        ),
        None => "time: no ticks yet".to_owned(),
    });
    let widest = report.covered.iter().copied().max_by_key(|own| own.seconds);
    report.check(match widest {
        Some(widest) => format!(
            "older checkpoints: {}, each cosigned by a quorum of its place; by the witnesses' clocks \
             alone, no entry came later than it says by more than {widest}",
            fold.older.count
        ),
        None => "older checkpoints: none counts, since nobody witnesses this log".to_owned(),
    });
    Ok(report)
}

/// Whether every file has a place in the layout; those of the log are checked with the log.
fn check_names(files: &impl Files, log_alone: bool) -> Result<usize, Broken> {
    let names = files.names();
    for name in &names {
        let blob = name.strip_prefix(BLOBS).is_some_and(|rest| rest.parse::<Digest>().is_ok());
        let known = [CHECKPOINT, OLDER_SIZES, VERDICTS, KEYS, README].contains(&name.as_str());
        if !(blob || known || name.starts_with(TILES) || older_size(name).is_some()) {
            let what = "the file does not belong to an archive";
            return Err(Broken::of(Promise::Layout, name, what));
        }
    }
    if log_alone {
        return Ok(names.len());
    }
    let missing = |name| Broken::of(Promise::Layout, name, "the file is missing");
    let readme = files.read(README).ok_or_else(|| missing(README))?;
    let [text, earlier @ ..] = README_TEXTS;
    let known = earlier.iter().any(|earlier| earlier.as_bytes() == readme);
    if let Some(at) = first_difference(text.as_bytes(), &readme).filter(|_| !known) {
        let what = "the text is not the one of this format";
        return Err(Broken::of(Promise::Papers, README, what).at(at));
    }
    for name in [VERDICTS, KEYS] {
        if !names.iter().any(|there| there == name) {
            return Err(missing(name));
        }
    }
    Ok(names.len())
}

/// The entry from which the report counts apart: where the reader said, or where what it has seen
/// ended.
fn since(reader: &Reader<'_>, seen: Option<u64>, size: u64) -> Result<Option<u64>, Broken> {
    match reader.since {
        Some(since) if since > size => {
            let what = format!("the log has {size} entries, and you ask what came since {since}");
            Err(Broken::of(Promise::History, CHECKPOINT, what))
        }
        Some(since) => Ok(Some(since)),
        None => Ok(seen),
    }
}

/// How many signatures are checked at once.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The genesis, once all its founders' signatures hold: what all further trust hangs on.
fn genesis(files: &impl Files, pinned: Option<Digest>) -> Result<(Digest, Genesis), Broken> {
    let name = first_bundle(files);
    let broken = |why: String| Broken::of(Promise::Founding, &name, why).about(0);
    let bundle = files.read(&name).ok_or_else(|| broken("the file is missing".to_owned()))?;
    let entry = bundle
        .split_first_chunk::<2>()
        .and_then(|(length, rest)| rest.get(..usize::from(u16::from_be_bytes(*length))))
        .ok_or_else(|| broken("the first entry is cut short".to_owned()).at(0))?;
    let (id, genesis) = founding(entry).map_err(|halt| broken(halt.to_string()))?;
    match pinned.filter(|pinned| *pinned != id) {
        Some(pinned) => Err(broken(format!("the genesis is `{id}`, not `{pinned}`"))),
        None => Ok((id, genesis)),
    }
}

/// The bundle that holds entry 0: the full one, or whichever partial one there is.
fn first_bundle(files: &impl Files) -> String {
    let full = "tile/entries/000";
    let partial = format!("{full}.p/");
    let names = files.names();
    let found = names.iter().find(|name| *name == full);
    found
        .or_else(|| names.iter().find(|name| name.starts_with(&partial)))
        .cloned()
        .unwrap_or_else(|| full.to_owned())
}

/// The bundle that holds an entry, for blaming it.
fn bundle_of(index: u64, size: u64) -> String {
    let wide = u64::from(WIDTH);
    let width = u16::try_from((size - index / wide * wide).min(wide)).unwrap_or(WIDTH);
    TilePath::new(Level::Entries, index / wide, width).map(|p| p.to_string()).unwrap_or_default()
}

/// The blobs, once it is certain that the name of each is its digest.
fn check_blobs(files: &impl Files) -> Result<BTreeSet<Digest>, Broken> {
    let mut held = BTreeSet::new();
    for name in files.names() {
        let Some(digest) = name.strip_prefix(BLOBS).and_then(|rest| rest.parse().ok()) else {
            continue;
        };
        let found = Digest::of(&files.read(&name).unwrap_or_default());
        if found != digest {
            let what = format!("the bytes have the digest `{found}`");
            return Err(Broken::of(Promise::Blobs, &name, what));
        }
        held.insert(digest);
    }
    Ok(held)
}

/// Where two texts part.
fn first_difference(right: &[u8], found: &[u8]) -> Option<u64> {
    if right == found {
        return None;
    }
    let shorter = right.len().min(found.len());
    let at = right.iter().zip(found).position(|(a, b)| a != b).unwrap_or(shorter);
    Some(at as u64)
}

impl From<Fault> for Broken {
    fn from(fault: Fault) -> Self {
        let promise = match &fault.what {
            FaultKind::Checkpoint(_) => Promise::Witnessed,
            // A file of tiles more or less is an entry more or less.
            _ => Promise::Order,
        };
        Self {
            promise,
            file: fault.file,
            entry: fault.entry,
            offset: fault.offset,
            what: fault.what.to_string(),
        }
    }
}
