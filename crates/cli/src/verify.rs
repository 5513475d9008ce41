//! Checks an archive offline: signatures, order, every verdict, budget, duty and lineage, every byte.
//!
//! Pure: [`verify`] takes files by name and gives what it checked, or the first place at which
//! the archive does not hold, and which promise that breaks. [`bundle`] does the same for a bundle.

mod bends;
pub mod bundle;
mod fold;
mod promise;
mod promises;
mod report;
mod seen;
mod tended;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use concordat_partnership::act::{Genesis, WitnessPolicy};
use concordat_replay::{
    BadWitnesses, Opened, Replica, founding, log_key, witness_policy, witnesses_now,
};
use concordat_terms::{ActName, Digest};
use concordat_tlog::archive::{
    CHECKPOINT, Fault, FaultKind, Files, TILES, Verified, read as read_log, verify as verify_log,
};
use concordat_tlog::note::Unlisted;
use concordat_tlog::tile::{Level, TilePath, WIDTH};
use concordat_tlog::{Policy, trust};

use crate::archive::{BLOBS, KEYS, README, README_TEXT, VERDICTS};

pub use bends::{Bend, Bound};
pub use promise::Promise;
pub use promises::{Promised, Unkept, promised};
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
    let (log, policy, witnesses) = checked_log(files, &genesis)?;
    let seen = seen.map(|seen| goes_on(seen, &log, (&genesis, &policy), &first_bundle(files)));
    let seen = seen.transpose()?;
    let blobs = read_blobs(files)?;
    let held: BTreeSet<Digest> = blobs.keys().copied().collect();
    let from = since(&reader, seen, log.entries.len() as u64)?;
    let claimed = if reader.log_alone { None } else { files.read(VERDICTS) };
    let fold = fold::refold(&log.entries, blobs, claimed.as_deref(), from, reader.progress)?;
    let keys = files.read(KEYS).filter(|_| !reader.log_alone);
    let keys = keys.and_then(|keys| first_difference(fold.key_lines.as_bytes(), &keys));
    if let Some(at) = keys {
        let what = "the key, or its time, is not the one that this fold of the log gives";
        return Err(Broken::of(Promise::Verdicts, KEYS, what).at(at));
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
        return Err(Broken::of(Promise::Founding, &first_bundle(files), what).about(0));
    }

    let mut report = Report {
        log: id,
        pinned: pinned.is_some(),
        origin: genesis.origin.clone(),
        size: log.checkpoint.size,
        admitted: fold.admitted,
        refused: fold.refused,
        root: log.checkpoint.root,
        bends: fold.clock.end(&log.cosigned_by),
        cosigned_by: log.cosigned_by,
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
    Ok(report)
}

/// Whether every file has a place in the layout; those of the log are checked with the log.
fn check_names(files: &impl Files, log_alone: bool) -> Result<usize, Broken> {
    let names = files.names();
    for name in &names {
        let blob = name.strip_prefix(BLOBS).is_some_and(|rest| rest.parse::<Digest>().is_ok());
        let known = [CHECKPOINT, VERDICTS, KEYS, README].contains(&name.as_str());
        if !(blob || known || name.starts_with(TILES)) {
            let what = "the file does not belong to an archive";
            return Err(Broken::of(Promise::Layout, name, what));
        }
    }
    if log_alone {
        return Ok(names.len());
    }
    let missing = |name| Broken::of(Promise::Layout, name, "the file is missing");
    let readme = files.read(README).ok_or_else(|| missing(README))?;
    if let Some(at) = first_difference(README_TEXT.as_bytes(), &readme) {
        let what = "the text is not the one of this format";
        return Err(Broken::of(Promise::Papers, README, what).at(at));
    }
    for name in [VERDICTS, KEYS] {
        if files.read(name).is_none() {
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

/// The entries of an archive whose log holds: signatures, quorum and order were checked, verdicts
/// were not.
///
/// # Errors
/// [`Broken`].
pub fn entries(files: &impl Files) -> Result<Vec<Vec<u8>>, Broken> {
    let (_, genesis) = genesis(files, None)?;
    Ok(checked_log(files, &genesis)?.0.entries)
}

/// The size of a checkpoint that was seen, once it is certain that the log goes on from it. It may
/// be from before witnesses were adopted, or from after.
fn goes_on(
    checkpoint: &[u8],
    log: &Verified,
    (genesis, now): (&Genesis, &Policy),
    first: &str,
) -> Result<u64, Broken> {
    let unusable =
        |why: BadWitnesses| Broken::of(Promise::Founding, first, why.to_string()).about(0);
    let key = log_key(genesis).map_err(unusable)?;
    let before = witness_policy(genesis).map_err(unusable)?;
    seen::goes_on(checkpoint, &log.entries, &key, now)
        .or_else(|_| seen::goes_on(checkpoint, &log.entries, &key, &before))
}

/// The log, whose checkpoint has the signatures that the genesis asks for, or what was adopted
/// since; and whose those are.
fn checked_log(
    files: &impl Files,
    genesis: &Genesis,
) -> Result<(Verified, Policy, WitnessPolicy), Broken> {
    let unusable = |why: BadWitnesses| {
        Broken::of(Promise::Founding, &first_bundle(files), why.to_string()).about(0)
    };
    let key = log_key(genesis).map_err(unusable)?;
    let read = read_log(files, &key).ok();
    let (policy, witnesses) = match read.as_ref().and_then(|log| adopted(files, &log.entries)) {
        Some(adopted) => adopted,
        None => (witness_policy(genesis).map_err(unusable)?, genesis.policy.clone()),
    };
    // Every byte was read under the log's key: what is left is who cosigned.
    let bytes = files.read(CHECKPOINT).unwrap_or_default();
    let cosigned = trust::open(&bytes, &key, &policy, Unlisted::Rejected).ok();
    let log = match read.zip(cosigned) {
        Some((log, cosigned)) => Verified { cosigned_by: cosigned.cosigned_by, ..log },
        None => verify_log(files, &key, &policy).map_err(Broken::from)?,
    };
    Ok((log, policy, witnesses))
}

/// The witnesses that the log itself adopted last, if it did. Nothing is believed by that: the
/// checkpoint is held against them, and the log is folded again.
fn adopted(files: &impl Files, entries: &[Vec<u8>]) -> Option<(Policy, WitnessPolicy)> {
    if !entries.iter().any(|entry| may_change_witnesses(entry)) {
        return None;
    }
    let mut replica = Replica::new();
    for blob in read_blobs(files).ok()?.into_values() {
        replica.supply(blob);
    }
    let step = |replica: &mut Replica, opened: &Opened<'_>| replica.step_opened(opened).map(drop);
    replica.fold_ahead(entries, cores(), step).ok()?;
    let state = replica.state();
    let witnesses = state.policy()?;
    Some((witnesses_now(state).ok()??, witnesses.clone()))
}

/// Acts that may bring other witnesses, or other keys of theirs.
const CHANGE_WITNESSES: &[ActName] = &[
    ActName::PolicyAdopt,
    ActName::KeyRotate,
    ActName::KeyRegister,
    ActName::KeyRevoke,
    ActName::KeyCompromise,
    ActName::PartyAccede,
];

/// Whether an entry could be such an act, before anything of it is read: one that only mentions it
/// costs a second fold, and nothing else.
fn may_change_witnesses(entry: &[u8]) -> bool {
    let payload = entry.strip_prefix(b"{\"payload\":\"").unwrap_or_default();
    let payload = payload.split(|byte| *byte == b'"').next().unwrap_or_default();
    let payload = STANDARD.decode(payload).unwrap_or_default();
    CHANGE_WITNESSES.iter().any(|act| {
        let name = act.as_str().as_bytes();
        payload.windows(name.len()).any(|window| window == name)
    })
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

/// Every blob, once it is certain that its name is its digest.
fn read_blobs(files: &impl Files) -> Result<BTreeMap<Digest, Vec<u8>>, Broken> {
    let mut blobs = BTreeMap::new();
    for name in files.names() {
        let Some(digest) = name.strip_prefix(BLOBS).and_then(|rest| rest.parse().ok()) else {
            continue;
        };
        let bytes = files.read(&name).unwrap_or_default();
        let found = Digest::of(&bytes);
        if found != digest {
            let what = format!("the bytes have the digest `{found}`");
            return Err(Broken::of(Promise::Blobs, &name, what));
        }
        blobs.insert(digest, bytes);
    }
    Ok(blobs)
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
