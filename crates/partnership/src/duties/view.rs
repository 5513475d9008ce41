//! Duties as people ask for them: what is owed, by when, and who answers for what.

use std::collections::BTreeSet;

use concordat_agreement::{Addressee, Cited, Contribution, Duty as Clause, Force, Silence};
use concordat_terms::{ActName, ClauseRef, PartyId, SeatId, Timestamp};
use serde::Serialize;

use super::{Duty, DutyId, DutyStatus};
use crate::state::State;

/// One occurrence of a duty with what its clause says: a line of the action tracker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DutyView<'a> {
    /// Its name.
    pub id: &'a DutyId,
    /// What is to be done, in the clause's words; none where the clause is no longer there.
    pub what: Option<&'a str>,
    /// To whom: the parties of the seats that it names, and who stands outside.
    pub to: Vec<String>,
    /// The act that discharges it.
    pub discharged_by: Option<ActName>,
    /// How it stands.
    #[serde(flatten)]
    pub duty: &'a Duty,
    /// When time itself changes it next: it turns late, or its cure period ends.
    pub next: Option<Timestamp>,
}

/// Who answers for what a clause says: a line of the responsibility matrix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Responsibility<'a> {
    /// The clause.
    pub clause: ClauseRef,
    /// What is to be done, in its words.
    pub what: &'a str,
    /// The seat that owes it.
    pub seat: &'a SeatId,
    /// The parties that fill it: nobody answers where there is none.
    pub responsible: BTreeSet<PartyId>,
    /// To whom it is owed.
    pub informed: Vec<String>,
    /// When it comes due.
    pub due: String,
    /// Whether it comes round.
    pub recurs: bool,
    /// The clause that follows if it fails.
    pub then: Option<ClauseRef>,
    /// What it brings into the partnership: a row of the value-exchange table.
    pub contributes: Option<Contribution>,
    /// Whether a statute demands it.
    pub statutory: bool,
    /// Why the clause does not speak now.
    pub silent: Option<Silence>,
    /// How many occurrences are owed now.
    pub open: u32,
    /// How many of those are late or breached.
    pub overdue: u32,
}

impl State {
    /// What is owed and not done, the first due first; what stands still comes last. The tracker of
    /// actions, and their calendar.
    pub fn open_duties(&self) -> Vec<DutyView<'_>> {
        let open = self.duties.awaited.iter().filter_map(|(_, _, id)| id.as_ref());
        let mut open: Vec<DutyView<'_>> = open.filter_map(|id| self.duty_view(id)).collect();
        open.sort_by_key(|view| (view.duty.due.is_none(), view.duty.due, view.id));
        open
    }

    /// What a party owes, and what is owed to it.
    pub fn duties_of(&self, party: &PartyId) -> (Vec<DutyView<'_>>, Vec<DutyView<'_>>) {
        let open = self.open_duties().into_iter();
        let (own, others): (Vec<_>, Vec<_>) = open.partition(|view| view.id.owner == *party);
        let to = |view: &DutyView<'_>| view.to.iter().any(|to| to == party.as_str());
        (own, others.into_iter().filter(to).collect())
    }

    /// One occurrence with what its clause says.
    pub fn duty_view(&self, id: &DutyId) -> Option<DutyView<'_>> {
        let (id, duty) = self.duties.all.get_key_value(id)?;
        let clause = self.duty_clause(&id.clause);
        let next = match duty.status {
            DutyStatus::Active => duty.due,
            DutyStatus::Late => duty.notice.map(|notice| notice.cure_until),
            _ => None,
        };
        let to = clause.iter().flat_map(|clause| self.told_to(clause)).collect();
        let what = clause.as_ref().map(|clause| clause.terms.duty.as_str());
        let discharged_by = clause.map(|clause| clause.terms.discharged_by);
        Some(DutyView { id, what, to, discharged_by, duty, next })
    }

    fn told_to(&self, clause: &Cited<'_, Clause>) -> Vec<String> {
        let outside = clause.terms.to.iter().filter_map(|to| match to {
            Addressee::Seat(_) => None,
            Addressee::Outside(who) => Some(who.clone()),
        });
        let inside = self.addressees(clause).into_iter().map(|party| party.to_string());
        inside.chain(outside).collect()
    }

    /// Who answers for what: every duty clause in force, of the frame and of projects, in the order
    /// of their names.
    pub fn responsibilities(&self) -> Vec<Responsibility<'_>> {
        let kept = self.duties.triggers.retained.iter();
        let kept = kept.map(|(clause, terms)| Cited { clause: clause.clone(), terms });
        let frame = self.agreement.duties().chain(kept);
        let projects = self.narrowed.values().flat_map(|own| {
            let of = |duty: &Cited<'_, Clause>| {
                let module = own.agreement.modules().get(&duty.clause.module);
                module.is_some_and(|module| module.project.is_some())
            };
            own.agreement.duties().filter(of)
        });
        let mut all: Vec<Responsibility<'_>> =
            frame.chain(projects).map(|duty| self.responsibility(duty)).collect();
        all.sort_by(|one, other| one.clause.cmp(&other.clause));
        let open = self.duties.awaited.iter().filter_map(|(_, _, id)| id.as_ref());
        for id in open {
            let found = all.binary_search_by(|line| line.clause.cmp(&id.clause));
            if let Some(line) = found.ok().and_then(|at| all.get_mut(at)) {
                let overdue = self.duty(id).is_some_and(|duty| duty.status.is_overdue());
                line.open += 1;
                line.overdue += u32::from(overdue);
            }
        }
        all
    }

    fn responsibility<'a>(&'a self, duty: Cited<'a, Clause>) -> Responsibility<'a> {
        let informed = self.told_to(&duty);
        let Cited { clause, terms } = duty;
        Responsibility {
            what: &terms.duty,
            seat: &terms.owner,
            responsible: self.law_of(&clause).parties_of(&terms.owner).clone(),
            informed,
            due: concordat_agreement::english::due(&terms.due),
            recurs: terms.due.every.is_some(),
            then: terms.consequence.as_ref().map(|name| name.cited(&clause.module)),
            contributes: terms.contributes,
            statutory: self.force_of(&clause) == Force::Statutory,
            silent: self.silence_of(&clause),
            open: 0,
            overdue: 0,
            clause,
        }
    }
}
