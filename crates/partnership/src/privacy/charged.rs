//! What was charged to an account, and what its clause allows, both as costs.

use std::collections::BTreeMap;

use concordat_agreement::Adjacency;
use concordat_terms::{AssetId, Cost, PurposeId};
use serde::{Deserialize, Serialize};

/// What was charged to one account, by calendar year (UTC) and purpose. It only grows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Charged(BTreeMap<(u32, PurposeId), Cost>);

impl Charged {
    /// Charges a cost to a purpose.
    pub fn charge(&mut self, year: u32, purpose: &PurposeId, cost: &Cost) {
        let part = self.0.entry((year, purpose.clone())).or_insert_with(Cost::zero);
        *part = part.plus(cost);
    }

    /// Charges all that another account was charged.
    pub fn add(&mut self, other: &Self) {
        for ((year, purpose), cost) in &other.0 {
            self.charge(*year, purpose, cost);
        }
    }

    /// All of it.
    pub fn total(&self) -> Cost {
        self.sum(|_, _| true)
    }

    /// What was charged in a year and for a purpose that are `meant`.
    pub fn sum(&self, meant: impl Fn(u32, &PurposeId) -> bool) -> Cost {
        let parts = self.0.iter().filter(|((year, purpose), _)| meant(*year, purpose));
        parts.fold(Cost::zero(), |sum, (_, cost)| sum.plus(cost))
    }

    /// Each year's purposes with what was charged for them, in their order.
    pub fn parts(&self) -> impl Iterator<Item = (u32, &PurposeId, &Cost)> {
        self.0.iter().map(|((year, purpose), cost)| (*year, purpose, cost))
    }
}

/// Whose persons a dataset is about, as the clause said under which they were charged. No clause says
/// otherwise later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Persons {
    /// The dataset that the clause of their account names first.
    pub(crate) account: AssetId,
    /// The neighbours that were counted.
    pub(crate) adjacency: Adjacency,
}

/// What the clause of an account allows: computed from its ε and δ where the agreement is proved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// The limit of all that is ever charged.
    pub whole: Cost,
    /// The limits of purposes that have a part at most.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub at_most: BTreeMap<PurposeId, Cost>,
    /// What is kept back for monitoring for each year: a cost, and no limit. What monitoring
    /// releases is within it at every order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<Cost>,
}
