//! Exact discrete Gaussian noise.

use rand_core::CryptoRng;

use crate::bernoulli::Bits;
use crate::error::ParameterError;
use crate::laplace::magnitude;

/// Draws from the discrete Gaussian over the integers: P(x) ∝ exp(−x² / 2σ²).
///
/// Integers only; the distribution is exact, not an approximation of one (Canonne, Kamath and
/// Steinke, arXiv 2004.00010, Algorithms 1 to 3), but for events of probability below e^−16000
/// that are cut off where words would overflow. How long a draw takes depends on what is drawn:
/// do not let a party that may not see the noise time single draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampler {
    /// σ².
    variance: u64,
    /// t = ⌊σ⌋ + 1, the scale of the Laplace proposals.
    scale: u32,
}

impl Sampler {
    /// σ² at least: σ = 2^10.
    pub const VARIANCE_LEAST: u64 = 1 << 20;
    /// σ² at most: σ = 2^24.
    pub const VARIANCE_MOST: u64 = 1 << 48;

    /// A sampler of variance σ² in squared ring units, 2^20 to 2^48.
    ///
    /// # Errors
    ///
    /// [`ParameterError::Variance`] outside that range.
    pub fn new(variance: u64) -> Result<Self, ParameterError> {
        if !(Self::VARIANCE_LEAST..=Self::VARIANCE_MOST).contains(&variance) {
            return Err(ParameterError::Variance(variance.into()));
        }
        Ok(Self::unchecked(variance))
    }

    /// The variance σ² in squared ring units.
    pub fn variance(&self) -> u64 {
        self.variance
    }

    /// Overwrites `noise` with independent draws.
    ///
    /// `rng` is the operating system's entropy, or seeded from it; a fixed seed only in tests.
    pub fn fill(&self, noise: &mut [i64], rng: &mut impl CryptoRng) {
        let mut bits = Bits::new(rng);
        noise.fill_with(|| self.draw(&mut bits));
    }

    /// One draw. [`Sampler::fill`] wastes fewer random bits.
    pub fn sample(&self, rng: &mut impl CryptoRng) -> i64 {
        self.draw(&mut Bits::new(rng))
    }

    /// Algorithm 3: a discrete Laplace proposal y, kept with probability
    /// exp(−(|y| − σ²/t)² / 2σ²).
    fn draw<R: CryptoRng>(&self, bits: &mut Bits<'_, R>) -> i64 {
        let (variance, scale) = (u128::from(self.variance), u128::from(self.scale));
        loop {
            let (negative, magnitude) = magnitude(self.scale, bits);
            // With n = σ²: (|y| − n/t)² / 2n = (|y|·t − n)² / (2n·t²). |y| is below 2^39, t at
            // most 2^24 + 1, so the root is below 2^64 and the denominator below 2^98.
            let root = (u128::from(magnitude) * scale).abs_diff(variance);
            if bits.exp(root * root, 2 * variance * scale * scale) {
                return if negative { -magnitude.cast_signed() } else { magnitude.cast_signed() };
            }
        }
    }

    fn unchecked(variance: u64) -> Self {
        // σ ≤ 2^24, so the cast loses nothing.
        Self { variance, scale: variance.isqrt() as u32 + 1 }
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha12Rng;
    use rand_core::SeedableRng;

    use super::*;

    fn draws(sampler: Sampler, n: usize, seed: u64) -> Vec<i64> {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let mut noise = vec![0; n];
        sampler.fill(&mut noise, &mut rng);
        noise
    }

    /// χ² over the degrees of freedom's normal approximation, for cells of ample expectation.
    fn chi_square(noise: &[i64], pmf: impl Fn(i64) -> f64, most: i64) -> f64 {
        let n = noise.len() as f64;
        let mut statistic = 0.0;
        let mut inside = 0.0;
        for x in -most..=most {
            let seen = noise.iter().filter(|&&y| y == x).count() as f64;
            let expected = n * pmf(x);
            statistic += (seen - expected).powi(2) / expected;
            inside += expected;
        }
        let seen = noise.iter().filter(|y| y.abs() > most).count() as f64;
        let outside = (n - inside).max(1e-9);
        statistic += (seen - outside).powi(2) / outside;
        let freedom = (2 * most + 1) as f64;
        (statistic - freedom) / (2.0 * freedom).sqrt()
    }

    fn gaussian_pmf(variance: f64) -> impl Fn(i64) -> f64 {
        let weight = move |x: i64| (-(x as f64).powi(2) / (2.0 * variance)).exp();
        let total: f64 = (-400..=400).map(weight).sum();
        move |x| weight(x) / total
    }

    /// Small variances are not offered, but show the law most clearly.
    #[test]
    fn small_gaussians_follow_their_exact_probabilities() {
        for (variance, most) in [(1, 3), (2, 4), (7, 8), (30, 16), (400, 60)] {
            let noise = draws(Sampler::unchecked(variance), 400_000, variance);
            let z = chi_square(&noise, gaussian_pmf(variance as f64), most);
            assert!(z.abs() < 4.0, "{variance}: {z}");
        }
    }

    #[test]
    fn moments_and_distances_are_those_of_the_normal_law_at_every_allowed_size() {
        let n = 200_000;
        let odd = 1_717_986_918_401; // no square
        for variance in [Sampler::VARIANCE_LEAST, odd, Sampler::VARIANCE_MOST] {
            let sigma = (variance as f64).sqrt();
            let mut scaled: Vec<f64> = draws(Sampler::new(variance).unwrap(), n, 11)
                .iter()
                .map(|&x| x as f64 / sigma)
                .collect();
            scaled.sort_by(f64::total_cmp);
            let moment = |k: i32| scaled.iter().map(|x| x.powi(k)).sum::<f64>() / n as f64;

            // Four standard errors of each sample moment: √(1, 2, 15, 96 / n).
            for (k, expected, spread) in
                [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)]
            {
                let error = (moment(k) - expected) / (f64::sqrt(spread / n as f64));
                assert!(error.abs() < 4.0, "{variance}: moment {k} is off by {error}");
            }
            // Kolmogorov–Smirnov: √n·D exceeds 1.95 once in a thousand times.
            let normal = |x: f64| 0.5 * libm::erfc(-x / core::f64::consts::SQRT_2);
            let distance = scaled
                .iter()
                .enumerate()
                .map(|(i, &x)| (normal(x) - (i as f64 + 0.5) / n as f64).abs())
                .fold(0.0, f64::max);
            assert!(distance * (n as f64).sqrt() < 1.95, "{variance}: {distance}");
        }
    }

    #[test]
    fn a_seed_means_the_same_noise_for_ever() {
        let noise = draws(Sampler::new(1 << 36).unwrap(), 6, 7);
        assert_eq!(noise, [-257_786, 37_394, -362_166, 227_883, -73_889, -349_701]);
    }

    #[test]
    fn variances_outside_the_range_are_refused() {
        for variance in [0, 1, (1 << 20) - 1, (1 << 48) + 1, u64::MAX] {
            assert_eq!(Sampler::new(variance), Err(ParameterError::Variance(variance.into())));
        }
    }
}
