//! Whose keys are whose, and who the witnesses are, as the founding and the whole entries of a bundle
//! have it; and on whose word.
//!
//! That an entry took effect is what its record says, and the record is the word of who attests it. A
//! party that gives itself another key signs that with a key of its own, and whatever its record says,
//! it speaks for nobody else. Three acts speak for others: `party.accede`, `key.recover` and
//! `policy.adopt`. Such a [`Turn`] counts only if parties stand by it that made up a quorum before it:
//! they have signed it themselves, or they attest the records.

use std::collections::{BTreeMap, BTreeSet};

use concordat_partnership::act::{
    Founder, Genesis, KeyCommit, KeyCompromise, KeyRecover, KeyRegister, KeyRevoke, KeyRotate,
    KeyUse, PartyAccede, Signed, WitnessPolicy,
};
use concordat_partnership::{Act, commitment, key_id};
use concordat_replay::{vkey_id, witness_key};
use concordat_terms::{ActName, Digest, KeyId, MotionId, PartyId};

use super::entry::{Checked, InPart};
use super::{Broken, Promise};
use crate::bundle::{ENTRIES, KeyOf, file, signed_in};

/// The keys and witnesses of a bundle.
pub(super) struct Books {
    /// The genesis, with who joined since, each with what cosigns for it now.
    pub(super) founding: Genesis,
    /// Who must cosign now.
    pub(super) policy: WitnessPolicy,
    /// Every key for acts, and whose it is.
    pub(super) keys: BTreeMap<KeyId, KeyOf>,
    /// The keys by which a party itself speaks, and not a member of it; with the last turn on which each
    /// rests, 0 for the founding.
    own: BTreeMap<KeyId, u64>,
    /// The key whose place a key takes that is to come, by the digest of that.
    next: BTreeMap<Digest, KeyId>,
    /// What motions are to do.
    proposed: BTreeMap<MotionId, Act>,
    /// The keys that ended by acts shown here, and by which entry.
    ended: BTreeMap<KeyId, u64>,
    /// Of entries shown whole by which no key ends, or no other than this one.
    one_at_most: BTreeMap<u64, Option<KeyId>>,
    turns: Vec<Turn>,
}

/// An entry after which others count than before.
struct Turn {
    index: u64,
    act: ActName,
    /// Who had to cosign before it.
    before: WitnessPolicy,
    signed: BTreeSet<PartyId>,
}

/// Who signs an entry, as far as its keys are known.
struct Hand {
    key: KeyId,
    party: PartyId,
}

impl Books {
    pub(super) fn of(genesis: &Genesis, entries: &[Checked]) -> Self {
        let mut books = Self {
            founding: genesis.clone(),
            policy: genesis.policy.clone(),
            keys: BTreeMap::new(),
            own: BTreeMap::new(),
            next: BTreeMap::new(),
            proposed: BTreeMap::new(),
            ended: BTreeMap::new(),
            one_at_most: BTreeMap::new(),
            turns: Vec::new(),
        };
        books.learn(None, &genesis.sequencer, None);
        for (party, founder) in &genesis.parties {
            books.learn(Some(party), &founder.key, Some(0));
        }
        for own in entries.iter().filter(|own| own.admitted) {
            match (own.bytes.as_deref().and_then(signed_in), &own.motion) {
                (Some(signed), _) => books.enter(own.index, signed),
                (None, Some(motion)) => books.hear(own.index, motion),
                (None, None) => {}
            }
        }
        books
    }

    /// That every turn has behind it as many as it takes; `by` are the keys that attest.
    ///
    /// # Errors
    /// [`Broken`], about the first that has not.
    pub(super) fn vouched(&self, by: &BTreeMap<KeyId, PartyId>) -> Result<(), Broken> {
        for turn in &self.turns {
            // A key that rests on this turn, or on a later one, says nothing for it.
            let before = |id: &KeyId| self.own.get(id).is_some_and(|rests| *rests < turn.index);
            let attest = by.iter().filter(|(id, _)| before(id)).map(|(_, party)| party);
            let behind: BTreeSet<&PartyId> = turn.signed.iter().chain(attest).collect();
            let WitnessPolicy { witnesses, quorum } = &turn.before;
            let count = witnesses.iter().filter(|party| behind.contains(party)).count();
            if count < *quorum as usize {
                let names: Vec<&str> = witnesses.iter().map(PartyId::as_str).collect();
                let what = format!(
                    "`{}` changes whose keys or which witnesses count: {quorum} of {} have to sign it or to \
                     attest the records, and {count} do",
                    turn.act,
                    names.join(", ")
                );
                let name = file(ENTRIES, turn.index);
                return Err(Broken::of(Promise::Attestation, &name, what).about(turn.index));
            }
        }
        Ok(())
    }

    /// Whether a party speaks by a key, and not a member of it.
    pub(super) fn speaks(&self, id: &KeyId) -> bool {
        self.own.contains_key(id)
    }

    /// Whether an act that is shown ended a key.
    pub(super) fn has_ended(&self, id: &KeyId) -> bool {
        self.ended.contains_key(id)
    }

    /// That a list of the keys that had ended is one that could be true of what is shown: by an entry that
    /// is shown whole, that key ended and no other. Of what is not shown, the list is the word of who
    /// attests it.
    ///
    /// # Errors
    /// What it says otherwise, in words.
    pub(super) fn could_be_all(
        &self,
        listed: &BTreeMap<KeyId, u64>,
        size: u64,
    ) -> Result<(), String> {
        for (key, entry) in self.ended.iter().filter(|(key, _)| self.speaks(key)) {
            // A key that was given up may be replaced later: it ended before.
            if listed.get(key).is_none_or(|listed| listed > entry) {
                return Err(format!(
                    "key `{key}` ended with entry {entry}, which is not said here"
                ));
            }
        }
        for (key, entry) in listed {
            let another = self.one_at_most.get(entry).is_some_and(|own| own.as_ref() != Some(key));
            if *entry >= size || another {
                return Err(format!("key `{key}` did not end with entry {entry}"));
            }
        }
        Ok(())
    }

    /// A motion is shown in part: nobody is seen to have signed for what it does.
    fn hear(&mut self, index: u64, motion: &InPart) {
        match motion {
            InPart::Put(motion, decision) => {
                self.proposed.insert(motion.clone(), Act::clone(decision));
            }
            InPart::CarriedOut(motion) => {
                if let Some(decision) = self.proposed.get(motion).cloned() {
                    self.turn(index, &[], decision);
                }
            }
        }
    }

    fn enter(&mut self, index: u64, signed: Signed) {
        let signers = signed.header.into_iter().flat_map(|header| header.signers);
        let signers: Vec<KeyId> = signers.map(|signer| signer.key).collect();
        let hand = signers.iter().find_map(|key| {
            let party = self.keys.get(key)?.party.clone()?;
            Some(Hand { key: key.clone(), party })
        });
        self.one_at_most.extend(ends_at_most(&signed.act).map(|own| (index, own)));
        match signed.act {
            Act::MotionPropose(act) => {
                self.proposed.insert(act.motion, *act.decision);
            }
            Act::MotionExecute(act) => {
                if let Some(decision) = self.proposed.get(&act.motion).cloned() {
                    self.turn(index, &signers, decision);
                }
            }
            Act::KeyRegister(act) => self.register(hand, act),
            Act::KeyRotate(act) => self.rotate(index, hand, act),
            Act::KeyCommit(KeyCommit { key, next }) => {
                if hand.is_some_and(|own| self.speaks(&own.key) && self.has(&own, &key)) {
                    self.next.insert(next, key);
                }
            }
            Act::KeyBind(act) => {
                self.own.remove(&act.key);
            }
            Act::KeyRevoke(KeyRevoke { key }) | Act::KeyCompromise(KeyCompromise { key, .. }) => {
                if hand.is_some_and(|own| self.has(&own, &key)) {
                    self.ends(key, index);
                }
            }
            act => self.turn(index, &signers, act),
        }
    }

    /// What speaks for others than who signs it; any other act changes nothing here.
    fn turn(&mut self, index: u64, signers: &[KeyId], act: Act) {
        let name = act.name();
        let own = signers.iter().filter(|key| self.speaks(key));
        let signed = own.filter_map(|key| self.keys.get(key)?.party.clone()).collect();
        let turn = Turn { index, act: name, before: self.policy.clone(), signed };
        match act {
            Act::KeyRecover(KeyRecover { party, old, key, next, .. }) => {
                self.ends(old, index);
                self.learn(Some(&party), &key, Some(index));
                self.commit(&key, next);
            }
            Act::PartyAccede(PartyAccede { party, key, witness, witness_pq, .. }) => {
                self.learn(Some(&party), &key, Some(index));
                self.founding.parties.insert(party, Founder { key, witness, witness_pq });
            }
            Act::PolicyAdopt(act) => self.policy = act.policy,
            _ => return,
        }
        self.turns.push(turn);
    }

    fn register(&mut self, hand: Option<Hand>, act: KeyRegister) {
        let Some(Hand { key: by, party }) = hand else { return };
        match act.used {
            KeyUse::Acts => {
                let rests = self.own.get(&by).copied().filter(|_| act.member.is_none());
                self.learn(Some(&party), &act.key, rests);
                self.commit(&act.key, act.next);
            }
            KeyUse::Cosigning if self.speaks(&by) => {
                if let Some(founder) = self.founding.parties.get_mut(&party) {
                    founder.witness_pq = Some(act.key);
                }
            }
            KeyUse::Cosigning | KeyUse::Exports => {}
        }
    }

    /// The new key is for what the old one was for.
    fn rotate(&mut self, index: u64, hand: Option<Hand>, act: KeyRotate) {
        let committed = || {
            let key = self.next.get(&commitment(&act.key)?).filter(|key| **key == act.old)?;
            Some(Hand { key: key.clone(), party: self.keys.get(key)?.party.clone()? })
        };
        let Some(hand) = hand.or_else(committed) else { return };
        if self.has(&hand, &act.old) {
            let rests = self.own.get(&act.old).zip(self.own.get(&hand.key));
            let rests = rests.map(|(old, by)| *old.max(by));
            self.learn(Some(&hand.party), &act.key, rests);
            self.commit(&act.key, act.next);
            if act.until.is_none() {
                self.ends(act.old, index);
            }
            return;
        }
        if !self.speaks(&hand.key) {
            return;
        }
        let origin = self.founding.origin.clone();
        let Some(founder) = self.founding.parties.get_mut(&hand.party) else { return };
        let is_old = |text: &str| {
            let vkey = witness_key(&origin, &hand.party, text).ok();
            vkey.and_then(|vkey| vkey_id(&vkey)).as_ref() == Some(&act.old)
        };
        if is_old(&founder.witness) {
            founder.witness = act.key;
        } else if founder.witness_pq.as_deref().is_some_and(is_old) {
            founder.witness_pq = Some(act.key);
        }
    }

    fn ends(&mut self, key: KeyId, index: u64) {
        self.ended.entry(key).or_insert(index);
    }

    fn has(&self, hand: &Hand, key: &KeyId) -> bool {
        self.keys.get(key).is_some_and(|own| own.party.as_ref() == Some(&hand.party))
    }

    /// A key is whose it was first.
    fn learn(&mut self, party: Option<&PartyId>, public: &str, rests: Option<u64>) {
        let Some(id) = key_id(public).filter(|id| !self.keys.contains_key(id)) else { return };
        self.own.extend(rests.map(|rests| (id.clone(), rests)));
        self.keys.insert(id, KeyOf { party: party.cloned(), public: public.to_owned() });
    }

    fn commit(&mut self, public: &str, next: Option<Digest>) {
        self.next.extend(next.zip(key_id(public)));
    }
}

/// The only key that can have ended by an act, if one did; nothing where there may be more of them: what is
/// said of a stolen key ends those that it brought as well, a motion is carried out by what it decides, and
/// time ends what is replaced.
fn ends_at_most(act: &Act) -> Option<Option<KeyId>> {
    match act {
        Act::KeyRotate(act) => Some(act.until.is_none().then(|| act.old.clone())),
        Act::KeyRevoke(act) => Some(Some(act.key.clone())),
        Act::Genesis(_)
        | Act::KeyRegister(_)
        | Act::KeyCommit(_)
        | Act::MotionPropose(_)
        | Act::PartyAccede(_)
        | Act::PolicyAdopt(_) => Some(None),
        _ => None,
    }
}
