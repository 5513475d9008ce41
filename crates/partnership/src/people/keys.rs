//! Acts about keys: a party's own matter.

use concordat_terms::{KeyId, PartyId};

use super::refusal::PeopleRefusal as No;
use super::{Change, KeyBind, KeyCompromise, KeyEnded, KeyRegister, KeyRevoke, KeyRotate};
use crate::change::Change as Any;
use crate::deed::{Deed, Hearing};
use crate::refusal::Refusal;
use crate::state::{KeyHolder, State, key_id};

impl Deed for KeyRegister {
    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let party = hearing.by.party(out)?.clone();
        let id = new_key(&self.key, hearing, out)?;
        let (public, member) = (self.key.clone(), self.member.clone());
        Some(Change::KeyRegistered { id, party, public, member }.into())
    }
}

impl Deed for KeyRotate {
    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let party = hearing.by.party(out)?;
        let id = new_key(&self.key, hearing, out)?;
        let old = hearing.state.own_key(&self.old, party, out)?;
        let (party, member) = (party.clone(), old.member.clone());
        let public = self.key.clone();
        Some(Change::KeyRotated { old: self.old.clone(), id, party, public, member }.into())
    }
}

impl Deed for KeyRevoke {
    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let party = hearing.by.party(out)?;
        hearing.state.own_key(&self.key, party, out)?;
        hearing.state.not_the_last(&self.key, party, out);
        Some(Change::KeyEnded { id: self.key.clone(), why: KeyEnded::Revoked }.into())
    }
}

impl Deed for KeyCompromise {
    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let party = hearing.by.party(out)?;
        let key = hearing.state.own_key(&self.key, party, out)?;
        let (since, from, to) = (self.since, key.since, hearing.state.index);
        if since < from || since > to {
            out.push(No::BadSince { since, from, to }.into());
        }
        let why = KeyEnded::Compromised { since };
        Some(Change::KeyEnded { id: self.key.clone(), why }.into())
    }
}

impl Deed for KeyBind {
    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let party = hearing.by.party(out)?;
        let key = hearing.state.own_key(&self.key, party, out)?;
        if key.member.is_some() {
            out.push(No::KeyTaken { key: self.key.clone() }.into());
        } else {
            hearing.state.not_the_last(&self.key, party, out);
        }
        Some(Change::KeyBound { id: self.key.clone(), member: self.member.clone() }.into())
    }
}

/// The id of a key that an act brings: one that nobody has had, and that signs the act itself.
pub(super) fn new_key(
    public: &str,
    hearing: &Hearing<'_>,
    out: &mut Vec<Refusal>,
) -> Option<KeyId> {
    let id = key_id(public).filter(|_| public.len() == 64);
    let Some(id) = id else {
        out.push(No::BadKey { key: public.chars().take(80).collect() }.into());
        return None;
    };
    if hearing.state.holder(&id).is_some() {
        out.push(No::KeyTaken { key: id.clone() }.into());
    } else if !hearing.by.signers.iter().any(|signer| signer.key == id) {
        out.push(No::KeyUnproved { key: id.clone() }.into());
    }
    Some(id)
}

impl State {
    /// A key of a party that has not ended.
    fn own_key(&self, key: &KeyId, party: &PartyId, out: &mut Vec<Refusal>) -> Option<&KeyHolder> {
        let own = self
            .holder(key)
            .filter(|holder| holder.party.as_ref() == Some(party) && holder.ended.is_none());
        if own.is_none() {
            out.push(No::NotYourKey { key: key.clone(), party: party.clone() }.into());
        }
        own
    }

    /// A party keeps a key of its own: without one nobody could give it another.
    fn not_the_last(&self, key: &KeyId, party: &PartyId, out: &mut Vec<Refusal>) {
        let known = self.people.parties.get(party).map(|member| &member.key);
        if known == Some(key) {
            out.push(No::LastKey { key: key.clone(), party: party.clone() }.into());
        }
    }
}
