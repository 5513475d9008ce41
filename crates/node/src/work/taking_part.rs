//! From an open run to its rounds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use concordat_agreement::RunKind;
use concordat_partnership::RunStatus;
use concordat_secagg::three::{self, Posted, Speaker};
use concordat_secagg::{FromClient, SigningKey, Step};
use concordat_terms::{Problem, RunId};
use concordat_wire::api::{Arrived, Part};
use concordat_wire::round::{Announcement, ToClient};

use super::errand::{Ended, Errand};
use super::joining::Pending;
use super::{Event, Node, Tell};
use crate::client::{Fault, Reader};
use crate::following::backoff;
use crate::plan::Member;
use crate::problems::problem;
use crate::random::OperatingSystem;
use crate::rounds::{Exchange, Progress, Uplink};

/// Which runs are done with, and what was last said about the others.
pub(super) struct Agenda<'a> {
    node: &'a Node,
    /// Runs that this process took part in, or will not.
    done: BTreeSet<RunId>,
    /// Why a run was not joined at this size of the log: looked at again when it has grown.
    refused: BTreeMap<RunId, (u64, Problem)>,
    /// Runs whose join this process has signed, and nobody has answered yet.
    begun: BTreeMap<RunId, Begun>,
    /// Those of them of which that was told.
    unanswered: BTreeSet<RunId>,
    /// Since when the witnesses are awaited for a run, until that was told.
    awaited: BTreeMap<RunId, Option<Instant>>,
    /// Whether it was told that the node is paused.
    paused: bool,
}

/// How long witnesses are awaited in silence.
const SILENCE: Duration = Duration::from_secs(5);

type Begun = (Errand, Pending);

impl<'a> Agenda<'a> {
    /// Runs that were joined before this process started are done with: models and secrets lived
    /// in the memory of the one before.
    pub(super) fn of(node: &'a Node) -> Self {
        let (done, refused) = (BTreeSet::new(), BTreeMap::new());
        let (begun, unanswered, awaited) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::new());
        Self { node, done, refused, begun, unanswered, awaited, paused: false }
    }

    /// Takes part in every open run that this node may, one after the other; in none where the
    /// coordinator's verdicts are others than this node's, or while the node is paused.
    pub(super) fn go_on(&mut self, tell: Tell<'_>) {
        let paused = self.node.log.client.is_paused();
        if paused != self.paused {
            self.paused = paused;
            tell(if paused { Event::Paused } else { Event::Resumed });
        }
        if paused {
            return;
        }
        if self.node.log.follower().verdicts_differ().is_some() {
            return;
        }
        for run in self.open_runs() {
            if self.node.log.is_stopping() {
                return;
            }
            let size = self.node.log.follower().replica().size();
            if self.refused.get(&run).is_some_and(|(at, _)| *at == size) {
                continue;
            }
            match self.take(&run, tell) {
                Ok(Taken::Done) => {
                    self.done.insert(run);
                }
                Ok(Taken::Unanswered(problem)) => {
                    if self.unanswered.insert(run.clone()) {
                        tell(Event::Refused { run: Some(run), problem });
                    }
                }
                Ok(Taken::NotYet) => {
                    let since = self.awaited.entry(run.clone()).or_insert(Some(Instant::now()));
                    if since.take_if(|since| since.elapsed() > SILENCE).is_some() {
                        let problem = unseen(&run);
                        tell(Event::Refused { run: Some(run), problem });
                    }
                }
                Err(_) if self.node.log.is_stopping() => return,
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
        let follower = self.node.log.follower();
        let named = follower.state().runs().iter().filter(|(id, run)| {
            run.status == RunStatus::Open
                && run.proposed.plan.datasets.contains_key(follower.party())
                && !self.done.contains(*id)
        });
        named.map(|(id, _)| id.clone()).collect()
    }

    /// Checks, joins and takes part. An error is looked at again when the log has grown.
    fn take(&mut self, run: &RunId, tell: Tell<'_>) -> Result<Taken, Problem> {
        let begun = match self.begun.remove(run) {
            Some(begun) => begun,
            None => match self.begin(run, tell)? {
                Ok(begun) => begun,
                Err(taken) => return Ok(taken),
            },
        };
        let joined = match self.node.join(run, &begun.1) {
            Ok(joined) => joined,
            Err(fault @ Fault::Offline(_)) => {
                // The coordinator may be back at any moment, and the log need not grow before.
                self.begun.insert(run.clone(), begun);
                return Ok(Taken::Unanswered(fault.problem()));
            }
            Err(Fault::Stopped) => return Ok(Taken::Done),
            // Paused in between: it goes on from here.
            Err(fault) if self.node.log.client.is_paused() => {
                self.begun.insert(run.clone(), begun);
                return Ok(Taken::Unanswered(fault.problem()));
            }
            Err(fault) => {
                tell(Event::Refused { run: Some(run.clone()), problem: fault.problem() });
                return Ok(Taken::Done);
            }
        };
        self.node.log.client.authorise(run, joined);
        tell(Event::Joined { run: run.clone() });

        // The budget is reserved: whatever happens now, this process does not try again.
        self.done.insert(run.clone());
        let errand = &begun.0;
        let ended = self.rounds(errand, joined, tell);
        match ended.and_then(|ended| self.node.close(errand.member(), &ended)) {
            Ok(model) => tell(Event::Closed { run: run.clone(), model }),
            Err(_) if self.node.log.is_stopping() => {}
            Err(problem) => tell(Event::Refused { run: Some(run.clone()), problem }),
        }
        Ok(Taken::Done)
    }

    /// Checks the run and signs the join, unless this node is not to take part, or not yet.
    fn begin(&self, run: &RunId, tell: Tell<'_>) -> Result<Result<Begun, Taken>, Problem> {
        if self.node.has_joined(run)? {
            tell(Event::Refused { run: Some(run.clone()), problem: abstains(run) });
            return Ok(Err(Taken::Done));
        }
        let kind = |run: &concordat_partnership::Run| run.proposed.plan.kind;
        let kind = self.node.log.follower().state().runs().get(run).map_or(RunKind::Train, kind);
        let own = &self.node.log.home.config().node;
        if !own.joins(kind) {
            let problem = if own.join { of_another_kind(run, kind) } else { stays_out(run) };
            tell(Event::Refused { run: Some(run.clone()), problem });
            return Ok(Err(Taken::Done));
        }
        // Rows are read once, when there is nothing to wait for any more.
        let opened = self.node.log.follower().opened_at(run);
        let covered = opened.map_or(Ok(false), |opened| self.node.log.is_covered(opened));
        let covered = covered.map_err(|fault| fault.problem())?;
        if !covered {
            return Ok(Err(Taken::NotYet));
        }
        let errand = self.node.errand(run)?;
        let Member { plan, party, .. } = errand.member();
        let (home, version) = (&self.node.log.home, plan.datasets.get(party));
        if let Some(file) = version.and_then(|version| home.written_since(&plan.asset, version)) {
            let file = file.display().to_string();
            tell(Event::SourceTouched { run: run.clone(), file });
        }
        if let Some(problem) = errand.warning() {
            tell(Event::BarelyExact { run: run.clone(), problem: problem.clone() });
        }
        let pending = self.node.sign_join(errand.member(), errand.cost())?;
        Ok(Ok((errand, pending)))
    }

    fn rounds(&self, errand: &Errand, joined: u64, tell: Tell<'_>) -> Result<Ended, Problem> {
        let member = errand.member();
        let run = member.basis.run.clone();
        let ledger = self.node.log.follower().keys().ledger.clone();
        let identity = SigningKey::from_bytes(&ledger.to_seed());
        let mut exchange = Http { node: self.node, member, joined, ledger };
        errand.play(&identity, &mut exchange, &mut OperatingSystem, &mut |progress| {
            let run = run.clone();
            tell(match progress {
                Progress::Round { round, rounds } => Event::Round { run, round, rounds },
                Progress::Uploaded { round, chunks, of } => {
                    Event::Uploaded { run, round, chunks, of }
                }
                Progress::Unopened { round, attempt, dealer } => {
                    Event::Unopened { run, round, attempt, dealer }
                }
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
    /// The join is signed, and nobody answered; the same envelope is sent again.
    Unanswered(Problem),
}

/// The exchange of a run's messages over HTTP.
struct Http<'a> {
    node: &'a Node,
    member: Member<'a>,
    /// The index of this node's own join.
    joined: u64,
    ledger: concordat_tlog::SigningKey,
}

impl Exchange for Http<'_> {
    fn send(&mut self, round: u32, attempt: u32, message: FromClient) -> Result<ToClient, Fault> {
        // What was allowed when the node joined may have been taken back since.
        match message.step() {
            Step::AdvertiseKeys => self.node.await_cover(self.member, self.joined)?,
            _ => self.node.check_still(self.member)?,
        }
        let basis = self.member.basis;
        self.node.log.client.exchange(&basis.run, round, attempt, &message, &basis.params)
    }

    fn contribute(
        &mut self,
        round: u32,
        attempt: u32,
        message: &three::Message,
    ) -> Result<Posted, Fault> {
        self.node.check_still(self.member)?;
        let basis = self.member.basis;
        self.node.log.client.exchange_three(&basis.run, (round, attempt), message, &basis.params)
    }

    fn posted(&mut self, round: u32, attempt: u32, step: three::Step) -> Result<Posted, Fault> {
        match step {
            three::Step::OfferKey => self.node.await_cover(self.member, self.joined)?,
            _ => self.node.check_still(self.member)?,
        }
        let basis = self.member.basis;
        let by = Reader::new(basis.log, &self.ledger);
        let (step, by) = ((step, None), (&basis.params, &by));
        self.node.log.client.posted(&basis.run, (round, attempt), step, by)
    }

    fn fetch(&mut self, round: u32, part: &Part) -> Result<Vec<u8>, Fault> {
        let basis = self.member.basis;
        let by = Reader::new(basis.log, &self.ledger);
        self.node.log.client.fetch(&basis.run, round, (part, &basis.params), &by)
    }
}

impl Uplink for Http<'_> {
    fn announce(
        &mut self,
        round: u32,
        attempt: u32,
        announced: &Announcement,
    ) -> Result<Arrived, Fault> {
        self.node.check_still(self.member)?;
        self.node.log.client.announce(&self.member.basis.run, (round, attempt), announced)
    }

    fn bring(
        &mut self,
        round: u32,
        attempt: u32,
        chunk: usize,
        piece: Vec<u8>,
    ) -> Result<Arrived, Fault> {
        // What is taken back while a vector is on its way stops it.
        self.node.check_still(self.member)?;
        let run = &self.member.basis.run;
        let by = Speaker::Contributor(self.member.party.clone());
        self.node.log.client.bring(run, (round, attempt), (&by, chunk), piece)
    }

    fn pause(&mut self, tries: u32) {
        self.node.log.pause(backoff(tries));
    }
}

fn unseen(run: &RunId) -> Problem {
    problem(
        "not-covered-yet",
        format!("no quorum of witnesses has lately seen that `{run}` is open"),
        "start the witnesses' nodes: this one joins once they have cosigned",
    )
}

pub(super) fn not_named(run: &RunId) -> Problem {
    problem(
        "not-a-participant",
        format!("the plan of `{run}` names no version of this party's dataset"),
        "nothing is to be done",
    )
}

fn stays_out(run: &RunId) -> Problem {
    problem(
        "joins-no-runs",
        format!("this node is not to join runs, and `{run}` is open"),
        "write `join = true` below `[node]` in `concordat.toml` and start it again",
    )
}

fn of_another_kind(run: &RunId, kind: RunKind) -> Problem {
    let kind = kind.as_str();
    problem(
        "kind-not-joined",
        format!("this node does not join runs of the kind `{kind}`, and `{run}` is one"),
        "take `only` below `[node]` out of `concordat.toml` and start it again, if it should take part",
    )
}

fn abstains(run: &RunId) -> Problem {
    problem(
        "abstains",
        format!("this node joined `{run}` before it was restarted, and abstains from it"),
        "nothing is to be done: the others go on if enough of them are there",
    )
}
