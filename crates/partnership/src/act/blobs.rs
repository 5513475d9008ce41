//! What each act names that lies beside the log as a blob.

use std::collections::BTreeSet;

use concordat_terms::Digest;

use super::{Act, AuditReply, Fate, Report, Signed};

impl Signed {
    /// The blobs that its act names, and those of a signature that was made elsewhere.
    pub fn blobs(&self) -> BTreeSet<Digest> {
        let mut blobs = self.act.blobs();
        blobs.extend(self.attached());
        blobs
    }

    /// Those of them that can be erased.
    pub(crate) fn papers(&self) -> BTreeSet<Digest> {
        let mut papers = self.act.papers();
        papers.extend(self.attached());
        papers
    }

    fn attached(&self) -> impl Iterator<Item = Digest> {
        let attached = self.header.as_ref().and_then(|header| header.attached.as_ref());
        attached.into_iter().flat_map(|attached| [attached.signed, attached.report])
    }
}

impl Act {
    /// The blobs that it names: texts, recipes, models, reports, and what shows something. Code is
    /// named too, but stays where it was built.
    pub fn blobs(&self) -> BTreeSet<Digest> {
        &self.papers() | &self.names()
    }

    /// Those of them by whose digests others go on, and that are not erased: models, the subjects of
    /// results, and the documents in which modules were read.
    fn names(&self) -> BTreeSet<Digest> {
        match self {
            Self::ModuleSign(act) => [act.document].into(),
            Self::MotionPropose(act) => act.decision.names(),
            Self::RunClose(act) => [act.model].into(),
            Self::ReleasePropose(act) | Self::ReleasePromote(act) => [act.model].into(),
            Self::ReleaseRollback(act) | Self::ReleaseRetire(act) => [act.model].into(),
            Self::EvidenceSubmit(act) => [act.subject].into(),
            _ => BTreeSet::new(),
        }
    }

    /// Those of them that are texts, which can be erased.
    ///
    /// There is no rest: whoever adds an act says here what it names.
    pub(crate) fn papers(&self) -> BTreeSet<Digest> {
        match self {
            Self::Genesis(act) => act.modules.clone(),
            Self::ModulePropose(act) => [act.module].into(),
            Self::ModuleSign(act) => [act.module].into(),
            Self::ModuleEnter(act) => act.modules.clone(),
            Self::DeterminationEnter(act) => [act.ruling].into(),
            Self::CorrectionRequest(act) => [act.reasons].into(),

            Self::ProjectCharter(act) => [act.charter].into(),
            Self::ProjectMilestone(act) => [act.evidence].into(),
            Self::RoadmapAdopt(act) => [act.roadmap].into(),
            Self::ObjectiveReport(act) => [act.evidence].into(),

            Self::MotionPropose(act) => {
                let named = act.text.iter().chain(&act.evidence).chain(&act.procedure).copied();
                named.chain(act.decision.papers()).collect()
            }
            Self::MotionRecuse(act) => [act.conflict].into(),
            Self::MotionVeto(act) => [act.reasons].into(),
            Self::MeetingCall(act) => [act.agenda].into(),
            Self::MeetingMinute(act) => [act.minutes].into_iter().chain(act.published).collect(),

            Self::RunPropose(act) => [act.plan.recipe].into(),
            Self::ReleaseRollback(act) | Self::ReleaseRetire(act) => [act.reason].into(),
            Self::PlaceSuspend(act) | Self::PlaceResume(act) => [act.reason].into(),
            Self::UpdateDeclare(act) => [act.change].into(),

            Self::EvidenceSubmit(act) => {
                let plan = act.record.as_ref().and_then(|record| record.plan);
                [act.report].into_iter().chain(plan).collect()
            }
            Self::EvidenceReply(act) => [act.reply].into(),
            Self::EvidenceWithdraw(act) => [act.reason].into(),
            Self::MethodRegister(act) => [act.document].into(),
            Self::LabAccredit(act) => [act.accreditation.certificate].into(),
            Self::LabSuspend(act) => [act.reason].into(),
            Self::PlanRegister(act) => [act.plan].into(),
            Self::RecognitionRevoke(act) => [act.reason].into(),

            Self::NoticeServe(act) => [act.text].into(),
            Self::DutyDischarge(act) => [act.evidence].into(),
            Self::DutyToll(act) => [act.evidence].into(),
            Self::DutyDispute(act) => [act.reasons].into(),
            Self::SignalBatch(act) => [act.digest].into(),
            Self::AuditRequest(act) => [act.scope].into(),
            Self::AuditAnswer(act) => match act.reply {
                AuditReply::Given(blob) | AuditReply::Refused(blob) => [blob].into(),
            },
            Self::AuditFinding(act) => [act.finding].into(),

            Self::TrainingRecord(act) => [act.evidence].into(),
            Self::PartyAccede(act) => [act.terms].into(),
            Self::PartyWithdraw(act) => [act.reasons].into(),
            Self::PartyExpel(act) => [act.reasons].into(),
            Self::PartySucceed(act) => [act.evidence].into(),
            Self::PartyControlChange(act) => [act.evidence].into(),
            Self::ProcessorEngage(act) => [act.evidence].into(),
            Self::ProcessorRecheck(act) => [act.evidence].into(),

            Self::CaseOpen(act) => [act.account].into(),
            Self::CaseFact(act) => {
                let fate = act.fate.as_ref().and_then(|fate| fate.fate.blob());
                let named = act.facts.values().chain(&act.evidence).copied();
                named.chain(fate).collect()
            }
            Self::CaseReply(act) => [act.reply].into(),
            Self::CaseReport(act) => match act.report {
                Report::Initial(blob) | Report::Complete(blob) | Report::NotOwed(blob) => {
                    [blob].into()
                }
            },
            Self::CaseClose(act) => {
                let more = [act.review, act.redress, act.release, act.settlement];
                [act.outcome].into_iter().chain(more.into_iter().flatten()).collect()
            }
            Self::DrillStart(act) => [act.scenario].into(),
            Self::DrillEnd(act) => [act.findings].into(),
            Self::HoldPlace(act) => [act.ground].into(),
            Self::HoldLift(act) => [act.ground].into(),
            Self::RiskOpen(act) | Self::RiskUpdate(act) => {
                act.evidence.iter().copied().chain([act.description]).collect()
            }
            Self::RiskClose(act) => [act.evidence].into(),
            Self::RegimeAdopt(act) => [act.pack].into(),

            Self::AssetLabel(act) => [act.reasons].into(),
            Self::AssetDeclareBackground(act) => [act.terms].into(),
            Self::AssetTransfer(act) => [act.terms].into(),
            Self::DeletionAttest(act) => [act.evidence].into_iter().chain(act.residuals).collect(),
            Self::ErasureRecord(act) => [act.evidence].into(),
            Self::PersonErase(act) => act.request.into_iter().collect(),
            Self::PlaceAttest(act) => [act.appraisal].into(),

            Self::Tick(_)
            | Self::RunClose(_)
            | Self::ReleasePropose(_)
            | Self::ReleasePromote(_)
            | Self::DigestRecord(_)
            | Self::RefusalCount(_)
            | Self::ModuleWithdraw(_)
            | Self::ModuleSuspend(_)
            | Self::ModuleResume(_)
            | Self::ModuleTerminate(_)
            | Self::PlaceRegister(_)
            | Self::DatasetRegister(_)
            | Self::DatasetWithdraw(_)
            | Self::AssetImport(_)
            | Self::AssetDerive(_)
            | Self::CodeApprove(_)
            | Self::CodeRevoke(_)
            | Self::CodeRegister(_)
            | Self::ConsentWithdraw(_)
            | Self::ProjectOpen(_)
            | Self::ProjectEnd(_)
            | Self::MotionVote(_)
            | Self::MotionDelegate(_)
            | Self::MotionWithdraw(_)
            | Self::MotionExecute(_)
            | Self::SeatFill(_)
            | Self::SeatVacate(_)
            | Self::RunApprove(_)
            | Self::RunOpen(_)
            | Self::RunJoin(_)
            | Self::RunAbort(_)
            | Self::KeyCommit(_)
            | Self::KeyRecover(_)
            | Self::NoticeAcknowledge(_)
            | Self::DutyResume(_)
            | Self::DutyExtend(_)
            | Self::DutyWaive(_)
            | Self::ConditionWaive(_)
            | Self::KeyRegister(_)
            | Self::KeyRotate(_)
            | Self::KeyRevoke(_)
            | Self::KeyCompromise(_)
            | Self::KeyBind(_)
            | Self::MandateGrant(_)
            | Self::MandateDelegate(_)
            | Self::MandateApprove(_)
            | Self::MandateRevoke(_)
            | Self::PartyAssign(_)
            | Self::PartyNovate(_)
            | Self::PartyClear(_)
            | Self::ProcessorEnd(_)
            | Self::CaseStage(_)
            | Self::RiskAppetite(_)
            | Self::AccountOpen(_)
            | Self::AccountAllocate(_)
            | Self::AccountTransfer(_)
            | Self::AccountSettle(_)
            | Self::UsageReport(_)
            | Self::PaymentRecord(_)
            | Self::PowerRatify(_)
            | Self::RulesAdopt(_)
            | Self::PolicyAdopt(_)
            | Self::EquivocationReport(_)
            | Self::RecognitionAdopt(_) => BTreeSet::new(),
        }
    }
}

impl Fate {
    fn blob(&self) -> Option<Digest> {
        match self {
            Self::HandedOver { bundle, .. } => Some(*bundle),
            Self::Deleted(evidence) => Some(*evidence),
            Self::Kept(_) => None,
        }
    }
}
