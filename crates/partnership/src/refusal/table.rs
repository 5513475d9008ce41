//! Every refusal, in the order in which acts are judged: its code, what it is told as, and what can
//! be done then.

use concordat_agreement::{Level, Silence};
use concordat_terms::{
    ActName, AssetId, BodyId, ClauseRef, Decimal, Digest, MethodId, MetricId, ModuleId, MotionId,
    PartyId, PlaceId, ProjectId, PurposeId, RunId, SeatId, Timestamp,
};

use super::{beside, findings, list, one_of, with};
use crate::accounts::AccountRefusal;
use crate::assets::AssetRefusal;
use crate::audits::AuditRefusal;
use crate::bodies::BodyRefusal;
use crate::cases::CaseRefusal;
use crate::conditions::ConditionRefusal;
use crate::counts::CountRefusal;
use crate::duties::DutyRefusal;
use crate::editions::EditionRefusal;
use crate::erasures::ErasureRefusal;
use crate::evidence::EvidenceRefusal;
use crate::people::PeopleRefusal;
use crate::powers::PowerRefusal;
use crate::privacy::PrivacyRefusal;
use crate::progress::ProgressRefusal;
use crate::recalls::RecallRefusal;
use crate::rulings::RulingRefusal;
use crate::signals::SignalRefusal;
use crate::state::Standing;
use crate::trainers::TrainerRefusal;

refusals! {
    /// A refusal. Closed; codes are frozen once released.
    Refusal {
        room Duty(DutyRefusal),
        room Signal(SignalRefusal),
        room Condition(ConditionRefusal),
        room Audit(AuditRefusal),
        room Body(BodyRefusal),
        room People(PeopleRefusal),
        room Case(CaseRefusal),
        room Account(AccountRefusal),
        room Privacy(PrivacyRefusal),
        room Trainer(TrainerRefusal),
        room Progress(ProgressRefusal),
        room Power(PowerRefusal),
        room Recall(RecallRefusal),
        room Ruling(RulingRefusal),
        room Edition(EditionRefusal),
        room Erasure(ErasureRefusal),
        room Count(CountRefusal),
        room Asset(AssetRefusal),
        room Testing(EvidenceRefusal),

        // The envelope.
        "malformed" Malformed { reason: String }
            told { "the bytes are not a signed statement: {reason}" }
            then { "build the statement with `concordat act`" },
        "unfit" Unfit { reason: String }
            told { "the act cannot say that: {reason}" }
            then { "say something else (`docs/reference/acts.md` has what each field may hold)" },
        "unknown-act" UnknownAct { predicate_type: String }
            told { "`{predicate_type}` is not an act of these rules" }
            then { "use an act of the vocabulary in docs/reference/acts.md" },
        "unknown-key" UnknownKey { key: String }
            told { "key `{key}` is not registered for any party" }
            then { "sign with a key that the genesis gives a party, or that one registered since (`key.register`)" },
        "bad-signature" BadSignature { key: String }
            told { "the signature by key `{key}` does not verify" }
            then { "sign the exact payload bytes again" },
        "signers-differ" SignersDiffer { named: String, found: String }
            told { "the statement names signers {named} and the envelope carries signatures by {found}" }
            then { "have exactly the named signers sign, once each" },
        "wrong-log" WrongLog { named: Digest, this: Digest }
            told { "the act is for log `{named}`, and this is `{this}`" }
            then { format!("name log `{this}` and sign again") },
        "foreign-seen" ForeignSeen { size: u64 }
            told { "the act says it has seen a log of {size} entries with another root than this log had" }
            then { "compare checkpoints with the witnesses before you sign: two histories may exist" },
        "expired" Expired { expires_at: Timestamp, now: Timestamp }
            told { "the act expired at {expires_at}, and it is {now}" }
            then { "sign the act again with a later `expires_at`" },
        "expires-too-late" ExpiresTooLate { expires_at: Timestamp, latest: Timestamp }
            told { "the act would expire at {expires_at}, later than {latest}" }
            then { format!("let it expire by {latest}") },
        "replayed" Replayed { index: u64 }
            told { "this very act was already judged, at index {index}" }
            then { "take a new nonce if the act is meant a second time" },
        "not-started" NotStarted
            told { "the log has not started: its first entry must be a genesis" }
            then { "append a genesis signed by all founders" },
        "already-started" AlreadyStarted
            told { "the log has already started" }
            then { "start another log in another folder" },
        "bad-genesis" BadGenesis { reason: String }
            told { "the genesis cannot start a log: {reason}" }
            then { "mend the genesis and have all founders sign it again" },
        "not-the-sequencer" NotTheSequencer { act: ActName }
            told { "`{act}` is the sequencer's alone" }
            then { "leave it to the sequencer" },
        "time-runs-backwards" TimeRunsBackwards { tick: Timestamp, now: Timestamp }
            told { "the tick says {tick}, and it is already {now}" }
            then { "check the coordinator's clock" },
        "digest-differs" DigestDiffers { index: u64 }
            told { "the recorded digest or index is not this replica's at index {index}" }
            then { "compare replicas by bisection: their folds part before this entry" },

        // Seats.
        "not-your-seat" NotYourSeat { seat: SeatId, party: PartyId, filled_by: Vec<PartyId> }
            told { "`{party}` does not fill the seat `{seat}`" }
            then {
                if filled_by.is_empty() {
                    format!("use a seat of the agreement in force: it has no `{seat}`")
                } else {
                    format!("ask {} to sign", list(filled_by))
                }
            },

        // Modules.
        "unknown-module" UnknownModule { module: Digest }
            told { "no module with digest `{module}` was proposed" }
            then { "propose the module first (`module.propose`)" },
        "module-unreadable" ModuleUnreadable { module: Digest, count: usize, first: String }
            told { "the module `{module}` cannot be read: {first} ({})", findings(*.count) }
            then { "run `concordat check` on the folder and mend it" },
        "already-proposed" AlreadyProposed { module: Digest }
            told { "the module `{module}` was already proposed" }
            then { "sign it (`module.sign`)" },
        "already-signed" AlreadySigned { module: ModuleId, party: PartyId }
            told { "`{party}` has already signed module `{module}`" }
            then { "nothing: the signature stands" },
        "until-passed" UntilPassed { until: Timestamp, now: Timestamp }
            told { "the signature would count until {until}, and it is {now}" }
            then { "name a later `until`, or leave it out" },
        "not-signed" NotSigned { module: ModuleId, party: PartyId }
            told { "`{party}` has no signature under module `{module}`" }
            then { "nothing: there is no signature to take back" },
        "already-entered" AlreadyEntered { module: ModuleId }
            told { "module `{module}` has entered into force, and its signatures stay" }
            then { "have it amended, or ended (`module.terminate`)" },
        "unsigned-module" UnsignedModule { module: ModuleId, missing: Vec<PartyId> }
            told { "module `{module}` lacks the signatures of {}", list(missing) }
            then { format!("ask {} to sign it", list(missing)) },
        "unsigned-by-affected" UnsignedByAffected { module: ModuleId, party: PartyId, because: String }
            told { "module `{module}` would change without the signature of `{party}`, and {because}" }
            then { format!("ask `{party}` to sign it (`concordat diff` tells what changes for whom)") },
        "no-such-module" NoSuchModule { module: ModuleId }
            told { "the agreement in force has no module `{module}`" }
            then { "name a module of the agreement in force" },
        "module-state" ModuleState { module: ModuleId, is: Standing, needs: &'static [Standing] }
            told { "module `{module}` is {}, and must be {}", is.as_str(), one_of(needs) }
            then { format!("act while the module is {}", one_of(needs)) },
        "clause-silent" ClauseSilent { act: ActName, clause: ClauseRef, why: Silence } by clause
            told { "clause `{clause}` would permit `{act}`, and {}", why.told() }
            then {
                if *why == Silence::Suspended {
                    "have the module resumed (`module.resume`)"
                } else {
                    "agree on another clause"
                }
            },
        "unknown-clause" UnknownClause { clause: ClauseRef }
            told { "the agreement in force has no clause `{clause}`" }
            then { "name a clause as `module/clause`" },
        "documents-differ" DocumentsDiffer { module: ModuleId, others: Vec<PartyId> }
            told { "module `{module}` was signed in more than one document: {} signed another", list(others) }
            then { format!("have {} render the same texts with the same release and sign again", list(others)) },
        "sets-differ" SetsDiffer { module: ModuleId, parties: Vec<PartyId>, signed: Vec<String>, enters: Vec<String> }
            told { "{} signed module `{module}` {}, and it would enter {}", list(parties), beside(signed), beside(enters) }
            then { format!("enter what was signed as one, or ask {} to sign this set", list(parties)) },
        "signature-too-weak" SignatureTooWeak { module: ModuleId, party: PartyId, is: Level, needs: Level }
            told { "`{party}` signed module `{module}` at level `{is}`, and it wants `{needs}`" }
            then { format!("sign elsewhere at level `{needs}`, and attach that with the report on its validation") },
        "act-too-weak" ActTooWeak { act: ActName, clause: ClauseRef, is: Level, needs: Level } by clause
            told { "clause `{clause}` wants `{act}` signed at level `{needs}`, and it is at `{is}`" }
            then { format!("sign elsewhere at level `{needs}`, and attach that with the report on its validation") },
        "older-version" OlderVersion { module: ModuleId, old: String, new: String }
            told { "version {new} of module `{module}` is not newer than {old}, which is in force" }
            then { format!("give the amendment a version above {old}") },
        "two-versions" TwoVersions { module: ModuleId }
            told { "the act names two versions of module `{module}`" }
            then { "name the one that is to enter" },
        "not-a-founding-module" NotAFoundingModule { module: ModuleId, waiting: usize }
            told { "the genesis does not name this text of module `{module}`, and {waiting} that it names are not in force yet" }
            then { "enter the modules of the genesis first; amend them afterwards" },
        "modules-inconsistent" ModulesInconsistent { count: usize, first: String }
            told { "the modules do not make a consistent agreement: {first} ({})", findings(*.count) }
            then { "enter modules that fit together: run `concordat check` on the folder" },
        "party-without-key" PartyWithoutKey { party: PartyId }
            told { "party `{party}` of the agreement has no key in this log" }
            then { format!("found a log whose genesis gives `{party}` a key, or leave the party out") },
        "witnesses-differ" WitnessesDiffer { clause: ClauseRef } by clause
            told { "clause `{clause}` names other witnesses than this log's genesis" }
            then { "write the genesis policy's witnesses and quorum" },
        "playbook-not-voted" PlaybookNotVoted { asset: AssetId, version: Digest, clause: ClauseRef } by clause
            told { "no body has voted on the version {} of `{asset}`", version.short() }
            then { format!("have a body decide an act about that version of `{asset}`, or name the version that it decided") },
        "neighbours-changed" NeighboursChanged { asset: AssetId, clause: ClauseRef } by clause
            told { "clause `{clause}` counts other neighbours than `{asset}` was charged for" }
            then { format!("keep `adjacency` as it is for `{asset}`: what was spent stays spent") },
        "parameters-impossible" ParametersImpossible { clause: ClauseRef, reason: String } by clause
            told { "the parameters of clause `{clause}` are impossible: {reason}" }
            then { "mend the clause and propose the module anew" },
        "module-not-in-force" ModuleNotInForce { act: ActName, module: ModuleId, clause: ClauseRef, missing: Vec<PartyId> } by clause
            told { "`{act}` waits for module `{module}`, which is not in force" }
            then {
                if missing.is_empty() {
                    format!("bring module `{module}` into force first (`module.enter`)")
                } else {
                    format!("ask {} to sign module `{module}`, then enter it", list(missing))
                }
            },

        // Forbid and permit.
        "forbidden" Forbidden { act: ActName, clause: ClauseRef } by clause
            told { "clause `{clause}` forbids `{act}` here" }
            then { format!("keep outside of what `{clause}` forbids, or amend it") },
        "not-permitted" NotPermitted { act: ActName, nearest: ClauseRef, lacks: String } by nearest
            told { "no clause permits `{act}` here; the nearest, `{nearest}`, lacks {lacks}" }
            then { format!("supply {lacks}") },
        "nothing-permits" NothingPermits { act: ActName }
            told { "no clause permits `{act}` at all" }
            then { format!("agree on a clause with `permit = \"{act}\"`") },
        "condition-fails" ConditionFails { clause: ClauseRef, reason: String } by clause
            told { "the condition of clause `{clause}` cannot be evaluated: {reason}" }
            then { format!("supply what `{clause}` asks about: an error refuses") },

        // Approvals and evidence.
        "needs-approvals" NeedsApprovals { clause: ClauseRef, seat: SeatId, have: u32, need: u32, open: Vec<PartyId> } by clause
            told { "clause `{clause}` wants approvals by {need} parties of seat `{seat}`, and {have} approved" }
            then { format!("ask for the approval of {} (`run.approve`)", list(open)) },
        "needs-motion" NeedsMotion { clause: ClauseRef, act: ActName, body: BodyId } by clause
            told { "clause `{clause}` leaves `{act}` to the body `{body}`" }
            then { format!("put a motion to `{body}` and execute it once it has succeeded") },
        "needs-evidence" NeedsEvidence { clause: ClauseRef, method: MethodId, metric: Option<MetricId>, by: SeatId } by clause
            told { "clause `{clause}` wants evidence by `{method}`{} from seat `{by}`, and none is filed", with(metric.as_ref()) }
            then { format!("ask seat `{by}` for `evidence.submit`") },
        "evidence-too-old" EvidenceTooOld { clause: ClauseRef, method: MethodId, max_age: String } by clause
            told { "the evidence by `{method}` that clause `{clause}` wants is older than {max_age}" }
            then { format!("have the test by `{method}` repeated") },
        "evidence-below" EvidenceBelow { clause: ClauseRef, metric: MetricId, value: Decimal, at_least: Decimal } by clause
            told { "`{metric}` is {value}, and clause `{clause}` wants at least {at_least}" }
            then { "improve the model and have it tested anew" },

        // Assets and places.
        "unknown-asset" UnknownAsset { asset: AssetId, kind: &'static str }
            told { "the agreement in force has no {kind} `{asset}`" }
            then { "name an asset that a clause declares" },
        "unknown-place" UnknownPlace { place: PlaceId, party: PartyId }
            told { "`{party}` has registered no place `{place}`" }
            then { "register the place first (`place.register`)" },
        "name-taken" NameTaken { name: String }
            told { "the name `{name}` is already taken" }
            then { "take another name" },
        "unknown-dataset" UnknownDataset { asset: AssetId, party: PartyId, version: Digest }
            told { "`{party}` has registered no version `{version}` of `{asset}`" }
            then { format!("name a version that `{party}` has registered (`dataset.register`)") },
        "dataset-withdrawn" DatasetWithdrawn { asset: AssetId, party: PartyId, version: Digest }
            told { "`{party}` has withdrawn version `{version}` of `{asset}`" }
            then { format!("plan without it, or name a newer version that `{party}` registered") },
        "purpose-not-allowed" PurposeNotAllowed { asset: AssetId, purpose: PurposeId, by: String, clause: ClauseRef } by clause
            told { "`{asset}` may not be used for `{purpose}`: {by} does not allow it" }
            then { "name a purpose that is allowed, or agree on it" },

        // Projects.
        "unknown-project" UnknownProject { project: ProjectId }
            told { "there is no project `{project}`" }
            then { "charter the project first (`project.charter`)" },
        "project-state" ProjectState { project: ProjectId, is: &'static str, needs: &'static str }
            told { "project `{project}` is {is}, and must be {needs}" }
            then { format!("bring the project to be {needs} first") },
        "outside-charter" OutsideCharter { project: ProjectId, what: String }
            told { "the charter of project `{project}` does not cover {what}" }
            then { "keep within the charter, or charter another project" },
        "unknown-objective" UnknownObjective { objective: ClauseRef }
            told { "the agreement in force has no objective `{objective}`" }
            then { "name an objective clause as `module/clause`" },

        // Bodies.
        "unknown-body" UnknownBody { body: BodyId }
            told { "the agreement in force has no body `{body}`" }
            then { "name a body that a clause constitutes" },
        "not-a-member" NotAMember { body: BodyId, party: PartyId }
            told { "`{party}` has no vote in `{body}`" }
            then { "leave the vote to the members" },
        "no-vote" NoVote { body: BodyId, party: PartyId, clause: ClauseRef } by clause
            told { "`{party}` sits in `{body}` on neither side, and has no vote" }
            then { "leave the vote to the members of the public and private side" },
        "unknown-motion" UnknownMotion { motion: MotionId }
            told { "there is no motion `{motion}`" }
            then { "propose the motion first (`motion.propose`)" },
        "motion-state" MotionState { motion: MotionId, is: &'static str }
            told { "motion `{motion}` is {is}" }
            then { "propose a new motion" },
        "voting-ended" VotingEnded { motion: MotionId, ended: Timestamp, clause: ClauseRef } by clause
            told { "voting on motion `{motion}` ended at {ended}" }
            then { "propose a new motion" },
        "motion-lapsed" MotionLapsed { motion: MotionId, at: Timestamp, clause: ClauseRef } by clause
            told { "motion `{motion}` lapsed at {at}" }
            then { "propose a new motion" },
        "already-voted" AlreadyVoted { motion: MotionId, party: PartyId }
            told { "`{party}` has already voted on `{motion}`" }
            then { "nothing: the first vote stands" },
        "motion-not-succeeded" MotionNotSucceeded { motion: MotionId, tally: String, clause: ClauseRef } by clause
            told { "motion `{motion}` has not succeeded: {tally}" }
            then { "collect the votes that are missing, or wait for the end of voting" },

        // Runs.
        "unknown-run" UnknownRun { run: RunId }
            told { "there is no run `{run}`" }
            then { "propose the run first (`run.propose`)" },
        "run-state" RunState { run: RunId, is: &'static str, needs: &'static str }
            told { "run `{run}` is {is}, and must be {needs}" }
            then { format!("act while the run is {needs}") },
        "agreement-changed" AgreementChanged { run: RunId, under: Digest, now: Digest }
            told { "run `{run}` was proposed under agreement `{under}`, and `{now}` is in force" }
            then { "give the run up (`run.abort`) and propose it anew under the agreement in force" },
        "no-privacy-account" NoPrivacyAccount { asset: AssetId }
            told { "the agreement in force has no privacy account for `{asset}`" }
            then { format!("agree on a clause with `privacy = \"{asset}\"`: nothing is spent without one") },
        "beyond-terms" BeyondTerms { what: &'static str, value: String, allowed: String, clause: ClauseRef } by clause
            told { "the plan's {what} is {value}, and clause `{clause}` allows {allowed}" }
            then { format!("plan a {what} of {allowed}") },
        "beyond-rules" BeyondRules { reason: String }
            told { "the plan is beyond what the rules allow any: {reason}" }
            then { "plan within these bounds: no amendment moves them" },
        "not-a-participant" NotAParticipant { run: RunId, party: PartyId }
            told { "`{party}` is not a participant of run `{run}`" }
            then { "leave it to the participants the plan names" },
        "code-not-approved" CodeNotApproved { party: PartyId, code: Digest, asset: AssetId }
            told { "`{party}` has not approved code `{code}` beside `{asset}`" }
            then { format!("ask `{party}` to approve the code (`code.approve`)") },
        "cost-understated" CostUnderstated { run: RunId }
            told { "the stated cost of run `{run}` is less than its plan costs" }
            then { "reserve the cost that the plan's parameters give" },
        "too-few-signers" TooFewSigners { run: RunId, have: u32, need: u32 }
            told { "the result of run `{run}` is signed by {have} participants, and must be by {need}" }
            then { "collect more participants' signatures" },

        // Releases.
        "unknown-model" UnknownModel { model: Digest }
            told { "no closed run gave model `{model}`, and nobody brought it in" }
            then { "name the digest that a `run.close` gave, or bring the model in (`asset.import`)" },
        "release-state" ReleaseState { model: Digest, is: &'static str, needs: &'static str }
            told { "model `{model}` is {is}, and must be {needs}" }
            then { format!("bring the model to be {needs} first") },
    }
}
