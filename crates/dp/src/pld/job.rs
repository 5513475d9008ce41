//! The ε of many releases in one direction: how fine a grid, which tilt, and where to look.

use libm::{ceil, exp, expm1, floor, log, log1p, sqrt};

use super::dots::{Direction, Release};
use super::sum::{BEYOND, Sum, Window};
use super::tilt::Kind;
use super::transform::Composed;
use crate::fft::{Fft, UNIT};

/// What is to be told, and where it may be expected.
#[derive(Clone, Debug)]
pub(super) struct Job {
    /// At least one kind of release.
    pub(super) releases: Vec<Release>,
    /// δ.
    pub(super) delta: f64,
    /// An ε that is near, and above.
    pub(super) guess: f64,
    /// The λ at which e^(λ·loss) bounds that ε best, about.
    pub(super) tilt: f64,
}

/// The ε at the job's δ in one direction; infinite where this way to tell it tells nothing.
pub(super) fn epsilon_of_job(job: &Job, direction: Direction) -> f64 {
    let count = job.count();
    // P(Z > reach) is below half of `BEYOND`·δ a release.
    let reach = sqrt(2.0 * log(count / (BEYOND * job.delta)));
    let widths = job.releases.iter().map(|release| release.range(direction, reach));
    let width = widths.map(|(least, most)| most - least).fold(0.0, f64::max);
    let mut finest = width / POINTS_MOST;
    // Dots add at most λ(λ+1)·step²/8 to log E[e^(λ·loss)] of a release, and 2/3 of that where
    // losses are spread between them: this over λ is what they add to ε far out.
    let far = sqrt(12.0 * ADDED * job.guess / (count * (job.tilt + 1.0)));
    let mut step = far.min(width / POINTS_LEAST).max(finest);
    // Whatever is told is never too low; a finer grid tells less.
    let mut least = f64::INFINITY;
    for _ in 0..TURNS_MOST {
        let dots = |release: &Release| Kind::new(release, release.dots(direction, step, reach));
        let sum = Sum { kinds: job.releases.iter().map(dots).collect(), step };
        match sum.told(job) {
            Ok(Told { epsilon, added }) => {
                least = least.min(epsilon);
                let fine = ADDED * epsilon.max(EPSILON_FINE);
                if added <= 2.0 * fine || step <= finest {
                    break;
                }
                let finer = if added.is_finite() { sqrt(fine / added) } else { 0.0 };
                step = (step * finer.clamp(0.05, 0.5)).max(finest);
            }
            Err(TooFine { points }) => {
                step *= (points / POINTS_MOST * 1.01).max(2.0);
                finest = step;
            }
        }
    }
    least
}

/// The part of ε that the grid may add.
const ADDED: f64 = 1e-3;
/// Of a smaller ε the grid may add what it may of this.
const EPSILON_FINE: f64 = 1e-3;
/// Least points of a grid.
const POINTS_LEAST: f64 = 100.0;
/// Most points of a grid or a window: a transform takes 64 bytes for each.
const POINTS_MOST: f64 = 1_048_570.0;
/// Most grids that are tried, and most windows on one.
const TURNS_MOST: u32 = 8;

impl Job {
    fn count(&self) -> f64 {
        self.releases.iter().map(|release| f64::from(release.count)).sum()
    }
}

/// An ε, and about how much of it the grid has added.
struct Told {
    epsilon: f64,
    added: f64,
}

/// More points in a window than are computed.
struct TooFine {
    points: f64,
}

impl Sum {
    fn told(&self, job: &Job) -> Result<Told, TooFine> {
        let mut window = self.window(job.delta, job.tilt);
        for _ in 0..TURNS_MOST {
            let points = (window.high - window.low) / self.step;
            if points > POINTS_MOST {
                return Err(TooFine { points });
            }
            if let Some(told) = self.epsilon(job, &window) {
                return Ok(told);
            }
            // A single release's loss may have its tail far from where ε is.
            window = self.lower(&window);
        }
        Ok(Told { epsilon: f64::INFINITY, added: 0.0 })
    }

    /// The masses of the sum in a window.
    fn composed(&self, window: &Window) -> Placed {
        let points = ceil((window.high - window.low) / self.step) as u32 + 2;
        let fft = Fft::new(points.next_power_of_two().trailing_zeros());
        let tilt = window.tilt * self.step;
        let mut composed = Composed::one(&fft);
        let (mut log, mut centre, mut count) = (0.0, 0, 0.0);
        for kind in &self.kinds {
            let one = kind.cumulants(tilt);
            let middle = floor(one.mean) as i64;
            composed.multiply(kind, middle, tilt, one.log);
            log += f64::from(kind.count) * one.log;
            centre += i64::from(kind.count) * middle;
            count += f64::from(kind.count);
        }
        let (tilted, error) = composed.finish();
        // Each mass is rounded by less than 512 units, and by 4/step where it is split.
        let inexact = exp(count * UNIT * (1024.0 + 8.0 / self.step));
        let low = floor(window.low / self.step) as i64;
        Placed { tilted, error, low, centre, tilt, log, inexact }
    }

    /// The ε at the job's δ, read off a window from its upper end; none where it is below.
    fn epsilon(&self, job: &Job, window: &Window) -> Option<Told> {
        let endless: f64 = self.kinds.iter().map(|k| f64::from(k.count) * k.dots.endless).sum();
        let beyond = endless + BEYOND * job.delta;
        if beyond >= job.delta {
            return Some(Told { epsilon: f64::INFINITY, added: 0.0 });
        }
        let placed = self.composed(window);
        let (keep, part) = (exp(-self.step), -expm1(-self.step));
        let (mut nearer, mut excess) = (0.0, beyond);
        for place in placed.places().rev() {
            // Divergence at the dot below, where this one has begun to count.
            let all = nearer + placed.mass(place);
            let before = excess;
            nearer = keep * all;
            excess += part * all;
            let below = (place - 1) as f64 * self.step;
            // What is no number is never taken for little.
            if excess > job.delta || excess.is_nan() {
                // Linear in e^ε between dots.
                let part = (excess - job.delta) / (excess - before);
                let epsilon = below + log1p(part * expm1(self.step));
                // Dots add step²/6 to the variance of each release, hence half of that times the
                // density to the divergence, whose slope is what is nearer.
                let density = placed.mass(place).max(placed.mass(place - 1)) / self.step;
                let added = job.count() * self.step * self.step * density / (12.0 * nearer);
                let epsilon = if epsilon.is_nan() { f64::INFINITY } else { epsilon.max(0.0) };
                return Some(Told { epsilon, added });
            }
            if below <= 0.0 {
                return Some(Told { epsilon: 0.0, added: 0.0 });
            }
        }
        None
    }
}

/// A composed distribution in a window.
struct Placed {
    /// Its masses times e^(λ·loss − log), from `centre` on, the end following on the beginning.
    tilted: Vec<f64>,
    /// How far each may be from the truth.
    error: f64,
    /// Where the window begins, in steps.
    low: i64,
    centre: i64,
    /// λ, by steps.
    tilt: f64,
    log: f64,
    /// A factor above the rounding of what was composed.
    inexact: f64,
}

impl Placed {
    fn places(&self) -> core::ops::Range<i64> {
        self.low..self.low + self.tilted.len() as i64
    }

    /// The probability of a loss of so many steps, at least; what lies outside the window adds to
    /// it.
    fn mass(&self, place: i64) -> f64 {
        let at = (place - self.centre).rem_euclid(self.tilted.len() as i64) as usize;
        let tilted = self.tilted.get(at).copied().unwrap_or(0.0).max(0.0) + self.error;
        tilted * exp(self.log - self.tilt * place as f64) * self.inexact
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// All sums of losses with their probabilities, one release after the other.
    fn by_hand(sum: &Sum) -> BTreeMap<i64, f64> {
        let mut all = BTreeMap::from([(0, 1.0)]);
        for kind in &sum.kinds {
            for _ in 0..kind.count {
                let mut next = BTreeMap::new();
                for (place, mass) in &all {
                    for (i, more) in kind.dots.mass.iter().enumerate() {
                        *next.entry(place + kind.dots.first + i as i64).or_insert(0.0) +=
                            mass * more;
                    }
                }
                all = next;
            }
        }
        all
    }

    fn releases() -> Vec<Release> {
        vec![
            Release { sigma: 1.1, rate: 0.2, count: 3 },
            Release { sigma: 0.9, rate: 0.02, count: 2 },
            Release { sigma: 3.0, rate: 1.0, count: 1 },
        ]
    }

    #[test]
    fn composed_masses_are_never_below_those_of_every_sum_and_hardly_above() {
        let step = 0.05;
        for direction in [Direction::Remove, Direction::Add] {
            let kinds = releases();
            let kinds = kinds.iter().map(|r| Kind::new(r, r.dots(direction, step, 8.0)));
            let sum = Sum { kinds: kinds.collect(), step };
            let exact = by_hand(&sum);
            let job = Job { releases: releases(), delta: 1e-6, guess: 5.0, tilt: 3.0 };
            let window = sum.window(job.delta, job.tilt);
            let placed = sum.composed(&window);

            let above: f64 = exact.range(placed.places().end..).map(|(_, mass)| mass).sum();
            assert!(above <= BEYOND * job.delta, "{above:e}");
            let mut seen = 0;
            for place in placed.places() {
                let exact = exact.get(&place).copied().unwrap_or(0.0);
                let ours = placed.mass(place);
                assert!(ours >= exact * (1.0 - 1e-13), "{place}: {ours:e} {exact:e}");
                // Where ε may be; far below it what the window leaves out is put, too.
                if place > 20 && exact > 1e-9 {
                    assert!(ours <= exact * (1.0 + 1e-6), "{place}: {ours:e} {exact:e}");
                    seen += 1;
                }
            }
            assert!(seen > 20, "{seen}");
        }
    }

    #[test]
    fn epsilon_is_where_the_divergence_of_every_sum_meets_delta() {
        let step = 0.05;
        for (direction, delta) in
            [(Direction::Remove, 1e-3), (Direction::Remove, 1e-8), (Direction::Add, 1e-5)]
        {
            let kinds = releases();
            let kinds = kinds.iter().map(|r| Kind::new(r, r.dots(direction, step, 9.0)));
            let sum = Sum { kinds: kinds.collect(), step };
            let exact = by_hand(&sum);
            let job = Job { releases: releases(), delta, guess: 5.0, tilt: 3.0 };
            let told = sum.epsilon(&job, &sum.window(job.delta, job.tilt)).unwrap().epsilon;
            let divergence = |epsilon: f64| -> f64 {
                let excess = exact.iter().map(|(place, mass)| {
                    let over = *place as f64 * step - epsilon;
                    if over > 0.0 { -mass * expm1(-over) } else { 0.0 }
                });
                excess.sum()
            };
            assert!(divergence(told) <= delta, "{delta}: {told}");
            assert!(divergence(told * (1.0 - 1e-6)) > delta * (1.0 - 1e-6), "{delta}: {told}");
        }
    }
}
