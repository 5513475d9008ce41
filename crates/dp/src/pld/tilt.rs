//! One kind of release, tilted: each probability times e^(λ·loss).

use libm::{exp, log};

use super::dots::{Dots, Release};

/// What is below e^−60 of the whole is nothing, or is counted as an error.
pub(super) const NOTHING: f64 = 60.0;

/// Releases of one kind.
pub(super) struct Kind {
    pub(super) count: u32,
    pub(super) dots: Dots,
    /// Logarithms of the masses.
    logs: Vec<f64>,
}

/// log E[e^(λ·loss)] and its first two derivatives by λ: the mean and variance of the tilted loss.
#[derive(Clone, Copy, Default)]
pub(super) struct Cumulants {
    pub(super) log: f64,
    pub(super) mean: f64,
    pub(super) variance: f64,
}

impl Kind {
    /// With its loss on the grid.
    pub(super) fn new(release: &Release, dots: Dots) -> Self {
        let logs = dots.mass.iter().map(|mass| log(*mass)).collect();
        Self { count: release.count, dots, logs }
    }

    /// Place in the grid and log of mass·e^(λ·loss), for each mass; `tilt` is λ times the step.
    pub(super) fn tilted(&self, tilt: f64) -> impl Iterator<Item = (f64, f64)> + Clone {
        let first = self.dots.first as f64;
        let places = (0_u32..).map(move |i| first + f64::from(i));
        places.zip(&self.logs).map(move |(at, log)| (at, tilt * at + log))
    }

    /// With losses in steps, as λ is.
    pub(super) fn cumulants(&self, tilt: f64) -> Cumulants {
        let most = self.tilted(tilt).fold(f64::NEG_INFINITY, |most, (_, log)| most.max(log));
        let (mut sum, mut first, mut second) = (0.0, 0.0, 0.0);
        let start = self.dots.first as f64;
        for (at, log) in self.tilted(tilt) {
            if log > most - NOTHING {
                let (weight, at) = (exp(log - most), at - start);
                sum += weight;
                first += weight * at;
                second += weight * at * at;
            }
        }
        let mean = first / sum;
        Cumulants {
            log: most + log(sum),
            mean: start + mean,
            variance: (second / sum - mean * mean).max(0.0),
        }
    }
}
