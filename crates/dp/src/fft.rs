//! The discrete Fourier transform, with a bound on its rounding.
//!
//! Our own, though libraries are faster, for two reasons: a figure that is never too low needs a
//! bound for the very operations that are carried out, and the figure should have the same bits on
//! every machine, which rules out vector units chosen at run time and the platform's sine.

use libm::{cos, sin};

/// Transforms of length n, a power of two. Vectors are in two parts, real and imaginary.
///
/// Radix 2, first with decimation in frequency, back with decimation in time (Cooley and Tukey,
/// 1965; Gentleman and Sande, 1966). What lies between is in bit-reversed order, which whoever
/// works on each element alone need not know.
pub(crate) struct Fft {
    /// For each level the factors e^(−2πik/2m), k < m, with m = n/2, n/4, …, 1.
    levels: Vec<Level>,
}

struct Level {
    cos: Vec<f64>,
    sin: Vec<f64>,
}

/// A complex number in two vectors.
type Element<'a> = (&'a mut f64, &'a mut f64);

impl Level {
    /// Calls `butterfly` for each two elements that this level joins, with their factor's cosine and
    /// sine.
    fn each(
        &self,
        re: &mut [f64],
        im: &mut [f64],
        butterfly: impl Fn(Element<'_>, Element<'_>, (f64, f64)),
    ) {
        let half = self.cos.len();
        for (re, im) in re.chunks_exact_mut(2 * half).zip(im.chunks_exact_mut(2 * half)) {
            let (re_a, re_b) = re.split_at_mut(half);
            let (im_a, im_b) = im.split_at_mut(half);
            let pairs = re_a.iter_mut().zip(im_a).zip(re_b.iter_mut().zip(im_b));
            for ((a, b), (cos, sin)) in pairs.zip(self.cos.iter().zip(&self.sin)) {
                butterfly(a, b, (*cos, *sin));
            }
        }
    }
}

/// Half the distance from 1 to the next double.
pub(crate) const UNIT: f64 = f64::EPSILON / 2.0;

impl Fft {
    /// For vectors of 2^`bits` elements, at least two.
    pub(crate) fn new(bits: u32) -> Self {
        let half = 1_u32 << bits.max(1).saturating_sub(1);
        let step = core::f64::consts::PI / f64::from(half);
        let angles = (0..half).map(|k| step * f64::from(k));
        let (cos, sin): (Vec<f64>, Vec<f64>) = angles.map(|angle| (cos(angle), sin(angle))).unzip();
        let every = |from: &[f64], k: usize| from.iter().copied().step_by(k).collect();
        let levels = (0..bits.max(1)).map(|level| {
            let k = 1 << level;
            Level { cos: every(&cos, k), sin: every(&sin, k) }
        });
        Self { levels: levels.collect() }
    }

    /// n.
    pub(crate) fn len(&self) -> usize {
        1 << self.levels.len()
    }

    /// Σ_j x_j e^(−2πijk/n) for each k, k in bit-reversed order, in place.
    pub(crate) fn forward(&self, re: &mut [f64], im: &mut [f64]) {
        for level in &self.levels {
            level.each(re, im, |(re_a, im_a), (re_b, im_b), (cos, sin)| {
                let (re, im) = (*re_a - *re_b, *im_a - *im_b);
                *re_a += *re_b;
                *im_a += *im_b;
                *re_b = re * cos + im * sin;
                *im_b = im * cos - re * sin;
            });
        }
    }

    /// Undoes [`Fft::forward`], from its order to the natural one, in place; but for the factor n.
    pub(crate) fn inverse(&self, re: &mut [f64], im: &mut [f64]) {
        for level in self.levels.iter().rev() {
            level.each(re, im, |(re_a, im_a), (re_b, im_b), (cos, sin)| {
                let (re, im) = (*re_b * cos - *im_b * sin, *im_b * cos + *re_b * sin);
                *re_b = *re_a - re;
                *im_b = *im_a - im;
                *re_a += re;
                *im_a += im;
            });
        }
    }

    /// How far any element of a transform is from the exact one, as a part of Σ|x_j|.
    ///
    /// An element is a sum of all x_j, each multiplied by one factor a level. A level adds (one
    /// unit of rounding), multiplies (√5: Brent, Percival and Zimmermann, 2007) and takes a factor
    /// that is itself rounded (√2, and 1.4π more where its angle was): less than 10 of a magnitude
    /// that is never above Σ|x_j|.
    pub(crate) fn error(&self) -> f64 {
        10.0 * UNIT * (self.levels.len() as f64 + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers without pattern, in [−1, 1).
    fn numbers(n: usize, seed: u64) -> Vec<f64> {
        let mut state = seed;
        let next = move |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
        };
        (0..n).map(next).collect()
    }

    #[test]
    fn a_transform_is_the_sum_that_defines_it_within_its_bound() {
        for bits in 1..=8_u32 {
            let fft = Fft::new(bits);
            let n = fft.len();
            let (x, y) = (numbers(n, 1), numbers(n, 2));
            let (mut re, mut im) = (x.clone(), y.clone());
            fft.forward(&mut re, &mut im);
            let total: f64 = x.iter().zip(&y).map(|(x, y)| x.hypot(*y)).sum();
            for k in 0..n {
                let (mut real, mut imaginary) = (0.0, 0.0);
                for j in 0..n {
                    let angle = core::f64::consts::TAU * (j * k % n) as f64 / n as f64;
                    real += x[j] * cos(angle) + y[j] * sin(angle);
                    imaginary += y[j] * cos(angle) - x[j] * sin(angle);
                }
                let at = k.reverse_bits() >> (usize::BITS - bits);
                let apart = (re[at] - real).hypot(im[at] - imaginary);
                // The plain sum is rounded as well, n times.
                assert!(apart <= (fft.error() + UNIT * n as f64) * total, "{bits} {k}: {apart:e}");
            }
        }
    }

    #[test]
    fn there_and_back_is_n_times_what_it_was() {
        let fft = Fft::new(12);
        let n = fft.len();
        let (x, y) = (numbers(n, 3), numbers(n, 4));
        let (mut re, mut im) = (x.clone(), y.clone());
        fft.forward(&mut re, &mut im);
        fft.inverse(&mut re, &mut im);
        let total: f64 = x.iter().zip(&y).map(|(x, y)| x.hypot(*y)).sum();
        for (before, after) in x.iter().zip(&re).chain(y.iter().zip(&im)) {
            let apart = (after / n as f64 - before).abs();
            assert!(apart <= 2.0 * fft.error() * total, "{apart:e}");
        }
    }
}
