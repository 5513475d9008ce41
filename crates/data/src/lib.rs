//! Tables at a node: CSV bytes checked against the schema that the agreement declares.
//!
//! Nothing here leaves the node. A fault names the row and the column and never the cell: it is
//! for the steward of the table.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "shell: this crate stands beside a holder's files"
)]

mod fault;
mod held_out;
mod table;
mod version;

pub use fault::Fault;
pub use held_out::held_out;
pub use table::Table;
pub use version::{band, commitment};
