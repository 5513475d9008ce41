//! Many releases' losses together, by Fourier transforms of tilted distributions.

use libm::{ceil, exp, expm1, floor, log, log1p, sqrt};

use super::dots::{Direction, Dots, Release};
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
    // Dots add at most λ(λ+1)·step²/8 to log E[e^(λ·loss)] of a release, and 2/3 of that where
    // losses are spread between them: this over λ is what they add to ε.
    let mut step = sqrt(12.0 * ADDED * job.guess / (count * (job.tilt + 1.0)));
    for release in &job.releases {
        let (least, most) = release.range(direction, reach);
        step = step.max((most - least) / POINTS_MOST);
    }
    loop {
        let kinds: Vec<Kind> =
            job.releases.iter().map(|r| Kind::new(r, r.dots(direction, step, reach))).collect();
        let sum = Sum { kinds, step };
        let window = sum.window(job);
        let points = (window.high - window.low) / step;
        if points <= POINTS_MOST {
            return sum.epsilon(job, &window);
        }
        step *= points / POINTS_MOST * 1.01;
    }
}

/// The part of ε that the grid may add.
const ADDED: f64 = 1e-3;
/// The part of δ that may lie beyond the grid, and again beyond the window.
const BEYOND: f64 = 1e-7;
/// Most points of a grid or a window.
const POINTS_MOST: f64 = 4_194_304.0;
/// How many standard deviations of the tilted sum a window begins below its mean.
const BELOW: f64 = 10.0;
/// What is below e^−60 of the whole is nothing, and is counted as an error.
const NOTHING: f64 = 60.0;

impl Job {
    fn count(&self) -> f64 {
        self.releases.iter().map(|release| f64::from(release.count)).sum()
    }
}

/// Releases of one kind.
struct Kind {
    count: u32,
    dots: Dots,
    /// Logarithms of the masses.
    logs: Vec<f64>,
}

/// log E[e^(λ·loss)] and its first two derivatives by λ; losses in steps.
#[derive(Clone, Copy, Default)]
struct Cumulants {
    log: f64,
    mean: f64,
    variance: f64,
}

impl Kind {
    fn new(release: &Release, dots: Dots) -> Self {
        let logs = dots.mass.iter().map(|mass| log(*mass)).collect();
        Self { count: release.count, dots, logs }
    }

    /// Place in the grid and log of mass·e^(λ·loss), for each mass; `tilt` is λ times the step.
    fn tilted(&self, tilt: f64) -> impl Iterator<Item = (f64, f64)> + Clone {
        let first = self.dots.first as f64;
        let places = (0_u32..).map(move |i| first + f64::from(i));
        places.zip(&self.logs).map(move |(at, log)| (at, tilt * at + log))
    }

    fn cumulants(&self, tilt: f64) -> Cumulants {
        let most = self.tilted(tilt).fold(f64::NEG_INFINITY, |most, (_, log)| most.max(log));
        // Around a place near the middle, so that the variance loses no digits.
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

/// All releases, on one grid.
struct Sum {
    kinds: Vec<Kind>,
    /// Nats between dots.
    step: f64,
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

    /// A λ near the one that bounds P(loss ≥ ε) ≤ δ by Chernoff with the least ε, from a guess;
    /// and the sum's cumulants there. At the best one, ε is the mean of the tilted sum.
    fn chernoff(&self, delta: f64, guess: f64) -> (f64, Cumulants) {
        let mut tilt = guess;
        let mut found = self.cumulants(tilt);
        for _ in 0..8 {
            let excess = tilt * found.mean - found.log + log(delta);
            let newton = tilt - excess / (tilt * found.variance);
            let next = newton.clamp(tilt / 3.0, tilt * 3.0).min(4.0 * guess);
            let moved = (next - tilt).abs();
            tilt = next;
            found = self.cumulants(tilt);
            if moved < 0.01 * tilt {
                break;
            }
        }
        (tilt, found)
    }

    /// ε will be inside, and at most `BEYOND`·δ is above, by Chernoff at whatever λ was found.
    fn window(&self, job: &Job) -> Window {
        let (tilt, middle) = self.chernoff(job.delta, job.tilt);
        let far = BEYOND * job.delta;
        let (further, there) = self.chernoff(far, tilt * 1.5);
        let bound = (there.log - log(far)) / further;
        let ends = self.kinds.iter().map(|kind| {
            let last = kind.dots.first + kind.dots.mass.len() as i64;
            f64::from(kind.count) * last as f64 * self.step
        });
        let high = bound.min(ends.sum());
        let low = (middle.mean - BELOW * sqrt(middle.variance)).min(high);
        Window { low, high, tilt }
    }

    /// The ε at the job's δ, read off a window from its upper end.
    fn epsilon(&self, job: &Job, window: &Window) -> f64 {
        let points = ceil((window.high - window.low) / self.step) as u32 + 2;
        let fft = Fft::new(points.next_power_of_two().trailing_zeros());
        let low = floor(window.low / self.step) as i64;
        let mut composed = Composed::one(&fft);
        let mut log_mass = 0.0;
        // The sum of the places that the kinds are centred on.
        let mut centre = 0_i64;
        for kind in &self.kinds {
            let tilt = window.tilt * self.step;
            let one = kind.cumulants(tilt);
            let middle = floor(one.mean) as i64;
            log_mass += f64::from(kind.count) * one.log;
            centre += i64::from(kind.count) * middle;
            composed.multiply(kind, middle, tilt, one.log);
        }
        let (mass, error) = composed.finish();
        let count = job.count();
        let endless: f64 = self.kinds.iter().map(|k| f64::from(k.count) * k.dots.endless).sum();
        // Masses are rounded by less than 512 units each, and 4/step by splitting them; whatever
        // went over the upper end of the window is put there again.
        let inexact = exp(count * UNIT * (1024.0 + 8.0 / self.step));
        let fixed = endless + BEYOND * job.delta;
        let target = job.delta;

        let (keep, part) = (exp(-self.step), -expm1(-self.step));
        let (mut nearer, mut excess) = (0.0, fixed);
        for r in (0..fft.len() as i64).rev() {
            let place = low + r;
            let tilted = mass.get((place - centre).rem_euclid(fft.len() as i64) as usize);
            let tilted = tilted.copied().unwrap_or(0.0).max(0.0) + error;
            let loss = place as f64 * self.step;
            let here = tilted * exp(log_mass - window.tilt * loss) * inexact;
            // Divergence at the loss one step below, where `here` has begun to count.
            let all = nearer + here;
            let before = excess;
            nearer = keep * all;
            excess += part * all;
            if excess > target {
                // Linear in e^ε between dots.
                let place = (excess - target) / (excess - before);
                return (loss - self.step + log1p(place * expm1(self.step))).max(0.0);
            }
            if loss - self.step <= 0.0 {
                return 0.0;
            }
        }
        (low as f64 * self.step).max(0.0)
    }
}

/// The transform of a sum, factor by factor, and how far each element may be from the truth.
struct Composed<'a> {
    fft: &'a Fft,
    re: Vec<f64>,
    im: Vec<f64>,
    /// Log of a bound on each element, rounding included.
    bound: Vec<f64>,
    /// Log of the part of that bound that is not rounding.
    sure: Vec<f64>,
}

impl<'a> Composed<'a> {
    fn one(fft: &'a Fft) -> Self {
        let n = fft.len();
        let (re, im) = (vec![1.0; n], vec![0.0; n]);
        Self { fft, re, im, bound: vec![0.0; n], sure: vec![0.0; n] }
    }

    /// Takes in all releases of one kind, tilted, centred on `middle` and with mass one.
    fn multiply(&mut self, kind: &Kind, middle: i64, tilt: f64, log_mass: f64) {
        let n = self.fft.len();
        let (mut re, mut im) = (vec![0.0; n], vec![0.0; n]);
        let mut place = (kind.dots.first - middle).rem_euclid(n as i64) as usize;
        for (_, log) in kind.tilted(tilt) {
            if let Some(folded) = re.get_mut(place) {
                *folded += exp(log - log_mass);
            }
            place = (place + 1) % n;
        }
        self.fft.forward(&mut re, &mut im);

        let count = f64::from(kind.count);
        // A power by squaring multiplies twice for each bit: √5 units a product, doubled by what
        // follows it, are less than 8 a factor.
        let error = self.fft.error() + 8.0 * UNIT;
        let nothing = exp(-NOTHING / count) - error;
        let powers = re.iter().zip(&im);
        let products = self.re.iter_mut().zip(&mut self.im);
        let bounds = self.bound.iter_mut().zip(&mut self.sure);
        for (((re, im), (to_re, to_im)), (bound, sure)) in powers.zip(products).zip(bounds) {
            let size = sqrt(re * re + im * im);
            if size < nothing || *bound <= -NOTHING {
                (*to_re, *to_im) = (0.0, 0.0);
                (*bound, *sure) = (-NOTHING, f64::NEG_INFINITY);
                continue;
            }
            *bound += count * log(size + error);
            *sure += count * log(size);
            (*to_re, *to_im) = times((*to_re, *to_im), power((*re, *im), kind.count));
        }
    }

    /// The distribution, tilted and folded, and how far each of its masses may be from the truth.
    fn finish(mut self) -> (Vec<f64>, f64) {
        let n = self.fft.len() as f64;
        let mut error = 0.0;
        for (bound, sure) in self.bound.iter().zip(&self.sure) {
            error += exp(*bound) * (self.fft.error() - expm1(sure - bound));
        }
        self.fft.inverse(&mut self.re, &mut self.im);
        self.re.iter_mut().for_each(|mass| *mass /= n);
        (self.re, error / n)
    }
}

fn times(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

fn power(base: (f64, f64), exponent: u32) -> (f64, f64) {
    let (mut base, mut left, mut product) = (base, exponent, (1.0, 0.0));
    while left > 0 {
        if left & 1 == 1 {
            product = times(product, base);
        }
        base = times(base, base);
        left >>= 1;
    }
    product
}
