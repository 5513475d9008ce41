//! Keys that an act brings: each is a key of its use, nobody's yet, and shows that it is there.

use concordat_terms::{Digest, KeyId, PartyId};

use super::super::refusal::PeopleRefusal as No;
use super::super::{Cosigner, Move};
use super::KeyUse;
use super::holder::{decode_hex, key_id};
use crate::deed::Hearing;
use crate::refusal::Refusal;
use crate::state::State;
use crate::verdict::{Facts, FoundKey};

/// What a key is committed to by: SHA-256 of its bytes.
pub fn commitment(public: &str) -> Option<Digest> {
    decode_hex(public).map(|bytes| Digest::of(&bytes))
}

impl Facts {
    /// What a text is that should be a key, or why it is none. Where nobody looked, as in a
    /// rehearsal, 64 hexadecimal digits are a key.
    pub(crate) fn key(&self, public: &str) -> Result<FoundKey, String> {
        self.keys.get(public).cloned().unwrap_or_else(|| {
            let id = key_id(public).filter(|_| public.len() == 64);
            let found = id.map(|id| FoundKey { id, pq: false, proved_for: None });
            found.ok_or_else(|| "it is not 64 hexadecimal digits".to_owned())
        })
    }
}

/// The id of a key for acts: it signs the act that brings it.
pub(in super::super) fn new_key(
    public: &str,
    party: &PartyId,
    hearing: &Hearing<'_>,
    out: &mut Vec<Refusal>,
) -> Option<KeyId> {
    let found = hearing.facts.key(public);
    let Ok(found) = found.map_err(|why| out.push(bad_key(public, why, KeyUse::Acts))) else {
        return None;
    };
    if hearing.state.is_taken(&found.id, party) {
        out.push(No::KeyTaken { key: found.id.clone() }.into());
    } else if !hearing.by.signers.iter().any(|signer| signer.key == found.id) {
        out.push(No::KeyUnproved { key: found.id.clone() }.into());
    }
    Some(found.id)
}

/// The same of a key for anything else, which a proof stands in for.
pub(super) fn new_other(
    (public, used): (&str, KeyUse),
    party: &PartyId,
    hearing: &Hearing<'_>,
    out: &mut Vec<Refusal>,
) -> Option<FoundKey> {
    let found = hearing.facts.key(public);
    let Ok(found) = found.map_err(|why| out.push(bad_key(public, why, used))) else {
        return None;
    };
    if hearing.state.is_taken(&found.id, party) {
        out.push(No::KeyTaken { key: found.id.clone() }.into());
    } else if found.proved_for.as_ref() != Some(party) {
        out.push(No::KeyProofMissing { key: found.id.clone(), does: used.as_str() }.into());
    }
    Some(found)
}

/// What cosigns for a party that joins. Who comes back may bring what it had.
pub(in super::super) fn new_cosigner(
    public: &str,
    pq: bool,
    party: &PartyId,
    hearing: &Hearing<'_>,
    out: &mut Vec<Refusal>,
) -> Option<Cosigner> {
    let found = hearing.facts.key(public);
    let Ok(found) = found.map_err(|why| out.push(bad_key(public, why, KeyUse::Cosigning))) else {
        return None;
    };
    out.extend(wrong_sort(public, found.pq, pq));
    let own = hearing.state.holder(&found.id).is_some_and(|holder| {
        holder.party.as_ref() == Some(party) && holder.used == KeyUse::Cosigning
    });
    if !own && hearing.state.is_taken(&found.id, party) {
        out.push(No::KeyTaken { key: found.id.clone() }.into());
    }
    Some(Cosigner { id: found.id, public: public.to_owned(), pq })
}

/// A key of the other sort than its place takes.
pub(super) fn wrong_sort(public: &str, found: bool, wanted: bool) -> Option<Refusal> {
    let why = match (found, wanted) {
        (true, false) => "it is ML-DSA-44, which cosigns beside Ed25519 and not instead of it",
        (false, true) => "it is Ed25519, and ML-DSA-44 (type 0x06) stands here",
        _ => return None,
    };
    Some(bad_key(public, why.to_owned(), KeyUse::Cosigning))
}

fn bad_key(public: &str, why: String, used: KeyUse) -> Refusal {
    let key = public.chars().take(80).collect();
    match used {
        KeyUse::Acts => No::BadKey { key, why },
        KeyUse::Cosigning => No::BadWitnessKey { key, why },
        KeyUse::Exports => No::BadExportKey { key, why },
    }
    .into()
}

impl State {
    /// Whether a key is or was somebody's, or will be another's.
    pub(super) fn is_taken(&self, id: &KeyId, party: &PartyId) -> bool {
        let brings = |what: &Move| match what {
            Move::Accede { party: other, id: own, cosigners, .. } if other != party => {
                own == id || cosigners.iter().any(|cosigner| cosigner.id == *id)
            }
            _ => false,
        };
        self.holder(id).is_some() || self.people.coming.values().any(brings)
    }
}
