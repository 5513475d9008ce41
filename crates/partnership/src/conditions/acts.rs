//! Waiving a condition.

use std::collections::BTreeSet;

use concordat_agreement::{Condition, Terms};
use concordat_terms::{ClauseRef, PartyId};
use serde::{Deserialize, Serialize};

use super::{ConditionRefusal as No, ConditionStatus};
use crate::deed::{Deed, Hearing};
use crate::refusal::Refusal;
use crate::state::State;

/// `condition.waive`: those whom it protects do without it. All parties of the seats that may waive
/// it sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionWaive {
    /// The condition's clause.
    pub condition: ClauseRef,
}

/// What an act about conditions changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change {
    Waived(ClauseRef),
}

impl From<Change> for crate::change::Change {
    fn from(change: Change) -> Self {
        Self::Condition(change)
    }
}

impl Deed for ConditionWaive {
    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        let state = hearing.state;
        let condition = self.condition.clone();
        let Some(terms) = state.condition(&self.condition) else {
            out.push(No::UnknownCondition { condition }.into());
            return None;
        };
        let is = state.conditions.get(&self.condition).copied();
        if let Some(is) = is.filter(|is| *is != ConditionStatus::Open) {
            let condition = condition.clone();
            out.push(No::State { condition, is: is.as_str() }.into());
        }
        let seats = terms.waivable_by.iter();
        let may: BTreeSet<PartyId> =
            seats.flat_map(|seat| state.agreement.parties_of(seat)).cloned().collect();
        let missing: Vec<PartyId> = may.difference(&hearing.by.parties).cloned().collect();
        if may.is_empty() || !missing.is_empty() {
            out.push(No::NotTheirsToWaive { condition, missing }.into());
        }
        Some(Change::Waived(self.condition.clone()).into())
    }
}

impl State {
    /// The terms of a condition in force.
    pub(crate) fn condition(&self, clause: &ClauseRef) -> Option<&Condition> {
        match &self.agreement.clause(clause)?.terms {
            Terms::Condition(condition) => Some(condition),
            _ => None,
        }
    }
}
