//! What becomes of parties: who joins, leaves, hands on a seat, is followed, comes under new control.

use std::collections::BTreeMap;

use concordat_terms::{KeyId, PartyId, SeatId, Timestamp};
use serde::{Deserialize, Serialize};

use super::KeyHolder;
use super::{KeyEnded, MandateStatus, PartyStatus, ProcessorStatus};
use crate::agenda::Alarm;
use crate::state::State;
use crate::verdict::Effect;

/// A key that cosigns for a party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cosigner {
    pub(crate) id: KeyId,
    pub(crate) public: String,
    /// Whether it is ML-DSA-44.
    pub(crate) pq: bool,
}

/// What becomes of parties, at once or at a cut-off date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Move {
    Accede { party: PartyId, id: KeyId, public: String, cosigners: Vec<Cosigner> },
    Leave { party: PartyId, expelled: bool },
    Assign { party: PartyId, seat: SeatId, to: PartyId },
    Follow { old: PartyId, new: PartyId },
    ControlChanged { party: PartyId },
    Cleared { party: PartyId },
}

impl Move {
    /// What happens, as a word.
    pub(super) fn as_str(&self) -> &'static str {
        match self {
            Self::Accede { .. } => "accession",
            Self::Leave { expelled: false, .. } => "withdrawal",
            Self::Leave { expelled: true, .. } => "expulsion",
            Self::Assign { .. } => "assignment",
            Self::Follow { .. } => "succession",
            Self::ControlChanged { .. } => "change of control",
            Self::Cleared { .. } => "clearance",
        }
    }
}

impl State {
    /// The cut-off date of a change of parties has come.
    pub(crate) fn ring_party(&mut self, index: u64, at: Timestamp, effects: &mut Vec<Effect>) {
        if let Some(what) = self.people.coming.remove(&index) {
            self.make_move(what, at, effects);
        }
    }

    pub(super) fn make_move(&mut self, what: Move, now: Timestamp, effects: &mut Vec<Effect>) {
        match what {
            Move::Accede { party, id, public, cosigners } if !self.stands_with_key(&party) => {
                let stood = self.stands(&party);
                self.add_key(id.clone(), KeyHolder::of(Some(party.clone()), public), effects);
                self.add_party(party.clone(), id, cosigners, effects);
                self.agreement.readmit(&party);
                if !stood {
                    effects.push(Effect::PartyStands(party, PartyStatus::Party));
                }
            }
            Move::Leave { party, expelled } if self.stands(&party) => {
                let status =
                    if expelled { PartyStatus::Expelled(now) } else { PartyStatus::Withdrawn(now) };
                self.agreement.depart(party.clone());
                self.end_rights(&party, now, effects);
                self.stand_party(party, status, effects);
            }
            Move::Assign { party, seat, to } if self.stands(&party) && self.stands(&to) => {
                self.agreement.assign(party, seat, to);
            }
            Move::Follow { old, new } if self.stands(&old) && self.stands(&new) => {
                self.agreement.replace(&old, &new);
                self.end_rights(&old, now, effects);
                self.hand_over(&old, &new, effects);
                self.hand_over_in_accounts(&old, &new, now, effects);
                let keys = self.keys.iter().filter(|(_, key)| key.party.as_ref() == Some(&old));
                for key in keys.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
                    self.end_key(&key, KeyEnded::Followed, now, effects);
                }
                self.stand_party(old, PartyStatus::Followed { by: new, at: now }, effects);
            }
            // Meanwhile somebody has left, or has come already.
            Move::Accede { .. }
            | Move::Leave { .. }
            | Move::Assign { .. }
            | Move::Follow { .. } => {}
            Move::ControlChanged { party } => {
                if let Some(member) = self.people.parties.get_mut(&party) {
                    member.uncleared.get_or_insert(now);
                }
                effects.push(Effect::PartyCleared(party, false));
            }
            Move::Cleared { party } => {
                if let Some(member) = self.people.parties.get_mut(&party) {
                    member.uncleared = None;
                }
                effects.push(Effect::PartyCleared(party, true));
            }
        }
        self.narrow_projects();
        self.resettle_duties(now, effects);
        self.resettle_bodies(now, effects);
    }

    fn stand_party(&mut self, party: PartyId, status: PartyStatus, effects: &mut Vec<Effect>) {
        if let Some(member) = self.people.parties.get_mut(&party) {
            member.status = status.clone();
        }
        effects.push(Effect::PartyStands(party, status));
    }

    /// Mandates to sign for a party, its members' mandates elsewhere, its sub-processors and the use
    /// of its rows end with its place.
    fn end_rights(&mut self, party: &PartyId, now: Timestamp, effects: &mut Vec<Effect>) {
        let mandates = self.people.mandates.iter().filter(|(_, mandate)| {
            !mandate.status.is_over()
                && (mandate.home == *party || mandate.host.as_ref() == Some(party))
        });
        for id in mandates.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
            self.end_mandate(&id, MandateStatus::Ended, now, effects);
        }
        if self.agreement.now(party).is_some() {
            // Another has its place, and with it what it engaged and what it brought.
            return;
        }
        self.lapse_in_accounts(party, now, effects);
        // What has ended already ends once.
        let own = self.people.processors.iter().filter(|((by, _), processor)| {
            by == party && processor.status != ProcessorStatus::Ended
        });
        for key in own.map(|(key, _)| key.clone()).collect::<Vec<_>>() {
            self.stand_processor(key, ProcessorStatus::Ended, effects);
        }
        let own = self.datasets.keys().filter(|(_, holder, _)| holder == party).cloned();
        for key in own.collect::<Vec<_>>() {
            if let Some(dataset) = self.datasets.get_mut(&key) {
                dataset.withdrawn.get_or_insert(now);
            }
        }
    }

    /// What a party has passes to who follows it: places, rows, approvals of code, what its accounts
    /// have spent, its votes on open motions and its sub-processors.
    fn hand_over(&mut self, old: &PartyId, new: &PartyId, effects: &mut Vec<Effect>) {
        let follow = |party: PartyId| if party == *old { new.clone() } else { party };
        self.hand_over_places(old, new);
        let own = self.datasets.iter().filter(|((_, holder, _), _)| holder == old);
        for (key, dataset) in own.map(|(k, d)| (k.clone(), d.clone())).collect::<Vec<_>>() {
            self.datasets.remove_mut(&key);
            let (asset, party, version) = key;
            let key = (asset, follow(party), version);
            if !self.datasets.contains_key(&key) {
                self.datasets.insert_mut(key, dataset);
            }
        }
        let code = std::mem::take(&mut *self.code);
        let (theirs, mut code): (BTreeMap<_, _>, BTreeMap<_, _>) =
            code.into_iter().partition(|((party, ..), _)| party == old);
        for ((_, asset, digest), approval) in theirs {
            code.entry((new.clone(), asset, digest)).or_insert(approval);
        }
        *self.code = code;
        self.hand_over_privacy(old, new);
        self.hand_over_recalls(old, new);
        self.hand_over_signals(old, new);
        self.hand_over_testing(old, new);
        self.hand_over_rulings(old, new);
        self.hand_over_in_bodies(old, new);
        self.hand_over_assets(old, new);
        let own = self.people.processors.iter().filter(|((by, _), _)| by == old);
        for ((by, id), processor) in own.map(|(k, p)| (k.clone(), p.clone())).collect::<Vec<_>>() {
            let key = (by.clone(), id.clone());
            self.agenda.cancel(&Alarm::Processor(key.clone()));
            self.people.processors.remove_mut(&key);
            let free = self.people.processors.get(&(new.clone(), id.clone())).is_none();
            if free {
                self.keep_processor((new.clone(), id.clone()), processor, effects);
            }
            self.list_lapsed(&key, ProcessorStatus::Ended);
        }
        if let Some(since) = self.people.parties.get(old).and_then(|member| member.uncleared)
            && let Some(member) = self.people.parties.get_mut(new)
        {
            member.uncleared.get_or_insert(since);
        }
    }

    /// The places of a party are its follower's. Where both have one of the same name, nobody can tell
    /// what is registered and appraised of it: it is registered anew, and appraised anew.
    fn hand_over_places(&mut self, old: &PartyId, new: &PartyId) {
        let own = self.places.keys().filter(|(party, _)| party == old);
        for (_, place) in own.cloned().collect::<Vec<_>>() {
            let (was, is) = ((old.clone(), place.clone()), (new.clone(), place));
            let Some(registered) = self.places.remove(&was) else { continue };
            let appraised = self.assets.appraisals.get(&was).copied();
            self.assets.appraisals.remove_mut(&was);
            if self.places.remove(&is).is_some() {
                self.assets.appraisals.remove_mut(&is);
                continue;
            }
            self.places.insert(is.clone(), registered);
            if let Some(last) = appraised {
                self.assets.appraisals.insert_mut(is, last);
            }
        }
    }
}
