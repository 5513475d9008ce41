//! A party's own copy of the log and of the fold.
//!
//! [`Follower::catch_up`] takes a checkpoint that the sequencer signed, fetches the entries that
//! are missing, hashes them against the signed root, and only then folds them. Everything the
//! party decides, it asks of [`Follower::replica`].
//!
//! Two checkpoints of the sequencer that cannot be of one log stop the follower for good: both are
//! kept as files below `store/evidence/`, for whoever has to decide what happened.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use concordat_agreement::Cited;
use concordat_partnership::act::{Genesis, Header, Seen, Signed, Signer};
use concordat_partnership::{Act, Effect, Refusal, State, Verdict};
use concordat_replay::{Halt, Replica};
use concordat_store::Store;
use concordat_terms::{Digest, PartyId, Period, Problem, RunId, SeatId, Timestamp};
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::note::Unlisted;
use concordat_tlog::tile::{Level, TilePath, WIDTH, decode_entries};
use concordat_tlog::trust::{self, Trusted};
use concordat_tlog::vkey::Kind;
use concordat_tlog::{Checkpoint, Envelope, Frontier, Note, Policy, PublicKey, Vkey};
use concordat_wire::act::{decode, encode};
use concordat_wire::api::Receipts;

use crate::client::{Client, Fault};
use crate::home::{Home, Keys, make_dir, unwritable};
use crate::problems::problem;
use crate::{now, random};

/// What [`Follower::catch_up`] brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caught {
    /// How many entries the log has.
    pub size: u64,
    /// The new entries' verdicts, as the party's own replica gave them.
    pub verdicts: Vec<(u64, Verdict)>,
}

/// A party's own log, fold and keys.
#[derive(Debug)]
pub struct Follower {
    client: Client,
    store: Store,
    replica: Replica,
    party: PartyId,
    keys: Keys,
    log: Digest,
    evidence: PathBuf,
    /// The tree over what was folded, to be tried on what was not.
    frontier: Frontier,
    /// At which index each run was opened.
    opened: BTreeMap<RunId, u64>,
    /// The log's key and origin, once the genesis is here.
    origin: Option<Vkey>,
    /// The latest checkpoint that was verified, as signed.
    checkpoint: Option<Vec<u8>>,
    /// Why the follower does not act any more.
    stopped: Option<Problem>,
    /// When the log was last looked at, by this machine's clock.
    looked: Option<Timestamp>,
    /// Why the latest ticks are not to be vouched for.
    bent: Option<Problem>,
}

impl Follower {
    /// Opens the party's store and folds what it holds; no network.
    ///
    /// # Errors
    /// A [`Problem`]: the store is in use or damaged, or holds another log.
    pub fn open(home: &Home) -> Result<Self, Problem> {
        let client = Client::new(&home.config().coordinator, &home.certificate()?)?;
        Self::open_in(home, client, home.store_dir())
    }

    /// [`Follower::open`] with a client and a store's folder of the caller's choice.
    ///
    /// # Errors
    /// As [`Follower::open`].
    pub fn open_in(home: &Home, client: Client, dir: PathBuf) -> Result<Self, Problem> {
        let store = Store::open(&dir).map_err(|fault| fault.problem())?;
        let checkpoint = store.note(CHECKPOINT).map_err(|fault| fault.problem())?;
        let stopped = store.note(STOPPED).map_err(|fault| fault.problem())?;
        let mut follower = Self {
            client,
            store,
            replica: Replica::new(),
            party: home.party().clone(),
            keys: home.keys().clone(),
            log: home.config().log,
            evidence: dir.join("evidence"),
            frontier: Frontier::default(),
            opened: BTreeMap::new(),
            origin: None,
            checkpoint,
            stopped: stopped.and_then(|bytes| serde_json::from_slice(&bytes).ok()),
            looked: None,
            bent: None,
        };
        follower.refold()?;
        Ok(follower)
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

    /// The party's keys.
    pub fn keys(&self) -> &Keys {
        &self.keys
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

    /// Why the follower does not act any more, if it does not.
    pub fn stopped(&self) -> Option<&Problem> {
        self.stopped.as_ref()
    }

    /// Why the latest ticks are not to be vouched for, if they are not.
    pub fn bent_time(&self) -> Option<&Problem> {
        self.bent.as_ref()
    }

    /// A blob: from the replica, the store, or the coordinator, which is then kept.
    ///
    /// # Errors
    /// A [`Problem`]: nobody has it, or the disk fails.
    pub fn blob(&mut self, digest: &Digest) -> Result<Vec<u8>, Problem> {
        if let Some(bytes) = self.replica.blob(digest) {
            return Ok(bytes.to_vec());
        }
        if let Some(bytes) = self.store.blob(digest).map_err(|fault| fault.problem())? {
            return Ok(bytes);
        }
        let bytes = self.client.blob(digest).map_err(|fault| fault.problem())?;
        self.store.put_blob(&bytes).map_err(|fault| fault.problem())?;
        Ok(bytes)
    }

    /// Fetches the latest checkpoint, and verifies, folds and keeps what it adds.
    ///
    /// # Errors
    /// A [`Problem`]. Code `two-histories` is for good; others may pass.
    pub fn catch_up(&mut self) -> Result<Caught, Problem> {
        self.check_stopped()?;
        let note = self.client.checkpoint().map_err(|fault| fault.problem())?;
        self.advance(&note)
    }

    /// [`Follower::catch_up`] to a checkpoint that is already here.
    ///
    /// # Errors
    /// As [`Follower::catch_up`].
    pub fn advance(&mut self, note: &[u8]) -> Result<Caught, Problem> {
        self.check_stopped()?;
        let at = now();
        let origin = self.origin(note)?;
        let checkpoint = signed_by(&origin, note)?;
        let (old, new) = (self.replica.size(), checkpoint.size);
        if new <= old && self.replica.root_at(new) != Some(checkpoint.root) {
            return Err(self.two_histories(note));
        }
        if new < old {
            // Late, not false: a beginning of the very same log.
            return Ok(Caught { size: old, verdicts: Vec::new() });
        }
        if new == old {
            self.looked = Some(at);
            // The same tree, perhaps with more cosignatures: kept in memory alone.
            self.checkpoint = Some(note.to_vec());
            return Ok(Caught { size: new, verdicts: Vec::new() });
        }

        let entries = self.verified_entries(note, &checkpoint)?;
        let verdicts = self.fold(&entries)?;
        let kept = self.store.append_with_notes(old, &entries, &[(CHECKPOINT, note)]);
        kept.map_err(|fault| fault.problem())?;
        self.checkpoint = Some(note.to_vec());
        self.check_ticks(&entries, at);
        self.looked = Some(at);
        Ok(Caught { size: new, verdicts })
    }

    /// The latest checkpoint that the genesis' witnesses have cosigned in sufficient number, if
    /// there is one; it is of the party's own log.
    ///
    /// # Errors
    /// A [`Problem`]: signatures fail, or it is of another history.
    pub fn quorum_checkpoint(&mut self) -> Result<Option<Trusted>, Problem> {
        self.check_stopped()?;
        let found = self.client.quorum_checkpoint().map_err(|fault| fault.problem())?;
        let Some(note) = found else { return Ok(None) };
        let origin = self.origin(&note)?;
        let policy = policy(self.genesis()?)?;
        let trusted = trust::open(&note, &origin, &policy, Unlisted::Ignored).map_err(|e| {
            problem("distrusted-checkpoint", e.to_string(), "ask the coordinator's operator")
        })?;
        if trusted.checkpoint.size > self.replica.size() {
            self.advance(&note)?;
        }
        if self.replica.root_at(trusted.checkpoint.size) != Some(trusted.checkpoint.root) {
            return Err(self.two_histories(&note));
        }
        Ok(Some(trusted))
    }

    /// An act's envelope, signed for `seat`: it names the log as this replica has verified it, and
    /// expires after an hour of the log's time or this machine's, whichever is later.
    ///
    /// # Errors
    /// A [`Problem`]: two histories, no randomness, or an act that is too large.
    pub fn sign_act(&self, seat: &SeatId, act: &Act) -> Result<Vec<u8>, Problem> {
        self.check_stopped()?;
        let header = self.header(seat)?;
        let payload = encode(Some(&header), act).map_err(|e| unsignable(&e.to_string()))?;
        let id = self.keys.ledger_id()?.to_string();
        let envelope = Envelope::sign(&payload, &[(&id, &self.keys.ledger)])
            .map_err(|e| unsignable(&e.to_string()))?;
        Ok(envelope.to_bytes())
    }

    /// Signs an act and has it logged. What it does, the party's own replica says once the log was
    /// followed to it.
    ///
    /// # Errors
    /// [`Fault`]; [`Fault::Http`] also for what [`Follower::sign_act`] refuses.
    pub fn submit(&self, seat: &SeatId, act: &Act) -> Result<Receipts, Fault> {
        let envelope = self.sign_act(seat, act).map_err(Fault::Http)?;
        self.client.submit(&[envelope])
    }

    /// Everything that stands in an act's way by this party's own replica: empty if nothing does.
    ///
    /// # Errors
    /// A [`Problem`]: a blob that the answer depends on cannot be had.
    pub fn why(&mut self, seat: &SeatId, act: &Act) -> Result<Vec<Refusal>, Problem> {
        let header = self.header(seat)?;
        let payload = encode(Some(&header), act).map_err(|e| unsignable(&e.to_string()))?;
        let signed = Signed { id: Digest::of(&payload), header: Some(header), act: act.clone() };
        loop {
            match self.replica.why(&signed) {
                Ok(refusals) => return Ok(refusals),
                Err(halt) => self.supply(&halt)?,
            }
        }
    }

    fn header(&self, seat: &SeatId) -> Result<Header, Problem> {
        let time = self.state().time().map_or_else(now, |time| time.max(now()));
        Ok(Header {
            log: self.log,
            signers: vec![Signer { seat: seat.clone(), key: self.keys.ledger_id()? }],
            nonce: hex::encode(*random::bytes::<16>()?),
            seen: Seen { size: self.replica.size(), root: self.replica.root() },
            expires_at: time.plus(Period { months: 0, days: 0, seconds: 3600 }),
        })
    }

    /// The index of the entry that opened a run.
    pub fn opened_at(&self, run: &RunId) -> Option<u64> {
        self.opened.get(run).copied()
    }

    pub(crate) fn genesis(&self) -> Result<&Genesis, Problem> {
        self.state().genesis().ok_or_else(|| {
            problem("not-started", "the log has no genesis yet", "wait until the log has started")
        })
    }

    fn check_stopped(&self) -> Result<(), Problem> {
        self.stopped.clone().map_or(Ok(()), Err)
    }

    /// The log's key: out of the genesis whose id is pinned. What `note` claims is only used to
    /// ask for a bundle that the coordinator has.
    fn origin(&mut self, note: &[u8]) -> Result<Vkey, Problem> {
        if let Some(origin) = &self.origin {
            return Ok(origin.clone());
        }
        let claimed = Note::parse(note).ok().and_then(|n| Checkpoint::parse(n.text()).ok());
        let size = claimed.map_or(0, |checkpoint| checkpoint.size.min(u64::from(WIDTH)));
        let first = self.fetch(0, size)?.into_iter().next().unwrap_or_default();
        let origin = origin_of(&first, &self.log)?;
        self.origin = Some(origin.clone());
        Ok(origin)
    }

    /// Folds what the store holds, and compares it with the checkpoint kept beside it.
    fn refold(&mut self) -> Result<(), Problem> {
        loop {
            let from = self.replica.size();
            let entries = self.store.entries(from, 1024).map_err(|fault| fault.problem())?;
            if entries.is_empty() {
                break;
            }
            if from == 0 {
                let first = entries.first().map(Vec::as_slice).unwrap_or_default();
                self.origin = Some(origin_of(first, &self.log)?);
            }
            self.fold(&entries)?;
        }
        if let (Some(origin), Some(note)) = (&self.origin, &self.checkpoint) {
            let kept = signed_by(origin, note)?;
            if self.replica.root_at(kept.size) != Some(kept.root) {
                return Err(problem(
                    "store-differs",
                    "the store's entries do not have the root of the checkpoint beside them",
                    "restore the store from a backup, or follow the log anew in an empty folder",
                ));
            }
        }
        Ok(())
    }

    /// The entries that the checkpoint adds, once they have its root.
    fn verified_entries(
        &mut self,
        note: &[u8],
        checkpoint: &Checkpoint,
    ) -> Result<Vec<Vec<u8>>, Problem> {
        let old = self.replica.size();
        let added = self.fetch(old, checkpoint.size)?;
        if root_with(self.frontier.clone(), &added) == checkpoint.root {
            return Ok(added);
        }
        // Either the entries were garbled on the way, or the signed tree does not grow out of
        // ours: the whole log tells which.
        let whole = self.fetch(0, checkpoint.size)?;
        if root_with(Frontier::default(), &whole) == checkpoint.root {
            return Err(self.two_histories(note));
        }
        Err(problem(
            "entries-differ",
            "the entries that the coordinator serves do not have the root that it signed",
            "try again; if it stays so, ask the operator to compare tiles and checkpoint",
        ))
    }

    fn fetch(&self, from: u64, to: u64) -> Result<Vec<Vec<u8>>, Problem> {
        let wide = u64::from(WIDTH);
        let mut entries = Vec::new();
        for index in from / wide..to.div_ceil(wide) {
            let start = index * wide;
            let width = u16::try_from((to - start).min(wide)).unwrap_or(WIDTH);
            let Some(path) = TilePath::new(Level::Entries, index, width) else { continue };
            let bytes = self.client.tile(&path).map_err(|fault| fault.problem())?;
            let bundle =
                decode_entries(&bytes, width).map_err(|e| bad_bundle(&path, &e.to_string()))?;
            let known = usize::try_from(from.saturating_sub(start)).unwrap_or(usize::MAX);
            entries.extend(bundle.into_iter().skip(known).map(<[u8]>::to_vec));
        }
        Ok(entries)
    }

    fn fold(&mut self, entries: &[Vec<u8>]) -> Result<Vec<(u64, Verdict)>, Problem> {
        // A blob that cannot be had leaves everything as it was: the store has no entry that the
        // replica lacks, nor the reverse.
        let (mut replica, mut frontier) = (self.replica.clone(), self.frontier.clone());
        let mut verdicts = Vec::with_capacity(entries.len());
        for entry in entries {
            let index = replica.size();
            let verdict = loop {
                match replica.step(entry) {
                    Ok(verdict) => break verdict,
                    Err(halt) => {
                        replica.supply(self.needed(&halt)?);
                    }
                }
            };
            frontier.append(leaf_hash(entry));
            verdicts.push((index, verdict));
        }
        (self.replica, self.frontier) = (replica, frontier);
        for (index, verdict) in &verdicts {
            let Verdict::Admitted { effects, .. } = verdict else { continue };
            for effect in effects {
                if let Effect::RunOpened(run) = effect {
                    self.opened.insert(run.clone(), *index);
                }
            }
        }
        Ok(verdicts)
    }

    fn supply(&mut self, halt: &Halt) -> Result<(), Problem> {
        let blob = self.needed(halt)?;
        self.replica.supply(blob);
        Ok(())
    }

    /// The blob without which there is no verdict.
    fn needed(&mut self, halt: &Halt) -> Result<Vec<u8>, Problem> {
        match halt {
            Halt::MissingBlob { blob, .. } => self.blob(blob),
            Halt::UnknownRules { .. } => Err(problem(
                "unknown-rules",
                halt.to_string(),
                "install the release that knows these rules",
            )),
        }
    }

    /// New ticks must lie between the last look at the log and now, within the agreed skew.
    fn check_ticks(&mut self, entries: &[Vec<u8>], at: Timestamp) {
        let skew = self.skew();
        for entry in entries {
            let Some(Act::Tick(tick)) = act_in(entry) else { continue };
            let behind = self.looked.is_some_and(|looked| tick.time.plus(skew) < looked);
            self.bent = (behind || tick.time > at.plus(skew)).then(|| {
                problem(
                    "bent-time",
                    format!("the log's time `{}` is more than `{skew}` off this clock", tick.time),
                    "check this machine's clock; if it is right, ask the coordinator's operator",
                )
            });
        }
    }

    /// How far the sequencer's clock may be from a witness's.
    pub(crate) fn skew(&self) -> Period {
        let five_minutes = Period { months: 0, days: 0, seconds: 300 };
        self.state().agreement().witnesses().map_or(five_minutes, |Cited { terms, .. }| terms.skew)
    }

    /// Keeps both checkpoints, and stops for good.
    fn two_histories(&mut self, other: &[u8]) -> Problem {
        let found = problem(
            "two-histories",
            "the sequencer signed checkpoints that cannot be of one log",
            format!(
                "stop acting; show both checkpoints in `{}` to the other parties",
                self.evidence.display()
            ),
        );
        let own = self.checkpoint.clone().unwrap_or_default();
        let kept = make_dir(&self.evidence).and_then(|()| {
            for (name, bytes) in [("checkpoint-ours", own.as_slice()), ("checkpoint-other", other)]
            {
                let path = self.evidence.join(name);
                fs::write(&path, bytes).map_err(|e| unwritable(&path, &e))?;
            }
            let bytes = serde_json::to_vec(&found).unwrap_or_default();
            self.store.put_note(STOPPED, &bytes).map_err(|fault| fault.problem())
        });
        if let Err(unkept) = kept {
            tracing::error!(what = %unkept.what, "evidence of two histories could not be kept");
        }
        self.stopped = Some(found.clone());
        found
    }
}

const CHECKPOINT: &str = "checkpoint";
const STOPPED: &str = "stopped";

/// Who has to have cosigned, as the genesis says; a witness is named by its party.
pub(crate) fn policy(genesis: &Genesis) -> Result<Policy, Problem> {
    let witnesses = genesis.policy.witnesses.iter().map(|party| {
        let founder =
            genesis.parties.get(party).ok_or_else(|| bad_policy("a witness has no key"))?;
        let key: PublicKey = founder.witness.parse().map_err(|e| bad_policy(&format!("{e}")))?;
        let vkey = Vkey::new(&cosigner(genesis, party), Kind::Witness, key)
            .map_err(|e| bad_policy(&e.to_string()))?;
        Ok((party.to_string(), vkey))
    });
    let witnesses = witnesses.collect::<Result<Vec<_>, Problem>>()?;
    let quorum = usize::try_from(genesis.policy.quorum).unwrap_or(usize::MAX);
    Policy::any_of(quorum, witnesses).map_err(|e| bad_policy(&e.to_string()))
}

/// The name on a party's cosignatures.
pub(crate) fn cosigner(genesis: &Genesis, party: &PartyId) -> String {
    format!("{}/{party}", genesis.origin)
}

/// The checkpoint in a note that the log's key signed.
pub(crate) fn signed_by(origin: &Vkey, note: &[u8]) -> Result<Checkpoint, Problem> {
    let nobody = Policy::any_of(0, []).map_err(|e| bad_policy(&e.to_string()))?;
    let trusted = trust::open(note, origin, &nobody, Unlisted::Ignored).map_err(|e| {
        problem(
            "unsigned-checkpoint",
            format!("the coordinator's checkpoint does not hold: {e}"),
            "check that `coordinator` is the coordinator of this log",
        )
    })?;
    Ok(trusted.checkpoint)
}

/// The log's key, if the entry is the genesis that is pinned.
fn origin_of(entry: &[u8], log: &Digest) -> Result<Vkey, Problem> {
    let envelope = Envelope::parse(entry).map_err(|_| other_log(log))?;
    if Digest::of(envelope.payload()) != *log {
        return Err(other_log(log));
    }
    let Ok(Signed { act: Act::Genesis(genesis), .. }) = decode(envelope.payload()) else {
        return Err(other_log(log));
    };
    let key: PublicKey = genesis.sequencer.parse().map_err(|_| other_log(log))?;
    Vkey::new(&genesis.origin, Kind::Log, key).map_err(|_| other_log(log))
}

fn root_with(mut frontier: Frontier, entries: &[Vec<u8>]) -> Digest {
    for entry in entries {
        frontier.append(leaf_hash(entry));
    }
    frontier.root()
}

fn act_in(entry: &[u8]) -> Option<Act> {
    let envelope = Envelope::parse(entry).ok()?;
    decode(envelope.payload()).ok().map(|signed| signed.act)
}

fn other_log(log: &Digest) -> Problem {
    problem(
        "other-log",
        format!("the coordinator's log does not start with genesis `{}`", log.short()),
        "check `log` and `coordinator` in `concordat.toml`",
    )
}

fn bad_bundle(path: &TilePath, why: &str) -> Problem {
    problem(
        "bad-tile",
        format!("`{path}` cannot be read: {why}"),
        "try again; if it stays so, ask the coordinator's operator",
    )
}

fn bad_policy(why: &str) -> Problem {
    problem("bad-policy", format!("the genesis' witness policy: {why}"), "found the log anew")
}

fn unsignable(why: &str) -> Problem {
    problem("unsignable", format!("the act cannot be signed: {why}"), "shorten or mend the act")
}
