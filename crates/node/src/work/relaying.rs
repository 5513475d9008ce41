//! Acts that were handed in here because the coordinator does not take them.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use concordat_terms::{Digest, Problem};

use super::{Event, Node, Tell};
use crate::client::{Fault, Relayed};
use crate::follow::{HandedIn, Waiting};
use crate::problems::problem;

/// How many may wait to be looked at.
const KNOCKING: usize = 64;
/// How long who hands in waits for an answer.
const ANSWER: Duration = Duration::from_secs(30);

/// What somebody asks of the node, and where the answer goes.
enum Knock {
    HandIn { envelope: Vec<u8>, reply: SyncSender<Result<HandedIn, Problem>> },
    Checkpoint { origin: Digest, reply: SyncSender<Option<Vec<u8>>> },
    FreedBy { act: Digest, reply: SyncSender<Option<Vec<u8>>> },
}

/// A way into a node that is at work, for acts that the coordinator does not take.
#[derive(Clone, Debug)]
pub struct Inbox(SyncSender<Knock>);

/// Where the node takes them from.
#[derive(Debug)]
pub struct Outlet(Receiver<Knock>);

/// A way in, and its other end for [`Node::run_with`].
pub fn inbox() -> (Inbox, Outlet) {
    let (knock, door) = sync_channel(KNOCKING);
    (Inbox(knock), Outlet(door))
}

impl Inbox {
    /// Hands in an act's envelope; blocks until the node has looked at it.
    ///
    /// # Errors
    /// A [`Problem`]: what the node says, or that it does not.
    pub fn hand_in(&self, envelope: Vec<u8>) -> Result<HandedIn, Problem> {
        let (reply, answer) = sync_channel(1);
        self.0.try_send(Knock::HandIn { envelope, reply }).map_err(|_| busy())?;
        answer.recv_timeout(ANSWER).unwrap_or_else(|_| Err(busy()))
    }

    /// The checkpoint to which the log whose origin has this SHA-256 was followed, as signed.
    pub fn checkpoint(&self, origin: Digest) -> Option<Vec<u8>> {
        let (reply, answer) = sync_channel(1);
        self.0.try_send(Knock::Checkpoint { origin, reply }).ok()?;
        answer.recv_timeout(ANSWER).ok()?
    }
}

impl Inbox {
    /// Why the node waits no longer for an act that was handed in: what the log's key said of it.
    pub fn freed_by(&self, act: Digest) -> Option<Vec<u8>> {
        let (reply, answer) = sync_channel(1);
        self.0.try_send(Knock::FreedBy { act, reply }).ok()?;
        answer.recv_timeout(ANSWER).ok()?
    }
}

fn busy() -> Problem {
    problem(
        "node-busy",
        "the node is stopping, or has too much to look at",
        "try again in a moment",
    )
}

impl Node {
    /// Takes in what is handed in, until the node stops.
    pub(super) fn receive(&self, outlet: &Outlet, tell: Tell<'_>) {
        while !self.log.is_stopping() {
            let knock = match outlet.0.recv_timeout(Duration::from_millis(100)) {
                Ok(knock) => knock,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            match knock {
                Knock::HandIn { envelope, reply } => {
                    let taken = self.log.follower().hand_in(&envelope);
                    // Who hands in may have gone; what was taken in waits all the same.
                    reply.send(taken.clone()).ok();
                    if let Ok(HandedIn::Waits(_)) = taken {
                        self.relay(tell);
                    }
                }
                Knock::Checkpoint { origin, reply } => {
                    reply.send(self.checkpoint_of(origin)).ok();
                }
                Knock::FreedBy { act, reply } => {
                    reply.send(self.log.follower().freed_by(&act)).ok();
                }
            }
        }
    }

    fn checkpoint_of(&self, origin: Digest) -> Option<Vec<u8>> {
        let follower = self.log.follower();
        let own = follower.state().genesis().map(|genesis| Digest::of(genesis.origin.as_bytes()));
        follower.checkpoint().filter(|_| own == Some(origin)).map(<[u8]>::to_vec)
    }

    /// Asks the coordinator for what waits here, in the name of whoever was ignored.
    pub(super) fn relay(&self, tell: Tell<'_>) {
        let waiting = self.log.follower().waiting().unwrap_or_default();
        for waiting in waiting {
            if self.log.is_stopping() {
                return;
            }
            let Waiting { id, party, .. } = &waiting;
            match self.log.client.relay(&waiting.envelope()) {
                // Its place is promised: it is waited for until it is seen there.
                Ok(Relayed::Taken) => {}
                Ok(Relayed::Spent(word)) if self.is_spent(&word, &waiting) => {
                    // The log says it and bears it out: the party has itself to blame.
                    self.log.follower().forget_waiting(id).ok();
                }
                Ok(Relayed::Spent(_) | Relayed::Turned(_)) | Err(_) => {
                    tracing::warn!(%party, act = %id, "the coordinator does not log the act");
                }
            }
        }
        if let Err(problem) = self.log.follower().check_waiting() {
            tell(Event::Refused { run: None, problem });
        }
    }

    /// Whether too many acts of this party were refused today, by the log's key and by the log.
    fn is_spent(&self, word: &[u8], waiting: &Waiting) -> bool {
        let spent = self.log.follower().is_spent(word, waiting);
        spent.unwrap_or_else(|problem| {
            tracing::error!(code = problem.code, "what the log's key said was not kept");
            false
        })
    }

    /// [`Node::relay`], where the log did not grow by itself.
    pub(super) fn settle_waiting(&self, tell: Tell<'_>) -> Result<(), Fault> {
        self.log.follower().check_waiting()?;
        if !self.log.follower().waiting()?.is_empty() {
            self.relay(tell);
        }
        Ok(())
    }
}
