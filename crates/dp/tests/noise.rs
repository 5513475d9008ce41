//! The samplers against the laws they are to draw from, by fixed seeds.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use concordat_dp::{Laplace, Sampler};
use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng;

/// A law over the integers: P(x) for |x| up to `reach`, in order; what is beyond is nothing.
struct Law {
    reach: i64,
    probabilities: Vec<f64>,
}

impl Law {
    fn new(reach: i64, weight: impl Fn(f64) -> f64) -> Self {
        let weights: Vec<f64> = (-reach..=reach).map(|x| weight(x as f64)).collect();
        let total: f64 = weights.iter().sum();
        Self { reach, probabilities: weights.iter().map(|weight| weight / total).collect() }
    }

    fn gaussian(variance: f64) -> Self {
        Self::new((variance.sqrt() * 12.0) as i64, |x| (-x * x / (2.0 * variance)).exp())
    }

    fn laplace(scale: f64) -> Self {
        Self::new((scale * 60.0) as i64, |x| (-x.abs() / scale).exp())
    }

    fn place(&self, x: i64) -> usize {
        usize::try_from((x + self.reach).clamp(0, 2 * self.reach)).unwrap()
    }

    /// χ² over cells of equal width with at least 20 draws expected in each, ends taken together:
    /// in standard deviations of its own law, after Wilson and Hilferty.
    fn chi_square(&self, draws: &[i64], width: usize) -> f64 {
        let n = draws.len() as f64;
        let mut seen = vec![0.0; self.probabilities.len()];
        for &x in draws {
            seen[self.place(x)] += 1.0;
        }
        let (mut statistic, mut cells) = (0.0, 0.0);
        let (mut rest_seen, mut rest) = (0.0, 0.0);
        for (seen, law) in seen.chunks(width).zip(self.probabilities.chunks(width)) {
            rest_seen += seen.iter().sum::<f64>();
            rest += n * law.iter().sum::<f64>();
            if rest >= 20.0 {
                statistic += (rest_seen - rest).powi(2) / rest;
                cells += 1.0;
                (rest_seen, rest) = (0.0, 0.0);
            }
        }
        assert!(cells > 5.0, "{cells}");
        // What is left beyond the last cell counts there with little weight.
        statistic += (rest_seen - rest).powi(2) / rest.max(20.0);
        let freedom: f64 = cells - 1.0;
        let spread = 2.0 / (9.0 * freedom);
        ((statistic / freedom).cbrt() - (1.0 - spread)) / spread.sqrt()
    }

    /// Kolmogorov and Smirnov: √n times the largest distance between the two distributions.
    fn distance(&self, draws: &[i64]) -> f64 {
        let n = draws.len() as f64;
        let mut seen = vec![0.0; self.probabilities.len()];
        for &x in draws {
            seen[self.place(x)] += 1.0 / n;
        }
        let (mut apart, mut most) = (0.0_f64, 0.0_f64);
        for (seen, law) in seen.iter().zip(&self.probabilities) {
            apart += seen - law;
            most = most.max(apart.abs());
        }
        most * n.sqrt()
    }

    fn holds(&self, draws: &[i64], width: usize, what: &str) {
        let z = self.chi_square(draws, width);
        assert!(z < 4.0, "{what}: χ² is off by {z}");
        // Above 1.95 once in a thousand times; for laws of few values, less often.
        let distance = self.distance(draws);
        assert!(distance < 1.95, "{what}: {distance}");
    }
}

fn drawn(seed: u64, n: usize, fill: impl Fn(&mut [i64], &mut ChaCha12Rng)) -> Vec<i64> {
    let mut noise = vec![0; n];
    fill(&mut noise, &mut ChaCha12Rng::seed_from_u64(seed));
    noise
}

#[test]
fn gaussian_noise_has_the_probabilities_of_its_law() {
    for (seed, variance) in [(1, Sampler::VARIANCE_LEAST), (2, 1_234_567), (3, 1 << 24)] {
        let sampler = Sampler::new(variance).unwrap();
        let draws = drawn(seed, 400_000, |noise, rng| sampler.fill(noise, rng));
        let law = Law::gaussian(variance as f64);
        let width = variance.isqrt() as usize / 20;
        law.holds(&draws, width, &format!("variance {variance}"));
    }
}

#[test]
fn laplace_noise_has_the_probabilities_of_its_law() {
    for (seed, scale) in [(4, 1), (5, 3), (6, 10), (7, 1_000), (8, 65_537)] {
        let sampler = Laplace::new(scale).unwrap();
        let draws = drawn(seed, 400_000, |noise, rng| sampler.fill(noise, rng));
        let width = (scale / 20).max(1) as usize;
        Law::laplace(f64::from(scale)).holds(&draws, width, &format!("scale {scale}"));
    }
}

/// What the tests above would not let through.
#[test]
fn a_law_that_is_a_little_off_is_seen() {
    let sampler = Sampler::new(1 << 20).unwrap();
    let draws = drawn(9, 400_000, |noise, rng| sampler.fill(noise, rng));
    // A standard deviation two parts in a hundred larger.
    assert!(Law::gaussian(1.04 * f64::from(1 << 20)).chi_square(&draws, 51) > 4.0);
    // Every twentieth draw rounded to an even number.
    let rounded: Vec<i64> =
        draws.iter().enumerate().map(|(i, x)| if i % 20 == 0 { x & !1 } else { *x }).collect();
    let odd = |draws: &[i64]| draws.iter().filter(|x| *x & 1 == 1).count() as f64;
    let off = |draws: &[i64]| (odd(draws) - 200_000.0).abs() / 100_000_f64.sqrt();
    assert!(off(&draws) < 4.0 && off(&rounded) > 10.0);
    // Zero drawn twice as often.
    let laplace = Laplace::new(3).unwrap();
    let mut draws = drawn(10, 100_000, |noise, rng| laplace.fill(noise, rng));
    let zeros = draws.iter().filter(|x| **x == 0).count();
    draws.extend(vec![0; zeros]);
    assert!(Law::laplace(3.0).distance(&draws) > 1.95);
}

/// Residues of noise of millions of units: a sampler whose low bits were not random would show.
#[test]
fn the_low_bits_of_large_noise_are_even() {
    let sampler = Sampler::new(Sampler::VARIANCE_MOST).unwrap();
    let draws = drawn(11, 400_000, |noise, rng| sampler.fill(noise, rng));
    for modulus in [2, 3, 16, 251] {
        let mut seen = vec![0.0; modulus];
        for x in &draws {
            seen[x.rem_euclid(modulus as i64) as usize] += 1.0;
        }
        let expected = draws.len() as f64 / modulus as f64;
        let statistic: f64 = seen.iter().map(|seen| (seen - expected).powi(2) / expected).sum();
        let freedom = (modulus - 1) as f64;
        let z = (statistic - freedom) / (2.0 * freedom).sqrt();
        assert!(z < 5.0, "modulo {modulus}: {z}");
    }
}

#[test]
fn a_seed_means_the_same_laplace_noise_for_ever() {
    let sampler = Laplace::new(1 << 18).unwrap();
    let draws = drawn(7, 6, |noise, rng| sampler.fill(noise, rng));
    assert_eq!(draws, [-257_785, -313_624, 71_433, 98_808, -5_405, -98_015]);
}
