//! What travels between contributors and aggregators: every message, and what each step gave.

use std::collections::BTreeMap;
use std::fmt;

use concordat_terms::{Digest, PartyId};
use ed25519_dalek::Signature;

use super::{
    Agreed, Body, Contribution, Held, Offer, Offers, Proof, Role, Session, Share, Signed, Step,
    Three,
};
use crate::upload::are_of;
use crate::{Params, RingVec};

/// Who says something. One party may be both.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Speaker {
    /// A party that contributes.
    Contributor(PartyId),
    /// Whoever runs this aggregator.
    Aggregator(Role),
}

impl fmt::Display for Speaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contributor(party) => write!(f, "`{party}`"),
            Self::Aggregator(role) => write!(f, "the {role} aggregator"),
        }
    }
}

/// A message of any step; the words of a vector travel beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// An aggregator's key.
    Offer(Signed<Offer>),
    /// What a contributor uploads.
    Contribute(Signed<Contribution>),
    /// Of whom an aggregator has a share.
    Hold(Signed<Held>),
    /// The roster that an aggregator signs.
    Agree(Signed<Agreed>),
    /// What an aggregator opens.
    Open(Signed<Share>),
}

impl Message {
    /// The step it belongs to.
    pub fn step(&self) -> Step {
        match self {
            Self::Offer(_) => Step::OfferKey,
            Self::Contribute(_) => Step::Contribute,
            Self::Hold(_) => Step::Hold,
            Self::Agree(_) => Step::Agree,
            Self::Open(_) => Step::Open,
        }
    }

    /// Who claims to say it.
    pub fn from(&self) -> Speaker {
        match self {
            Self::Offer(m) => Speaker::Aggregator(m.from),
            Self::Contribute(m) => Speaker::Contributor(m.from.clone()),
            Self::Hold(m) => Speaker::Aggregator(m.from),
            Self::Agree(m) => Speaker::Aggregator(m.from),
            Self::Open(m) => Speaker::Aggregator(m.from),
        }
    }

    /// Whether the sender has a place in the session and signed exactly this.
    #[must_use]
    pub fn holds(&self, session: &Session) -> bool {
        match self {
            Self::Offer(m) => m.holds(session),
            Self::Contribute(m) => m.holds(session),
            Self::Hold(m) => m.holds(session),
            Self::Agree(m) => m.holds(session),
            Self::Open(m) => m.holds(session),
        }
    }

    /// The digest of the vector that comes with it, where one does.
    pub fn vector(&self) -> Option<Digest> {
        match self {
            Self::Contribute(m) => Some(m.body.vector),
            Self::Open(m) => Some(m.body.vector),
            Self::Offer(_) | Self::Hold(_) | Self::Agree(_) => None,
        }
    }
}

/// What everybody is shown once a step is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posted {
    /// After OfferKey: the aggregators' keys.
    Offers(Offers),
    /// After Contribute: what came in time, with all its words.
    Contributions(BTreeMap<PartyId, Signed<Contribution>>),
    /// After Hold: what each aggregator has.
    Held(Three<Signed<Held>>),
    /// After Agree: the signatures under the one roster.
    Rosters(Three<Signature>),
    /// After Open: all that proves the sum but the words of the shares.
    Proof(Box<Proof>),
}

/// A signed message with the vector that it is about, as that travels: masked, and hashed once.
#[derive(Clone, Debug)]
pub struct Outgoing<B: Body> {
    /// The message.
    pub message: Signed<B>,
    /// The digest of every chunk of [`CHUNK`](crate::CHUNK) elements, in order.
    pub chunks: Vec<Digest>,
    /// The vector.
    pub words: RingVec,
}

/// A message before its words: what its sender signs, and the digest of each chunk that will come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// A contribution or a share.
    pub message: Message,
    /// The digest of every chunk of [`CHUNK`](crate::CHUNK) elements, in order.
    pub chunks: Vec<Digest>,
}

impl Announced {
    /// Whether these are the chunks of the vector that was signed, and as many as agreed.
    #[must_use]
    pub fn fits(&self, params: &Params) -> bool {
        self.message.vector().is_some_and(|vector| are_of(&self.chunks, params, vector))
    }
}
