//! Exact discrete Laplace noise.

use rand_core::CryptoRng;

use crate::bernoulli::Bits;
use crate::error::ParameterError;

/// Draws from the discrete Laplace law over the integers: P(x) ∝ exp(−|x| / t).
///
/// Integers only and exact, as [`crate::Sampler`] is (Canonne, Kamath and Steinke, arXiv
/// 2004.00010, Algorithm 2), whose proposals it makes; [`crate::rdp::discrete_laplace`] is what it
/// costs. Draws beyond 2^14 scales, of probability below e^−16000, are cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Laplace {
    scale: u32,
}

impl Laplace {
    /// t at most.
    pub const SCALE_MOST: u32 = 1 << 24;

    /// A sampler of scale t in ring units, 1 to 2^24.
    ///
    /// # Errors
    ///
    /// [`ParameterError::Scale`] outside that range.
    pub fn new(scale: u32) -> Result<Self, ParameterError> {
        if !(1..=Self::SCALE_MOST).contains(&scale) {
            return Err(ParameterError::Scale(scale));
        }
        Ok(Self { scale })
    }

    /// Overwrites `noise` with independent draws.
    ///
    /// `rng` is the operating system's entropy, or seeded from it; a fixed seed only in tests.
    pub fn fill(&self, noise: &mut [i64], rng: &mut impl CryptoRng) {
        let mut bits = Bits::new(rng);
        noise.fill_with(|| match magnitude(self.scale, &mut bits) {
            (true, magnitude) => -magnitude.cast_signed(),
            (false, magnitude) => magnitude.cast_signed(),
        });
    }
}

/// Algorithm 2: sign and magnitude with P(±x) ∝ exp(−x / scale); `scale` is at least 1.
pub(crate) fn magnitude<R: CryptoRng>(scale: u32, bits: &mut Bits<'_, R>) -> (bool, u64) {
    loop {
        let offset = bits.below(scale);
        if !bits.exp_small(offset, scale) {
            continue;
        }
        let mut whole: u64 = 0;
        while whole < WHOLE_MOST && bits.exp_small(1, 1) {
            whole += 1;
        }
        let magnitude = u64::from(offset) + u64::from(scale) * whole;
        let negative = bits.fair();
        // Zero has one representation, or it would be drawn twice as often.
        if !(negative && magnitude == 0) {
            return (negative, magnitude);
        }
    }
}

/// A proposal of 2^14 scales has probability e^−16384 and would never be kept anyway.
const WHOLE_MOST: u64 = 1 << 14;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_that_are_not_drawn_exactly_are_refused() {
        for scale in [0, Laplace::SCALE_MOST + 1, u32::MAX] {
            assert_eq!(Laplace::new(scale), Err(ParameterError::Scale(scale)));
        }
        assert!(Laplace::new(1).is_ok() && Laplace::new(Laplace::SCALE_MOST).is_ok());
    }
}
