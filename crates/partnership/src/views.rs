//! Views that go across rooms: what waits for a party, who does what, and where a word is found.
//! What one room alone can tell it tells itself.

mod matrix;
mod needs;
mod risks;
mod search;

pub use matrix::{Matrix, MatrixLine, Part};
pub use needs::{Need, NeedKind};
pub use risks::RiskView;
pub use search::{FoundClause, Hit, Words};
