//! What a fixed list of events discloses, as tightly as it can be told: for reports.
//!
//! The filter ([`crate::cost`], [`crate::limit`]) decides, since it also holds where later events
//! were chosen in the light of earlier releases. For events that were fixed beforehand, the
//! *privacy loss distribution* says the same with 4 to 25 % less ε. It is computed so that it is
//! never below the truth:
//!
//! 1. Events without sampling are one Gaussian. Where there is nothing else, its ε has a closed
//!    form (Balle and Wang, arXiv 1805.06530, Theorem 8).
//! 2. Otherwise the loss of each kind of release is put on a grid by *connecting the dots*
//!    (Doroshenko, Ghazi, Kamath, Kumar and Manurangsi, arXiv 2207.04380): mass between two points
//!    of the grid moves to both, so that either world's probability stays what it is. That
//!    dominates the release itself, and so do its compositions. Points lie so close that this adds
//!    about one part in a thousand.
//! 3. Distributions are composed by one Fourier transform for each kind of release and one back,
//!    *tilted* by e^(λ·loss): λ centres the sum where ε will be, so that rounding, which is
//!    proportional to the middle of a distribution, is small beside its tail. The rounding of our
//!    own transform is bounded and added, and so is the mass that the grid does not reach.
//!
//! Both directions are followed, a unit added and a unit removed, and the larger ε is told, raised
//! by one part in 100,000. That covers what is left: the rounding of the operations after the
//! transform, and the closed form's.

mod dots;
mod job;
mod sum;
mod tilt;
mod transform;

use concordat_terms::Decimal;
use libm::{exp, sqrt};

use self::dots::{Direction, Release};
use self::job::{Job, epsilon_of_job};
use crate::convert::epsilon_of;
use crate::error::ParameterError;
use crate::event::{Event, probability};
use crate::normal::Cut;
use crate::order::{Order, orders};
use crate::rdp;

/// The ε at `delta` of all `events` together, under add-or-remove-one neighbours and for events
/// that were fixed beforehand; never below the truth, and never above what RDP at the fixed orders
/// proves by more than one part in 100,000. Beyond ε = 500 it is what RDP proves.
///
/// # Errors
///
/// [`ParameterError::Sigma`], [`ParameterError::Rate`], [`ParameterError::Delta`].
pub fn epsilon(events: &[Event], delta: Decimal) -> Result<f64, ParameterError> {
    let delta = probability(delta)?;
    let mut releases = Vec::new();
    let mut curve = vec![0.0; orders().count()];
    // Σ 1/σ² of what is not sampled.
    let mut plain = 0.0;
    for event in events.iter().filter(|event| event.count > 0) {
        let (sigma, rate) = (event.sigma.to_f64(), event.q.to_f64());
        let count = f64::from(event.count);
        for (sum, rdp) in curve.iter_mut().zip(rdp::curve(sigma, rate)?) {
            *sum += rdp * count;
        }
        if rate < 1.0 {
            releases.push(Release { sigma, rate, count: event.count });
        } else {
            plain += count / (sigma * sigma);
        }
    }

    let (by_rdp, order) = epsilon_of(&curve, delta);
    if by_rdp == 0.0 || by_rdp > EPSILON_TOLD {
        return Ok(by_rdp);
    }
    let told = if releases.is_empty() {
        plain_gaussian(sqrt(plain), delta, by_rdp)
    } else {
        if plain > 0.0 {
            releases.push(Release { sigma: 1.0 / sqrt(plain), rate: 1.0, count: 1 });
        }
        sampled(releases, delta, by_rdp, order)
    };
    Ok(told.min(by_rdp) * RAISED)
}

/// Beyond this, e^ε comes near the end of what doubles hold, and ε promises nothing.
const EPSILON_TOLD: f64 = 500.0;
const RAISED: f64 = 1.0 + 1e-5;

fn sampled(releases: Vec<Release>, delta: f64, by_rdp: f64, order: Order) -> f64 {
    let job = Job { releases, delta, guess: by_rdp, tilt: order.alpha() - 1.0 };
    let each = [Direction::Remove, Direction::Add].map(|direction| epsilon_of_job(&job, direction));
    each.into_iter().fold(0.0, f64::max)
}

/// ε of a Gaussian whose means are μ standard deviations apart, by halving [0, `most`].
fn plain_gaussian(mu: f64, delta: f64, most: f64) -> f64 {
    let excess = |epsilon: f64| {
        let (near, far) = (epsilon / mu - mu / 2.0, epsilon / mu + mu / 2.0);
        Cut::at(near).above() - exp(epsilon) * Cut::at(far).above()
    };
    if excess(0.0) <= delta {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, most);
    while high - low > most * 1e-9 {
        let middle = f64::midpoint(low, high);
        if excess(middle) <= delta {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}
