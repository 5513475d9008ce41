//! What acts about testing change, and what is kept of gates that stood on results.

use std::collections::BTreeSet;

use concordat_terms::{ActName, PartyId, Timestamp};

use super::{
    Accredited, AdoptedRule, Change, MethodRegister, RecognisedBy, RegisteredMethod,
    RegisteredPlan, Reliance, ResultReply, SparedTest, StoodOn, Suspended, TakenBack,
};
use crate::state::State;
use crate::verdict::Effect;

impl State {
    /// A lab that was suspended stays so under another name.
    pub(crate) fn hand_over_testing(&mut self, old: &PartyId, new: &PartyId) {
        if let Some(suspended) = self.testing.suspended.get(old).cloned()
            && !self.testing.suspended.contains_key(new)
        {
            self.testing.suspended.insert_mut(new.clone(), suspended);
        }
    }

    pub(crate) fn change_testing(&mut self, change: Change, now: Timestamp) -> Vec<Effect> {
        let index = self.index;
        let testing = &mut self.testing;
        match change {
            Change::Method { by, body, method } => {
                let MethodRegister { method, version, document, family, until } = method;
                let mut versions = testing.methods.get(&method).cloned().unwrap_or_default();
                match versions.iter_mut().find(|own| own.version == version) {
                    Some(own) => own.until = until,
                    None => versions.push(RegisteredMethod {
                        version,
                        document,
                        family,
                        from: now,
                        until,
                        by,
                        body,
                        index,
                    }),
                }
                testing.methods.insert_mut(method, versions);
            }
            Change::Accredited(accredited) => {
                let lab = accredited.lab.clone();
                testing.suspended.remove_mut(&lab);
                testing.accredited.insert_mut(index, Accredited { accredited, ended: None });
                return vec![Effect::LabStands(lab, true)];
            }
            Change::Suspended { lab, from } => {
                let held = testing.accredited.iter();
                let held = held.filter(|(_, own)| own.accredited.lab == lab.lab);
                let held: Vec<_> = held.map(|(at, own)| (*at, own.clone())).collect();
                for (at, mut own) in held {
                    own.ended = Some(own.ended.map_or(from, |before| before.min(from)));
                    testing.accredited.insert_mut(at, own);
                }
                let suspended = Suspended { from, reason: lab.reason, index };
                testing.suspended.insert_mut(lab.lab.clone(), suspended);
                return vec![Effect::LabStands(lab.lab, false)];
            }
            Change::Plan { by, plan } => {
                testing.plans.insert_mut(plan.plan, RegisteredPlan { plan, by, at: now });
            }
            Change::Replied { by, reply } => {
                let own = ResultReply { by, reply: reply.reply, at: now };
                let mut all = testing.replies.get(&reply.evidence).cloned().unwrap_or_default();
                all.push(own);
                testing.replies.insert_mut(reply.evidence, all);
            }
            Change::TakenBack(back) => {
                let entry = back.evidence;
                testing.taken_back.insert_mut(entry, TakenBack { at: now, reason: back.reason });
                let relied = testing.relied_on(entry).map(|reliance| reliance.index);
                let relied: BTreeSet<u64> = relied.collect();
                let relied = relied.into_iter().collect();
                return vec![Effect::EvidenceWithdrawn(entry, relied)];
            }
            Change::Adopted { body, rule } => {
                let name = rule.recognition.clone();
                let rule = AdoptedRule { adopted: rule, body, index, revoked: None };
                testing.rules.insert_mut(name, rule);
            }
            Change::Revoked(revoked) => {
                if let Some(rule) = testing.rules.get(&revoked.recognition).cloned() {
                    let rule = AdoptedRule { revoked: Some(now), ..rule };
                    testing.rules.insert_mut(revoked.recognition, rule);
                }
            }
        }
        Vec::new()
    }

    /// An act passed its gates on these results.
    pub(crate) fn note_reliance(
        &mut self,
        act: ActName,
        by: Option<&PartyId>,
        on: &StoodOn,
        now: Timestamp,
    ) -> Vec<Effect> {
        let index = self.index;
        let mut effects = Vec::new();
        for (nth, stood) in (0..).zip(on) {
            let reliance = Reliance { index, act, by: by.cloned(), clause: stood.clause.clone() };
            self.testing.relied.insert_mut((stood.evidence, index, nth), reliance);
            let Some(by) = &stood.recognised else { continue };
            // However many gates a result opens, one test was spared.
            if self.testing.spared.contains_key(&stood.evidence) {
                continue;
            }
            let Some(filed) = self.result(stood.evidence) else { continue };
            let (method, cost) = (filed.evidence.method.clone(), self.spares(by));
            let spared = SparedTest { index, at: now, method, by: by.clone(), cost };
            self.testing.spared.insert_mut(stood.evidence, spared);
            effects.push(Effect::TestSpared(stood.evidence));
        }
        effects
    }

    /// What a test costs that a recognition spares.
    fn spares(&self, by: &RecognisedBy) -> Option<concordat_terms::Money> {
        match by {
            RecognisedBy::Rule(name) => self.testing.rules.get(name)?.adopted.cost.clone(),
            RecognisedBy::Clause(clause) => {
                let mut all = self.agreement.recognitions();
                all.find(|own| own.clause == *clause)?.terms.cost.clone()
            }
        }
    }
}
