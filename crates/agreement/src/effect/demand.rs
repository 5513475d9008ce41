//! What the gates before an act demand together, whatever their names and however many they are.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use concordat_terms::{BodyId, ModuleId, SeatId};
use serde::Serialize;

use crate::shape::Field as _;
use crate::{EvidenceNeed, Gate, Level, UpdateClass};

/// What must hold beside a permit. Two demands are the same when the same acts pass them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Demand {
    /// The modules that must be in force.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub modules: BTreeSet<ModuleId>,
    /// How many parties of each seat must have approved.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub approvals: BTreeMap<SeatId, u32>,
    /// How strong the act's signature must be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// The bodies whose motion must have succeeded.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub motions: BTreeSet<BodyId>,
    /// At which tier of risk a body decides; 2, where none is said.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tiers: BTreeMap<BodyId, u32>,
    /// The evidence that must be filed, each kind once, in the order of its text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<EvidenceNeed>,
    /// What is demanded besides before updates of a class.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub of_updates: BTreeMap<UpdateClass, Demand>,
}

/// The tier at which a body decides where a gate says none.
const UNSAID: u32 = 2;

impl Demand {
    /// What some gates demand together.
    pub(crate) fn of<'g>(gates: impl IntoIterator<Item = &'g Gate>) -> Self {
        let (all, some): (Vec<&Gate>, Vec<&Gate>) =
            gates.into_iter().partition(|gate| gate.updates.is_empty());
        let mut demand = Self::together(&all);
        for class in some.iter().flat_map(|gate| &gate.updates).collect::<BTreeSet<_>>() {
            let before = some.iter().filter(|gate| gate.updates.contains(class)).copied();
            let before: Vec<&Gate> = before.collect();
            demand.of_updates.insert(*class, Self::together(&before));
        }
        demand
    }

    /// Of gates that stand before the same acts.
    fn together(gates: &[&Gate]) -> Self {
        let mut all = Self::default();
        for gate in gates {
            all.modules.extend(gate.modules.iter().cloned());
            if let Some(body) = &gate.motion {
                all.motions.insert(body.clone());
                let tier = all.tiers.entry(body.clone()).or_default();
                *tier = gate.tier.unwrap_or(UNSAID).max(*tier);
            }
            all.level = all.level.max(gate.level.filter(|level| *level > Level::Simple));
            for approval in &gate.approvals {
                let least = all.approvals.entry(approval.seat.clone()).or_default();
                *least = approval.at_least.max(*least);
            }
            for need in &gate.evidence {
                if !all.evidence.contains(need) {
                    all.evidence.push(need.clone());
                }
            }
        }
        all.tiers.retain(|_, tier| *tier != UNSAID);
        all.evidence.sort_by_key(EvidenceNeed::print);
        all
    }

    /// Whether whatever passes this passes `other`.
    pub fn covers(&self, other: &Self) -> bool {
        let approved = |(seat, least): (&SeatId, &u32)| {
            self.approvals.get(seat).is_some_and(|own| own >= least)
        };
        other.modules.is_subset(&self.modules)
            && other.motions.is_subset(&self.motions)
            && other.motions.iter().all(|body| self.tier(body) >= other.tier(body))
            && other.level <= self.level
            && other.approvals.iter().all(approved)
            && other.evidence.iter().all(|need| self.evidence.contains(need))
            && other.of_updates.iter().all(|(class, demand)| {
                self.covers(demand)
                    || self.of_updates.get(class).is_some_and(|own| own.covers(demand))
            })
    }

    fn tier(&self, body: &BodyId) -> u32 {
        self.tiers.get(body).copied().unwrap_or(UNSAID)
    }

    /// Whether nothing is demanded.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        parts.extend(self.modules.iter().map(|module| format!("`{module}` in force")));
        for (seat, least) in &self.approvals {
            parts.push(format!("approval of {least} of `{seat}`"));
        }
        parts.extend(self.level.map(|level| format!("a signature at level `{level}`")));
        parts.extend(self.motions.iter().map(|body| match self.tier(body) {
            1 => format!("a motion of `{body}`, or that another of it signs too"),
            3 => format!("a motion of `{body}` with two thirds of each side"),
            _ => format!("a motion of `{body}`"),
        }));
        parts.extend(self.evidence.iter().map(|need| format!("evidence {}", need.print())));
        let classes = self.of_updates.iter();
        parts.extend(classes.map(|(class, demand)| format!("before a {class} update {demand}")));
        f.write_str(if parts.is_empty() { "no gate" } else { "" })?;
        f.write_str(&parts.join(", "))
    }
}
