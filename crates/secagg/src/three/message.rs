//! What contributors and aggregators say, and what each signature covers.

use std::collections::BTreeMap;
use std::fmt;

use concordat_terms::{Digest, PartyId};
use ed25519_dalek::{Signature, SigningKey, VerifyingKey};

use super::{BadOffer, Role, Session, Three};
use crate::agree::is_bad_key;
use crate::statement::Statement;

/// The steps, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Each aggregator publishes a fresh key.
    OfferKey,
    /// Contributors upload.
    Contribute,
    /// Each aggregator says of whom it has a share.
    Hold,
    /// Each aggregator signs the one roster.
    Agree,
    /// Each aggregator opens its share of the sum.
    Open,
}

impl Step {
    /// All of them, in order.
    pub const ALL: [Self; 5] =
        [Self::OfferKey, Self::Contribute, Self::Hold, Self::Agree, Self::Open];

    /// The name in messages and errors.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OfferKey => "offer-key",
            Self::Contribute => "contribute",
            Self::Hold => "hold",
            Self::Agree => "agree",
            Self::Open => "open",
        }
    }

    /// The step of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == name)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who signs a kind of message: a contributor or an aggregator.
pub trait Signer: Clone + fmt::Debug {
    /// Its ledger key in this session, if it has a place there.
    fn key<'s>(&self, session: &'s Session) -> Option<&'s VerifyingKey>;

    /// Its name in the signed statement: a step is for contributors or for aggregators, never both.
    fn name(&self) -> &str;
}

impl Signer for PartyId {
    fn key<'s>(&self, session: &'s Session) -> Option<&'s VerifyingKey> {
        session.roster().key(self)
    }

    fn name(&self) -> &str {
        self.as_str()
    }
}

impl Signer for Role {
    fn key<'s>(&self, session: &'s Session) -> Option<&'s VerifyingKey> {
        Some(&session.aggregators().of(*self).key)
    }

    fn name(&self) -> &str {
        self.as_str()
    }
}

/// The content of a message: what a signature covers.
pub trait Body {
    /// Who says such things.
    type From: Signer;

    /// The step it belongs to.
    const STEP: Step;

    /// The digest of the content.
    fn digest(&self) -> Digest;
}

/// A message with its Ed25519 signature under the ledger key.
///
/// The signature covers session, step, sender and the content's digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed<B: Body> {
    /// Who says so.
    pub from: B::From,
    /// What is said.
    pub body: B,
    /// The signature.
    pub signature: Signature,
}

impl<B: Body> Signed<B> {
    pub(crate) fn new(session: &Session, from: B::From, body: B, key: &SigningKey) -> Self {
        let signature = statement::<B>(session, &from, body.digest()).sign(key);
        Self { from, body, signature }
    }

    /// Whether the sender has a place in the session and signed exactly this.
    #[must_use]
    pub fn holds(&self, session: &Session) -> bool {
        signature_holds::<B>(session, &self.from, self.body.digest(), &self.signature)
    }
}

/// Whether `from` signed the digest of a `B` in this session.
pub(crate) fn signature_holds<B: Body>(
    session: &Session,
    from: &B::From,
    digest: Digest,
    signature: &Signature,
) -> bool {
    let statement = statement::<B>(session, from, digest);
    from.key(session).is_some_and(|key| statement.holds(key, signature))
}

fn statement<'a, B: Body>(session: &Session, from: &'a B::From, digest: Digest) -> Statement<'a> {
    let (label, session) = (b"concordat-secagg/v1/three/signed", session.id());
    Statement { label, session, step: B::STEP.as_str(), from: from.name(), digest }
}

/// An aggregator's fresh X25519 key for one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The public key.
    pub key: [u8; 32],
}

impl Body for Offer {
    type From = Role;
    const STEP: Step = Step::OfferKey;

    fn digest(&self) -> Digest {
        Digest::of_parts(&[b"concordat-secagg/v1/three/offer", &self.key])
    }
}

/// The keys of all three, as everybody is shown them.
pub type Offers = Three<Signed<Offer>>;

/// Checks three offers, and returns the digest over them that contributions name.
pub(crate) fn check_offers(session: &Session, offers: &Offers) -> Result<Digest, BadOffer> {
    for (role, offer) in offers.iter() {
        if offer.from != role || !offer.holds(session) {
            return Err(BadOffer::Signature { role });
        }
        let mut others = offers.iter().filter(|(other, _)| *other != role);
        if is_bad_key(&offer.body.key) || others.any(|(_, o)| o.body.key == offer.body.key) {
            return Err(BadOffer::Key { role });
        }
    }
    let Three { public, private, neutral } = offers;
    Ok(Digest::of_parts(&[
        b"concordat-secagg/v1/three/offers",
        &public.body.key,
        &private.body.key,
        &neutral.body.key,
    ]))
}

/// A contributor's upload, without the words: the vector under its three masks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contribution {
    /// The contributor's fresh X25519 key, with which the masks were agreed.
    pub key: [u8; 32],
    /// The digest over the three offers, as this contributor was shown them.
    pub offers: Digest,
    /// The digest of the masked vector: see [`RingVec::digest`](crate::RingVec::digest).
    pub vector: Digest,
}

impl Body for Contribution {
    type From = PartyId;
    const STEP: Step = Step::Contribute;

    fn digest(&self) -> Digest {
        Digest::of_parts(&[
            b"concordat-secagg/v1/three/contribution",
            &self.key,
            self.offers.as_bytes(),
            self.vector.as_bytes(),
        ])
    }
}

/// By contributor, the digest of its contribution.
pub(crate) type Listed = BTreeMap<PartyId, Digest>;

/// By contributor, what it signed.
pub(crate) type Contributions = BTreeMap<PartyId, Signed<Contribution>>;

/// A list of contributions, as it is signed.
pub(crate) fn listed(contributions: &Contributions) -> Listed {
    contributions.iter().map(|(party, said)| (party.clone(), said.body.digest())).collect()
}

/// Whose shares an aggregator has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// By contributor, the digest of its contribution.
    pub contributions: BTreeMap<PartyId, Digest>,
}

impl Body for Held {
    type From = Role;
    const STEP: Step = Step::Hold;

    fn digest(&self) -> Digest {
        digest_of(b"concordat-secagg/v1/three/held", &self.contributions)
    }
}

/// The roster: what all three aggregators have, and what alone they open a sum of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// By contributor, the digest of its contribution.
    pub contributions: BTreeMap<PartyId, Digest>,
}

impl Body for Agreed {
    type From = Role;
    const STEP: Step = Step::Agree;

    fn digest(&self) -> Digest {
        digest_of(b"concordat-secagg/v1/three/agreed", &self.contributions)
    }
}

fn digest_of(label: &[u8], listed: &Listed) -> Digest {
    let mut parts: Vec<&[u8]> = vec![label];
    for (party, digest) in listed {
        parts.push(party.as_str().as_bytes());
        parts.push(digest.as_bytes());
    }
    Digest::of_parts(&parts)
}

/// An aggregator's share of the sum, without the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The digest of the roster it is over.
    pub roster: Digest,
    /// The digest of the share: see [`RingVec::digest`](crate::RingVec::digest).
    pub vector: Digest,
}

impl Body for Share {
    type From = Role;
    const STEP: Step = Step::Open;

    fn digest(&self) -> Digest {
        Digest::of_parts(&[
            b"concordat-secagg/v1/three/share",
            self.roster.as_bytes(),
            self.vector.as_bytes(),
        ])
    }
}
