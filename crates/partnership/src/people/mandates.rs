//! Acts about mandates and training: who may sign for a party, for how long and how far.

use concordat_terms::{ClauseRef, CourseId, Digest, MandateId, Money, PartyId, Timestamp};

use super::refusal::PeopleRefusal as No;
use super::{
    Change, Limits, Mandate, MandateApprove, MandateDelegate, MandateGrant, MandateRevoke,
    MandateStatus, TrainingRecord,
};
use crate::change::Change as Any;
use crate::deed::{Deed, Hearing};
use crate::duties::DutyRefusal;
use crate::judge::SIGNATORY;
use crate::refusal::Refusal;
use crate::state::State;

impl Deed for MandateGrant {
    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let state = hearing.state;
        let home = hearing.by.party(out)?.clone();
        let now = state.time?;
        let from = self.from.unwrap_or(now);
        check_time(from.max(now), self.until, out);
        if state.people.mandates.contains_key(&self.mandate) {
            out.push(Refusal::NameTaken { name: self.mandate.to_string() });
        }
        if let Some(host) = &self.host {
            if *host == home {
                let (mandate, party) = (self.mandate.clone(), host.clone());
                out.push(No::NotYourMandate { mandate, party }.into());
            } else if !hearing.by.parties.contains(host) {
                out.push(No::HostSilent { host: host.clone() }.into());
            }
        }
        let party = self.host.as_ref().unwrap_or(&home);
        let filled_by = state.agreement.entitled(&self.seat);
        if self.seat.as_str() != SIGNATORY && !filled_by.contains(party) {
            let (seat, party) = (self.seat.clone(), party.clone());
            let filled_by = filled_by.into_iter().collect();
            out.push(Refusal::NotYourSeat { seat, party, filled_by });
        }
        let mandate = Mandate {
            home,
            member: self.member.clone(),
            seat: self.seat.clone(),
            host: self.host.clone(),
            from,
            until: self.until,
            limits: self.limits.clone(),
            of: None,
            granted: state.index,
            status: MandateStatus::Pending,
        };
        Some(Change::Mandated { id: self.mandate.clone(), mandate: Box::new(mandate) }.into())
    }
}

impl Deed for MandateDelegate {
    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let state = hearing.state;
        let now = state.time?;
        let whole = state.mandate_of(&self.of, out)?;
        let party = hearing.by.party(out)?;
        let holds = hearing.by.signers.iter().any(|signer| {
            signer.home.as_ref() == Some(&whole.home)
                && signer.member.as_ref() == Some(&whole.member)
        });
        if !holds {
            let (mandate, party) = (self.of.clone(), party.clone());
            out.push(No::NotYourMandate { mandate, party }.into());
        }
        if whole.status != MandateStatus::Active {
            let (mandate, is) = (self.of.clone(), whole.status.as_str());
            out.push(No::MandateState { mandate, is, needs: "active" }.into());
        }
        let from = self.from.unwrap_or(now);
        check_time(from.max(now), self.until, out);
        for what in beyond(whole, &self.limits, from, self.until) {
            out.push(No::BeyondOwnMandate { mandate: self.of.clone(), what }.into());
        }
        if state.people.mandates.contains_key(&self.mandate) {
            out.push(Refusal::NameTaken { name: self.mandate.to_string() });
        }
        let mandate = Mandate {
            member: self.member.clone(),
            from,
            until: self.until,
            limits: self.limits.clone(),
            of: Some(self.of.clone()),
            granted: state.index,
            status: MandateStatus::Pending,
            ..whole.clone()
        };
        Some(Change::Mandated { id: self.mandate.clone(), mandate: Box::new(mandate) }.into())
    }
}

impl Deed for MandateApprove {
    fn subject(&self) -> Option<Digest> {
        Some(self.act)
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let mandate = hearing.state.mandate_of(&self.mandate, out)?;
        gives(&self.mandate, mandate, hearing, out);
        if mandate.status.is_over() {
            let (mandate, is) = (self.mandate.clone(), mandate.status.as_str());
            out.push(No::MandateState { mandate, is, needs: "in time" }.into());
        }
        // Nobody approves beforehand what is to be done under an own mandate.
        let itself = hearing.by.signers.iter().find(|signer| {
            signer.member.as_ref() == Some(&mandate.member)
                && signer.home.as_ref() == Some(&mandate.home)
        });
        if let Some(party) = itself.and_then(|signer| signer.party.clone()) {
            out.push(No::NotYourMandate { mandate: self.mandate.clone(), party }.into());
        }
        Some(Change::Approved { mandate: self.mandate.clone(), act: self.act }.into())
    }
}

impl Deed for MandateRevoke {
    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let mandate = hearing.state.mandate_of(&self.mandate, out)?;
        gives(&self.mandate, mandate, hearing, out);
        if mandate.status.is_over() {
            let (mandate, is) = (self.mandate.clone(), mandate.status.as_str());
            out.push(No::MandateState { mandate, is, needs: "in time" }.into());
        }
        Some(Change::MandateRevoked(self.mandate.clone()).into())
    }
}

impl Deed for TrainingRecord {
    fn subject(&self) -> Option<Digest> {
        Some(self.evidence)
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let state = hearing.state;
        let by = hearing.by.party(out)?.clone();
        let now = state.time?;
        if self.completed > now {
            out.push(No::TrainingAhead { completed: self.completed, now }.into());
        }
        if !state.people.parties.contains_key(&self.party) {
            out.push(DutyRefusal::UnknownParty { party: self.party.clone() }.into());
        }
        Some(Change::Trained { by, record: self.clone() }.into())
    }
}

fn check_time(from: Timestamp, until: Timestamp, out: &mut Vec<Refusal>) {
    if until <= from {
        out.push(No::TimeEmpty { from, until }.into());
    }
}

/// Home and host give a mandate, and either takes it back.
fn gives(id: &MandateId, mandate: &Mandate, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) {
    if let Some(party) = hearing.by.party(out)
        && ![Some(&mandate.home), mandate.host.as_ref()].contains(&Some(party))
    {
        out.push(No::NotYourMandate { mandate: id.clone(), party: party.clone() }.into());
    }
}

/// In what a part of a mandate would go beyond the whole.
fn beyond(whole: &Mandate, part: &Limits, from: Timestamp, until: Timestamp) -> Vec<&'static str> {
    let own = &whole.limits;
    let less = |part: &Option<Money>| match (&own.amount, part) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(most), Some(part)) => {
            most.currency() == part.currency() && part.amount() <= most.amount()
        }
    };
    let fewer = own.acts.is_empty() || (!part.acts.is_empty() && part.acts.is_subset(&own.acts));
    let checks = [
        (own.delegable && whole.of.is_none(), "no part of it is to be handed on"),
        (!part.delegable, "what was handed on is not handed on again"),
        (from >= whole.from && until <= whole.until, "the time is longer"),
        (fewer, "the acts are more"),
        (less(&part.amount), "the amount is higher"),
        (part.co_signers >= own.co_signers, "fewer sign with"),
        (part.prior_approval >= own.prior_approval, "no approval is asked before"),
    ];
    checks.into_iter().filter(|(within, _)| !within).map(|(_, what)| what).collect()
}

impl State {
    fn mandate_of(&self, id: &MandateId, out: &mut Vec<Refusal>) -> Option<&Mandate> {
        let mandate = self.people.mandates.get(id);
        if mandate.is_none() {
            out.push(No::UnknownMandate { mandate: id.clone() }.into());
        }
        mandate
    }

    /// The first training that a mandate's seat asks for and its member lacks now.
    pub(super) fn stale_training(
        &self,
        mandate: &Mandate,
        now: Timestamp,
    ) -> Option<(CourseId, ClauseRef)> {
        let seat = self.agreement.seat(&mandate.seat)?;
        let lacks = seat.terms.training.iter().find(|training| {
            let until = self.trained_until(mandate, &training.course);
            until.is_none_or(|until| until <= now)
        });
        lacks.map(|training| (training.course.clone(), seat.clause.clone()))
    }

    /// Until when the training of a mandate's member is good, as its seat's clause has it.
    pub(super) fn trained_until(&self, mandate: &Mandate, course: &CourseId) -> Option<Timestamp> {
        let seat = self.agreement.seat(&mandate.seat)?;
        let valid = seat.terms.training.iter().find(|training| training.course == *course)?.valid;
        let key = (mandate.home.clone(), mandate.member.clone(), course.clone());
        self.people.trained.get(&key).map(|trained| trained.completed.plus(valid))
    }

    /// Where a mandate stands at a moment, and when time itself changes that next.
    pub(super) fn standing_of(
        &self,
        mandate: &Mandate,
        now: Timestamp,
    ) -> (MandateStatus, Option<Timestamp>) {
        if mandate.status.is_over() {
            return (mandate.status, None);
        }
        if mandate.until <= now {
            return (MandateStatus::Ended, None);
        }
        if now < mandate.from {
            return (MandateStatus::Pending, Some(mandate.from));
        }
        let whole = mandate.of.as_ref().and_then(|of| self.people.mandates.get(of));
        match whole.map(|whole| whole.status) {
            Some(MandateStatus::Revoked) => return (MandateStatus::Revoked, None),
            Some(MandateStatus::Ended) => return (MandateStatus::Ended, None),
            Some(MandateStatus::Suspended | MandateStatus::Pending) => {
                return (MandateStatus::Suspended, Some(mandate.until));
            }
            Some(MandateStatus::Active) | None => {}
        }
        if self.stale_training(mandate, now).is_some() {
            return (MandateStatus::Suspended, Some(mandate.until));
        }
        let seat = self.agreement.seat(&mandate.seat);
        let courses = seat.iter().flat_map(|seat| &seat.terms.training);
        let stale = courses.filter_map(|training| self.trained_until(mandate, &training.course));
        (MandateStatus::Active, stale.chain([mandate.until]).min())
    }

    /// Whether a party is one, and has the key by which it is known.
    pub(super) fn stands_with_key(&self, party: &PartyId) -> bool {
        let key = self.people.parties.get(party).and_then(|member| self.holder(&member.key));
        self.stands(party) && key.is_some_and(|key| key.ended.is_none())
    }

    /// Whether somebody is known here by this name, as a party.
    pub(super) fn stands(&self, party: &PartyId) -> bool {
        let member = self.people.parties.get(party);
        member.is_some_and(|member| member.status == super::PartyStatus::Party)
    }
}
