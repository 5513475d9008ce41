//! What stands in the way of acts about cases and drills.

use std::collections::BTreeSet;

use concordat_agreement::CaseKind;
use concordat_terms::{Digest, Money, PartyId};

use super::{
    CaseClock, CaseFact, CaseMatter, CaseOpen, CaseRefusal as No, CaseReply, CaseReport, CaseStage,
    Change, ClockStatus, DrillEnd, DrillStart, Report,
};
use crate::change::Change as Any;
use crate::deed::{Deed, Hearing};
use crate::gate::Matter;
use crate::people::PeopleRefusal;
use crate::refusal::Refusal;
use crate::state::State;
use crate::verdict::Actor;

impl CaseMatter {
    /// The kind of case that it makes.
    pub fn kind(&self) -> CaseKind {
        match self {
            Self::Incident(_) => CaseKind::Incident,
            Self::Dispute(_) => CaseKind::Dispute,
            Self::Claim(_) => CaseKind::Claim,
            Self::RecordsRequest(_) => CaseKind::RecordsRequest,
            Self::Exit(_) => CaseKind::Exit,
        }
    }
}

impl Deed for CaseOpen {
    fn subject(&self) -> Option<Digest> {
        Some(self.account)
    }

    fn amount(&self) -> Option<Money> {
        match &self.matter {
            CaseMatter::Claim(claim) => claim.sum.as_ref()?.whole(),
            _ => None,
        }
    }

    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        matter.ask.assets.extend(&self.on);
        let models = self.models.iter().filter_map(|model| state.models.get(model));
        matter.ask.assets.extend(models.map(|model| &model.asset));
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let state = hearing.state;
        let by = hearing.by.party(out)?.clone();
        state.new_case(&self.case, &self.on, out);
        for model in self.models.iter().filter(|model| !state.models.contains_key(*model)) {
            out.push(Refusal::UnknownModel { model: *model });
        }
        state.known_parties(&self.against, out);
        if matches!(self.matter, CaseMatter::Dispute(_) | CaseMatter::Claim(_))
            && self.against.iter().all(|party| *state.agreement.last(party) == by)
        {
            out.push(No::NobodyAgainst { case: self.case.clone() }.into());
        }
        match &self.matter {
            CaseMatter::Incident(incident) => state.check_incident(incident, out),
            CaseMatter::Dispute(dispute) => {
                if state.agreement.ladder(CaseKind::Dispute).is_none() {
                    out.push(No::NoLadder { kind: CaseKind::Dispute.to_string() }.into());
                }
                if let Some(clause) =
                    dispute.clause.as_ref().filter(|c| state.law_of(c).clause(c).is_none())
                {
                    out.push(Refusal::UnknownClause { clause: clause.clone() });
                }
            }
            CaseMatter::Claim(claim) => {
                if state.agreement.liability(&claim.liability).is_none() {
                    out.push(No::NoLiability { clause: claim.liability.clone() }.into());
                }
                if let Some(sum) = &claim.sum {
                    state.check_sum(&claim.liability, sum, out);
                }
            }
            CaseMatter::RecordsRequest(request) => {
                state.check_aware(request.received_at, out);
                state.known_parties(&request.consult, out);
            }
            CaseMatter::Exit(exit) => {
                if let Some(party) = &exit.party {
                    state.known_parties(&[party.clone()].into(), out);
                    if state.agreement.has_left(party) {
                        let (party, is) = (party.clone(), "gone already");
                        out.push(PeopleRefusal::PartyState { party, is, needs: "a party" }.into());
                    }
                }
                if let Some(case) = state.exit_of(exit.party.as_ref()) {
                    out.push(No::ExitRunning { case: case.clone() }.into());
                }
            }
        }
        Some(Change::Opened { by, opened: Box::new(self.clone()), drill: None }.into())
    }
}

impl Deed for DrillStart {
    fn subject(&self) -> Option<Digest> {
        Some(self.scenario)
    }

    fn about<'a>(&'a self, _: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        matter.ask.assets.extend(&self.on);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let state = hearing.state;
        let by = hearing.by.party(out)?.clone();
        state.new_case(&self.case, &self.on, out);
        state.check_incident(&self.incident, out);
        let opened = CaseOpen {
            case: self.case.clone(),
            matter: CaseMatter::Incident(self.incident.clone()),
            on: self.on.clone(),
            models: BTreeSet::new(),
            against: BTreeSet::new(),
            account: self.scenario,
        };
        Some(Change::Opened { by, opened: Box::new(opened), drill: Some(self.scenario) }.into())
    }
}

impl Deed for CaseFact {
    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        state.add_case(matter, &self.case);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let state = hearing.state;
        let by = hearing.by.party(out)?.clone();
        let case = state.open_case(&self.case, out)?;
        let grows = !self.kinds.is_empty() || !self.measures.is_empty();
        let says = grows || !self.facts.is_empty() || !self.evidence.is_empty();
        if !says && self.fate.is_none() {
            out.push(No::NothingFiled { case: self.case.clone() }.into());
        }
        let other = |what| No::OtherKind { case: self.case.clone(), is: case.kind.as_str(), what };
        if grows && case.kind != CaseKind::Incident {
            out.push(other("kinds and measures").into());
        }
        if let Some(fate) = &self.fate {
            match case.kind {
                CaseKind::Exit => {
                    state.check_fate(&self.case, case, fate, &hearing.by.parties, out);
                }
                _ => out.push(other("fate of assets").into()),
            }
        }
        state.known_parties(&self.against, out);
        Some(Change::Filed { by, filed: Box::new(self.clone()) }.into())
    }
}

impl Deed for CaseReply {
    fn subject(&self) -> Option<Digest> {
        Some(self.reply)
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let state = hearing.state;
        let by = hearing.by.party(out)?.clone();
        // Also of a case that is closed: a fair record has both sides.
        let Some(case) = state.cases.all.get(&self.case) else {
            out.push(No::UnknownCase { case: self.case.clone() }.into());
            return None;
        };
        let before = state.agreement.before(&by);
        let asked = before.iter().any(|party| {
            let key = (party.clone(), self.case.clone(), self.entry);
            let consulted = matches!(&case.matter,
                CaseMatter::RecordsRequest(request) if request.consult.contains(party));
            state.cases.against.contains(&key) || consulted && self.entry == case.index
        });
        if !asked {
            let (case, entry, party) = (self.case.clone(), self.entry, by.clone());
            out.push(No::NotRecordedAgainst { case, entry, party }.into());
        }
        Some(Change::Replied { by, reply: self.clone() }.into())
    }
}

impl Deed for CaseStage {
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
        let mut later = case.stages.iter().enumerate().skip(case.stage.saturating_add(1));
        let found = later.find(|(_, stage)| stage.stage == self.to).map(|(at, _)| at);
        let Some(stage) = found else {
            let (case, to, at) = (self.case.clone(), self.to.clone(), case.stage_in_words());
            out.push(No::NoSuchStage { case, to, at }.into());
            return None;
        };
        // Who is a party to it may also go on alone: nobody is kept in a talk that has failed.
        let mut parties = hearing.by.parties.iter();
        if !parties.any(|party| case.is_party(party)) {
            state.check_decider(&self.case, case, hearing, out);
        }
        Some(Change::Stage { case: self.case.clone(), stage }.into())
    }
}

impl Deed for CaseReport {
    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        state.add_case(matter, &self.case);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let state = hearing.state;
        let by = hearing.by.party(out)?.clone();
        let case = state.open_case(&self.case, out)?;
        let (id, nth) = (self.case.clone(), self.clock);
        let Some(clock) = case.clock(nth) else {
            let clocks = u32::try_from(case.clocks.len()).unwrap_or(u32::MAX);
            out.push(No::UnknownClock { case: id, clock: nth, clocks }.into());
            return None;
        };
        let first = matches!(self.report, Report::Initial(_));
        if !clock.status.is_open() || first && !clock.status.is_silent() {
            let is = clock.status.as_str();
            out.push(No::ClockState { case: id.clone(), clock: nth, is }.into());
        }
        let owns = |owner: &PartyId| state.agreement.before(&by).contains(owner);
        if !clock.owners.iter().any(owns) {
            let owners = clock.owners.iter().cloned().collect();
            out.push(No::NotTheClocksOwner { case: id.clone(), clock: nth, owners }.into());
        }
        let row = state.cases.regimes.pack(&clock.pack).and_then(|pack| pack.row(&clock.row));
        if first && !row.is_some_and(|row| row.initial_ok) {
            let row = clock.row.to_string();
            out.push(No::NotAtFirst { case: id.clone(), clock: nth, row }.into());
        }
        let missing = match self.report {
            Report::NotOwed(_) => Vec::new(),
            _ => state.facts_missing(case, clock, first),
        };
        if !missing.is_empty() {
            out.push(No::FactsMissing { case: id, clock: nth, missing }.into());
        }
        Some(Change::Reported { by, report: self.clone() }.into())
    }
}

impl Deed for DrillEnd {
    fn subject(&self) -> Option<Digest> {
        Some(self.findings)
    }

    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        state.add_case(matter, &self.case);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let state = hearing.state;
        hearing.by.party(out)?;
        let case = state.open_case(&self.case, out)?;
        if case.drill.is_none() {
            let (case, is) = (self.case.clone(), "no drill");
            out.push(No::CaseState { case, is, needs: "a drill" }.into());
        }
        // What was not answered in time is what a drill is to show; what still could be is waited for.
        let mut clocks = case.owed_clocks();
        clocks.retain(|nth| {
            let runs = |clock: &CaseClock| clock.status == ClockStatus::Running;
            case.clock(*nth).is_some_and(|clock| runs(clock) && clock.due.is_some())
        });
        if !clocks.is_empty() {
            out.push(No::ClocksOpen { case: self.case.clone(), clocks }.into());
        }
        Some(Change::Ended(self.clone()).into())
    }
}
