//! What messages and results of a run need of whoever takes part in it, whatever the run computes.

use concordat_partnership::act::Plan;
use concordat_replay::RoundBasis;
use concordat_terms::PartyId;

use super::{Ready, ReadyQuery};

/// A participant of a run.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// What its rounds are bound to.
    pub basis: &'a RoundBasis,
    /// Its plan.
    pub plan: &'a Plan,
    /// Whose node it is.
    pub party: &'a PartyId,
}

impl Ready {
    /// Who takes part.
    pub fn member(&self) -> Member<'_> {
        Member { basis: &self.task.basis, plan: &self.task.plan, party: &self.party }
    }
}

impl ReadyQuery {
    /// Who takes part.
    pub fn member(&self) -> Member<'_> {
        Member { basis: &self.asked.basis, plan: &self.asked.plan, party: &self.party }
    }
}
