//! Events, their integer cost, and the filter that they must pass.

use concordat_terms::{Cost, Decimal};
use libm::{ceil, floor};

use crate::convert::{epsilon_of, rdp_most};
use crate::error::ParameterError;
use crate::order::orders;
use crate::rdp::{self, SIGMA_LEAST, SIGMA_MOST};

/// Charged releases of the same kind. Agreements and logs store events, never ε.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Noise multiplier: standard deviation of the noise in the sum over its L2 sensitivity;
    /// 0.1 to 1000000.
    pub sigma: Decimal,
    /// Poisson sampling rate q of a unit: above 0, at most 1; 1 is no sampling.
    pub q: Decimal,
    /// How many such releases, retries included.
    pub count: u32,
}

/// What `events` cost together: micro-nats of RDP at each order, never less than the truth.
///
/// Per event and order, the computed value is raised by one part in 10^9 and by 10^−17 nats per
/// release before it is rounded up. Its numerical error is below their sum: the positive terms of
/// [`rdp`] lose about 10^−11 of a value at worst, the trapezoidal rule less than 10^−18 nats. Events
/// are rounded one by one, so a cost of two lists is the sum of their costs. An order whose value
/// passes 2^53−1 saturates there, above every [`limit`].
///
/// # Errors
///
/// [`ParameterError::Sigma`], [`ParameterError::Rate`].
pub fn cost(events: &[Event]) -> Result<Cost, ParameterError> {
    events.iter().try_fold(Cost::zero(), |sum, event| Ok(sum.plus(&cost_of(event)?)))
}

/// The most that may be spent at each order: `cost.within(&limit)` proves that the events are
/// (`epsilon`, `delta`)-differentially private, also when later ones were chosen in the light of
/// earlier releases (Lécuyer, arXiv 2103.01379; Feldman and Zrnic, arXiv 2008.11193).
///
/// Micro-nats, rounded down; 0 where an order cannot help. `epsilon` above 0, at most 1000000;
/// `delta` strictly between 0 and 1.
///
/// # Errors
///
/// [`ParameterError::Epsilon`], [`ParameterError::Delta`].
pub fn limit(epsilon: Decimal, delta: Decimal) -> Result<Cost, ParameterError> {
    let (epsilon_f, delta_f) = (epsilon.to_f64(), probability(delta)?);
    if !(epsilon.is_positive() && epsilon_f <= EPSILON_MOST) {
        return Err(ParameterError::Epsilon(epsilon.to_string()));
    }
    let most = orders().map(|order| micronats_down(rdp_most(order, epsilon_f, delta_f)));
    Ok(per_order(most.collect()))
}

/// The ε at `delta` that `cost` proves, for reports: the verdict is [`Cost::within`].
///
/// # Errors
///
/// [`ParameterError::Delta`].
pub fn epsilon(cost: &Cost, delta: Decimal) -> Result<f64, ParameterError> {
    let curve: Vec<f64> = cost.micronats().iter().map(|&v| v as f64 / MICRO).collect();
    Ok(epsilon_of(&curve, probability(delta)?).0)
}

const MICRO: f64 = 1e6;
const COST_MOST: u64 = (1 << 53) - 1;
const EPSILON_MOST: f64 = 1e6;
const SLACK_RELATIVE: f64 = 1e-9;
const SLACK_PER_RELEASE: f64 = 1e-17;

pub(crate) fn cost_of(event: &Event) -> Result<Cost, ParameterError> {
    let curve = curve_of(event)?;
    Ok(cost_at(&curve, event.count))
}

/// Nats of one release of an event at each order.
pub(crate) fn curve_of(event: &Event) -> Result<Vec<f64>, ParameterError> {
    let sigma = event.sigma.to_f64();
    if !(SIGMA_LEAST..=SIGMA_MOST).contains(&sigma) {
        return Err(ParameterError::Sigma(event.sigma.to_string()));
    }
    rdp::curve(sigma, event.q.to_f64())
}

/// What `count` releases of such a curve cost.
pub(crate) fn cost_at(curve: &[f64], count: u32) -> Cost {
    per_order(curve.iter().map(|&rdp| micronats_up(rdp, count)).collect())
}

#[expect(
    clippy::expect_used,
    reason = "callers map the list of orders one to one and cap every value at 2^53−1"
)]
fn per_order(micronats: Vec<u64>) -> Cost {
    Cost::from_micronats(micronats).expect("one value per order, each below 2^53")
}

fn micronats_up(rdp: f64, count: u32) -> u64 {
    let raised = rdp * (1.0 + SLACK_RELATIVE) + SLACK_PER_RELEASE;
    let value = ceil(raised * f64::from(count) * MICRO);
    if value < COST_MOST as f64 { value as u64 } else { COST_MOST }
}

/// Less one part in 10^12 and a thousandth of a micro-nat, for the conversion's own rounding.
fn micronats_down(rdp: f64) -> u64 {
    let value = floor(rdp * MICRO * (1.0 - 1e-12) - 1e-3);
    // Casting a float to an integer saturates; a negative limit is none.
    if value > 0.0 { (value as u64).min(COST_MOST - 1) } else { 0 }
}

pub(crate) fn probability(delta: Decimal) -> Result<f64, ParameterError> {
    let value = delta.to_f64();
    if value > 0.0 && value < 1.0 {
        Ok(value)
    } else {
        Err(ParameterError::Delta(delta.to_string()))
    }
}
