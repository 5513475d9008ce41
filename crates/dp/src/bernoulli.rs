//! Biased coins of exact probability, from random bits and integers.

use rand_core::CryptoRng;

/// Random bits, drawn a word at a time and handed out sixteen at a time.
pub(crate) struct Bits<'a, R> {
    rng: &'a mut R,
    word: u64,
    left: u32,
}

impl<'a, R: CryptoRng> Bits<'a, R> {
    pub(crate) fn new(rng: &'a mut R) -> Self {
        Self { rng, word: 0, left: 0 }
    }

    fn sixteen(&mut self) -> u64 {
        if self.left == 0 {
            self.word = self.rng.next_u64();
            self.left = 64;
        }
        self.left -= 16;
        let bits = self.word & 0xffff;
        self.word >>= 16;
        bits
    }

    /// One fair coin, at the price of sixteen bits.
    pub(crate) fn fair(&mut self) -> bool {
        self.sixteen() & 1 == 1
    }

    /// Uniform below `bound`, which is at least 1 and at most 2^32 − 1 (Lemire, "Fast random
    /// integer generation in an interval", 2019, without the division in the common case).
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        loop {
            let word = self.sixteen() << 16 | self.sixteen();
            let product = word * u64::from(bound);
            let (high, low) = ((product >> 32) as u32, product as u32);
            if low >= bound || low >= bound.wrapping_neg() % bound {
                return high;
            }
        }
    }

    /// True with probability `part` / `whole`; `whole` is at least 1 and below 2^112.
    ///
    /// Compares a uniform number in [0, 1), revealed sixteen bits at a time, with the fraction:
    /// the first chunk decides but for one case in 2^16.
    pub(crate) fn ratio(&mut self, part: u128, whole: u128) -> bool {
        let mut part = part;
        loop {
            let below = u128::from(self.sixteen()) * whole;
            let scaled = part << 16;
            if scaled <= below {
                return false;
            }
            part = scaled - below;
            if part >= whole {
                return true;
            }
        }
    }

    /// As [`Bits::ratio`] in single words; `whole` is at least 1 and below 2^48.
    fn ratio_small(&mut self, part: u64, whole: u64) -> bool {
        let mut part = part;
        loop {
            let below = self.sixteen() * whole;
            let scaled = part << 16;
            if scaled <= below {
                return false;
            }
            part = scaled - below;
            if part >= whole {
                return true;
            }
        }
    }

    /// True with probability exp(−`part` / `whole`) for 0 ≤ part ≤ whole; `whole` is at least 1
    /// and below 2^32 (Canonne, Kamath and Steinke, arXiv 2004.00010, Algorithm 1).
    pub(crate) fn exp_small(&mut self, part: u32, whole: u32) -> bool {
        let (part, whole) = (u64::from(part), u64::from(whole));
        let mut k = 1;
        while k < TERMS && self.ratio_small(part, whole * k) {
            k += 1;
        }
        k % 2 == 1
    }

    /// True with probability exp(−`part` / `whole`), for any part; `whole` is at least 1 and below
    /// 2^98 (Algorithm 1 again).
    pub(crate) fn exp(&mut self, part: u128, whole: u128) -> bool {
        let mut part = part;
        while part > whole {
            if !self.exp_small(1, 1) {
                return false;
            }
            part -= whole;
        }
        let mut k = 1;
        while k < u128::from(TERMS) && self.ratio(part, whole * k) {
            k += 1;
        }
        k % 2 == 1
    }
}

/// The series of Algorithm 1 reaches its k-th term with probability at most 1 / k!; cutting it
/// here, where products would outgrow their words, has probability below 10^−40000.
const TERMS: u64 = 1 << 14;

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha12Rng;
    use rand_core::SeedableRng;

    use super::*;

    /// Share of true answers over a million draws, against `expected`, in standard deviations.
    fn deviation(expected: f64, mut toss: impl FnMut(&mut Bits<'_, ChaCha12Rng>) -> bool) -> f64 {
        let mut rng = ChaCha12Rng::seed_from_u64(4);
        let mut bits = Bits::new(&mut rng);
        let n = 1_000_000;
        let heads = (0..n).filter(|_| toss(&mut bits)).count();
        (heads as f64 - f64::from(n) * expected)
            / (f64::from(n) * expected * (1.0 - expected)).sqrt()
    }

    #[test]
    fn coins_have_the_bias_they_were_asked_for() {
        let big = 1_u128 << 97;
        assert!(deviation(0.5, |b| b.fair()).abs() < 4.0);
        assert!(deviation(1.0 / 3.0, |b| b.ratio(1, 3)).abs() < 4.0);
        assert!(deviation(1.0 / 3.0, |b| b.ratio(big / 3, big)).abs() < 4.0);
        assert!(deviation(5.0 / 7.0, |b| b.ratio_small(5, 7)).abs() < 4.0);
        for (part, whole) in [(1, 1), (1, 2), (3, 1000), (12_345, 16_777_217)] {
            let expected = (-f64::from(part) / f64::from(whole)).exp();
            assert!(deviation(expected, |b| b.exp_small(part, whole)).abs() < 4.0);
            let (part, whole) = (u128::from(part) << 64, u128::from(whole) << 64);
            assert!(deviation(expected, |b| b.exp(part, whole)).abs() < 4.0);
        }
        assert!(deviation((-2.5_f64).exp(), |b| b.exp(5, 2)).abs() < 4.0);
    }

    #[test]
    fn what_is_certain_or_impossible_stays_so() {
        let mut rng = ChaCha12Rng::seed_from_u64(1);
        let mut bits = Bits::new(&mut rng);
        for _ in 0..10_000 {
            assert!(bits.ratio(7, 7) && bits.ratio_small(9, 9));
            assert!(!bits.ratio(0, 7) && !bits.ratio_small(0, 9));
            assert!(bits.exp(0, 5) && bits.exp_small(0, 5));
            assert_eq!(bits.below(1), 0);
        }
    }

    /// The chunks refine each other: a fraction of 1/2 + 2^−40 needs the third chunk to be seen.
    #[test]
    fn a_fraction_is_compared_to_its_last_bit() {
        struct Script(Vec<u64>);
        impl rand_core::TryRng for Script {
            type Error = core::convert::Infallible;
            fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
                Ok(self.try_next_u64()? as u32)
            }
            fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
                Ok(self.0.remove(0))
            }
            fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Self::Error> {
                dst.fill(0);
                Ok(())
            }
        }
        impl rand_core::TryCryptoRng for Script {}

        // Chunks are taken from the low end of a word: 8000, 0000, then 00ff or 0100 (hex).
        let (part, whole) = ((1 << 39) + 1, 1 << 40);
        let below = 0x0000_00ff_0000_8000;
        assert!(Bits::new(&mut Script(vec![below])).ratio(part, whole));
        let above = 0x0000_0100_0000_8000;
        assert!(!Bits::new(&mut Script(vec![above])).ratio(part, whole));
    }
}
