//! Rooms: one task a run, where its participants meet round by round.
//!
//! [`course`] and [`ending`] are the logic, without sockets and clocks; [`actor`] waits, answers,
//! keeps transcripts and asks the sequencer.

mod actor;
mod basis;
mod course;
mod door;
mod ending;
pub(crate) mod spool;
mod subject;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use concordat_partnership::{RunStatus, State};
use concordat_secagg::three::{Role, Speaker, Step};
use concordat_terms::{PartyId, Period, RunId, Timestamp};
use concordat_tlog::PublicKey;
use concordat_wire::api::{
    Again, Arrived, Attempt, FETCH_SECONDS_MOST, Part, PayloadSignature, RunResult, ToSign,
    fetch_message,
};
use concordat_wire::round::{Announcement, Message};
use tokio::sync::{oneshot, watch};

use self::door::{Door, Doorkeeper};
use self::spool::{Kept, Spool, Uploads};
use crate::api::held::Held;
use crate::config::{Clock, ForTests, Timing};
use crate::problem::Refused;
use crate::sequencer::Sequencer;
use crate::view::{ReadHandle, Told, lock};

/// What a participant asks.
#[derive(Debug)]
pub(crate) enum Ask {
    /// A word in a round.
    Word { round: u32, attempt: u32, word: Box<Word> },
    /// What it will upload in chunks.
    Announce { round: u32, attempt: u32, announced: Box<Announcement> },
    /// What it computed.
    Result(RunResult),
    /// Its signature over the payload of the `run.close`.
    Signature(PayloadSignature),
}

/// What participants and aggregators say in a round.
#[derive(Debug)]
pub(crate) enum Word {
    /// Something signed.
    Message(Message),
    /// With three aggregators: that somebody, by whom the request is signed, wants to know what a
    /// step gives.
    Awaits {
        /// Who.
        by: Speaker,
        /// The step.
        step: Step,
    },
}

impl Word {
    /// Who speaks.
    pub(crate) fn by(&self) -> Speaker {
        match self {
            Self::Message(message) => door::speaker(message),
            Self::Awaits { by, .. } => by.clone(),
        }
    }

    /// The name of the step it belongs to.
    fn step(&self) -> String {
        match self {
            Self::Message(Message::Masks(message)) => message.step().to_string(),
            Self::Message(Message::Three(message)) => message.step().to_string(),
            Self::Awaits { step, .. } => step.to_string(),
        }
    }

    /// Whether its speaker begins the attempt with it, or may as well have.
    fn begins(&self) -> bool {
        match self {
            Self::Message(Message::Masks(_)) => true,
            Self::Message(Message::Three(message)) => message.step() == Step::OfferKey,
            Self::Awaits { step, .. } => *step == Step::OfferKey,
        }
    }
}

/// What it is told.
#[derive(Clone, Debug)]
pub(crate) enum Said {
    /// The server's message of the step, encoded.
    Encoded(Arc<Vec<u8>>),
    /// How far its upload has come.
    Arrived(Arrived),
    /// Another attempt.
    Again(Again),
    /// The payload to check and sign.
    ToSign(ToSign),
    /// What became of the `run.close`.
    Receipts(Vec<Told>),
}

pub(crate) type Reply = oneshot::Sender<Result<Said, Refused>>;

/// Somebody at a room's door.
pub(crate) struct Knock {
    ask: Ask,
    reply: Reply,
    /// What the ask holds of the room for bodies, until it is taken.
    held: Held,
}

/// All rooms.
#[derive(Clone)]
pub(crate) struct Rooms(Arc<Inner>);

struct Inner {
    view: ReadHandle,
    sequencer: Sequencer,
    clock: Clock,
    timing: Timing,
    for_tests: ForTests,
    stopping: watch::Receiver<bool>,
    spool: Spool,
    doors: Mutex<BTreeMap<RunId, Door>>,
    /// Runs whose room was once open in an earlier life: of this process or the one before.
    resumed: Mutex<BTreeSet<RunId>>,
}

impl Rooms {
    pub(crate) fn new(
        view: ReadHandle,
        sequencer: Sequencer,
        (clock, timing): (Clock, Timing),
        for_tests: ForTests,
        (spool, stopping): (Spool, watch::Receiver<bool>),
    ) -> Self {
        let resumed = Mutex::new(open_runs(view.replica().state()).collect());
        let doors = Mutex::new(BTreeMap::new());
        let inner =
            Inner { view, sequencer, clock, timing, for_tests, stopping, spool, doors, resumed };
        Self(Arc::new(inner))
    }

    /// Opens a room for every run that is open, and for each that opens later.
    pub(crate) fn attend(&self) {
        let rooms = self.clone();
        tokio::spawn(async move {
            let mut snapshots = rooms.0.view.watch();
            let mut stopping = rooms.0.stopping.clone();
            loop {
                let replica = snapshots.borrow_and_update().replica.clone();
                for run in open_runs(replica.state()) {
                    rooms.door(&run);
                }
                tokio::select! {
                    changed = snapshots.changed() => if changed.is_err() { return },
                    _ = stopping.wait_for(|stopping| *stopping) => return,
                }
            }
        });
    }

    /// Asks the run's room, and waits as long as it holds the answer back. Whoever cannot be one of
    /// its participants waits for nothing.
    pub(crate) async fn ask(&self, run: &RunId, ask: Ask, held: Held) -> Result<Said, Refused> {
        self.check_open(run)?;
        let door = self.door(run);
        door.check(self.0.view.replica().state(), run, &ask)?;
        let (reply, answer) = oneshot::channel();
        if door.knocks.send(Knock { ask, reply, held }).await.is_err() {
            self.check_open(run)?;
            return Err(Refused::busy());
        }
        match answer.await {
            Ok(said) => said,
            // The room is gone: the run is over, or the server stops.
            Err(_) => {
                self.check_open(run)?;
                Err(Refused::busy())
            }
        }
    }

    /// Brings a piece of an upload of (round, attempt), from `chunk` on. The room is not asked: what
    /// it announced tells each chunk by its digest, whoever brings it.
    pub(crate) async fn bring(
        &self,
        run: &RunId,
        at: (u32, u32),
        (by, chunk): (Speaker, usize),
        piece: impl AsRef<[u8]> + Send + 'static,
    ) -> Result<Arrived, Refused> {
        self.check_open(run)?;
        let uploads = self.door(run).uploads;
        let bring = move || uploads.bring(at, &by, chunk, piece.as_ref());
        tokio::task::spawn_blocking(bring).await.unwrap_or_else(|_| Err(Refused::busy()))
    }

    /// The attempt that is going on, as soon as one is that is later than `after`.
    ///
    /// # Errors
    /// 404 where there is no such run, 400 or 410 where it is not open, or not any more.
    pub(crate) async fn attempt(
        &self,
        run: &RunId,
        after: Option<(u32, u32)>,
    ) -> Result<Attempt, Refused> {
        let mut attempts = self.0.view.0.attempts.subscribe();
        let mut snapshots = self.0.view.watch();
        loop {
            snapshots.mark_unchanged();
            self.check_open(run)?;
            let now = attempts.borrow_and_update().get(run).copied();
            if let Some(now) = now.filter(|at| Some((at.round, at.attempt)) > after) {
                return Ok(now);
            }
            let still = tokio::select! {
                changed = attempts.changed() => changed,
                changed = snapshots.changed() => changed,
            };
            still.map_err(|_| Refused::busy())?;
        }
    }

    /// A part of a finished round's words, digests, shares or sum, for one of the run's
    /// participants.
    ///
    /// # Errors
    /// 403 `words-not-signed`, 404 where there is no such part.
    pub(crate) async fn fetch(
        &self,
        run: &RunId,
        round: u32,
        part: Part,
        signed: Signed,
    ) -> Result<Vec<u8>, Refused> {
        let keeper = self.keeper(run)?;
        self.participant(run, &signed)?;
        let kept = Kept::new(&self.0.spool.of(run), round, &keeper.rounds().params);
        self.read(round, move || kept.read(&part)).await
    }

    /// A piece of what a participant brought in the attempt that is going on, for the neutral
    /// aggregator.
    ///
    /// # Errors
    /// 403 `words-not-signed`, 404 where there is no such piece.
    pub(crate) async fn words(
        &self,
        run: &RunId,
        at: (u32, u32),
        (party, chunk): (PartyId, usize),
        signed: Signed,
    ) -> Result<Vec<u8>, Refused> {
        self.aggregator(run, Role::Neutral, &signed)?;
        let uploads = self.door(run).uploads;
        self.read(at.0, move || uploads.piece(at, &party, chunk)).await
    }

    /// Waits for what a step gives with three aggregators, in the name of a participant or of the
    /// aggregator with this role.
    ///
    /// # Errors
    /// 403 `words-not-signed`, and as [`Rooms::ask`].
    pub(crate) async fn posted(
        &self,
        run: &RunId,
        (round, attempt): (u32, u32),
        (step, role): (Step, Option<Role>),
        (signed, held): (Signed, Held),
    ) -> Result<Said, Refused> {
        let by = match role {
            Some(role) => {
                self.aggregator(run, role, &signed)?;
                Speaker::Aggregator(role)
            }
            None => Speaker::Contributor(self.participant(run, &signed)?),
        };
        let word = Box::new(Word::Awaits { by, step });
        self.ask(run, Ask::Word { round, attempt, word }, held).await
    }

    async fn read(
        &self,
        round: u32,
        read: impl FnOnce() -> io::Result<Option<Vec<u8>>> + Send + 'static,
    ) -> Result<Vec<u8>, Refused> {
        match tokio::task::spawn_blocking(read).await {
            Ok(Ok(Some(bytes))) => Ok(bytes),
            Ok(Ok(None)) => Err(Refused::not_found(format!("round {round} has no such part here"))),
            Ok(Err(fault)) => Err(Refused::fault(&spool::unreadable(&fault))),
            Err(_) => Err(Refused::busy()),
        }
    }

    fn keeper(&self, run: &RunId) -> Result<Arc<Doorkeeper>, Refused> {
        self.check_open(run)?;
        self.door(run).keeper().ok_or_else(Refused::busy)
    }

    /// The participant that signed the request.
    fn participant(&self, run: &RunId, signed: &Signed) -> Result<PartyId, Refused> {
        let replica = self.0.view.replica();
        let joined = replica.state().runs().get(run).map(|run| &run.joined);
        let party = signer(replica.state(), signed, (self.0.clock)());
        party
            .filter(|party| joined.is_some_and(|all| all.contains(party)))
            .ok_or_else(|| not_signed("no participant of the run signed the request"))
    }

    /// That whoever runs this aggregator signed the request.
    fn aggregator(&self, run: &RunId, role: Role, signed: &Signed) -> Result<(), Refused> {
        let keeper = self.keeper(run)?;
        let replica = self.0.view.replica();
        let party = signer(replica.state(), signed, (self.0.clock)());
        match party.and_then(|party| keeper.rounds().way.role_of(&party)) {
            Some(own) if own == role => Ok(()),
            _ => Err(not_signed("that aggregator of the run did not sign the request")),
        }
    }

    fn check_open(&self, run: &RunId) -> Result<(), Refused> {
        let replica = self.0.view.replica();
        match replica.state().runs().get(run).map(|run| &run.status) {
            None => Err(Refused::not_found(format!("there is no run `{run}`"))),
            Some(RunStatus::Proposed) => Err(Refused::bad(
                "run-not-open",
                format!("run `{run}` is not open yet"),
                "wait until it is opened (`run.open`)",
            )),
            Some(RunStatus::Open) => Ok(()),
            Some(RunStatus::Closed(_)) => {
                Err(Refused::gone("run-closed", format!("run `{run}` is closed")))
            }
            Some(RunStatus::Aborted(_)) => {
                let why = lock(&self.0.view.0.lost).get(run).cloned();
                Err(aborted(run, why.as_deref()))
            }
        }
    }

    /// The door to the run's room, which is opened where there is none.
    fn door(&self, run: &RunId) -> Door {
        let mut doors = lock(&self.0.doors);
        if let Some(door) = doors.get(run).filter(|door| !door.knocks.is_closed()) {
            return door.clone();
        }
        let spool = self.0.spool.of(run);
        let uploads = Uploads::new(spool.clone());
        let (door, knocks, keeper) = Door::new(uploads.clone());
        doors.insert(run.clone(), door.clone());
        // A room that is opened a second time has to find out how far its participants are.
        let resumed = !lock(&self.0.resumed).insert(run.clone());
        let Inner { view, sequencer, timing, for_tests, stopping, .. } = &*self.0;
        let room = actor::Room {
            run: run.clone(),
            resumed,
            view: view.clone(),
            sequencer: sequencer.clone(),
            timing: *timing,
            for_tests: for_tests.clone(),
            keeper,
            spool,
            uploads,
        };
        tokio::spawn(room.work(knocks, stopping.clone()));
        door
    }
}

/// 410; `why` the last attempt ended, where it was lost.
fn aborted(run: &RunId, why: Option<&str>) -> Refused {
    let why = why.map_or_else(String::new, |why| format!("; the last attempt ended: {why}"));
    Refused::gone("run-aborted", format!("run `{run}` was aborted{why}"))
}

/// A signed request for a blob, or for something of a run's round.
pub(crate) struct Signed {
    /// The id of the key.
    pub(crate) key: String,
    pub(crate) signature: [u8; 64],
    /// What is asked for.
    pub(crate) path: String,
    /// Until when the signature counts.
    pub(crate) until: Timestamp,
}

/// Whose ledger key signed a request, of this log, that counts now.
pub(crate) fn signer(state: &State, signed: &Signed, now: Timestamp) -> Option<PartyId> {
    let longest = now.plus(Period::of_seconds(FETCH_SECONDS_MOST));
    if signed.until <= now || longest < signed.until {
        return None;
    }
    let holder = state.holder(&signed.key.parse().ok()?).filter(|own| own.signs())?;
    let public: PublicKey = holder.public.parse().ok()?;
    let message = fetch_message(state.log()?, &signed.path, signed.until);
    public.verify(&message, &signed.signature).ok()?;
    holder.party.clone()
}

/// 403: what is kept of a run's rounds is for its participants and aggregators.
pub(crate) fn not_signed(what: &str) -> Refused {
    let hint = "sign `concordat-fetch/v1`, log, path and a time at most a quarter of an hour ahead \
                with the ledger key of one of them";
    Refused::new(StatusCode::FORBIDDEN, "words-not-signed", what, hint)
}

pub(crate) fn open_runs(state: &State) -> impl Iterator<Item = RunId> {
    let open = state.runs().iter().filter(|(_, run)| run.status == RunStatus::Open);
    open.map(|(id, _)| id.clone()).collect::<Vec<_>>().into_iter()
}
