//! What proves a sum, and the proof's check.
//!
//! A server could publish any vector as the sum. So it hands every participant the signed
//! messages behind it and the secrets that t clients opened; each secret proves itself against
//! what its owner signed in the first round, and anyone can take the masks off again. That is no
//! more than the server knows already, and a client that colludes with it could have been told:
//! the parameters c and t are chosen for exactly that.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{Digest, PartyId};

use crate::message::{KeyList, Masked, Signatures, Signed};
use crate::proof::Proof;
use crate::{Mismatch, RingVec, Secret, Session};

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

/// Recomputes the sum from the signed messages and the opened secrets, and compares.
///
/// Any participant can: it needs what it knows of the session and nothing of its own.
///
/// # Errors
///
/// [`Mismatch`], the first thing that does not fit.
pub fn verify_sum(session: &Session, transcript: &Transcript) -> Result<Sum, Mismatch> {
    let params = session.params();
    let mut vector = RingVec::zeros(params.ring(), params.dimension());
    let mut masks = transcript.proof().verify(session)?;
    for (party, upload) in &transcript.uploads {
        if !vector.add(&upload.body.vector) {
            return Err(Mismatch::OtherUpload { party: party.clone() });
        }
    }
    masks.apply(&mut vector);
    compare(&vector, &transcript.sum)?;
    Ok(Sum { survivors: transcript.uploads.keys().cloned().collect(), vector })
}

impl Transcript {
    /// The digest over session, signed messages, lists, opened secrets and sum: for the log.
    pub fn digest(&self, session: &Session) -> Digest {
        self.proof().digest(session, self.sum.digest())
    }

    /// The transcript without the words.
    pub fn proof(&self) -> Proof {
        Proof {
            keys: self.keys.clone(),
            uploads: self.uploads.iter().map(|(p, upload)| (p.clone(), upload.upload())).collect(),
            signatures: self.signatures.clone(),
            seeds: self.seeds.clone(),
            mask_keys: self.mask_keys.clone(),
        }
    }
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
