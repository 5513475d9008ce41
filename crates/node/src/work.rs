//! A node at work: one thread follows the log and cosigns, one takes part in runs.
//!
//! What to do is read from the party's own fold and from nothing else: a run that the party's own
//! replica has not opened is none, whoever asks.

mod closing;
mod comparing;
mod covering;
mod errand;
mod joining;
mod relaying;
mod taking_part;
mod trainers;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use concordat_terms::{Digest, PartyId, Problem, RunId};
use serde::Serialize;

pub use self::relaying::{Inbox, Outlet, inbox};
use crate::client::Fault;
use crate::follow::Differ;
use crate::following::{FOR_GOOD, Following};
use crate::home::{HistoryKeys, Home};
use crate::{now, witness};

/// What happens at a node, for people and for tests. Never keys, rows, shares or contributions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The log was followed to this many entries.
    Followed {
        /// How many.
        size: u64,
    },
    /// The checkpoint of this size was cosigned.
    Cosigned {
        /// Its size.
        size: u64,
    },
    /// The coordinator does not answer; told once until it does.
    Offline {
        /// What was seen.
        problem: Problem,
    },
    /// The party's own replica has this party in the run.
    Joined {
        /// The run.
        run: RunId,
    },
    /// The answer to a query that this node takes part in will be barely exact enough.
    BarelyExact {
        /// The run.
        run: RunId,
        /// What would be better.
        problem: Problem,
    },
    /// A file behind the rows was written to after they were frozen: the run is on the rows as they
    /// were listed.
    SourceTouched {
        /// The run.
        run: RunId,
        /// The file.
        file: String,
    },
    /// A round gave a sum.
    Round {
        /// The run.
        run: RunId,
        /// Which, from 1.
        round: u32,
        /// Of how many.
        rounds: u32,
    },
    /// A part of this node's masked vector has arrived at the coordinator.
    Uploaded {
        /// The run.
        run: RunId,
        /// The round, from 0.
        round: u32,
        /// Chunks that are there.
        chunks: usize,
        /// Of so many.
        of: usize,
    },
    /// The shares that another participant dealt to this one did not open, or were not those it signed:
    /// this node reveals none of them. Where too few are left, the attempt ends, and both are named.
    Unopened {
        /// The run.
        run: RunId,
        /// The round, from 0.
        round: u32,
        /// The attempt, from 0.
        attempt: u32,
        /// Who dealt them.
        dealer: PartyId,
    },
    /// The node takes part in no run: somebody at this party has paused it.
    Paused,
    /// It takes part in runs again.
    Resumed,
    /// An attempt at a round ended without one.
    Dropped {
        /// The run.
        run: RunId,
        /// The round, from 0.
        round: u32,
        /// The attempt, from 0.
        attempt: u32,
        /// Why.
        reason: String,
    },
    /// The coordinator's own verdicts are others than this node's, or it does not say what they
    /// are: from here on the node cosigns nothing and takes part in no run. Told once.
    VerdictsDiffer {
        /// The entry by which it is known.
        index: u64,
        /// The runs that this node refuses and the coordinator may have admitted.
        runs: BTreeSet<RunId>,
        /// What was seen.
        problem: Problem,
    },
    /// The node does not do something: join a run, go on with it, cosign.
    Refused {
        /// The run, if it is about one.
        run: Option<RunId>,
        /// Why.
        problem: Problem,
    },
    /// That the log's key signed two histories was reported, and stands in the log: a case opens where
    /// it was admitted.
    HistoriesReported {
        /// By the entry at this index.
        index: u64,
        /// Whether it was admitted.
        admitted: bool,
    },
    /// The run is closed with a result that this node signed.
    Closed {
        /// The run.
        run: RunId,
        /// The model, or the answer.
        model: Digest,
    },
}

/// A node.
#[derive(Debug)]
pub struct Node {
    log: Following,
    history: HistoryKeys,
    /// Whether the coordinator knows the history keys.
    introduced: AtomicBool,
}

type Tell<'a> = &'a (dyn Fn(Event) + Sync);

impl Node {
    /// Runs a node of `home` until `stop` is set, and then returns within a second, whatever the
    /// coordinator holds back. `tell` is called from several threads.
    ///
    /// # Errors
    /// A [`Problem`] that no waiting mends: the folder, the store, another log, two histories.
    pub fn run(
        home: &Home,
        stop: Arc<AtomicBool>,
        tell: impl Fn(Event) + Sync,
    ) -> Result<(), Problem> {
        Self::run_in(home, &home.store_dir(), stop, tell)
    }

    /// [`Node::run`] with a store's folder of the caller's choice.
    ///
    /// # Errors
    /// As [`Node::run`].
    pub fn run_in(
        home: &Home,
        store: &Path,
        stop: Arc<AtomicBool>,
        tell: impl Fn(Event) + Sync,
    ) -> Result<(), Problem> {
        Self::run_with(home, store, stop, None, tell)
    }

    /// [`Node::run_in`] with a way in for acts that the coordinator does not take ([`inbox`]).
    ///
    /// # Errors
    /// As [`Node::run`].
    pub fn run_with(
        home: &Home,
        store: &Path,
        stop: Arc<AtomicBool>,
        outlet: Option<Outlet>,
        tell: impl Fn(Event) + Sync,
    ) -> Result<(), Problem> {
        let node = Self {
            log: Following::open(home, store.to_owned(), stop)?,
            history: home.history()?,
            introduced: AtomicBool::new(false),
        };
        let witnesses = node.witnesses()?;
        let (grown, growth) = channel();
        thread::scope(|scope| {
            let worker = scope.spawn(|| node.work(growth, &tell));
            scope.spawn(|| node.compare(witnesses, &tell));
            if let Some(outlet) = outlet {
                let (node, tell) = (&node, &tell);
                scope.spawn(move || node.receive(&outlet, tell));
            }
            let ended = node.follow(&grown, &tell);
            // The worker ends with the follower, for whatever reason that ended.
            node.log.stop().store(true, Ordering::Relaxed);
            drop(grown);
            if worker.join().is_err() {
                tracing::error!("the worker thread died");
            }
            ended
        })
    }

    /// Follows and cosigns until the node stops, or must.
    fn follow(&self, grown: &Sender<()>, tell: Tell<'_>) -> Result<(), Problem> {
        let mut cosigned: Option<(u64, Instant)> = None;
        let mut told: Option<Problem> = None;
        let (mut first, mut differs) = (true, false);
        while !self.log.is_stopping() {
            differs = differs || self.tell_differ(tell);
            match self.catch_up(first, tell) {
                Ok(()) => {
                    (told, first) = (None, false);
                    // The worker may have ended.
                    grown.send(()).ok();
                }
                Err(Fault::Stopped) => break,
                Err(Fault::Own(problem)) if FOR_GOOD.contains(&problem.code.as_str()) => {
                    tell(Event::Refused { run: None, problem: problem.clone() });
                    self.report_histories(tell);
                    return Err(problem);
                }
                Err(fault) => {
                    let problem = fault.problem();
                    if told.as_ref() != Some(&problem) {
                        tell(Event::Offline { problem: problem.clone() });
                        told = Some(problem);
                    }
                    // What was sent last may have been lost with the coordinator: it is said again.
                    cosigned = None;
                    self.log.pause(Duration::from_millis(500));
                    continue;
                }
            }
            differs = differs || self.tell_differ(tell);
            if let Err(fault) = self.settle_waiting(tell) {
                tell(Event::Refused { run: None, problem: fault.problem() });
            }
            self.cosign(&mut cosigned, tell)?;
        }
        Ok(())
    }

    /// Reports two histories, where the party's configuration says so; what keeps it from that keeps it
    /// until the node is started again.
    fn report_histories(&self, tell: Tell<'_>) {
        if !self.log.home.config().node.report_two_histories {
            return;
        }
        match self.log.follower().report_histories() {
            Ok(None) => {}
            Ok(Some(receipts)) => {
                for receipt in receipts.receipts {
                    let (index, admitted) = (receipt.index, receipt.admitted);
                    tell(Event::HistoriesReported { index, admitted });
                }
            }
            Err(fault) => tell(Event::Refused { run: None, problem: fault.problem() }),
        }
    }

    /// Says that the coordinator's verdicts are others than this node's; whether they are.
    fn tell_differ(&self, tell: Tell<'_>) -> bool {
        let follower = self.log.follower();
        let Some(Differ { index, runs, problem }) = follower.verdicts_differ().cloned() else {
            return false;
        };
        drop(follower);
        tell(Event::VerdictsDiffer { index, runs, problem });
        true
    }

    /// Waits for a larger checkpoint and follows it.
    fn catch_up(&self, first: bool, tell: Tell<'_>) -> Result<(), Fault> {
        self.log.catch_up(first, |size| tell(Event::Followed { size }))?;
        self.settle_promises()
    }

    /// Compares what was promised with what came, and asks for the proofs.
    fn settle_promises(&self) -> Result<(), Fault> {
        self.log.follower().check_promises()?;
        self.log.follower().check_counts()?;
        let unproven = self.log.follower().unproven()?;
        for (id, index) in unproven {
            // Asked without holding the follower.
            if let Some(bytes) = self.log.client.proof(index)? {
                self.log.follower().keep_proof(&id, &bytes)?;
            }
        }
        Ok(())
    }

    /// Cosigns what is new, and again what has grown old: a round needs a fresh quorum.
    fn cosign(&self, last: &mut Option<(u64, Instant)>, tell: Tell<'_>) -> Result<(), Problem> {
        let mut follower = self.log.follower();
        let size = follower.replica().size();
        let fresh = last.is_some_and(|(known, at)| known == size && at.elapsed() < COSIGN_AGAIN);
        if fresh {
            return Ok(());
        }
        let again = last.is_some_and(|(known, _)| known == size);
        let note = witness::cosignature(&mut follower, now());
        let history = witness::history(&mut follower, &self.history, now());
        drop(follower);
        self.say_history(history, tell);
        let sent = match note {
            Ok(None) => return Ok(()),
            Ok(Some(note)) => self.log.client.cosign(&note),
            Err(problem) => Err(Fault::Own(problem)),
        };
        // What did not arrive is said again as soon as the coordinator answers.
        let arrived = !matches!(sent, Err(Fault::Offline(_)));
        *last = arrived.then(|| (size, Instant::now()));
        match sent {
            Ok(()) if !again => tell(Event::Cosigned { size }),
            Ok(()) => {}
            Err(Fault::Own(problem)) if FOR_GOOD.contains(&problem.code.as_str()) => {
                tell(Event::Refused { run: None, problem: problem.clone() });
                return Err(problem);
            }
            // Told once, as what it is.
            Err(Fault::Own(problem)) if problem.code == "verdicts-differ" => {}
            Err(_) if self.log.is_stopping() => {}
            Err(fault) => tell(Event::Refused { run: None, problem: fault.problem() }),
        }
        Ok(())
    }

    /// Says that this was one history, to whom knows by which keys.
    fn say_history(&self, note: Result<Option<Vec<u8>>, Problem>, tell: Tell<'_>) {
        let note = match note {
            Ok(Some(note)) => note,
            Ok(None) => return,
            Err(problem) => return tell(Event::Refused { run: None, problem }),
        };
        if !self.introduced.load(Ordering::Relaxed) {
            let introduced = witness::introduction(&self.log.follower(), &self.history, now())
                .map_err(Fault::Own)
                .and_then(|envelope| self.log.client.introduce(&envelope));
            self.introduced.store(introduced.is_ok(), Ordering::Relaxed);
        }
        // It counts for nothing: where it does not arrive, the next one may.
        if let Err(fault) = self.log.client.cosign(&note) {
            tracing::debug!(%fault, "the history was not cosigned");
        }
    }

    /// Looks for runs whenever the log has grown.
    fn work(&self, growth: Receiver<()>, tell: Tell<'_>) {
        let mut agenda = taking_part::Agenda::of(self);
        while !self.log.is_stopping() {
            match growth.recv_timeout(Duration::from_millis(100)) {
                Ok(()) => while growth.try_recv().is_ok() {},
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            agenda.go_on(tell);
        }
    }
}

/// After how long an unchanged log is cosigned again.
const COSIGN_AGAIN: Duration = Duration::from_secs(60);
