//! What a step leaves out is given the plainest value that the agreement in force allows.

use std::str::FromStr;

use concordat_agreement::{Agreement, Asset, AssetKind, Cited, Deed, Level};
use concordat_terms::{ActName, AssetId, ModuleId, PartyId, SeatId};

use crate::act::{Act, DutyResume, DutyWaive, MotionExecute, OneProject, OneRun, Release};
use crate::judge::SIGNATORY;

use super::Outside;
use super::plan::{self, Noises};
use super::world::World;

/// Acts that every party does for itself.
const OWN: [ActName; 10] = [
    ActName::PlaceRegister,
    ActName::DatasetRegister,
    ActName::DatasetWithdraw,
    ActName::CodeApprove,
    ActName::CodeRevoke,
    ActName::RunApprove,
    ActName::RunJoin,
    ActName::MotionVote,
    ActName::ModuleSign,
    ActName::ModuleWithdraw,
];

/// An act of a step, with everything in it.
pub(super) struct Filled {
    pub(super) signers: Vec<(SeatId, PartyId)>,
    pub(super) act: Act,
    /// How strongly it is signed, if the step says so.
    pub(super) level: Option<Level>,
    /// Whether the step's verdict is about it; what has to be done before is not counted.
    pub(super) counts: bool,
}

/// What is left out and has no plainest value, and what would help.
pub(super) struct Unfilled {
    pub(super) what: String,
    pub(super) hint: &'static str,
}

impl Unfilled {
    pub(super) fn new(what: impl Into<String>, hint: &'static str) -> Self {
        Self { what: what.into(), hint }
    }
}

/// Who acts: the party that the step names, every party of the seat, or its first.
pub(super) fn parties(world: &World, deed: &Deed) -> Vec<PartyId> {
    if let Some(party) = &deed.party {
        return vec![party.clone()];
    }
    let agreement = world.state.agreement();
    let all: Vec<PartyId> = if deed.seat.as_str() == SIGNATORY {
        agreement.parties().filter_map(|party| party.id()).collect()
    } else {
        agreement.seat(&deed.seat).map(|s| s.terms.filled_by.clone()).unwrap_or_default()
    };
    if deed.act == ActName::MotionVote && !deed.each {
        return voting(world, deed, all);
    }
    if deed.each || OWN.contains(&deed.act) {
        return all;
    }
    let run = deed.names.first().and_then(|name| name.parse().ok()).or(world.named.run.clone());
    let run = run.and_then(|run| world.state.runs().get(&run));
    let joined = |party: &&PartyId| run.is_some_and(|run| run.joined.contains(*party));
    let closer = all.iter().find(joined).filter(|_| deed.act == ActName::RunClose);
    closer.or(all.first()).cloned().into_iter().collect()
}

/// Those of a seat who have a vote on the motion that a step means; all of them, where nobody has.
fn voting(world: &World, deed: &Deed, mut all: Vec<PartyId>) -> Vec<PartyId> {
    let named = deed.names.first().and_then(|name| name.parse().ok());
    let motion = named.or(world.named.motion.clone());
    let motion = motion.and_then(|motion| world.state.motions().get(&motion));
    let body = motion.map(|motion| &motion.proposed.body);
    let voters = body.map(|body| world.state.voters(body)).unwrap_or_default();
    if all.iter().any(|party| voters.contains(party)) {
        all.retain(|party| voters.contains(party));
    }
    all
}

/// The acts that a step means when this party does it.
pub(super) fn acts(
    world: &mut World,
    (outside, noises): (Outside, &Noises),
    home: &ModuleId,
    deed: &Deed,
    party: &PartyId,
) -> Result<Vec<Filled>, Unfilled> {
    let mut fill = Fill { world, outside, noises, home, deed, party, before: Vec::new() };
    let acts = fill.acts()?;
    let filled = |act: &Act, counts| Filled {
        signers: fill.signers(act),
        act: act.clone(),
        level: deed.level().filter(|_| counts),
        counts,
    };
    let before = fill.before.iter().map(|act| filled(act, false));
    Ok(before.chain(acts.iter().map(|act| filled(act, true))).collect())
}

/// One party's part of a step while it is being filled.
pub(super) struct Fill<'a> {
    pub(super) world: &'a mut World,
    pub(super) outside: Outside,
    pub(super) noises: &'a Noises,
    /// The module that holds the scenario.
    pub(super) home: &'a ModuleId,
    pub(super) deed: &'a Deed,
    pub(super) party: &'a PartyId,
    /// What has to be done first.
    pub(super) before: Vec<Act>,
}

impl Fill<'_> {
    pub(super) fn acts(&mut self) -> Result<Vec<Act>, Unfilled> {
        Ok(vec![match self.deed.act {
            ActName::ModulePropose => Act::ModulePropose(self.module(true)?),
            ActName::ModuleSign => return self.signatures(),
            ActName::ModuleWithdraw => Act::ModuleWithdraw(self.module(false)?),
            ActName::ModuleEnter => Act::ModuleEnter(self.modules()?),
            ActName::ModuleSuspend => Act::ModuleSuspend(self.named_module()?),
            ActName::ModuleResume => Act::ModuleResume(self.named_module()?),
            ActName::ModuleTerminate => Act::ModuleTerminate(self.named_module()?),
            ActName::DeterminationEnter => Act::DeterminationEnter(self.determination()?),
            ActName::PlaceRegister => Act::PlaceRegister(self.place()?),
            ActName::DatasetRegister => return self.on_each(Self::register),
            ActName::DatasetWithdraw => return self.on_each(Self::withdraw),
            ActName::AssetImport => Act::AssetImport(self.import()?),
            ActName::CodeApprove => return self.on_each(|f, a| Ok(Act::CodeApprove(f.code(a)))),
            ActName::CodeRevoke => return self.on_each(|f, a| Ok(Act::CodeRevoke(f.code(a)))),
            ActName::ProjectCharter => Act::ProjectCharter(self.charter()?),
            ActName::ProjectOpen => Act::ProjectOpen(OneProject { project: self.project()? }),
            ActName::ProjectEnd => Act::ProjectEnd(OneProject { project: self.project()? }),
            ActName::MotionPropose => Act::MotionPropose(self.motion()?),
            ActName::MotionVote => Act::MotionVote(self.vote()?),
            ActName::MotionExecute => {
                Act::MotionExecute(MotionExecute { motion: self.motion_name()? })
            }
            ActName::MotionRecuse
            | ActName::MotionDelegate
            | ActName::MotionVeto
            | ActName::MotionWithdraw
            | ActName::SeatFill
            | ActName::SeatVacate
            | ActName::MeetingCall
            | ActName::MeetingMinute => self.body()?,
            ActName::RunPropose => Act::RunPropose(plan::proposal(self)?),
            ActName::RunApprove => Act::RunApprove(OneRun { run: self.run()? }),
            ActName::RunOpen => Act::RunOpen(OneRun { run: self.run()? }),
            ActName::RunJoin => Act::RunJoin(self.join()?),
            ActName::RunClose => Act::RunClose(self.close()?),
            ActName::RunAbort => Act::RunAbort(self.abort()?),
            ActName::EvidenceSubmit => Act::EvidenceSubmit(self.evidence()?),
            ActName::ReleasePropose => Act::ReleasePropose(Release { model: self.model() }),
            ActName::ReleasePromote => Act::ReleasePromote(Release { model: self.model() }),
            ActName::DutyDischarge => Act::DutyDischarge(self.discharge()?),
            ActName::DutyToll => Act::DutyToll(self.toll()?),
            ActName::DutyResume => Act::DutyResume(DutyResume { duty: self.duty()? }),
            ActName::DutyExtend => Act::DutyExtend(self.extend()?),
            ActName::DutyWaive => Act::DutyWaive(DutyWaive { duty: self.duty()? }),
            ActName::DutyDispute => Act::DutyDispute(self.dispute()?),
            ActName::NoticeServe => Act::NoticeServe(self.notice()?),
            ActName::NoticeAcknowledge => Act::NoticeAcknowledge(self.acknowledge()?),
            ActName::SignalBatch => Act::SignalBatch(self.batch()?),
            ActName::ConditionWaive => Act::ConditionWaive(self.condition()?),
            ActName::AuditRequest => Act::AuditRequest(self.audit()?),
            ActName::AuditAnswer => Act::AuditAnswer(self.answer()?),
            ActName::AuditFinding => Act::AuditFinding(self.finding()?),
            ActName::CaseOpen
            | ActName::CaseFact
            | ActName::CaseReply
            | ActName::CaseStage
            | ActName::CaseReport
            | ActName::CaseClose
            | ActName::DrillStart
            | ActName::DrillEnd
            | ActName::HoldPlace
            | ActName::HoldLift
            | ActName::RiskOpen
            | ActName::RiskUpdate
            | ActName::RiskAppetite
            | ActName::RiskClose
            | ActName::RegimeAdopt => self.case()?,
            ActName::AccountOpen
            | ActName::AccountAllocate
            | ActName::AccountTransfer
            | ActName::AccountSettle
            | ActName::UsageReport
            | ActName::PaymentRecord => self.account()?,
            ActName::ProjectMilestone | ActName::RoadmapAdopt | ActName::ObjectiveReport => {
                self.progress()?
            }
            ActName::ReleaseRollback => Act::ReleaseRollback(self.recall()),
            ActName::ReleaseRetire => Act::ReleaseRetire(self.recall()),
            ActName::PlaceSuspend => Act::PlaceSuspend(self.place_stop()?),
            ActName::PlaceResume => Act::PlaceResume(self.place_stop()?),
            ActName::PowerRatify => Act::PowerRatify(self.ratification()),
            ActName::CorrectionRequest => Act::CorrectionRequest(self.correction()),
            ActName::AssetDerive => Act::AssetDerive(self.derive()?),
            ActName::AssetLabel => Act::AssetLabel(self.label()?),
            ActName::AssetDeclareBackground => Act::AssetDeclareBackground(self.background()?),
            ActName::AssetTransfer => Act::AssetTransfer(self.transfer()?),
            ActName::ConsentWithdraw => return self.on_each(Self::withdraw_consent),
            ActName::DeletionAttest => return self.on_each(Self::attest_deletion),
            ActName::ErasureRecord => return self.on_each(Self::record_erasure),
            ActName::PersonErase => Act::PersonErase(self.erase()),
            ActName::CodeRegister => Act::CodeRegister(self.register_code()?),
            ActName::PlaceAttest => Act::PlaceAttest(self.attest_place()?),
            ActName::UpdateDeclare => Act::UpdateDeclare(self.declare_update()?),
            ActName::MethodRegister
            | ActName::LabAccredit
            | ActName::LabSuspend
            | ActName::PlanRegister
            | ActName::EvidenceReply
            | ActName::EvidenceWithdraw
            | ActName::RecognitionAdopt
            | ActName::RecognitionRevoke => self.testing()?,
            act => {
                let what = format!("`{act}` cannot be a step");
                return Err(Unfilled::new(what, "leave the step out"));
            }
        }])
    }

    pub(super) fn agreement(&self) -> &Agreement {
        self.world.agreement()
    }

    /// Who signs: who acts, and under a result everybody else who joined.
    fn signers(&self, act: &Act) -> Vec<(SeatId, PartyId)> {
        let seat = &self.deed.seat;
        let mut signers = vec![(seat.clone(), self.party.clone())];
        if let Act::RunClose(close) = act {
            // Beside who acts: those whose contributions are summed, for that seat.
            let of = self.agreement().aggregation().map(|a| a.terms.of.clone());
            let of = of.unwrap_or_else(|| seat.clone());
            let joined = self.world.state.runs().get(&close.run).map(|run| run.joined.clone());
            let joined = joined.unwrap_or_default();
            let own = joined.contains(self.party);
            let others = joined.into_iter().filter(|party| party != self.party);
            let most = self.deed.count("signers").map_or(usize::MAX, |n| n as usize);
            let most = most.saturating_sub(usize::from(own));
            signers.extend(others.take(most).map(|party| (of.clone(), party)));
        }
        // What is owed to several all of them let go.
        let together = self.together(act);
        let others = together.into_iter().filter(|party| party != self.party);
        signers.extend(others.filter_map(|party| Some((self.seat_for(&party)?, party))));
        signers
    }

    /// The step's name for what it makes; the noun, if there is none.
    pub(super) fn makes<T: FromStr>(&self, noun: &str) -> Result<T, Unfilled> {
        id(self.deed.names.first().map_or(noun, String::as_str))
    }

    /// The step's name for what it takes up; what was named last, if there is none.
    pub(super) fn takes<T: FromStr + Clone>(
        &self,
        last: Option<&T>,
        noun: &str,
    ) -> Result<T, Unfilled> {
        match (self.deed.names.first(), last) {
            (None, Some(last)) => Ok(last.clone()),
            (name, _) => id(name.map_or(noun, String::as_str)),
        }
    }

    fn on_each(
        &mut self,
        act: fn(&mut Self, AssetId) -> Result<Act, Unfilled>,
    ) -> Result<Vec<Act>, Unfilled> {
        let mut assets = self.deed.on.clone();
        if assets.is_empty() {
            let held = |asset: &Cited<'_, Asset>| asset.terms.holder == self.deed.seat;
            let datasets = || datasets(self.agreement());
            assets.extend(datasets().find(held).or_else(|| datasets().next()).and_then(|a| a.id()));
        }
        if assets.is_empty() {
            return Err(no_dataset());
        }
        assets.into_iter().map(|asset| act(self, asset)).collect()
    }
}

/// A name as a name of some kind: all are spelt alike, and the text's were checked.
pub(super) fn id<T: FromStr>(text: &str) -> Result<T, Unfilled> {
    let hint = "choose a short plain name";
    text.parse().map_err(|_| Unfilled::new(format!("`{text}` is no name"), hint))
}

pub(super) fn no_dataset() -> Unfilled {
    Unfilled::new("no clause declares a dataset", "add an asset clause of kind `dataset`")
}

/// The datasets of an agreement, in the order of their modules and names.
pub(super) fn datasets(agreement: &Agreement) -> impl Iterator<Item = Cited<'_, Asset>> {
    agreement.assets().filter(|asset| asset.terms.kind == AssetKind::Dataset)
}
