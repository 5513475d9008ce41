//! What a party can name: the words of the agreement and of the log as it knows it.

use std::collections::BTreeMap;

use concordat_agreement::{Agreement, CaseKind};
use concordat_partnership::{State, party_digest};
use concordat_replay::RULES;
use concordat_terms::{ActName, Digest, ORDERS, Period, Timestamp};

/// What a text can be. Which of these a field takes is found out by trying, see
/// [`crate::dream`]; names all look alike, so that of them the field's own name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Party,
    Seat,
    Asset,
    Module,
    Stage,
    Clause,
    Body,
    Motion,
    Project,
    Run,
    Purpose,
    Place,
    Member,
    Mandate,
    Meeting,
    Case,
    Risk,
    Processor,
    Course,
    Method,
    Metric,
    Incident,
    Fact,
    Measure,
    Duty,
    Digest,
    KeyId,
    PublicKey,
    Moment,
    Period,
    Decimal,
    Money,
    Amount,
    Country,
    Act,
    Licence,
    Row,
}

impl Kind {
    /// Whether somebody may make one up.
    fn is_a_name(self) -> bool {
        use Kind as K;
        matches!(
            self,
            K::Motion
                | K::Project
                | K::Run
                | K::Place
                | K::Member
                | K::Mandate
                | K::Meeting
                | K::Case
                | K::Risk
                | K::Processor
        )
    }

    pub(crate) const ALL: [Self; 37] = [
        Self::Party,
        Self::Seat,
        Self::Asset,
        Self::Module,
        Self::Stage,
        Self::Clause,
        Self::Body,
        Self::Motion,
        Self::Project,
        Self::Run,
        Self::Purpose,
        Self::Place,
        Self::Member,
        Self::Mandate,
        Self::Meeting,
        Self::Case,
        Self::Risk,
        Self::Processor,
        Self::Course,
        Self::Method,
        Self::Metric,
        Self::Incident,
        Self::Fact,
        Self::Measure,
        Self::Duty,
        Self::Digest,
        Self::KeyId,
        Self::PublicKey,
        Self::Moment,
        Self::Period,
        Self::Decimal,
        Self::Money,
        Self::Amount,
        Self::Country,
        Self::Act,
        Self::Licence,
        Self::Row,
    ];
}

/// The names that a field of this name may hold; none where its own name tells nothing: then any.
pub(crate) fn hinted(field: &str) -> &'static [Kind] {
    use Kind as K;
    match field {
        "party" | "host" | "against" | "present" | "consult" | "holder" | "roster"
        | "witnesses" | "parties" | "datasets" => &[K::Party],
        "to" => &[K::Party, K::Stage],
        "from" => &[K::Party],
        "of" => &[K::Party, K::Mandate],
        "seat" | "owner" => &[K::Seat],
        "asset" | "on" | "assets" => &[K::Asset],
        "model" => &[K::Asset],
        "module" => &[K::Module],
        "body" => &[K::Body],
        "motion" | "alternatives" => &[K::Motion],
        "project" => &[K::Project],
        "run" => &[K::Run],
        "purpose" | "purposes" => &[K::Purpose],
        "place" => &[K::Place],
        "member" => &[K::Member],
        "mandate" => &[K::Mandate],
        "meeting" => &[K::Meeting],
        "case" => &[K::Case],
        "risk" => &[K::Risk],
        "processor" => &[K::Processor],
        "course" => &[K::Course],
        "method" => &[K::Method],
        "metric" | "results" | "figures" => &[K::Metric],
        "kinds" => &[K::Incident],
        "facts" => &[K::Fact],
        "measures" => &[K::Measure],
        "licence" => &[K::Licence],
        "key" | "witness" | "sequencer" | "old" => &[K::PublicKey, K::KeyId],
        _ => &[],
    }
}

/// Everything that can be named.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words {
    pools: BTreeMap<Kind, Vec<String>>,
    /// Digests and clauses that a field of this name is likely to mean.
    likely: BTreeMap<&'static str, Vec<String>>,
    /// Entries, holds, clocks: whatever has a number.
    pub(crate) numbers: Vec<u64>,
    /// What somebody may say that a plan costs.
    pub(crate) costs: Vec<Vec<u64>>,
    pub(crate) now: Option<Timestamp>,
    /// Whether a name is mostly one of something that is there.
    pub(crate) of_what_is: bool,
}

/// How the texts of a kind that a party makes up are called.
fn invented(kind: Kind) -> &'static str {
    match kind {
        Kind::Motion => "question",
        Kind::Project => "venture",
        Kind::Run => "run",
        Kind::Place => "room",
        Kind::Member => "m",
        Kind::Mandate => "mandate",
        Kind::Meeting => "meeting",
        Kind::Case => "case",
        Kind::Risk => "risk",
        Kind::Processor => "processor",
        _ => "thing",
    }
}

const FIXED: &[(Kind, &[&str])] = &[
    (Kind::Course, &["basics"]),
    (Kind::Member, &["m1", "m2", "m3", "m4"]),
    (Kind::Country, &["CH", "US", "HU", "SI", "DE"]),
    (Kind::Licence, &["MIT", "GPL-3.0-only", "Apache-2.0 OR MIT", "CC-BY-4.0", "nonsense"]),
    (
        Kind::Incident,
        &["personal-data-breach", "significant-cyber-incident", "serious-incident", "other"],
    ),
    (Kind::Fact, &["suspected", "cross-border", "nature", "consequences", "root-cause"]),
    (Kind::Measure, &["affected", "deaths"]),
    (Kind::Row, &["NIS2-23(4)(a)", "GDPR-33(1)", "none"]),
    (Kind::Decimal, &["0", "1", "0.2", "0.5", "0.8", "7.26", "0.001", "100", "-1", "1000000"]),
    (Kind::Metric, &["accuracy", "skill"]),
    (Kind::Method, &["pooled-holdout-accuracy", "test"]),
    (Kind::Place, &["ward"]),
    (Kind::Project, &["risk"]),
    (Kind::Run, &["first"]),
    (Kind::Stage, &["negotiation"]),
];

impl Words {
    /// What an agreement names.
    pub(crate) fn of(agreement: &Agreement) -> Self {
        let mut words = Self::default();
        for (kind, fixed) in FIXED {
            words.pools.entry(*kind).or_default().extend(fixed.iter().map(ToString::to_string));
        }
        for act in ActName::JUDGED {
            words.push(Kind::Act, act);
        }
        for (module, clause) in agreement.clauses() {
            words.push(Kind::Clause, format!("{}/{}", module.id, clause.id));
        }
        for module in agreement.modules().values() {
            words.push(Kind::Module, &module.id);
        }
        agreement.parties().filter_map(|p| p.id::<concordat_terms::PartyId>()).for_each(|id| {
            words.push(Kind::Party, &id);
        });
        for seat in agreement.seats() {
            words.pools.entry(Kind::Seat).or_default().push(seat.clause.clause.to_string());
        }
        for asset in agreement.assets() {
            words.push(Kind::Asset, &asset.clause.clause);
        }
        if let Some(ladder) = agreement.ladder(CaseKind::Dispute) {
            ladder.terms.stages.iter().for_each(|stage| words.push(Kind::Stage, &stage.stage));
        }
        for purpose in agreement.purposes() {
            words.push(Kind::Purpose, &purpose.clause.clause);
        }
        for body in agreement.bodies() {
            words.push(Kind::Body, &body.clause.clause);
        }
        let mut clauses = |field, clause: &concordat_terms::ClauseRef| {
            words.likely.entry(field).or_default().push(clause.to_string());
        };
        for account in agreement.ledgers() {
            clauses("account", &account.clause);
            clauses("under", &account.clause);
        }
        agreement.ips().for_each(|ip| clauses("under", &ip.clause));
        for liability in agreement.liabilities() {
            clauses("under", &liability.clause);
            clauses("liability", &liability.clause);
        }
        agreement.signals().for_each(|signal| clauses("signal", &signal.clause));
        agreement.conditions().for_each(|condition| clauses("condition", &condition.clause));
        agreement.objectives().for_each(|objective| clauses("objective", &objective.clause));
        let mut units = vec!["EUR".to_owned()];
        units.extend(agreement.ledgers().map(|account| account.terms.unit.clone()));
        for unit in units {
            for much in ["0.01", "1", "5", "250", "100000"] {
                words.push(Kind::Amount, format!("{unit} {much}"));
                if unit == "EUR" {
                    words.push(Kind::Money, format!("{unit} {much}"));
                }
            }
        }
        for acts in [ActName::RunOpen, ActName::ReleasePromote, ActName::AssetLabel] {
            for need in agreement.gates(acts).flat_map(|gate| &gate.terms.evidence) {
                words.push(Kind::Method, &need.method);
                need.metric.iter().for_each(|metric| words.push(Kind::Metric, metric));
            }
        }
        for warranty in agreement.warranties() {
            warranty.terms.method.iter().for_each(|m| words.push(Kind::Method, m));
            warranty.terms.metric.iter().for_each(|m| words.push(Kind::Metric, m));
        }
        for objective in agreement.objectives() {
            objective.terms.metric.iter().for_each(|m| words.push(Kind::Metric, m));
        }
        words
    }

    /// The same, with what the log has added by now.
    pub(crate) fn with(&self, state: &State) -> Self {
        let mut words = self.clone();
        words.now = state.time();
        let now = state.time().unwrap_or(Timestamp::EPOCH);
        let named = [
            (Kind::Motion, state.motions().keys().map(ToString::to_string).collect::<Vec<_>>()),
            (Kind::Meeting, state.meetings().keys().map(ToString::to_string).collect()),
            (Kind::Project, state.projects().keys().map(ToString::to_string).collect()),
            (Kind::Run, state.runs().keys().map(ToString::to_string).collect()),
            (Kind::Place, state.places().keys().map(|(_, place)| place.to_string()).collect()),
            (Kind::Mandate, state.mandates().map(|(id, _)| id.to_string()).collect()),
            (Kind::Case, state.cases().map(|(id, _)| id.to_string()).collect()),
            (Kind::Risk, state.risks().map(|(id, _)| id.to_string()).collect()),
            (Kind::Processor, state.processors().map(|(id, _)| id.to_string()).collect()),
            (Kind::Party, state.members().keys().map(ToString::to_string).collect()),
        ];
        for (kind, names) in named {
            words.pools.entry(kind).or_default().extend(names);
        }
        let open = state.duties().filter(|(_, duty)| duty.status.is_open());
        let closed = state.duties().filter(|(_, duty)| !duty.status.is_open()).take(5);
        for (id, _) in open.take(40).chain(closed) {
            words.push(Kind::Duty, id);
        }
        for (id, holder) in state.keys() {
            words.push(Kind::KeyId, id);
            words.push(Kind::PublicKey, &holder.public);
        }
        for span in ["PT1H", "P1D", "P8D", "P40D", "P400D"] {
            let span: Period = span.parse().unwrap();
            words.push(Kind::Moment, now.plus(span));
        }
        for days in [0, 1, 40] {
            let before = now.seconds().saturating_sub(days * 86_400);
            words.push(Kind::Moment, Timestamp::from_seconds(before).unwrap_or(now));
        }
        for span in ["P5D", "PT12H", "P1M"] {
            words.push(Kind::Period, span);
        }
        words.number(state);
        words.digest(state);
        words.costs.extend([vec![0; ORDERS], vec![1 << 40; ORDERS]]);
        words
    }

    fn number(&mut self, state: &State) {
        let index = state.index();
        let notices = state.notices().map(|(index, _)| *index);
        let audits = state.audits().map(|(index, _)| *index);
        let powers = state.powers_used().map(|(index, _)| *index);
        let asked = state.corrections().map(|(index, _)| *index);
        let holds = state.holds().map(|(number, _)| *number);
        let reports = state.objective_reports().map(|(index, _)| *index);
        self.numbers = notices.chain(audits).chain(powers).chain(asked).chain(holds).collect();
        self.numbers.extend(reports);
        for case in state.cases() {
            self.numbers.extend(state.filed_in(case.0).map(|(index, _)| index));
        }
        self.numbers.extend((1..6).map(|back| index.saturating_sub(back)));
        self.numbers.extend([index, index + 5]);
    }

    fn digest(&mut self, state: &State) {
        let mut versions: Vec<String> = state.versions().map(|(id, _)| id.to_string()).collect();
        versions.extend(state.models().keys().map(ToString::to_string));
        let texts: Vec<String> = state.proposals().keys().map(ToString::to_string).collect();
        let waiting: Vec<String> = state.waiting().map(|(id, _)| id.to_string()).collect();
        self.likely.entry("module").or_default().extend(waiting.iter().cloned());
        self.likely.entry("module").or_default().extend(texts);
        self.likely.entry("modules").or_default().extend(waiting.iter().cloned());
        self.likely.entry("with").or_default().extend(waiting);
        for field in ["version", "versions", "model", "models", "subject", "from", "to", "datasets"]
        {
            self.likely.entry(field).or_default().extend(versions.iter().cloned());
        }
        let slices = state.slices().map(|((_, _, slice), _)| slice.to_string());
        self.likely.entry("slice").or_default().extend(slices);
        let parties = state.members().keys().map(|party| party_digest(party).to_string());
        self.likely.entry("subject").or_default().extend(parties);
        self.likely.entry("rolling").or_default().push(state.rolling().to_string());
        self.likely.entry("rules").or_default().push(RULES.to_string());
        self.likely.entry("code").or_default().push(Digest::of(b"code").to_string());
        self.likely.insert("document", vec![Digest([7; 32]).to_string()]);
    }

    /// Texts that a field of this name is likely to mean: blobs that everybody has.
    pub(crate) fn blobs(&mut self, field: &'static str, blobs: &[Digest]) {
        self.likely.entry(field).or_default().extend(blobs.iter().map(ToString::to_string));
    }

    pub(crate) fn push(&mut self, kind: Kind, word: impl ToString) {
        self.pools.entry(kind).or_default().push(word.to_string());
    }

    /// One of a kind: known, or made up.
    pub(crate) fn word(&self, kind: Kind, field: &str, draw: (u64, u64)) -> String {
        let (which, one) = (draw.0 % 100, draw.1);
        let fresh = || format!("{}-{}", invented(kind), one % 97);
        if matches!(kind, Kind::Digest | Kind::Clause) {
            let likely = self.likely.get(field).filter(|pool| !pool.is_empty() && which < 80);
            if let Some(pool) = likely {
                return pool[(one % pool.len() as u64) as usize].clone();
            }
        }
        if kind == Kind::Digest {
            return Digest::of(format!("blob {}", one % 997).as_bytes()).to_string();
        }
        let pool = self.pools.get(&kind).filter(|pool| !pool.is_empty());
        let named = kind.is_a_name();
        if kind == Kind::Duty && pool.is_none() {
            return "governance/nothing:nobody:1".to_owned();
        }
        match pool {
            Some(pool) if which < if self.of_what_is { 92 } else { 70 } || !named => {
                pool[(one % pool.len() as u64) as usize].clone()
            }
            _ => fresh(),
        }
    }
}

impl Words {
    /// A word of every kind, to try which fields take which.
    pub(crate) fn sample() -> Self {
        let mut words = Self::default();
        for (kind, fixed) in FIXED {
            words.pools.entry(*kind).or_default().extend(fixed.iter().map(ToString::to_string));
        }
        let digest = Digest::of(b"sample").to_string();
        let some = [
            (Kind::Clause, "module/clause"),
            (Kind::Duty, "module/clause:party:412"),
            (Kind::KeyId, &digest[..32]),
            (Kind::PublicKey, &digest),
            (Kind::Moment, "2027-01-01T08:00:00Z"),
            (Kind::Period, "P5D"),
            (Kind::Money, "EUR 5"),
            (Kind::Amount, "gpu-hour 5"),
            (Kind::Act, "run.open"),
        ];
        for (kind, word) in some {
            words.push(kind, word);
        }
        words
    }
}
