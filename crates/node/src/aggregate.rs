//! One of the three aggregators at work: it follows the log, and in every run whose agreement names
//! its party it opens its share of a sum over the one roster that all three have signed.
//!
//! It dials out like a node, and everything between the three and the participants travels through
//! the coordinator, which can read none of it: what a participant uploads is under three masks, of
//! which each aggregator alone can take off its own. What an attempt needs is in memory and is gone
//! with it; of what was signed a note is on disk, so that no restart signs a second roster.

mod attempt;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use concordat_partnership::RunStatus;
use concordat_replay::RoundBasis;
use concordat_secagg::three::Role;
use concordat_terms::{Problem, RunId};
use serde::Serialize;

use self::attempt::Left;
use crate::client::Fault;
use crate::following::{FOR_GOOD, Following, LONG_POLL};
use crate::home::Home;
use crate::plan::{no_basis, refuse};

/// What happens at an aggregator, for people and for tests. Never keys, masks or shares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The log was followed to this many entries.
    Followed {
        /// How many.
        size: u64,
    },
    /// The coordinator does not answer; told once until it does.
    Offline {
        /// What was seen.
        problem: Problem,
    },
    /// No clause in force names this party for an aggregator; told once until one does.
    Unnamed,
    /// The agreement of an open run names this party.
    Attending {
        /// The run.
        run: RunId,
        /// For whom it stands.
        #[serde(serialize_with = "named")]
        role: Role,
    },
    /// A key was offered: an attempt begins.
    Offered {
        /// The run.
        run: RunId,
        /// The round, from 0.
        round: u32,
        /// The attempt, from 0.
        attempt: u32,
    },
    /// A share of a sum was opened, over a roster that all three have signed.
    Opened {
        /// The run.
        run: RunId,
        /// The round, from 0.
        round: u32,
        /// The attempt, from 0.
        attempt: u32,
        /// How many contributed.
        contributors: usize,
    },
    /// An attempt ended without a sum.
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
    /// The aggregator does not do something.
    Refused {
        /// The run, if it is about one.
        run: Option<RunId>,
        /// Why.
        problem: Problem,
    },
}

fn named<S: serde::Serializer>(role: &Role, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(role.as_str())
}

type Tell<'a> = &'a (dyn Fn(Event) + Sync);

/// An aggregator.
#[derive(Debug)]
pub struct Aggregator {
    log: Following,
}

impl Aggregator {
    /// Runs the aggregator of the party whose folder `home` is until `stop` is set, and then returns
    /// within a second. Its copy of the log is its own, in `aggregator` below that folder, so that
    /// the party's node may run beside it. `tell` is called from several threads.
    ///
    /// # Errors
    /// A [`Problem`] that no waiting mends: the folder, the store, another log, two histories.
    pub fn run(
        home: &Home,
        stop: Arc<AtomicBool>,
        tell: impl Fn(Event) + Sync,
    ) -> Result<(), Problem> {
        let aggregator = Self { log: Following::open(home, home.dir().join("aggregator"), stop)? };
        thread::scope(|scope| {
            let ended = aggregator.follow(scope, &tell);
            // Those who attend runs end with it.
            aggregator.log.stop().store(true, Ordering::Relaxed);
            ended
        })
    }

    /// Follows the log until the aggregator stops, or must; each run is attended by a thread.
    fn follow<'s, 'e>(
        &'e self,
        scope: &'s thread::Scope<'s, 'e>,
        tell: Tell<'e>,
    ) -> Result<(), Problem> {
        let mut attended = BTreeSet::new();
        let (mut told, mut first, mut unnamed) = (None, true, false);
        while !self.log.is_stopping() {
            match self.log.catch_up(first, |size| tell(Event::Followed { size })) {
                Ok(()) => (told, first) = (None, false),
                Err(Fault::Stopped) => break,
                Err(Fault::Own(problem)) if FOR_GOOD.contains(&problem.code.as_str()) => {
                    tell(Event::Refused { run: None, problem: problem.clone() });
                    return Err(problem);
                }
                Err(fault) => {
                    let problem = fault.problem();
                    if told.as_ref() != Some(&problem) {
                        tell(Event::Offline { problem: problem.clone() });
                        told = Some(problem);
                    }
                    self.log.pause(Duration::from_millis(500));
                    continue;
                }
            }
            let before = std::mem::replace(&mut unnamed, !self.is_named());
            if unnamed && !before {
                tell(Event::Unnamed);
            }
            for run in self.open_runs() {
                if attended.insert(run.clone()) {
                    scope.spawn(move || self.attend(&run, tell));
                }
            }
        }
        Ok(())
    }

    /// Whether the agreement in force has this party run an aggregator.
    fn is_named(&self) -> bool {
        let follower = self.log.follower();
        let aggregation = follower.state().agreement().aggregation();
        aggregation.is_some_and(|clause| clause.terms.aggregators.contains(follower.party()))
    }

    /// Open runs that this party's own replica has, where the agreement has aggregators.
    fn open_runs(&self) -> BTreeSet<RunId> {
        let ours = self.is_named();
        let follower = self.log.follower();
        let runs = follower.state().runs().iter();
        let open = runs.filter(|(_, run)| ours && run.status == RunStatus::Open);
        open.map(|(id, _)| id.clone()).collect()
    }

    /// Takes part in one attempt after the other, until the run is over.
    fn attend(&self, run: &RunId, tell: Tell<'_>) {
        let refused = |problem| tell(Event::Refused { run: Some(run.clone()), problem });
        let Some((basis, role)) = self.await_basis(run, &refused) else { return };
        tell(Event::Attending { run: run.clone(), role });
        // The attempt that this process is done with.
        let mut left = None;
        while !self.log.is_stopping() {
            let asked = Instant::now();
            let at = match self.log.client.attempt(run, left, LONG_POLL) {
                Ok(Some(at)) if left < Some((at.round, at.attempt)) => at,
                Ok(_) | Err(Fault::Offline(_) | Fault::Said(_)) => {
                    self.log.pause(POLL.saturating_sub(asked.elapsed()));
                    continue;
                }
                Err(Fault::Stopped | Fault::Gone(_)) => return,
                Err(fault) => return refused(fault.problem()),
            };
            let (round, attempt) = (at.round, at.attempt);
            let dropped =
                |reason| tell(Event::Dropped { run: run.clone(), round, attempt, reason });
            match self.attempt(&basis, role, &at, tell) {
                Ok(()) => left = Some((round, attempt)),
                // The secret is gone, and with it the attempt: what follows begins with another.
                Err(Left::Fault(Fault::Again(again))) => {
                    dropped(again.reason);
                    self.log.pause(POLL);
                }
                Err(Left::Fault(fault @ (Fault::Offline(_) | Fault::Said(_)))) => {
                    dropped(fault.problem().what);
                    self.log.pause(POLL);
                }
                Err(Left::Abort(why)) => {
                    dropped(why);
                    left = Some((round, attempt));
                }
                Err(Left::Fault(Fault::Stopped | Fault::Gone(_))) => return,
                Err(Left::Fault(fault)) => return refused(fault.problem()),
            }
        }
    }

    /// [`Aggregator::basis`], looked for again whenever the log has grown: a key may come later than
    /// the run. None once the run is over.
    fn await_basis(&self, run: &RunId, refused: &dyn Fn(Problem)) -> Option<(RoundBasis, Role)> {
        let (mut looked_at, mut told) = (None, None);
        while !self.log.is_stopping() && self.open_runs().contains(run) {
            let size = self.log.follower().replica().size();
            if looked_at == Some(size) {
                self.log.pause(POLL);
                continue;
            }
            looked_at = Some(size);
            let opened = self.log.follower().opened_at(run);
            match self.basis(run) {
                Ok(found) => {
                    if let Some(opened) = opened {
                        self.log.client.authorise(run, opened);
                    }
                    return Some(found);
                }
                Err(problem) if told.as_ref() != Some(&problem) => {
                    refused(problem.clone());
                    told = Some(problem);
                }
                Err(_) => {}
            }
        }
        None
    }

    /// What the run's rounds rest on, by this party's own replica, and its place there.
    fn basis(&self, run: &RunId) -> Result<(RoundBasis, Role), Problem> {
        let follower = self.log.follower();
        let state = follower.state();
        let known = state.runs().get(run);
        let plan = known.map(|known| &known.proposed.plan);
        let unknown = || refuse("unknown-run", format!("this node's log has no run `{run}`"));
        let basis = RoundBasis::derive(state, run, plan.ok_or_else(unknown)?);
        let basis = basis.map_err(|why| no_basis(&why))?;
        let role = basis.way.role_of(follower.party()).ok_or_else(|| {
            let what = format!("`{}` runs no aggregator of `{run}`", follower.party());
            refuse("not-an-aggregator", what)
        })?;
        Ok((basis, role))
    }
}

/// After how long the same is tried again: an attempt that broke off, or a coordinator that does not
/// answer, or answers at once that it has nothing.
const POLL: Duration = Duration::from_millis(200);
