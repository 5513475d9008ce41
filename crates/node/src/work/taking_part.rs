//! From an open run to its rounds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use concordat_partnership::act::RunJoin;
use concordat_partnership::{Act, RunStatus};
use concordat_secagg::{FromClient, SigningKey};
use concordat_terms::{Problem, RunId};
use concordat_wire::round::ToClient;

use super::{Event, Node, Tell};
use crate::client::{Client, Fault};
use crate::now;
use crate::plan::{Ready, check, still_allowed};
use crate::problems::problem;
use crate::random;
use crate::rounds::{Exchange, Outcome, Progress, take_part};
use crate::train::Noise;

/// Which runs are done with, and what was last said about the others.
pub(super) struct Agenda<'a> {
    node: &'a Node,
    /// Runs that this process took part in, or will not.
    done: BTreeSet<RunId>,
    /// Why a run was not joined at this size of the log: looked at again when it has grown.
    refused: BTreeMap<RunId, (u64, Problem)>,
}

impl<'a> Agenda<'a> {
    /// Runs that were joined before this process started are done with: models and secrets lived
    /// in the memory of the one before.
    pub(super) fn of(node: &'a Node) -> Self {
        Self { node, done: BTreeSet::new(), refused: BTreeMap::new() }
    }

    /// Takes part in every open run that this node may, one after the other.
    pub(super) fn go_on(&mut self, tell: Tell<'_>) {
        for run in self.open_runs() {
            if self.node.is_stopping() {
                return;
            }
            let size = self.node.follower().replica().size();
            if self.refused.get(&run).is_some_and(|(at, _)| *at == size) {
                continue;
            }
            match self.take(&run, tell) {
                Ok(Taken::Done) => {
                    self.done.insert(run);
                }
                Ok(Taken::NotYet) => {}
                Err(_) if self.node.is_stopping() => return,
                Err(problem) => {
                    let known = self.refused.get(&run).map(|(_, problem)| problem);
                    if known != Some(&problem) {
                        let run = Some(run.clone());
                        tell(Event::Refused { run, problem: problem.clone() });
                    }
                    self.refused.insert(run, (size, problem));
                }
            }
        }
    }

    /// Open runs of the party's own replica that name it.
    fn open_runs(&self) -> Vec<RunId> {
        let follower = self.node.follower();
        let named = follower.state().runs().iter().filter(|(id, run)| {
            run.status == RunStatus::Open
                && run.proposed.plan.datasets.contains_key(follower.party())
                && !self.done.contains(*id)
        });
        named.map(|(id, _)| id.clone()).collect()
    }

    /// Checks, joins and takes part. An error is looked at again when the log has grown.
    fn take(&mut self, run: &RunId, tell: Tell<'_>) -> Result<Taken, Problem> {
        if self.has_joined(run) {
            tell(Event::Refused { run: Some(run.clone()), problem: abstains(run) });
            return Ok(Taken::Done);
        }
        if !self.node.home.config().node.join {
            return Ok(Taken::Done);
        }
        let ready = self.ready(run)?;
        if !self.node.is_covered(run, now())? {
            return Ok(Taken::NotYet);
        }
        self.join(&ready)?;
        tell(Event::Joined { run: run.clone() });

        // The budget is reserved: whatever happens now, this process does not try again.
        self.done.insert(run.clone());
        match self.rounds(&ready, tell).and_then(|outcome| self.node.close(&ready, &outcome)) {
            Ok(model) => tell(Event::Closed { run: run.clone(), model }),
            Err(_) if self.node.is_stopping() => {}
            Err(problem) => tell(Event::Refused { run: Some(run.clone()), problem }),
        }
        Ok(Taken::Done)
    }

    fn has_joined(&self, run: &RunId) -> bool {
        let follower = self.node.follower();
        let found = follower.state().runs().get(run);
        found.is_some_and(|run| run.joined.contains(follower.party()))
    }

    fn ready(&self, run: &RunId) -> Result<Ready, Problem> {
        let mut follower = self.node.follower();
        let found = follower.state().runs().get(run).map(|run| run.proposed.plan.clone());
        let Some(plan) = found else {
            return Err(problem("unknown-run", format!("there is no run `{run}`"), "wait"));
        };
        let recipe = follower.blob(&plan.recipe)?;
        let table = self.node.home.table(&plan.asset)?;
        let salt = self.node.home.salt(&plan.asset)?;
        check(follower.state(), follower.party(), run, &recipe, &table, &salt)
    }

    /// Has `run.join` logged, and waits until the party's own replica has folded it.
    fn join(&self, ready: &Ready) -> Result<(), Problem> {
        let run = &ready.task.run;
        let act = Act::RunJoin(RunJoin { run: run.clone(), cost: ready.task.cost.clone() });
        let envelope = {
            let mut follower = self.node.follower();
            let refusals = follower.why(&ready.task.seat, &act)?;
            if let Some(first) = refusals.first() {
                return Err(first.problem());
            }
            follower.sign_act(&ready.task.seat, &act)?
        };
        // The identical envelope may be sent again: it is judged once.
        let mut tries = 0;
        loop {
            match self.node.client.submit(&[envelope.clone()]) {
                Ok(_) => break,
                Err(Fault::Offline(_)) if tries < 10 => {
                    tries += 1;
                    self.node.pause(Duration::from_millis(300));
                }
                Err(fault) => return Err(fault.problem()),
            }
        }
        for _ in 0..600 {
            if self.has_joined(run) {
                return Ok(());
            }
            if self.node.is_stopping() {
                return Err(Fault::Stopped.problem());
            }
            self.node.pause(Duration::from_millis(50));
        }
        Err(problem(
            "join-not-seen",
            format!("joining `{run}` was accepted, but this node's log does not show it"),
            "ask the coordinator's operator; this node takes no part in the run",
        ))
    }

    fn rounds(&self, ready: &Ready, tell: Tell<'_>) -> Result<Outcome, Problem> {
        let run = ready.task.run.clone();
        let identity = {
            let follower = self.node.follower();
            SigningKey::from_bytes(&follower.keys().ledger.to_seed())
        };
        let mut exchange = Http { node: self.node, client: &self.node.client, ready };
        let mut rng = random::generator()?;
        take_part(ready, &identity, Noise::Exact, &mut exchange, &mut rng, &mut |progress| {
            let run = run.clone();
            tell(match progress {
                Progress::Round { round, rounds } => Event::Round { run, round, rounds },
                Progress::Dropped { round, attempt, reason } => {
                    Event::Dropped { run, round, attempt, reason }
                }
            });
        })
    }
}

enum Taken {
    /// Nothing is left to do about this run.
    Done,
    /// The witnesses have not seen enough yet.
    NotYet,
}

/// The exchange of a run's messages over HTTP.
struct Http<'a> {
    node: &'a Node,
    client: &'a Client,
    ready: &'a Ready,
}

impl Exchange for Http<'_> {
    fn send(&mut self, round: u32, attempt: u32, message: FromClient) -> Result<ToClient, Fault> {
        let Ready { task, party, .. } = self.ready;
        // What was allowed when the node joined may have been taken back since.
        {
            let follower = self.node.follower();
            still_allowed(follower.state(), party, &task.run).map_err(Fault::Gone)?;
        }
        self.client.exchange(&task.run, round, attempt, &message)
    }

    fn pause(&mut self, tries: u32) {
        // A tenth of a second at first, two seconds at most.
        let millis = (50_u64 << tries.min(6)).min(2000);
        self.node.pause(Duration::from_millis(millis));
    }
}

fn abstains(run: &RunId) -> Problem {
    problem(
        "abstains",
        format!("this node joined `{run}` before it was restarted, and abstains from it"),
        "nothing is to be done: the others go on if enough of them are there",
    )
}
