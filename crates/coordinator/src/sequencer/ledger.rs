//! The log as its one writer has it: store, fold, and what follows from them.

mod along;
mod batch;
mod erased;
mod own;
mod quota;
mod snapshots;
mod turned;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use concordat_partnership::act::WitnessPolicy;
use concordat_partnership::{Act, RunStatus, Verdict};
use concordat_replay::{Halt, Opened, Replica, witnesses_at, witnesses_now};
use concordat_store::{Reader, Store};
use concordat_terms::{ActName, Digest, PartyId, Problem, RunId};
use concordat_tlog::tile::WIDTH;
use concordat_tlog::{Checkpoint, Frontier, Note, SigningKey};
use concordat_wire::api::Receipt;
use tokio::sync::watch;

pub(crate) use self::along::Along;
pub(crate) use self::batch::Batch;
pub(crate) use self::erased::not_erased;
pub(crate) use self::own::header;
use self::snapshots::{Moment, Snapshots};
use self::turned::TurnedAway;
use crate::config::{Append, Clock, ForTests, Judge};
use crate::cosigners::{COSIGNERS, opened};
use crate::problem::{Refused, unusable};
use crate::restored::RESTORED;
use crate::series::{SERIES, Series};
use crate::view::{Log, RECEIPTS, ReadHandle, Shared, Snapshot, Told, lock};
use crate::witnessed::Witnessed;

/// The note that holds the latest signed checkpoint.
const CHECKPOINT: &str = "checkpoint";
/// The note that holds the last checkpoint that a quorum cosigned.
pub(crate) const QUORUM: &str = "checkpoint/quorum";
/// The note that holds the latest checkpoint with the cosignatures that were gathered of it.
pub(crate) const COSIGNED: &str = "checkpoint/cosigned";
/// What the names of notes with transcripts start with.
pub const TRANSCRIPTS: &str = "run/";
/// The seconds of a day.
const DAY: u64 = 24 * 3_600;
/// The most entries that are read at once.
const READ: usize = 2_048;

/// Store and fold, in the hands of one thread.
pub(crate) struct Ledger {
    store: Store,
    key: SigningKey,
    key_id: String,
    origin: String,
    clock: Clock,
    judge: Judge,
    append: Append,
    folded: Folded,
    snapshots: Snapshots,
    shared: Arc<Shared>,
    /// Who cosigns now, and with which keys: to read a key takes as long as to check a signature.
    witnesses: Option<(WitnessPolicy, Vec<Option<String>>)>,
    /// Blobs that were erased, and are destroyed.
    destroyed: BTreeSet<Digest>,
    /// Up to which entry what was erased is destroyed.
    obeyed: Option<u64>,
    /// An append failed and the log could not be read again either.
    broken: bool,
}

/// The prefix of the notes that hold a run's transcripts.
pub(crate) fn transcripts_of(run: &RunId) -> String {
    format!("{TRANSCRIPTS}{run}/")
}

/// What a fold over the whole log gives.
#[derive(Clone)]
struct Folded {
    replica: Arc<Replica>,
    /// Over the entries as stored, whatever the judge says of them.
    frontier: Frontier,
    /// Refused acts by the party that signed, in the running day of the log's time.
    refused: BTreeMap<PartyId, u64>,
    /// That day, counted from 1970-01-01 (UTC).
    day: u64,
    /// Entries since the last digest record.
    unrecorded: u64,
    /// What was turned away and not told to the log yet.
    turned: TurnedAway,
    /// What there was before that record.
    moment: Option<Arc<Moment>>,
}

impl Ledger {
    /// Opens the store, folds all of it, and compares with the checkpoint that was signed last.
    /// An empty log begins with `genesis`; one from a backup is compared by `restored` first.
    pub(crate) fn open(
        store: Store,
        key: SigningKey,
        genesis: impl FnOnce() -> Result<Vec<u8>, Problem>,
        (home, clock): (&Path, Clock),
        ForTests { judge, append, .. }: ForTests,
        restored: impl FnOnce(&Replica, &[Vec<u8>]) -> Result<(), Problem>,
    ) -> Result<Self, Problem> {
        let empty = store.is_empty().map_err(|e| e.problem())?;
        let first = if empty { genesis()? } else { first_entry(&store)? };
        let mut ledger = Self::over(store, key, &first, (home, clock), (judge, append))?;
        if empty {
            let mut batch = Batch::new(&ledger.folded);
            let opened = ledger.folded.replica.open(&first);
            ledger.admit(&mut batch, &opened).map_err(|refused| refused.problem)?;
            ledger.commit(batch).map_err(|refused| refused.problem)?;
        } else {
            ledger.refold()?;
            ledger.compare()?;
            if ledger.store.note(RESTORED).map_err(|e| e.problem())?.is_some() {
                let kept = [QUORUM, COSIGNED].into_iter();
                let kept = kept.filter_map(|name| ledger.store.note(name).transpose());
                let kept: Vec<_> = kept.collect::<Result<_, _>>().map_err(|e| e.problem())?;
                restored(&ledger.folded.replica, &kept)?;
                ledger.forget(RESTORED);
            }
        }
        ledger.destroy_all_erased()?;
        ledger.forget_ended_runs()?;
        ledger.resume_witnessed()?;
        Ok(ledger)
    }

    /// Nothing is folded yet of the log that begins with `first`.
    fn over(
        store: Store,
        key: SigningKey,
        first: &[u8],
        (home, clock): (&Path, Clock),
        (judge, append): (Judge, Append),
    ) -> Result<Self, Problem> {
        let origin = origin(first, &judge, &key)?;
        let reader = store.reader().map_err(|e| e.problem())?;
        Ok(Self {
            shared: Arc::new(shared(first, reader)?),
            store,
            key_id: own::key_id(&key)?,
            snapshots: Snapshots::open(home),
            key,
            clock,
            judge,
            append,
            folded: Folded::new(),
            origin,
            witnesses: None,
            destroyed: BTreeSet::new(),
            obeyed: None,
            broken: false,
        })
    }

    /// Takes up again what the store has of cosignatures.
    fn resume_witnessed(&mut self) -> Result<(), Problem> {
        if let Some(note) = self.store.note(QUORUM).map_err(|e| e.problem())?
            && let Ok(note) = Note::parse(&note)
        {
            let size = {
                let mut witnessed = lock(&self.shared.witnessed);
                let state = self.folded.replica.state();
                witnessed.resume_quorum(note, |size| witnesses_at(state, size).ok().flatten());
                witnessed.quorum_size()
            };
            self.shared.quorum.send_replace(size);
        }
        let series = self.store.note_names(SERIES).map_err(|e| e.problem())?;
        lock(&self.shared.witnessed).series = Series::of(&series);
        for said in self.store.notes(COSIGNERS).map_err(|e| e.problem())?.into_values() {
            if let Ok(said) = opened(&self.folded.replica, &said) {
                lock(&self.shared.witnessed).introduce(&said);
            }
        }
        let kept = self.store.note(COSIGNED).map_err(|e| e.problem())?;
        if let Some(note) = kept.and_then(|bytes| Note::parse(&bytes).ok()) {
            lock(&self.shared.witnessed).resume(note);
        }
        Ok(())
    }

    /// Of how many entries the snapshot was that this start went on from; 0 where it folded all.
    pub(crate) fn resumed_from(&self) -> u64 {
        self.snapshots.resumed
    }

    /// What others may read.
    pub(crate) fn view(&self) -> ReadHandle {
        ReadHandle(self.shared.clone())
    }

    pub(crate) fn put_note(&mut self, name: &str, bytes: &[u8]) -> Result<(), Refused> {
        Ok(self.store.put_note(name, bytes)?)
    }

    pub(crate) fn remove_notes(&mut self, prefix: &str) -> Result<(), Refused> {
        Ok(self.store.remove_notes(prefix)?)
    }

    /// Destroys what is left of runs that ended while nobody could clear up after them.
    fn forget_ended_runs(&mut self) -> Result<(), Problem> {
        let names = self.store.note_names(TRANSCRIPTS).map_err(|e| e.problem())?;
        let runs = self.folded.replica.state().runs();
        let open = runs.iter().filter(|(_, run)| run.status == RunStatus::Open);
        let open: Vec<String> = open.map(|(run, _)| transcripts_of(run)).collect();
        for name in names.iter().filter(|name| !open.iter().any(|run| name.starts_with(run))) {
            self.forget(name);
        }
        Ok(())
    }

    /// Destroys notes, as far as whoever reads the database at this moment, a backup say, lets us:
    /// that is no reason not to start.
    fn forget(&mut self, notes: &str) {
        if let Err(fault) = self.store.remove_notes(notes) {
            tracing::warn!(notes, %fault, "what these notes covered may not be overwritten yet");
        }
    }

    /// Starts over from what is stored, from a snapshot on where there is a good one; what was
    /// published stays published.
    fn refold(&mut self) -> Result<(), Problem> {
        let mut published = lock_log(&self.shared, |log| log.len());
        // The notes of full tiles come with the last entry of each, and there is no gap in them.
        let kept = self.store.note_names(RECEIPTS).map_err(|e| e.problem())?.len();
        let mut folded = self.resume(&mut published, kept)?;
        folded.turned = TurnedAway::read(&self.store)?;
        self.fold_rest(folded, published, |ledger, became| ledger.keep(kept, became))?;
        self.keep_snapshot();
        Ok(())
    }

    /// Folds what the store has beyond `folded`; entries from `published` on are published, after `keep`
    /// was given what became of them.
    fn fold_rest(
        &mut self,
        mut folded: Folded,
        published: u64,
        mut keep: impl FnMut(&mut Self, &[Told]) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let mut replica = (*folded.replica).clone();
        loop {
            let index = folded.frontier.size();
            let entries = self.store.entries(index, READ).map_err(|e| e.problem())?;
            if entries.is_empty() {
                break;
            }
            let (mut read, mut became) = (Vec::new(), Vec::new());
            replica.fold_ahead(&entries, threads(), |replica, opened| {
                let (receipt, _) = step(&self.judge, &self.store, replica, &mut folded, opened)
                    .map_err(|halt| unfoldable(&halt))?;
                if folded.frontier.size() > published {
                    read.push(opened.entry().to_vec());
                    became.push(told(opened, receipt));
                }
                Ok(())
            })?;
            keep(self, &became)?;
            let logged = read.into_iter().zip(became);
            lock_log(&self.shared, |log| logged.for_each(|(entry, told)| log.push(entry, told)));
        }
        folded.replica = Arc::new(replica);
        self.folded = folded;
        Ok(())
    }

    /// Puts the notes of the tiles that are full with `more`, but for the first `kept` tiles, which have
    /// theirs: a backup has none.
    fn keep(&mut self, kept: usize, more: &[Told]) -> Result<(), Problem> {
        let notes = lock_log(&self.shared, |log| {
            let first = usize::try_from(log.len() / u64::from(WIDTH)).unwrap_or(usize::MAX);
            // Two notes a tile.
            let mut notes = log.notes_with(more);
            notes.drain(..notes.len().min(kept.saturating_sub(first).saturating_mul(2)));
            notes
        });
        if notes.is_empty() {
            return Ok(());
        }
        let notes: Vec<_> =
            notes.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        let length = self.store.len().map_err(|e| e.problem())?;
        self.store.append_with_notes(length, &[], &notes).map_err(|e| e.problem())
    }

    /// After a restart: the checkpoint that was stored with the last batch must still be true.
    fn compare(&mut self) -> Result<(), Problem> {
        let (size, root) = (self.folded.frontier.size(), self.folded.frontier.root());
        match self.stored_checkpoint()? {
            Some((note, c)) if c.size == size && c.root == root && c.origin == self.origin => {
                self.publish(note);
                Ok(())
            }
            _ => Err(differs(size)),
        }
    }

    fn stored_checkpoint(&self) -> Result<Option<(Note, Checkpoint)>, Problem> {
        let stored = self.store.note(CHECKPOINT).map_err(|e| e.problem())?;
        let note = stored.and_then(|bytes| Note::parse(&bytes).ok());
        Ok(note.and_then(|note| {
            let checkpoint = Checkpoint::parse(note.text()).ok()?;
            Some((note, checkpoint))
        }))
    }

    fn publish(&mut self, note: Note) {
        let size = self.folded.frontier.size();
        let state = self.folded.replica.state();
        let named = state.policy().map(|policy| {
            let key = |party| state.members().get(party).map(|member| member.witness.clone());
            (policy.clone(), policy.witnesses.iter().map(key).collect())
        });
        let changed = named != self.witnesses;
        let quorum = {
            let mut witnessed = lock(&self.shared.witnessed);
            // The fold adopts none that cannot be used, and a party keeps a key that can.
            if let Some(Ok(Some(policy))) = changed.then(|| witnesses_now(state)) {
                witnessed.adopt(size, policy);
            }
            witnessed.publish(size, note);
            witnessed.quorum_size()
        };
        self.witnesses = named;
        self.shared.quorum.send_replace(quorum);
        let snapshot = Snapshot { size, replica: self.folded.replica.clone() };
        self.shared.snapshot.send_replace(Arc::new(snapshot));
    }
}

impl Folded {
    fn new() -> Self {
        Self {
            replica: Arc::new(Replica::new()),
            frontier: Frontier::default(),
            refused: BTreeMap::new(),
            day: 0,
            unrecorded: 0,
            turned: TurnedAway::default(),
            moment: None,
        }
    }
}

/// Folds one entry, with the blob that it needs, and says whether it had effects; nothing changes
/// on a halt.
fn step(
    judge: &Judge,
    store: &Store,
    replica: &mut Replica,
    folded: &mut Folded,
    opened: &Opened<'_>,
) -> Result<(Receipt, bool), Halt> {
    let index = folded.frontier.size();
    let moment = Moment::before(opened, replica, folded);
    let verdict = match judge(replica, opened) {
        Err(Halt::MissingBlob { blob, .. }) if supply(store, replica, &blob) => {
            judge(replica, opened)?
        }
        other => other?,
    };
    folded.frontier.append(opened.leaf());
    folded.unrecorded += 1;
    let day = replica.state().time().map_or(0, |time| time.seconds() / DAY);
    if day != folded.day {
        folded.day = day;
        folded.refused.clear();
    }
    match &verdict {
        Verdict::Admitted { act: ActName::DigestRecord, .. } => {
            folded.unrecorded = 0;
            folded.moment = moment;
        }
        Verdict::Refused { refusal, .. } => {
            let author = opened.author().flatten().filter(|_| refusal.is_charged());
            if let Some(party) = author {
                *folded.refused.entry(party.clone()).or_default() += 1;
            }
        }
        Verdict::Admitted { .. } => {}
    }
    let effects = matches!(&verdict, Verdict::Admitted { effects, .. } if !effects.is_empty());
    Ok((receipt(index, opened.id(), replica, &verdict), effects))
}

fn supply(store: &Store, replica: &mut Replica, blob: &Digest) -> bool {
    match store.blob(blob) {
        Ok(Some(bytes)) => {
            replica.supply(bytes);
            true
        }
        Ok(None) => false,
        Err(fault) => {
            tracing::error!(%blob, %fault, "a blob cannot be read");
            false
        }
    }
}

fn receipt(index: u64, id: Digest, replica: &Replica, verdict: &Verdict) -> Receipt {
    let time = replica.state().time().unwrap_or_else(crate::config::epoch);
    let clause = match verdict {
        Verdict::Admitted { clause, .. } => clause.clone(),
        Verdict::Refused { .. } => None,
    };
    let problem = verdict.refusal().map(concordat_partnership::Refusal::problem);
    let admitted = verdict.is_admitted();
    Receipt { index, id, time, admitted, clause, problem }
}

/// What those are told who ask for an entry that was folded.
fn told(opened: &Opened<'_>, receipt: Receipt) -> Told {
    let lasting = opened.unverified().is_none_or(|signed| signed.header.is_none());
    Told { receipt, leaf: opened.leaf(), lasting }
}

/// How many signatures are checked at once.
pub(crate) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The log's name, from a genesis that this coordinator may serve.
fn origin(first: &[u8], judge: &Judge, key: &SigningKey) -> Result<String, Problem> {
    let bad = |what: String, hint: &str| unusable("bad-genesis", what, hint);
    let mut replica = Replica::new();
    let opened = replica.open(first);
    match judge(&mut replica, &opened) {
        Err(Halt::NotFounded { refusal }) => {
            let what = format!("the genesis is refused: {refusal}");
            return Err(bad(what, &refusal.remedy()));
        }
        Err(halt) => return Err(unfoldable(&halt)),
        Ok(_) => {}
    }
    let Some(genesis) = replica.state().genesis() else {
        return Err(bad("the first act is not a genesis".to_owned(), "found the log anew"));
    };
    if genesis.sequencer != key.public().to_string() {
        let what = "the genesis names another sequencer's key".to_owned();
        return Err(bad(
            what,
            "restore `keys/sequencer.key`, or sign a genesis that names this key",
        ));
    }
    Ok(genesis.origin.clone())
}

fn shared(first: &[u8], store: Reader) -> Result<Shared, Problem> {
    let replica = Replica::new();
    let opened = replica.open(first);
    let Some(Act::Genesis(genesis)) = opened.signed().map(|signed| &signed.act) else {
        return Err(unusable(
            "bad-genesis",
            "the first act is not a genesis",
            "found the log anew",
        ));
    };
    let empty = Snapshot { size: 0, replica: Arc::new(replica) };
    Ok(Shared {
        log: RwLock::new(Log::default()),
        store,
        snapshot: watch::Sender::new(Arc::new(empty)),
        witnessed: Mutex::new(Witnessed::new(genesis)?),
        quorum: watch::Sender::new(0),
        cosigned: watch::Sender::new(0),
        progress: Mutex::new(BTreeMap::new()),
        attempts: watch::Sender::default(),
        lost: Mutex::new(BTreeMap::new()),
    })
}

fn first_entry(store: &Store) -> Result<Vec<u8>, Problem> {
    let first = store.entry(0).map_err(|e| e.problem())?;
    first.ok_or_else(|| unusable("log-differs", "the log has no first entry", "restore a backup"))
}

fn differs(size: u64) -> Problem {
    unusable(
        "log-differs",
        format!("the log of {size} entries is not the one whose checkpoint was signed"),
        "restore the folder `store` from a backup and compare with the witnesses",
    )
}

fn unfoldable(halt: &Halt) -> Problem {
    let hint = match halt {
        Halt::UnknownRules { .. } => "start a release that knows these rules",
        Halt::MissingBlob { .. } => "restore the folder `store/blobs` from a backup",
        Halt::NotFounded { .. } => "restore the folder `store` from a backup",
    };
    unusable("log-halts", halt.to_string(), hint)
}

fn lock_log<T>(shared: &Shared, with: impl FnOnce(&mut Log) -> T) -> T {
    with(&mut shared.log.write().unwrap_or_else(PoisonError::into_inner))
}
