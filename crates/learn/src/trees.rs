//! Gradient-boosted decision trees, grown from summed histograms alone.
//!
//! A tree costs sums and nothing else. For each open leaf, feature and bin, holders add up the
//! gradients and second derivatives of their rows' losses, in integers; [`Growth::step`] makes
//! splits and leaf values of the sum, with the same bits for every participant. Without noise
//! the sum of all holders is that of their pooled rows, so the trees are those that pooled rows
//! would grow (XGBoost's criterion: Chen, Guestrin, arXiv 1603.02754 §2). With noise each sum is
//! one charged release, and what is made of it is post-processing.
//!
//! Bins are declared, never computed from rows. Two ways to split ([`Splits`]): *sought* by
//! histograms, where a row is in one bin of each feature; or *drawn* from a public seed, where
//! only the leaves are summed and a row is in one of them: far less noise in what is left to learn.
//! (Both are among the designs that Maddock et al. compare, "Federated boosted decision trees with
//! differential privacy", arXiv 2210.02910.)

mod bins;
mod boosting;
mod contribution;
mod draws;
mod grown;
mod growth;
mod histogram;
mod rows;
mod split;

pub use bins::Bins;
pub use boosting::{Boosting, BoostingFault, Splits, Target};
pub use contribution::{Standing, contribution};
pub use grown::Trees;
pub use growth::{Growth, GrowthFault};
pub use rows::Rows;
pub use split::BinSet;
