//! Figures with what noise, and chance, may have done to them.

use serde::Serialize;

/// Both ends of a 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bounds {
    /// Lower end.
    pub low: f64,
    /// Upper end, not below the lower.
    pub high: f64,
}

/// A figure, and two answers to the question how sure one can be of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The figure, within what is possible for it.
    pub value: f64,
    /// Where the exact figure *of the rows that were asked* is: noise alone, whose law is known.
    pub rows: Bounds,
    /// Where the figure is *in the population of which the rows are a sample*: noise and sampling
    /// error together. None where no sample is meant, as of a count.
    pub population: Option<Bounds>,
}

/// A sum of cells: its value in rows, and the variance of the noise in it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Count {
    /// Rows; below zero where noise took more than there was.
    pub value: f64,
    /// Variance of the noise, in squared rows.
    pub variance: f64,
}

/// What is possible for a share.
pub(crate) const SHARE: Bounds = Bounds { low: 0.0, high: 1.0 };

/// The 97.5 % point of the standard normal law.
pub(crate) const Z: f64 = 1.959_963_984_540_054;

impl Bounds {
    /// A single point.
    pub(crate) fn point(value: f64) -> Self {
        Self { low: value, high: value }
    }

    /// `value` ± `half`, within `range`.
    pub(crate) fn around(value: f64, half: f64, range: Self) -> Self {
        if half.is_finite() {
            Self { low: value - half, high: value + half }.within(range)
        } else {
            range
        }
    }

    /// Both ends moved into `range`.
    pub(crate) fn within(self, range: Self) -> Self {
        Self { low: range.nearest(self.low), high: range.nearest(self.high) }
    }

    /// The point of these bounds that is nearest to `value`.
    pub(crate) fn nearest(self, value: f64) -> f64 {
        value.max(self.low).min(self.high)
    }

    /// Whether two have a point in common.
    pub fn meets(self, other: Self) -> bool {
        self.low <= other.high && other.low <= self.high
    }

    /// Whether a value is within.
    pub fn covers(self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// Half its length.
    pub fn half_width(self) -> f64 {
        (self.high - self.low) / 2.0
    }

    /// Where a·x² + b·x + c ≤ 0, within `range`; all of `range` where that is no interval, which
    /// is how a ratio says that its denominator may be zero.
    pub(crate) fn solving(a: f64, b: f64, c: f64, range: Self) -> Self {
        let inside = b * b - 4.0 * a * c;
        if !(a > 0.0 && inside.is_finite()) {
            return range;
        }
        // What is negative, or so small, is rounding: the ratio itself always solves.
        let root = if inside > 1e-14 * b * b { inside.sqrt() } else { 0.0 };
        Self { low: (-b - root) / (2.0 * a), high: (-b + root) / (2.0 * a) }.within(range)
    }
}

impl Estimate {
    /// A figure with both intervals, of which the second holds the first: where a ratio's
    /// denominator may be zero for noise alone, sampling does not make it surer.
    pub(crate) fn new(value: f64, rows: Bounds, population: Bounds) -> Self {
        let (low, high) = (rows.low.min(population.low), rows.high.max(population.high));
        Self { value, rows, population: Some(Bounds { low, high }) }
    }

    /// The same in other units: `offset` + `factor` times it, `factor` above zero.
    pub(crate) fn scaled(self, factor: f64, offset: f64) -> Self {
        let move_it =
            |b: Bounds| Bounds { low: offset + factor * b.low, high: offset + factor * b.high };
        Self {
            value: offset + factor * self.value,
            rows: move_it(self.rows),
            population: self.population.map(move_it),
        }
    }

    /// `self` − `other`, of disjoint cells, by the method of variance estimates recovery: each end
    /// is as far from the difference as the two intervals' own ends are, squared and added
    /// (Newcombe, Statistics in Medicine 17, 1998, method 10; Zou, Donner, ibid. 27, 2008).
    pub fn minus(self, other: Self) -> Self {
        let value = self.value - other.value;
        let recover = |a: Bounds, b: Bounds| Bounds {
            low: value - (self.value - a.low).hypot(b.high - other.value),
            high: value + (a.high - self.value).hypot(other.value - b.low),
        };
        let range = Bounds { low: -1.0, high: 1.0 };
        Self {
            value,
            rows: recover(self.rows, other.rows).within(range),
            population: self
                .population
                .zip(other.population)
                .map(|(a, b)| recover(a, b).within(range)),
        }
    }
}

impl Count {
    /// Nothing, exactly.
    pub(crate) const NONE: Self = Self { value: 0.0, variance: 0.0 };

    /// Both together, of disjoint cells.
    #[must_use]
    pub(crate) fn plus(self, other: Self) -> Self {
        Self { value: self.value + other.value, variance: self.variance + other.variance }
    }

    /// The number of rows.
    pub fn estimate(self) -> Estimate {
        let range = Bounds { low: 0.0, high: f64::MAX };
        let rows = Bounds::around(self.value, Z * self.variance.sqrt(), range);
        Estimate { value: range.nearest(self.value), rows, population: None }
    }

    /// The share of these rows among these and `rest`, which are disjoint cells, as `share` at
    /// 95 %; `design` is as there.
    pub fn share_of(self, rest: Self, design: f64) -> Estimate {
        let all = self.value + rest.value;
        let value = if all > 0.0 { SHARE.nearest(self.value / all) } else { 0.5 };
        Estimate::new(value, share(self, rest, 0.0, Z), share(self, rest, design, Z))
    }
}

/// The interval of a share A/(A + A'), at the two-sided critical value `z`: all r for which the
/// distance of A from r·(A + A') is within z deviations of what noise, and sampling, do to it.
///
/// With noise alone (`design` 0) this is Fieller's interval (Fieller, J. Royal Statistical Society
/// B 16, 1954), exact for normal noise of known variance. Without noise and with `design` 1 it is
/// Wilson's score interval (Wilson, J. American Statistical Association 22, 1927). With both, the
/// variances add in the same inequality, which stays quadratic in r. `design` is the design effect
/// (Kish, Survey Sampling, 1965): the most rows of a person, which the effect cannot pass.
pub(crate) fn share(part: Count, rest: Count, design: f64, z: f64) -> Bounds {
    let all = part.value + rest.value;
    if all <= 0.0 {
        return SHARE;
    }
    let z2 = z * z;
    let sampling = z2 * design * all;
    Bounds::solving(
        all * all - z2 * (part.variance + rest.variance) + sampling,
        -2.0 * part.value * all + 2.0 * z2 * part.variance - sampling,
        part.value * part.value - z2 * part.variance,
        SHARE,
    )
}

/// The critical value with which `count` two-sided intervals hold all together with 95 %
/// (Bonferroni): the 1 − 0.025/`count` point of the standard normal law.
pub(crate) fn simultaneous(count: usize) -> f64 {
    let tail = 0.025 / count.max(1) as f64;
    let (mut low, mut high) = (0.0_f64, 40.0_f64);
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        let outside = 0.5 * libm::erfc(middle * std::f64::consts::FRAC_1_SQRT_2);
        if outside > tail { low = middle } else { high = middle }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(value: f64) -> Count {
        Count { value, variance: 0.0 }
    }

    #[test]
    fn critical_values_are_the_printed_ones() {
        for (count, z) in [(1, 1.959_964), (2, 2.241_403), (5, 2.575_829), (50, 3.290_527)] {
            assert!((simultaneous(count) - z).abs() < 1e-6, "{count}: {}", simultaneous(count));
        }
    }

    #[test]
    fn a_share_whose_rows_may_be_none_can_be_anything() {
        let noisy = |value| Count { value, variance: 100.0 };
        assert_eq!(share(noisy(3.0), noisy(5.0), 0.0, Z), SHARE);
        assert_eq!(share(noisy(-30.0), noisy(5.0), 0.0, Z), SHARE);
        assert_eq!(share(exact(0.0), exact(0.0), 1.0, Z), SHARE);
        let sure = share(noisy(300.0), noisy(500.0), 0.0, Z);
        assert!(sure.covers(0.375) && sure.half_width() < 0.025, "{sure:?}");
    }

    #[test]
    fn without_noise_the_rows_are_known_and_the_population_is_wilson_s() {
        let estimate = exact(15.0).share_of(exact(85.0), 1.0);
        assert!(
            (estimate.rows.low - 0.15).abs() < 1e-12 && (estimate.rows.high - 0.15).abs() < 1e-12
        );
        // scipy.stats.binomtest(15, 100).proportion_ci(method="wilson")
        let wilson = estimate.population.unwrap();
        assert!((wilson.low - 0.093_059_852_8).abs() < 1e-9, "{wilson:?}");
        assert!((wilson.high - 0.232_835_595_9).abs() < 1e-9, "{wilson:?}");
    }
}
