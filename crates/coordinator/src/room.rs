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

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use concordat_partnership::{RunStatus, State};
use concordat_secagg::{Announced, FromClient};
use concordat_terms::{PartyId, RunId};
use concordat_tlog::PublicKey;
use concordat_wire::api::{
    Again, Arrived, Part, PayloadSignature, RunResult, ToSign, words_message,
};
use tokio::sync::{oneshot, watch};

use self::door::Door;
use self::spool::{Kept, Spool, Uploads};
use crate::api::held::Held;
use crate::config::{ForTests, Timing};
use crate::problem::Refused;
use crate::sequencer::Sequencer;
use crate::view::{ReadHandle, Told, lock};

/// What a participant asks.
#[derive(Debug)]
pub(crate) enum Ask {
    /// A message of a round.
    Message { round: u32, attempt: u32, message: Box<FromClient> },
    /// What it will upload in chunks.
    Announce { round: u32, attempt: u32, announced: Box<Announced> },
    /// What it computed.
    Result(RunResult),
    /// Its signature over the payload of the `run.close`.
    Signature(PayloadSignature),
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
        timing: Timing,
        for_tests: ForTests,
        (spool, stopping): (Spool, watch::Receiver<bool>),
    ) -> Self {
        let resumed = Mutex::new(open_runs(view.replica().state()).collect());
        let doors = Mutex::new(BTreeMap::new());
        let inner = Inner { view, sequencer, timing, for_tests, stopping, spool, doors, resumed };
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
        (party, chunk): (PartyId, usize),
        piece: impl AsRef<[u8]> + Send + 'static,
    ) -> Result<Arrived, Refused> {
        self.check_open(run)?;
        let uploads = self.door(run).uploads;
        let bring = move || uploads.bring(at, &party, chunk, piece.as_ref());
        tokio::task::spawn_blocking(bring).await.unwrap_or_else(|_| Err(Refused::busy()))
    }

    /// A part of a finished round's words, digests or sum, for one of the run's participants.
    ///
    /// # Errors
    /// 403 `words-not-signed`, 404 where there is no such part.
    pub(crate) async fn fetch(
        &self,
        run: &RunId,
        round: u32,
        part: Part,
        (key, signature): (String, [u8; 64]),
    ) -> Result<Vec<u8>, Refused> {
        self.check_open(run)?;
        let Some(keeper) = self.door(run).keeper() else { return Err(Refused::busy()) };
        let replica = self.0.view.replica();
        let joined = replica.state().runs().get(run).map(|run| &run.joined);
        let holder = key.parse().ok().and_then(|key| replica.state().holder(&key));
        let holder = holder.filter(|own| own.signs());
        let ours = holder
            .filter(|own| own.party.as_ref().zip(joined).is_some_and(|(by, all)| all.contains(by)));
        let public: Option<PublicKey> = ours.and_then(|own| own.public.parse().ok());
        let signed = public
            .is_some_and(|public| public.verify(&words_message(run, round), &signature).is_ok());
        if !signed {
            return Err(not_signed("no participant of the run signed the request"));
        }
        let kept = Kept::new(&self.0.spool.of(run), round, &keeper.rounds().params);
        let read = tokio::task::spawn_blocking(move || kept.read(&part)).await;
        match read {
            Ok(Ok(Some(bytes))) => Ok(bytes),
            Ok(Ok(None)) => Err(Refused::not_found(format!("round {round} has no such part here"))),
            Ok(Err(fault)) => Err(Refused::fault(&spool::unreadable(&fault))),
            Err(_) => Err(Refused::busy()),
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
                Err(Refused::gone("run-aborted", format!("run `{run}` was aborted")))
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

/// 403: what is kept of a run's rounds is for its participants.
pub(crate) fn not_signed(what: &str) -> Refused {
    let hint = "sign `concordat-words/v1`, run and round with the ledger key of a participant";
    Refused::new(StatusCode::FORBIDDEN, "words-not-signed", what, hint)
}

pub(crate) fn open_runs(state: &State) -> impl Iterator<Item = RunId> {
    let open = state.runs().iter().filter(|(_, run)| run.status == RunStatus::Open);
    open.map(|(id, _)| id.clone()).collect::<Vec<_>>().into_iter()
}
