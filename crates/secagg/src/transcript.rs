//! What proves a sum, and the proof's check.
//!
//! A server could publish any vector as the sum. So it hands every participant the signed
//! messages behind it and the secrets that t clients opened; each secret proves itself against
//! what its owner signed in the first round, and anyone can take the masks off again. That is no
//! more than the server knows already, and a client that colludes with it could have been told:
//! the parameters c and t are chosen for exactly that.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{Digest, PartyId};

use crate::agree::{agree, is_weak, public_of};
use crate::client::pair;
use crate::mask::{Masks, Purpose, Sign, derive};
use crate::message::{
    Body as _, KeyList, Keys, Masked, Signatures, Signed, Step, Survivors, peers_digest,
    signature_holds,
};
use crate::{RingVec, Secret, Session};

/// All that proves one sum. To be destroyed once the sum is verified; its digest stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    /// U2: the signed keys of those that shared.
    pub keys: KeyList,
    /// U3: the signed, masked vectors.
    pub uploads: BTreeMap<PartyId, Signed<Masked>>,
    /// U4: at least t signatures under U3.
    pub signatures: Signatures,
    /// Of each of U3: the self-mask seed.
    pub seeds: BTreeMap<PartyId, Secret>,
    /// Of each of U2 without U3: the mask private key.
    pub mask_keys: BTreeMap<PartyId, Secret>,
    /// The sum as published.
    pub sum: RingVec,
}

/// A verified sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// Whose contributions it holds.
    pub survivors: BTreeSet<PartyId>,
    /// The contributions' exact sum in the ring.
    pub vector: RingVec,
}

/// Why a transcript does not prove its sum.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// Somebody appears in a list without belonging there.
    #[error("`{party}` appears in {step} without having been there before")]
    Stranger {
        /// Who.
        party: PartyId,
        /// The round.
        step: Step,
    },
    /// A signature does not hold in this session.
    #[error("the {step} signature of `{party}` does not hold in this session")]
    BadSignature {
        /// Whose.
        party: PartyId,
        /// The round.
        step: Step,
    },
    /// A key is weak or appears twice.
    #[error("`{party}` advertises a weak key or one that another key equals")]
    BadKey {
        /// Whose.
        party: PartyId,
    },
    /// Too few survivors, or signatures under their list.
    #[error("{have} are left after {step}, and {need} are needed")]
    TooFew {
        /// The round.
        step: Step,
        /// How many.
        have: usize,
        /// m, or t for signatures.
        need: usize,
    },
    /// An upload has another shape, or was masked for other clients.
    #[error("the upload of `{party}` has another shape or other peers")]
    OtherUpload {
        /// Whose.
        party: PartyId,
    },
    /// A secret is missing, superfluous, or not the one committed to.
    #[error("the opened secret of `{party}` is not the one it committed to")]
    OtherSecret {
        /// Whose.
        party: PartyId,
    },
    /// The published sum is not the sum of the messages.
    #[error(
        "the published sum differs from the messages' sum at {count} elements, first at {first}"
    )]
    OtherSum {
        /// How many elements differ.
        count: usize,
        /// The first of them.
        first: usize,
    },
    /// An excerpt's chunk digests or words do not fit the upload that was signed.
    #[error("the excerpt of `{party}` is not of the vector it signed")]
    OtherChunk {
        /// Whose.
        party: PartyId,
    },
}

/// Recomputes the sum from the signed messages and the opened secrets, and compares.
///
/// Any participant can: it needs what it knows of the session and nothing of its own.
///
/// # Errors
///
/// [`Mismatch`], the first thing that does not fit.
pub fn verify_sum(session: &Session, transcript: &Transcript) -> Result<Sum, Mismatch> {
    let uploads = &transcript.uploads;
    let proof = transcript.proof();
    let peers = proof.verify(session, &uploads.keys().cloned().collect())?;
    let params = session.params();
    let mut vector = RingVec::zeros(params.ring(), params.dimension());
    for (party, upload) in uploads {
        let fits = upload.from == *party && upload.body.peers == peers;
        if !fits || !vector.add(&upload.body.vector) {
            return Err(Mismatch::OtherUpload { party: party.clone() });
        }
        if !upload.holds(session) {
            return Err(Mismatch::BadSignature { party: party.clone(), step: Step::MaskedInput });
        }
    }
    proof.masks(session)?.apply(&mut vector);
    compare(&vector, &transcript.sum)?;
    Ok(Sum { survivors: uploads.keys().cloned().collect(), vector })
}

impl Transcript {
    /// The digest over session, signed messages, lists, opened secrets and sum: for the log.
    pub fn digest(&self, session: &Session) -> Digest {
        let of = |parts: Vec<[u8; 32]>| {
            let parts: Vec<&[u8]> = parts.iter().map(<[u8; 32]>::as_slice).collect();
            Digest::of_parts(&parts)
        };
        let signed = |party: &PartyId, digest: Digest, signature: &ed25519_dalek::Signature| {
            Digest::of_parts(&[party.as_str().as_bytes(), digest.as_bytes(), &signature.to_bytes()])
                .0
        };
        let secret = |(party, secret): (&PartyId, &Secret)| {
            Digest::of_parts(&[party.as_str().as_bytes(), secret.as_bytes()]).0
        };
        let survivors = Survivors { parties: self.uploads.keys().cloned().collect() }.digest();
        let keys = self.keys.values().map(|m| signed(&m.from, m.body.digest(), &m.signature));
        let uploads = self.uploads.values().map(|m| signed(&m.from, m.body.digest(), &m.signature));
        let signatures = self.signatures.iter().map(|(p, s)| signed(p, survivors, s));
        Digest::of_parts(&[
            b"concordat-secagg/v1/transcript",
            session.id().as_bytes(),
            of(keys.collect()).as_bytes(),
            of(uploads.collect()).as_bytes(),
            of(signatures.collect()).as_bytes(),
            of(self.seeds.iter().map(secret).collect()).as_bytes(),
            of(self.mask_keys.iter().map(secret).collect()).as_bytes(),
            self.sum.digest().as_bytes(),
        ])
    }

    pub(crate) fn proof(&self) -> Proof<'_> {
        Proof {
            keys: &self.keys,
            signatures: &self.signatures,
            seeds: &self.seeds,
            mask_keys: &self.mask_keys,
        }
    }
}

/// The part of a transcript that does not grow with the vector.
pub(crate) struct Proof<'a> {
    pub(crate) keys: &'a KeyList,
    pub(crate) signatures: &'a Signatures,
    pub(crate) seeds: &'a BTreeMap<PartyId, Secret>,
    pub(crate) mask_keys: &'a BTreeMap<PartyId, Secret>,
}

impl Proof<'_> {
    /// Checks lists, signatures and opened secrets; returns what uploads must name as peers.
    pub(crate) fn verify(
        &self,
        session: &Session,
        survivors: &BTreeSet<PartyId>,
    ) -> Result<Digest, Mismatch> {
        self.verify_keys(session)?;
        self.verify_survivors(session, survivors)?;
        self.verify_secrets(session, survivors)?;
        Ok(peers_digest(self.keys.iter().map(|(party, signed)| (party, &signed.body))))
    }

    fn verify_keys(&self, session: &Session) -> Result<(), Mismatch> {
        let mut seen = BTreeSet::new();
        for (party, signed) in self.keys {
            if signed.from != *party || !signed.holds(session) {
                let step = Step::AdvertiseKeys;
                return Err(Mismatch::BadSignature { party: party.clone(), step });
            }
            for key in [signed.body.cipher_key, signed.body.mask_key] {
                if is_weak(&key) || !seen.insert(key) {
                    return Err(Mismatch::BadKey { party: party.clone() });
                }
            }
        }
        Ok(())
    }

    fn verify_survivors(
        &self,
        session: &Session,
        survivors: &BTreeSet<PartyId>,
    ) -> Result<(), Mismatch> {
        if let Some(party) = survivors.iter().find(|party| !self.keys.contains_key(*party)) {
            let step = Step::MaskedInput;
            return Err(Mismatch::Stranger { party: party.clone(), step });
        }
        let enough = |step, have, need| {
            if have < need { Err(Mismatch::TooFew { step, have, need }) } else { Ok(()) }
        };
        enough(Step::MaskedInput, survivors.len(), session.params().remaining())?;
        let step = Step::ConsistencyCheck;
        let digest = Survivors { parties: survivors.clone() }.digest();
        for (party, signature) in self.signatures {
            if !survivors.contains(party) {
                return Err(Mismatch::Stranger { party: party.clone(), step });
            }
            if !signature_holds::<Survivors>(session, party, digest, signature) {
                return Err(Mismatch::BadSignature { party: party.clone(), step });
            }
        }
        enough(step, self.signatures.len(), session.params().threshold())
    }

    fn verify_secrets(
        &self,
        session: &Session,
        survivors: &BTreeSet<PartyId>,
    ) -> Result<(), Mismatch> {
        let opened = self.seeds.keys().chain(self.mask_keys.keys());
        if let Some(party) = opened.clone().find(|party| !self.keys.contains_key(*party)) {
            return Err(Mismatch::OtherSecret { party: party.clone() });
        }
        for (party, signed) in self.keys {
            let (seed, key) = (self.seeds.get(party), self.mask_keys.get(party));
            let opens = match (seed, key, survivors.contains(party)) {
                (Some(seed), None, true) => {
                    Keys::commit(session, party, seed) == signed.body.seed_commitment
                }
                (None, Some(key), false) => public_of(key) == signed.body.mask_key,
                _ => false,
            };
            if !opens {
                return Err(Mismatch::OtherSecret { party: party.clone() });
            }
        }
        Ok(())
    }

    /// The masks that open the sum of the uploads.
    pub(crate) fn masks(&self, session: &Session) -> Result<Masks, Mismatch> {
        let bodies =
            self.keys.iter().map(|(party, signed)| (party.clone(), signed.body.clone())).collect();
        unmask(session, &bodies, self.seeds, self.mask_keys)
            .map_err(|party| Mismatch::BadKey { party })
    }
}

/// The masks to apply to the sum of the survivors' uploads: their self-masks come off, and so do
/// the pair masks that a dropped client never cancelled.
///
/// # Errors
///
/// Whoever is not in the roster or has a weak key; nobody, once the messages were checked.
pub(crate) fn unmask(
    session: &Session,
    keys: &BTreeMap<PartyId, Keys>,
    seeds: &BTreeMap<PartyId, Secret>,
    mask_keys: &BTreeMap<PartyId, Secret>,
) -> Result<Masks, PartyId> {
    let point = |party: &PartyId| session.point(party).ok_or_else(|| party.clone());
    let mut masks = Masks::default();
    for (party, seed) in seeds {
        let own = Purpose::SelfMask { of: point(party)? };
        masks.push(Sign::Subtract, &derive(session.id(), seed.as_bytes(), own));
    }
    for (dropped, key) in mask_keys {
        for survivor in seeds.keys() {
            let public = keys.get(survivor).map(|keys| keys.mask_key);
            let shared =
                public.and_then(|public| agree(key, &public)).ok_or_else(|| survivor.clone())?;
            let (sign, purpose) = pair(point(survivor)?, point(dropped)?);
            masks.push(sign.opposite(), &derive(session.id(), &shared, purpose));
        }
    }
    Ok(masks)
}

/// That the published words are the recomputed ones.
pub(crate) fn compare(own: &RingVec, published: &RingVec) -> Result<(), Mismatch> {
    if own == published {
        return Ok(());
    }
    let (ours, theirs) = (own.to_signed(), published.to_signed());
    let differ = ours.iter().zip(&theirs).enumerate().filter(|(_, (a, b))| a != b);
    let same = ours.len().min(theirs.len());
    let first = differ.clone().next().map_or(same, |(at, _)| at);
    Err(Mismatch::OtherSum { count: differ.count() + ours.len().abs_diff(theirs.len()), first })
}
