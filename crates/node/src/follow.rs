//! A party's own copy of the log and of the fold.
//!
//! [`Follower::catch_up`] takes a checkpoint that the sequencer signed, fetches the entries that
//! are missing, hashes them against the signed root, and only then folds them. Everything the
//! party decides, it asks of [`Follower::replica`].
//!
//! Two checkpoints of the sequencer that cannot be of one log stop the follower for good: both are
//! kept as files below `store/evidence/`, for whoever has to decide what happened.

mod advancing;
mod erasing;
mod fetching;
mod folding;
mod forks;
mod ignored;
mod older;
mod policies;
mod promises;
mod refusals;
mod reporting;
mod signatures;
mod signing;
mod snapshots;
mod ticks;
mod time;
mod turned;
mod verdicts;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use concordat_partnership::State;
use concordat_partnership::act::Genesis;
use concordat_replay::{Replica, witnesses_at};
use concordat_store::Store;
use concordat_terms::{Digest, PartyId, Problem, RunId, Timestamp};
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::note::Unlisted;
use concordat_tlog::trust::{self, Trusted};
use concordat_tlog::{Checkpoint, Frontier, Policy, PqSigningKey, Vkey};
use rpds::RedBlackTreeMapSync;
use serde::de::DeserializeOwned;

use self::advancing::Next;
pub(crate) use self::advancing::advance;
use self::fetching::Walk;
pub use self::forks::Compared;
pub use self::ignored::{ENTRY_BYTES_MAX, HandedIn, Waiting};
pub use self::older::Older;
use self::policies::{Policies, When};
pub use self::promises::judged;
use self::refusals::Refusals;
use self::signatures::{bad_policy, signed_by};
use self::snapshots::Snapshots;
use self::ticks::Ticks;
use self::time::Watch;
pub use self::verdicts::Differ;
use self::verdicts::Verdicts;
use crate::client::{Client, Fault, Reader};
use crate::home::{Home, Keys};
use crate::now;
use crate::people::People;
use crate::problems::problem;

/// What [`Follower::catch_up`] brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caught {
    /// How many entries the log has.
    pub size: u64,
    /// How many of them are new.
    pub added: u64,
}

/// A party's own log, fold and keys.
#[derive(Debug)]
pub struct Follower {
    client: Client,
    /// What a next start goes on from. Before the store, whose lock it is to be dropped under.
    snapshots: Snapshots,
    store: Store,
    replica: Replica,
    party: PartyId,
    keys: Keys,
    /// With which this party says in ML-DSA-44 too that it has replayed the log.
    witness_pq: Option<PqSigningKey>,
    log: Digest,
    /// The folder of the store.
    dir: PathBuf,
    evidence: PathBuf,
    /// The tree over what was folded, to be tried on what was not.
    frontier: Frontier,
    /// At which index each run was opened.
    opened: RedBlackTreeMapSync<RunId, u64>,
    /// At which index this party joined runs, by the id of its act: the fold forgets what expired.
    joins: RedBlackTreeMapSync<Digest, u64>,
    /// Of how many entries the snapshot was that this start went on from.
    resumed: u64,
    /// The log's key and origin, once the genesis is here.
    origin: Option<Vkey>,
    policies: Policies,
    /// The latest checkpoint that was verified, as signed.
    checkpoint: Option<Vec<u8>>,
    /// The checkpoint that the folded entries are on the way to, as signed.
    target: Option<Vec<u8>>,
    /// Why the follower does not act any more.
    stopped: Option<Problem>,
    /// That the sequencer has broken a promise.
    broken: Option<Problem>,
    /// Promises that were kept and whose proof is not here, with their places; once they were read.
    bare: Option<BTreeMap<Digest, u64>>,
    /// The log's time beside this machine's clock.
    watch: Watch,
    /// When the log's time changed last.
    ticks: Ticks,
    /// What was refused today, by the log's time.
    refusals: Refusals,
    /// The coordinator's verdicts beside this party's.
    compared: Verdicts,
    /// Up to which entry somebody has accepted the log's time.
    accepted: Option<u64>,
    /// What the party keeps of persons.
    people: People,
    /// Up to which entry what was erased is destroyed here.
    obeyed: Option<u64>,
    /// The most bytes of entries that a checkpoint may add at once.
    bytes_most: u64,
}

impl Follower {
    /// Opens the party's store and folds what it holds, from the last snapshot on where there is a
    /// good one; no network.
    ///
    /// # Errors
    /// A [`Problem`]: the store is in use or damaged, or holds another log, or a note on which
    /// this party's promises rest cannot be read.
    pub fn open(home: &Home) -> Result<Self, Problem> {
        Self::open_in(home, Client::of(home)?, home.store_dir())
    }

    /// [`Follower::open`] with a client and a store's folder of the caller's choice.
    ///
    /// # Errors
    /// As [`Follower::open`].
    pub fn open_in(home: &Home, client: Client, dir: PathBuf) -> Result<Self, Problem> {
        let store = Store::open(&dir).map_err(|fault| fault.problem())?;
        let bytes = |name| store.note(name).map_err(|fault| fault.problem());
        let (checkpoint, target) = (bytes(CHECKPOINT)?, bytes(TARGET)?);
        let stopped = read_note(&store, STOPPED)?;
        let watch = read_note(&store, WATCH)?.unwrap_or_default();
        // Whether it can be read is to be known before anything is promised on top of it.
        crate::witness::promised(&store)?;
        let mut follower = Self {
            client,
            replica: Replica::new(),
            party: home.party().clone(),
            keys: home.keys().clone(),
            witness_pq: home.witness_pq()?,
            log: home.config().log,
            evidence: dir.join("evidence"),
            broken: Self::read_broken(&store)?,
            bare: None,
            frontier: Frontier::default(),
            opened: RedBlackTreeMapSync::default(),
            joins: RedBlackTreeMapSync::default(),
            snapshots: Snapshots::open(&dir, home.keys().ledger.clone()),
            resumed: 0,
            origin: None,
            policies: Policies::default(),
            checkpoint,
            target: target.filter(|bytes| !bytes.is_empty()),
            stopped,
            watch,
            ticks: Ticks::default(),
            refusals: Refusals::default(),
            store,
            dir,
            compared: Verdicts::default(),
            accepted: home.config().node.time_accepted_until,
            people: People::open(home.dir())?,
            obeyed: None,
            bytes_most: home.config().node.ahead_bytes_most(),
        };
        follower.resume().and_then(|()| follower.refold()).map_err(|fault| fault.problem())?;
        follower.obey_erasures()?;
        Ok(follower)
    }

    /// By whom blobs are asked for.
    fn reader(&self) -> Reader<'_> {
        Reader::new(self.log, &self.keys.ledger)
    }

    /// The party's copy of the fold.
    pub fn replica(&self) -> &Replica {
        &self.replica
    }

    /// The partnership's state.
    pub fn state(&self) -> &State {
        self.replica.state()
    }

    /// Whose copy this is.
    pub fn party(&self) -> &PartyId {
        &self.party
    }

    /// What the party keeps of persons.
    pub fn people(&self) -> &People {
        &self.people
    }

    /// The party's keys.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    pub(crate) fn witness_pq(&self) -> Option<&PqSigningKey> {
        self.witness_pq.as_ref()
    }

    /// The connection to the coordinator.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The party's store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn store_mut(&mut self) -> &mut Store {
        &mut self.store
    }

    /// The latest verified checkpoint, as the sequencer signed it; cosignatures may be on it.
    pub fn checkpoint(&self) -> Option<&[u8]> {
        self.checkpoint.as_deref()
    }

    /// Of how many entries the snapshot was that this start went on from; 0 where it folded all.
    pub fn resumed_from(&self) -> u64 {
        self.resumed
    }

    /// Why the follower does not act any more, if it does not.
    pub fn stopped(&self) -> Option<&Problem> {
        self.stopped.as_ref()
    }

    /// The index of the entry that opened a run.
    pub fn opened_at(&self, run: &RunId) -> Option<u64> {
        self.opened.get(run).copied()
    }

    /// The index at which the act `id` was admitted as this party's `run.join`.
    pub fn joined_at(&self, id: &Digest) -> Option<u64> {
        self.joins.get(id).copied()
    }

    /// A blob: from the replica, the store, or the coordinator, which is then kept.
    ///
    /// # Errors
    /// [`Fault`]: it was erased, nobody has it, or the disk fails.
    pub fn blob(&mut self, digest: &Digest) -> Result<Vec<u8>, Fault> {
        if let Some(erased) = self.state().erased(digest) {
            let what = format!("blob `{digest}` was erased by entry {}", erased.index);
            return Err(
                problem("blob-erased", what, "do without it: the log holds as it did").into()
            );
        }
        if let Some(bytes) = self.replica.blob(digest) {
            return Ok(bytes.to_vec());
        }
        if let Some(bytes) = self.store.blob(digest).map_err(|fault| fault.problem())? {
            return Ok(bytes);
        }
        let bytes = self.client.blob(digest, &self.reader())?;
        self.store.put_blob(&bytes).map_err(|fault| fault.problem())?;
        Ok(bytes)
    }

    /// Fetches the latest checkpoint, and verifies, folds and keeps what it adds.
    ///
    /// # Errors
    /// [`Fault`]. [`Fault::Own`] with the code `two-histories` is for good; others may pass.
    pub fn catch_up(&mut self) -> Result<Caught, Fault> {
        self.check_stopped()?;
        let asked = now();
        let note = self.client.checkpoint()?;
        let caught = self.advance_telling(&note, asked, &mut |_| {})?;
        self.check_promises()?;
        self.check_counts()?;
        self.fetch_proofs()?;
        Ok(caught)
    }

    /// [`Follower::catch_up`] to a checkpoint that is already here.
    ///
    /// # Errors
    /// As [`Follower::catch_up`].
    pub fn advance(&mut self, note: &[u8]) -> Result<Caught, Fault> {
        self.advance_telling(note, now(), &mut |_| {})
    }

    /// [`Follower::advance`] to the checkpoint that was asked for at `asked`. What a long way adds
    /// is fetched, folded and kept a few MiB at a time; `tell` hears how far each of them led.
    ///
    /// # Errors
    /// As [`Follower::catch_up`]; what was kept before stays.
    pub fn advance_telling(
        &mut self,
        note: &[u8],
        asked: Timestamp,
        tell: &mut dyn FnMut(u64),
    ) -> Result<Caught, Fault> {
        advancing::advance(self, note, asked, tell)
    }

    /// What a checkpoint that was asked for at `asked` adds to what is here.
    fn next(&mut self, note: &[u8], asked: Timestamp) -> Result<Next, Fault> {
        self.check_stopped()?;
        self.obey_erasures()?;
        let origin = self.origin(note)?;
        let checkpoint = signed_by(&origin, note)?;
        let (old, new) = (self.replica.size(), checkpoint.size);
        if new <= old && self.replica.root_at(new) != Some(checkpoint.root) {
            return Err(self.two_histories(note, None).into());
        }
        if new < old {
            // Late, not false: a beginning of the very same log.
            return Ok(Next::Nothing(Caught { size: old, added: 0 }));
        }
        if new == old {
            self.nothing_new(asked);
            // The same tree, perhaps with more cosignatures: kept in memory alone.
            self.checkpoint = Some(note.to_vec());
            return Ok(Next::Nothing(Caught { size: new, added: 0 }));
        }
        let (client, frontier) = (self.client.clone(), self.frontier.clone());
        let bytes_most = self.bytes_most;
        Ok(Next::Walk(Box::new(Walk { client, frontier, checkpoint, bytes_most })))
    }

    /// The log had nothing new when it was asked at `asked`: what comes later is of later.
    pub fn nothing_new(&mut self, asked: Timestamp) {
        self.watch.looked_at(asked);
    }

    /// The latest checkpoint that the genesis' witnesses have cosigned in sufficient number, if
    /// there is one; it is of the party's own log.
    ///
    /// # Errors
    /// [`Fault`]; its own where signatures fail, or it is of another history.
    pub fn quorum_checkpoint(&mut self) -> Result<Option<Trusted>, Fault> {
        self.check_stopped()?;
        let found = self.client.quorum_checkpoint()?;
        found.map(|note| self.by_quorum(&note)).transpose()
    }

    /// [`Follower::quorum_checkpoint`] of a note that is already here.
    ///
    /// # Errors
    /// As [`Follower::quorum_checkpoint`].
    pub fn by_quorum(&mut self, note: &[u8]) -> Result<Trusted, Fault> {
        let trusted = self.trusted(note)?;
        if trusted.checkpoint.size > self.replica.size() {
            self.advance(note)?;
        }
        // Who must cosign may have changed on the way there.
        let trusted = self.trusted(note)?;
        self.confirm(note, &trusted)?;
        Ok(trusted)
    }

    /// The checkpoint in a note that a quorum of the witnesses of its size has cosigned, by the log as far
    /// as it was folded; of whatever history.
    pub(crate) fn trusted(&mut self, note: &[u8]) -> Result<Trusted, Fault> {
        self.check_stopped()?;
        let origin = self.origin(note)?;
        // Nothing is believed by that: the witnesses of the size that it states have to bear it out.
        let size = Checkpoint::stated_size(note).unwrap_or(u64::MAX);
        let policy = self.witnesses_of(size)?;
        let trusted = trust::open(note, &origin, &policy, Unlisted::Ignored);
        Ok(trusted.map_err(|e| {
            problem("distrusted-checkpoint", e.to_string(), "ask the coordinator's operator")
        })?)
    }

    /// Who must cosign, by the log as far as it was folded.
    pub(crate) fn witnesses(&mut self) -> Result<Arc<Policy>, Problem> {
        self.witnesses_of(u64::MAX)
    }

    /// Who had to cosign the checkpoint of so many entries; of more than were folded, who has to now.
    fn witnesses_of(&mut self, size: u64) -> Result<Arc<Policy>, Problem> {
        self.genesis()?;
        let state = self.replica.state();
        let folded = state.index();
        let when = if size >= folded { When::Now(folded) } else { When::At(size) };
        self.policies.of(when, || {
            let policy = witnesses_at(state, size).map_err(|e| bad_policy(&e.to_string()))?;
            policy.ok_or_else(|| bad_policy("nobody witnesses this log"))
        })
    }

    /// Whether a trusted checkpoint is of the party's own log, and all of it is here.
    pub(crate) fn confirm(&mut self, note: &[u8], trusted: &Trusted) -> Result<bool, Fault> {
        let Checkpoint { size, root, .. } = &trusted.checkpoint;
        if *size > self.replica.size() {
            return Ok(false);
        }
        if self.replica.root_at(*size) != Some(*root) {
            return Err(self.two_histories(note, None).into());
        }
        Ok(true)
    }

    pub(crate) fn genesis(&self) -> Result<&Genesis, Problem> {
        self.state().genesis().ok_or_else(|| {
            problem("not-started", "the log has no genesis yet", "wait until the log has started")
        })
    }
}

const CHECKPOINT: &str = "checkpoint";
/// The signed checkpoint that a long way leads to; empty where none does.
const TARGET: &str = "checkpoint/target";
const STOPPED: &str = "stopped";
const WATCH: &str = "clock";

/// A note of the store that a promise rests on: one that cannot be read is not one that is
/// missing, and whoever opens the store goes no further.
pub(crate) fn read_note<T: DeserializeOwned>(
    store: &Store,
    name: &str,
) -> Result<Option<T>, Problem> {
    let bytes = store.note(name).map_err(|fault| fault.problem())?;
    bytes
        .map(|bytes| {
            serde_json::from_slice(&bytes).map_err(|e| {
                problem(
                    "unreadable-note",
                    format!("the note `{name}` in the store cannot be read: {e}"),
                    "restore the store from a backup; an older release may not read a newer store",
                )
            })
        })
        .transpose()
}
