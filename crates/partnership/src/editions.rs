//! What governs the log itself and can change: the edition of the rules, who must cosign, and
//! proofs that two histories were shown.

mod acts;
mod refusal;

use std::collections::BTreeMap;

use concordat_terms::{Digest, PartyId, Timestamp};
use serde::{Deserialize, Serialize};

pub(crate) use acts::Change;
pub use acts::{Between, EquivocationReport, PolicyAdopt, RulesAdopt, Shown};
pub use refusal::EditionRefusal;

use crate::act::WitnessPolicy;
use crate::shared::Shared;
use crate::state::State;
use crate::verdict::Effect;

/// A proof that the log's key signed two histories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Equivocation {
    /// Who reported it.
    pub by: PartyId,
    /// When.
    pub at: Timestamp,
    /// Both checkpoints.
    pub shown: EquivocationReport,
}

/// What the genesis began with, as it was changed since.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Editions {
    /// Editions of the rules, and from which entry on.
    pub(crate) rules: Shared<Vec<(u64, Digest)>>,
    /// Who must cosign, and by which entry.
    pub(crate) policies: Shared<Vec<(u64, WitnessPolicy)>>,
    /// By the entry that reported it.
    pub(crate) equivocations: Shared<BTreeMap<u64, Equivocation>>,
}

impl State {
    /// The digest of the edition under which the next entry is judged.
    pub fn rules(&self) -> Option<Digest> {
        let adopted = self.editions.rules.iter().rev().find(|(from, _)| *from <= self.index);
        adopted.map(|(_, rules)| *rules).or(self.genesis.as_ref().map(|genesis| genesis.rules))
    }

    /// Who must cosign checkpoints from here on.
    pub fn policy(&self) -> Option<&WitnessPolicy> {
        let adopted = self.editions.policies.last().map(|(_, policy)| policy);
        adopted.or(self.genesis.as_ref().map(|genesis| &genesis.policy))
    }

    /// Who must cosign the checkpoint of so many entries, which may be fewer than there are.
    pub fn policy_at(&self, size: u64) -> Option<&WitnessPolicy> {
        let adopted = self.editions.policies.iter().rev().find(|(index, _)| *index < size);
        let adopted = adopted.map(|(_, policy)| policy);
        adopted.or(self.genesis.as_ref().map(|genesis| &genesis.policy))
    }

    /// Every change of who must cosign, by the index of its entry.
    pub fn policies(&self) -> &[(u64, WitnessPolicy)] {
        &self.editions.policies
    }

    /// Proofs of two histories, by the entry that reported them.
    pub fn equivocations(&self) -> &BTreeMap<u64, Equivocation> {
        &self.editions.equivocations
    }

    pub(crate) fn change_edition(&mut self, change: Change, now: Timestamp) -> Vec<Effect> {
        let index = self.index;
        match change {
            Change::Rules { rules, from } => {
                self.editions.rules.push((from, rules));
                vec![Effect::RulesAdopted(rules, from)]
            }
            Change::Policy(policy) => {
                self.editions.policies.push((index, policy));
                vec![Effect::PolicyAdopted]
            }
            Change::Equivocation { by, report, account } => {
                let size = report.by_size().0.size;
                let equivocation = Equivocation { by: by.clone(), at: now, shown: *report };
                self.editions.equivocations.insert(index, equivocation);
                let mut effects = vec![Effect::Equivocation(size)];
                self.open_incident("two-histories", by, account, now, &mut effects);
                effects
            }
        }
    }
}
