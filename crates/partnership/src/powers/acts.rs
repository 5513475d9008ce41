//! Using powers, and ratifying that.

use std::collections::BTreeSet;

use concordat_agreement::{Power, Terms};
use concordat_terms::{BodyId, ClauseRef, PartyId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{PowerRefusal as No, UseStatus};
use crate::act::Act;
use crate::deed::{Deed, Hearing};
use crate::duties::DutyId;
use crate::gate::{Passed, Request};
use crate::refusal::Refusal;
use crate::state::{Standing, State};

/// `power.ratify`: a body ratifies what was done by a power, by a motion to do this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PowerRatify {
    /// The index of the entry that used the power.
    pub used: u64,
}

/// What using powers changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change {
    Used {
        clause: ClauseRef,
        #[serde(skip)]
        act: Box<Act>,
        by: Option<PartyId>,
        #[serde(skip_serializing_if = "Option::is_none")]
        body: Option<BodyId>,
        #[serde(skip_serializing_if = "Option::is_none")]
        lapses_at: Option<Timestamp>,
        #[serde(skip_serializing_if = "BTreeSet::is_empty")]
        past: BTreeSet<ClauseRef>,
        then: Box<crate::change::Change>,
    },
    Ratified(u64),
}

impl From<Change> for crate::change::Change {
    fn from(change: Change) -> Self {
        Self::Power(change)
    }
}

impl Deed for PowerRatify {
    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        match state.powers.used.get(&self.used) {
            Some(_) if state.is_undone(self.used) => {
                out.push(No::State { used: self.used, is: "undone by a determination" }.into());
            }
            None => out.push(No::UnknownUse { used: self.used }.into()),
            Some(used) if used.status != UseStatus::Awaiting => {
                out.push(No::State { used: self.used, is: used.status.as_str() }.into());
            }
            Some(_) => {}
        }
    }

    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        self.refers(hearing.state, out);
        let used = hearing.state.powers.used.get(&self.used)?;
        let body = used.body.as_ref().filter(|body| hearing.via != Some(*body));
        if let Some(body) = body {
            let (used, body, clause) = (self.used, body.clone(), used.clause.clone());
            out.push(No::RatifiedElsewhere { used, body, clause }.into());
        }
        Some(Change::Ratified(self.used).into())
    }
}

impl State {
    /// The power that a clause is.
    pub(crate) fn power(&self, clause: &ClauseRef) -> Option<&Power> {
        match &self.agreement.clause(clause)?.terms {
            Terms::Power(power) => Some(power),
            _ => None,
        }
    }

    /// The change of an act that a power lets through: with what becomes of it if nobody ratifies
    /// it. What the ratifying body decided itself is ratified.
    pub(crate) fn by_power(
        &self,
        passed: Option<&Passed>,
        request: &Request<'_>,
        change: crate::change::Change,
    ) -> crate::change::Change {
        let Some(passed) = passed.filter(|passed| passed.by_power) else { return change };
        let clause = passed.clause.as_ref();
        let Some((clause, power)) = clause.and_then(|clause| Some((clause, self.power(clause)?)))
        else {
            return change;
        };
        let body = power.ratified_by.as_ref();
        let undone = request.act.name().can_be_undone();
        let body = body.filter(|body| undone && request.via != Some(*body));
        let ends = body.zip(power.within).zip(self.time);
        let lapses_at = ends.map(|((_, within), now)| now.plus(within));
        let then = match (change, body) {
            // An end is for good: until it is ratified the module is suspended.
            (crate::change::Change::Standing { module, standing: Standing::Ended }, Some(_)) => {
                match self.standing(&module) {
                    Some(Standing::InForce) => {
                        crate::change::Change::Standing { module, standing: Standing::Suspended }
                    }
                    _ => crate::change::Change::Nothing,
                }
            }
            (change, _) => change,
        };
        let by = request.by.actor.party.clone();
        Change::Used {
            clause: clause.clone(),
            act: Box::new(request.act.clone()),
            by,
            body: body.cloned(),
            lapses_at,
            past: passed.past.clone(),
            then: Box::new(then),
        }
        .into()
    }

    /// Refuses to break glass again before the last time was reviewed.
    pub(crate) fn check_glass(&self, clause: &ClauseRef, out: &mut Vec<Refusal>) {
        let review = self.power(clause).and_then(|power| power.break_glass.as_ref());
        let Some((review, since)) = review.zip(self.powers.glass.get(clause)) else { return };
        let review = review.cited(&clause.module);
        let owners = self.owners(&review).into_iter().collect();
        let open = self.agreement.all_before(&owners).into_iter().find_map(|owner| {
            let id = DutyId { clause: review.clone(), owner, since: *since, nth: 0 };
            self.duty(&id).is_some_and(|duty| duty.status.is_open()).then_some(id)
        });
        if let Some(duty) = open {
            out.push(No::GlassBroken { duty, clause: clause.clone() }.into());
        }
    }
}
