//! A proof without its words: what t clients opened, and the signed messages that it rests on.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{Digest, PartyId};

use crate::agree::{agree, is_bad_key, public_of};
use crate::mask::{Masks, Purpose, Sign, derive, pair};
use crate::message::{
    Body as _, KeyList, Keys, Masked, Signatures, Signed, Step, Survivors, peers_digest,
    signature_holds,
};
use crate::upload::Upload;
use crate::{Mismatch, RingVec, Secret, Session, Transcript};

/// What proves a sum together with the words of the uploads; it does not grow with the vector.
///
/// To be destroyed, as the uploads are, once the sum is verified; its digest stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// U2: the signed keys of those that shared.
    pub keys: KeyList,
    /// U3: what was signed under each upload.
    pub uploads: BTreeMap<PartyId, Signed<Upload>>,
    /// U4: at least t signatures under U3.
    pub signatures: Signatures,
    /// Of each of U3: the self-mask seed.
    pub seeds: BTreeMap<PartyId, Secret>,
    /// Of each of U2 without U3: the mask private key.
    pub mask_keys: BTreeMap<PartyId, Secret>,
}

impl Proof {
    /// The transcript with the words of the uploads, as far as they are given, and the sum.
    pub fn with(self, mut vectors: BTreeMap<PartyId, RingVec>, sum: RingVec) -> Transcript {
        let Self { keys, uploads, signatures, seeds, mask_keys } = self;
        let whole = uploads.into_iter().filter_map(|(party, upload)| {
            let body = Masked { peers: upload.body.peers, vector: vectors.remove(&party)? };
            Some((party, Signed { from: upload.from, body, signature: upload.signature }))
        });
        Transcript { keys, uploads: whole.collect(), signatures, seeds, mask_keys, sum }
    }

    /// The digest over session, signed messages, lists, opened secrets and sum: for the log.
    pub fn digest(&self, session: &Session, sum: Digest) -> Digest {
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
            sum.as_bytes(),
        ])
    }

    /// Checks lists, signatures and opened secrets; returns the masks that open the sum of the
    /// uploads' words, which is left to the caller.
    pub(crate) fn verify(&self, session: &Session) -> Result<Masks, Mismatch> {
        self.verify_keys(session)?;
        self.verify_survivors(session)?;
        self.verify_secrets(session)?;
        self.verify_uploads(session)?;
        unmask(session, self).map_err(|party| Mismatch::BadKey { party })
    }

    fn verify_keys(&self, session: &Session) -> Result<(), Mismatch> {
        let mut seen = BTreeSet::new();
        for (party, signed) in &self.keys {
            if signed.from != *party || !signed.holds(session) {
                let step = Step::AdvertiseKeys;
                return Err(Mismatch::BadSignature { party: party.clone(), step });
            }
            for key in [signed.body.cipher_key, signed.body.mask_key] {
                if is_bad_key(&key) || !seen.insert(key) {
                    return Err(Mismatch::BadKey { party: party.clone() });
                }
            }
        }
        Ok(())
    }

    fn verify_survivors(&self, session: &Session) -> Result<(), Mismatch> {
        let survivors: BTreeSet<PartyId> = self.uploads.keys().cloned().collect();
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
        for (party, signature) in &self.signatures {
            if !survivors.contains(party) {
                return Err(Mismatch::Stranger { party: party.clone(), step });
            }
            if !signature_holds::<Survivors>(session, party, digest, signature) {
                return Err(Mismatch::BadSignature { party: party.clone(), step });
            }
        }
        enough(step, self.signatures.len(), session.params().threshold())
    }

    fn verify_secrets(&self, session: &Session) -> Result<(), Mismatch> {
        let opened = self.seeds.keys().chain(self.mask_keys.keys());
        if let Some(party) = opened.clone().find(|party| !self.keys.contains_key(*party)) {
            return Err(Mismatch::OtherSecret { party: party.clone() });
        }
        for (party, signed) in &self.keys {
            let (seed, key) = (self.seeds.get(party), self.mask_keys.get(party));
            let opens = match (seed, key, self.uploads.contains_key(party)) {
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

    fn verify_uploads(&self, session: &Session) -> Result<(), Mismatch> {
        let peers = peers_digest(self.keys.iter().map(|(party, signed)| (party, &signed.body)));
        for (party, upload) in &self.uploads {
            if upload.from != *party || upload.body.peers != peers {
                return Err(Mismatch::OtherUpload { party: party.clone() });
            }
            if !upload.holds(session) {
                let step = Step::MaskedInput;
                return Err(Mismatch::BadSignature { party: party.clone(), step });
            }
        }
        Ok(())
    }
}

/// The masks to apply to the sum of the survivors' uploads: their self-masks come off, and so do
/// the pair masks that a dropped client never cancelled.
///
/// # Errors
///
/// Whoever is not in the roster or has a weak key; nobody, once the messages were checked.
pub(crate) fn unmask(session: &Session, proof: &Proof) -> Result<Masks, PartyId> {
    let Proof { keys, seeds, mask_keys, .. } = proof;
    let end = |party: &PartyId| -> Result<_, PartyId> {
        let key = keys.get(party).map(|signed| &signed.body.mask_key);
        session.point(party).zip(key).ok_or_else(|| party.clone())
    };
    let mut masks = Masks::default();
    for (party, seed) in seeds {
        let own = Purpose::SelfMask { of: end(party)?.0 };
        masks.push(Sign::Subtract, &derive(session.id(), seed.as_bytes(), own));
    }
    for (dropped, secret) in mask_keys {
        let dropped = end(dropped)?;
        for party in seeds.keys() {
            let survivor = end(party)?;
            let shared = agree(secret, survivor.1).ok_or_else(|| party.clone())?;
            let (sign, purpose) = pair(survivor, dropped);
            masks.push(sign.opposite(), &derive(session.id(), shared.as_bytes(), purpose));
        }
    }
    Ok(masks)
}
