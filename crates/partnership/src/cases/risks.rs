//! The risk register: what is watched, how it is rated, and how much of it a body accepts.

use concordat_terms::{BodyId, Digest};

use super::{CaseRefusal as No, Change, RiskAppetite, RiskClose, RiskRating};
use crate::change::Change as Any;
use crate::deed::{Deed, Hearing};
use crate::refusal::Refusal;
use crate::state::State;
use concordat_terms::{ActName, RiskId};

use super::Risk;

/// The highest rating of likelihood and of impact.
const RATING_MOST: u8 = 5;

impl Deed for RiskRating {
    fn subject(&self) -> Option<Digest> {
        Some(self.description)
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let state = hearing.state;
        let by = hearing.by.party(out)?.clone();
        let known = state.cases.risks.get(&self.risk);
        if hearing.act == ActName::RiskOpen {
            if known.is_some() {
                out.push(Refusal::NameTaken { name: self.risk.to_string() });
            }
        } else {
            state.open_risk(&self.risk, out);
        }
        for value in [self.likelihood, self.impact] {
            rated(value, RATING_MOST, out);
        }
        if state.agreement.seat(&self.owner).is_none() {
            let (seat, filled_by) = (self.owner.clone(), Vec::new());
            out.push(Refusal::NotYourSeat { seat, party: by.clone(), filled_by });
        }
        for clause in self.controls.iter().filter(|c| state.law_of(c).clause(c).is_none()) {
            out.push(Refusal::UnknownClause { clause: clause.clone() });
        }
        Some(Change::Rated { by, rating: Box::new(self.clone()) }.into())
    }
}

impl Deed for RiskClose {
    fn subject(&self) -> Option<Digest> {
        Some(self.evidence)
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        hearing.by.party(out)?;
        hearing.state.open_risk(&self.risk, out);
        Some(Change::RiskClosed(self.clone()).into())
    }
}

impl Deed for RiskAppetite {
    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        hearing.by.party(out)?;
        let via: Option<&BodyId> = hearing.via;
        if via.is_none() {
            out.push(No::NeedsBody.into());
        }
        rated(self.most, RATING_MOST * RATING_MOST, out);
        Some(Change::Appetite(self.most).into())
    }
}

fn rated(value: u8, most: u8, out: &mut Vec<Refusal>) {
    if !(1..=most).contains(&value) {
        out.push(No::BadRating { value, most }.into());
    }
}

impl State {
    fn open_risk(&self, risk: &RiskId, out: &mut Vec<Refusal>) {
        if self.cases.risks.get(risk).is_none_or(|risk| risk.closed.is_some()) {
            out.push(No::UnknownRisk { risk: risk.clone() }.into());
        }
    }

    /// The risk register, open lines and closed ones.
    pub fn risks(&self) -> impl Iterator<Item = (&RiskId, &Risk)> {
        self.cases.risks.iter()
    }

    /// How high a risk may be rated, once a body has said so.
    pub fn risk_appetite(&self) -> Option<u8> {
        self.cases.appetite
    }

    /// Open risks that are rated higher than the body that speaks for risks accepts.
    pub fn risks_above_appetite(&self) -> impl Iterator<Item = (&RiskId, &Risk)> {
        let most = self.cases.appetite.unwrap_or(u8::MAX);
        self.risks().filter(move |(_, risk)| risk.closed.is_none() && risk.score() > most)
    }
}
