//! Markdown modules to typed clauses, and what can be said about them before anyone signs.
//!
//! [`read()`] turns one file into a [`Module`]; [`assemble()`] joins modules into an [`Agreement`]
//! and refuses a set that does not fit together; [`back_translation`] says in English what a
//! clause enforces. No I/O, no clock, no randomness.

mod agreement;
mod assemble;
mod clause;
mod convert;
mod decode;
mod fields;
mod markdown;
mod module;
mod nearest;
mod read;
mod source;
mod translate;
mod when;

pub use agreement::{Agreement, Cited};
pub use assemble::assemble;
pub use clause::{
    Adjacency, Aggregation, Approval, Asset, AssetKind, Body, Column, ColumnKind, EvidenceNeed,
    Gate, Label, Majority, Objective, Party, Privacy, Protocol, Purpose, Rule, RunKind, Seat, Term,
    Terms, Witnesses,
};
pub use module::{Clause, Module};
pub use read::{BYTES_MAX, is_module, read};
pub use translate::back_translation;
pub use when::{NotACondition, When};
