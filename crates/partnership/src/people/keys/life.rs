//! What becomes of keys: by acts, and by time.

use std::collections::BTreeSet;

use concordat_terms::{Digest, KeyId, MemberId, PartyId, Timestamp};
use serde::Serialize;

use super::super::Cosigner;
use super::KeyHolder;
use super::{KeyEnd, KeyEnded, KeyUse, Retiring};
use crate::agenda::Alarm;
use crate::state::State;
use crate::verdict::Effect;

/// A key that an act brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct NewKey {
    pub(crate) party: PartyId,
    pub(crate) public: String,
    pub(crate) used: KeyUse,
    pub(crate) pq: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) member: Option<MemberId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<Digest>,
    /// The key of the same party by which it came, if by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) by: Option<KeyId>,
}

impl From<NewKey> for KeyHolder {
    fn from(key: NewKey) -> Self {
        let NewKey { party, public, used, pq, member, next, by } = key;
        Self { used, pq, member, next, by, ..Self::of(Some(party), public) }
    }
}

/// What the acts about keys change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change {
    Registered {
        id: KeyId,
        key: Box<NewKey>,
    },
    Rotated {
        old: KeyId,
        id: KeyId,
        key: Box<NewKey>,
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    Ended {
        id: KeyId,
        why: KeyEnded,
    },
    Compromised {
        id: KeyId,
        since: u64,
        by: PartyId,
        account: Digest,
        /// Who says so: none of these ends with it.
        spared: BTreeSet<KeyId>,
    },
    Bound {
        id: KeyId,
        member: MemberId,
    },
    Committed {
        id: KeyId,
        next: Digest,
    },
    Recovered {
        old: KeyId,
        id: KeyId,
        key: Box<NewKey>,
        #[serde(skip_serializing_if = "Option::is_none")]
        since: Option<u64>,
        account: Digest,
    },
}

impl From<Change> for crate::change::Change {
    fn from(change: Change) -> Self {
        Self::People(super::super::Change::Key(change))
    }
}

impl State {
    pub(in super::super) fn change_key(
        &mut self,
        change: Change,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        match change {
            Change::Registered { id, key } => self.take_key(id, *key, effects),
            Change::Rotated { old, id, key, until } => {
                let party = key.party.clone();
                self.known_by(&party, &old, &id);
                self.take_key(id.clone(), *key, effects);
                match until {
                    Some(until) => {
                        self.agenda.set(Alarm::Key(old.clone()), until);
                        if let Some(holder) = self.keys.get_mut(&old) {
                            holder.retiring = Some(Retiring { until, by: id });
                        }
                    }
                    None => self.end_key(&old, KeyEnded::Rotated(id), now, effects),
                }
            }
            Change::Ended { id, why } => self.end_key(&id, why, now, effects),
            Change::Compromised { id, since, by, account, spared } => {
                self.doubt_key(&id, since, &spared, now, effects);
                self.known_by_another(&id);
                self.open_incident("key-compromise", by, account, now, effects);
            }
            Change::Bound { id, member } => {
                if let Some(holder) = self.keys.get_mut(&id) {
                    holder.member = Some(member);
                }
            }
            Change::Committed { id, next } => {
                if let Some(holder) = self.keys.get_mut(&id) {
                    holder.next = Some(next);
                }
            }
            Change::Recovered { old, id, key, since, account } => {
                let party = key.party.clone();
                self.take_key(id.clone(), *key, effects);
                match since {
                    Some(since) => {
                        self.doubt_key(&old, since, &BTreeSet::new(), now, effects);
                        let by = party.clone();
                        self.open_incident("key-compromise", by, account, now, effects);
                    }
                    None => self.end_key(&old, KeyEnded::Rotated(id.clone()), now, effects),
                }
                self.known_by(&party, &old, &id);
            }
        }
    }

    /// A key counts from here on.
    pub(crate) fn add_key(&mut self, id: KeyId, holder: KeyHolder, effects: &mut Vec<Effect>) {
        let holder = KeyHolder { since: self.index, ..holder };
        self.keys.insert_mut(id.clone(), holder);
        effects.push(Effect::KeyRegistered(id));
    }

    /// What cosigns for a party that joins; not again what does so already.
    pub(crate) fn add_cosigners(
        &mut self,
        party: &PartyId,
        cosigners: Vec<Cosigner>,
        effects: &mut Vec<Effect>,
    ) {
        for Cosigner { id, public, pq } in cosigners {
            if self.keys.contains_key(&id) {
                continue;
            }
            let holder = KeyHolder::of(Some(party.clone()), public);
            self.add_key(id, KeyHolder { used: KeyUse::Cosigning, pq, ..holder }, effects);
        }
    }

    /// A key that an act brought; what cosigns does so for its party from here on.
    fn take_key(&mut self, id: KeyId, key: NewKey, effects: &mut Vec<Effect>) {
        if key.used == KeyUse::Cosigning
            && let Some(member) = self.people.parties.get_mut(&key.party)
        {
            if key.pq {
                member.witness_pq = Some(key.public.clone());
            } else {
                member.witness = key.public.clone();
            }
        }
        self.add_key(id, key.into(), effects);
    }

    pub(in super::super) fn end_key(
        &mut self,
        id: &KeyId,
        why: KeyEnded,
        at: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let index = self.index;
        let Some(holder) = self.keys.get_mut(id).filter(|holder| holder.ended.is_none()) else {
            return;
        };
        holder.ended = Some(KeyEnd { index, at, why });
        holder.retiring = None;
        let (party, public) = (holder.party.clone(), holder.public.clone());
        effects.push(Effect::KeyEnded(id.clone()));
        self.agenda.cancel(&Alarm::Key(id.clone()));
        if let Some(member) = party.and_then(|party| self.people.parties.get_mut(&party)) {
            member.witness_pq.take_if(|own| *own == public);
        }
    }

    /// The time is over for which a key signed beside what took its place.
    pub(crate) fn ring_key(&mut self, id: &KeyId, at: Timestamp, effects: &mut Vec<Effect>) {
        let retiring = self.holder(id).and_then(|holder| holder.retiring.as_ref());
        if let Some(by) = retiring.map(|retiring| retiring.by.clone()) {
            self.end_key(id, KeyEnded::Rotated(by), at, effects);
        }
    }

    /// A key ends, if it has not; what it signed since is in doubt, and what it brought since ends
    /// with it.
    fn doubt_key(
        &mut self,
        id: &KeyId,
        since: u64,
        spared: &BTreeSet<KeyId>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        self.end_key(id, KeyEnded::Compromised, now, effects);
        let Some(holder) = self.keys.get_mut(id) else { return };
        holder.doubt = Some(holder.doubt.map_or(since, |before| before.min(since)));
        let brought: Vec<(KeyId, u64)> = self
            .keys
            .iter()
            .filter(|(own, key)| {
                key.by.as_ref() == Some(id)
                    && key.since >= since
                    && key.ended.is_none()
                    && !spared.contains(*own)
                    // Without one of these no checkpoint of its party's would count.
                    && (key.used != KeyUse::Cosigning || key.pq)
            })
            .map(|(own, key)| (own.clone(), key.since))
            .collect();
        for (own, since) in brought {
            self.doubt_key(&own, since, spared, now, effects);
        }
    }

    /// A party that was known by `old` is known by `id`.
    fn known_by(&mut self, party: &PartyId, old: &KeyId, id: &KeyId) {
        if let Some(member) = self.people.parties.get_mut(party)
            && member.key == *old
        {
            member.key = id.clone();
        }
    }

    /// A party whose key ended is known by another of its own, if it has one; one that committed to a
    /// next key waits for it.
    fn known_by_another(&mut self, ended: &KeyId) {
        let Some(holder) = self.keys.get(ended).filter(|holder| holder.next.is_none()) else {
            return;
        };
        let Some(party) = holder.party.clone() else { return };
        let mut own = self.keys.iter().filter(|(_, holder)| {
            holder.party.as_ref() == Some(&party)
                && holder.used == KeyUse::Acts
                && holder.member.is_none()
                && holder.retiring.is_none()
                && holder.ended.is_none()
        });
        let Some(key) = own.next().map(|(id, _)| id.clone()) else { return };
        self.known_by(&party, ended, &key);
    }
}
