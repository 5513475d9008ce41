//! The vocabulary: the name of every act, once.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! vocabulary {
    (
        $($(#[doc = $doc:literal])+ $variant:ident = $name:literal [$($aspect:ident),*],)*
    ) => {
        /// The name of an act, `noun.verb`. What each carries and does is told by the type of
        /// its payload.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ActName {
            $($(#[doc = $doc])+ $variant,)*
        }

        impl ActName {
            /// Every act that this edition of the rules judges, in the order of the vocabulary.
            pub const JUDGED: &'static [Self] = &[$(Self::$variant,)*];

            /// Every act that a clause may name: the same.
            pub const ALL: &'static [Self] = Self::JUDGED;

            /// `noun.verb`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What it does, in a sentence for people.
            pub const fn says(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc),+).trim_ascii(),)*
                }
            }

            /// What it is about, as far as clauses ask.
            pub const fn about(self) -> &'static [Aspect] {
                match self {
                    $(Self::$variant => &[$(Aspect::$aspect),*],)*
                }
            }
        }

        impl FromStr for ActName {
            type Err = NotAnAct;

            fn from_str(text: &str) -> Result<Self, NotAnAct> {
                match text {
                    $($name => Ok(Self::$variant),)*
                    _ => Err(NotAnAct(text.chars().take(80).collect())),
                }
            }
        }
    };
}

/// What clauses ask about an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aspect {
    /// The places where it happens: conditions on `place`.
    Place,
    /// A run and its plan: `kinds`, conditions on `run`.
    Run,
    /// Assets: `on`, conditions on `asset`.
    Asset,
    /// What it is for: `purposes`.
    Purpose,
    /// A digest that a lab files evidence about: `evidence` of a gate.
    Evidence,
    /// A body may carry it out: `motion` of a gate.
    Decision,
}

/// Who says whether an act may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuledBy {
    /// The clauses of the agreement: a permit, and no forbid.
    Clauses,
    /// The list of signers of the module that it is about; no permit or forbid may name it, a
    /// gate or a power may name `module.enter`.
    Signers,
    /// The party that it is about: its keys, who may sign for it, and its answers to what is recorded
    /// against it. No permit or forbid may name it, a gate may.
    Party,
    /// The consent that the instrument asks for, or everybody's. No permit or forbid may name it, a
    /// gate may.
    Instrument,
    /// The rules themselves: they name who may. No permit or forbid may name it, a gate may.
    Rules,
    /// The log itself: its founding, its time, and what its sequencer tells; no clause may name it.
    Founding,
}

impl ActName {
    /// Who says whether it may be done.
    pub const fn ruled_by(self) -> RuledBy {
        match self {
            Self::Genesis | Self::Tick | Self::DigestRecord | Self::RefusalCount => {
                RuledBy::Founding
            }
            Self::ModulePropose | Self::ModuleSign | Self::ModuleWithdraw | Self::ModuleEnter => {
                RuledBy::Signers
            }
            Self::KeyRegister
            | Self::KeyRotate
            | Self::KeyRevoke
            | Self::KeyCompromise
            | Self::KeyBind
            | Self::KeyCommit
            | Self::MandateGrant
            | Self::MandateDelegate
            | Self::MandateApprove
            | Self::MandateRevoke
            | Self::CaseReply => RuledBy::Party,
            Self::KeyRecover
            | Self::PartyAccede
            | Self::PartyWithdraw
            | Self::PartyExpel
            | Self::PartyAssign
            | Self::PartyNovate
            | Self::PartySucceed
            | Self::PartyControlChange
            | Self::PartyClear => RuledBy::Instrument,
            Self::PowerRatify | Self::CorrectionRequest | Self::EquivocationReport => {
                RuledBy::Rules
            }
            _ => RuledBy::Clauses,
        }
    }

    /// Whether what it does can be undone by a compensating change. By a power that a body is to
    /// ratify such an act takes effect at once; any other waits for the body.
    pub const fn can_be_undone(self) -> bool {
        matches!(
            self,
            Self::ModuleSuspend
                | Self::ModuleResume
                | Self::ModuleTerminate
                | Self::PlaceSuspend
                | Self::PlaceResume
                | Self::ReleasePromote
                | Self::ReleaseRollback
                | Self::ReleaseRetire
                | Self::DutyExtend
                | Self::DutyWaive
        )
    }
}

vocabulary! {
    /// Starts the log.
    Genesis = "genesis" [],
    /// Moves time on.
    Tick = "tick" [],
    /// Records the rolling digest, so that replicas compare.
    DigestRecord = "digest.record" [],
    /// Tells how many acts of a party were turned away, beyond what may be refused.
    RefusalCount = "refusal.count" [],
    /// Puts a module's text before its signers.
    ModulePropose = "module.propose" [],
    /// One signer's signature under a module's exact bytes.
    ModuleSign = "module.sign" [],
    /// Takes one's signature under a module back, before the module enters.
    ModuleWithdraw = "module.withdraw" [],
    /// Brings a complete, consistent set of modules into force.
    ModuleEnter = "module.enter" [Decision],
    /// Closes a module's permits for a time.
    ModuleSuspend = "module.suspend" [Decision],
    /// Opens them again.
    ModuleResume = "module.resume" [Decision],
    /// Ends a module.
    ModuleTerminate = "module.terminate" [Decision],
    /// Brings the ruling of a court or tribunal into the log.
    DeterminationEnter = "determination.enter" [Decision],
    /// Declares where a party runs things.
    PlaceRegister = "place.register" [Place],
    /// Lists a dataset version in the catalogue.
    DatasetRegister = "dataset.register" [Place, Asset, Purpose],
    /// Takes a dataset version out of use.
    DatasetWithdraw = "dataset.withdraw" [Asset],
    /// Brings in a version of a model that was made elsewhere, so that it can be tested and released.
    AssetImport = "asset.import" [Asset, Purpose],
    /// Allows code to run beside a party's data.
    CodeApprove = "code.approve" [Asset],
    /// Takes the approval of code back.
    CodeRevoke = "code.revoke" [Asset],
    /// Puts a project's charter before its body.
    ProjectCharter = "project.charter" [Asset, Purpose],
    /// Opens a chartered project.
    ProjectOpen = "project.open" [Asset, Purpose, Decision],
    /// Ends a project.
    ProjectEnd = "project.end" [Asset, Purpose, Decision],
    /// Puts a question to a body.
    MotionPropose = "motion.propose" [],
    /// One member's vote.
    MotionVote = "motion.vote" [],
    /// A member stands aside for a conflict of interest.
    MotionRecuse = "motion.recuse" [],
    /// Hands one's vote in a body to another member of one's side, or takes it back.
    MotionDelegate = "motion.delegate" [],
    /// Vetoes a motion.
    MotionVeto = "motion.veto" [],
    /// Takes a motion back.
    MotionWithdraw = "motion.withdraw" [],
    /// Carries out what a body decided, gated again at that moment.
    MotionExecute = "motion.execute" [],
    /// Names who sits in a seat for a party.
    SeatFill = "seat.fill" [],
    /// Vacates a seat.
    SeatVacate = "seat.vacate" [Decision],
    /// Calls a meeting of a body.
    MeetingCall = "meeting.call" [],
    /// Files the minutes of a meeting.
    MeetingMinute = "meeting.minute" [],
    /// Proposes a joint computation.
    RunPropose = "run.propose" [Place, Run, Asset, Purpose],
    /// One seat's approval of a proposed run.
    RunApprove = "run.approve" [Place, Run, Asset, Purpose],
    /// Opens an approved run for its participants.
    RunOpen = "run.open" [Place, Run, Asset, Purpose, Decision],
    /// Joins a run and reserves the budget of all its rounds and retries.
    RunJoin = "run.join" [Place, Run, Asset, Purpose],
    /// Closes a run with its result, signed by as many participants as the threshold asks for.
    RunClose = "run.close" [Place, Run, Asset, Purpose],
    /// Ends a run without a result; what was reserved stays spent.
    RunAbort = "run.abort" [Place, Run, Asset, Purpose],
    /// Files a lab's test result about a digest.
    EvidenceSubmit = "evidence.submit" [Asset, Purpose],
    /// Proposes a model for release.
    ReleasePropose = "release.propose" [Asset, Purpose, Evidence],
    /// Releases a model.
    ReleasePromote = "release.promote" [Asset, Purpose, Evidence, Decision],
    /// Serves notice on a party.
    NoticeServe = "notice.serve" [Asset],
    /// Acknowledges a notice.
    NoticeAcknowledge = "notice.acknowledge" [],
    /// Discharges a duty.
    DutyDischarge = "duty.discharge" [Asset],
    /// Stops a duty's clock.
    DutyToll = "duty.toll" [Asset],
    /// Lets a duty's clock run on.
    DutyResume = "duty.resume" [Asset],
    /// Gives a duty more time.
    DutyExtend = "duty.extend" [Asset, Decision],
    /// Waives a duty.
    DutyWaive = "duty.waive" [Asset, Decision],
    /// Disputes a duty.
    DutyDispute = "duty.dispute" [Asset],
    /// Files measured values.
    SignalBatch = "signal.batch" [],
    /// Waives a condition.
    ConditionWaive = "condition.waive" [],
    /// Asks for an audit.
    AuditRequest = "audit.request" [Asset],
    /// Answers a request for an audit.
    AuditAnswer = "audit.answer" [],
    /// Files an auditor's finding.
    AuditFinding = "audit.finding" [],
    /// Registers a further key of a party, or of one of its members.
    KeyRegister = "key.register" [],
    /// Puts a new key in the place of another.
    KeyRotate = "key.rotate" [],
    /// Ends a key.
    KeyRevoke = "key.revoke" [],
    /// Ends a key that others may have used since some entry.
    KeyCompromise = "key.compromise" [],
    /// Makes a party's key the key of one of its members.
    KeyBind = "key.bind" [],
    /// Says beforehand which key comes after a key, without showing it.
    KeyCommit = "key.commit" [],
    /// Gives a party a new key in the place of one that it has lost, or that others have.
    KeyRecover = "key.recover" [Decision],
    /// Gives a member a mandate: for a seat, for a time, within limits.
    MandateGrant = "mandate.grant" [],
    /// Hands part of one's own mandate to another member.
    MandateDelegate = "mandate.delegate" [],
    /// Approves one act before a member does it.
    MandateApprove = "mandate.approve" [],
    /// Takes a mandate back.
    MandateRevoke = "mandate.revoke" [],
    /// Records that a member was trained.
    TrainingRecord = "training.record" [],
    /// A party joins.
    PartyAccede = "party.accede" [Decision],
    /// A party leaves.
    PartyWithdraw = "party.withdraw" [],
    /// A party is excluded.
    PartyExpel = "party.expel" [Decision],
    /// A party lets another have its rights in a seat, and goes on owing what it owes.
    PartyAssign = "party.assign" [Decision],
    /// Another party takes a party's place, with what it has and what it owes.
    PartyNovate = "party.novate" [Decision],
    /// A party follows another by operation of law.
    PartySucceed = "party.succeed" [Decision],
    /// A party tells that somebody else controls it.
    PartyControlChange = "party.control-change" [],
    /// Lets a party under new control have labelled assets again.
    PartyClear = "party.clear" [Decision],
    /// Engages a sub-processor.
    ProcessorEngage = "processor.engage" [Place, Asset, Purpose],
    /// Files that a sub-processor was checked again.
    ProcessorRecheck = "processor.recheck" [Asset],
    /// Ends the engagement of a sub-processor.
    ProcessorEnd = "processor.end" [Asset],
    /// Opens a case: an incident, a dispute, a claim, a request for records, an exit.
    CaseOpen = "case.open" [Asset],
    /// Files facts in a case.
    CaseFact = "case.fact" [Asset],
    /// Answers what was recorded against oneself in a case, or what one is consulted about.
    CaseReply = "case.reply" [],
    /// Moves a case to a later stage before its time.
    CaseStage = "case.stage" [Asset, Decision],
    /// Reports what a clock of a case asks for, or says why it is not owed.
    CaseReport = "case.report" [Asset],
    /// Closes a case with what came of it.
    CaseClose = "case.close" [Asset, Decision],
    /// Starts a drill: the clocks of an incident, and nobody outside is told.
    DrillStart = "drill.start" [Asset],
    /// Ends a drill.
    DrillEnd = "drill.end" [Asset],
    /// Keeps an asset as evidence.
    HoldPlace = "hold.place" [Asset, Decision],
    /// Lets go of an asset that was kept as evidence.
    HoldLift = "hold.lift" [Asset, Decision],
    /// Opens a risk.
    RiskOpen = "risk.open" [],
    /// Rates a risk anew.
    RiskUpdate = "risk.update" [],
    /// Sets how high a risk may be rated.
    RiskAppetite = "risk.appetite" [Decision],
    /// Closes a risk.
    RiskClose = "risk.close" [],
    /// Adopts a pack of a regime's duties.
    RegimeAdopt = "regime.adopt" [Decision],
    /// Reports that a project has reached a milestone.
    ProjectMilestone = "project.milestone" [Asset, Purpose],
    /// Adopts a roadmap: milestones of projects and their days.
    RoadmapAdopt = "roadmap.adopt" [Decision],
    /// Reports a figure on an objective.
    ObjectiveReport = "objective.report" [Decision],
    /// Opens an account, for a time.
    AccountOpen = "account.open" [Decision],
    /// Allocates from an account to one of its holders.
    AccountAllocate = "account.allocate" [Decision],
    /// Hands what one holder was allocated to another.
    AccountTransfer = "account.transfer" [Decision],
    /// Closes an account: what was not spent goes back.
    AccountSettle = "account.settle" [Decision],
    /// Reports metered use of an account, or revenue for which a royalty is owed.
    UsageReport = "usage.report" [],
    /// Records a payment.
    PaymentRecord = "payment.record" [Decision],
    /// Takes a place out of use.
    PlaceSuspend = "place.suspend" [Place, Decision],
    /// Lets a place be used again.
    PlaceResume = "place.resume" [Place, Decision],
    /// Goes back to the release before.
    ReleaseRollback = "release.rollback" [Asset, Purpose, Decision],
    /// Takes a release out of service.
    ReleaseRetire = "release.retire" [Asset, Purpose, Decision],
    /// A body ratifies what was done by a power.
    PowerRatify = "power.ratify" [Decision],
    /// Asks for the correction of a verdict.
    CorrectionRequest = "correction.request" [],
    /// Adopts another edition of the rules.
    RulesAdopt = "rules.adopt" [Decision],
    /// Changes who must cosign.
    PolicyAdopt = "policy.adopt" [Decision],
    /// Reports two histories of one log.
    EquivocationReport = "equivocation.report" [],
    /// Says what a version was made from, and how.
    AssetDerive = "asset.derive" [Place, Asset, Purpose],
    /// Labels a version anew.
    AssetLabel = "asset.label" [Asset, Evidence, Decision],
    /// Declares a version as what a party brought.
    AssetDeclareBackground = "asset.declare-background" [Asset],
    /// Hands a copy of a version, a share in it, or a licence to it, to another party.
    AssetTransfer = "asset.transfer" [Place, Asset, Evidence, Decision],
    /// Takes out of use what people no longer consent to.
    ConsentWithdraw = "consent.withdraw" [Asset],
    /// Attests that a party deleted what it held.
    DeletionAttest = "deletion.attest" [Asset],
    /// Records that what people no longer consent to was erased.
    ErasureRecord = "erasure.record" [Asset],
    /// Destroys what is behind commitments, and blobs, wherever the log is followed.
    PersonErase = "person.erase" [],
    /// Registers code with its environment and licence.
    CodeRegister = "code.register" [Asset],
    /// Files the appraisal of a place's machine.
    PlaceAttest = "place.attest" [Place],
    /// Declares a version of a model as an update of the one that is released.
    UpdateDeclare = "update.declare" [Asset, Purpose, Evidence],
    /// Registers a version of a method of testing.
    MethodRegister = "method.register" [Decision],
    /// Accredits a lab for methods and a time.
    LabAccredit = "lab.accredit" [Decision],
    /// Suspends a lab.
    LabSuspend = "lab.suspend" [Decision],
    /// Registers what a lab will test, and how, before it tests.
    PlanRegister = "plan.register" [],
    /// Replies to a test result.
    EvidenceReply = "evidence.reply" [Asset, Purpose],
    /// Takes a test result back.
    EvidenceWithdraw = "evidence.withdraw" [Asset, Purpose],
    /// Adopts a rule under which results from elsewhere count here.
    RecognitionAdopt = "recognition.adopt" [Decision],
    /// Ends such a rule.
    RecognitionRevoke = "recognition.revoke" [Decision],
}

/// A text that names no act.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an act")]
pub struct NotAnAct(pub String);

impl fmt::Display for ActName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ActName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ActName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_act_is_found_by_its_name() {
        for act in ActName::ALL {
            assert_eq!(act.as_str().parse::<ActName>(), Ok(*act));
        }
        assert!("run.invent".parse::<ActName>().is_err());
    }

    #[test]
    fn every_act_says_what_it_does_in_a_sentence() {
        for act in ActName::ALL {
            let says = act.says();
            assert!(says.ends_with('.') && says.starts_with(char::is_uppercase), "{act}: {says}");
            assert_eq!(says.split_whitespace().collect::<Vec<_>>().join(" "), says);
        }
    }
}
