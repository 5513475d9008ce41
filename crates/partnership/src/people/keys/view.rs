//! The history of keys, as it is told.

use concordat_terms::{KeyId, PartyId, Timestamp};
use serde::{Deserialize, Serialize};

use super::KeyUse;
use super::{KeyHolder, key_id};
use crate::state::State;

/// How a key ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyEnd {
    /// By the entry at this index.
    pub index: u64,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub why: KeyEnded,
}

/// Why a key ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyEnded {
    /// Its party took it back.
    Revoked,
    /// Another took its place.
    Rotated(KeyId),
    /// Others may have used it.
    Compromised,
    /// Another party took its party's place.
    Followed,
}

impl KeyEnded {
    /// As it is said of a key.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Revoked => "was revoked",
            Self::Rotated(_) => "was replaced",
            Self::Compromised => "is compromised",
            Self::Followed => "ended with its party",
        }
    }
}

/// That another key took a key's place, which signs beside it for a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retiring {
    /// Until when.
    pub until: Timestamp,
    /// What took its place.
    pub by: KeyId,
}

/// Entries that a compromised key signed while others may have had it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Doubt {
    /// The key.
    pub key: KeyId,
    /// Whose it was.
    pub party: Option<PartyId>,
    /// The first entry in doubt.
    pub from: u64,
    /// The entry that ended the key: none from there on is by it.
    pub until: u64,
}

impl KeyHolder {
    /// Whether it can be replaced: it is good; or it ended and what it is committed to has yet to
    /// come.
    pub(super) fn waits_or_stands(&self) -> bool {
        let waits = |end: &KeyEnd| {
            self.next.is_some() && matches!(end.why, KeyEnded::Revoked | KeyEnded::Compromised)
        };
        self.ended.as_ref().is_none_or(waits)
    }

    /// What it is, as a word or two.
    pub fn standing(&self) -> &'static str {
        match (&self.ended, &self.retiring) {
            (Some(end), _) => end.why.as_str(),
            (None, Some(_)) => "is being replaced",
            (None, None) => "is good",
        }
    }
}

impl State {
    /// Every key, with its history.
    pub fn keys(&self) -> impl Iterator<Item = (&KeyId, &KeyHolder)> {
        self.keys.iter()
    }

    /// What cosigned for a party by the first `size` entries, which may be fewer than there are: its key of
    /// Ed25519, or the one of ML-DSA-44 that stood beside it.
    pub fn cosigner_at(&self, party: &PartyId, pq: bool, size: u64) -> Option<&str> {
        let own = self.keys.values().filter(|key| {
            let ended = key.ended.as_ref().is_some_and(|end| end.index < size);
            key.used == KeyUse::Cosigning
                && key.party.as_ref() == Some(party)
                && key.pq == pq
                && key.since < size
                // Without one of Ed25519 no checkpoint of its party's would count.
                && !(pq && ended)
        });
        own.max_by_key(|key| key.since).map(|key| key.public.as_str())
    }

    /// The public key by which a party is known: the genesis', what took its place, or what it
    /// acceded with.
    pub fn ledger_key(&self, party: &PartyId) -> Option<&str> {
        let member = self.people.parties.get(party)?;
        self.holder(&member.key).map(|holder| holder.public.as_str())
    }

    /// The same, while acts can be signed with it: none from the entry on that revokes it or says that
    /// others may have it.
    pub fn good_ledger_key(&self, party: &PartyId) -> Option<&str> {
        let member = self.people.parties.get(party)?;
        self.holder(&member.key).filter(|own| own.signs()).map(|holder| holder.public.as_str())
    }

    /// The key with which a party signs what leaves the partnership, by the key itself: whose it is,
    /// and whether it was good at the entry of this index.
    pub fn exporter(&self, public: &str, index: u64) -> Option<(&PartyId, bool)> {
        let holder = self.holder(&key_id(public)?)?;
        let party = holder.party.as_ref().filter(|_| holder.used == KeyUse::Exports)?;
        let ended = holder.ended.as_ref().is_some_and(|end| end.index <= index);
        Some((party, holder.since <= index && !ended))
    }

    /// What compromised keys signed while others may have had them.
    pub fn doubts(&self) -> Vec<Doubt> {
        let doubt = |(key, holder): (&KeyId, &KeyHolder)| {
            let (from, end) = (holder.doubt?, holder.ended.as_ref()?);
            let (key, party) = (key.clone(), holder.party.clone());
            Some(Doubt { key, party, from, until: end.index })
        };
        self.keys.iter().filter_map(doubt).collect()
    }

    /// Whether what a key signed at an index is in doubt.
    pub fn is_doubtful(&self, key: &KeyId, index: u64) -> bool {
        let Some(holder) = self.holder(key) else { return false };
        let (Some(from), Some(end)) = (holder.doubt, &holder.ended) else { return false };
        from <= index && index < end.index
    }
}
