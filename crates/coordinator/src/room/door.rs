//! A room's door: who is turned away there, and how many may wait.
//!
//! A room may be at work for long, on the disk for one. What waits at its door is what
//! participants have signed, and counts as the body that it came in; a stranger's is thrown away
//! before it is queued, copied or encoded.

use std::sync::Arc;

use axum::http::StatusCode;
use concordat_partnership::State;
use concordat_replay::RoundBasis;
use concordat_secagg::FromClient;
use concordat_terms::{Digest, PartyId, RunId};
use tokio::sync::{mpsc, watch};

use super::spool::Uploads;
use super::{Ask, Knock};
use crate::problem::Refused;

/// How many asks may wait at a room's door.
const WAITING: usize = 256;

/// The way into a room.
#[derive(Clone)]
pub(super) struct Door {
    pub(super) knocks: mpsc::Sender<Knock>,
    /// Where pieces of uploads are brought, past the room.
    pub(super) uploads: Uploads,
    /// None until the room is prepared.
    keeper: watch::Receiver<Option<Arc<Doorkeeper>>>,
}

/// Tells who signed a message, of the rounds that have begun.
#[derive(Clone, Debug)]
pub(crate) struct Doorkeeper {
    rounds: RoundBasis,
    /// By round, the digest of the model it started from.
    pub(super) models: Vec<Digest>,
}

/// Where a room says what its doorkeeper is to know.
pub(super) type Keeper = watch::Sender<Option<Arc<Doorkeeper>>>;

impl Door {
    /// A door, what comes in by it, and its keeper.
    pub(super) fn new(uploads: Uploads) -> (Self, mpsc::Receiver<Knock>, Keeper) {
        let (knocks, coming) = mpsc::channel(WAITING);
        let (tell, keeper) = watch::channel(None);
        (Self { knocks, uploads, keeper }, coming, tell)
    }

    /// Whether the room has to be asked: the log has whoever asks as a participant, and a message
    /// of a round that has begun is signed by whom it names.
    ///
    /// # Errors
    /// 403 `not-joined`, 400 `message-rejected`.
    pub(super) fn check(&self, state: &State, run: &RunId, ask: &Ask) -> Result<(), Refused> {
        let by = match ask {
            Ask::Message { message, .. } => message.from(),
            Ask::Announce { announced, .. } => &announced.upload.from,
            Ask::Result(result) => &result.party,
            Ask::Signature(signed) => &signed.party,
        };
        if !state.runs().get(run).is_some_and(|run| run.joined.contains(by)) {
            return Err(not_joined(by, run));
        }
        let Some(keeper) = self.keeper() else { return Ok(()) };
        let check = |round, attempt, message: &FromClient| {
            if keeper.knows(round) && !keeper.holds(round, attempt, message) {
                return Err(rejected(not_authentic(message)));
            }
            Ok(())
        };
        match ask {
            Ask::Message { round, attempt, message } => check(*round, *attempt, message),
            Ask::Announce { round, attempt, announced } => {
                check(*round, *attempt, &FromClient::Upload(announced.upload.clone()))
            }
            Ask::Result(_) | Ask::Signature(_) => Ok(()),
        }
    }

    /// Who stands here, once the room is prepared.
    pub(super) fn keeper(&self) -> Option<Arc<Doorkeeper>> {
        self.keeper.borrow().clone()
    }
}

impl Doorkeeper {
    /// A doorkeeper who knows these rounds, each by the digest of the model that it starts from.
    pub(crate) fn new(rounds: RoundBasis, models: Vec<Digest>) -> Self {
        Self { rounds, models }
    }

    fn model(&self, round: u32) -> Option<&Digest> {
        self.models.get(usize::try_from(round).unwrap_or(usize::MAX))
    }

    fn knows(&self, round: u32) -> bool {
        self.model(round).is_some()
    }

    /// Whether the message's sender signed it, for this attempt.
    pub(crate) fn holds(&self, round: u32, attempt: u32, message: &FromClient) -> bool {
        let Some(model) = self.model(round) else { return false };
        let Ok(session) = self.rounds.session(round, attempt, *model) else { return false };
        match message {
            FromClient::Keys(m) => m.holds(&session),
            FromClient::Shares(m) => m.holds(&session),
            FromClient::Masked(m) => m.holds(&session),
            FromClient::Upload(m) => m.holds(&session),
            FromClient::Survivors(m) => m.holds(&session),
            FromClient::Reveal(m) => m.holds(&session),
        }
    }

    /// What all rounds are bound to.
    pub(super) fn rounds(&self) -> &RoundBasis {
        &self.rounds
    }

    /// One more round begins.
    pub(crate) fn learn(&mut self, model: Digest) {
        self.models.push(model);
    }

    /// The model from which the latest round starts.
    pub(crate) fn latest(&self) -> Option<Digest> {
        self.models.last().copied()
    }
}

pub(super) fn not_joined(party: &PartyId, run: &RunId) -> Refused {
    let what = format!("`{party}` has not joined run `{run}`");
    Refused::new(StatusCode::FORBIDDEN, "not-joined", what, "join the run first (`run.join`)")
}

pub(super) fn not_authentic(message: &FromClient) -> String {
    let (step, from) = (message.step(), message.from());
    format!("the {step} signature of `{from}` does not hold in this session")
}

pub(super) fn rejected(what: impl Into<String>) -> Refused {
    Refused::bad("message-rejected", what, "start the next attempt with fresh keys")
}
