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
use crate::upload::{Chunks, Digesting};
use crate::{CHUNK, Mismatch, RingVec, Secret, Session};

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

/// As [`verify_sum`], for vectors that lie elsewhere: reads each once, and holds a chunk of it.
///
/// `words` are those of every upload, `sum` those of the sum as published.
///
/// # Errors
///
/// [`Mismatch`], the first thing that does not fit; missing words are [`Mismatch::OtherChunk`].
pub fn verify_sum_in_chunks<W: Chunks>(
    session: &Session,
    proof: &Proof,
    words: &BTreeMap<PartyId, W>,
    sum: &impl Chunks,
) -> Result<(), Mismatch> {
    let params = session.params();
    let mut masks = proof.verify(session)?;
    let other = |party: &PartyId| Mismatch::OtherChunk { party: party.clone() };
    let mut digesting: BTreeMap<&PartyId, Digesting> =
        proof.uploads.keys().map(|party| (party, Digesting::new(params))).collect();
    for chunk in 0..params.chunks() {
        let mut vector = RingVec::zeros(params.ring(), params.chunk_len(chunk));
        for (party, digesting) in &mut digesting {
            let part = words.get(*party).and_then(|words| words.chunk(chunk));
            let part = part.filter(|part| digesting.fits(part)).ok_or_else(|| other(party))?;
            digesting.push(&part);
            vector.add_at(0, &part);
        }
        masks.apply(&mut vector);
        let published = sum.chunk(chunk).unwrap_or_else(|| RingVec::zeros(params.ring(), 0));
        compare(&vector, &published).map_err(|mismatch| mismatch.moved(chunk * CHUNK))?;
    }
    for (party, upload) in &proof.uploads {
        let digest = digesting.get(party).and_then(Digesting::finish);
        if digest != Some(upload.body.vector) {
            return Err(other(party));
        }
    }
    Ok(())
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
