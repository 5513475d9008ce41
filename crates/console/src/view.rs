//! What the pages show, as plain structs: a page can be read, tested and drawn from these alone.
//!
//! Names and titles are text as it was written; [`Words`] are texts whose names are marked.

use concordat_terms::{ClauseRef, Digest, Timestamp};

/// What surrounds every page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// The log's origin; empty before there is a genesis.
    pub origin: String,
    /// A line that must not be missed, such as that nothing here is real.
    pub banner: Option<String>,
    /// The log's name: the id of its genesis.
    pub log: Option<Digest>,
    /// How many entries the page was computed from.
    pub entries: u64,
    /// The log's time.
    pub time: Option<Timestamp>,
}

/// A text whose names are marked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(pub Vec<Piece>);

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Plain.
    Text(String),
    /// A name or a value, as it is spelt.
    Code(String),
    /// A name that a clause in force defines, or the citation of a clause.
    Clause(String, ClauseRef),
    /// Strong, from prose.
    Strong(String),
    /// Emphasised, from prose.
    Emphasis(String),
}

/// A party as it is named to people.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// Its id.
    pub id: String,
    /// Its title in the agreement; its id where the agreement does not speak of it.
    pub title: String,
}

/// The first page: where the partnership stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// What surrounds it.
    pub frame: Frame,
    /// What the partnership wants to reach, and the clauses that say so.
    pub objectives: Vec<(String, ClauseRef)>,
    /// What waits for somebody.
    pub needs: Vec<Need>,
    /// The parties by side: the side in words, its parties.
    pub sides: Vec<(String, Vec<Party>)>,
    /// The modules in force.
    pub modules: Vec<Module>,
    /// The projects.
    pub projects: Vec<Project>,
    /// The runs.
    pub runs: Vec<Run>,
    /// The privacy accounts.
    pub budgets: Vec<Budget>,
    /// The models.
    pub models: Vec<Model>,
}

/// Something that waits for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// What waits, as a noun phrase.
    pub what: Words,
    /// What is to be done about it, in the imperative.
    pub todo: Words,
    /// Who can do it.
    pub who: Vec<Name>,
    /// Where to read more on these pages.
    pub see: String,
    /// Whether its time is over.
    pub overdue: bool,
}

/// A party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Its name.
    pub name: Name,
    /// The clause that makes it one; none before an agreement is in force.
    pub clause: Option<ClauseRef>,
    /// ISO 3166 codes of the countries whose law binds it.
    pub jurisdictions: Vec<String>,
    /// The titles of the seats it fills.
    pub seats: Vec<String>,
    /// How many of its acts were refused.
    pub refused: u64,
}

/// A module in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its name.
    pub id: String,
    /// Its first heading.
    pub title: String,
    /// Its version.
    pub version: String,
    /// Its exact bytes.
    pub digest: Digest,
    /// Since when.
    pub since: Timestamp,
    /// By the entry at this index.
    pub index: u64,
    /// Who signed it.
    pub signed: Vec<Name>,
}

/// A project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its name.
    pub id: String,
    /// Where it stands.
    pub status: String,
    /// Who proposed it.
    pub by: Name,
    /// The objective it serves.
    pub objective: Words,
    /// The purposes it may pursue.
    pub purposes: Words,
    /// The assets it may use.
    pub assets: Words,
    /// The charter's text.
    pub charter: Digest,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its name.
    pub id: String,
    /// Its kind in words.
    pub kind: String,
    /// The project it belongs to.
    pub project: String,
    /// Who proposed it.
    pub by: Name,
    /// When.
    pub at: Timestamp,
    /// Where it stands.
    pub status: RunStatus,
    /// Rounds that gave a sum, out of `rounds`.
    pub done: u32,
    /// All rounds.
    pub rounds: u32,
    /// What is going on, or how it ended.
    pub note: String,
    /// The participants of the plan and whether each has approved, and has joined.
    pub participants: Vec<Participant>,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunStatus {
    /// Waiting for approvals.
    Proposed,
    /// Going on.
    Open,
    /// Over, with a result.
    Closed,
    /// Over, without one.
    Aborted,
}

/// A participant of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// Who.
    pub name: Name,
    /// Whether it approved the run.
    pub approved: bool,
    /// Whether it joined.
    pub joined: bool,
}

/// The privacy account of one holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Whose.
    pub holder: Name,
    /// The dataset's title.
    pub dataset: String,
    /// ε spent or reserved, as a decimal; none where nobody has computed it.
    pub spent: Option<String>,
    /// The most that may be spent.
    pub limit: String,
    /// The probability with which the bound may fail.
    pub delta: String,
    /// The share of the limit that is spent, in thousandths, 0 to 1000.
    pub permille: u32,
    /// The clause that sets the limit.
    pub clause: ClauseRef,
}

/// A model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Its weights.
    pub digest: Digest,
    /// The title of the asset it is a version of.
    pub title: String,
    /// The run it came from; none gave what was brought in.
    pub run: Option<String>,
    /// Where it stands.
    pub status: String,
    /// Whether it is released.
    pub released: bool,
    /// Who signed the result, or brought it in.
    pub signed: Vec<Name>,
    /// What tests said, in the order of filing.
    pub evidence: Vec<Evidence>,
}

/// A test's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Who tested.
    pub by: Name,
    /// When it was filed.
    pub at: Timestamp,
    /// The method.
    pub method: String,
    /// Metrics and their values.
    pub results: Vec<(String, String)>,
    /// On how many cases.
    pub cases: u32,
    /// The full report.
    pub report: Digest,
    /// Where else it was tested, what was replied, that it was taken back.
    pub notes: Vec<String>,
}

/// The page of motions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decisions {
    /// What surrounds it.
    pub frame: Frame,
    /// The motions, the latest first.
    pub motions: Vec<Motion>,
}

/// A motion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Motion {
    /// Its name.
    pub id: String,
    /// The question.
    pub question: Words,
    /// The title of the body that decides.
    pub body: String,
    /// The clause that constitutes it.
    pub clause: Option<ClauseRef>,
    /// Who put it.
    pub by: Name,
    /// From when votes are taken.
    pub opens_at: Timestamp,
    /// Until when votes are taken.
    pub open_until: Timestamp,
    /// Until when it may be carried out, if it succeeds.
    pub lapses_at: Timestamp,
    /// How it stands.
    pub outcome: Outcome,
    /// The members' votes by side: the side in words, whether it is counted, its members.
    pub sides: Vec<Side>,
    /// Who voted against.
    pub dissent: Vec<Name>,
    /// When it was carried out.
    pub executed: Option<Timestamp>,
}

/// How a motion stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Before the members; votes are not taken yet.
    Proposed,
    /// Votes are out that could change it.
    Undecided,
    /// Decided in favour, not yet carried out.
    Succeeded,
    /// Decided in favour and carried out.
    Executed,
    /// Decided in favour and not carried out in time: it would take a new motion.
    Lapsed,
    /// Decided against, or the quorum was missed.
    Failed,
    /// Stopped by who has a veto.
    Vetoed,
    /// Taken back, or overtaken by an alternative.
    Withdrawn,
}

/// The votes of one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// The side in words.
    pub side: String,
    /// Whether its votes are counted.
    pub counted: bool,
    /// Its members and what each voted; none: silent.
    pub votes: Vec<(Name, Option<Vote>)>,
}

/// One vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vote {
    /// In favour.
    For,
    /// Against.
    Against,
    /// Present, neither for nor against.
    Abstain,
}

/// A page of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// What surrounds it.
    pub frame: Frame,
    /// Whether it shows refused acts only.
    pub refused_only: bool,
    /// How many acts there are to show, on all pages.
    pub total: usize,
    /// How many acts were refused.
    pub refused: usize,
    /// Which page this is, from 1.
    pub page: usize,
    /// How many there are, at least 1.
    pub pages: usize,
    /// The entries of this page, the latest first.
    pub rows: Vec<Row>,
}

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its place in the log.
    pub index: u64,
    /// The log's time there.
    pub time: Option<Timestamp>,
    /// Who acted, where a registered key signed.
    pub who: Option<Name>,
    /// For which seat.
    pub seat: Option<String>,
    /// Which act, where the bytes said so.
    pub act: Option<String>,
    /// What became of it.
    pub verdict: Verdict,
}

/// What became of an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It took effect; the clause that permits it, where one does.
    Admitted(Option<ClauseRef>),
    /// It changed nothing.
    Refused {
        /// The refusal's stable name.
        code: String,
        /// What stood in the way.
        what: Words,
        /// What the party can do next.
        remedy: Words,
        /// The clause that the refusal rests on.
        clause: Option<ClauseRef>,
    },
}

/// The page of the agreement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    /// What surrounds it.
    pub frame: Frame,
    /// The modules of the frame in force.
    pub modules: Vec<Text>,
    /// The projects that have modules of their own.
    pub projects: Vec<ProjectText>,
}

/// What a project agreed under its frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectText {
    /// Its name.
    pub id: String,
    /// How it stands.
    pub status: String,
    /// What it leaves of what the frame permits, one act and clause a line.
    pub narrows: Vec<Words>,
    /// Its modules in force.
    pub modules: Vec<Text>,
}

/// A module with its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Which.
    pub module: Module,
    /// Its text in order.
    pub blocks: Vec<Block>,
}

/// A block of a module's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A heading below the title; its depth in the file, 2 to 6.
    Heading(u8, String),
    /// A paragraph.
    Paragraph(Words),
    /// A quotation.
    Quote(Vec<Self>),
    /// A list: its items, each with the number that is written before it, if the list has numbers.
    List(Vec<(Option<u64>, Vec<Self>)>),
    /// A table: its head, and its rows.
    Table(Vec<Words>, Vec<Vec<Words>>),
    /// Text whose line breaks matter.
    Verbatim(String),
    /// The paragraphs before it in another language, which comes first.
    Translation(String, Vec<Self>),
    /// A test case that the signatories agree on, as its block is written.
    Scenario(String),
    /// A clause.
    Clause(Clause),
}

/// A clause as it works now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Its citation: also its anchor on the page.
    pub clause: ClauseRef,
    /// Its kind in a word.
    pub kind: &'static str,
    /// What it enforces, said back.
    pub says: Words,
    /// How it stands now, one fact a line.
    pub status: Vec<String>,
    /// Why it binds as text alone; `None`, if these rules act on it.
    pub as_text: Option<Words>,
}

/// The page that there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotFound {
    /// What surrounds it.
    pub frame: Frame,
    /// What was asked for.
    pub path: String,
}
