//! What the coordinator promised this party, and whether it keeps its word.
//!
//! ```text
//! receipts/<act>.receipt        a promise, until the log was followed beyond its entry
//! receipts/kept/<act>.receipt   one that was kept
//! receipts/kept/<act>.proof     and the proof of it (C2SP tlog-proof), once a quorum has cosigned
//! receipts/turned-away/<act>    that an act was turned away, and which of how many it was
//! evidence/<act>.receipt        a promise that was broken
//! evidence/<act>.proof          and the proof that another entry is in its place
//! evidence/<act>.turned-away    what was said of an act that the log then counted otherwise
//! ```
//!
//! All below the store. A promise is a signed note: it is evidence by itself, whoever holds it.

use std::fs;
use std::path::{Path, PathBuf};

use concordat_replay::{log_key, witnesses_now};
use concordat_terms::{Digest, PartyId, Problem, Timestamp};
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::word::{Kept, Promise, Spent};
use concordat_tlog::{Envelope, Receipt as Proof, Tree, Vkey};
use concordat_wire::api::Receipts;

use super::{Follower, read_note};
use crate::client::Fault;
use crate::home::{make_dir, unwritable, write_whole};
use crate::plain::{Kind, read_text};
use crate::problems::problem;

const FOLDER: &str = "receipts";
const KEPT: &str = "receipts/kept";
const TURNED: &str = "receipts/turned-away";
const TURNED_AWAY: &str = "turned-away";
const RECEIPT: &str = "receipt";
const PROOF: &str = "proof";
/// The note that says that a promise was broken.
const BROKEN: &str = "promise-broken";
/// How many proofs are asked for in one go.
const PROOFS_AT_ONCE: usize = 16;
/// The seconds of a day.
const DAY: u64 = 24 * 3_600;
/// How many entries are read at once.
const READ: usize = 1_000;

/// A promise that lies in a folder.
struct Held {
    id: Digest,
    path: PathBuf,
    promise: Promise,
    bytes: String,
}

impl Follower {
    /// Keeps what was promised for these envelopes.
    ///
    /// # Errors
    /// A [`Problem`]: a promise that is not the log's, or of another entry; the disk.
    pub fn keep_promises(&self, envelopes: &[Vec<u8>], receipts: &Receipts) -> Result<(), Problem> {
        let Some(log) = self.log_key()? else { return Ok(()) };
        for (envelope, receipt) in envelopes.iter().zip(&receipts.receipts) {
            let Some(bytes) = &receipt.promise else { continue };
            let promise = Promise::open(bytes.as_bytes(), &log).map_err(|e| bad(&e.to_string()))?;
            let id = id_of(envelope);
            let of_act = receipt.id == id && promise.leaf == leaf_hash(envelope);
            if !of_act || promise.log != self.log || promise.index != receipt.index {
                return Err(bad("it is of another act or log than the receipt"));
            }
            make_dir(&self.dir.join(FOLDER))?;
            write_whole(&self.dir.join(FOLDER).join(format!("{id}.{RECEIPT}")), bytes.as_bytes())?;
        }
        Ok(())
    }

    /// Compares what was promised with the log as far as it was followed. A promise that was kept is put
    /// aside; one that was broken is kept with the proof of it, and this party vouches for the log no
    /// more.
    ///
    /// # Errors
    /// A [`Problem`]: the disk.
    pub fn check_promises(&mut self) -> Result<(), Problem> {
        let Some(log) = self.log_key()? else { return Ok(()) };
        for held in self.held(FOLDER, &log)? {
            let index = held.promise.index;
            let entry = self.store.entry(index).map_err(|fault| fault.problem())?;
            let Some(entry) = entry.filter(|_| index < self.replica.size()) else { continue };
            if leaf_hash(&entry) == held.promise.leaf {
                make_dir(&self.dir.join(KEPT))?;
                let kept = self.dir.join(KEPT).join(format!("{}.{RECEIPT}", held.id));
                fs::rename(&held.path, &kept).map_err(|e| unwritable(&kept, &e))?;
            } else {
                self.break_promise(&held, &entry)?;
            }
        }
        Ok(())
    }

    fn break_promise(&mut self, held: &Held, entry: &[u8]) -> Result<(), Problem> {
        let index = held.promise.index;
        let found = problem(
            "promise-broken",
            format!(
                "the sequencer promised act `{}` at entry {index}, and put another there",
                held.id
            ),
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
    pub fn unproven(&self) -> Result<Vec<(Digest, u64)>, Problem> {
        let Some(log) = self.log_key()? else { return Ok(Vec::new()) };
        let kept = self.held(KEPT, &log)?.into_iter();
        let bare = kept.filter(|held| !held.path.with_extension(PROOF).exists());
        Ok(bare.take(PROOFS_AT_ONCE).map(|held| (held.id, held.promise.index)).collect())
    }

    /// Keeps the proof of an act whose promise was kept, if a quorum of the witnesses vouches for it.
    ///
    /// # Errors
    /// A [`Problem`]: the disk.
    pub fn keep_proof(&self, id: &Digest, bytes: &[u8]) -> Result<bool, Problem> {
        let (Some(log), Ok(proof)) = (self.log_key()?, Proof::parse(bytes)) else {
            return Ok(false);
        };
        let Ok(Some(policy)) = witnesses_now(self.state()) else { return Ok(false) };
        let entry = self.store.entry(proof.index).map_err(|fault| fault.problem())?;
        let Some(entry) = entry.filter(|_| proof.index < self.replica.size()) else {
            return Ok(false);
        };
        if id_of(&entry) != *id || proof.verify(&entry, &log, &policy).is_err() {
            return Ok(false);
        }
        write_whole(&self.dir.join(KEPT).join(format!("{id}.{PROOF}")), bytes)?;
        Ok(true)
    }

    /// Asks for the proofs that are missing.
    pub(super) fn fetch_proofs(&self) -> Result<(), Fault> {
        for (id, index) in self.unproven()? {
            if let Some(bytes) = self.client.proof(index)? {
                self.keep_proof(&id, &bytes)?;
            }
        }
        Ok(())
    }

    /// Keeps what the log's key said of an act of this party that was turned away.
    ///
    /// # Errors
    /// A [`Problem`]: it is not the log's word of that act; the disk.
    pub(super) fn keep_word(&self, envelope: &[u8], word: &[u8]) -> Result<(), Problem> {
        let Some(log) = self.log_key()? else { return Ok(()) };
        let said = Spent::open(word, &log).map_err(|e| bad(&e.to_string()))?;
        let id = id_of(envelope);
        if (said.log, said.act, said.party.as_str()) != (self.log, id, self.party.as_str()) {
            return Err(bad("it is of another act or log than the one that was turned away"));
        }
        make_dir(&self.dir.join(TURNED))?;
        write_whole(&self.dir.join(TURNED).join(id.to_string()), word)
    }

    /// Compares what was said of acts that were turned away with what the log counts: a count is of no
    /// fewer acts than its key said there were. What was counted so is not kept any longer; what was
    /// counted otherwise is evidence.
    ///
    /// # Errors
    /// A [`Problem`]: the disk.
    pub(crate) fn check_counts(&self) -> Result<(), Problem> {
        let state = self.state();
        let Some(last) = state.last_count(&self.party) else { return Ok(()) };
        let Some(log) = self.log_key()? else { return Ok(()) };
        for path in files(&self.dir.join(TURNED))? {
            let bytes = read_text(&path, Kind::Checkpoint).unwrap_or_default();
            let Ok(said) = Spent::open(bytes.as_bytes(), &log) else { continue };
            // What is counted since then is not told yet.
            if said.since > last.count.until {
                continue;
            }
            let told = state.count_from(&self.party, said.since);
            if told.is_none_or(|told| told.count.turned_away < said.nth) {
                make_dir(&self.evidence)?;
                write_whole(
                    &self.evidence.join(format!("{}.{TURNED_AWAY}", said.act)),
                    bytes.as_bytes(),
                )?;
                tracing::error!(act = %said.act, "the log counts fewer acts than it turned away");
            }
            fs::remove_file(&path).map_err(|e| unwritable(&path, &e))?;
        }
        Ok(())
    }

    /// Whether the log's key says that it takes no more acts of a party today.
    pub(crate) fn is_spent(&self, note: &[u8], party: &PartyId) -> bool {
        let Ok(Some(log)) = self.log_key() else { return false };
        let day = |time: Timestamp| time.seconds() / DAY;
        Spent::open(note, &log).is_ok_and(|spent| {
            let today = self.state().time().is_none_or(|time| day(time) == day(spent.time));
            spent.log == self.log && spent.party == party.as_str() && today
        })
    }

    /// That the sequencer has broken a promise, if it has.
    pub fn broken_promise(&self) -> Option<&Problem> {
        self.broken.as_ref()
    }

    pub(super) fn read_broken(store: &concordat_store::Store) -> Result<Option<Problem>, Problem> {
        read_note(store, BROKEN)
    }

    fn log_key(&self) -> Result<Option<Vkey>, Problem> {
        let key = self.state().genesis().map(log_key).transpose();
        key.map_err(|e| problem("bad-policy", e.to_string(), "found the log anew"))
    }

    /// The promises in a folder below the store's; a file that is none of this log's is nobody's.
    fn held(&self, folder: &str, log: &Vkey) -> Result<Vec<Held>, Problem> {
        let held = files(&self.dir.join(folder))?
            .into_iter()
            .filter(|path| path.extension().is_some_and(|e| e == RECEIPT));
        let read = held.filter_map(|path| {
            let id = path.file_stem()?.to_str()?.parse().ok()?;
            let bytes = read_text(&path, Kind::Checkpoint).ok()?;
            let promise = Promise::open(bytes.as_bytes(), log).ok()?;
            Some(Held { id, path, promise, bytes })
        });
        Ok(read.collect())
    }
}

/// What the proof in these bytes says of a promise.
///
/// # Errors
/// A [`Problem`]: it says nothing about it.
pub fn judged(promise: &Promise, proof: &[u8], log: &Vkey) -> Result<Kept, Problem> {
    let hint = "take the proof that lay beside the receipt";
    let unfit = |why: String| problem("bad-promise", why, hint);
    let proof = Proof::parse(proof).map_err(|e| unfit(e.to_string()))?;
    promise.judge(&proof, log).map_err(|e| unfit(e.to_string()))
}

/// The act's id, as its receipt says it.
fn id_of(envelope: &[u8]) -> Digest {
    let parsed = Envelope::parse(envelope);
    parsed.map_or_else(|_| Digest::of(envelope), |envelope| Digest::of(envelope.payload()))
}

fn bad(why: &str) -> Problem {
    problem(
        "bad-promise",
        format!("the coordinator's promise does not hold: {why}"),
        "the act may be logged: look with `concordat log`; ask the operator for its receipt",
    )
}

/// What lies in a folder, by name; nothing, where there is none.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let listed = fs::read_dir(folder)
        .and_then(|items| items.map(|item| item.map(|item| item.path())).collect());
    let mut paths: Vec<PathBuf> = listed.map_err(|e| unwritable(folder, &e))?;
    paths.sort();
    Ok(paths)
}
