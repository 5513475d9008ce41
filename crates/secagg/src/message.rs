//! What travels between clients and server, and what each signature covers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use concordat_terms::{Digest, PartyId};
use ed25519_dalek::{Signature, SigningKey};

use crate::statement::Statement;
use crate::upload::Upload;
use crate::{RingVec, Secret, Session};

/// Bytes of a sealed pair of shares: two of 32 bytes and a tag of 16.
pub const SEALED: usize = 80;

/// The rounds of the protocol, in order (Bonawitz et al. 2017, Fig. 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Ephemeral keys are signed and published.
    AdvertiseKeys,
    /// Secrets are shared among all clients.
    ShareKeys,
    /// Masked vectors are uploaded.
    MaskedInput,
    /// Clients sign the list of those whose vector arrived.
    ConsistencyCheck,
    /// One share per client is revealed.
    Unmasking,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AdvertiseKeys => "advertise-keys",
            Self::ShareKeys => "share-keys",
            Self::MaskedInput => "masked-input",
            Self::ConsistencyCheck => "consistency-check",
            Self::Unmasking => "unmasking",
        })
    }
}

/// The content of a client's message: what a signature covers.
pub trait Body {
    /// The round it belongs to.
    const STEP: Step;

    /// The digest of the content.
    fn digest(&self) -> Digest;
}

/// A client's message with its Ed25519 signature under the ledger key.
///
/// The signature covers session, round, sender and the content's digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed<B> {
    /// Who says so.
    pub from: PartyId,
    /// What is said.
    pub body: B,
    /// The signature.
    pub signature: Signature,
}

impl<B: Body> Signed<B> {
    pub(crate) fn new(session: &Session, from: &PartyId, body: B, key: &SigningKey) -> Self {
        let step = B::STEP.to_string();
        let signature = statement(session, &step, from, body.digest()).sign(key);
        Self { from: from.clone(), body, signature }
    }

    /// Whether the sender is in the roster and signed exactly this, in this session.
    #[must_use]
    pub fn holds(&self, session: &Session) -> bool {
        signature_holds::<B>(session, &self.from, self.body.digest(), &self.signature)
    }
}

/// Whether `from` signed the digest of a `B` in this session.
pub(crate) fn signature_holds<B: Body>(
    session: &Session,
    from: &PartyId,
    digest: Digest,
    signature: &Signature,
) -> bool {
    let step = B::STEP.to_string();
    let statement = statement(session, &step, from, digest);
    session.roster().key(from).is_some_and(|key| statement.holds(key, signature))
}

fn statement<'a>(
    session: &Session,
    step: &'a str,
    from: &'a PartyId,
    digest: Digest,
) -> Statement<'a> {
    let (label, session) = (b"concordat-secagg/v1/signed", session.id());
    Statement { label, session, step, from: from.as_str(), digest }
}

/// AdvertiseKeys: a client's ephemeral X25519 keys, and a commitment to its self-mask seed.
///
/// The commitment is ours, not the paper's: with it an opened seed proves itself, so that a
/// wrong share cannot shift the sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// c: shares are sealed to this key.
    pub cipher_key: [u8; 32],
    /// s: pair masks are agreed with this key.
    pub mask_key: [u8; 32],
    /// SHA-256 over session, sender and seed.
    pub seed_commitment: Digest,
}

impl Keys {
    /// The commitment to a self-mask seed; hiding because a seed is 32 random bytes.
    pub(crate) fn commit(session: &Session, from: &PartyId, seed: &Secret) -> Digest {
        Digest::of_parts(&[
            b"concordat-secagg/v1/seed",
            session.id().as_bytes(),
            from.as_str().as_bytes(),
            seed.as_bytes(),
        ])
    }
}

impl Body for Keys {
    const STEP: Step = Step::AdvertiseKeys;

    fn digest(&self) -> Digest {
        Digest::of_parts(&[
            b"concordat-secagg/v1/keys",
            &self.cipher_key,
            &self.mask_key,
            self.seed_commitment.as_bytes(),
        ])
    }
}

/// What the server answers to AdvertiseKeys: U1, everyone's signed keys.
pub type KeyList = BTreeMap<PartyId, Signed<Keys>>;

/// ShareKeys: for each client of U1, the dealer too, its shares of the dealer's two secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shares {
    /// By holder.
    pub dealt: BTreeMap<PartyId, Dealt>,
}

/// The shares that one holder gets from one dealer.
///
/// The digests are ours, not the paper's: with them the server drops a wrong share alone, and
/// says whether dealer or holder is to blame. They hide the shares, which are 32 bytes as random
/// as the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dealt {
    /// Of the share of the mask private key: SHA-256 over session, dealer, holder, kind and share.
    pub key_share: Digest,
    /// Of the share of the self-mask seed.
    pub seed_share: Digest,
    /// Both shares under ChaCha20-Poly1305 (RFC 8439), with both digests as associated data.
    pub sealed: [u8; SEALED],
}

impl Dealt {
    /// The digest that names a share without showing it.
    pub(crate) fn name(
        session: &Session,
        dealer: &PartyId,
        holder: &PartyId,
        which: Which,
        share: &Secret,
    ) -> Digest {
        Digest::of_parts(&[
            b"concordat-secagg/v1/share",
            session.id().as_bytes(),
            dealer.as_str().as_bytes(),
            holder.as_str().as_bytes(),
            which.label(),
            share.as_bytes(),
        ])
    }
}

/// Of which of a dealer's two secrets a share is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// The self-mask seed.
    Seed,
    /// The mask private key.
    Key,
}

impl Which {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Seed => b"seed",
            Self::Key => b"key",
        }
    }
}

impl Body for Shares {
    const STEP: Step = Step::ShareKeys;

    fn digest(&self) -> Digest {
        let mut parts: Vec<&[u8]> = vec![b"concordat-secagg/v1/shares"];
        for (holder, dealt) in &self.dealt {
            parts.push(holder.as_str().as_bytes());
            parts.push(dealt.key_share.as_bytes());
            parts.push(dealt.seed_share.as_bytes());
            parts.push(&dealt.sealed);
        }
        Digest::of_parts(&parts)
    }
}

/// What the server answers to ShareKeys: by dealer, what it dealt to the reader; its keys are U2.
pub type Inbox = BTreeMap<PartyId, Dealt>;

/// MaskedInput: a client's vector under its masks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Masked {
    /// The digest over the names and keys of U2 as this client saw them.
    pub peers: Digest,
    /// The masked vector.
    pub vector: RingVec,
}

/// The digest over the members of U2 and their keys: which masks a vector carries.
pub(crate) fn peers_digest<'a>(keys: impl Iterator<Item = (&'a PartyId, &'a Keys)>) -> Digest {
    let listed: Vec<_> = keys.map(|(party, keys)| (party, keys.digest())).collect();
    let mut parts: Vec<&[u8]> = vec![b"concordat-secagg/v1/peers"];
    for (party, digest) in &listed {
        parts.push(party.as_str().as_bytes());
        parts.push(digest.as_bytes());
    }
    Digest::of_parts(&parts)
}

/// The digest of an upload from the parts that a verifier of single chunks has.
pub(crate) fn masked_digest(peers: Digest, vector: Digest) -> Digest {
    Digest::of_parts(&[b"concordat-secagg/v1/masked", peers.as_bytes(), vector.as_bytes()])
}

impl Body for Masked {
    const STEP: Step = Step::MaskedInput;

    fn digest(&self) -> Digest {
        masked_digest(self.peers, self.vector.digest())
    }
}

/// ConsistencyCheck: U3, the clients whose vector arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survivors {
    /// The list.
    pub parties: BTreeSet<PartyId>,
}

impl Body for Survivors {
    const STEP: Step = Step::ConsistencyCheck;

    fn digest(&self) -> Digest {
        let mut parts: Vec<&[u8]> = vec![b"concordat-secagg/v1/survivors"];
        parts.extend(self.parties.iter().map(|p| p.as_str().as_bytes()));
        Digest::of_parts(&parts)
    }
}

/// What the server answers to ConsistencyCheck: by signer, its signature over U3.
pub type Signatures = BTreeMap<PartyId, Signature>;

/// Unmasking: by dealer of U2, the one share that opens what has to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reveal {
    /// A dealer is missing whose shares did not open or did not match their digests.
    pub shares: BTreeMap<PartyId, Opened>,
}

/// One of a dealer's two shares. There is no value that holds both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// Of a survivor's self-mask seed.
    Seed(Secret),
    /// Of a dropped client's mask private key.
    Key(Secret),
}

impl Opened {
    /// The share itself.
    pub fn share(&self) -> &Secret {
        match self {
            Self::Seed(share) | Self::Key(share) => share,
        }
    }

    pub(crate) fn which(&self) -> Which {
        match self {
            Self::Seed(_) => Which::Seed,
            Self::Key(_) => Which::Key,
        }
    }
}

impl Body for Reveal {
    const STEP: Step = Step::Unmasking;

    fn digest(&self) -> Digest {
        let mut parts: Vec<&[u8]> = vec![b"concordat-secagg/v1/reveal"];
        for (dealer, opened) in &self.shares {
            parts.push(dealer.as_str().as_bytes());
            parts.push(opened.which().label());
            parts.push(opened.share().as_bytes());
        }
        Digest::of_parts(&parts)
    }
}

/// Any message of a client, as the server gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromClient {
    /// AdvertiseKeys.
    Keys(Signed<Keys>),
    /// ShareKeys.
    Shares(Signed<Shares>),
    /// MaskedInput, with the vector in the message.
    Masked(Signed<Masked>),
    /// MaskedInput of a vector whose chunks came before.
    Upload(Signed<Upload>),
    /// ConsistencyCheck.
    Survivors(Signed<Survivors>),
    /// Unmasking.
    Reveal(Signed<Reveal>),
}

impl FromClient {
    /// The signature under it, as the message claims.
    pub fn signature(&self) -> &Signature {
        match self {
            Self::Keys(m) => &m.signature,
            Self::Shares(m) => &m.signature,
            Self::Masked(m) => &m.signature,
            Self::Upload(m) => &m.signature,
            Self::Survivors(m) => &m.signature,
            Self::Reveal(m) => &m.signature,
        }
    }

    /// Who sent it, as the message claims.
    pub fn from(&self) -> &PartyId {
        match self {
            Self::Keys(m) => &m.from,
            Self::Shares(m) => &m.from,
            Self::Masked(m) => &m.from,
            Self::Upload(m) => &m.from,
            Self::Survivors(m) => &m.from,
            Self::Reveal(m) => &m.from,
        }
    }

    /// The round it belongs to.
    pub fn step(&self) -> Step {
        match self {
            Self::Keys(_) => Keys::STEP,
            Self::Shares(_) => Shares::STEP,
            Self::Masked(_) => Masked::STEP,
            Self::Upload(_) => Upload::STEP,
            Self::Survivors(_) => Survivors::STEP,
            Self::Reveal(_) => Reveal::STEP,
        }
    }
}
