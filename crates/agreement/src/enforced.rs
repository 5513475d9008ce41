//! Which clauses the rules of this edition act on. The others are read, checked, printed and
//! shown; nothing is admitted, refused or due because of them yet, and they bind as text does.

use std::fmt;

use concordat_terms::ActName;
use serde::{Serialize, Serializer};

use crate::{Clause, Event, Terms};

/// Kinds of clauses that the rules of this edition act on.
const ACTED_ON: &[&str] = &[
    "party",
    "seat",
    "purpose",
    "objective",
    "asset",
    "permit",
    "forbid",
    "gate",
    "power",
    "body",
    "privacy",
    "aggregation",
    "witnesses",
];

/// Why a clause binds as text alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AsText {
    /// It says what a word means.
    Definition,
    /// The rules of this edition do not act on clauses of this kind.
    Kind(&'static str),
    /// It is about an act that this edition does not judge: no log holds one.
    Act(ActName),
    /// It waits for an event that this edition does not record.
    Event(Event),
}

impl fmt::Display for AsText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Definition => write!(f, "it says what a word means"),
            Self::Kind(kind) => {
                write!(f, "the rules of this edition do not act on `{kind}` clauses yet")
            }
            Self::Act(act) => write!(f, "this edition of the rules does not judge `{act}` yet"),
            Self::Event(event) => {
                write!(f, "this edition of the rules does not record the event `{event}` yet")
            }
        }
    }
}

impl Serialize for AsText {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// Whether this edition's rules act on clauses of this kind; the others are read, checked, printed
/// and shown, and bind as text does.
pub fn acted_on(kind: &str) -> bool {
    ACTED_ON.contains(&kind)
}

impl Clause {
    /// Why this edition's rules do not act on this clause; `None` if they do: acts are admitted,
    /// refused or charged because of it.
    pub fn as_text(&self) -> Option<AsText> {
        let act = match &self.terms {
            Terms::Term(_) => return Some(AsText::Definition),
            Terms::Permit(rule) | Terms::Forbid(rule) => rule.act,
            Terms::Gate(gate) => gate.gate,
            Terms::Power(power) => {
                let event = power.after.clone().filter(|event| *event != Event::InForce);
                if let Some(event) = event.filter(|_| power.power.is_judged()) {
                    return Some(AsText::Event(event));
                }
                power.power
            }
            // What it says about parties that come and go is acted on.
            Terms::Instrument(instrument) if !instrument.changes.is_empty() => return None,
            terms => {
                let kind = terms.kind();
                return (!acted_on(kind)).then_some(AsText::Kind(kind));
            }
        };
        (!act.is_judged()).then_some(AsText::Act(act))
    }
}
