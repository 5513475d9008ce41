//! What becomes of keys, mandates, parties and sub-processors: by acts, and by time.

use std::collections::BTreeSet;

use concordat_terms::{
    Digest, KeyId, MandateId, MemberId, PartyId, ProcessorId, SeatId, Timestamp,
};
use serde::Serialize;

use super::{
    KeyEnd, KeyEnded, Mandate, MandateStatus, Member, PartyStatus, Processor, ProcessorEngage,
    ProcessorRecheck, ProcessorStatus, Trained, TrainingRecord, party_digest,
};
use crate::agenda::Alarm;
use crate::judge::LIFETIME_MOST;
use crate::state::{KeyHolder, State};
use crate::verdict::Effect;

/// What the acts about people and parties change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change {
    KeyRegistered { id: KeyId, party: PartyId, public: String, member: Option<MemberId> },
    KeyRotated { old: KeyId, id: KeyId, party: PartyId, public: String, member: Option<MemberId> },
    KeyEnded { id: KeyId, why: KeyEnded },
    KeyBound { id: KeyId, member: MemberId },
    Mandated { id: MandateId, mandate: Box<Mandate> },
    Approved { mandate: MandateId, act: Digest },
    MandateRevoked(MandateId),
    Trained { by: PartyId, record: TrainingRecord },
    Moved { what: Move, at: Option<Timestamp> },
    Engaged { party: PartyId, engaged: Box<ProcessorEngage> },
    Rechecked { party: PartyId, check: ProcessorRecheck },
    Disengaged { party: PartyId, processor: ProcessorId },
}

/// What becomes of parties, at once or at a cut-off date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Move {
    Accede { party: PartyId, id: KeyId, public: String, witness: String },
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

impl From<Change> for crate::change::Change {
    fn from(change: Change) -> Self {
        Self::People(change)
    }
}

impl State {
    pub(crate) fn change_people(&mut self, change: Change, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        match change {
            Change::KeyRegistered { id, party, public, member } => {
                self.add_key(id, Some(party), public, member, &mut effects);
            }
            Change::KeyRotated { old, id, party, public, member } => {
                let why = KeyEnded::Rotated(id.clone());
                self.end_key(&old, why, now, &mut effects);
                if let Some(own) = self.people.parties.get_mut(&party)
                    && own.key == old
                {
                    own.key = id.clone();
                }
                self.add_key(id, Some(party), public, member, &mut effects);
            }
            Change::KeyEnded { id, why } => {
                self.end_key(&id, why, now, &mut effects);
                self.known_by_another(&id);
            }
            Change::KeyBound { id, member } => {
                if let Some(holder) = self.keys.get_mut(&id) {
                    holder.member = Some(member);
                }
            }
            Change::Mandated { id, mandate } => self.add_mandate(id, *mandate, now, &mut effects),
            Change::Approved { mandate, act } => {
                let key = (mandate, act);
                // No act waits for longer than this.
                self.agenda.set(Alarm::Approval(key.clone()), now.plus(LIFETIME_MOST));
                self.people.approved.insert_mut(key, self.index);
            }
            Change::MandateRevoked(id) => {
                self.end_mandate(&id, MandateStatus::Revoked, now, &mut effects);
            }
            Change::Trained { by, record } => self.train(by, record, now, &mut effects),
            Change::Moved { what, at: Some(at) } => {
                self.people.coming.insert(self.index, what);
                self.agenda.set(Alarm::Party(self.index), at);
            }
            Change::Moved { what, at: None } => self.make_move(what, now, &mut effects),
            Change::Engaged { party, engaged } => {
                let checks = vec![(now, engaged.evidence)];
                let (id, recheck_by) = (engaged.processor.clone(), engaged.recheck_by);
                let status = ProcessorStatus::Engaged;
                let processor =
                    Processor { engaged: *engaged, at: now, checks, recheck_by, status };
                self.keep_processor((party, id), processor, &mut effects);
            }
            Change::Rechecked { party, check } => {
                let key = (party, check.processor);
                if let Some(mut processor) = self.people.processors.get(&key).cloned() {
                    processor.checks.push((now, check.evidence));
                    processor.recheck_by = check.recheck_by;
                    processor.status = ProcessorStatus::Engaged;
                    self.keep_processor(key, processor, &mut effects);
                }
            }
            Change::Disengaged { party, processor } => {
                self.stand_processor((party, processor), ProcessorStatus::Ended, &mut effects);
            }
        }
        effects
    }

    pub(crate) fn add_key(
        &mut self,
        id: KeyId,
        party: Option<PartyId>,
        public: String,
        member: Option<MemberId>,
        effects: &mut Vec<Effect>,
    ) {
        let holder = KeyHolder { party, public, member, since: self.index, ended: None };
        self.keys.insert_mut(id.clone(), holder);
        effects.push(Effect::KeyRegistered(id));
    }

    fn end_key(&mut self, id: &KeyId, why: KeyEnded, at: Timestamp, effects: &mut Vec<Effect>) {
        let index = self.index;
        if let Some(holder) = self.keys.get_mut(id).filter(|holder| holder.ended.is_none()) {
            holder.ended = Some(KeyEnd { index, at, why });
            effects.push(Effect::KeyEnded(id.clone()));
        }
    }

    /// A party whose key ended is known by another of its own, if it has one.
    fn known_by_another(&mut self, ended: &KeyId) {
        let Some(party) = self.keys.get(ended).and_then(|holder| holder.party.clone()) else {
            return;
        };
        let mut own = self.keys.iter().filter(|(_, holder)| {
            holder.party.as_ref() == Some(&party)
                && holder.member.is_none()
                && holder.ended.is_none()
        });
        let Some(key) = own.next().map(|(id, _)| id.clone()) else { return };
        if let Some(own) = self.people.parties.get_mut(&party).filter(|own| own.key == *ended) {
            own.key = key;
        }
    }

    /// A founder, or a party that joins.
    pub(crate) fn add_party(&mut self, party: PartyId, key: KeyId, witness: String) {
        let since = self.index;
        let status = PartyStatus::Party;
        self.people.digests.insert(party_digest(&party), party.clone());
        self.people.parties.insert(party, Member { key, witness, since, status, uncleared: None });
    }

    fn add_mandate(
        &mut self,
        id: MandateId,
        mandate: Mandate,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let member = (mandate.home.clone(), mandate.member.clone());
        let mut own = self.people.of_member.get(&member).cloned().unwrap_or_default();
        own.insert(id.clone());
        self.people.of_member.insert_mut(member, own);
        if let Some(of) = mandate.of.clone() {
            let mut parts = self.people.parts.get(&of).cloned().unwrap_or_default();
            parts.insert(id.clone());
            self.people.parts.insert_mut(of, parts);
        }
        self.people.mandates.insert_mut(id.clone(), mandate);
        self.settle_mandate(&id, now, true, effects);
    }

    fn end_mandate(
        &mut self,
        id: &MandateId,
        status: MandateStatus,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        if let Some(mandate) = self.people.mandates.get_mut(id).filter(|m| !m.status.is_over()) {
            mandate.status = status;
            self.settle_mandate(id, now, true, effects);
        }
    }

    /// Puts a mandate where it stands now, sets its next alarm, and does so with its parts if that
    /// changes anything for them.
    fn settle_mandate(
        &mut self,
        id: &MandateId,
        now: Timestamp,
        told: bool,
        effects: &mut Vec<Effect>,
    ) {
        let Some(mandate) = self.people.mandates.get(id) else { return };
        let was = mandate.status;
        let (status, next) = self.standing_of(mandate, now);
        let member = (mandate.home.clone(), mandate.member.clone());
        if let Some(mandate) = self.people.mandates.get_mut(id) {
            mandate.status = status;
        }
        let alarm = Alarm::Mandate(id.clone());
        match next {
            Some(at) => self.agenda.set(alarm, at),
            None => self.agenda.cancel(&alarm),
        }
        if status.is_over() {
            let mut own = self.people.of_member.get(&member).cloned().unwrap_or_default();
            own.remove(id);
            if own.is_empty() {
                self.people.of_member.remove_mut(&member);
            } else {
                self.people.of_member.insert_mut(member, own);
            }
        }
        if told || status != was {
            effects.push(Effect::MandateStands(id.clone(), status));
            for part in self.people.parts.get(id).cloned().unwrap_or_default() {
                self.settle_mandate(&part, now, false, effects);
            }
        }
    }

    /// A mandate begins or ends, or a training behind it has become too old.
    pub(crate) fn ring_mandate(&mut self, id: &MandateId, at: Timestamp, out: &mut Vec<Effect>) {
        self.settle_mandate(id, at, false, out);
    }

    /// Puts every mandate under the agreement as it is now: the trainings that its seats ask for.
    pub(crate) fn resettle_mandates(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        let all = self.people.of_member.values().flatten().cloned();
        for id in all.collect::<BTreeSet<_>>() {
            self.settle_mandate(&id, now, false, effects);
        }
    }

    fn train(
        &mut self,
        by: PartyId,
        record: TrainingRecord,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let TrainingRecord { party, member, course, completed, evidence } = record;
        let key = (party.clone(), member.clone(), course);
        let index = self.index;
        // An older certificate takes nothing from a newer one.
        if self.people.trained.get(&key).is_none_or(|before| before.completed < completed) {
            self.people.trained.insert_mut(key, Trained { completed, by, evidence, index });
        }
        let own = self.people.of_member.get(&(party, member)).cloned().unwrap_or_default();
        for id in own {
            self.settle_mandate(&id, now, false, effects);
        }
    }

    /// The cut-off date of a change of parties has come.
    pub(crate) fn ring_party(&mut self, index: u64, at: Timestamp, effects: &mut Vec<Effect>) {
        if let Some(what) = self.people.coming.remove(&index) {
            self.make_move(what, at, effects);
        }
    }

    fn make_move(&mut self, what: Move, now: Timestamp, effects: &mut Vec<Effect>) {
        match what {
            Move::Accede { party, id, public, witness } => {
                self.add_key(id.clone(), Some(party.clone()), public, None, effects);
                self.add_party(party.clone(), id, witness);
                self.agreement.readmit(&party);
                effects.push(Effect::PartyStands(party, PartyStatus::Party));
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
            // Meanwhile somebody has left.
            Move::Leave { .. } | Move::Assign { .. } | Move::Follow { .. } => {}
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
        let places = std::mem::take(&mut *self.places);
        for ((party, id), place) in places {
            self.places.entry((follow(party), id)).or_insert(place);
        }
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
        *self.code =
            code.into_iter().map(|((p, asset, code), of)| ((follow(p), asset, code), of)).collect();
        // What was spent on the same rows is spent, whoever spends next.
        let accounts = std::mem::take(&mut *self.accounts);
        for ((party, asset), cost) in accounts {
            let account = self.accounts.entry((follow(party), asset));
            account.and_modify(|spent| *spent = spent.plus(&cost)).or_insert(cost);
        }
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

    fn stand_processor(
        &mut self,
        key: (PartyId, ProcessorId),
        status: ProcessorStatus,
        effects: &mut Vec<Effect>,
    ) {
        if let Some(mut processor) = self.people.processors.get(&key).cloned() {
            processor.status = status;
            self.keep_processor(key, processor, effects);
        }
    }

    /// A sub-processor was not checked again in time.
    pub(crate) fn ring_processor(
        &mut self,
        key: &(PartyId, ProcessorId),
        effects: &mut Vec<Effect>,
    ) {
        self.stand_processor(key.clone(), ProcessorStatus::Lapsed, effects);
    }

    fn keep_processor(
        &mut self,
        key: (PartyId, ProcessorId),
        processor: Processor,
        effects: &mut Vec<Effect>,
    ) {
        let alarm = Alarm::Processor(key.clone());
        match processor.status {
            ProcessorStatus::Engaged => self.agenda.set(alarm, processor.recheck_by),
            ProcessorStatus::Lapsed | ProcessorStatus::Ended => self.agenda.cancel(&alarm),
        }
        let status = processor.status;
        effects.push(Effect::ProcessorStands(key.0.clone(), key.1.clone(), status));
        self.people.processors.insert_mut(key.clone(), processor);
        self.list_lapsed(&key, status);
    }

    /// Keeps the list of what lapsed sub-processors work with.
    fn list_lapsed(&mut self, key: &(PartyId, ProcessorId), status: ProcessorStatus) {
        let engaged = self.people.processors.get(key).map(|own| own.engaged.on.clone());
        if let Some(on) = engaged.filter(|_| status == ProcessorStatus::Lapsed) {
            for asset in on {
                let listed = self.people.lapsed.entry((key.0.clone(), asset)).or_default();
                listed.insert(key.1.clone());
            }
        } else {
            self.people.lapsed.retain(|(party, _), listed| {
                if *party == key.0 {
                    listed.remove(&key.1);
                }
                !listed.is_empty()
            });
        }
    }
}
