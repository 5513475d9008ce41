//! Views that go across rooms: what waits for a party, who does what, and where a word is found.
//! What one room alone can tell it tells itself.

mod matrix;
mod needs;
mod places;
mod risks;
mod search;
mod series;

pub use matrix::{Matrix, MatrixLine, Part};
pub use needs::{Need, NeedKind};
pub use places::{Asked, FindingView, PlaceView};
pub use risks::RiskView;
pub use search::{FoundClause, Hit, Words};
pub use series::{Broken, Series, Share, WINDOWS_MOST, Window};
