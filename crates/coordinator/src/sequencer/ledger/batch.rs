//! A batch: what is folded together, appended in one transaction, and answered afterwards.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use concordat_partnership::act::{DigestRecord, Signed, Tick};
use concordat_partnership::{Act, Refusal, State};
use concordat_replay::{Halt, Opened, RECORD_WITHIN, Replica};
use concordat_terms::{Digest, PartyId, Period, Timestamp};
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::tile::WIDTH;
use concordat_tlog::word::Spent;
use concordat_tlog::{Checkpoint, Note};

use super::turned::{Place, TurnedAway};
use super::{CHECKPOINT, Folded, Ledger, lock_log, step, told};
use crate::problem::{Refused, unusable};
use crate::view::{Log, Told, receipts_in, receipts_of};

/// The most entries between two digest records: the next one is a record.
const UNRECORDED_MOST: u64 = RECORD_WITHIN - 1;
/// How often time moves on while a run is open, so that checkpoints stay fresh.
const TICK_IN_RUN: Period = Period { months: 0, days: 0, seconds: 60 };
/// How often it does otherwise.
const TICK_IDLE: Period = Period { months: 0, days: 0, seconds: 12 * 3_600 };

/// Entries that are folded and not yet durable.
pub(crate) struct Batch {
    replica: Replica,
    folded: Folded,
    entries: Vec<Vec<u8>>,
    /// What became of each of them.
    told: Vec<Told>,
    /// By leaf: its place in the batch.
    places: BTreeMap<Digest, usize>,
    effects: bool,
    /// How many of the entries only move time on.
    begun: usize,
}

impl Batch {
    pub(super) fn new(folded: &Folded) -> Self {
        Self {
            // A copy: until the append is durable, readers see what was before.
            replica: (*folded.replica).clone(),
            folded: folded.clone(),
            entries: Vec::new(),
            told: Vec::new(),
            places: BTreeMap::new(),
            effects: false,
            begun: 0,
        }
    }

    /// The fold with what the batch holds.
    pub(super) fn replica(&self) -> &Replica {
        &self.replica
    }

    /// What was turned away so far.
    pub(super) fn turned(&mut self) -> &mut TurnedAway {
        &mut self.folded.turned
    }

    pub(super) fn into_turned(self) -> TurnedAway {
        self.folded.turned
    }

    /// Whether nothing came of it but that the clock had moved on.
    pub(crate) fn only_moves_time(&self) -> bool {
        self.entries.len() == self.begun
    }

    /// What became of an entry of this batch, by its leaf.
    fn told(&self, leaf: &Digest) -> Option<Told> {
        let place = self.places.get(leaf)?;
        self.told.get(*place).cloned()
    }
}

impl Ledger {
    /// Opens a batch, with a tick if the clock has moved on.
    pub(crate) fn begin(&mut self) -> Result<Batch, Refused> {
        if self.broken {
            self.recover()?;
        }
        let mut batch = Batch::new(&self.folded);
        let now = (self.clock)();
        if batch.replica.state().time().is_some_and(|time| now > time) {
            self.fold_own(&mut batch, &Act::Tick(Tick { time: now }))?;
        }
        batch.begun = batch.entries.len();
        Ok(batch)
    }

    /// Moves time on where nobody acts, so that what waits for it is not kept waiting: to the next
    /// deadline of the fold, and often enough that the log is not silent while one is ahead. What
    /// is due is read off the state, so that a restart misses none.
    pub(crate) fn idle(&mut self) -> Result<(), Refused> {
        use concordat_partnership::RunStatus;
        self.tell_counts()?;
        let state = self.folded.replica.state();
        let Some(time) = state.time() else { return Ok(()) };
        let open = state.runs().values().any(|run| run.status == RunStatus::Open);
        let period = if open { TICK_IN_RUN } else { TICK_IDLE };
        let mut next = time.plus(period);
        if let Some(deadline) = state.next_deadline() {
            // Nobody's deadline waits for somebody to act, and while one is ahead the log is not
            // silent for longer than the parties agreed.
            let longest = state.agreement().witnesses().map(|cited| cited.terms.max_gap);
            let longest = longest.map(|longest| time.plus(longest)).and_then(|end| {
                let half = (end.seconds().saturating_sub(time.seconds())) / 2;
                Timestamp::from_seconds(time.seconds().saturating_add(half))
            });
            next = next.min(deadline).min(longest.unwrap_or(next));
        }
        let now = (self.clock)();
        // A clock that stands where the log does moves nothing on.
        if now < next || now <= time {
            return Ok(());
        }
        let batch = self.begin()?;
        self.commit(batch)
    }

    /// Folds one party's envelopes, up to the first that is not to be logged.
    pub(crate) fn fold(
        &self,
        batch: &mut Batch,
        envelopes: Vec<Opened<'static>>,
    ) -> Result<Vec<Told>, Refused> {
        envelopes.into_iter().map(|envelope| self.fold_one(batch, envelope)).collect()
    }

    fn fold_one(&self, batch: &mut Batch, envelope: Opened<'static>) -> Result<Told, Refused> {
        let leaf = envelope.leaf();
        if let Some(old) = batch.told(&leaf) {
            return Ok(old);
        }
        let known = lock_log(&self.shared, |log| log.index_of(&leaf));
        if let Some(old) = known.map(|index| self.told_at(index)).transpose()?.flatten() {
            return Ok(old);
        }
        // Its signatures were checked before it came here; whose keys count is asked now.
        let opened = batch.replica.reopen(envelope);
        let Some(author) = opened.author() else {
            return Err(Refused::bad(
                "not-an-act",
                "the bytes are no envelope signed with a registered key that signs acts now",
                "sign the act with a key that the genesis or the agreement registers",
            ));
        };
        let stale = opened.signed().and_then(|signed| stale(batch.replica.state(), signed));
        if let Some(stale) = stale {
            return self.stale(batch, &stale);
        }
        let refused = author.and_then(|party| {
            let count = *batch.folded.refused.get(party)?;
            (count > Spent::REFUSED_MOST).then(|| (party.clone(), count))
        });
        if let Some((party, count)) = refused {
            let id = opened.id();
            let refused = Refused::new(
                StatusCode::TOO_MANY_REQUESTS,
                "refusals-spent",
                format!("more than {} acts of `{party}` were refused today", Spent::REFUSED_MOST),
                "wait until tomorrow: the log takes no more of this party's acts today",
            );
            return Err(refused.signed(self.spent(batch, &party, count, id)));
        }
        self.admit(batch, &opened)
    }

    /// Counts an act of this party that is turned away, and says so, and why, for the party to show.
    fn spent(&self, batch: &mut Batch, party: &PartyId, refused: u64, act: Digest) -> Option<Note> {
        let state = batch.replica.state();
        let (log, time) = (state.log()?, state.time()?);
        let told = state.last_count(party).map(|last| last.count.until);
        let Place { since, nth } = batch.folded.turned.add(party, act, time, told);
        let (origin, party) = (self.origin.clone(), party.to_string());
        let spent = Spent { origin, log, party, refused, time, act, nth, since };
        spent.sign(&self.key).ok()
    }

    /// Anybody who holds a copy of such an act can send it: logged, copies could fill the log. An
    /// act wrapped otherwise, its signatures in another order say, has the receipt it had.
    fn stale(&self, batch: &Batch, refusal: &Refusal) -> Result<Told, Refused> {
        if let Refusal::Replayed { index } = refusal {
            let in_batch = batch.told.iter().find(|told| told.receipt.index == *index);
            let old = match in_batch {
                Some(told) => Some(told.clone()),
                None => self.told_at(*index)?,
            };
            if let Some(old) = old {
                return Ok(old);
            }
        }
        Err(Refused::of(StatusCode::BAD_REQUEST, refusal.problem()))
    }

    /// What became of the entry at `index`, as it was told at the time; what is far back is in the
    /// store.
    fn told_at(&self, index: u64) -> Result<Option<Told>, Refused> {
        let recent = |log: &mut Log| log.recent(index).map(|logged| logged.told.clone());
        if let Some(recent) = lock_log(&self.shared, recent) {
            return Ok(Some(recent));
        }
        let note = self.store.note(&receipts_of(index / u64::from(WIDTH)))?;
        let receipts = note.and_then(|note| receipts_in(&note)).unwrap_or_default();
        let receipt = receipts.into_iter().find(|receipt| receipt.index == index);
        let told = receipt.zip(self.store.entry(index)?);
        Ok(told.map(|(receipt, entry)| Told { receipt, leaf: leaf_hash(&entry), lasting: false }))
    }

    /// Logs an act of the sequencer's own.
    pub(crate) fn fold_own(&self, batch: &mut Batch, act: &Act) -> Result<Vec<Told>, Refused> {
        let entry = self.sign_own(&batch.replica, &batch.folded.frontier, act);
        let entry = entry.map_err(|fault| Refused::fault(&fault))?;
        let opened = batch.replica.open(&entry);
        Ok(vec![self.admit(batch, &opened)?])
    }

    /// Folds an entry and puts it into the batch, whatever the verdict; before it a digest record,
    /// where the rules ask for one.
    pub(super) fn admit(&self, batch: &mut Batch, opened: &Opened<'_>) -> Result<Told, Refused> {
        if batch.folded.unrecorded >= UNRECORDED_MOST {
            self.record(batch)?;
        }
        self.push(batch, opened)
    }

    /// Says what this fold has come to.
    fn record(&self, batch: &mut Batch) -> Result<(), Refused> {
        let state = batch.replica.state();
        let record = DigestRecord { index: state.index(), rolling: state.rolling() };
        let act = Act::DigestRecord(record);
        let entry = self.sign_own(&batch.replica, &batch.folded.frontier, &act);
        let entry = entry.map_err(|fault| Refused::fault(&fault))?;
        let opened = batch.replica.open(&entry);
        self.push(batch, &opened).map(drop)
    }

    fn push(&self, batch: &mut Batch, opened: &Opened<'_>) -> Result<Told, Refused> {
        let (replica, folded) = (&mut batch.replica, &mut batch.folded);
        let (receipt, effects) =
            step(&self.judge, &self.store, replica, folded, opened).map_err(|halt| match halt {
                Halt::MissingBlob { blob, .. } => Refused::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "missing-blob",
                    format!("the act depends on blob `{blob}`, which is not here"),
                    "send the blob first (`PUT /v1/blobs/<digest>`)",
                ),
                halt @ (Halt::UnknownRules { .. } | Halt::NotFounded { .. }) => {
                    Refused::fault(&super::unfoldable(&halt))
                }
            })?;
        batch.effects |= effects;
        let told = told(opened, receipt);
        batch.places.insert(told.leaf, batch.entries.len());
        batch.entries.push(opened.entry().to_vec());
        batch.told.push(told.clone());
        Ok(told)
    }

    /// Appends the batch, its checkpoint with it, and publishes both.
    pub(crate) fn commit(&mut self, mut batch: Batch) -> Result<(), Refused> {
        let genesis = batch.replica.state().log().is_some() && self.folded.frontier.size() == 0;
        if batch.effects && !genesis && !batch.entries.is_empty() {
            self.record(&mut batch)?;
        }
        if batch.entries.is_empty() {
            return Ok(());
        }
        let counted = batch.folded.turned.notes(&self.folded.turned);

        // Who has been overtaken signs nothing any more.
        self.store.confirm()?;
        let frontier = &batch.folded.frontier;
        let (size, root) = (frontier.size(), frontier.root());
        let checkpoint = Checkpoint { origin: self.origin.clone(), size, root };
        let note = checkpoint.sign(&self.key).map_err(|e| {
            Refused::fault(&unusable("unsignable", e.to_string(), "look at the genesis' origin"))
        })?;
        let from = self.folded.frontier.size();
        let full = lock_log(&self.shared, |log| log.notes_with(&batch.told));
        let signed = note.to_bytes();
        let notes = full.iter().chain(&counted);
        let notes = notes.map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
        let notes: Vec<_> = notes.chain([(CHECKPOINT, signed.as_slice())]).collect();
        if let Err(fault) = (self.append)(&mut self.store, from, &batch.entries, &notes) {
            let refused = Refused::from(fault);
            // The fold ran ahead of the disk: what the disk has is what counts.
            self.broken = true;
            self.recover().ok();
            return Err(refused);
        }

        // Durable: from here on nothing can be refused.
        self.folded = batch.folded;
        self.folded.replica = Arc::new(batch.replica);
        let logged = batch.entries.into_iter().zip(batch.told);
        lock_log(&self.shared, |log| logged.for_each(|(entry, told)| log.push(entry, told)));
        self.publish(note);
        self.destroy_erased();
        self.keep_snapshot();
        Ok(())
    }

    /// Folds again from the store after an append that failed.
    fn recover(&mut self) -> Result<(), Refused> {
        self.refold().and_then(|()| self.compare()).map_err(|fault| Refused::fault(&fault))?;
        self.broken = false;
        Ok(())
    }
}

/// Why an act is not to be logged once more: what the fold says of acts that were judged or are over,
/// and of every act from outside that it is over. Ticks too have no other way in.
fn stale(state: &State, signed: &Signed) -> Option<Refusal> {
    state.stale(signed).or_else(|| {
        let (expires_at, now) = (signed.header.as_ref()?.expires_at, state.time()?);
        (expires_at <= now).then_some(Refusal::Expired { expires_at, now })
    })
}
