//! One attempt at a round, in whichever way the agreement has contributions summed.

mod masks;
mod three;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use concordat_replay::Way;
use concordat_secagg::three::Speaker;
use concordat_secagg::{Proof, RingVec, three as of_three};
use concordat_terms::{Digest, PartyId};
use concordat_wire::round::Message;

pub(super) use self::masks::Masks;
pub(super) use self::three::Hands;
use super::super::basis::Basis;
use crate::config::Wait;
use crate::room::spool::Uploads;
use crate::room::{Word, door};

/// The attempt that is going on.
#[derive(Debug)]
pub(super) enum Attempt {
    /// Under pairwise masks.
    Masks(Box<Masks>),
    /// With three aggregators.
    Three(Box<Hands>),
}

/// What becomes of a word that is its speaker's, and of this attempt.
#[derive(Debug)]
pub(super) enum Counts {
    /// It counts: the answer comes when the step closes.
    Yes,
    /// It cannot count any more: the answer is how the attempt ends.
    Aside,
    /// What is asked for is here.
    Posted(Arc<Vec<u8>>),
    /// It is not what it should be.
    Rejected(String),
    /// Without its sender's secrets the attempt cannot give a sum.
    Spoilt(Loss),
}

/// Who is told what when a step closes.
#[derive(Debug)]
pub(crate) enum Answers {
    /// Each client something of its own.
    Each(BTreeMap<PartyId, Arc<Vec<u8>>>),
    /// Everybody the same.
    All(Arc<Vec<u8>>),
}

impl Answers {
    /// What this one is told, if it goes on.
    pub(crate) fn of(&self, speaker: &Speaker) -> Option<Arc<Vec<u8>>> {
        match (self, speaker) {
            (Self::All(bytes), _) => Some(bytes.clone()),
            (Self::Each(answers), Speaker::Contributor(party)) => answers.get(party).cloned(),
            (Self::Each(_), Speaker::Aggregator(_)) => None,
        }
    }
}

/// What proves a sum.
#[derive(Debug)]
pub(crate) enum Proven {
    /// By masks: and the words of uploads that came in their messages; those of others lie in the
    /// spool.
    Masks(Proof, BTreeMap<PartyId, RingVec>),
    /// By three aggregators; the words of their shares lie in the spool.
    Three(Box<of_three::Proof>),
}

/// What follows when a step closes.
#[derive(Debug)]
pub(super) enum After {
    /// The next step.
    Next(Attempt, Answers),
    /// The sum.
    Done(Proven, RingVec),
    /// None; and without whom the next attempt may have one.
    Lost(Loss, Option<PartyId>),
}

/// How an attempt ended without a sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Loss {
    /// Why, for people.
    pub(crate) why: String,
    /// Who was away, or said what cannot be.
    pub(crate) named: BTreeSet<PartyId>,
}

impl Attempt {
    /// An attempt at the round that starts from this model; none where no session can be.
    pub(super) fn open(basis: &Basis, at: (u32, u32), model: Digest) -> Option<Self> {
        match &basis.rounds.way {
            Way::PairwiseMasks => {
                let session = basis.rounds.session(at.0, at.1, model).ok()?;
                Some(Self::Masks(Box::new(Masks::new(session))))
            }
            Way::ThreeAggregators(_) => {
                let session = basis.rounds.three(at.0, at.1, model).ok()??;
                Some(Self::Three(Box::new(Hands::new(session))))
            }
        }
    }

    /// Counts a word, or says what else becomes of it.
    pub(super) fn hear(&mut self, word: Word, uploads: &Uploads) -> Counts {
        match (self, word) {
            (Self::Masks(now), Word::Message(Message::Masks(message))) => {
                now.hear(message, uploads)
            }
            (Self::Three(now), Word::Message(Message::Three(message))) => {
                now.hear(message, uploads)
            }
            (Self::Three(now), Word::Awaits { step, .. }) => now.awaits(step),
            (_, word) => Counts::Rejected(door::not_authentic(&word)),
        }
    }

    /// Whether the words of this message are awaited now.
    pub(super) fn awaits_words(&self, message: &Message) -> bool {
        match (self, message) {
            (Self::Masks(now), Message::Masks(message)) => now.awaits_words(message),
            (Self::Three(now), Message::Three(message)) => now.awaits_words(message),
            _ => false,
        }
    }

    /// Whose message of this step is still to come.
    pub(super) fn awaited(&self) -> BTreeSet<Speaker> {
        match self {
            Self::Masks(now) => now.awaited().iter().cloned().map(Speaker::Contributor).collect(),
            Self::Three(now) => now.awaited(),
        }
    }

    /// What is waited for.
    pub(super) fn wait(&self) -> Wait {
        match self {
            Self::Masks(now) => Wait::Step(now.step()),
            Self::Three(now) => Wait::Aggregation(now.step()),
        }
    }

    /// Closes the step.
    pub(super) fn close(self, uploads: &Uploads) -> After {
        match self {
            Self::Masks(now) => (*now).close(uploads),
            Self::Three(now) => (*now).close(uploads),
        }
    }
}
