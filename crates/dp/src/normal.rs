//! Probabilities of the standard normal law, precise in either tail.

use libm::erfc;

/// Where a point cuts the normal law: how far out, and the smaller of the two probabilities.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    right: bool,
    /// P(Z > |x|), to the last digits however small.
    outside: f64,
}

impl Cut {
    /// At x, which may be infinite.
    pub(crate) fn at(x: f64) -> Self {
        Self { right: x > 0.0, outside: 0.5 * erfc(x.abs() * core::f64::consts::FRAC_1_SQRT_2) }
    }

    /// P(Z > x).
    pub(crate) fn above(self) -> f64 {
        if self.right { self.outside } else { 1.0 - self.outside }
    }

    /// The probability between this cut and one at least as far right.
    pub(crate) fn to(self, other: Self) -> f64 {
        match (self.right, other.right) {
            (true, _) => self.outside - other.outside,
            (false, true) => 1.0 - self.outside - other.outside,
            (false, false) => other.outside - self.outside,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_and_intervals_keep_their_digits() {
        // P(Z > 8), P(8 < Z < 8.1) and P(Z < 1), by mpmath.
        let (eight, more) = (Cut::at(8.0), Cut::at(8.1));
        assert!((eight.above() / 6.220960574271784e-16 - 1.0).abs() < 1e-13);
        assert!((eight.to(more) / 3.473_001_181_873_563_7e-16 - 1.0).abs() < 1e-12);
        assert!((Cut::at(-8.1).to(Cut::at(-8.0)) / eight.to(more) - 1.0).abs() < 1e-15);
        assert!((Cut::at(-1.0).above() - 0.841_344_746_068_542_9).abs() < 1e-15);
        assert_eq!(Cut::at(f64::NEG_INFINITY).to(Cut::at(f64::INFINITY)), 1.0);
        assert_eq!(Cut::at(f64::INFINITY).above(), 0.0);
    }
}
