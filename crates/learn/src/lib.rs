//! What a node computes from its rows, and the public step that everybody repeats.
//!
//! A [`Recipe`] is signed with the plan. [`Units`] are a holder's rows under it, grouped by
//! person. [`gradient_sum`] is the clipped gradient sum of a Poisson sample of persons, in
//! integers, *before* noise: it never leaves a node as it is. [`local_move`] is what comes of some
//! steps of a node's own, each with its noise. [`Training::step`] takes the released sum of all
//! nodes to the next round, with the same bits for every participant; a [`Model`] is where it
//! ends, and [`Rows`] is how it is asked. No I/O, no clock, no randomness except through an
//! argument.
//!
//! [`query`] has what else a node may be asked: counts and sums that statistics, drift and fairness
//! are read out of, with intervals from the noise. [`trees`] are boosted trees from summed
//! histograms.
//!
//! [`network`] has the kernels, [`optimiser`] the steps of servers, [`sampling`] who is in a batch.

pub mod adapt;
mod cells;
mod charged;
pub mod compared;
mod contribution;
mod local;
mod logistic;
pub mod metrics;
mod model;
pub mod network;
pub mod optimiser;
pub mod pooled;
mod quantise;
pub mod query;
mod recipe;
mod rows;
pub mod sampling;
mod stored;
mod table;
pub mod trainer;
mod training;
pub mod trees;

pub use cells::RowFault;
pub use charged::{Charged, Measured};
pub use contribution::{Unfit, Unnoised, gradient_sum};
pub use local::{Control, Moved, local_move};
pub use model::{Model, Trained};
pub use quantise::{quantise, within};
pub use recipe::{
    Activation, Card, Feature, First, Hidden, LocalSteps, Method, Metric, Metrics, Missing, Mode,
    NoiseShare, Range, Recipe, RecipeFault, Split, Target, Trainer, TrainerLimits, Updates,
};
pub use rows::Rows;
pub use stored::NotAModel;
pub use table::Units;
pub use training::{StepFault, Training};
