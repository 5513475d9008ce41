//! Rooms: one task a run, where its participants meet round by round.
//!
//! [`course`] and [`ending`] are the logic, without sockets and clocks; [`actor`] waits, answers,
//! keeps transcripts and asks the sequencer.

mod actor;
mod basis;
mod course;
mod door;
mod ending;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use concordat_partnership::{RunStatus, State};
use concordat_secagg::FromClient;
use concordat_terms::RunId;
use concordat_wire::api::{Again, PayloadSignature, RunResult, ToSign};
use tokio::sync::{oneshot, watch};

use self::door::Door;
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
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let resumed = Mutex::new(open_runs(view.replica().state()).collect());
        let doors = Mutex::new(BTreeMap::new());
        Self(Arc::new(Inner { view, sequencer, timing, for_tests, stopping, doors, resumed }))
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
        let (door, knocks, keeper) = Door::new();
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
        };
        tokio::spawn(room.work(knocks, stopping.clone()));
        door
    }
}

fn open_runs(state: &State) -> impl Iterator<Item = RunId> {
    let open = state.runs().iter().filter(|(_, run)| run.status == RunStatus::Open);
    open.map(|(id, _)| id.clone()).collect::<Vec<_>>().into_iter()
}
