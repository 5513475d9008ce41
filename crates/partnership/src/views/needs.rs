//! What waits for a party: votes, duties, signatures, cases, and what lapses without it.

use concordat_terms::{ActName, BodyId, PartyId, SeatId, Timestamp};
use serde::Serialize;

use crate::bodies::MotionStatus;
use crate::cases::CaseStatus;
use crate::duties::DutyStatus;
use crate::powers::UseStatus;
use crate::state::{RunStatus, State};

/// Something that waits for a party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Need {
    /// For whom.
    pub party: PartyId,
    /// What has to be done.
    pub kind: NeedKind,
    /// About what: the name of a motion, a duty, a case.
    pub about: String,
    /// What it is, in words.
    pub says: String,
    /// The act by which it is done.
    pub act: ActName,
    /// Until when; at any time, if this is absent.
    pub until: Option<Timestamp>,
    /// How many seconds of that are left, by the log's time; nought, where it is over.
    pub left: Option<u64>,
    /// Whether its time is over.
    pub overdue: bool,
}

/// What has to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NeedKind {
    /// A vote is to be cast.
    Vote,
    /// What was decided is to be carried out.
    CarryOut,
    /// The use of a power lapses, unless the body ratifies it.
    Ratify,
    /// A duty is to be discharged.
    Duty,
    /// A regime wants a report.
    Report,
    /// What is said in a case is to be answered.
    Reply,
    /// A stage of a case is to be decided.
    Decide,
    /// An audit is to be answered.
    Audit,
    /// A module is to be signed.
    Sign,
    /// A run is to be approved.
    Approve,
    /// A run is to be joined.
    Join,
    /// A notice is to be acknowledged.
    Acknowledge,
    /// A sub-processor is to be checked again.
    Recheck,
    /// Something is to be paid.
    Pay,
}

impl NeedKind {
    /// What has to be done, as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vote => "vote",
            Self::CarryOut => "carry out",
            Self::Ratify => "ratify",
            Self::Duty => "duty",
            Self::Report => "report",
            Self::Reply => "reply",
            Self::Decide => "decide",
            Self::Audit => "audit",
            Self::Sign => "sign",
            Self::Approve => "approve",
            Self::Join => "join",
            Self::Acknowledge => "acknowledge",
            Self::Recheck => "recheck",
            Self::Pay => "pay",
        }
    }
}

/// What waits for one party, while it is gathered.
struct Needs<'a> {
    state: &'a State,
    party: &'a PartyId,
    found: Vec<Need>,
}

impl State {
    /// What waits for a party now: what is over first, then what ends first; what has no end comes
    /// last.
    pub fn needs(&self, party: &PartyId) -> Vec<Need> {
        let mut needs = Needs { state: self, party, found: Vec::new() };
        needs.decisions();
        needs.powers();
        needs.duties();
        needs.cases();
        needs.papers();
        needs.runs();
        needs.debts();
        let key = |need: &Need| (need.until.is_none(), need.until, need.kind, need.about.clone());
        needs.found.sort_by_key(key);
        needs.found
    }

    /// Every party that is or ever was one. Who has left may still owe something.
    pub fn parties_ever(&self) -> Vec<PartyId> {
        let all: std::collections::BTreeSet<PartyId> = self.all_parties().collect();
        all.into_iter().collect()
    }

    /// Every party that has not left.
    pub fn parties_now(&self) -> Vec<PartyId> {
        let mut all = self.parties_ever();
        all.retain(|party| !self.agreement.has_left(party));
        all
    }

    fn all_parties(&self) -> impl Iterator<Item = PartyId> + '_ {
        let named = self.agreement.parties().filter_map(|party| party.id::<PartyId>());
        named.chain(self.members().keys().cloned())
    }
}

impl Needs<'_> {
    fn add(
        &mut self,
        kind: NeedKind,
        act: ActName,
        about: impl ToString,
        says: impl Into<String>,
        until: Option<Timestamp>,
    ) {
        let now = self.state.time.map(Timestamp::seconds).unwrap_or_default();
        let left = until.map(|until| until.seconds().saturating_sub(now));
        let overdue = left == Some(0);
        let (party, about, says) = (self.party.clone(), about.to_string(), says.into());
        self.found.push(Need { party, kind, about, says, act, until, left, overdue });
    }

    /// Whether the party fills the seat, or votes in the body, of that name.
    fn fills(&self, decider: &str) -> bool {
        let seat = decider.parse::<SeatId>().ok();
        let body = decider.parse::<BodyId>().ok();
        let fills = |seat| self.state.agreement.parties_of(&seat).contains(self.party);
        seat.is_some_and(fills)
            || body.is_some_and(|body| self.state.voters(&body).contains(self.party))
    }

    fn decisions(&mut self) {
        for (id, motion) in self.state.motions().iter() {
            let body = &motion.proposed.body;
            if !motion.status.is_pending() || !self.state.voters(body).contains(self.party) {
                continue;
            }
            let question = motion.proposed.decision.name();
            let aside = motion.recused.contains_key(self.party);
            let voted = aside || motion.votes.contains_key(self.party);
            match motion.status {
                MotionStatus::Open if !voted => self.add(
                    NeedKind::Vote,
                    ActName::MotionVote,
                    id,
                    format!("whether `{body}` does {question}"),
                    Some(motion.prolonged.unwrap_or(motion.open_until)),
                ),
                MotionStatus::Succeeded => self.add(
                    NeedKind::CarryOut,
                    ActName::MotionExecute,
                    id,
                    format!("`{body}` has decided on {question}"),
                    Some(motion.lapses_at),
                ),
                _ => {}
            }
        }
    }

    fn powers(&mut self) {
        for (index, used) in self.state.powers_used() {
            let Some(body) = used.body.as_ref().filter(|_| used.status == UseStatus::Awaiting)
            else {
                continue;
            };
            if self.state.voters(body).contains(self.party) {
                let (act, clause) = (used.act.name(), &used.clause);
                let says = format!("{act} by `{clause}` lapses, unless `{body}` ratifies it");
                let about = format!("entry {index}");
                self.add(NeedKind::Ratify, ActName::PowerRatify, about, says, used.lapses_at);
            }
        }
    }

    fn duties(&mut self) {
        let (own, _) = self.state.duties_of(self.party);
        for view in own {
            let what = view.what.unwrap_or("a duty whose clause is no longer in force");
            let act = view.discharged_by.unwrap_or(ActName::DutyDischarge);
            let says = match view.duty.status {
                DutyStatus::Active => what.to_owned(),
                status => format!("{what} ({})", status.as_str()),
            };
            self.add(NeedKind::Duty, act, view.id, says, view.duty.due);
        }
    }

    fn cases(&mut self) {
        for (id, case) in self.state.cases().filter(|(_, case)| case.status == CaseStatus::Open) {
            for view in self.state.case_view(id).into_iter().flat_map(|view| view.each) {
                if view.clock.owners.contains(self.party) && view.clock.status.is_open() {
                    let to = view.clock.to.as_deref().unwrap_or("nobody named");
                    let drill = if case.drill.is_some() { ", a drill" } else { "" };
                    let says = format!("{}, to {to}{drill}", view.title);
                    let about = format!("{id} clock {}", view.number);
                    self.add(
                        NeedKind::Report,
                        ActName::CaseReport,
                        about,
                        says,
                        view.clock.counts(),
                    );
                }
            }
            let ends = case.stage_ends(self.state);
            if case.against.contains(self.party) && !case.replied.contains(self.party) {
                let says = "it is recorded against you, and you have not replied";
                self.add(NeedKind::Reply, ActName::CaseReply, id, says, ends);
            }
            if let Some(stage) = case.at_stage().filter(|stage| self.fills(stage.by.as_str())) {
                let says = format!("it is at the stage `{}`", stage.stage);
                self.add(NeedKind::Decide, ActName::CaseStage, id, says, ends);
            }
        }
        for (index, audit) in self.state.audits() {
            if *self.state.agreement.last(&audit.of) == *self.party && audit.answer.is_none() {
                let says = format!("`{}` asks for an audit", audit.by);
                let about = format!("entry {index}");
                self.add(NeedKind::Audit, ActName::AuditAnswer, about, says, None);
            }
        }
    }

    fn papers(&mut self) {
        for (digest, proposal) in self.state.waiting() {
            if self.state.yet_to_sign(digest).contains(self.party) {
                let module = &proposal.module;
                let says = format!("version {} waits for your signature", module.version);
                self.add(NeedKind::Sign, ActName::ModuleSign, &module.id, says, None);
            }
        }
        for (index, notice) in self.state.notices() {
            let to = self.state.agreement.last(&notice.served.to);
            if to == self.party && !notice.acknowledged {
                let says = format!("a notice by `{}`", notice.by);
                let about = format!("entry {index}");
                self.add(NeedKind::Acknowledge, ActName::NoticeAcknowledge, about, says, None);
            }
        }
        for (id, engaged) in self.state.processors() {
            let ended = engaged.processor.status == crate::people::ProcessorStatus::Ended;
            if engaged.party == self.party && !ended {
                let says = "the sub-processor is to be checked again";
                let by = Some(engaged.processor.recheck_by);
                self.add(NeedKind::Recheck, ActName::ProcessorRecheck, id, says, by);
            }
        }
    }

    fn runs(&mut self) {
        for (id, run) in self.state.runs() {
            let plan = &run.proposed.plan;
            match run.status {
                RunStatus::Proposed => {
                    let law = self.state.agreement_of(&plan.project);
                    let gates = law.gates(ActName::RunOpen);
                    let asked = gates.flat_map(|gate| &gate.terms.approvals).any(|approval| {
                        let own = run.approvals.get(self.party);
                        law.parties_of(&approval.seat).contains(self.party)
                            && own.is_none_or(|seats| !seats.contains(&approval.seat))
                            && count(run, &approval.seat) < approval.at_least
                    });
                    if asked {
                        let says = format!("`{}` proposes it for {}", run.by, plan.purpose);
                        self.add(NeedKind::Approve, ActName::RunApprove, id, says, None);
                    }
                }
                RunStatus::Open => {
                    let asked = plan.datasets.contains_key(self.party);
                    if asked && !run.joined.contains(self.party) {
                        let says = "it is open, and your rows are in its plan";
                        self.add(NeedKind::Join, ActName::RunJoin, id, says, None);
                    }
                }
                RunStatus::Closed(_) | RunStatus::Aborted(_) => {}
            }
        }
    }

    fn debts(&mut self) {
        let own = self.state.debts().into_iter().filter(|debt| debt.party == *self.party);
        for debt in own.filter(|debt| debt.amount.value().negated().is_positive() && !debt.paused) {
            let says = format!("your balance is {}", debt.amount);
            self.add(NeedKind::Pay, ActName::PaymentRecord, debt.under, says, None);
        }
    }
}

/// How many parties have approved a run for a seat.
fn count(run: &crate::state::Run, seat: &concordat_terms::SeatId) -> u32 {
    let own = run.approvals.values().filter(|seats| seats.contains(seat));
    u32::try_from(own.count()).unwrap_or(u32::MAX)
}
