//! Which clauses the rules of this edition act on. The others are read, checked, printed and
//! shown; nothing is admitted, refused or due because of them yet, and they bind as text does.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::{Clause, Terms};

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
    "duty",
    "signal",
    "condition",
    "warranty",
    "notice",
    "account",
    "ip",
    "liability",
    "recognise",
    "table",
    "ladder",
];

/// Fields of those kinds that no rule of this edition reads: not when an act is judged, not when
/// a clause falls silent, not when a node computes. A form that `check` asks of them aside, they
/// bind as text.
const FIELDS_AS_TEXT: &[(&str, &[&str])] =
    &[("objective", &["metric", "at_least", "by"]), ("gate", &["escalates_to"])];

/// Why a clause binds as text alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AsText {
    /// It says what a word means.
    Definition,
    /// The rules of this edition do not act on clauses of this kind.
    Kind(&'static str),
}

impl fmt::Display for AsText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Definition => write!(f, "it says what a word means"),
            Self::Kind(kind) => {
                write!(f, "the rules of this edition do not act on `{kind}` clauses yet")
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

/// The fields of clauses of a kind that is acted on which no rule of this edition reads.
pub fn fields_as_text(kind: &str) -> &'static [&'static str] {
    FIELDS_AS_TEXT.iter().find(|(of, _)| *of == kind).map_or(&[], |(_, fields)| fields)
}

impl Clause {
    /// What an enforced clause says that no rule of this edition reads: fields and values as TOML,
    /// in the order of the kind's declaration. Empty where the whole clause binds as text.
    pub fn fields_as_text(&self) -> Vec<(&'static str, String)> {
        if self.as_text().is_some() {
            return Vec::new();
        }
        let unread = fields_as_text(self.terms.kind());
        let mut said = self.terms.print();
        said.retain(|(field, _)| unread.contains(field));
        said
    }

    /// Why this edition's rules do not act on this clause; `None` if they do: acts are admitted,
    /// refused or charged because of it, or it names what others speak of.
    pub fn as_text(&self) -> Option<AsText> {
        match &self.terms {
            Terms::Term(_) => Some(AsText::Definition),
            // What it says about parties that come and go, corrections, regimes and playbooks is
            // acted on.
            Terms::Instrument(instrument)
                if !instrument.changes.is_empty()
                    || instrument.correction_within.is_some()
                    || !instrument.regimes.is_empty()
                    || instrument.playbook.is_some() =>
            {
                None
            }
            terms => {
                let kind = terms.kind();
                (!acted_on(kind)).then_some(AsText::Kind(kind))
            }
        }
    }
}
