//! Sub-processors: who was looked at before the work began, and is looked at again or lapses.

use concordat_agreement::Place;
use concordat_terms::{AssetId, Decimal, Digest, Money, PartyId, ProcessorId, Timestamp};

use super::refusal::PeopleRefusal as No;
use super::{Change, Processor, ProcessorEnd, ProcessorEngage, ProcessorRecheck, ProcessorStatus};
use crate::agenda::Alarm;
use crate::change::Change as Any;
use crate::deed::{Deed, Hearing};
use crate::gate::Matter;
use crate::refusal::Refusal;
use crate::state::State;
use crate::verdict::{Actor, Effect};

impl Deed for ProcessorEngage {
    fn subject(&self) -> Option<Digest> {
        Some(self.evidence)
    }

    fn amount(&self) -> Option<Money> {
        self.price.clone()
    }

    fn about<'a>(&'a self, _: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        matter.ask.assets.extend(&self.on);
        matter.ask.purposes.extend(&self.purposes);
        let (class, jurisdiction) = (self.class, self.jurisdiction.clone());
        matter.ask.places.push(Place { class, jurisdiction });
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let state = hearing.state;
        let party = hearing.by.party(out)?.clone();
        for asset in &self.on {
            if state.agreement.asset(asset).is_none() {
                out.push(Refusal::UnknownAsset { asset: asset.clone(), kind: "asset" });
            }
            for purpose in &self.purposes {
                state.check_purpose_of_asset(asset, purpose, out);
            }
        }
        if let Some(price) = self.price.as_ref().filter(|price| price.amount() < Decimal::ZERO) {
            let reason = format!("`{price}` is less than nothing");
            out.push(Refusal::Unfit { reason });
        }
        let before = state.people.processors.get(&(party.clone(), self.processor.clone()));
        if before.is_some_and(|before| before.status != ProcessorStatus::Ended) {
            out.push(Refusal::NameTaken { name: self.processor.to_string() });
        }
        still_to_come(self.recheck_by, state, out);
        Some(Change::Engaged { party, engaged: Box::new(self.clone()) }.into())
    }
}

impl Deed for ProcessorRecheck {
    fn subject(&self) -> Option<Digest> {
        Some(self.evidence)
    }

    fn about<'a>(&'a self, state: &'a State, actor: &'a Actor, matter: &mut Matter<'a>) {
        state.add_processor(matter, actor, &self.processor);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let party = hearing.by.party(out)?.clone();
        hearing.state.at_work(&party, &self.processor, out)?;
        still_to_come(self.recheck_by, hearing.state, out);
        Some(Change::Rechecked { party, check: self.clone() }.into())
    }
}

impl Deed for ProcessorEnd {
    fn about<'a>(&'a self, state: &'a State, actor: &'a Actor, matter: &mut Matter<'a>) {
        state.add_processor(matter, actor, &self.processor);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let party = hearing.by.party(out)?.clone();
        hearing.state.at_work(&party, &self.processor, out)?;
        Some(Change::Disengaged { party, processor: self.processor.clone() }.into())
    }
}

fn still_to_come(recheck_by: Timestamp, state: &State, out: &mut Vec<Refusal>) {
    if let Some(from) = state.time.filter(|now| recheck_by <= *now) {
        out.push(No::TimeEmpty { from, until: recheck_by }.into());
    }
}

impl State {
    fn at_work(
        &self,
        party: &PartyId,
        id: &ProcessorId,
        out: &mut Vec<Refusal>,
    ) -> Option<&Processor> {
        let Some(processor) = self.people.processors.get(&(party.clone(), id.clone())) else {
            let (processor, party) = (id.clone(), party.clone());
            out.push(No::UnknownProcessor { processor, party }.into());
            return None;
        };
        if processor.status == ProcessorStatus::Ended {
            let is = processor.status.as_str();
            out.push(No::ProcessorState { processor: id.clone(), is }.into());
        }
        Some(processor)
    }

    fn add_processor<'a>(&'a self, matter: &mut Matter<'a>, actor: &Actor, id: &ProcessorId) {
        let Some(party) = actor.party.clone() else { return };
        if let Some(processor) = self.people.processors.get(&(party, id.clone())) {
            matter.ask.assets.extend(&processor.engaged.on);
        }
    }

    /// What keeps a party from assets whatever permits it: that it is under new control, or that a
    /// sub-processor that works with them was not checked again.
    pub(crate) fn check_clearance<'a>(
        &self,
        parties: impl IntoIterator<Item = &'a PartyId>,
        assets: impl Iterator<Item = &'a AssetId> + Clone,
        out: &mut Vec<Refusal>,
    ) {
        for party in parties {
            let Some(member) = self.people.parties.get(party) else { continue };
            for asset in assets.clone() {
                let labelled = || {
                    let asset = self.agreement.asset(asset);
                    asset.is_some_and(|a| a.terms.label != concordat_agreement::Label::Public)
                };
                if let Some(since) = member.uncleared.filter(|_| labelled()) {
                    let (party, asset) = (party.clone(), asset.clone());
                    out.push(No::Uncleared { party, asset, since }.into());
                }
                let lapsed = self.people.lapsed.get(&(party.clone(), asset.clone()));
                if let Some(processor) = lapsed.and_then(|lapsed| lapsed.first()) {
                    let (processor, party) = (processor.clone(), party.clone());
                    let asset = asset.clone();
                    out.push(No::ProcessorLapsed { processor, party, asset }.into());
                }
            }
        }
    }
}

impl State {
    pub(super) fn stand_processor(
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

    pub(super) fn keep_processor(
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
    pub(super) fn list_lapsed(&mut self, key: &(PartyId, ProcessorId), status: ProcessorStatus) {
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
