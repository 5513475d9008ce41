//! Many releases' losses together: the tilt that fits, and where to look.

use libm::{log, sqrt};

use super::tilt::{Cumulants, Kind};

/// The part of δ that may lie beyond the grid, and again beyond the window.
pub(super) const BEYOND: f64 = 1e-7;
/// How many standard deviations of the tilted sum a window begins below its mean.
const BELOW: f64 = 10.0;
/// Most λ that are tried: any bounds, and a good one makes a narrow window.
const SEARCH_MOST: u32 = 16;

/// All releases, on one grid.
pub(super) struct Sum {
    pub(super) kinds: Vec<Kind>,
    /// Nats between dots.
    pub(super) step: f64,
}

/// A bound, and where it was found.
struct Chernoff {
    epsilon: f64,
    /// λ.
    tilt: f64,
    /// Of the sum at λ.
    sum: Cumulants,
}

/// Where the sum is looked at, and tilted how; in nats.
pub(super) struct Window {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) tilt: f64,
}

impl Sum {
    fn cumulants(&self, tilt: f64) -> Cumulants {
        self.kinds.iter().fold(Cumulants::default(), |sum, kind| {
            let (one, count) = (kind.cumulants(tilt * self.step), f64::from(kind.count));
            Cumulants {
                log: sum.log + count * one.log,
                mean: sum.mean + count * one.mean * self.step,
                variance: sum.variance + count * one.variance * self.step * self.step,
            }
        })
    }

    /// Bounds the least ε with P(loss ≥ ε) ≤ δ by Chernoff, (log E[e^(λ·loss)] − log δ) / λ, at a λ
    /// near the best; the search starts at `guess`.
    fn chernoff(&self, delta: f64, guess: f64) -> Chernoff {
        let mut tilt = guess;
        // Where the bound descends with λ, and where it ascends.
        let (mut low, mut high) = (0.0, f64::INFINITY);
        let mut best = Chernoff { epsilon: f64::INFINITY, tilt, sum: Cumulants::default() };
        for turn in 0..SEARCH_MOST {
            let sum = self.cumulants(tilt);
            let epsilon = (sum.log - log(delta)) / tilt;
            if epsilon < best.epsilon {
                best = Chernoff { epsilon, tilt, sum };
            }
            // At the best λ the bound is the mean of the tilted sum.
            let excess = tilt * (sum.mean - epsilon);
            if excess > 0.0 {
                high = tilt;
            } else {
                low = tilt;
            }
            let newton = tilt - excess / (tilt * sum.variance);
            let inside = low.max(tilt / 2.0) < newton && newton < high.min(tilt * 2.0);
            let next = match (inside && turn % 3 != 2, high.is_finite() && low > 0.0) {
                (true, _) => newton,
                (false, true) => sqrt(low * high),
                (false, false) if excess > 0.0 => tilt / 2.0,
                (false, false) => tilt * 2.0,
            };
            if (next - tilt).abs() < 0.02 * tilt {
                break;
            }
            tilt = next;
        }
        best
    }

    /// Where ε will be, with at most [`BEYOND`]·δ above; `guess` is a λ.
    pub(super) fn window(&self, delta: f64, guess: f64) -> Window {
        let near = self.chernoff(delta, guess);
        let far = self.chernoff(BEYOND * delta, near.tilt * 1.5);
        let ends = self.kinds.iter().map(|kind| {
            let last = kind.dots.first + kind.dots.mass.len() as i64;
            f64::from(kind.count) * last as f64 * self.step
        });
        let high = far.epsilon.min(ends.sum());
        let low = (near.sum.mean - BELOW * sqrt(near.sum.variance)).min(high);
        Window { low, high, tilt: near.tilt }
    }

    /// The same window, but further down.
    pub(super) fn lower(&self, window: &Window) -> Window {
        let tilt = window.tilt / 2.0;
        let sum = self.cumulants(tilt);
        let below = window.low - (window.high - window.low) - self.step;
        Window { low: below.min(sum.mean - BELOW * sqrt(sum.variance)), tilt, ..*window }
    }
}
