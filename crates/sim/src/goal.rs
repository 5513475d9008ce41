//! What comes before what: few acts about a thing come to something before there is the thing.

use concordat_terms::ActName;

/// What somebody does first who would do an act of this name and finds no way.
pub(crate) fn before(act: ActName) -> &'static [ActName] {
    use ActName as A;
    match act {
        A::ModuleWithdraw | A::ModuleSign => &[A::ModulePropose],
        A::ProjectOpen => &[A::ProjectCharter],
        A::ProjectEnd => &[A::ProjectOpen],
        A::MotionWithdraw => &[A::MotionPropose],
        A::RunApprove => &[A::RunPropose],
        A::RunOpen => &[A::RunApprove],
        A::RunJoin => &[A::RunOpen],
        A::RunClose => &[A::RunJoin],
        A::ReleasePropose => &[A::RunClose],
        A::ReleasePromote => &[A::ReleasePropose, A::EvidenceSubmit],
        A::ReleaseRollback | A::ReleaseRetire | A::UpdateDeclare => &[A::ReleasePromote],
        A::DutyResume => &[A::DutyToll, A::DutyToll, A::DutyDispute],
        A::MandateDelegate | A::MandateApprove | A::MandateRevoke => &[A::MandateGrant],
        A::KeyRevoke | A::KeyBind | A::KeyCompromise => &[A::KeyRegister],
        A::ProcessorRecheck | A::ProcessorEnd => &[A::ProcessorEngage],
        A::CaseFact | A::CaseReply | A::CaseStage | A::CaseReport | A::CaseClose => &[A::CaseOpen],
        A::DrillEnd => &[A::DrillStart],
        A::HoldLift => &[A::HoldPlace],
        A::RiskUpdate | A::RiskAppetite | A::RiskClose => &[A::RiskOpen],
        A::AccountAllocate | A::AccountTransfer | A::PaymentRecord => &[A::AccountOpen],
        A::PlaceResume => &[A::PlaceSuspend],
        A::ModuleResume => &[A::ModuleSuspend],
        A::AuditAnswer | A::AuditFinding => &[A::AuditRequest],
        A::PowerRatify => &[A::ModuleSuspend, A::PlaceSuspend, A::DutyWaive],
        A::AssetDerive | A::AssetTransfer | A::DeletionAttest => &[A::AssetImport],
        A::ErasureRecord => &[A::ConsentWithdraw],
        A::PersonErase => &[A::CaseOpen, A::RiskOpen],
        _ => &[],
    }
}
