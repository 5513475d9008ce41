//! Tables at a node: rows of files and databases, mapped onto the schema that the agreement
//! declares, checked, and frozen.
//!
//! Nothing here leaves the node. A fault names the row and the column and never the cell: it is
//! for the steward of the table.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "shell: this crate stands beside a holder's files"
)]

mod check;
mod fault;
mod held_out;
mod mapping;
mod pseudonym;
mod rows;
mod snapshot;
mod source;
mod table;
mod version;

pub use check::{Checked, Profile, Suggestion, Violation, check};
pub use fault::Fault;
pub use held_out::held_out;
pub use mapping::{Condition, Finding, MAPPING_BYTES_MOST, Mapping, Origin, Person, Rule, Unit};
pub use pseudonym::PseudonymKey;
pub use rows::Rows;
pub use snapshot::Made;
pub use source::{BATCH_ROWS, Source, SourceFault};
pub use table::Table;
pub use version::{band, commitment};
