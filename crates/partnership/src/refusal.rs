//! Why an act changed nothing: an answer to the party who acted, not a fault of ours.

use concordat_agreement::Level;
use concordat_terms::{
    ActName, AssetId, BodyId, ClauseRef, Decimal, Digest, MethodId, MetricId, ModuleId, MotionId,
    PartyId, PlaceId, Problem, ProjectId, PurposeId, RunId, SeatId, Timestamp,
};
use serde::Serialize;

/// A refusal. Closed; codes are frozen once released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each variant's message says what it means")]
pub enum Refusal {
    // The envelope.
    #[error("the bytes are not a signed statement: {reason}")]
    Malformed { reason: String },
    #[error("`{predicate_type}` is not an act of these rules")]
    UnknownAct { predicate_type: String },
    #[error("key `{key}` is not registered for any party")]
    UnknownKey { key: String },
    #[error("the signature by key `{key}` does not verify")]
    BadSignature { key: String },
    #[error("the statement names signers {named} and the envelope carries signatures by {found}")]
    SignersDiffer { named: String, found: String },
    #[error("the act is for log `{named}`, and this is `{this}`")]
    WrongLog { named: Digest, this: Digest },
    #[error("the act says it has seen a log of {size} entries with another root than this log had")]
    ForeignSeen { size: u64 },
    #[error("the act expired at {expires_at}, and it is {now}")]
    Expired { expires_at: Timestamp, now: Timestamp },
    #[error("the act would expire at {expires_at}, later than {latest}")]
    ExpiresTooLate { expires_at: Timestamp, latest: Timestamp },
    #[error("this very act was already judged, at index {index}")]
    Replayed { index: u64 },
    #[error("the log has not started: its first entry must be a genesis")]
    NotStarted,
    #[error("the log has already started")]
    AlreadyStarted,
    #[error("the genesis cannot start a log: {reason}")]
    BadGenesis { reason: String },
    #[error("`{act}` is the sequencer's alone")]
    NotTheSequencer { act: ActName },
    #[error("the tick says {tick}, and it is already {now}")]
    TimeRunsBackwards { tick: Timestamp, now: Timestamp },
    #[error("the recorded digest or index is not this replica's at index {index}")]
    DigestDiffers { index: u64 },

    // Seats.
    #[error("`{party}` does not fill the seat `{seat}`")]
    NotYourSeat { seat: SeatId, party: PartyId, filled_by: Vec<PartyId> },

    // Modules.
    #[error("no module with digest `{module}` was proposed")]
    UnknownModule { module: Digest },
    #[error("the module `{module}` cannot be read: {first} ({})", findings(*.count))]
    ModuleUnreadable { module: Digest, count: usize, first: String },
    #[error("the module `{module}` was already proposed")]
    AlreadyProposed { module: Digest },
    #[error("`{party}` has already signed module `{module}`")]
    AlreadySigned { module: ModuleId, party: PartyId },
    #[error("the signature would count until {until}, and it is {now}")]
    UntilPassed { until: Timestamp, now: Timestamp },
    #[error("`{party}` has no signature under module `{module}`")]
    NotSigned { module: ModuleId, party: PartyId },
    #[error("module `{module}` has entered into force, and its signatures stay")]
    AlreadyEntered { module: ModuleId },
    #[error("module `{module}` lacks the signatures of {}", list(missing))]
    UnsignedModule { module: ModuleId, missing: Vec<PartyId> },
    #[error("module `{module}` would change without the signature of `{party}`, and {because}")]
    UnsignedByAffected { module: ModuleId, party: PartyId, because: String },
    #[error("the agreement in force has no module `{module}`")]
    NoSuchModule { module: ModuleId },
    #[error("module `{module}` is {is}, and must be {needs}")]
    ModuleState { module: ModuleId, is: &'static str, needs: &'static str },
    #[error("clause `{clause}` would permit `{act}`, and {why}")]
    ClauseSilent { act: ActName, clause: ClauseRef, why: &'static str },
    #[error("the agreement in force has no clause `{clause}`")]
    UnknownClause { clause: ClauseRef },
    #[error(
        "module `{module}` was signed in more than one document: {} signed another",
        list(others)
    )]
    DocumentsDiffer { module: ModuleId, others: Vec<PartyId> },
    #[error(
        "{} signed module `{module}` {}, and it would enter {}",
        list(parties),
        beside(signed),
        beside(enters)
    )]
    SetsDiffer { module: ModuleId, parties: Vec<PartyId>, signed: Vec<String>, enters: Vec<String> },
    #[error("`{party}` signed module `{module}` at level `{is}`, and it wants `{needs}`")]
    SignatureTooWeak { module: ModuleId, party: PartyId, is: Level, needs: Level },
    #[error("clause `{clause}` wants `{act}` signed at level `{needs}`, and it is at `{is}`")]
    ActTooWeak { act: ActName, clause: ClauseRef, is: Level, needs: Level },
    #[error("version {new} of module `{module}` is not newer than {old}, which is in force")]
    OlderVersion { module: ModuleId, old: String, new: String },
    #[error("the act names two versions of module `{module}`")]
    TwoVersions { module: ModuleId },
    #[error(
        "the genesis does not name this text of module `{module}`, and {waiting} that it names are not in force yet"
    )]
    NotAFoundingModule { module: ModuleId, waiting: usize },
    #[error("the modules do not make a consistent agreement: {first} ({})", findings(*.count))]
    ModulesInconsistent { count: usize, first: String },
    #[error("party `{party}` of the agreement has no key in this log")]
    PartyWithoutKey { party: PartyId },
    #[error("clause `{clause}` names other witnesses than this log's genesis")]
    WitnessesDiffer { clause: ClauseRef },
    #[error("clause `{clause}` counts other neighbours than `{asset}` was charged for")]
    NeighboursChanged { asset: AssetId, clause: ClauseRef },
    #[error("the parameters of clause `{clause}` are impossible: {reason}")]
    ParametersImpossible { clause: ClauseRef, reason: String },
    #[error("`{act}` waits for module `{module}`, which is not in force")]
    ModuleNotInForce { act: ActName, module: ModuleId, clause: ClauseRef, missing: Vec<PartyId> },

    // Forbid and permit.
    #[error("clause `{clause}` forbids `{act}` here")]
    Forbidden { act: ActName, clause: ClauseRef },
    #[error("no clause permits `{act}` here; the nearest, `{nearest}`, lacks {lacks}")]
    NotPermitted { act: ActName, nearest: ClauseRef, lacks: String },
    #[error("no clause permits `{act}` at all")]
    NothingPermits { act: ActName },
    #[error("the condition of clause `{clause}` cannot be evaluated: {reason}")]
    ConditionFails { clause: ClauseRef, reason: String },

    // Approvals and evidence.
    #[error(
        "clause `{clause}` wants approvals by {need} parties of seat `{seat}`, and {have} approved"
    )]
    NeedsApprovals { clause: ClauseRef, seat: SeatId, have: u32, need: u32, open: Vec<PartyId> },
    #[error("clause `{clause}` leaves `{act}` to the body `{body}`")]
    NeedsMotion { clause: ClauseRef, act: ActName, body: BodyId },
    #[error(
        "clause `{clause}` wants evidence by `{method}`{} from seat `{by}`, and none is filed",
        with(metric.as_ref())
    )]
    NeedsEvidence { clause: ClauseRef, method: MethodId, metric: Option<MetricId>, by: SeatId },
    #[error("the evidence by `{method}` that clause `{clause}` wants is older than {max_age}")]
    EvidenceTooOld { clause: ClauseRef, method: MethodId, max_age: String },
    #[error("`{metric}` is {value}, and clause `{clause}` wants at least {at_least}")]
    EvidenceBelow { clause: ClauseRef, metric: MetricId, value: Decimal, at_least: Decimal },

    // Assets and places.
    #[error("the agreement in force has no {kind} `{asset}`")]
    UnknownAsset { asset: AssetId, kind: &'static str },
    #[error("`{party}` has registered no place `{place}`")]
    UnknownPlace { place: PlaceId, party: PartyId },
    #[error("the name `{name}` is already taken")]
    NameTaken { name: String },
    #[error("`{party}` has registered no version `{version}` of `{asset}`")]
    UnknownDataset { asset: AssetId, party: PartyId, version: Digest },
    #[error("`{party}` has withdrawn version `{version}` of `{asset}`")]
    DatasetWithdrawn { asset: AssetId, party: PartyId, version: Digest },
    #[error("`{asset}` may not be used for `{purpose}`: {by} does not allow it")]
    PurposeNotAllowed { asset: AssetId, purpose: PurposeId, by: String, clause: ClauseRef },

    // Projects.
    #[error("there is no project `{project}`")]
    UnknownProject { project: ProjectId },
    #[error("project `{project}` is {is}, and must be {needs}")]
    ProjectState { project: ProjectId, is: &'static str, needs: &'static str },
    #[error("the charter of project `{project}` does not cover {what}")]
    OutsideCharter { project: ProjectId, what: String },
    #[error("the agreement in force has no objective `{objective}`")]
    UnknownObjective { objective: ClauseRef },

    // Bodies.
    #[error("the agreement in force has no body `{body}`")]
    UnknownBody { body: BodyId },
    #[error("`{party}` has no vote in `{body}`")]
    NotAMember { body: BodyId, party: PartyId },
    #[error("`{party}` sits in `{body}` on neither side, and has no vote")]
    NoVote { body: BodyId, party: PartyId, clause: ClauseRef },
    #[error("there is no motion `{motion}`")]
    UnknownMotion { motion: MotionId },
    #[error("motion `{motion}` is {is}")]
    MotionState { motion: MotionId, is: &'static str },
    #[error("voting on motion `{motion}` ended at {ended}")]
    VotingEnded { motion: MotionId, ended: Timestamp, clause: ClauseRef },
    #[error("motion `{motion}` lapsed at {at}")]
    MotionLapsed { motion: MotionId, at: Timestamp, clause: ClauseRef },
    #[error("`{party}` has already voted on `{motion}`")]
    AlreadyVoted { motion: MotionId, party: PartyId },
    #[error("motion `{motion}` has not succeeded: {tally}")]
    MotionNotSucceeded { motion: MotionId, tally: String, clause: ClauseRef },

    // Runs.
    #[error("there is no run `{run}`")]
    UnknownRun { run: RunId },
    #[error("run `{run}` is {is}, and must be {needs}")]
    RunState { run: RunId, is: &'static str, needs: &'static str },
    #[error("run `{run}` was proposed under agreement `{under}`, and `{now}` is in force")]
    AgreementChanged { run: RunId, under: Digest, now: Digest },
    #[error("the agreement in force has no privacy account for `{asset}`")]
    NoPrivacyAccount { asset: AssetId },
    #[error("the plan's {what} is {value}, and clause `{clause}` allows {allowed}")]
    BeyondTerms { what: &'static str, value: String, allowed: String, clause: ClauseRef },
    #[error("the plan is beyond what the rules allow any: {reason}")]
    BeyondRules { reason: String },
    #[error("`{party}` is not a participant of run `{run}`")]
    NotAParticipant { run: RunId, party: PartyId },
    #[error("`{party}` has not approved code `{code}` beside `{asset}`")]
    CodeNotApproved { party: PartyId, code: Digest, asset: AssetId },
    #[error("the stated cost of run `{run}` is less than its plan costs")]
    CostUnderstated { run: RunId },
    #[error("the privacy budget of `{party}` for `{asset}` does not cover run `{run}`")]
    BudgetExceeded { run: RunId, party: PartyId, asset: AssetId, clause: ClauseRef },
    #[error("the result of run `{run}` is signed by {have} participants, and must be by {need}")]
    TooFewSigners { run: RunId, have: u32, need: u32 },

    // Releases.
    #[error("no closed run gave model `{model}`, and nobody brought it in")]
    UnknownModel { model: Digest },
    #[error("model `{model}` is {is}, and must be {needs}")]
    ReleaseState { model: Digest, is: &'static str, needs: &'static str },
}

fn with(metric: Option<&MetricId>) -> String {
    metric.map(|metric| format!(" with `{metric}`")).unwrap_or_default()
}

fn list(parties: &[PartyId]) -> String {
    let names: Vec<String> = parties.iter().map(|p| format!("`{p}`")).collect();
    names.join(", ")
}

/// With which other modules a module was signed, or would enter.
fn beside(others: &[String]) -> String {
    match others {
        [] => "alone".to_owned(),
        others => format!("as one with `{}`", others.join("`, `")),
    }
}

/// The page that explains every code.
const PAGE: &str = "docs/reference/refusals.md";

/// How many findings there are, of which the first is told.
fn findings(count: usize) -> String {
    format!("{count} finding{} in all", if count == 1 { "" } else { "s" })
}

impl Refusal {
    /// Every code.
    pub const CODES: &'static [&'static str] = &[
        "malformed",
        "unknown-act",
        "unknown-key",
        "bad-signature",
        "signers-differ",
        "wrong-log",
        "foreign-seen",
        "expired",
        "expires-too-late",
        "replayed",
        "not-started",
        "already-started",
        "bad-genesis",
        "not-the-sequencer",
        "time-runs-backwards",
        "digest-differs",
        "not-your-seat",
        "unknown-module",
        "module-unreadable",
        "already-proposed",
        "already-signed",
        "until-passed",
        "not-signed",
        "already-entered",
        "unsigned-module",
        "unsigned-by-affected",
        "documents-differ",
        "sets-differ",
        "signature-too-weak",
        "act-too-weak",
        "no-such-module",
        "module-state",
        "clause-silent",
        "unknown-clause",
        "older-version",
        "two-versions",
        "not-a-founding-module",
        "modules-inconsistent",
        "party-without-key",
        "witnesses-differ",
        "neighbours-changed",
        "parameters-impossible",
        "module-not-in-force",
        "forbidden",
        "not-permitted",
        "nothing-permits",
        "condition-fails",
        "needs-approvals",
        "needs-motion",
        "needs-evidence",
        "evidence-too-old",
        "evidence-below",
        "unknown-asset",
        "unknown-place",
        "name-taken",
        "unknown-dataset",
        "dataset-withdrawn",
        "purpose-not-allowed",
        "unknown-project",
        "project-state",
        "outside-charter",
        "unknown-objective",
        "unknown-body",
        "not-a-member",
        "no-vote",
        "unknown-motion",
        "motion-state",
        "voting-ended",
        "motion-lapsed",
        "already-voted",
        "motion-not-succeeded",
        "unknown-run",
        "run-state",
        "agreement-changed",
        "no-privacy-account",
        "beyond-terms",
        "beyond-rules",
        "not-a-participant",
        "code-not-approved",
        "cost-understated",
        "budget-exceeded",
        "too-few-signers",
        "unknown-model",
        "release-state",
    ];

    /// Stable name: the documentation's anchor, the problem's type, what tests assert on.
    pub fn code(&self) -> &'static str {
        use Refusal as R;
        match self {
            R::Malformed { .. } => "malformed",
            R::UnknownAct { .. } => "unknown-act",
            R::UnknownKey { .. } => "unknown-key",
            R::BadSignature { .. } => "bad-signature",
            R::SignersDiffer { .. } => "signers-differ",
            R::WrongLog { .. } => "wrong-log",
            R::ForeignSeen { .. } => "foreign-seen",
            R::Expired { .. } => "expired",
            R::ExpiresTooLate { .. } => "expires-too-late",
            R::Replayed { .. } => "replayed",
            R::NotStarted => "not-started",
            R::AlreadyStarted => "already-started",
            R::BadGenesis { .. } => "bad-genesis",
            R::NotTheSequencer { .. } => "not-the-sequencer",
            R::TimeRunsBackwards { .. } => "time-runs-backwards",
            R::DigestDiffers { .. } => "digest-differs",
            R::NotYourSeat { .. } => "not-your-seat",
            R::UnknownModule { .. } => "unknown-module",
            R::ModuleUnreadable { .. } => "module-unreadable",
            R::AlreadyProposed { .. } => "already-proposed",
            R::AlreadySigned { .. } => "already-signed",
            R::UntilPassed { .. } => "until-passed",
            R::NotSigned { .. } => "not-signed",
            R::AlreadyEntered { .. } => "already-entered",
            R::UnsignedModule { .. } => "unsigned-module",
            R::UnsignedByAffected { .. } => "unsigned-by-affected",
            R::DocumentsDiffer { .. } => "documents-differ",
            R::SetsDiffer { .. } => "sets-differ",
            R::SignatureTooWeak { .. } => "signature-too-weak",
            R::ActTooWeak { .. } => "act-too-weak",
            R::NoSuchModule { .. } => "no-such-module",
            R::ModuleState { .. } => "module-state",
            R::ClauseSilent { .. } => "clause-silent",
            R::UnknownClause { .. } => "unknown-clause",
            R::OlderVersion { .. } => "older-version",
            R::TwoVersions { .. } => "two-versions",
            R::NotAFoundingModule { .. } => "not-a-founding-module",
            R::ModulesInconsistent { .. } => "modules-inconsistent",
            R::PartyWithoutKey { .. } => "party-without-key",
            R::WitnessesDiffer { .. } => "witnesses-differ",
            R::NeighboursChanged { .. } => "neighbours-changed",
            R::ParametersImpossible { .. } => "parameters-impossible",
            R::ModuleNotInForce { .. } => "module-not-in-force",
            R::Forbidden { .. } => "forbidden",
            R::NotPermitted { .. } => "not-permitted",
            R::NothingPermits { .. } => "nothing-permits",
            R::ConditionFails { .. } => "condition-fails",
            R::NeedsApprovals { .. } => "needs-approvals",
            R::NeedsMotion { .. } => "needs-motion",
            R::NeedsEvidence { .. } => "needs-evidence",
            R::EvidenceTooOld { .. } => "evidence-too-old",
            R::EvidenceBelow { .. } => "evidence-below",
            R::UnknownAsset { .. } => "unknown-asset",
            R::UnknownPlace { .. } => "unknown-place",
            R::NameTaken { .. } => "name-taken",
            R::UnknownDataset { .. } => "unknown-dataset",
            R::DatasetWithdrawn { .. } => "dataset-withdrawn",
            R::PurposeNotAllowed { .. } => "purpose-not-allowed",
            R::UnknownProject { .. } => "unknown-project",
            R::ProjectState { .. } => "project-state",
            R::OutsideCharter { .. } => "outside-charter",
            R::UnknownObjective { .. } => "unknown-objective",
            R::UnknownBody { .. } => "unknown-body",
            R::NotAMember { .. } => "not-a-member",
            R::NoVote { .. } => "no-vote",
            R::UnknownMotion { .. } => "unknown-motion",
            R::MotionState { .. } => "motion-state",
            R::VotingEnded { .. } => "voting-ended",
            R::MotionLapsed { .. } => "motion-lapsed",
            R::AlreadyVoted { .. } => "already-voted",
            R::MotionNotSucceeded { .. } => "motion-not-succeeded",
            R::UnknownRun { .. } => "unknown-run",
            R::RunState { .. } => "run-state",
            R::AgreementChanged { .. } => "agreement-changed",
            R::NoPrivacyAccount { .. } => "no-privacy-account",
            R::BeyondTerms { .. } => "beyond-terms",
            R::BeyondRules { .. } => "beyond-rules",
            R::NotAParticipant { .. } => "not-a-participant",
            R::CodeNotApproved { .. } => "code-not-approved",
            R::CostUnderstated { .. } => "cost-understated",
            R::BudgetExceeded { .. } => "budget-exceeded",
            R::TooFewSigners { .. } => "too-few-signers",
            R::UnknownModel { .. } => "unknown-model",
            R::ReleaseState { .. } => "release-state",
        }
    }

    /// Whether the refusal is held against the party that signed: not where anybody who holds a
    /// copy of the act could have sent it.
    pub fn is_charged(&self) -> bool {
        !matches!(self, Self::WrongLog { .. } | Self::Replayed { .. } | Self::Expired { .. })
    }

    /// The clause that refuses, where a clause does.
    pub fn clause(&self) -> Option<&ClauseRef> {
        use Refusal as R;
        match self {
            R::WitnessesDiffer { clause }
            | R::NeighboursChanged { clause, .. }
            | R::ParametersImpossible { clause, .. }
            | R::ModuleNotInForce { clause, .. }
            | R::ActTooWeak { clause, .. }
            | R::ClauseSilent { clause, .. }
            | R::Forbidden { clause, .. }
            | R::NotPermitted { nearest: clause, .. }
            | R::ConditionFails { clause, .. }
            | R::NeedsApprovals { clause, .. }
            | R::NeedsMotion { clause, .. }
            | R::NeedsEvidence { clause, .. }
            | R::EvidenceTooOld { clause, .. }
            | R::EvidenceBelow { clause, .. }
            | R::PurposeNotAllowed { clause, .. }
            | R::NoVote { clause, .. }
            | R::VotingEnded { clause, .. }
            | R::MotionLapsed { clause, .. }
            | R::MotionNotSucceeded { clause, .. }
            | R::BeyondTerms { clause, .. }
            | R::BudgetExceeded { clause, .. } => Some(clause),
            _ => None,
        }
    }

    /// What the party can do next, in the imperative.
    pub fn remedy(&self) -> String {
        use Refusal as R;
        match self {
            R::Malformed { .. } => "build the statement with `concordat act`".to_owned(),
            R::UnknownAct { .. } => "use an act of the vocabulary in docs/reference/acts.md".into(),
            R::UnknownKey { .. } => "sign with a key that the genesis gives a party".into(),
            R::BadSignature { .. } => "sign the exact payload bytes again".into(),
            R::SignersDiffer { .. } => "have exactly the named signers sign, once each".into(),
            R::WrongLog { this, .. } => format!("name log `{this}` and sign again"),
            R::ForeignSeen { .. } => {
                "compare checkpoints with the witnesses before you sign: two histories may exist"
                    .into()
            }
            R::Expired { .. } => "sign the act again with a later `expires_at`".into(),
            R::ExpiresTooLate { latest, .. } => format!("let it expire by {latest}"),
            R::Replayed { .. } => "take a new nonce if the act is meant a second time".into(),
            R::NotStarted => "append a genesis signed by all founders".into(),
            R::AlreadyStarted => "start another log in another folder".into(),
            R::BadGenesis { .. } => "mend the genesis and have all founders sign it again".into(),
            R::NotTheSequencer { .. } => "leave it to the sequencer".into(),
            R::TimeRunsBackwards { .. } => "check the coordinator's clock".into(),
            R::DigestDiffers { .. } => {
                "compare replicas by bisection: their folds part before this entry".into()
            }
            R::NotYourSeat { filled_by, seat, .. } if filled_by.is_empty() => {
                format!("use a seat of the agreement in force: it has no `{seat}`")
            }
            R::NotYourSeat { filled_by, .. } => format!("ask {} to sign", list(filled_by)),
            R::UnknownModule { .. } => "propose the module first (`module.propose`)".into(),
            R::ModuleUnreadable { .. } => "run `concordat check` on the folder and mend it".into(),
            R::AlreadyProposed { .. } => "sign it (`module.sign`)".into(),
            R::AlreadySigned { .. } => "nothing: the signature stands".into(),
            R::UntilPassed { .. } => "name a later `until`, or leave it out".into(),
            R::NotSigned { .. } => "nothing: there is no signature to take back".into(),
            R::AlreadyEntered { .. } => "have it amended, or ended (`module.terminate`)".into(),
            R::UnsignedModule { missing, .. } => format!("ask {} to sign it", list(missing)),
            R::UnsignedByAffected { party, .. } => {
                format!("ask `{party}` to sign it (`concordat diff` tells what changes for whom)")
            }
            R::DocumentsDiffer { others, .. } => {
                format!(
                    "have {} render the same texts with the same release and sign again",
                    list(others)
                )
            }
            R::SetsDiffer { parties, .. } => {
                format!("enter what was signed as one, or ask {} to sign this set", list(parties))
            }
            R::SignatureTooWeak { needs, .. } | R::ActTooWeak { needs, .. } => {
                format!(
                    "sign elsewhere at level `{needs}`, and attach that with the report on its validation"
                )
            }
            R::NoSuchModule { .. } => "name a module of the agreement in force".into(),
            R::ModuleState { needs, .. } => format!("act while the module is {needs}"),
            R::ClauseSilent { why, .. } if why.contains("suspended") => {
                "have the module resumed (`module.resume`)".into()
            }
            R::ClauseSilent { .. } => "agree on another clause".into(),
            R::UnknownClause { .. } => "name a clause as `module/clause`".into(),
            R::TwoVersions { .. } => "name the one that is to enter".into(),
            R::OlderVersion { old, .. } => format!("give the amendment a version above {old}"),
            R::NotAFoundingModule { .. } => {
                "enter the modules of the genesis first; amend them afterwards".into()
            }
            R::ModulesInconsistent { .. } => {
                "enter modules that fit together: run `concordat check` on the folder".into()
            }
            R::PartyWithoutKey { party } => {
                format!("found a log whose genesis gives `{party}` a key, or leave the party out")
            }
            R::WitnessesDiffer { .. } => "write the genesis policy's witnesses and quorum".into(),
            R::NeighboursChanged { asset, .. } => {
                format!("keep `adjacency` as it is for `{asset}`: what was spent stays spent")
            }
            R::ParametersImpossible { .. } => "mend the clause and propose the module anew".into(),
            R::ModuleNotInForce { module, missing, .. } if missing.is_empty() => {
                format!("bring module `{module}` into force first (`module.enter`)")
            }
            R::ModuleNotInForce { module, missing, .. } => {
                format!("ask {} to sign module `{module}`, then enter it", list(missing))
            }
            R::Forbidden { clause, .. } => {
                format!("keep outside of what `{clause}` forbids, or amend it")
            }
            R::NotPermitted { lacks, .. } => format!("supply {lacks}"),
            R::NothingPermits { act } => format!("agree on a clause with `permit = \"{act}\"`"),
            R::ConditionFails { clause, .. } => {
                format!("supply what `{clause}` asks about: an error refuses")
            }
            R::NeedsApprovals { open, .. } => {
                format!("ask for the approval of {} (`run.approve`)", list(open))
            }
            R::NeedsMotion { body, .. } => {
                format!("put a motion to `{body}` and execute it once it has succeeded")
            }
            R::NeedsEvidence { by, .. } => format!("ask seat `{by}` for `evidence.submit`"),
            R::EvidenceTooOld { method, .. } => format!("have the test by `{method}` repeated"),
            R::EvidenceBelow { .. } => "improve the model and have it tested anew".into(),
            R::UnknownAsset { .. } => "name an asset that a clause declares".into(),
            R::UnknownPlace { .. } => "register the place first (`place.register`)".into(),
            R::NameTaken { .. } => "take another name".into(),
            R::UnknownDataset { party, .. } => {
                format!("name a version that `{party}` has registered (`dataset.register`)")
            }
            R::DatasetWithdrawn { party, .. } => {
                format!("plan without it, or name a newer version that `{party}` registered")
            }
            R::PurposeNotAllowed { .. } => "name a purpose that is allowed, or agree on it".into(),
            R::UnknownProject { .. } => "charter the project first (`project.charter`)".into(),
            R::ProjectState { needs, .. } => format!("bring the project to be {needs} first"),
            R::OutsideCharter { .. } => {
                "keep within the charter, or charter another project".into()
            }
            R::UnknownObjective { .. } => "name an objective clause as `module/clause`".into(),
            R::UnknownBody { .. } => "name a body that a clause constitutes".into(),
            R::NotAMember { .. } => "leave the vote to the members".into(),
            R::NoVote { .. } => {
                "leave the vote to the members of the public and private side".into()
            }
            R::UnknownMotion { .. } => "propose the motion first (`motion.propose`)".into(),
            R::MotionState { .. } | R::VotingEnded { .. } | R::MotionLapsed { .. } => {
                "propose a new motion".into()
            }
            R::AlreadyVoted { .. } => "nothing: the first vote stands".into(),
            R::MotionNotSucceeded { .. } => {
                "collect the votes that are missing, or wait for the end of voting".into()
            }
            R::UnknownRun { .. } => "propose the run first (`run.propose`)".into(),
            R::RunState { needs, .. } => format!("act while the run is {needs}"),
            R::AgreementChanged { .. } => {
                "give the run up (`run.abort`) and propose it anew under the agreement in force"
                    .into()
            }
            R::NoPrivacyAccount { asset } => {
                format!(
                    "agree on a clause with `privacy = \"{asset}\"`: nothing is spent without one"
                )
            }
            R::BeyondTerms { what, allowed, .. } => format!("plan a {what} of {allowed}"),
            R::BeyondRules { .. } => "plan within these bounds: no amendment moves them".into(),
            R::NotAParticipant { .. } => "leave it to the participants the plan names".into(),
            R::CodeNotApproved { party, .. } => {
                format!("ask `{party}` to approve the code (`code.approve`)")
            }
            R::CostUnderstated { .. } => "reserve the cost that the plan's parameters give".into(),
            R::BudgetExceeded { .. } => {
                "plan fewer rounds or more noise: the account never refills".into()
            }
            R::TooFewSigners { .. } => "collect more participants' signatures".into(),
            R::UnknownModel { .. } => {
                "name the digest that a `run.close` gave, or bring the model in (`asset.import`)"
                    .into()
            }
            R::ReleaseState { needs, .. } => format!("bring the model to be {needs} first"),
        }
    }

    /// The refusal in the three lines a person sees.
    pub fn problem(&self) -> Problem {
        Problem::new(self.code(), self.to_string(), self.remedy(), PAGE)
    }
}
