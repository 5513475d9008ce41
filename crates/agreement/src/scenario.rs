//! Scenarios: test cases that the signatories agree on, as part of the text they sign.
//!
//! A scenario is a list of steps; a step says who does what, and what the verdict is expected to
//! be. `docs/reference/scenarios.md` has the grammar. Here they are read, checked and printed; the
//! fold that runs them is not known here, and does not read them: whether a module enters into
//! force does not hang on its test cases.

mod check;
mod form;
mod parts;
mod print;
pub(crate) mod read;
mod step;
mod token;

pub use check::scenario_findings;

use std::collections::BTreeMap;

use concordat_terms::{
    ActName, AssetId, Date, Decimal, PartyId, Period, PurposeId, SeatId, Span, Timestamp,
};
use semver::Version;

use crate::{ClauseName, Level, Place};

/// One scenario of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// What it is called; used once in its module.
    pub name: String,
    /// The scenario that it goes on from: of its module, or `module/name`.
    pub after: Option<String>,
    /// What happens, in order; at least one.
    pub steps: Vec<Step>,
    /// Where its name stands.
    pub span: Span,
    /// Where `after` stands.
    pub(crate) after_at: Option<Span>,
}

/// One line of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub moment: Moment,
    /// Who does what; none where time only passes.
    pub deed: Option<Deed>,
    /// What is said of a duty instead, which then stands so.
    pub claim: Option<Claim>,
    /// Where it stands: the whole step, as far as it is on its first line.
    pub span: Span,
}

/// How a duty stands: `duty delete-copies by trainer -> late`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The clause of the duty.
    pub duty: ClauseName,
    /// Who owes it: a party, or a seat, each party of which is meant.
    pub by: String,
    /// How its last occurrence stands, one of [`CLAIMS`].
    pub stands: &'static str,
    /// Where the clause and who owes it stand.
    pub(crate) places: (Span, Span),
}

/// What may be said of a duty.
pub const CLAIMS: [&str; 9] = [
    "active",
    "tolled",
    "suspended",
    "late",
    "breached",
    "discharged",
    "waived",
    "superseded",
    "not-owed",
];

/// When a step is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Right after the step before it.
    Next,
    /// At this time.
    At(Timestamp),
    /// So long after the step before it.
    After(Period),
}

impl Moment {
    /// The time of a step, from that of the step before it; none where nothing says a day.
    pub fn from(self, before: Option<Timestamp>) -> Option<Timestamp> {
        match self {
            Self::Next => before,
            Self::At(time) => Some(time),
            Self::After(period) => before.map(|time| time.plus(period)),
        }
    }
}

/// Who does what, and the verdict that is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// Whether every party of the seat does it, by the word `each`.
    pub each: bool,
    /// For which seat.
    pub seat: SeatId,
    /// Which of the seat's parties, if the step says so.
    pub party: Option<PartyId>,
    /// The act; one that a party signs and the rules judge.
    pub act: ActName,
    /// What it makes or takes up, as the scenario calls it; several only for `module.enter`.
    pub names: Vec<String>,
    /// What a motion is to do, or how a vote is cast.
    pub choice: Option<Choice>,
    /// On which assets; empty where the step leaves it out.
    pub on: Vec<AssetId>,
    /// For which purposes; empty where the step leaves it out.
    pub purposes: Vec<PurposeId>,
    /// Where.
    pub at: Option<Place>,
    /// The further settings by key, in the order of the text.
    pub with: Vec<(String, Given)>,
    /// The verdict.
    pub expected: Expected,
    /// Where each part stands: `seat`, `party`, `names[0]`, `on[1]`, `with.rounds`, `by`, `code`.
    pub(crate) places: BTreeMap<String, Span>,
}

impl Deed {
    /// A setting by its key.
    pub fn given(&self, key: &str) -> Option<&Given> {
        self.with.iter().find(|(name, _)| name == key).map(|(_, given)| given)
    }

    /// A count by its key.
    pub fn count(&self, key: &str) -> Option<u32> {
        match self.given(key)? {
            Given::Count(count) => Some(*count),
            _ => None,
        }
    }

    /// An exact decimal by its key.
    pub fn decimal(&self, key: &str) -> Option<Decimal> {
        match self.given(key)? {
            Given::Decimal(decimal) => Some(*decimal),
            _ => None,
        }
    }

    /// A name or word by its key.
    pub fn word(&self, key: &str) -> Option<&str> {
        match self.given(key)? {
            Given::Word(word) => Some(word),
            _ => None,
        }
    }

    /// How strongly the step is signed, if it says so.
    pub fn level(&self) -> Option<Level> {
        let word = self.word("level")?;
        [Level::Simple, Level::Advanced, Level::Qualified, Level::Handwritten]
            .into_iter()
            .find(|level| level.as_str() == word)
    }

    /// A clause by its key.
    pub fn clause(&self, key: &str) -> Option<&ClauseName> {
        match self.given(key)? {
            Given::Clause(clause) => Some(clause),
            _ => None,
        }
    }

    /// The version of a module that the step is about.
    pub fn version(&self) -> Option<&Version> {
        match self.given("version")? {
            Given::Version(version) => Some(version),
            _ => None,
        }
    }

    /// A period by its key.
    pub fn period(&self, key: &str) -> Option<Period> {
        match self.given(key)? {
            Given::Period(period) => Some(*period),
            _ => None,
        }
    }

    /// A day by its key.
    pub fn day(&self, key: &str) -> Option<Date> {
        match self.given(key)? {
            Given::Day(day) => Some(*day),
            _ => None,
        }
    }

    /// Where a part of the step stands; the step's first word, if the part is left out.
    pub(crate) fn place(&self, part: &str) -> Option<&Span> {
        self.places.get(part).or_else(|| self.places.get("seat"))
    }

    /// Where the code of the refusal stands that is expected.
    pub fn code_at(&self) -> Option<&Span> {
        self.places.get("code")
    }
}

/// What a motion is to do, or how a vote is cast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The act that the motion decides, and on which project, run or model.
    Do(ActName, Option<String>),
    /// The vote.
    Vote(Ballot),
}

/// A vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ballot {
    /// In favour.
    For,
    /// Against.
    Against,
    /// Present, neither for nor against.
    Abstain,
}

impl Ballot {
    /// Every vote.
    pub const ALL: [Self; 3] = [Self::For, Self::Against, Self::Abstain];

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::For => "for",
            Self::Against => "against",
            Self::Abstain => "abstain",
        }
    }
}

/// The value of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// How many.
    Count(u32),
    /// How much.
    Decimal(Decimal),
    /// A name, or one of a few words.
    Word(String),
    /// A module's version.
    Version(Version),
    /// A day.
    Day(Date),
    /// A clause.
    Clause(ClauseName),
    /// How long.
    Period(Period),
}

/// The verdict that a step is expected to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The act takes effect.
    Admitted {
        /// By this permit.
        by: Option<ClauseName>,
    },
    /// It does not.
    Refused {
        /// With this code.
        code: Option<String>,
        /// By this clause.
        by: Option<ClauseName>,
    },
}
