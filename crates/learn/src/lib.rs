//! What a node computes from its rows, and the public step that everybody repeats.
//!
//! A [`Recipe`] is signed with the plan. [`Units`] are a holder's rows under it, grouped by
//! person. [`contribution`](logistic::contribution) is the clipped gradient sum of a Poisson
//! sample of persons, in integers, *before* noise: it never leaves a node as it is.
//! [`Training::step`] takes the released sum of all nodes to the next round, with the same bits
//! for every participant. No I/O, no clock, no randomness except through an argument.
//!
//! [`query`] has what else a node may be asked: counts and sums that statistics, drift and fairness
//! are read out of, with intervals from the noise.
//!
//! [`network`] has the kernels of models beyond logistic regression, [`optimiser`] the steps of
//! servers that average, [`sampling`] who is in a batch, [`trees`] boosted trees from summed
//! histograms.

mod cells;
pub mod logistic;
pub mod metrics;
mod model;
pub mod network;
pub mod optimiser;
pub mod pooled;
mod quantise;
pub mod query;
mod recipe;
pub mod sampling;
pub mod scaffold;
mod table;
mod training;
pub mod trees;

pub use cells::RowFault;
pub use model::{Model, NotAModel};
pub use quantise::{quantise, within};
pub use recipe::{Feature, Label, Range, Recipe, RecipeFault, Split};
pub use table::Units;
pub use training::{StepFault, Training};
