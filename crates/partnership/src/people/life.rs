//! What becomes of mandates, parties and sub-processors: by acts, and by time.

use std::collections::BTreeSet;

use concordat_terms::{Digest, KeyId, MandateId, PartyId, ProcessorId, Timestamp};
use serde::Serialize;

use super::{
    Cosigner, Mandate, MandateStatus, Member, Move, PartyStatus, Processor, ProcessorEngage,
    ProcessorRecheck, ProcessorStatus, Trained, TrainingRecord, keys, party_digest,
};
use crate::agenda::Alarm;
use crate::judge::LIFETIME_MOST;
use crate::state::State;
use crate::verdict::Effect;

/// What the acts about people and parties change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change {
    Key(keys::Change),
    Mandated { id: MandateId, mandate: Box<Mandate> },
    Approved { mandate: MandateId, act: Digest },
    MandateRevoked(MandateId),
    Trained { by: PartyId, record: TrainingRecord },
    Moved { what: Move, at: Option<Timestamp> },
    Engaged { party: PartyId, engaged: Box<ProcessorEngage> },
    Rechecked { party: PartyId, check: ProcessorRecheck },
    Disengaged { party: PartyId, processor: ProcessorId },
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
            Change::Key(change) => self.change_key(change, now, &mut effects),
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

    /// A founder, or a party that joins.
    pub(crate) fn add_party(
        &mut self,
        party: PartyId,
        key: KeyId,
        cosigners: Vec<Cosigner>,
        effects: &mut Vec<Effect>,
    ) {
        let public = |pq| cosigners.iter().find(|own| own.pq == pq).map(|own| own.public.clone());
        let (witness, witness_pq) = (public(false).unwrap_or_default(), public(true));
        let (since, status, uncleared) = (self.index, PartyStatus::Party, None);
        self.people.digests.insert(party_digest(&party), party.clone());
        self.add_cosigners(&party, cosigners, effects);
        let member = Member { key, witness, witness_pq, since, status, uncleared };
        self.people.parties.insert(party, member);
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

    pub(super) fn end_mandate(
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
}
