//! Means, variances and correlations from released sums.

use serde::Serialize;

use super::estimate::{Bounds, Count, Estimate, Z};
use super::moments::Moments;

/// Released sums.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sums {
    of: Moments,
    complete: f64,
    incomplete: f64,
    first: Vec<f64>,
    /// Row by row, from the diagonal on.
    second: Vec<f64>,
    variance: f64,
    design: f64,
}

/// What sums tell of their columns.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Rows with a number in every column.
    pub complete: Estimate,
    /// Share of such rows.
    pub completeness: Estimate,
    /// Each column.
    pub columns: Vec<ColumnSummary>,
    /// Each pair of columns, of degree 2.
    pub correlations: Vec<Correlation>,
}

/// One column, in its own units, clipped to its declared bounds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ColumnSummary {
    /// Its name.
    pub column: String,
    /// Mean.
    pub mean: Estimate,
    /// Variance (divided by n), in squared units; of degree 2.
    pub variance: Option<Estimate>,
}

/// Pearson's correlation of two columns.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Correlation {
    /// One column.
    pub first: String,
    /// The other.
    pub second: String,
    /// −1 to 1.
    pub r: Estimate,
}

impl Sums {
    /// From a part of the released vector, in rows.
    pub(crate) fn new(of: &Moments, values: &[f64], variance: f64, design: f64) -> Self {
        let d = of.columns.len();
        let at = |from: usize, n: usize| values.iter().skip(from).take(n).copied();
        Self {
            of: of.clone(),
            complete: at(0, 1).sum(),
            incomplete: at(1, 1).sum(),
            first: at(2, d).collect(),
            second: at(2 + d, values.len()).collect(),
            variance,
            design,
        }
    }

    /// Means, variances and correlations with their intervals.
    pub fn summary(&self) -> Summary {
        let count = |value| Count { value, variance: self.variance };
        let columns = self.of.columns.iter().enumerate().map(|(n, scaled)| ColumnSummary {
            column: scaled.column.clone(),
            mean: scaled.in_units(self.mean(n)),
            variance: (self.of.degree == 2)
                .then(|| self.spread(n).scaled(scaled.half() * scaled.half(), 0.0)),
        });
        let names = || self.of.columns.iter().map(|scaled| scaled.column.clone()).enumerate();
        let pairs = names().flat_map(|(i, first)| {
            names().skip(i + 1).map(move |(j, second)| (i, j, first.clone(), second))
        });
        let correlations = pairs.filter(|_| self.of.degree == 2);
        Summary {
            complete: count(self.complete).estimate(),
            completeness: count(self.complete).share_of(count(self.incomplete), self.design),
            columns: columns.collect(),
            correlations: correlations
                .map(|(i, j, first, second)| Correlation {
                    first,
                    second,
                    r: self.correlation(i, j),
                })
                .collect(),
        }
    }

    /// Of scaled numbers, by Fieller's interval for Σx over n; sampling adds n·s² to the variance
    /// of Σx − μ·n, with s² the released one or, of degree 1, the most that the mean allows,
    /// 1 − μ² (Bhatia, Davis, American Mathematical Monthly 107, 2000).
    fn mean(&self, n: usize) -> Estimate {
        let mean = BOTH_SIDES.nearest(self.mean_of(n));
        let most = 1.0 - mean * mean;
        let s2 = if self.of.degree == 2 { self.spread_of(n).clamp(0.0, most) } else { most };
        let rows = self.complete.max(0.0);
        let (sum, z2) = (self.first.get(n).copied().unwrap_or_default(), Z * Z);
        let interval = |sampling: f64| {
            Bounds::solving(
                self.complete * self.complete - z2 * self.variance,
                -2.0 * sum * self.complete,
                sum * sum - z2 * (self.variance + sampling),
                BOTH_SIDES,
            )
        };
        let population = interval(self.design * rows * s2);
        Estimate::new(mean, interval(0.0), population)
    }

    /// Of scaled numbers, by the delta method. Sampling adds s²·(R² − s²)/n at most, where R is
    /// the largest distance from the mean that the bounds allow: no law is assumed.
    fn spread(&self, n: usize) -> Estimate {
        let range = Bounds { low: 0.0, high: 1.0 };
        let mean = self.mean_of(n);
        let (value, count) = (range.nearest(self.spread_of(n)), self.count());
        // Derivatives by Σx², Σx and n, the last by Euler's theorem: scaling all three changes nothing.
        let by_n = 2.0 * mean * mean - self.square_of(n, n);
        let noise = self.variance * (1.0 + 4.0 * mean * mean + by_n * by_n) / (count * count);
        let most = (1.0 + mean.abs()).powi(2);
        let sampling = self.design * value * (most - value).max(0.0) / count;
        let around = |variance: f64| {
            if self.is_drowned() {
                range
            } else {
                Bounds::around(value, Z * variance.sqrt(), range)
            }
        };
        Estimate::new(value, around(noise), around(noise + sampling))
    }

    /// By the delta method on Fisher's z = artanh r, whose sampling variance is 1/(n − 3) where
    /// the two columns are jointly normal (Fisher, Metron 1, 1921): of others it is a guess.
    fn correlation(&self, i: usize, j: usize) -> Estimate {
        let (vi, vj) = (self.spread_of(i), self.spread_of(j));
        let (a, b) = (self.mean_of(i), self.mean_of(j));
        // A variance that noise may have made out of nothing has no correlation.
        let sure = |v: f64| v * self.complete > 3.0 * Z * self.variance.sqrt();
        if self.is_drowned() || !sure(vi) || !sure(vj) {
            return Estimate::new(0.0, BOTH_SIDES, BOTH_SIDES);
        }
        let root = (vi * vj).sqrt();
        let r = ((self.square_of(i, j) - a * b) / root).clamp(-R_MOST, R_MOST);
        // Derivatives by Σxy, Σx², Σy², Σx and Σy, times n, and by n again by Euler's theorem.
        let (xy, xx, yy) = (1.0 / root, -r / (2.0 * vi), -r / (2.0 * vj));
        let (x, y) = (-b / root + r * a / vi, -a / root + r * b / vj);
        let n = -(xy * self.square_of(i, j)
            + xx * self.square_of(i, i)
            + yy * self.square_of(j, j)
            + x * a
            + y * b);
        let squares: f64 =
            [xy, xx, yy, x, y, n].iter().map(|derivative| derivative * derivative).sum();
        let noise = self.variance * squares / (self.count() * self.count());
        let noise = noise / (1.0 - r * r).powi(2);
        let sampling = self.design / (self.complete - 3.0).max(1.0);
        let around = |variance: f64| {
            let (z, half) = (libm::atanh(r), Z * variance.sqrt());
            Bounds { low: libm::tanh(z - half), high: libm::tanh(z + half) }
        };
        Estimate::new(r, around(noise), around(noise + sampling))
    }

    /// Whether the number of rows is so uncertain that linear approximations are no good: a
    /// deviation of more than a tenth.
    fn is_drowned(&self) -> bool {
        self.complete <= 10.0 * self.variance.sqrt()
    }

    fn mean_of(&self, n: usize) -> f64 {
        self.first.get(n).copied().unwrap_or_default() / self.count()
    }

    fn square_of(&self, i: usize, j: usize) -> f64 {
        let (i, j, d) = (i.min(j), i.max(j), self.of.columns.len());
        let place = (0..i).map(|row| d - row).sum::<usize>() + j - i;
        self.second.get(place).copied().unwrap_or_default() / self.count()
    }

    /// Without what the noise in Σx adds on average to the square of the mean.
    fn spread_of(&self, n: usize) -> f64 {
        let mean = self.mean_of(n);
        self.square_of(n, n) - mean * mean + self.variance / (self.count() * self.count())
    }

    /// Complete rows, at least one: with fewer, intervals are as wide as they can be.
    fn count(&self) -> f64 {
        self.complete.max(1.0)
    }
}

/// What is possible for a scaled mean, and for a correlation.
const BOTH_SIDES: Bounds = Bounds { low: -1.0, high: 1.0 };

/// Closer to one than this, Fisher's z has no digits left.
const R_MOST: f64 = 1.0 - 1e-12;
