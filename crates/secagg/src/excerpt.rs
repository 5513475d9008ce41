//! A proof of a few chunks of a sum, for models too large to verify whole.
//!
//! Every node picks chunks at random, after the sum was published, and asks for their excerpts.
//! A server that altered one chunk in k escapes a node that checks j of them with probability
//! about (1 − 1/k)^j; and all nodes draw on their own.
//!
//! Nodes of this release verify every sum whole and ask for no excerpt; models too large for that
//! are not trained yet.

use std::collections::BTreeMap;

use concordat_terms::{Digest, PartyId};
use ed25519_dalek::Signature;

use crate::message::{KeyList, Masked, Signatures, Step, masked_digest, signature_holds};
use crate::ring::digest_of_chunks;
use crate::transcript::{Mismatch, Proof, Transcript, compare};
use crate::{CHUNK, RingVec, Secret, Session};

/// One chunk of [`CHUNK`] elements of a transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// Which chunk, from 0.
    pub chunk: usize,
    /// U2: the signed keys of those that shared.
    pub keys: KeyList,
    /// U3: of each upload, this chunk and the digests of all others.
    pub uploads: BTreeMap<PartyId, ExcerptUpload>,
    /// U4: at least t signatures under U3.
    pub signatures: Signatures,
    /// Of each of U3: the self-mask seed.
    pub seeds: BTreeMap<PartyId, Secret>,
    /// Of each of U2 without U3: the mask private key.
    pub mask_keys: BTreeMap<PartyId, Secret>,
    /// The chunk of the published sum.
    pub sum: RingVec,
}

/// One chunk of one upload, and what ties it to the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExcerptUpload {
    /// The upload's peers.
    pub peers: Digest,
    /// The digest of every chunk, in order.
    pub digests: Vec<Digest>,
    /// The chunk's masked elements.
    pub words: RingVec,
    /// The signature under the whole upload.
    pub signature: Signature,
}

impl Transcript {
    /// The excerpt of one chunk; nothing beyond the last.
    pub fn excerpt(&self, chunk: usize) -> Option<Excerpt> {
        let uploads = self
            .uploads
            .iter()
            .map(|(party, upload)| {
                let excerpt = ExcerptUpload {
                    peers: upload.body.peers,
                    digests: upload.body.vector.chunk_digests(),
                    words: upload.body.vector.chunk(chunk)?,
                    signature: upload.signature,
                };
                Some((party.clone(), excerpt))
            })
            .collect::<Option<_>>()?;
        Some(Excerpt {
            chunk,
            keys: self.keys.clone(),
            uploads,
            signatures: self.signatures.clone(),
            seeds: self.seeds.clone(),
            mask_keys: self.mask_keys.clone(),
            sum: self.sum.chunk(chunk)?,
        })
    }
}

/// Recomputes one chunk of the sum; `sum` is that chunk of what was published.
///
/// # Errors
///
/// [`Mismatch`], the first thing that does not fit.
pub fn verify_excerpt(session: &Session, excerpt: &Excerpt) -> Result<RingVec, Mismatch> {
    let Excerpt { chunk, keys, uploads, signatures, seeds, mask_keys, sum } = excerpt;
    let proof = Proof { keys, signatures, seeds, mask_keys };
    let peers = proof.verify(session, &uploads.keys().cloned().collect())?;
    let (ring, dimension) = (session.params().ring(), session.params().dimension());
    let len = dimension.saturating_sub(chunk.saturating_mul(CHUNK)).min(CHUNK);
    let mut vector = RingVec::zeros(ring, len);
    for (party, upload) in uploads {
        if upload.peers != peers || !vector.add(&upload.words) {
            return Err(Mismatch::OtherUpload { party: party.clone() });
        }
        // A chunk of at most CHUNK elements has one digest.
        let listed = upload.digests.get(*chunk);
        let complete = upload.digests.len() == dimension.div_ceil(CHUNK);
        if !complete || listed.is_none() || upload.words.chunk_digests().first() != listed {
            return Err(Mismatch::OtherChunk { party: party.clone() });
        }
        let signed = masked_digest(peers, digest_of_chunks(ring, dimension, &upload.digests));
        if !signature_holds::<Masked>(session, party, signed, &upload.signature) {
            return Err(Mismatch::BadSignature { party: party.clone(), step: Step::MaskedInput });
        }
    }
    let mut masks = proof.masks(session)?;
    masks.seek(*chunk, ring);
    masks.apply(&mut vector);
    compare(&vector, sum)?;
    Ok(vector)
}
