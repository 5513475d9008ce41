//! What becomes of cases, holds, risks and regimes: by acts, and by time.

use std::collections::{BTreeMap, BTreeSet};

use concordat_evidence::clock::{Reckoning, due};
use concordat_evidence::regime::Pack;
use concordat_terms::{CaseId, ClauseRef, Digest, PartyId, Period, Timestamp};
use serde::Serialize;

use super::{
    Adopted, AssetFate, Case, CaseClose, CaseFact, CaseMatter, CaseOpen, CaseReply, CaseReport,
    CaseStatus, ClaimMatter, Closed, DrillEnd, Filed, Hold, HoldPlace, IncidentMatter, Listed,
    Replied, Risk, RiskClose, RiskRating,
};
use crate::act::Act;
use crate::agenda::Alarm;
use crate::state::State;
use crate::verdict::Effect;

/// What acts about cases, holds, risks and regimes change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change {
    Opened {
        by: PartyId,
        opened: Box<CaseOpen>,
        drill: Option<Digest>,
    },
    Filed {
        by: PartyId,
        filed: Box<CaseFact>,
    },
    Replied {
        by: PartyId,
        reply: CaseReply,
    },
    Stage {
        case: CaseId,
        stage: usize,
    },
    Reported {
        by: PartyId,
        report: CaseReport,
    },
    Closed(Box<CaseClose>),
    Ended(DrillEnd),
    Held {
        by: PartyId,
        hold: HoldPlace,
    },
    Lifted(u64),
    Rated {
        by: PartyId,
        rating: Box<RiskRating>,
    },
    RiskClosed(RiskClose),
    Appetite(u8),
    Adopted {
        digest: Digest,
        #[serde(skip)]
        pack: Box<Pack>,
    },
}

impl From<Change> for crate::change::Change {
    fn from(change: Change) -> Self {
        Self::Case(change)
    }
}

impl State {
    pub(crate) fn change_case(&mut self, change: Change, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        match change {
            Change::Opened { by, opened, drill } => {
                self.start_case((Some(by), BTreeSet::new()), *opened, drill, now, &mut effects);
            }
            Change::Filed { by, filed } => self.file_in_case(by, *filed, now, &mut effects),
            Change::Replied { by, reply } => self.reply_in_case(by, &reply, now),
            Change::Stage { case, stage } => self.set_stage(&case, stage, now, &mut effects),
            Change::Reported { by, report: CaseReport { case, clock, report } } => {
                self.answer_clock(&case, clock, (by, report), now, &mut effects);
            }
            Change::Closed(close) => self.close_case(*close, now, &mut effects),
            Change::Ended(DrillEnd { case, findings }) => {
                let close = CaseClose {
                    case,
                    outcome: findings,
                    review: None,
                    redress: None,
                    award: None,
                    release: None,
                    exempt: BTreeMap::new(),
                    settlement: None,
                };
                self.close_case(close, now, &mut effects);
            }
            Change::Held { by, hold: HoldPlace { asset, version, papers, case, ground } } => {
                let (by, clock, since, until) = (Some(by), None, now, None);
                let hold = Hold { asset, version, papers, by, ground, case, clock, since, until };
                self.place_hold(hold, &mut effects);
            }
            Change::Lifted(number) => self.lift_hold(number, now, &mut effects),
            Change::Rated { by, rating } => {
                let known = self.cases.risks.get(&rating.risk).cloned();
                let course = Vec::new();
                let mut risk = known.unwrap_or_else(|| {
                    let rating = (*rating).clone();
                    Risk { rating, by, opened: now, index: self.index, course, closed: None }
                });
                risk.rating = *rating;
                risk.course.push((now, risk.score()));
                let id = risk.rating.risk.clone();
                if self.cases.appetite.is_some_and(|most| risk.score() > most) {
                    effects.push(Effect::RiskAbove(id.clone()));
                }
                self.cases.risks.insert_mut(id, risk);
            }
            Change::RiskClosed(RiskClose { risk: id, evidence }) => {
                if let Some(mut risk) = self.cases.risks.get(&id).cloned() {
                    risk.closed = Some((now, evidence));
                    self.cases.risks.insert_mut(id, risk);
                }
            }
            Change::Appetite(most) => {
                self.cases.appetite = Some(most);
                let above: Vec<_> = self.risks_above_appetite().map(|(id, _)| id.clone()).collect();
                effects.extend(above.into_iter().map(Effect::RiskAbove));
            }
            Change::Adopted { digest, pack } => {
                let (version, index) = (pack.version.clone(), self.index);
                effects.push(Effect::RegimeAdopted(pack.id.clone(), version.clone()));
                let adopted = Adopted { digest, version, at: now, index };
                self.cases.regimes.adopt(*pack, adopted);
            }
        }
        effects
    }

    fn start_case(
        &mut self,
        (by, to): (Option<PartyId>, BTreeSet<PartyId>),
        opened: CaseOpen,
        drill: Option<Digest>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let CaseOpen { case: id, matter, on, models, against, account } = opened;
        let kind = matter.kind();
        let ladder = self.agreement.ladder(kind).filter(|_| drill.is_none());
        let stages = ladder.map(|ladder| ladder.terms.stages.clone()).unwrap_or_default();
        let fates = match &matter {
            CaseMatter::Exit(exit) => self.assets_at_holders(exit),
            _ => Vec::new(),
        };
        for party in &against {
            self.cases.against.insert_mut((party.clone(), id.clone(), self.index));
        }
        let started = match &matter {
            CaseMatter::Incident(incident) => Some((incident.kinds.clone(), incident.aware_at)),
            CaseMatter::RecordsRequest(request) => {
                Some((request.kinds.clone(), request.received_at))
            }
            _ => None,
        };
        let mut case = Case {
            kind,
            matter,
            drill,
            by,
            to,
            opened: now,
            index: self.index,
            on,
            models,
            against,
            account,
            clocks: Vec::new(),
            facts: BTreeMap::new(),
            stages,
            stage: 0,
            stayed: None,
            stage_since: now,
            replied: BTreeSet::new(),
            fates,
            status: CaseStatus::Open,
            closed: None,
        };
        effects.push(Effect::CaseStands(id.clone(), case.status));
        self.await_stage(&id, &case);
        if let Some((kinds, from)) = started {
            self.start_case_clocks(&id, &mut case, kinds, from, effects);
        }
        self.cases.open.insert_mut(id.clone());
        self.cases.all.insert_mut(id, case);
    }

    fn file_in_case(
        &mut self,
        by: PartyId,
        filed: CaseFact,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let CaseFact { case: id, facts, evidence, kinds, measures, against, fate } = filed;
        let Some(mut case) = self.cases.all.get(&id).cloned() else { return };
        case.facts.extend(facts.clone());
        for party in &against {
            self.cases.against.insert_mut((party.clone(), id.clone(), self.index));
        }
        if let CaseMatter::Incident(incident) = &mut case.matter {
            incident.measures.extend(measures.clone());
            incident.kinds.extend(kinds.clone());
            let all = incident.kinds.clone();
            if !kinds.is_empty() || !measures.is_empty() {
                self.start_case_clocks(&id, &mut case, all, now, effects);
            }
        }
        if let Some(fate) = fate {
            let AssetFate { asset, holder, fate } = fate;
            let filed = Listed { asset, holder, fate: Some(fate) };
            match case.fates.iter_mut().find(|at| at.is_of(&filed)) {
                Some(at) => *at = filed,
                None => case.fates.push(filed),
            }
        }
        let filed = Filed { by, at: now, facts, evidence, kinds, against };
        self.cases.filed.insert_mut((id.clone(), self.index), filed);
        self.cases.all.insert_mut(id, case);
    }

    fn reply_in_case(&mut self, by: PartyId, reply: &CaseReply, now: Timestamp) {
        let CaseReply { case: id, entry, reply } = reply;
        if let Some(mut case) = self.cases.all.get(id).cloned() {
            case.replied.extend(self.agreement.before(&by));
            self.cases.all.insert_mut(id.clone(), case);
        }
        let index = self.index;
        let replied = Replied { by, at: now, index, reply: *reply };
        self.cases.replies.insert_mut((id.clone(), *entry, index), replied);
    }

    fn close_case(&mut self, close: CaseClose, now: Timestamp, effects: &mut Vec<Effect>) {
        let CaseClose { case: id, outcome, review, redress, award, release, exempt, settlement } =
            close;
        let Some(mut case) = self.cases.all.get(&id).cloned() else { return };
        let award = match &case.matter {
            CaseMatter::Claim(ClaimMatter { liability, .. }) => {
                award.and_then(|sum| self.award_of(liability, &sum))
            }
            _ => None,
        };
        if let Some(award) = &award {
            self.enter_award(award, &case, now, effects);
        }
        let index = self.index;
        case.closed = Some(Closed {
            at: now,
            index,
            outcome,
            review,
            redress,
            award,
            release,
            exempt,
            settlement,
        });
        case.status = CaseStatus::Closed;
        self.agenda.cancel(&Alarm::Stage(id.clone()));
        for nth in case.open_clocks() {
            self.quiet_clock(&id, nth);
        }
        let holds = self.cases.holds_of.range((id.clone(), 0)..=(id.clone(), u64::MAX));
        let holds: Vec<u64> = holds.map(|(_, number)| *number).collect();
        holds.into_iter().for_each(|number| self.lift_hold(number, now, effects));
        effects.push(Effect::CaseStands(id.clone(), case.status));
        self.cases.open.remove_mut(&id);
        self.cases.all.insert_mut(id, case);
    }

    fn set_stage(&mut self, id: &CaseId, stage: usize, at: Timestamp, effects: &mut Vec<Effect>) {
        let Some(mut case) = self.cases.all.get(id).cloned() else { return };
        (case.stage, case.stage_since) = (stage, at);
        if let Some(stage) = case.at_stage() {
            effects.push(Effect::CaseStage(id.clone(), stage.stage.clone()));
        }
        self.await_stage(id, &case);
        self.cases.all.insert_mut(id.clone(), case);
    }

    /// Sets the alarm for the end of a stage, or takes it off.
    pub(super) fn await_stage(&mut self, id: &CaseId, case: &Case) {
        let alarm = Alarm::Stage(id.clone());
        match case.stage_ends(self).filter(|_| case.status == CaseStatus::Open) {
            Some(at) => self.agenda.set(alarm, at),
            None => self.agenda.cancel(&alarm),
        }
    }

    /// The time of a stage is over: the case is at the next.
    pub(crate) fn ring_stage(&mut self, id: &CaseId, at: Timestamp, effects: &mut Vec<Effect>) {
        let stage = self.cases.all.get(id).map(|case| case.stage.saturating_add(1));
        if let Some(stage) = stage {
            self.set_stage(id, stage, at, effects);
        }
    }

    /// A warranty was broken whose remedy is a liability: a claim opens by itself, once for as long
    /// as it stays broken.
    pub(crate) fn claim_by_itself(
        &mut self,
        warranty: &ClauseRef,
        evidence: Digest,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        use concordat_agreement::Terms;
        let clause = self.law_of(warranty).clause(warranty).map(|clause| &clause.terms);
        let Some(Terms::Warranty(terms)) = clause else { return };
        let remedy = terms.remedy.as_ref().map(|remedy| remedy.cited(&warranty.module));
        let Some(liability) = remedy.filter(|r| self.agreement.liability(r).is_some()) else {
            return;
        };
        let against = self.agreement.parties_of(&terms.by).clone();
        let owed = terms.to.iter().flat_map(|seat| self.agreement.parties_of(seat)).cloned();
        let owed = owed.collect();
        let on = terms.on.iter().cloned().collect();
        let Some(case) = self.free_name(warranty.clause.as_str()) else { return };
        let matter = CaseMatter::Claim(ClaimMatter { liability, sum: None });
        let models = [evidence].into_iter().filter(|model| self.models.contains_key(model));
        let models = models.collect();
        let opened = CaseOpen { case, matter, on, models, against, account: evidence };
        self.start_case((None, owed), opened, None, now, effects);
    }

    /// An incident that the log itself proves opens a case, with the report as its account. What
    /// kinds of incident it is, is filed there, and starts the clocks.
    pub(crate) fn open_incident(
        &mut self,
        name: &str,
        by: PartyId,
        account: Digest,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Some(case) = self.free_name(name) else { return };
        let (kinds, places, measures) = Default::default();
        let incident = IncidentMatter { kinds, places, measures, aware_at: now };
        let (on, models, against) = Default::default();
        let matter = CaseMatter::Incident(incident);
        let opened = CaseOpen { case, matter, on, models, against, account };
        self.start_case((Some(by), BTreeSet::new()), opened, None, now, effects);
    }

    /// A name for a case that opens by itself: what for, and the entry by which it did.
    fn free_name(&self, what: &str) -> Option<CaseId> {
        let short: String = what.chars().take(30).collect();
        let first = format!("{short}-{}", self.index);
        let more = (2..100_u32).map(|nth| format!("{short}-{}-{nth}", self.index));
        let names = std::iter::once(first).chain(more).filter_map(|name| name.parse().ok());
        names.into_iter().find(|name| !self.cases.all.contains_key(name))
    }

    /// Whether an act is part of a drill, so that no duty hears it.
    pub(crate) fn rehearses(&self, act: &Act) -> bool {
        let case = match act {
            Act::CaseReport(act) => &act.case,
            Act::CaseFact(act) => &act.case,
            Act::CaseReply(act) => &act.case,
            _ => return false,
        };
        self.cases.all.get(case).is_some_and(|case| case.drill.is_some())
    }
}

impl Case {
    /// When the stage at which it is ends; never, if it is the last.
    pub fn stage_ends(&self, state: &State) -> Option<Timestamp> {
        let stage = self.at_stage().filter(|_| self.stayed.is_none())?;
        self.stages.get(self.stage.saturating_add(1))?;
        let within: Period = stage.within?;
        let calendars = state.cases.regimes.calendars();
        let calendar = stage.calendar.as_ref().and_then(|country| calendars.get(country));
        let reckoning = calendar.map_or(Reckoning::Exact, Reckoning::Rolling);
        Some(due(self.stage_since, within, reckoning, &[]).legal)
    }
}
