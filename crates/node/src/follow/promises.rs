//! What the coordinator promised this party, and whether it keeps its word.
//!
//! ```text
//! receipts/<act>.receipt        a promise, until the log was followed beyond its entry
//! receipts/kept/<act>.receipt   one that was kept
//! receipts/kept/<act>.proof     and the proof of it (C2SP tlog-proof), once a quorum has cosigned
//! evidence/<act>.receipt        a promise that was broken
//! evidence/<act>.proof          and the proof of the entry that is in its place: another, or the same at another time
//! ```
//!
//! All below the store. A promise is a signed note: it is evidence by itself, whoever holds it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use concordat_replay::{log_key, witnesses_at};
use concordat_terms::{Digest, Problem, Timestamp};
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::word::{Kept, Promise};
use concordat_tlog::{Checkpoint, Receipt as Proof, Tree, Vkey};
use concordat_wire::api::{Receipt, Receipts};

use super::{Follower, read_note};
use crate::client::{Fault, id_of};
use crate::home::{make_dir, sync_name, unwritable, write_whole};
use crate::plain::{Kind, read_text};
use crate::problems::problem;

const FOLDER: &str = "receipts";
const KEPT: &str = "receipts/kept";
const RECEIPT: &str = "receipt";
const PROOF: &str = "proof";
/// The note that says that a promise was broken.
const BROKEN: &str = "promise-broken";
/// How many proofs are asked for in one go.
const PROOFS_AT_ONCE: usize = 16;
/// How many entries are read at once.
const READ: usize = 1_000;

/// What was promised of an act, and of those that were sent with it, as it lies in a folder.
struct Held {
    id: Digest,
    path: PathBuf,
    promises: Vec<Promise>,
    bytes: String,
}

impl Follower {
    /// Keeps what was promised for these envelopes. Without a promise for each nothing says that it will
    /// stay where the answer says it is.
    ///
    /// # Errors
    /// A [`Problem`]: no promise for one of them, or one that is not the log's or is of another entry;
    /// the disk. What was promised for the others is kept all the same.
    pub fn keep_promises(&self, envelopes: &[Vec<u8>], receipts: &Receipts) -> Result<(), Problem> {
        let asked = envelopes.iter().map(|bytes| (id_of(bytes), Some(leaf_hash(bytes))));
        self.keep_each(asked, receipts)
    }

    /// Keeps what was promised for a payload that others have signed as well: only who put the
    /// signatures together knows the bytes that were logged.
    ///
    /// # Errors
    /// As [`Follower::keep_promises`].
    pub(crate) fn keep_promise_of(
        &self,
        payload: &[u8],
        receipts: &Receipts,
    ) -> Result<(), Problem> {
        self.keep_each([(Digest::of(payload), None)], receipts)
    }

    fn keep_each(
        &self,
        asked: impl IntoIterator<Item = (Digest, Option<Digest>)>,
        receipts: &Receipts,
    ) -> Result<(), Problem> {
        let Some(log) = self.log_key()? else { return Ok(()) };
        let (mut opened, mut unfit) = (Vec::new(), None);
        for bytes in &receipts.promises {
            match Promise::open(bytes.as_bytes(), &log) {
                Ok(promises) => opened.push((promises, bytes)),
                Err(why) => unfit = Some(bad(&why.to_string())),
            }
        }
        let mut told = receipts.receipts.iter();
        let kept = asked.into_iter().map(|(id, leaf)| {
            let receipt = told.next();
            let promised = receipt.and_then(|receipt| {
                opened.iter().find_map(|(promises, bytes)| {
                    let promise = promises.iter().find(|one| one.index == receipt.index)?;
                    Some((receipt, promise, bytes))
                })
            });
            let Some((receipt, promise, bytes)) = promised else {
                return Err(unfit.clone().unwrap_or_else(|| no_promise(&id)));
            };
            self.keep_promise((id, leaf), receipt, promise, bytes)
        });
        // All of them, and then the first that is missing or bad.
        let kept: Vec<Result<(), Problem>> = kept.collect();
        kept.into_iter().collect()
    }

    /// Keeps one promise, for the act of this id and, where it is known, this leaf.
    fn keep_promise(
        &self,
        (id, leaf): (Digest, Option<Digest>),
        receipt: &Receipt,
        promise: &Promise,
        bytes: &str,
    ) -> Result<(), Problem> {
        let of_act = receipt.id == id && leaf.is_none_or(|leaf| promise.leaf == leaf);
        let of_log = promise.log == self.log;
        if !of_act || !of_log || (leaf.is_none() && !self.may_be_of(&id, promise)?) {
            return Err(bad("it is of another act or log than the receipt"));
        }
        make_dir(&self.dir.join(FOLDER))?;
        write_whole(&self.dir.join(FOLDER).join(format!("{id}.{RECEIPT}")), bytes.as_bytes())
    }

    /// Whether the promise of a leaf that nobody here can compute may be of this act: an entry that is
    /// here already was promised to somebody else, if it is of another.
    fn may_be_of(&self, id: &Digest, promise: &Promise) -> Result<bool, Problem> {
        let entry = self.store.entry(promise.index).map_err(|fault| fault.problem())?;
        let entry = entry.filter(|_| promise.index < self.replica.size());
        Ok(entry.is_none_or(|entry| id_of(&entry) == *id))
    }

    /// Compares what was promised with the log as far as it was followed. A promise that was kept is put
    /// aside; one that was broken is kept with the proof of it, and this party vouches for the log no
    /// more.
    ///
    /// # Errors
    /// A [`Problem`]: the disk.
    pub fn check_promises(&mut self) -> Result<(), Problem> {
        let Some(log) = self.log_key()? else { return Ok(()) };
        let held: Vec<Held> = read_all(receipts_in(&self.dir.join(FOLDER))?, &log).collect();
        let places = held.iter().flat_map(|held| held.promises.iter().map(|one| one.index));
        let times = self.times_of(places.collect::<BTreeSet<_>>()).map_err(|f| f.problem())?;
        for held in held {
            self.check_promise(held, &times)?;
        }
        Ok(())
    }

    /// Each of what was promised together is compared as soon as it was followed, and the note is put
    /// aside once all of it was.
    fn check_promise(
        &mut self,
        held: Held,
        times: &BTreeMap<u64, Timestamp>,
    ) -> Result<(), Problem> {
        let (mut own, mut waits) = (None, false);
        for Promise { index, leaf, time, .. } in &held.promises {
            let entry = self.store.entry(*index).map_err(|fault| fault.problem())?;
            let Some(entry) = entry.filter(|_| *index < self.replica.size()) else {
                waits = true;
                continue;
            };
            if leaf_hash(&entry) != *leaf {
                let what = format!("entry {index}, and put another there");
                return self.break_promise(&held, (*index, &entry), &what);
            }
            if let Some(there) = times.get(index).filter(|there| *there != time) {
                let what = format!("entry {index} at {time}, and gave it the time {there}");
                return self.break_promise(&held, (*index, &entry), &what);
            }
            own = own.or_else(|| (id_of(&entry) == held.id).then_some(*index));
        }
        if waits {
            return Ok(());
        }
        if own.is_none() {
            tracing::warn!(act = %held.id, "what was promised in answer to this act is of others");
        }
        make_dir(&self.dir.join(KEPT))?;
        let kept = self.dir.join(KEPT).join(format!("{}.{RECEIPT}", held.id));
        let renamed = fs::rename(&held.path, &kept).and_then(|()| sync_name(&kept));
        renamed.map_err(|e| unwritable(&kept, &e))?;
        if let (Some(bare), Some(index)) = (&mut self.bare, own) {
            bare.insert(held.id, index);
        }
        Ok(())
    }

    fn break_promise(
        &mut self,
        held: &Held,
        (index, entry): (u64, &[u8]),
        what: &str,
    ) -> Result<(), Problem> {
        let found = problem(
            "promise-broken",
            format!("the sequencer promised, with act `{}`, {what}", held.id),
            format!(
                "show `{0}.receipt` and `{0}.proof` in `{1}` to the other parties",
                held.id,
                self.evidence.display()
            ),
        );
        make_dir(&self.evidence)?;
        let evidence = |kind: &str| self.evidence.join(format!("{}.{kind}", held.id));
        write_whole(&evidence(RECEIPT), held.bytes.as_bytes())?;
        if let Some(proof) = self.own_proof(index, entry)? {
            write_whole(&evidence(PROOF), proof.to_string().as_bytes())?;
        }
        let bytes = serde_json::to_vec(&found).unwrap_or_default();
        self.store.put_note(BROKEN, &bytes).map_err(|fault| fault.problem())?;
        fs::remove_file(&held.path).map_err(|e| unwritable(&held.path, &e))?;
        self.broken = Some(found);
        Ok(())
    }

    /// The place of an entry in the checkpoint that is held, by this party's own copy of the log.
    fn own_proof(&self, index: u64, entry: &[u8]) -> Result<Option<Proof>, Problem> {
        let Some(checkpoint) = &self.checkpoint else { return Ok(None) };
        let tree = self.tree()?;
        let path = tree.prove_inclusion(index, self.replica.size()).unwrap_or_default();
        let extra = Some(leaf_hash(entry).0.to_vec());
        let checkpoint = String::from_utf8_lossy(checkpoint).into_owned();
        Ok(Some(Proof { extra, index, path, checkpoint }))
    }

    /// The tree over all that was followed.
    pub(super) fn tree(&self) -> Result<Tree, Problem> {
        let mut tree = Tree::default();
        loop {
            let entries = self.store.entries(tree.size(), READ).map_err(|fault| fault.problem())?;
            let left = self.replica.size().saturating_sub(tree.size());
            let left = usize::try_from(left).unwrap_or(usize::MAX);
            if entries.is_empty() || left == 0 {
                return Ok(tree);
            }
            entries.iter().take(left).for_each(|entry| tree.append(leaf_hash(entry)));
        }
    }

    /// Acts of this party whose promise was kept and whose proof is not here yet: some of them, where
    /// they are many.
    ///
    /// # Errors
    /// A [`Problem`]: the disk.
    pub fn unproven(&mut self) -> Result<Vec<(Digest, u64)>, Problem> {
        let Some(log) = self.log_key()? else { return Ok(Vec::new()) };
        let bare = match self.bare.take() {
            Some(bare) => bare,
            None => self.read_bare(&log)?,
        };
        let bare = self.bare.insert(bare);
        Ok(bare.iter().take(PROOFS_AT_ONCE).map(|(id, index)| (*id, *index)).collect())
    }

    /// The promises that were kept and whose proof is not here, with their places. What is proven is not
    /// opened.
    fn read_bare(&self, log: &Vkey) -> Result<BTreeMap<Digest, u64>, Problem> {
        let kept = receipts_in(&self.dir.join(KEPT))?.into_iter();
        let kept = kept.filter(|path| !path.with_extension(PROOF).exists());
        let mut bare = BTreeMap::new();
        for held in read_all(kept, log) {
            for Promise { index, .. } in held.promises {
                let entry = self.store.entry(index).map_err(|fault| fault.problem())?;
                if entry.is_some_and(|entry| id_of(&entry) == held.id) {
                    bare.insert(held.id, index);
                }
            }
        }
        Ok(bare)
    }

    /// Keeps the proof of an act whose promise was kept, if a quorum of the witnesses vouches for it.
    ///
    /// # Errors
    /// A [`Problem`]: the disk.
    pub fn keep_proof(&mut self, id: &Digest, bytes: &[u8]) -> Result<bool, Problem> {
        let (Some(log), Ok(proof)) = (self.log_key()?, Proof::parse(bytes)) else {
            return Ok(false);
        };
        let size = Checkpoint::stated_size(proof.checkpoint.as_bytes()).unwrap_or(u64::MAX);
        let Ok(Some(policy)) = witnesses_at(self.state(), size) else { return Ok(false) };
        let entry = self.store.entry(proof.index).map_err(|fault| fault.problem())?;
        let Some(entry) = entry.filter(|_| proof.index < self.replica.size()) else {
            return Ok(false);
        };
        if id_of(&entry) != *id || proof.verify(&entry, &log, &policy).is_err() {
            return Ok(false);
        }
        write_whole(&self.dir.join(KEPT).join(format!("{id}.{PROOF}")), bytes)?;
        if let Some(bare) = &mut self.bare {
            bare.remove(id);
        }
        Ok(true)
    }

    /// Asks for the proofs that are missing.
    pub(super) fn fetch_proofs(&mut self) -> Result<(), Fault> {
        for (id, index) in self.unproven()? {
            if let Some(bytes) = self.client.proof(index)? {
                self.keep_proof(&id, &bytes)?;
            }
        }
        Ok(())
    }

    /// That the sequencer has broken a promise, if it has.
    pub fn broken_promise(&self) -> Option<&Problem> {
        self.broken.as_ref()
    }

    pub(super) fn read_broken(store: &concordat_store::Store) -> Result<Option<Problem>, Problem> {
        read_note(store, BROKEN)
    }

    pub(super) fn log_key(&self) -> Result<Option<Vkey>, Problem> {
        let key = self.state().genesis().map(log_key).transpose();
        key.map_err(|e| problem("bad-policy", e.to_string(), "found the log anew"))
    }
}

/// The files of promises in a folder.
fn receipts_in(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let receipt = |path: &PathBuf| path.extension().is_some_and(|kind| kind == RECEIPT);
    Ok(files(folder)?.into_iter().filter(receipt).collect())
}

/// The promises in these files; a file that is none of this log's is nobody's.
fn read_all<'a>(
    paths: impl IntoIterator<Item = PathBuf> + 'a,
    log: &'a Vkey,
) -> impl Iterator<Item = Held> + 'a {
    paths.into_iter().filter_map(|path| {
        let id = path.file_stem()?.to_str()?.parse().ok()?;
        let bytes = read_text(&path, Kind::Checkpoint).ok()?;
        match Promise::open(bytes.as_bytes(), log) {
            Ok(promises) => Some(Held { id, path, promises, bytes }),
            Err(why) => {
                tracing::warn!(path = %path.display(), %why, "no promise of this log");
                None
            }
        }
    })
}

/// What the proof in these bytes says of the promise of its entry, which is one of these.
///
/// # Errors
/// A [`Problem`]: it says nothing about any.
pub fn judged(promises: &[Promise], proof: &[u8], log: &Vkey) -> Result<(u64, Kept), Problem> {
    let hint = "take the proof that lay beside the receipt";
    let unfit = |why: String| problem("bad-promise", why, hint);
    let proof = Proof::parse(proof).map_err(|e| unfit(e.to_string()))?;
    let promise = promises.iter().find(|promise| promise.index == proof.index);
    let promise = promise.ok_or_else(|| {
        unfit(format!("the proof is of entry {}, which was not promised", proof.index))
    })?;
    let kept = promise.judge(&proof, log).map_err(|e| unfit(e.to_string()))?;
    Ok((proof.index, kept))
}

fn no_promise(id: &Digest) -> Problem {
    problem(
        "no-promise",
        format!("the coordinator answered, and did not promise that act `{id}` is in the log"),
        "look with `concordat log`; if it is not there, `--hand-to` another party's node takes it",
    )
}

pub(super) fn bad(why: &str) -> Problem {
    problem(
        "bad-promise",
        format!("the coordinator's promise does not hold: {why}"),
        "the act may be logged: look with `concordat log`; ask the operator for its receipt",
    )
}

/// What lies in a folder, by name; nothing, where there is none.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let listed = fs::read_dir(folder)
        .and_then(|items| items.map(|item| item.map(|item| item.path())).collect());
    let mut paths: Vec<PathBuf> = listed.map_err(|e| unwritable(folder, &e))?;
    paths.sort();
    Ok(paths)
}
