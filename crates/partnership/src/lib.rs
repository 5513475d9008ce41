//! The fold: acts in, verdicts out.
//!
//! [`State::judge`] says whether an act is admitted and by which clause; [`State::apply`] takes
//! what was admitted and cannot refuse. No I/O, no clock, no randomness, no floats: every party
//! folds the same log and gets the same verdicts. Knows nothing of bytes, signatures or trees.
//! [`check`] runs an agreement's scenarios on it.

mod accounts;
pub mod act;
mod agenda;
mod amending;
mod apply;
mod assets;
mod audits;
mod bodies;
mod cases;
mod catalogue;
mod change;
pub mod check;
mod conditions;
mod counts;
pub mod coverage;
mod deed;
mod disclosure;
mod duties;
mod editions;
mod erasures;
mod evidence;
mod founding;
mod gate;
mod judge;
mod kept;
mod people;
mod plans;
mod powers;
mod privacy;
mod progress;
mod projects;
mod recalls;
mod refusal;
mod releases;
mod rulings;
mod runs;
mod sequencer;
mod shared;
mod signals;
mod signing;
mod standing;
mod state;
mod trainers;
mod verdict;
mod views;

pub use accounts::{
    AccountEvent, AccountRefusal, AccountView, Book, Budget, CapView, Cause, Course, Holder,
    HolderView, Line, Opening, OwedView, Posted, Posting, Statement, Total, Value,
};
pub use act::Act;
pub use apply::OutOfOrder;
pub use assets::{
    Appraisal, AssetEffect, AssetRefusal, Attested, CatalogueEntry, Granted, Licence, Lineage,
    Origin, Phase, Shares, Slice, Update, Version, VersionView,
};
pub use audits::{Audit, AuditRefusal, AuditReply, Finding};
pub use bodies::{
    BodyRefusal, Decided, Meeting, Motion, MotionStatus, Outcome, SideTally, Sitting, Tally,
};
pub use cases::{
    Adopted, Award, Case, CaseClock, CaseRefusal, CaseStatus, CaseView, ClockStatus, ClockView,
    Closed, Draft, Filed, Hold, Liability, Liable, Listed, Recorded, Replied, Risk, read_pack,
};
pub use conditions::{ConditionRefusal, ConditionStatus};
pub use counts::{CountRefusal, Counted};
pub use disclosure::{Audience, is_always_open};
pub use duties::{
    Contest, Duty, DutyId, DutyRefusal, DutyStatus, DutyView, NotADuty, Notice, Noticed,
    Responsibility, Tolled,
};
pub use editions::{EditionRefusal, Equivocation};
pub use erasures::{Erased, ErasureRefusal, Paper};
pub use evidence::{
    Accredited, AdoptedRule, EvidenceRefusal, LabView, RecognisedBy, RegisteredMethod,
    RegisteredPlan, Reliance, ResultReply, ResultView, RuleView, Savings, SparedTest, Suspended,
    TakenBack,
};
pub use judge::{LIFETIME_MOST, SEQUENCER, SIGNATORY};
pub use kept::{LAYOUT, NotAState, read_module};
pub use people::{
    Doubt, Engaged, KeyEnd, KeyEnded, KeyHolder, KeyUse, Mandate, MandateStatus, Member,
    PartyStatus, PeopleRefusal, Processor, ProcessorStatus, Retiring, Trained, commitment, key_id,
    party_digest,
};
pub use powers::{PowerRefusal, UseStatus, Used};
pub use privacy::{
    Bounds, Charged, Fits, Part as PrivacyPart, Population, PrivacyAccount, PrivacyRefusal,
};
pub use progress::{MilestoneView, ObjectiveView, ProgressRefusal, Reached, Reported, Roadmap};
pub use recalls::{RecallRefusal, Recalled, Stopped};
pub use refusal::Refusal;
pub use rulings::{Correction, CorrectionStatus, RulingRefusal, Said};
pub use signals::{BrokenWarranty, Measured, SignalRefusal};
pub use standing::{Moment, Stood};
pub use state::{
    Dataset, Event, Evidence, Happened, InForce, Model, ModelStatus, Project, ProjectAgreement,
    ProjectStatus, Proposal, Run, RunStatus, Signature, Standing, State,
};
pub use trainers::{TrainerRefusal, Trusted, noise_above_signal};
pub use verdict::{Actor, Admitted, Effect, Facts, FoundKey, Proved, Verdict};
pub use views::{
    Asked, Broken, FindingView, FoundClause, Hit, Matrix, MatrixLine, Need, NeedKind, Part,
    PlaceView, RiskView, Series, Share, WINDOWS_MOST, Window, Words,
};
