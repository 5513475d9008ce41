//! Sums and products of columns, and the means, variances and correlations that they give.

use serde::{Deserialize, Serialize};

use concordat_terms::Decimal;

use super::axis::{number, unfit, TEXT};
use super::estimate::{Bounds, Count, Estimate, Z};

/// Sums over all rows in which every column has a number.
///
/// Each number is clipped to its declared bounds and scaled to −1 to 1, x. The vector is: complete
/// rows, incomplete ones, Σx for each column and, of degree 2, Σx·y for each pair of columns in
/// order, a column with itself first. All of it in 2^−scale_bits, rounded row by row towards the
/// nearest: so one row never adds more than one to any of them, whatever was rounded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moments {
    /// By which readings know it.
    pub name: String,
    /// 1 to 32 different columns.
    pub columns: Vec<Scaled>,
    /// 1: means; 2: variances and correlations as well.
    pub degree: u8,
}

/// A numeric column with declared bounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scaled {
    /// Column of the table.
    pub column: String,
    /// Smaller numbers count as this one.
    pub min: Decimal,
    /// Larger numbers count as this one; above `min`.
    pub max: Decimal,
}

impl Moments {
    /// How long its part of the vector is.
    pub fn length(&self) -> usize {
        let d = self.columns.len();
        2 + d + if self.degree == 2 { d * (d + 1) / 2 } else { 0 }
    }

    /// The most that one row more or less does, squared, in units of one: complete or incomplete,
    /// and each sum by at most one.
    pub(crate) fn squared(&self) -> u64 {
        self.length() as u64 - 1
    }

    /// The most that one row in place of another does, squared. Worst are two complete rows, since
    /// they differ by at most 2 in each Σx and each Σx·y, and by at most 1 in each Σx², which is
    /// never negative.
    pub(crate) fn squared_replaced(&self) -> u64 {
        let d = self.columns.len() as u64;
        if self.degree == 2 { 2 * d * d + 3 * d } else { 4 * d }
    }

    /// Its field that is at fault, and what is wrong with it.
    pub(crate) fn fault(&self) -> Option<(String, &'static str)> {
        if !(1..=2).contains(&self.degree) {
            return Some(("degree".into(), "must be 1 or 2"));
        }
        if !(1..=32).contains(&self.columns.len()) {
            return Some(("columns".into(), "must be 1 to 32 columns"));
        }
        self.columns.iter().enumerate().find_map(|(n, scaled)| {
            let at = |field| format!("columns[{n}].{field}");
            if unfit(&scaled.column) {
                Some((at("column"), TEXT))
            } else if self.columns.iter().take(n).any(|other| other.column == scaled.column) {
                Some((at("column"), "is used twice"))
            } else if scaled.min >= scaled.max {
                Some((at("min"), "must be below `max`"))
            } else {
                None
            }
        })
    }

    /// Adds one record to its part of the vector. `at` says where the columns are.
    pub(crate) fn add(&self, at: &[usize], record: &[String], scale_bits: u32, sum: &mut [i64]) {
        let one = 1_i64 << scale_bits;
        let scaled = at.iter().zip(&self.columns).map(|(at, column)| {
            let text = record.get(*at).map_or("", |cell| cell.trim());
            number(text).map(|value| column.to_ring(value, one))
        });
        let numbers: Option<Vec<i64>> = scaled.collect();
        let Some(numbers) = numbers else {
            sum.iter_mut().skip(1).take(1).for_each(|incomplete| *incomplete += one);
            return;
        };
        let second = numbers.iter().enumerate().flat_map(|(i, x)| {
            // Both are at most 2^24, and so is their product in the same units.
            numbers.iter().skip(i).map(move |y| rounded(x * y, scale_bits))
        });
        let all = [one, 0].into_iter().chain(numbers.iter().copied()).chain(second);
        sum.iter_mut().zip(all).for_each(|(total, value)| *total += value);
    }
}

impl Scaled {
    /// A number as a share of the declared bounds, −`one` to `one`.
    fn to_ring(&self, value: f64, one: i64) -> i64 {
        let (min, max) = (self.min.to_f64(), self.max.to_f64());
        let x = (2.0 * value.clamp(min, max) - (min + max)) / (max - min);
        // The cast saturates, and the clamp holds whatever arithmetic did.
        ((x * one as f64).round() as i64).clamp(-one, one)
    }

    /// What a scaled mean is in the column's own units.
    fn in_units(&self, scaled: Estimate) -> Estimate {
        scaled.scaled(self.half(), f64::midpoint(self.min.to_f64(), self.max.to_f64()))
    }

    /// Half of the declared range.
    fn half(&self) -> f64 {
        (self.max.to_f64() - self.min.to_f64()) / 2.0
    }
}

/// value / 2^bits, to the nearest integer, halves away from zero.
fn rounded(value: i64, bits: u32) -> i64 {
    let half = (1_i64 << bits) >> 1;
    value.signum() * ((value.abs() + half) >> bits)
}

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
                .map(|(i, j, first, second)| Correlation { first, second, r: self.correlation(i, j) })
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
        Estimate { value: mean, rows: interval(0.0), population: Some(population) }
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
            if self.is_drowned() { range } else { Bounds::around(value, Z * variance.sqrt(), range) }
        };
        Estimate { value, rows: around(noise), population: Some(around(noise + sampling)) }
    }

    /// By the delta method on Fisher's z = artanh r, whose sampling variance is 1/(n − 3) where
    /// the two columns are jointly normal (Fisher, Metron 1, 1921): of others it is a guess.
    fn correlation(&self, i: usize, j: usize) -> Estimate {
        let (vi, vj) = (self.spread_of(i), self.spread_of(j));
        let (a, b) = (self.mean_of(i), self.mean_of(j));
        // A variance that noise may have made out of nothing has no correlation.
        let sure = |v: f64| v * self.complete > 3.0 * Z * self.variance.sqrt();
        if self.is_drowned() || !sure(vi) || !sure(vj) {
            let value = 0.0;
            return Estimate { value, rows: BOTH_SIDES, population: Some(BOTH_SIDES) };
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
        let squares: f64 = [xy, xx, yy, x, y, n].iter().map(|derivative| derivative * derivative).sum();
        let noise = self.variance * squares / (self.count() * self.count());
        let noise = noise / (1.0 - r * r).powi(2);
        let sampling = self.design / (self.complete - 3.0).max(1.0);
        let around = |variance: f64| {
            let (z, half) = (libm::atanh(r), Z * variance.sqrt());
            Bounds { low: libm::tanh(z - half), high: libm::tanh(z + half) }
        };
        Estimate { value: r, rows: around(noise), population: Some(around(noise + sampling)) }
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
