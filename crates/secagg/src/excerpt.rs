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

use crate::message::{KeyList, Signatures, Signed};
use crate::proof::Proof;
use crate::ring::digest_of_chunks;
use crate::transcript::compare;
use crate::upload::Upload;
use crate::{Mismatch, RingVec, Secret, Session, Transcript};

/// One chunk of [`CHUNK`](crate::CHUNK) elements of a transcript.
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
    let params = session.params();
    let mut masks = excerpt.proof(session).verify(session)?;
    let mut vector = RingVec::zeros(params.ring(), params.chunk_len(excerpt.chunk));
    for (party, upload) in &excerpt.uploads {
        if !vector.add(&upload.words) {
            return Err(Mismatch::OtherUpload { party: party.clone() });
        }
        // A chunk of at most CHUNK elements has one digest.
        let listed = upload.digests.get(excerpt.chunk);
        let complete = upload.digests.len() == params.chunks();
        if !complete || listed.is_none() || upload.words.chunk_digests().first() != listed {
            return Err(Mismatch::OtherChunk { party: party.clone() });
        }
    }
    masks.seek(excerpt.chunk, params.ring());
    masks.apply(&mut vector);
    compare(&vector, &excerpt.sum)?;
    Ok(vector)
}

impl Excerpt {
    /// The proof that the excerpt is of: the digest of each upload from those of its chunks.
    fn proof(&self, session: &Session) -> Proof {
        let (ring, len) = (session.params().ring(), session.params().dimension());
        let uploads = self.uploads.iter().map(|(party, upload)| {
            let vector = digest_of_chunks(ring, len, &upload.digests);
            let body = Upload { peers: upload.peers, vector };
            (party.clone(), Signed { from: party.clone(), body, signature: upload.signature })
        });
        Proof {
            keys: self.keys.clone(),
            uploads: uploads.collect(),
            signatures: self.signatures.clone(),
            seeds: self.seeds.clone(),
            mask_keys: self.mask_keys.clone(),
        }
    }
}
