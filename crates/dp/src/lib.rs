//! Differential privacy: the noise a node adds and what it costs.
//!
//! * [`Sampler`] draws exact discrete Gaussian noise with integers only; no float ever touches a
//!   value that leaves a node (Mironov, "On significance of the least significant bits", 2012).
//! * [`Split`] divides the noise among nodes so that what is left against the worst allowed
//!   coalition, after every allowed dropout, is the agreed multiplier σ.
//! * [`Sensitivity`] is the most that one unit moves a sum, in ring units.
//! * [`Event`], [`cost`] and [`limit`] are the filter that enforces: integer micro-nats of Rényi
//!   differential privacy at the 156 fixed orders of [`concordat_terms::Cost`]. Costs are rounded
//!   up, limits down. The fold adds and compares; nodes and verifiers recompute.
//! * [`calibrate`] finds the noise that a limit takes, [`fit()`] what would fit into the rest of one.
//! * [`pld`] tells for a fixed list of events the ε that it discloses, more tightly than the filter
//!   proves it: for reports, never for verdicts.
//!
//! # The same bits everywhere
//!
//! A replica that computed another integer would refuse what its peers admit. Transcendental
//! functions therefore come from the `libm` crate alone, never from the platform's mathematics
//! library; everything else is IEEE 754 addition, multiplication, division and square root in a
//! fixed order, which Rust neither reorders nor fuses. Results are bit-identical on every target
//! with IEEE doubles (all of Rust's but the x87-only ones). An update of `libm` may change last
//! bits and hence, rarely, an integer: treat it as a change of the rules of the log.
//!
//! # What is accounted
//!
//! The neighbouring relation of every subsampled event is *add or remove one unit*. Discrete
//! Gaussian noise is accounted as Gaussian: at the smallest σ that [`Sampler`] accepts, 2^10, the
//! corrections are of the order of exp(−2π²·2^20 / 2) even for sums of independent shares
//! ([`rdp::discrete_gaussians`]; Kairouz, Liu and Steinke, arXiv 2102.06387), far below the slack
//! in a [`cost`].
//! Under *replace one unit*, double the sensitivity and account at sampling rate 1: the subsampled
//! curves here are not proved for that relation.

mod bernoulli;
mod convert;
mod error;
mod event;
mod exact;
mod fft;
mod fit;
mod laplace;
mod normal;
mod order;
pub mod pld;
pub mod rdp;
mod sampler;
mod sensitivity;
mod split;

pub use convert::epsilon_of;
pub use error::ParameterError;
pub use event::{Event, cost, epsilon, limit};
pub use fit::{Fit, calibrate, fit, least_noise};
pub use laplace::Laplace;
pub use order::{Order, orders};
pub use sampler::Sampler;
pub use sensitivity::Sensitivity;
pub use split::{Adversary, Multiplier, Split, node_variance};
