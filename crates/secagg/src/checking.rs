//! A sum that is checked chunk by chunk, by somebody who holds no vector whole.
//!
//! Every node draws chunks at random after the sum was published, or takes all of them where there
//! are few. A server that altered one chunk in k escapes a node that checks j of them with
//! probability about (1 − 1/k)^j; and all nodes draw on their own. A single altered element of a
//! very long vector is most likely seen by nobody.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{Digest, PartyId};

use crate::mask::Masks;
use crate::proof::Proof;
use crate::transcript::compare;
use crate::upload::are_of;
use crate::{CHUNK, Mismatch, Params, RingVec, Session};

/// A proof that holds, and the digests of the chunks that it rests on.
pub struct Checking {
    params: Params,
    masks: Masks,
    /// By survivor, the digests of the chunks of its upload, in order.
    digests: BTreeMap<PartyId, Vec<Digest>>,
}

impl Checking {
    /// Checks the proof, and that each survivor's list of digests, one a chunk, is of the vector
    /// that it signed. Lists of others are left aside.
    ///
    /// # Errors
    ///
    /// [`Mismatch`], the first thing that does not fit.
    pub fn begin(
        session: &Session,
        proof: &Proof,
        mut digests: BTreeMap<PartyId, Vec<Digest>>,
    ) -> Result<Self, Mismatch> {
        let params = session.params().clone();
        let masks = proof.verify(session)?;
        digests.retain(|party, _| proof.uploads.contains_key(party));
        for (party, upload) in &proof.uploads {
            let chunks = digests.get(party);
            if !chunks.is_some_and(|chunks| are_of(chunks, &params, upload.body.vector)) {
                return Err(Mismatch::OtherChunk { party: party.clone() });
            }
        }
        Ok(Self { params, masks, digests })
    }

    /// Whose contributions the sum holds.
    pub fn survivors(&self) -> BTreeSet<PartyId> {
        self.digests.keys().cloned().collect()
    }

    /// Recomputes one chunk of the sum from that chunk of every survivor's upload; `published` is
    /// what is said to be it. Chunks may come in any order.
    ///
    /// # Errors
    ///
    /// [`Mismatch`], the first thing that does not fit; missing words are
    /// [`Mismatch::OtherChunk`].
    pub fn check(
        &mut self,
        chunk: usize,
        words: &BTreeMap<PartyId, RingVec>,
        published: &RingVec,
    ) -> Result<(), Mismatch> {
        let (ring, len) = (self.params.ring(), self.params.chunk_len(chunk));
        let mut sum = RingVec::zeros(ring, len);
        for (party, digests) in &self.digests {
            let other = || Mismatch::OtherChunk { party: party.clone() };
            let words = words.get(party).ok_or_else(other)?;
            // A chunk of at most CHUNK elements has one digest.
            if !sum.add(words) || words.chunk_digests().first() != digests.get(chunk) {
                return Err(other());
            }
        }
        self.masks.seek(chunk, ring);
        self.masks.apply(&mut sum);
        compare(&sum, published).map_err(|mismatch| mismatch.moved(chunk.saturating_mul(CHUNK)))
    }
}

/// Shows whose uploads are checked, since the masks are secret.
impl std::fmt::Debug for Checking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checking").field("survivors", &self.survivors()).finish_non_exhaustive()
    }
}
