//! Poisson sampling: who is in a batch.

use concordat_terms::Decimal;
use rand_core::CryptoRng;

use crate::quantise::{TRILLION, trillionths};

/// A sampling rate that is no probability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a sampling rate from 0 to 1")]
pub struct NotARate(pub Decimal);

/// The places, in order, of the units that are in a batch: each of them by an independent coin of
/// probability exactly `rate`, so their number varies and may be 0. Private.
///
/// A node takes the system's randomness, since whoever knew the sample would void the accounting
/// of it; a test takes a seeded generator, and the same seed is the same sample on every machine.
/// (Batches of a shuffled order are no Poisson samples and cost more than accounting for those
/// says: Chua et al., arXiv 2403.17673.)
///
/// # Errors
/// [`NotARate`].
pub fn poisson(
    units: usize,
    rate: Decimal,
    rng: &mut impl CryptoRng,
) -> Result<Vec<usize>, NotARate> {
    let coin = Coin::new(rate).ok_or(NotARate(rate))?;
    let mut sample = Vec::new();
    for first in (0..units).step_by(64) {
        let mut heads = coin.toss_64(rng);
        while heads != 0 {
            let place = first + heads.trailing_zeros() as usize;
            // Coins beyond the last unit are nobody's.
            sample.extend((place < units).then_some(place));
            heads &= heads - 1;
        }
    }
    Ok(sample)
}

/// A coin of probability exactly `threshold` in 10^12: no float decides who is in a batch.
pub(crate) struct Coin {
    threshold: u64,
}

impl Coin {
    const SIDES: u64 = 1_000_000_000_000;

    pub(crate) fn new(rate: Decimal) -> Option<Self> {
        let threshold = trillionths(rate)?;
        (u128::from(threshold) <= TRILLION).then_some(Self { threshold })
    }

    /// Sixty-four coins at once, a bit each.
    ///
    /// A coin compares a uniform number with the probability, binary digit by binary digit: the
    /// first that differs decides, and where the digits of the probability end, the number is not
    /// below it. A word is one digit for all of them; some nine words decide the last.
    pub(crate) fn toss_64(&self, rng: &mut impl CryptoRng) -> u64 {
        let (mut heads, mut open, mut rest) = (0, u64::MAX, self.threshold);
        if rest == Self::SIDES {
            return open;
        }
        while open != 0 && rest != 0 {
            let word = rng.next_u64();
            rest *= 2;
            if rest >= Self::SIDES {
                rest -= Self::SIDES;
                heads |= open & !word;
                open &= word;
            } else {
                open &= !word;
            }
        }
        heads
    }

    pub(crate) fn toss(&self, rng: &mut impl CryptoRng) -> bool {
        // Draws beyond the last whole multiple of `SIDES` would favour small remainders.
        const FAIR_BELOW: u64 = u64::MAX - u64::MAX % Coin::SIDES;
        loop {
            let draw = rng.next_u64();
            if draw < FAIR_BELOW {
                return draw % Self::SIDES < self.threshold;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;
    use rand_core::{TryCryptoRng, TryRng};

    use super::*;

    /// Gives these numbers, in order, and then zeros.
    struct Given(std::vec::IntoIter<u64>);

    impl TryRng for Given {
        type Error = Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            Ok(0)
        }

        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            Ok(self.0.next().unwrap_or_default())
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
            bytes.fill(0);
            Ok(())
        }
    }

    impl TryCryptoRng for Given {}

    #[test]
    fn the_coin_is_exact_at_its_edge() {
        const SIDES: u64 = 1_000_000_000_000;
        // 2^64 is 18,446,744 times as many sides and a rest, whose draws do not count.
        const REST: u64 = 18_446_744 * SIDES;
        let coin = Coin::new("0.000000000002".parse().unwrap()).unwrap();
        let draws = vec![1, 2, SIDES + 1, SIDES + 2, REST - 1, REST, u64::MAX, 0, SIDES - 1];
        let mut given = Given(draws.into_iter());
        let tossed: Vec<bool> = (0..7).map(|_| coin.toss(&mut given)).collect();
        assert_eq!(tossed, [true, false, true, false, false, true, false]);
    }

    /// Every number of three binary digits is one coin's: five eighths of them are below 0.625.
    #[test]
    fn coins_at_once_are_exact_digit_by_digit() {
        let digit = |place: u32| (0..64).map(|coin: u64| (coin >> place & 1) << coin).sum::<u64>();
        let coin = Coin::new("0.625".parse().unwrap()).unwrap();
        let heads = coin.toss_64(&mut Given(vec![digit(2), digit(1), digit(0)].into_iter()));
        let expected = (0..64).filter(|coin| coin % 8 < 5).map(|coin| 1_u64 << coin).sum::<u64>();
        assert_eq!(heads, expected);
        // The digits have ended, and no word more was drawn.
        let mut given = Given(vec![u64::MAX, 0, u64::MAX, 7].into_iter());
        assert_eq!(coin.toss_64(&mut given), 0);
        assert_eq!(given.0.len(), 1);
        // Nine coins of a block are somebody's.
        let sample = poisson(9, "0.625".parse().unwrap(), &mut Given(vec![0].into_iter()));
        assert_eq!(sample, Ok((0..9).collect()));
    }

    #[test]
    fn the_coin_falls_as_often_as_agreed() {
        let mut rng = ChaCha20Rng::seed_from_u64(7);
        let coin = Coin::new("0.2".parse().unwrap()).unwrap();
        let heads = (0..100_000).filter(|_| coin.toss(&mut rng)).count();
        // Four standard deviations of a binomial: 4·√(100,000·0.2·0.8) = 506.
        assert!(heads.abs_diff(20_000) < 506, "{heads}");
        let always = Coin::new("1".parse().unwrap()).unwrap();
        assert!((0..1000).all(|_| always.toss(&mut rng)));
        assert!(Coin::new("1.1".parse().unwrap()).is_none());
    }

    /// Everybody alone is in as many batches as agreed, every two of them together in as many as
    /// independence says, and the sizes of batches vary as a binomial's do.
    #[test]
    fn a_sample_is_of_independent_units() {
        const ROUNDS: usize = 20_000;
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let rate = "0.25".parse().unwrap();
        let mut pairs = [[0_usize; 8]; 8];
        let (mut sizes, mut squares) = (0, 0);
        for _ in 0..ROUNDS {
            let sample = poisson(8, rate, &mut rng).unwrap();
            assert!(sample.is_sorted_by(|a, b| a < b));
            sizes += sample.len();
            squares += sample.len() * sample.len();
            for a in &sample {
                sample.iter().for_each(|b| pairs[*a][*b] += 1);
            }
        }
        for (a, together) in pairs.iter().enumerate() {
            for (b, count) in together.iter().enumerate() {
                let p: f64 = if a == b { 0.25 } else { 0.0625 };
                let expected = p * ROUNDS as f64;
                // Five standard deviations: 64 binomials, one in a million each.
                let most = 5.0 * (expected * (1.0 - p)).sqrt();
                assert!((*count as f64 - expected).abs() < most, "{a} and {b}: {count}");
            }
        }
        // 8·¼·¾ = 1.5; five deviations of its estimate are below 0.08.
        let mean = sizes as f64 / ROUNDS as f64;
        let variance = squares as f64 / ROUNDS as f64 - mean * mean;
        assert!((variance - 1.5).abs() < 0.08, "{variance}");
    }

    #[test]
    fn a_seed_is_a_sample_and_a_rate_is_a_probability() {
        let of = |seed, rate: &str| {
            poisson(1000, rate.parse().unwrap(), &mut ChaCha20Rng::seed_from_u64(seed))
        };
        assert_eq!(of(1, "0.3"), of(1, "0.3"));
        assert_ne!(of(1, "0.3"), of(2, "0.3"));
        assert_eq!(of(1, "0"), Ok(vec![]));
        assert_eq!(of(1, "1"), Ok((0..1000).collect()));
        let fault = of(1, "1.000000000001").unwrap_err();
        assert_eq!(fault.to_string(), "`1.000000000001` is not a sampling rate from 0 to 1");
        assert!(of(1, "-0.5").is_err());
    }
}
