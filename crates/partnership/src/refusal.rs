//! Why an act changed nothing: an answer to the party who acted, not a fault of ours.

use concordat_terms::{ClauseRef, MetricId, PartyId, Problem};

use crate::state::Standing;

/// Makes [`Refusal`] of a table: a line for the code and the fields, one for the message, one for
/// the remedy.
macro_rules! refusals {
    ($(
        $code:literal $variant:ident $({ $($field:ident: $type:ty),* })?
        told { $($told:tt)* }
        then { $($then:tt)* },
    )*) => {
        /// A refusal. Closed; codes are frozen once released.
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, thiserror::Error)]
        #[serde(rename_all = "kebab-case")]
        #[expect(missing_docs, reason = "each variant's message says what it means")]
        pub enum Refusal {
            $(#[error($($told)*)] $variant $({ $($field: $type),* })?,)*
        }

        impl Refusal {
            /// Every code.
            pub const CODES: &'static [&'static str] = &[$($code),*];

            /// Stable name: the documentation's anchor, the problem's type, what tests assert on.
            pub fn code(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $code,)*
                }
            }

            /// What the party can do next, in the imperative.
            pub fn remedy(&self) -> String {
                match self {
                    $(Self::$variant $({ $($field),* })? => {
                        // Not every remedy says everything.
                        $($(let _ = $field;)*)?
                        String::from({ $($then)* })
                    })*
                }
            }
        }
    };
}

mod table;

pub use table::Refusal;

/// The page that explains every code.
const PAGE: &str = "docs/reference/refusals.md";

impl Refusal {
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

    /// The refusal in the three lines a person sees.
    pub fn problem(&self) -> Problem {
        Problem::new(self.code(), self.to_string(), self.remedy(), PAGE)
    }
}

fn with(metric: Option<&MetricId>) -> String {
    metric.map(|metric| format!(" with `{metric}`")).unwrap_or_default()
}

fn list(parties: &[PartyId]) -> String {
    let names: Vec<String> = parties.iter().map(|p| format!("`{p}`")).collect();
    names.join(", ")
}

fn one_of(standings: &[Standing]) -> String {
    let words: Vec<&str> = standings.iter().map(|standing| standing.as_str()).collect();
    words.join(" or ")
}

/// With which other modules a module was signed, or would enter.
fn beside(others: &[String]) -> String {
    match others {
        [] => "alone".to_owned(),
        others => format!("as one with `{}`", others.join("`, `")),
    }
}
