//! The clauses: the enforceable part of a module, typed.
//!
//! A clause's kind is the one key that names it (`seat = "…"`, `permit = "run.propose"`); its
//! value is a title, an act or a reference. Every list of references is empty when the text does
//! not restrict it.

use concordat_terms::{
    ActName, AssetId, BodyId, Decimal, ModuleId, PartyId, Period, PurposeId, SeatId, Side,
};
use serde::{Deserialize, Serialize};

use crate::When;

/// What a clause says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Terms {
    /// A party to the agreement; the clause's id is the party's id.
    Party(Party),
    /// A role; the clause's id is the seat's id.
    Seat(Seat),
    /// What something may be used for; the clause's id is the purpose's id.
    Purpose(Purpose),
    /// What the partnership wants to reach.
    Objective(Objective),
    /// A dataset or model the agreement speaks of; the clause's id is the asset's id.
    Asset(Asset),
    /// An act that a seat may do.
    Permit(Rule),
    /// An act that nobody may do, whatever a permit says.
    Forbid(Rule),
    /// What must hold before an act is admitted.
    Gate(Gate),
    /// Seats that decide together; the clause's id is the body's id.
    Body(Body),
    /// The privacy account of each holder of a dataset.
    Privacy(Privacy),
    /// How contributions are summed without anybody seeing one.
    Aggregation(Aggregation),
    /// Who must cosign a checkpoint before it counts.
    Witnesses(Witnesses),
    /// A definition.
    Term(Term),
}

/// An organisation that signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Party {
    /// Its name, for people.
    pub party: String,
    /// Where it stands.
    pub side: Side,
    /// ISO 3166 country codes whose law binds it.
    pub jurisdictions: Vec<String>,
    /// Parties with the same word here are under common control and count as one colluder.
    #[serde(default)]
    pub control: Option<String>,
}

/// A role and who fills it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seat {
    /// Its title, for people.
    pub seat: String,
    /// The parties that act for it.
    pub filled_by: Vec<PartyId>,
}

/// A use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    /// What the use is, for people.
    pub purpose: String,
}

/// A goal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// What is to be reached, for people.
    pub objective: String,
}

/// A definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// The word that is defined; the prose above the clause is its meaning.
    pub term: String,
}

/// A dataset or a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asset {
    /// Its title, for people.
    pub asset: String,
    /// What it is.
    pub kind: AssetKind,
    /// The seat that holds it.
    pub holder: SeatId,
    /// Its confidentiality label.
    pub label: Label,
    /// The uses it may be put to; no other is ever permitted.
    pub purposes: Vec<PurposeId>,
    /// Datasets only: the column that names the person a row is about.
    #[serde(default)]
    pub person: Option<String>,
    /// Datasets only: at most this many rows are about one person.
    #[serde(default)]
    pub rows_per_person: Option<u32>,
    /// Datasets only: the schema.
    #[serde(default)]
    pub columns: Vec<Column>,
}

/// Kinds of assets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AssetKind {
    /// Rows about people or things; every holder has its own version.
    Dataset,
    /// A trained model.
    Model,
}

/// How confidential an asset is, in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Label {
    /// Anybody may see it.
    Public,
    /// The parties may see it.
    Internal,
    /// Its holder alone may see it.
    Restricted,
}

/// One column of a dataset's schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name in the header row.
    pub name: String,
    /// What its cells hold.
    pub kind: ColumnKind,
    /// Numbers: the smallest value a cell may hold.
    #[serde(default)]
    pub min: Option<Decimal>,
    /// Numbers: the largest.
    #[serde(default)]
    pub max: Option<Decimal>,
    /// Categories: every value a cell may hold.
    #[serde(default)]
    pub levels: Vec<String>,
    /// Whether a cell may be empty.
    #[serde(default)]
    pub optional: bool,
}

/// What a column's cells hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnKind {
    /// A decimal number within `min` and `max`.
    Number,
    /// One of `levels`.
    Category,
    /// Any text: names, keys. Never a feature.
    Text,
}

/// Kinds of runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunKind {
    /// Federated training.
    Train,
    /// A federated query.
    Query,
    /// An evaluation.
    Evaluate,
}

/// An act, and to which requests the clause speaks. An empty list does not restrict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The act.
    pub act: ActName,
    /// For which seats. Never empty in a permit.
    pub by: Vec<SeatId>,
    /// For which kinds of runs.
    pub kinds: Vec<RunKind>,
    /// On which assets.
    pub on: Vec<AssetId>,
    /// For which purposes.
    pub purposes: Vec<PurposeId>,
    /// Under which further condition.
    pub when: Option<When>,
}

/// What must hold before an act is admitted, beyond a permit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// The act that the gate stands before.
    pub gate: ActName,
    /// For which kinds of runs; empty: all.
    #[serde(default)]
    pub kinds: Vec<RunKind>,
    /// The tier of risk, 1 to 3, for people and views.
    #[serde(default)]
    pub tier: Option<u8>,
    /// Law, then data contract, then protocol: modules that must be in force.
    #[serde(default)]
    pub modules: Vec<ModuleId>,
    /// Approvals by seats (for `run.open`).
    #[serde(default)]
    pub approvals: Vec<Approval>,
    /// The body whose motion must have succeeded, so that only `motion.execute` passes.
    #[serde(default)]
    pub motion: Option<BodyId>,
    /// Evidence about the subject's digest that must be filed.
    #[serde(default)]
    pub evidence: Vec<EvidenceNeed>,
}

/// So many parties of a seat must have approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The seat.
    pub seat: SeatId,
    /// How many different parties filling it.
    pub at_least: u32,
}

/// Evidence that a gate demands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceNeed {
    /// The method's name, as the lab states it.
    pub method: String,
    /// The seat that must have filed it.
    pub by: SeatId,
    /// How old it may be.
    pub max_age: Period,
    /// The metric that is compared, if one is.
    #[serde(default)]
    pub metric: Option<String>,
    /// The least value of that metric that passes.
    #[serde(default)]
    pub at_least: Option<Decimal>,
}

/// Seats of several parties that decide together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Its title, for people.
    pub body: String,
    /// The seat whose parties are its members. Independent members are heard, not counted.
    pub members: SeatId,
    /// How many votes each side has; `check` refuses a body whose sides differ.
    pub votes_per_side: u32,
    /// How many of each side must have voted for a decision to count.
    pub quorum_per_side: u32,
    /// How a motion succeeds.
    pub majority: Majority,
    /// How long a motion is open.
    pub open_for: Period,
}

/// When a motion has succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Majority {
    /// More than half of the votes cast on each side.
    EachSide,
    /// At least two thirds of the votes cast on each side.
    TwoThirdsOfEachSide,
}

/// The privacy account of each holder of a dataset. It never refills.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Privacy {
    /// The dataset.
    pub privacy: AssetId,
    /// Which two databases count as neighbours.
    pub adjacency: Adjacency,
    /// The most that may be spent against one curious party after every allowed dropout.
    pub epsilon: Decimal,
    /// The probability the bound may fail with.
    pub delta: Decimal,
}

/// Which two databases count as neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Adjacency {
    /// One person more or less: sensitivity C.
    AddRemove,
    /// One person replaced: sensitivity 2C.
    Replace,
}

/// How contributions are summed without anybody seeing one: one set of parameters, proved
/// consistent at `check` and enforced at each node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aggregation {
    /// The protocol.
    pub aggregation: Protocol,
    /// The seat whose parties contribute; N is how many fill it.
    pub of: SeatId,
    /// t: shares that open a secret, and signatures that a survivor list needs.
    pub threshold: u32,
    /// c: seats under common control that may collude.
    pub colluders: u32,
    /// d: dropouts, over all stages, that a round survives. m = N − d must stay.
    pub dropouts: u32,
    /// b: bits of the ring, 32 or 64.
    pub ring_bits: u32,
    /// Bits of the quantiser: one unit of a contribution is 2^scale_bits ring units.
    pub scale_bits: u32,
    /// The most units (persons) one participant may sum up in one round.
    pub units_per_round: u32,
    /// The largest clipping bound C a plan may use.
    pub clip_most: Decimal,
    /// The largest noise multiplier σ a plan may use.
    pub noise_most: Decimal,
    /// The largest model, in parameters.
    pub dimension_most: u32,
    /// R: how often a lost round may be tried again.
    pub retries: u32,
}

/// Secure aggregation protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// Bonawitz et al. 2017, active-adversary variant, complete graph.
    PairwiseMasks,
}

/// Who must cosign a checkpoint before it counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witnesses {
    /// The cosigning parties.
    pub witnesses: Vec<PartyId>,
    /// How many of them.
    pub quorum: u32,
    /// No round starts on a checkpoint older than this.
    pub max_staleness: Period,
    /// How far the sequencer's clock may be from a cosigner's.
    pub skew: Period,
    /// The longest the log may be silent while something is due.
    pub max_gap: Period,
}
