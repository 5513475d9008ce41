//! A room at work: it waits, answers, keeps transcripts, and asks the sequencer.

mod closing;
mod held;
mod pace;
mod preparing;
mod rounds;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use concordat_partnership::act::{AbortReason, RunAbort};
use concordat_partnership::{Act, RunStatus};
use concordat_replay::Replica;
use concordat_secagg::three::Speaker;
use concordat_terms::{PartyId, RunId};
use concordat_wire::api::Progress;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use self::held::Held;
use self::pace::Timekeeper;
use super::course::Course;
use super::door::Keeper;
use super::ending::{Closing, Results};
use super::spool::{RunSpool, Uploads};
use super::{Ask, Knock, Reply, Said, Word, aborted};
use crate::config::{ForTests, Timing, Wait};
use crate::problem::Refused;
use crate::sequencer::{Sequencer, transcripts_of};
use crate::view::{ReadHandle, lock};

/// How often a room looks for a recipe that is not there yet, or tries a failed abort again.
const RETRY: Duration = Duration::from_millis(500);

/// One run's room.
pub(super) struct Room {
    pub(super) run: RunId,
    /// Whether it was open before, so that its participants may be further than it knows.
    pub(super) resumed: bool,
    pub(super) view: ReadHandle,
    pub(super) sequencer: Sequencer,
    pub(super) timing: Timing,
    pub(super) for_tests: ForTests,
    pub(super) keeper: Keeper,
    /// Where words lie that are too many for one message.
    pub(super) spool: RunSpool,
    pub(super) uploads: Uploads,
}

/// What a room waits for.
enum Phase {
    /// Participants join; the first step is open and does not close yet. Enough of them or not:
    /// what the deadline is for.
    Gathering { enough: bool },
    /// After a restart: the latest message of each party, until one attempt is chosen.
    Resuming { back: BTreeMap<PartyId, Back> },
    /// A step.
    Rounds,
    /// Results.
    Results { results: Results, nobody: AbortReason },
    /// Signatures.
    Closing { results: Results, closing: Box<Closing> },
    /// The abort, again if it could not be logged.
    Aborting(AbortReason),
}

/// Somebody who came back after a restart, with a message of the current round.
struct Back {
    attempt: u32,
    word: Word,
    reply: Reply,
}

/// A room whose rounds can be held.
struct Session {
    room: Room,
    course: Course,
    joined: BTreeSet<PartyId>,
    phase: Phase,
    /// Who kept the run from a result that enough sign, once that is why it ends.
    against: BTreeSet<PartyId>,
    deadline: Option<Instant>,
    /// Who waits for the current step to close; then for the results, and for the signatures.
    asking: Held,
    /// Who waits for the attempt to end, or for the run to.
    aside: Held,
    /// How fast rounds go, and who comes late.
    times: Timekeeper,
}

impl Room {
    /// Holds the rounds until the run is closed or aborted, or the server stops.
    pub(super) async fn work(
        self,
        mut knocks: mpsc::Receiver<Knock>,
        mut stopping: watch::Receiver<bool>,
    ) {
        let (view, run) = (self.view.clone(), self.run.clone());
        let (sequencer, uploads) = (self.sequencer.clone(), self.uploads.clone());
        tokio::select! {
            () = self.hold(&mut knocks) => {}
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
        lock(&view.0.progress).remove(&run);
        view.tell_attempt(&run, None);
        // Transcripts are for the participants of an open run alone; and as long as it is open,
        // they are all that a later room can go on from.
        let replica = view.replica();
        let open = replica.state().runs().get(&run).is_some_and(|r| r.status == RunStatus::Open);
        if open {
            return;
        }
        let destroyed = tokio::task::spawn_blocking(move || uploads.end()).await;
        let words_gone = matches!(destroyed, Ok(Ok(())));
        let notes_gone = sequencer.remove_notes(transcripts_of(&run)).await.is_ok();
        if !words_gone || !notes_gone {
            tracing::warn!(%run, "transcripts of an ended run are kept until the next start");
        }
    }

    async fn hold(self, knocks: &mut mpsc::Receiver<Knock>) {
        let mut snapshots = self.view.watch();
        let Some(course) = self.prepare(knocks, &mut snapshots).await else { return };
        let mut session = Session::new(self, course);
        session.tell_the_door();
        let replica = snapshots.borrow_and_update().replica.clone();
        session.look(&replica);
        session.go_on().await;
        loop {
            session.tell();
            let deadline = session.deadline;
            let due = async {
                match deadline {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                knock = knocks.recv() => match knock {
                    Some(knock) => session.knock(knock).await,
                    None => return,
                },
                changed = snapshots.changed() => {
                    let replica = snapshots.borrow_and_update().replica.clone();
                    if changed.is_err() || !session.room.is_open(&replica) {
                        return session.over(&replica);
                    }
                    session.look(&replica);
                    session.go_on().await;
                }
                () = due => session.due().await,
            }
        }
    }

    /// Ends the run in the log. What makes it a dead end for everybody is the reason, where there
    /// is such a thing: whatever went wrong in its rounds may have followed from that.
    async fn log_abort(&self, reason: AbortReason, named: BTreeSet<PartyId>) {
        let (reason, named) =
            self.dead_end().map_or((reason, named), |reason| (reason, BTreeSet::new()));
        tracing::info!(run = %self.run, ?reason, ?named, "the run is aborted");
        let act = Act::RunAbort(RunAbort { run: self.run.clone(), reason, named });
        if let Err(refused) = self.sequencer.own(act).await {
            tracing::warn!(run = %self.run, code = refused.problem.code, "no abort yet");
        }
    }

    fn dead_end(&self) -> Option<AbortReason> {
        self.view.replica().state().dead_end(&self.run)
    }

    fn is_open(&self, replica: &Replica) -> bool {
        replica.state().runs().get(&self.run).is_some_and(|run| run.status == RunStatus::Open)
    }
}

impl Session {
    fn new(room: Room, course: Course) -> Self {
        let phase = Phase::Gathering { enough: false };
        Self {
            room,
            course,
            joined: BTreeSet::new(),
            phase,
            against: BTreeSet::new(),
            deadline: None,
            asking: Held::default(),
            aside: Held::default(),
            times: Timekeeper::default(),
        }
    }

    /// Sees who has joined, and whether the run can still end well. The first look decides where a
    /// room begins.
    fn look(&mut self, replica: &Replica) {
        let run = replica.state().runs().get(&self.room.run);
        let Some(run) = run else { return };
        let first = self.joined.is_empty() && matches!(self.phase, Phase::Gathering { .. });
        self.joined = run.joined.clone();
        if let Some(reason) = replica.state().dead_end(&self.room.run) {
            // Whatever was still to come could not be logged.
            if !matches!(self.phase, Phase::Aborting(_)) {
                self.abort(reason);
            }
            return;
        }
        let timing = self.room.timing;
        let enough = self.joined.len() >= self.course.basis().rounds.params.remaining();
        if first && self.room.resumed && enough {
            self.room.resumed = false;
            self.phase = if self.course.is_finished() {
                let nobody = AbortReason::CoordinatorRestarted;
                Phase::Results { results: Results::default(), nobody }
            } else {
                Phase::Resuming { back: BTreeMap::new() }
            };
            self.deadline = Some(Instant::now() + timing.resume_wait);
            return;
        }
        let Phase::Gathering { enough: before } = self.phase else { return };
        if self.joined.len() == self.course.basis().rounds.params.clients() {
            self.start();
        } else if enough && !before {
            self.phase = Phase::Gathering { enough };
            self.deadline = Some(Instant::now() + timing.join_wait);
        } else if self.deadline.is_none() {
            self.deadline = Some(Instant::now() + timing.enough_wait);
        }
    }

    /// Those who joined are those who take part: from here on a silent one is dropped.
    fn start(&mut self) {
        self.phase = Phase::Rounds;
        self.times.begin(Instant::now());
        // After a restart they have yet to find the way back, and their joins to be cosigned.
        let timing = self.room.timing;
        let wait =
            if self.room.resumed { timing.resume_wait.max(timing.step) } else { timing.step };
        self.room.resumed = false;
        self.deadline = Some(Instant::now() + wait);
    }

    /// A round has begun: whoever is at the door is told what its messages are bound to.
    fn tell_the_door(&self) {
        self.room.keeper.send_replace(Some(Arc::new(self.course.keeper().clone())));
    }

    /// What was asked counts as a body until it is taken, whatever then becomes of it.
    async fn knock(&mut self, Knock { ask, reply, held: _held }: Knock) {
        match ask {
            Ask::Word { round, attempt, word } => self.word((round, attempt), *word, reply).await,
            Ask::Announce { round, attempt, announced } => {
                self.announce((round, attempt), &announced, reply);
            }
            Ask::Result(result) => self.result(&result, reply),
            Ask::Signature(signed) => self.signature(&signed, reply).await,
        }
        self.go_on().await;
    }

    /// Closes what is complete.
    async fn go_on(&mut self) {
        loop {
            if matches!(self.phase, Phase::Rounds) && self.course.is_complete(&self.joined) {
                self.close_step().await;
            } else if self.is_overdue() {
                self.pass().await;
            } else {
                break;
            }
        }
        if let Phase::Aborting(_) = self.phase
            && self.deadline.is_none()
        {
            self.abort_now().await;
        }
    }

    /// The deadline has passed.
    async fn due(&mut self) {
        self.pass().await;
        self.go_on().await;
    }

    /// Whether a test says that the deadline has passed.
    fn is_overdue(&self) -> bool {
        let Some(overdue) = &self.room.for_tests.overdue else { return false };
        self.awaited().is_some_and(|(wait, awaited)| !awaited.is_empty() && overdue(wait, &awaited))
    }

    /// What is waited for, and whom.
    fn awaited(&self) -> Option<(Wait, BTreeSet<PartyId>)> {
        Some(match &self.phase {
            Phase::Gathering { .. } => {
                let named = self.course.basis().keys.keys();
                (Wait::Joins, named.filter(|p| !self.joined.contains(*p)).cloned().collect())
            }
            Phase::Resuming { back } => {
                let away = self.joined.iter().filter(|party| !back.contains_key(*party));
                (Wait::Return, away.cloned().collect())
            }
            Phase::Rounds => (self.course.wait()?, self.course.awaited(&self.joined)),
            Phase::Results { results, .. } => {
                (Wait::Results, results.awaited(&self.course.present(&self.joined)))
            }
            Phase::Closing { closing, .. } => (Wait::Signatures, closing.silent()),
            Phase::Aborting(_) => return None,
        })
    }

    /// Goes on without those who are still awaited.
    async fn pass(&mut self) {
        self.deadline = None;
        match &self.phase {
            Phase::Gathering { enough: true } => self.start(),
            Phase::Gathering { enough: false } => self.abort(AbortReason::TooFewParticipants),
            Phase::Resuming { .. } => self.choose_attempt().await,
            Phase::Rounds => self.close_step().await,
            Phase::Results { .. } => self.close_results(),
            Phase::Closing { .. } => self.close_signatures(),
            Phase::Aborting(_) => {}
        }
    }

    /// The run is to end without a result. Those who wait are told once that is in the log.
    fn abort(&mut self, reason: AbortReason) {
        self.deadline = None;
        let before = std::mem::replace(&mut self.phase, Phase::Aborting(reason));
        if let Phase::Resuming { back } = before {
            for (party, one) in back {
                self.hold_aside(Speaker::Contributor(party), one.reply);
            }
        }
    }

    async fn abort_now(&mut self) {
        let Phase::Aborting(reason) = self.phase else { return };
        let (mut named, why) = self.course.blame(&self.joined, reason);
        named.append(&mut self.against.clone());
        if let Some(why) = why {
            lock(&self.room.view.0.lost).insert(self.room.run.clone(), why.to_owned());
        }
        self.room.log_abort(reason, named).await;
        // Once it is in the log the room closes; until then it is tried again.
        self.deadline = Some(Instant::now() + RETRY);
    }

    /// Holds the answer until the step closes, or whatever else is going on.
    fn hold(&mut self, by: Speaker, reply: Reply) {
        self.asking.hold(by, reply, || self.course.again("another request took over"));
    }

    /// Holds the answer until the attempt ends, or the run.
    fn hold_aside(&mut self, by: Speaker, reply: Reply) {
        self.aside.hold(by, reply, || self.course.again("another request took over"));
    }

    /// Everybody whose answer is held.
    fn answer_all(&mut self, said: &Said) {
        self.asking.tell(said);
        self.aside.tell(said);
    }

    /// The log says that the run is over: everybody who waits is told.
    fn over(mut self, replica: &Replica) {
        let run = &self.room.run;
        let status = replica.state().runs().get(run).map(|run| &run.status);
        let gone = if matches!(status, Some(RunStatus::Aborted(_))) {
            aborted(run, lock(&self.room.view.0.lost).get(run).map(String::as_str))
        } else {
            Refused::gone("run-closed", format!("run `{run}` is closed"))
        };
        self.asking.refuse(&gone);
        self.aside.refuse(&gone);
        if let Phase::Resuming { back } = self.phase {
            for Back { reply, .. } in back.into_values() {
                reply.send(Err(gone.clone())).ok();
            }
        }
    }

    /// Shows where the run is.
    fn tell(&self) {
        let step = match &self.phase {
            Phase::Gathering { .. } | Phase::Resuming { .. } => "waiting".to_owned(),
            Phase::Rounds => match self.course.wait() {
                Some(Wait::Step(step)) => step.to_string(),
                Some(Wait::Aggregation(step)) => step.to_string(),
                _ => String::new(),
            },
            Phase::Results { .. } | Phase::Closing { .. } => "signing".to_owned(),
            Phase::Aborting(_) => "aborted".to_owned(),
        };
        let progress = Progress {
            round: self.course.round(),
            attempt: self.course.attempt(),
            rounds: self.course.basis().plan.rounds,
            step,
            present: self.course.present(&self.joined).into_iter().collect(),
            awaited: self.awaited().map(|(_, awaited)| awaited).into_iter().flatten().collect(),
            dropped: self.course.dropped().iter().cloned().collect(),
            pace: self.times.pace(),
            late: self.times.late().clone(),
            told: self.course.told(),
        };
        lock(&self.room.view.0.progress).insert(self.room.run.clone(), progress);
        let now = self.course.now().filter(|_| matches!(self.phase, Phase::Rounds));
        self.room.view.tell_attempt(&self.room.run, now);
    }
}

fn answer(reply: Reply, said: Said) {
    // Whoever asked may have gone.
    reply.send(Ok(said)).ok();
}
