//! Markdown modules to typed clauses.

mod clause;

pub use clause::{
    Adjacency, Aggregation, Approval, Asset, AssetKind, Body, Column, ColumnKind, EvidenceNeed,
    Gate, Label, Majority, Objective, Party, Privacy, Protocol, Purpose, Rule, RunKind, Seat, Term,
    Terms, Witnesses,
};

/// A condition (placeholder until the parser lands in the next commit).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct When;
