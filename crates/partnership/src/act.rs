//! The acts: one verb, one payload type. Everything a party, a body or the sequencer can do.
//!
//! The payloads are what travels in a statement's predicate under `act`; fields are frozen within
//! a major version. Anything long is a blob, named by its digest.

mod agreement;
mod assets;
mod blobs;
mod header;
mod log;
mod models;
mod projects;
mod runs;

use std::fmt;

use concordat_terms::{ActName, Digest};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::deed::Deed;

pub use crate::accounts::{
    AccountAllocate, AccountOpen, AccountSettle, AccountTransfer, Holder, PaymentRecord,
    UsageReport,
};
pub use crate::assets::{
    AssetDeclareBackground, AssetDerive, AssetLabel, AssetTransfer, CodeRegister, ConsentWithdraw,
    DeletionAttest, ErasureRecord, Handed, Licence, PlaceAttest, Step, UpdateDeclare,
};
pub use crate::audits::{AuditAnswer, AuditFinding, AuditReply, AuditRequest};
pub use crate::bodies::{
    Cause, MeetingCall, MeetingMinute, MotionDelegate, MotionExecute, MotionPropose, MotionRecuse,
    MotionVeto, MotionVote, MotionWithdraw, SeatFill, SeatVacate, Vote,
};
pub use crate::cases::{
    AssetFate, CarvedOut, CaseClose, CaseFact, CaseMatter, CaseOpen, CaseReply, CaseReport,
    CaseRuling, CaseStage, ClaimMatter, DisputeMatter, DrillEnd, DrillStart, ExitMatter, Fate,
    HoldLift, HoldPlace, IncidentMatter, OpenFormat, RecordsMatter, RegimeAdopt, Report,
    RiskAppetite, RiskClose, RiskRating, Sum,
};
pub use crate::conditions::ConditionWaive;
pub use crate::counts::RefusalCount;
pub use crate::duties::{
    DutyDischarge, DutyDispute, DutyExtend, DutyResume, DutyToll, DutyWaive, Ground,
    NoticeAcknowledge, NoticeServe, Ruling,
};
pub use crate::editions::{Between, EquivocationReport, PolicyAdopt, RulesAdopt, Shown};
pub use crate::erasures::{ErasureGround, PersonErase};
pub use crate::evidence::{
    Accreditation, Elsewhere, EvidenceReply, EvidenceWithdraw, LabAccredit, LabSuspend,
    MethodRegister, PlanRegister, RecognitionAdopt, RecognitionRevoke, TestRecord,
};
pub use crate::people::{
    KeyBind, KeyCommit, KeyCompromise, KeyRecover, KeyRegister, KeyRevoke, KeyRotate, KeyUse,
    Limits, MandateApprove, MandateDelegate, MandateGrant, MandateRevoke, PartyAccede, PartyAssign,
    PartyClear, PartyControlChange, PartyExpel, PartyNovate, PartySucceed, PartyWithdraw,
    ProcessorEnd, ProcessorEngage, ProcessorRecheck, TrainingRecord,
};
pub use crate::powers::PowerRatify;
pub use crate::progress::{ObjectiveReport, PlannedMilestone, ProjectMilestone, RoadmapAdopt};
pub use crate::recalls::{PlaceStop, ReleaseRecall};
pub use crate::rulings::{CorrectionRequest, VerdictRuling};
pub use crate::signals::SignalBatch;
pub use agreement::{Determination, ModuleEnter, ModuleSign, NamedModule, OneModule};
pub use assets::{
    AssetImport, CodeApproval, DatasetRegister, DatasetWithdraw, PlaceRegister, TrainerApproval,
};
pub use concordat_evidence::recognition::{LabClass, Rule};
pub use header::{Attached, Header, Seen, Signed, Signer, Version};
pub use log::{DigestRecord, Founder, Genesis, Tick, WitnessPolicy};
pub use models::{EvidenceSubmit, Release};
pub use projects::{OneProject, ProjectCharter};
pub use runs::{AbortReason, OneRun, Plan, RunAbort, RunClose, RunJoin, RunPropose, Trainer};

macro_rules! acts {
    ($($(#[doc = $doc:literal])+ $name:ident($payload:ty),)*) => {
        /// One act. In JSON an object with one field, its name: `{"run.open": {"run": "winter"}}`.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Act {
            $($(#[doc = $doc])+ $name($payload),)*
        }

        impl Act {
            /// The act's name in the vocabulary.
            pub fn name(&self) -> ActName {
                match self {
                    $(Self::$name(_) => ActName::$name,)*
                }
            }

            /// What it asks and does.
            pub(crate) fn deed(&self) -> &dyn Deed {
                match self {
                    $(Self::$name(deed) => deed,)*
                }
            }
        }

        impl Serialize for Act {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(Some(1))?;
                match self {
                    $(Self::$name(act) => map.serialize_entry(&self.name(), act)?,)*
                }
                map.end()
            }
        }

        impl<'de> Visitor<'de> for OneAct {
            type Value = Act;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object whose one field is the name of an act")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Act, A::Error> {
                let name = map.next_key()?.ok_or_else(|| A::Error::custom("no act is named"))?;
                let act = match name {
                    $(ActName::$name => Act::$name(map.next_value()?),)*
                };
                match map.next_key::<ActName>()? {
                    None => Ok(act),
                    Some(_) => Err(A::Error::custom("more than one act is named")),
                }
            }
        }
    };
}

acts! {
    /// Starts the log.
    Genesis(Genesis),
    /// Moves time on.
    Tick(Tick),
    /// Records the rolling digest.
    DigestRecord(DigestRecord),
    /// Tells how many acts of a party were turned away.
    RefusalCount(RefusalCount),
    /// Puts a module's text before its signers.
    ModulePropose(OneModule),
    /// Signs a module's exact bytes, with what it enters, and the document they were read in.
    ModuleSign(ModuleSign),
    /// Takes a signature back before the module enters.
    ModuleWithdraw(OneModule),
    /// Brings a set of modules into force.
    ModuleEnter(ModuleEnter),
    /// Stops what a module permits.
    ModuleSuspend(NamedModule),
    /// Lifts that.
    ModuleResume(NamedModule),
    /// Ends a module.
    ModuleTerminate(NamedModule),
    /// Brings a ruling into the log.
    DeterminationEnter(Determination),
    /// Declares a place.
    PlaceRegister(PlaceRegister),
    /// Lists a dataset version.
    DatasetRegister(DatasetRegister),
    /// Takes a dataset version out of use.
    DatasetWithdraw(DatasetWithdraw),
    /// Brings in a model that was made elsewhere.
    AssetImport(AssetImport),
    /// Allows code beside a party's data.
    CodeApprove(CodeApproval),
    /// Takes that back.
    CodeRevoke(CodeApproval),
    /// Puts a charter before its body.
    ProjectCharter(ProjectCharter),
    /// Opens a chartered project.
    ProjectOpen(OneProject),
    /// Ends a project.
    ProjectEnd(OneProject),
    /// Puts a question to a body.
    MotionPropose(MotionPropose),
    /// Votes.
    MotionVote(MotionVote),
    /// Stands aside.
    MotionRecuse(MotionRecuse),
    /// Hands a vote on, or takes it back.
    MotionDelegate(MotionDelegate),
    /// Stops a decision.
    MotionVeto(MotionVeto),
    /// Takes a motion back.
    MotionWithdraw(MotionWithdraw),
    /// Carries out a decision.
    MotionExecute(MotionExecute),
    /// Names who sits in a seat.
    SeatFill(SeatFill),
    /// Vacates a seat.
    SeatVacate(SeatVacate),
    /// Calls a meeting.
    MeetingCall(MeetingCall),
    /// Files its minutes.
    MeetingMinute(MeetingMinute),
    /// Proposes a run.
    RunPropose(RunPropose),
    /// Approves a proposed run.
    RunApprove(OneRun),
    /// Opens an approved run.
    RunOpen(OneRun),
    /// Joins an open run and reserves its whole cost.
    RunJoin(RunJoin),
    /// Closes a run with its result.
    RunClose(RunClose),
    /// Ends a run without a result.
    RunAbort(RunAbort),
    /// Files a test result.
    EvidenceSubmit(EvidenceSubmit),
    /// Proposes a release.
    ReleasePropose(Release),
    /// Releases a model.
    ReleasePromote(Release),
    /// Serves notice on a party.
    NoticeServe(NoticeServe),
    /// Acknowledges a notice.
    NoticeAcknowledge(NoticeAcknowledge),
    /// Discharges a duty.
    DutyDischarge(DutyDischarge),
    /// Stops a duty's clock.
    DutyToll(DutyToll),
    /// Lets it run on.
    DutyResume(DutyResume),
    /// Gives a duty more time.
    DutyExtend(DutyExtend),
    /// Waives a duty.
    DutyWaive(DutyWaive),
    /// Disputes a duty.
    DutyDispute(DutyDispute),
    /// Files measured values.
    SignalBatch(SignalBatch),
    /// Waives a condition.
    ConditionWaive(ConditionWaive),
    /// Asks for an audit.
    AuditRequest(AuditRequest),
    /// Answers a request for an audit.
    AuditAnswer(AuditAnswer),
    /// Files an auditor's finding.
    AuditFinding(AuditFinding),
    /// Registers a key.
    KeyRegister(KeyRegister),
    /// Puts a key in the place of another.
    KeyRotate(KeyRotate),
    /// Ends a key.
    KeyRevoke(KeyRevoke),
    /// Ends a key that others may have used.
    KeyCompromise(KeyCompromise),
    /// Makes a key a member's.
    KeyBind(KeyBind),
    /// Says beforehand which key comes next.
    KeyCommit(KeyCommit),
    /// Gives a party a new key.
    KeyRecover(KeyRecover),
    /// Gives a member a mandate.
    MandateGrant(MandateGrant),
    /// Hands part of a mandate on.
    MandateDelegate(MandateDelegate),
    /// Approves an act beforehand.
    MandateApprove(MandateApprove),
    /// Takes a mandate back.
    MandateRevoke(MandateRevoke),
    /// Records a training.
    TrainingRecord(TrainingRecord),
    /// A party joins.
    PartyAccede(PartyAccede),
    /// A party leaves.
    PartyWithdraw(PartyWithdraw),
    /// A party is excluded.
    PartyExpel(PartyExpel),
    /// A party lets another have a seat's rights.
    PartyAssign(PartyAssign),
    /// A party takes another's place.
    PartyNovate(PartyNovate),
    /// A party follows another by law.
    PartySucceed(PartySucceed),
    /// A party comes under other control.
    PartyControlChange(PartyControlChange),
    /// Lets it have labelled assets again.
    PartyClear(PartyClear),
    /// Engages a sub-processor.
    ProcessorEngage(ProcessorEngage),
    /// Files that it was checked again.
    ProcessorRecheck(ProcessorRecheck),
    /// Ends its engagement.
    ProcessorEnd(ProcessorEnd),
    /// Opens a case.
    CaseOpen(CaseOpen),
    /// Files facts in a case.
    CaseFact(CaseFact),
    /// Replies to what is recorded.
    CaseReply(CaseReply),
    /// Moves a case on.
    CaseStage(CaseStage),
    /// Answers a clock of a case.
    CaseReport(CaseReport),
    /// Closes a case.
    CaseClose(CaseClose),
    /// Starts a drill.
    DrillStart(DrillStart),
    /// Ends a drill.
    DrillEnd(DrillEnd),
    /// Keeps an asset as evidence.
    HoldPlace(HoldPlace),
    /// Lets go of it.
    HoldLift(HoldLift),
    /// Opens a risk.
    RiskOpen(RiskRating),
    /// Rates a risk anew.
    RiskUpdate(RiskRating),
    /// Says how high risks may be rated.
    RiskAppetite(RiskAppetite),
    /// Closes a risk.
    RiskClose(RiskClose),
    /// Adopts a regime's pack.
    RegimeAdopt(RegimeAdopt),
    /// Reports a project's milestone.
    ProjectMilestone(ProjectMilestone),
    /// Adopts a roadmap.
    RoadmapAdopt(RoadmapAdopt),
    /// Reports on an objective.
    ObjectiveReport(ObjectiveReport),
    /// Opens an account.
    AccountOpen(AccountOpen),
    /// Allocates from an account.
    AccountAllocate(AccountAllocate),
    /// Hands on what was allocated.
    AccountTransfer(AccountTransfer),
    /// Closes an account.
    AccountSettle(AccountSettle),
    /// Reports metered use, or revenue.
    UsageReport(UsageReport),
    /// Records a payment.
    PaymentRecord(PaymentRecord),
    /// Takes a place out of use.
    PlaceSuspend(PlaceStop),
    /// Lets a place be used again.
    PlaceResume(PlaceStop),
    /// Goes back to the release before.
    ReleaseRollback(ReleaseRecall),
    /// Takes a release out of service.
    ReleaseRetire(ReleaseRecall),
    /// A body ratifies what was done by a power.
    PowerRatify(PowerRatify),
    /// Asks for the correction of a verdict.
    CorrectionRequest(CorrectionRequest),
    /// Adopts another edition of the rules.
    RulesAdopt(RulesAdopt),
    /// Changes who must cosign.
    PolicyAdopt(PolicyAdopt),
    /// Reports two histories of one log.
    EquivocationReport(EquivocationReport),
    /// Says what a version was made from.
    AssetDerive(AssetDerive),
    /// Labels a version anew.
    AssetLabel(AssetLabel),
    /// Declares a version as what a party had before.
    AssetDeclareBackground(AssetDeclareBackground),
    /// Hands a version over.
    AssetTransfer(AssetTransfer),
    /// Takes rows out of use.
    ConsentWithdraw(ConsentWithdraw),
    /// Attests a deletion.
    DeletionAttest(DeletionAttest),
    /// Records an erasure.
    ErasureRecord(ErasureRecord),
    /// Destroys what is behind commitments, and blobs.
    PersonErase(PersonErase),
    /// Registers code.
    CodeRegister(CodeRegister),
    /// Files the appraisal of a place.
    PlaceAttest(PlaceAttest),
    /// Declares an update.
    UpdateDeclare(UpdateDeclare),
    /// Registers a version of a method.
    MethodRegister(MethodRegister),
    /// Accredits a lab.
    LabAccredit(LabAccredit),
    /// Suspends a lab.
    LabSuspend(LabSuspend),
    /// Registers a test plan.
    PlanRegister(PlanRegister),
    /// Replies to a result.
    EvidenceReply(EvidenceReply),
    /// Takes a result back.
    EvidenceWithdraw(EvidenceWithdraw),
    /// Adopts a rule of recognition.
    RecognitionAdopt(RecognitionAdopt),
    /// Ends one.
    RecognitionRevoke(RecognitionRevoke),
}

struct OneAct;

impl<'de> Deserialize<'de> for Act {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OneAct)
    }
}

impl Act {
    /// The digest of the thing the act is about, where it is about a thing.
    pub fn subject(&self) -> Option<Digest> {
        self.deed().subject()
    }
}
