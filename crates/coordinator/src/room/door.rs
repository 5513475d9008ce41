//! A room's door: who is turned away there, and how many may wait.
//!
//! A room may be at work for long, on the disk for one. What waits at its door is what
//! participants have signed, and counts as the body that it came in; a stranger's is thrown away
//! before it is queued, copied or encoded.

use std::sync::Arc;

use axum::http::StatusCode;
use concordat_partnership::State;
use concordat_replay::{RoundBasis, Way};
use concordat_secagg::FromClient;
use concordat_secagg::three::Speaker;
use concordat_terms::{Digest, RunId};
use concordat_wire::round::{Announcement, Message};
use tokio::sync::{mpsc, watch};

use super::spool::Uploads;
use super::{Ask, Knock, Word};
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
            Ask::Word { word, .. } => word.by(),
            Ask::Announce { announced, .. } => speaker(&self::announced(announced)),
            Ask::Result(result) => Speaker::Contributor(result.party.clone()),
            Ask::Signature(signed) => Speaker::Contributor(signed.party.clone()),
        };
        let here = match &by {
            Speaker::Contributor(party) => {
                state.runs().get(run).is_some_and(|run| run.joined.contains(party))
            }
            // Whether there are any is known once the room is prepared.
            Speaker::Aggregator(_) => true,
        };
        if !here {
            return Err(not_joined(&by, run));
        }
        let Some(keeper) = self.keeper() else {
            // Nobody is heard as an aggregator before it can be told who is one.
            return if matches!(by, Speaker::Aggregator(_)) {
                Err(Refused::busy())
            } else {
                Ok(())
            };
        };
        let check = |round, attempt, message: &Message| {
            if keeper.knows(round) && !keeper.holds(round, attempt, message) {
                return Err(rejected(not_authentic(&Word::Message(message.clone()))));
            }
            Ok(())
        };
        match ask {
            Ask::Word { round, attempt, word } => match &**word {
                Word::Message(message) => check(*round, *attempt, message),
                Word::Awaits { .. } => Ok(()),
            },
            Ask::Announce { round, attempt, announced } => {
                check(*round, *attempt, &self::announced(announced))
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
    pub(crate) fn holds(&self, round: u32, attempt: u32, message: &Message) -> bool {
        let Some(model) = self.model(round) else { return false };
        match message {
            Message::Masks(message) => {
                let session = self.rounds.session(round, attempt, *model).ok();
                let masks = session.filter(|_| self.rounds.way == Way::PairwiseMasks);
                masks.is_some_and(|session| match message {
                    FromClient::Keys(m) => m.holds(&session),
                    FromClient::Shares(m) => m.holds(&session),
                    FromClient::Masked(m) => m.holds(&session),
                    FromClient::Upload(m) => m.holds(&session),
                    FromClient::Survivors(m) => m.holds(&session),
                    FromClient::Reveal(m) => m.holds(&session),
                })
            }
            Message::Three(message) => {
                let session = self.rounds.three(round, attempt, *model).ok().flatten();
                session.is_some_and(|session| message.holds(&session))
            }
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

/// The message that an announcement is of.
pub(super) fn announced(announced: &Announcement) -> Message {
    match announced {
        Announcement::Masks(one) => Message::Masks(FromClient::Upload(one.upload.clone())),
        Announcement::Three(one) => Message::Three(one.message.clone()),
    }
}

/// Who claims to say this.
pub(super) fn speaker(message: &Message) -> Speaker {
    match message {
        Message::Masks(message) => Speaker::Contributor(message.from().clone()),
        Message::Three(message) => message.from(),
    }
}

pub(super) fn not_joined(by: &Speaker, run: &RunId) -> Refused {
    let what = match by {
        Speaker::Contributor(party) => format!("`{party}` has not joined run `{run}`"),
        Speaker::Aggregator(_) => format!("the agreement of run `{run}` has no aggregators"),
    };
    Refused::new(StatusCode::FORBIDDEN, "not-joined", what, "join the run first (`run.join`)")
}

pub(super) fn not_authentic(word: &Word) -> String {
    let (from, step) = (word.by(), word.step());
    format!("the {step} signature of {from} does not hold in this session")
}

pub(super) fn rejected(what: impl Into<String>) -> Refused {
    Refused::bad("message-rejected", what, "start the next attempt with fresh keys")
}
