//! Acts about keys: what becomes of a party's keys the party says, by the key by which it is known
//! or by the key concerned; and of one that it has lost, those who agreed that they may.

mod acts;
mod brought;
mod holder;
mod life;
mod view;

use concordat_terms::{ActName, Digest, KeyId, PartyId};

pub use acts::{
    KeyBind, KeyCommit, KeyCompromise, KeyRecover, KeyRegister, KeyRevoke, KeyRotate, KeyUse,
};
pub use brought::commitment;
pub(super) use brought::{new_cosigner, new_key};
pub use holder::{KeyHolder, key_id};
pub(crate) use life::{Change, NewKey};
pub use view::{Doubt, KeyEnd, KeyEnded, Retiring};

use super::parties::Asked;
use super::refusal::PeopleRefusal as No;
use crate::act::Act;
use crate::change::Change as Any;
use crate::deed::{Deed, Hearing};
use crate::judge::LIFETIME_MOST;
use crate::refusal::Refusal;
use crate::state::State;
use brought::{new_other, wrong_sort};

impl Deed for KeyRegister {
    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let party = hearing.by.party(out)?.clone();
        check_hand(hearing, &party, &[], out);
        check_next(hearing.state, &party, (&self.key, self.used), self.next, out);
        let (id, pq) = match self.used {
            KeyUse::Acts => (new_key(&self.key, &party, hearing, out)?, false),
            used => {
                let found = new_other((&self.key, used), &party, hearing, out)?;
                (found.id, found.pq)
            }
        };
        if self.used == KeyUse::Cosigning {
            let member = hearing.state.people.parties.get(&party);
            // Every party has one of Ed25519.
            if !pq || member.is_some_and(|member| member.witness_pq.is_some()) {
                out.push(No::CosignsAlready { party: party.clone() }.into());
            }
        }
        if self.used != KeyUse::Acts && self.member.is_some() {
            out.push(No::KeyUsed { key: id.clone(), does: self.used.as_str() }.into());
        }
        let key = NewKey {
            public: self.key.clone(),
            used: self.used,
            pq,
            member: self.member.clone(),
            next: self.next,
            by: acting_key(hearing, &party),
            party,
        };
        Some(Change::Registered { id, key: Box::new(key) }.into())
    }
}

impl Deed for KeyRotate {
    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let state = hearing.state;
        let party = hearing.by.party(out)?;
        let old = state.replaceable(&self.old, party, out)?;
        let committed = old.next.is_some() && old.next == commitment(&self.key);
        if old.next.is_some() && !committed {
            out.push(No::NotTheNextKey { key: self.old.clone() }.into());
        }
        check_next(state, party, (&self.key, old.used), self.next, out);
        let (id, pq) = match old.used {
            KeyUse::Acts => (new_key(&self.key, party, hearing, out)?, false),
            used => {
                let found = new_other((&self.key, used), party, hearing, out)?;
                out.extend(wrong_sort(&self.key, found.pq, old.pq));
                (found.id, found.pq)
            }
        };
        check_hand(hearing, party, &[&self.old, &id], out);
        if let Some((until, now)) = self.until.zip(state.time) {
            // What was signed by then may arrive for as long as an act may wait. A policy has one
            // key of a sort for each witness.
            let to = if old.used == KeyUse::Cosigning { now } else { now.plus(LIFETIME_MOST) };
            if until <= now || until > to {
                out.push(No::OverlapOutOfBounds { until, from: now, to }.into());
            }
        }
        let key = NewKey {
            public: self.key.clone(),
            used: old.used,
            pq,
            member: old.member.clone(),
            next: self.next,
            // What was committed to beforehand owes nothing to whoever has the old key now.
            by: acting_key(hearing, party).filter(|_| !committed),
            party: party.clone(),
        };
        let (old, key) = (self.old.clone(), Box::new(key));
        Some(Change::Rotated { old, id, key, until: self.until }.into())
    }
}

impl Deed for KeyRevoke {
    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let party = hearing.by.party(out)?;
        hearing.state.own_key(&self.key, party, out)?;
        check_hand(hearing, party, &[&self.key], out);
        hearing.state.not_the_last(&self.key, party, out);
        Some(Change::Ended { id: self.key.clone(), why: KeyEnded::Revoked }.into())
    }
}

impl Deed for KeyCompromise {
    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let state = hearing.state;
        let party = hearing.by.party(out)?;
        let key = state.doubtable(&self.key, party, out)?;
        check_hand(hearing, party, &[&self.key], out);
        let ended = key.ended.as_ref().map_or(state.index, |end| end.index);
        // What is in doubt already may turn out to be so for longer.
        let to = key.doubt.map_or(ended, |since| since.saturating_sub(1));
        let (since, from) = (self.since, key.since);
        if since < from || since > to {
            out.push(No::BadSince { since, from, to }.into());
        }
        let cosigns = key.used == KeyUse::Cosigning && !key.pq && key.ended.is_none();
        if cosigns {
            out.push(No::LastKey { key: self.key.clone(), party: party.clone() }.into());
        }
        let account = State::content(&Act::KeyCompromise(self.clone()))?;
        let spared = hearing.by.signers.iter().map(|signer| signer.key.clone()).collect();
        let (id, by) = (self.key.clone(), party.clone());
        Some(Change::Compromised { id, since, by, account, spared }.into())
    }
}

impl Deed for KeyBind {
    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let party = hearing.by.party(out)?;
        let key = hearing.state.own_key(&self.key, party, out)?;
        check_hand(hearing, party, &[], out);
        if key.member.is_some() {
            out.push(No::KeyTaken { key: self.key.clone() }.into());
        } else {
            hearing.state.not_the_last(&self.key, party, out);
        }
        check_used(&self.key, key, out);
        Some(Change::Bound { id: self.key.clone(), member: self.member.clone() }.into())
    }
}

impl Deed for KeyCommit {
    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let party = hearing.by.party(out)?;
        let key = hearing.state.own_key(&self.key, party, out)?;
        check_hand(hearing, party, &[&self.key], out);
        if key.next.is_some() {
            out.push(No::NextCommitted { key: self.key.clone() }.into());
        }
        if let Some(Retiring { until, by }) = &key.retiring {
            let (key, by, until) = (self.key.clone(), by.clone(), *until);
            out.push(No::KeyReplaced { key, by, until }.into());
        }
        check_next(hearing.state, party, (&key.public, key.used), Some(self.next), out);
        Some(Change::Committed { id: self.key.clone(), next: self.next }.into())
    }
}

impl Deed for KeyRecover {
    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        state.must_stand(&self.party, out);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let (state, party) = (hearing.state, &self.party);
        state.must_stand(party, out);
        let member = state.people.parties.get(party)?;
        let Some(old) = state.holder(&self.old).filter(|_| member.key == self.old) else {
            out.push(No::NotYourKey { key: self.old.clone(), party: party.clone() }.into());
            return None;
        };
        check_next(state, party, (&self.key, KeyUse::Acts), self.next, out);
        let id = new_key(&self.key, party, hearing, out)?;
        let ended = old.ended.as_ref().map_or(state.index, |end| end.index);
        let (from, to) = (old.since, old.doubt.map_or(ended, |since| since.saturating_sub(1)));
        if let Some(since) = self.since.filter(|since| *since < from || *since > to) {
            out.push(No::BadSince { since, from, to }.into());
        }
        let asked =
            Asked { act: ActName::KeyRecover, itself: &[party], against: &[], cut_off: None };
        state.check_consent(&asked, hearing, out);
        let key = NewKey {
            party: party.clone(),
            public: self.key.clone(),
            used: KeyUse::Acts,
            pq: false,
            member: None,
            next: self.next,
            by: None,
        };
        let account = State::content(&Act::KeyRecover(self.clone()))?;
        let (old, key, since) = (self.old.clone(), Box::new(key), self.since);
        Some(Change::Recovered { old, id, key, since, account }.into())
    }
}

/// What becomes of keys is said by the one by which the party is known, by those concerned, or under
/// a mandate that names the act: else whoever has a further key could take the party over.
fn check_hand(hearing: &Hearing<'_>, party: &PartyId, of: &[&KeyId], out: &mut Vec<Refusal>) {
    let known = hearing.state.people.parties.get(party).map(|member| &member.key);
    let mut signers = hearing.by.signers.iter().filter(|s| s.party.as_ref() == Some(party));
    let may = signers.any(|signer| {
        signer.mandate.is_some() || Some(&signer.key) == known || of.contains(&&signer.key)
    });
    if !may && let Some(first) = known {
        out.push(No::NeedsFirstKey { party: party.clone(), first: first.clone() }.into());
    }
}

/// The key of its party by which an act is signed, so that what it brings can be traced to it.
fn acting_key(hearing: &Hearing<'_>, party: &PartyId) -> Option<KeyId> {
    let mut signers = hearing.by.signers.iter().filter(|s| s.party.as_ref() == Some(party));
    signers.find(|s| hearing.state.holder(&s.key).is_some()).map(|signer| signer.key.clone())
}

/// A key that is to come is one for acts, and nobody's yet.
fn check_next(
    state: &State,
    party: &PartyId,
    (public, used): (&str, KeyUse),
    next: Option<Digest>,
    out: &mut Vec<Refusal>,
) {
    let Some(next) = next else { return };
    let id = next.to_string().get(..32).and_then(|id| id.parse::<KeyId>().ok());
    let Some(id) = id else { return };
    if state.is_taken(&id, party) || key_id(public).as_ref() == Some(&id) {
        out.push(No::KeyTaken { key: id }.into());
    } else if used != KeyUse::Acts {
        out.push(No::KeyUsed { key: id, does: used.as_str() }.into());
    }
}

fn check_used(key: &KeyId, holder: &KeyHolder, out: &mut Vec<Refusal>) {
    if holder.used != KeyUse::Acts {
        out.push(No::KeyUsed { key: key.clone(), does: holder.used.as_str() }.into());
    }
}

impl State {
    /// A key of a party that has not ended.
    fn own_key(&self, key: &KeyId, party: &PartyId, out: &mut Vec<Refusal>) -> Option<&KeyHolder> {
        self.own(key, party, |holder| holder.ended.is_none(), out)
    }

    /// One that another can take the place of: it has not ended; or it has, and what was committed to
    /// has not come yet.
    fn replaceable(
        &self,
        key: &KeyId,
        party: &PartyId,
        out: &mut Vec<Refusal>,
    ) -> Option<&KeyHolder> {
        let holder = self.own(key, party, KeyHolder::waits_or_stands, out)?;
        if let Some(Retiring { until, by }) = &holder.retiring {
            let (key, by, until) = (key.clone(), by.clone(), *until);
            out.push(No::KeyReplaced { key, by, until }.into());
        }
        Some(holder)
    }

    /// One of which it can be said that others had it: it need not be good any more.
    fn doubtable(
        &self,
        key: &KeyId,
        party: &PartyId,
        out: &mut Vec<Refusal>,
    ) -> Option<&KeyHolder> {
        self.own(key, party, |holder| holder.doubt.is_none_or(|since| since > holder.since), out)
    }

    fn own(
        &self,
        key: &KeyId,
        party: &PartyId,
        fit: impl Fn(&KeyHolder) -> bool,
        out: &mut Vec<Refusal>,
    ) -> Option<&KeyHolder> {
        let own = self.holder(key).filter(|holder| holder.party.as_ref() == Some(party));
        let own = own.filter(|holder| fit(holder));
        if own.is_none() {
            out.push(No::NotYourKey { key: key.clone(), party: party.clone() }.into());
        }
        own
    }

    /// A party keeps a key of its own, without which nobody could give it another, and one that
    /// cosigns.
    fn not_the_last(&self, key: &KeyId, party: &PartyId, out: &mut Vec<Refusal>) {
        let known = self.people.parties.get(party).map(|member| &member.key);
        let cosigns = self.holder(key).is_some_and(|k| k.used == KeyUse::Cosigning && !k.pq);
        if known == Some(key) || cosigns {
            out.push(No::LastKey { key: key.clone(), party: party.clone() }.into());
        }
    }
}
