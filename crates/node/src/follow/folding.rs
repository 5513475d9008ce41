//! From verified entries to the party's own fold: on disk first, in memory after.

use concordat_partnership::{Effect, Verdict};
use concordat_replay::{Halt, Opened, Replica};
use concordat_terms::{ActName, Digest, RunId, Timestamp};
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::{Envelope, Frontier};
use rpds::RedBlackTreeMapSync;

use super::refusals::Refusals;
use super::signatures::{origin_of, other_log, signed_by, unfounded};
use super::snapshots::Moment;
use super::ticks::Ticks;
use super::time::{Agreed, Watch};
use super::verdicts::Verdicts;
use super::{CHECKPOINT, Follower, TARGET, WATCH};
use crate::client::Fault;
use crate::now;
use crate::problems::problem;

/// What some entries lead to; nothing of it counts before they are on disk.
struct Folded {
    replica: Replica,
    frontier: Frontier,
    opened: RedBlackTreeMapSync<RunId, u64>,
    joins: RedBlackTreeMapSync<Digest, u64>,
    watch: Watch,
    ticks: Ticks,
    refusals: Refusals,
    compared: Verdicts,
    /// Before the last of them that is a digest record.
    moment: Option<Moment>,
}

impl Folded {
    /// What there is before a digest record, and before nothing else: a snapshot is made of that.
    fn moment_before(&self, opened: &Opened<'_>) -> Option<Moment> {
        let act = opened.signed().map(|signed| signed.act.name());
        (act == Some(ActName::DigestRecord)).then(|| Moment {
            replica: self.replica.clone(),
            opened: self.opened.clone(),
            joins: self.joins.clone(),
            refusals: self.refusals.clone(),
            records: self.compared.records().clone(),
        })
    }
}

impl Follower {
    /// Folds and keeps entries from `from` on, of the way to a checkpoint: the last of them, where
    /// that was asked for at `last`. Whether they went on from what is here.
    pub(super) fn take_in(
        &mut self,
        note: &[u8],
        from: u64,
        entries: &[Vec<u8>],
        last: Option<Timestamp>,
    ) -> Result<bool, Fault> {
        self.check_stopped()?;
        if self.replica.size() != from {
            return Ok(false);
        }
        let mut folded = self.folded(entries, now())?;
        if let Some(asked) = last {
            folded.watch.looked_at(asked);
        }
        let watch = folded.watch.to_bytes();
        let reached: &[(&str, &[u8])] = if last.is_some() {
            &[(CHECKPOINT, note), (TARGET, b""), (WATCH, &watch)]
        } else {
            &[(TARGET, note), (WATCH, &watch)]
        };
        let kept = self.store.append_with_notes(from, entries, reached);
        kept.map_err(|fault| fault.problem())?;
        self.swap(folded);
        if last.is_some() {
            (self.target, self.checkpoint) = (None, Some(note.to_vec()));
        } else {
            self.target = Some(note.to_vec());
        }
        self.obey_erasures()?;
        Ok(true)
    }

    /// Folds what the store holds beyond what was folded, and compares all of it with the checkpoint
    /// kept beside it.
    pub(super) fn refold(&mut self) -> Result<(), Fault> {
        // What was looked at when the process before this one lived says nothing about entries
        // that it had already: only about those that are still to come.
        let looked = self.watch.forget_look();
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
            let folded = self.folded(&entries, now())?;
            self.swap(folded);
        }
        if let Some(looked) = looked {
            self.watch.looked_at(looked);
        }
        if let (Some(origin), Some(note)) = (&self.origin, &self.checkpoint) {
            let kept = signed_by(origin, note)?;
            if self.replica.root_at(kept.size) != Some(kept.root) {
                return Err(Fault::Own(problem(
                    "store-differs",
                    "the store's entries do not have the root of the checkpoint beside them",
                    "restore the store from a backup, or follow the log anew in an empty folder",
                )));
            }
        }
        Ok(())
    }

    /// Folds entries on top of what is here, and changes nothing: a blob that cannot be had, or a
    /// disk that fails, leaves everything as it was.
    fn folded(&mut self, entries: &[Vec<u8>], at: Timestamp) -> Result<Folded, Fault> {
        let mut folded = Folded {
            replica: self.replica.clone(),
            frontier: self.frontier.clone(),
            opened: self.opened.clone(),
            joins: self.joins.clone(),
            watch: self.watch.clone(),
            ticks: self.ticks.clone(),
            refusals: self.refusals.clone(),
            compared: self.compared.clone(),
            moment: None,
        };
        // Signatures are checked on all cores; whose keys count is asked when an entry's turn comes.
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let read = folded.replica.open_all(entries, cores);
        for (entry, read) in entries.iter().zip(read) {
            let index = folded.replica.size();
            let before = folded.replica.state().time();
            let opened = folded.replica.reopen(read);
            let moment = folded.moment_before(&opened);
            let verdict = loop {
                match folded.replica.step_opened(&opened) {
                    Ok(verdict) => break verdict,
                    Err(halt) => {
                        let blob = self.needed(&halt)?;
                        folded.replica.supply(blob);
                    }
                }
            };
            // What the bytes were that the log's key came from is no matter: these are folded.
            if folded.replica.state().log() != Some(self.log) {
                return Err(other_log(&self.log, "").into());
            }
            let time = folded.replica.state().time();
            folded.ticks.heard(index, before, time);
            folded.refusals.heard(&opened, &verdict, time);
            folded.frontier.append(leaf_hash(entry));
            folded.compared.heard(index, entry, &verdict);
            if verdict.is_admitted() && folded.compared.differ().is_none() {
                folded.moment = moment.or(folded.moment);
            }
            self.note_down(&mut folded, (index, entry), &verdict, (before, at));
        }
        Ok(folded)
    }

    /// What the node asks of entries later: where runs were opened, and where it joined itself;
    /// and whether time goes as it should.
    fn note_down(
        &self,
        folded: &mut Folded,
        (index, entry): (u64, &[u8]),
        verdict: &Verdict,
        (before, at): (Option<Timestamp>, Timestamp),
    ) {
        let Verdict::Admitted { act, by, effects, .. } = verdict else { return };
        for effect in effects {
            if let Effect::RunOpened(run) = effect {
                folded.opened.insert_mut(run.clone(), index);
            }
        }
        let own = by.as_ref().is_some_and(|by| by.party.as_ref() == Some(&self.party));
        if *act == ActName::RunJoin
            && own
            && let Ok(envelope) = Envelope::parse(entry)
        {
            folded.joins.insert_mut(Digest::of(envelope.payload()), index);
        }
        if let (ActName::Tick, Some(tick)) = (act, folded.replica.state().time()) {
            let agreed = Agreed::of(folded.replica.state(), before);
            folded.watch.heard(index, (before, tick), at, agreed);
        }
    }

    fn swap(&mut self, folded: Folded) {
        self.replica = folded.replica;
        self.frontier = folded.frontier;
        self.watch = folded.watch;
        self.ticks = folded.ticks;
        self.refusals = folded.refusals;
        self.compared = folded.compared;
        self.opened = folded.opened;
        self.joins = folded.joins;
        self.snapshots.keep(folded.moment);
    }

    /// The blob without which there is no verdict.
    pub(super) fn needed(&mut self, halt: &Halt) -> Result<Vec<u8>, Fault> {
        match halt {
            Halt::MissingBlob { blob, .. } => self.blob(blob),
            Halt::NotFounded { .. } | Halt::UnknownRules { .. } => {
                Err(unfounded(halt, &self.log).into())
            }
        }
    }
}
