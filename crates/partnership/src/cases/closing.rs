//! What stands in the way of closing a case.

use concordat_agreement::CaseKind;
use concordat_terms::{Digest, Money, PartyId};

use super::{Case, CaseClose, CaseMatter, CaseRefusal as No, Change};
use crate::change::Change as Any;
use crate::deed::{Deed, Hearing};
use crate::gate::Matter;
use crate::refusal::Refusal;
use crate::state::State;
use crate::verdict::Actor;

impl Deed for CaseClose {
    fn subject(&self) -> Option<Digest> {
        Some(self.outcome)
    }

    fn amount(&self) -> Option<Money> {
        self.award.as_ref()?.whole()
    }

    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        state.add_case(matter, &self.case);
    }

    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        state.open_case(&self.case, out);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let state = hearing.state;
        hearing.by.party(out)?;
        let case = state.open_case(&self.case, out)?;
        let id = || self.case.clone();
        if case.drill.is_some() {
            let (is, needs) = ("a drill", "no drill (`drill.end` ends one)");
            out.push(No::CaseState { case: id(), is, needs }.into());
        }
        self.fits(case, out);
        let clocks = case.owed_clocks();
        if !clocks.is_empty() {
            out.push(No::ClocksOpen { case: id(), clocks }.into());
        }
        match &case.matter {
            CaseMatter::Incident(_) => {
                if self.review.is_none() {
                    out.push(No::ReviewMissing { case: id() }.into());
                }
                if self.redress.is_none() {
                    out.push(No::RedressMissing { case: id() }.into());
                }
            }
            CaseMatter::Dispute(_) => state.check_end((&self.case, case), false, hearing, out),
            CaseMatter::Claim(_) => {
                let owes = self.award.is_some();
                state.check_end((&self.case, case), owes, hearing, out);
                if let Some(sum) = &self.award {
                    state.check_award(case, sum, out);
                }
            }
            CaseMatter::RecordsRequest(request) => {
                let silent = request.consult.difference(&case.replied).cloned();
                let parties: Vec<PartyId> = silent.collect();
                if !parties.is_empty() && case.stage == 0 {
                    out.push(No::ConsultationOpen { case: id(), parties }.into());
                }
                if self.release.is_none() {
                    out.push(No::ReleaseMissing { case: id() }.into());
                }
            }
            CaseMatter::Exit(exit) => {
                state.check_exit(&self.case, case, exit, out);
                if self.settlement.is_none() {
                    out.push(No::SettlementMissing { case: id() }.into());
                }
            }
        }
        Some(Change::Closed(Box::new(self.clone())).into())
    }
}

impl CaseClose {
    /// What belongs to another kind of case is not said of this one.
    fn fits(&self, case: &Case, out: &mut Vec<Refusal>) {
        let kind = case.kind;
        let said = [
            ("review", self.review.is_some(), CaseKind::Incident),
            ("redress", self.redress.is_some(), CaseKind::Incident),
            ("award", self.award.is_some(), CaseKind::Claim),
            ("release", self.release.is_some(), CaseKind::RecordsRequest),
            ("exempt passages", !self.exempt.is_empty(), CaseKind::RecordsRequest),
            ("settlement", self.settlement.is_some(), CaseKind::Exit),
        ];
        for (what, _, _) in said.into_iter().filter(|(_, is, of)| *is && *of != kind) {
            let (case, is) = (self.case.clone(), kind.as_str());
            out.push(No::OtherKind { case, is, what }.into());
        }
    }
}
