//! What a step may say beside its act: which parts and which settings each act takes.

use concordat_terms::{ActName, Aspect};

/// What a step with one act may say.
pub(super) struct Form {
    /// Whether it may name several things, divided by commas.
    pub(super) several: bool,
    pub(super) on: bool,
    pub(super) purposes: bool,
    pub(super) at: bool,
    /// Its settings.
    pub(super) keys: &'static [(&'static str, Sort)],
    /// Whether any metric of the agreement is a setting too.
    pub(super) metrics: bool,
}

/// What the value of a setting is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sort {
    Count,
    Decimal,
    Name,
    Country,
    Word(&'static [&'static str]),
    Version,
    Day,
    Clause,
    Period,
}

/// Why a run ends without a result, as a party may say.
const REASONS: &[&str] = &[
    "too-few-participants",
    "retries-spent",
    "coordinator-restarted",
    "models-differ",
    "result-not-signed",
    "agreement-changed",
    "project-ended",
    "plan-unusable",
    "withdrawn",
];

/// The kinds of runs.
const KINDS: &[&str] = &["train", "query", "evaluate"];

const PLAN: &[(&str, Sort)] = &[
    ("project", Sort::Name),
    ("kind", Sort::Word(KINDS)),
    ("participants", Sort::Count),
    ("rounds", Sort::Count),
    ("retries", Sort::Count),
    ("sampling-rate", Sort::Decimal),
    ("noise", Sort::Decimal),
    ("clip", Sort::Decimal),
    ("dimension", Sort::Count),
    ("code", Sort::Name),
];

/// What of an account goes to whom.
const PART: &[(&str, Sort)] =
    &[("to", Sort::Name), ("amount", Sort::Decimal), ("project", Sort::Name)];

/// What is handed on, and into which account.
const MOVED: &[(&str, Sort)] =
    &[("to", Sort::Name), ("amount", Sort::Decimal), ("project", Sort::Name), ("into", Sort::Name)];

/// Currencies of scenarios, where no clause says one.
const CURRENCIES: &[&str] = &["EUR", "USD", "GBP", "CHF", "JPY"];

/// What was used or paid, by whom.
const MONEY: &[(&str, Sort)] = &[
    ("from", Sort::Name),
    ("to", Sort::Name),
    ("amount", Sort::Decimal),
    ("currency", Sort::Word(CURRENCIES)),
    ("project", Sort::Name),
    ("version", Sort::Name),
    ("purpose", Sort::Name),
    ("country", Sort::Country),
];

/// On which grounds a party says that a clock stands still.
const GROUNDS: &[&str] = &["force-majeure", "authority", "unavailable"];

/// What is ruled about a duty.
const RULINGS: &[&str] = &["stands", "owed", "not-owed", "breached", "stayed"];

/// What is ruled on a verdict.
const VERDICTS: &[&str] = &["stands", "stayed", "set-aside"];

/// In which ways notice is given.
const CHANNELS: &[&str] = &["log", "email", "post", "portal"];

/// What a step says of a case that it opens.
const CASE: &[(&str, Sort)] = &[
    ("kind", Sort::Word(&["incident", "dispute", "claim", "records-request", "exit"])),
    ("against", Sort::Name),
    ("incident", Sort::Name),
    ("liability", Sort::Clause),
];

/// What is said to a clock of a case.
const REPORTS: &[&str] = &["initial", "complete", "not-owed"];
/// How a version is made from another.
const DERIVED: &[(&str, Sort)] = &[
    ("from", Sort::Name),
    ("step", Sort::Word(&["combine", "transform", "pseudonymise", "aggregate", "synthesise"])),
    ("persons", Sort::Count),
    ("custodian", Sort::Name),
];

/// What is handed over, to whom and how.
const HANDED: &[(&str, Sort)] = &[
    ("until", Sort::Day),
    ("field", Sort::Name),
    ("country", Sort::Country),
    ("royalty", Sort::Decimal),
    ("fee", Sort::Decimal),
    ("currency", Sort::Word(CURRENCIES)),
    ("sublicense", Sort::Word(&["yes"])),
    ("to", Sort::Name),
    ("share", Sort::Decimal),
    ("profile", Sort::Word(&["tls-1.2", "tls-1.3", "sealed"])),
];

/// Whose paper is erased, and why.
const ERASED: &[(&str, Sort)] = &[
    ("of", Sort::Name),
    ("ground", Sort::Word(&["not-needed", "consent-withdrawn", "objection", "unlawful", "law"])),
];

/// Labels.
const LABELS: &[&str] = &["public", "internal", "restricted"];

/// Classes of updates.
const CLASSES: &[&str] = &["patch", "minor", "major"];

/// Who a lab is to whom it tests.
const LABS: &[&str] = &["first-party", "second-party", "independent"];

/// How something was tested.
const TESTED: &[(&str, Sort)] = &[
    ("method", Sort::Name),
    ("cases", Sort::Count),
    ("version", Sort::Name),
    ("plan", Sort::Name),
    ("tested", Sort::Day),
    ("from", Sort::Country),
    ("class", Sort::Word(LABS)),
];

/// Settings that a step with any act takes.
pub(super) const ANY: &[(&str, Sort)] =
    &[("level", Sort::Word(&["simple", "advanced", "qualified", "handwritten"]))];

/// What a motion can decide.
pub(super) fn decided() -> impl Iterator<Item = ActName> + Clone {
    ActName::JUDGED.iter().copied().filter(|act| act.about().contains(&Aspect::Decision))
}

/// The acts that are the sequencer's and no step.
pub(super) fn of_the_sequencer(act: ActName) -> bool {
    matches!(act, ActName::Genesis | ActName::Tick | ActName::DigestRecord | ActName::RefusalCount)
}

/// The form of a step with this act.
pub(super) fn form(act: ActName) -> Form {
    let plain =
        Form { several: false, on: false, purposes: false, at: false, keys: &[], metrics: false };
    match act {
        ActName::ModulePropose | ActName::ModuleWithdraw => {
            Form { keys: &[("version", Sort::Version)], ..plain }
        }
        ActName::ModuleSign => Form {
            several: true,
            keys: &[("version", Sort::Version), ("until", Sort::Day)],
            ..plain
        },
        ActName::ModuleEnter => Form { several: true, ..plain },
        ActName::DeterminationEnter => {
            let keys = &[
                ("invalid", Sort::Clause),
                ("duty", Sort::Clause),
                ("owner", Sort::Name),
                ("ruling", Sort::Word(RULINGS)),
                ("verdict", Sort::Word(VERDICTS)),
            ];
            Form { keys, ..plain }
        }
        ActName::DutyDischarge => Form { keys: &[("owner", Sort::Name)], metrics: true, ..plain },
        ActName::DutyResume | ActName::DutyWaive | ActName::DutyDispute => {
            Form { keys: &[("owner", Sort::Name)], ..plain }
        }
        ActName::DutyToll => {
            Form { keys: &[("owner", Sort::Name), ("ground", Sort::Word(GROUNDS))], ..plain }
        }
        ActName::DutyExtend => {
            Form { keys: &[("owner", Sort::Name), ("more", Sort::Period)], ..plain }
        }
        ActName::NoticeServe => {
            Form { keys: &[("to", Sort::Name), ("channel", Sort::Word(CHANNELS))], ..plain }
        }
        ActName::SignalBatch => Form { keys: &[("value", Sort::Decimal)], ..plain },
        ActName::AuditAnswer => {
            Form { keys: &[("reply", Sort::Word(&["given", "refused"]))], ..plain }
        }
        ActName::PlaceRegister => Form { at: true, ..plain },
        ActName::PlaceSuspend | ActName::PlaceResume => {
            Form { keys: &[("of", Sort::Name)], ..plain }
        }
        ActName::AssetDerive => Form { on: true, purposes: true, keys: DERIVED, ..plain },
        ActName::AssetLabel => Form { keys: &[("label", Sort::Word(LABELS))], ..plain },
        ActName::AssetTransfer => Form { keys: HANDED, ..plain },
        ActName::UpdateDeclare => Form { keys: &[("class", Sort::Word(CLASSES))], ..plain },
        ActName::AssetDeclareBackground
        | ActName::ConsentWithdraw
        | ActName::DeletionAttest
        | ActName::ErasureRecord
        | ActName::CodeRegister => Form { on: true, ..plain },
        ActName::DatasetRegister => Form { on: true, purposes: true, at: true, ..plain },
        ActName::AssetImport => Form { on: true, purposes: true, ..plain },
        ActName::DatasetWithdraw | ActName::CodeApprove | ActName::CodeRevoke => {
            Form { on: true, ..plain }
        }
        ActName::ProjectCharter => {
            Form { on: true, purposes: true, keys: &[("objective", Sort::Clause)], ..plain }
        }
        ActName::MotionPropose => {
            let keys = &[
                ("body", Sort::Name),
                ("fast", Sort::Word(&["yes"])),
                // Of what it is to do.
                ("to", Sort::Name),
                ("amount", Sort::Decimal),
                ("project", Sort::Name),
            ];
            Form { keys, ..plain }
        }
        ActName::AccountOpen => Form { keys: &[("until", Sort::Day)], ..plain },
        ActName::AccountAllocate => Form { keys: PART, ..plain },
        ActName::AccountTransfer => Form { keys: MOVED, ..plain },
        ActName::UsageReport | ActName::PaymentRecord => Form { keys: MONEY, ..plain },
        ActName::ProjectMilestone => Form { keys: &[("project", Sort::Name)], ..plain },
        ActName::ObjectiveReport => Form { keys: &[("value", Sort::Decimal)], ..plain },
        ActName::MotionDelegate | ActName::MeetingCall => {
            Form { keys: &[("body", Sort::Name)], ..plain }
        }
        ActName::RunPropose => Form { on: true, purposes: true, keys: PLAN, ..plain },
        ActName::RunJoin => Form { keys: &[("cost", Sort::Word(&["zero"]))], ..plain },
        ActName::RunClose => Form {
            keys: &[
                ("signers", Sort::Count),
                ("rounds", Sort::Count),
                ("attempts", Sort::Count),
                ("contributors", Sort::Count),
            ],
            ..plain
        },
        ActName::RunAbort => Form { keys: &[("reason", Sort::Word(REASONS))], ..plain },
        ActName::EvidenceSubmit => Form { keys: TESTED, metrics: true, ..plain },
        ActName::MethodRegister => Form {
            keys: &[("version", Sort::Name), ("family", Sort::Name), ("until", Sort::Day)],
            ..plain
        },
        ActName::LabAccredit => Form {
            keys: &[
                ("lab", Sort::Name),
                ("class", Sort::Word(LABS)),
                ("from", Sort::Day),
                ("until", Sort::Day),
            ],
            ..plain
        },
        ActName::LabSuspend => Form { keys: &[("lab", Sort::Name), ("from", Sort::Day)], ..plain },
        ActName::PlanRegister => {
            Form { keys: &[("method", Sort::Name), ("cases", Sort::Count)], ..plain }
        }
        ActName::RecognitionAdopt => Form {
            keys: &[
                ("to", Sort::Country),
                ("from", Sort::Country),
                ("method", Sort::Name),
                ("family", Sort::Name),
                ("class", Sort::Word(LABS)),
                ("max-age", Sort::Period),
                ("cost", Sort::Decimal),
            ],
            ..plain
        },
        ActName::CaseOpen => Form { on: true, keys: CASE, ..plain },
        ActName::CaseFact => {
            Form { keys: &[("incident", Sort::Name), ("against", Sort::Name)], ..plain }
        }
        ActName::CaseStage => Form { keys: &[("to", Sort::Name)], ..plain },
        ActName::CaseReport => {
            Form { keys: &[("clock", Sort::Count), ("report", Sort::Word(REPORTS))], ..plain }
        }
        ActName::DrillStart => Form { on: true, keys: &[("incident", Sort::Name)], ..plain },
        ActName::HoldPlace => Form { on: true, keys: &[("of", Sort::Name)], ..plain },
        ActName::PersonErase => Form { keys: ERASED, ..plain },
        ActName::HoldLift => Form { keys: &[("hold", Sort::Count)], ..plain },
        ActName::RiskOpen | ActName::RiskUpdate => {
            Form { keys: &[("likelihood", Sort::Count), ("impact", Sort::Count)], ..plain }
        }
        ActName::RiskAppetite => Form { keys: &[("most", Sort::Count)], ..plain },
        _ => plain,
    }
}
