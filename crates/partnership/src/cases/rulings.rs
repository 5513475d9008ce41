//! What a determination says of a case: that it is open again, that its stages stand still, or what
//! is owed on a claim.

use concordat_terms::{CaseId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Case, CaseMatter, CaseRefusal as No, CaseStatus, Sum};
use crate::refusal::Refusal;
use crate::state::State;
use crate::verdict::Effect;

/// What a determination says of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaseRuling {
    /// How it was closed falls, and so does what was awarded: it is open again.
    Reopened,
    /// Its stages stand still.
    Stayed,
    /// Its stages go on.
    Resumed,
    /// Of a claim that is closed: this is awarded in place of what was.
    Awarded(Sum),
}

impl CaseRuling {
    /// The ruling as a word.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Reopened => "reopened",
            Self::Stayed => "stayed",
            Self::Resumed => "resumed",
            Self::Awarded(_) => "awarded",
        }
    }
}

impl State {
    /// Refuses what cannot be said of a case as it is.
    pub(crate) fn check_case_ruling(
        &self,
        id: &CaseId,
        ruling: &CaseRuling,
        out: &mut Vec<Refusal>,
    ) {
        let Some(case) = self.cases.all.get(id) else {
            out.push(No::UnknownCase { case: id.clone() }.into());
            return;
        };
        let closed = case.status == CaseStatus::Closed;
        let stayed = case.stayed.is_some();
        let needs = match ruling {
            CaseRuling::Reopened if !closed || case.drill.is_some() => "closed, and no drill",
            CaseRuling::Stayed if closed || stayed || case.stages.is_empty() => {
                "open, at a stage that runs"
            }
            CaseRuling::Resumed if closed || !stayed => "open, and stayed",
            CaseRuling::Awarded(_) if !closed => "closed",
            _ => "",
        };
        if !needs.is_empty() {
            let (case, is) = (id.clone(), if stayed { "stayed" } else { case.status.as_str() });
            out.push(No::CaseState { case, is, needs }.into());
        }
        if let CaseRuling::Awarded(sum) = ruling {
            match &case.matter {
                CaseMatter::Claim(_) => self.check_award(case, sum, out),
                _ => {
                    let (case, is) = (id.clone(), case.kind.as_str());
                    out.push(No::OtherKind { case, is, what: "award" }.into());
                }
            }
        }
    }

    /// What was determined about a case.
    pub(crate) fn rule_case(
        &mut self,
        id: &CaseId,
        ruling: CaseRuling,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Some(mut case) = self.cases.all.get(id).cloned() else { return };
        effects.push(Effect::CaseRuled(id.clone(), ruling.clone()));
        match ruling {
            CaseRuling::Reopened => {
                let award = case.closed.take().and_then(|closed| closed.award);
                award.iter().for_each(|award| self.take_back_award(award, now, effects));
                case.status = CaseStatus::Open;
                case.stage_since = now;
                self.cases.open.insert_mut(id.clone());
                effects.push(Effect::CaseStands(id.clone(), case.status));
            }
            CaseRuling::Stayed => case.stayed = Some(now),
            CaseRuling::Resumed => {
                // What was left of the stage's time is left.
                let stood = case.stayed.take().map_or(0, |from| seconds(from, now));
                let since = case.stage_since.seconds().saturating_add(stood);
                case.stage_since = Timestamp::from_seconds(since).unwrap_or(now);
            }
            CaseRuling::Awarded(sum) => self.award_anew(&mut case, &sum, now, effects),
        }
        self.await_stage(id, &case);
        self.cases.all.insert_mut(id.clone(), case);
    }

    /// Another award takes the place of the one that a claim was closed with.
    fn award_anew(
        &mut self,
        case: &mut Case,
        sum: &Sum,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let CaseMatter::Claim(claim) = &case.matter else { return };
        let Some(closed) = &mut case.closed else { return };
        if let Some(before) = closed.award.take() {
            self.take_back_award(&before, now, effects);
        }
        let award = self.award_of(&claim.liability, sum);
        closed.award.clone_from(&award);
        if let Some(award) = award {
            self.enter_award(&award, case, now, effects);
        }
    }
}

fn seconds(from: Timestamp, until: Timestamp) -> u64 {
    until.seconds().saturating_sub(from.seconds())
}
