//! The ε of many releases in one direction: how fine a grid, which tilt, and where to look.

use libm::{ceil, exp, expm1, floor, log, log1p, sqrt};

use super::dots::{Direction, Release};
use super::tilt::{Cumulants, Kind};
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
    let mut step = sqrt(12.0 * ADDED * job.guess / (count * (job.tilt + 1.0))).max(finest);
    loop {
        let dots = |release: &Release| Kind::new(release, release.dots(direction, step, reach));
        let sum = Sum { kinds: job.releases.iter().map(dots).collect(), step };
        let mut window = sum.window(job);
        let told = loop {
            let points = (window.high - window.low) / step;
            if points > POINTS_MOST {
                finest = step * points / POINTS_MOST * 1.01;
                break None;
            }
            match sum.epsilon(job, &window) {
                // A single release's loss may have its tail far from where ε is.
                None => window = sum.lower(&window),
                told => break told,
            }
        };
        let Some(Told { epsilon, added }) = told else {
            step = finest;
            continue;
        };
        let fine = ADDED * epsilon.max(EPSILON_FINE);
        if added <= 2.0 * fine || step <= finest {
            return epsilon;
        }
        step = (step * sqrt(fine / added).clamp(0.05, 0.5)).max(finest);
    }
}

/// The part of ε that the grid may add.
const ADDED: f64 = 1e-3;
/// Of a smaller ε the grid may add what it may of this.
const EPSILON_FINE: f64 = 1e-3;
/// The part of δ that may lie beyond the grid, and again beyond the window.
const BEYOND: f64 = 1e-7;
/// Most points of a grid or a window: a transform takes 64 bytes for each.
const POINTS_MOST: f64 = 1_048_570.0;
/// How many standard deviations of the tilted sum a window begins below its mean.
const BELOW: f64 = 10.0;
/// Most λ that are tried: any bounds, and a good one makes a narrow window.
const SEARCH_MOST: u32 = 16;

impl Job {
    fn count(&self) -> f64 {
        self.releases.iter().map(|release| f64::from(release.count)).sum()
    }
}

/// All releases, on one grid.
struct Sum {
    kinds: Vec<Kind>,
    /// Nats between dots.
    step: f64,
}

/// An ε, and about how much of it the grid has added.
struct Told {
    epsilon: f64,
    added: f64,
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
struct Window {
    low: f64,
    high: f64,
    tilt: f64,
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

    /// ε will be inside, and at most `BEYOND`·δ is above.
    fn window(&self, job: &Job) -> Window {
        let near = self.chernoff(job.delta, job.tilt);
        let far = self.chernoff(BEYOND * job.delta, near.tilt * 1.5);
        let ends = self.kinds.iter().map(|kind| {
            let last = kind.dots.first + kind.dots.mass.len() as i64;
            f64::from(kind.count) * last as f64 * self.step
        });
        let high = far.epsilon.min(ends.sum());
        let low = (near.sum.mean - BELOW * sqrt(near.sum.variance)).min(high);
        Window { low, high, tilt: near.tilt }
    }

    /// The same window, but further down.
    fn lower(&self, window: &Window) -> Window {
        let tilt = window.tilt / 2.0;
        let sum = self.cumulants(tilt);
        let below = window.low - (window.high - window.low) - self.step;
        Window { low: below.min(sum.mean - BELOW * sqrt(sum.variance)), tilt, ..*window }
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
        let placed = self.composed(window);
        let endless: f64 = self.kinds.iter().map(|k| f64::from(k.count) * k.dots.endless).sum();
        let (keep, part) = (exp(-self.step), -expm1(-self.step));
        let (mut nearer, mut excess) = (0.0, endless + BEYOND * job.delta);
        for place in placed.places().rev() {
            // Divergence at the dot below, where this one has begun to count.
            let all = nearer + placed.mass(place);
            let before = excess;
            nearer = keep * all;
            excess += part * all;
            let below = (place - 1) as f64 * self.step;
            if excess > job.delta {
                // Linear in e^ε between dots.
                let part = (excess - job.delta) / (excess - before);
                let epsilon = below + log1p(part * expm1(self.step));
                // Dots add step²/6 to the variance of each release, hence half of that times the
                // density to the divergence, whose slope is what is nearer.
                let density = placed.mass(place).max(placed.mass(place - 1)) / self.step;
                let added = job.count() * self.step * self.step * density / (12.0 * nearer);
                return Some(Told { epsilon: epsilon.max(0.0), added });
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
            let window = sum.window(&job);
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
            let told = sum.epsilon(&job, &sum.window(&job)).unwrap().epsilon;
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
