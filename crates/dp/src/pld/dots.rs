//! One release's loss on a grid, by connecting the dots.

use libm::{ceil, exp, expm1, floor, log, log1p};

use crate::normal::Cut;

/// Gaussian releases of the same kind, Poisson-sampled where the rate is below 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Release {
    /// Noise multiplier.
    pub(super) sigma: f64,
    /// Sampling rate q.
    pub(super) rate: f64,
    /// How many such releases.
    pub(super) count: u32,
}

/// Which of two neighbours has the unit: the loss is of the world that is named first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// With the unit, (1 − q)·N(0, σ²) + q·N(1, σ²), against without it, N(0, σ²).
    Remove,
    /// Without the unit against with it.
    Add,
}

/// A loss that takes only whole multiples of the grid's step, or is infinite.
#[derive(Clone, Debug)]
pub(super) struct Dots {
    /// Where `mass` begins, in steps.
    pub(super) first: i64,
    /// Probability at each multiple of the step.
    pub(super) mass: Vec<f64>,
    /// Probability of an infinite loss: what lies beyond the grid.
    pub(super) endless: f64,
}

impl Release {
    /// The losses that count: where they come from lies within `reach` standard deviations of
    /// either mean.
    pub(super) fn range(&self, direction: Direction, reach: f64) -> (f64, f64) {
        let least = self.loss(-reach * self.sigma);
        let most = self.loss(1.0 + reach * self.sigma);
        match direction {
            Direction::Remove => (least, most),
            Direction::Add => (-most, -least),
        }
    }

    /// The loss of the mixture against N(0, σ²) where the release is x, in nats.
    fn loss(&self, x: f64) -> f64 {
        let w = (2.0 * x - 1.0) / (2.0 * self.sigma * self.sigma);
        if self.rate == 1.0 {
            w
        } else if w < 30.0 {
            log1p(self.rate * expm1(w))
        } else {
            w + log(self.rate + (1.0 - self.rate) * exp(-w))
        }
    }

    /// The release at which that loss is met; −∞ where every loss is above.
    fn release(&self, loss: f64) -> f64 {
        let w = if self.rate == 1.0 {
            loss
        } else if loss < 30.0 {
            log1p((expm1(loss) / self.rate).max(-1.0))
        } else {
            loss - log(self.rate) + log1p(-(1.0 - self.rate) * exp(-loss))
        };
        w * self.sigma * self.sigma + 0.5
    }

    /// The loss on the multiples of `step` from below to above [`Release::range`].
    ///
    /// Mass P of the world that the loss is of, Q of the other, between multiples a and b, goes to
    /// both so that P = p_a + p_b and Q = p_a·e^−a + p_b·e^−b: their likelihoods are the same and
    /// their divergence at e^ε is a chord above the true, convex curve. Below the grid all of P
    /// moves up to its first point; above it, P − e^a·Q goes to infinity.
    pub(super) fn dots(&self, direction: Direction, step: f64, reach: f64) -> Dots {
        let (least, most) = self.range(direction, reach);
        let (first, last) = (floor(least / step), ceil(most / step));
        let mut mass = Vec::with_capacity((last - first) as usize + 1);

        let share = -expm1(-step);
        let mut before = self.point(direction, f64::NEG_INFINITY);
        // What the point before has of the interval below it.
        let mut kept = 0.0;
        for i in 0..=(last - first) as u32 {
            let loss = (first + f64::from(i)) * step;
            let here = self.point(direction, loss);
            let (p, q) = self.between(direction, &before, &here);
            if i == 0 {
                kept = p;
            } else {
                let upper = ((p - exp(loss - step) * q) / share).clamp(0.0, p);
                mass.push(kept + (p - upper));
                kept = upper;
            }
            before = here;
        }
        let end = self.point(direction, f64::INFINITY);
        let (p, q) = self.between(direction, &before, &end);
        let lower = (exp(last * step) * q).clamp(0.0, p);
        mass.push(kept + lower);
        let dots = Dots { first: first as i64, mass, endless: p - lower };
        // What went wrong in arithmetic is no law, and is told as one that discloses everything.
        let total = dots.mass.iter().sum::<f64>() + dots.endless;
        if (total - 1.0).abs() < 1e-9 { dots } else { Dots { endless: 1.0, ..dots } }
    }

    fn point(&self, direction: Direction, loss: f64) -> Point {
        let x = match direction {
            Direction::Remove => self.release(loss),
            Direction::Add => self.release(-loss),
        };
        Point { without: Cut::at(x / self.sigma), with: Cut::at((x - 1.0) / self.sigma) }
    }

    /// P and Q of the losses between two points.
    fn between(&self, direction: Direction, low: &Point, high: &Point) -> (f64, f64) {
        // Losses ascend with the release in one direction, and descend in the other.
        let (left, right) = match direction {
            Direction::Remove => (low, high),
            Direction::Add => (high, low),
        };
        let (without, with) = (left.without.to(right.without), left.with.to(right.with));
        // Where points lie so close that rounding puts them the other way round, there is nothing.
        let (without, with) = (without.max(0.0), with.max(0.0));
        let mixed = (1.0 - self.rate) * without + self.rate * with;
        match direction {
            Direction::Remove => (mixed, without),
            Direction::Add => (without, mixed),
        }
    }
}

/// A release, as N(0, σ²) and N(1, σ²) see it.
#[derive(Clone, Copy, Debug)]
struct Point {
    without: Cut,
    with: Cut,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Divergence at e^ε of the world with the unit from that without, by probabilities alone.
    fn divergence(release: &Release, direction: Direction, epsilon: f64) -> f64 {
        let low = release.point(direction, epsilon);
        let high = release.point(direction, f64::INFINITY);
        let (p, q) = release.between(direction, &low, &high);
        p - exp(epsilon) * q
    }

    #[test]
    fn dots_are_a_law_that_touches_the_true_divergence_at_each_of_them() {
        for (sigma, rate) in [(1.0, 0.01), (0.6, 0.3), (4.0, 0.001), (2.0, 1.0), (0.8, 0.999)] {
            let release = Release { sigma, rate, count: 1 };
            for direction in [Direction::Remove, Direction::Add] {
                let step = 0.02;
                let dots = release.dots(direction, step, 9.0);
                let total = dots.mass.iter().sum::<f64>() + dots.endless;
                assert!((total - 1.0).abs() < 1e-12, "{total}");
                assert!(dots.mass.iter().all(|mass| *mass >= 0.0) && dots.endless < 1e-15);

                for (i, _) in dots.mass.iter().enumerate() {
                    let at = (dots.first + i as i64) as f64 * step;
                    let above = dots.mass.iter().skip(i).enumerate();
                    let ours: f64 =
                        above.map(|(k, mass)| mass * -expm1(-(k as f64) * step)).sum::<f64>();
                    let exact = divergence(&release, direction, at);
                    let apart = (ours + dots.endless - exact).abs();
                    assert!(apart < 1e-13 + 1e-9 * exact, "{sigma} {rate} {at}: {ours} {exact}");
                    // Between dots it is above.
                    let between = at + step / 2.0;
                    let chord = f64::midpoint(exact, divergence(&release, direction, at + step));
                    let middle = (f64::midpoint(exp(at), exp(at + step))).ln();
                    assert!((middle - between).abs() < step);
                    assert!(chord >= divergence(&release, direction, middle) - 1e-15);
                }
            }
        }
    }

    #[test]
    fn a_loss_and_its_release_are_each_other_s_inverse() {
        for (sigma, rate) in [(0.5, 0.001), (3.0, 0.4), (20.0, 1.0)] {
            let release = Release { sigma, rate, count: 1 };
            for x in [-30.0, -3.0, 0.2, 0.5, 1.0, 7.0, 30.0] {
                let loss = release.loss(x);
                assert!(loss.is_finite());
                let back = release.loss(release.release(loss));
                assert!((back - loss).abs() <= 1e-13 * (1.0 + loss.abs()), "{sigma} {rate} {x}");
            }
        }
        let never = Release { sigma: 1.0, rate: 0.5, count: 1 };
        assert_eq!(never.release(-0.7), f64::NEG_INFINITY);
        assert_eq!(never.release(f64::INFINITY), f64::INFINITY);
    }
}
