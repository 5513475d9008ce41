//! Many tilted distributions together, by Fourier transforms.

use libm::{exp, expm1, log, sqrt};

use super::tilt::{Kind, NOTHING};
use crate::fft::{Fft, UNIT};

/// The transform of a sum, factor by factor, and how far each element may be from the truth.
pub(super) struct Composed<'a> {
    fft: &'a Fft,
    re: Vec<f64>,
    im: Vec<f64>,
    /// Log of a bound on each element, rounding included.
    bound: Vec<f64>,
    /// Log of the part of that bound that is not rounding.
    sure: Vec<f64>,
}

impl<'a> Composed<'a> {
    /// Of nothing: the constant one.
    pub(super) fn one(fft: &'a Fft) -> Self {
        let n = fft.len();
        let (re, im) = (vec![1.0; n], vec![0.0; n]);
        Self { fft, re, im, bound: vec![0.0; n], sure: vec![0.0; n] }
    }

    /// Takes in all releases of one kind, tilted, centred on `middle` and with mass one.
    pub(super) fn multiply(&mut self, kind: &Kind, middle: i64, tilt: f64, log_mass: f64) {
        let n = self.fft.len();
        let (mut re, mut im) = (vec![0.0; n], vec![0.0; n]);
        let mut place = (kind.dots.first - middle).rem_euclid(n as i64) as usize;
        for (_, log) in kind.tilted(tilt) {
            if let Some(folded) = re.get_mut(place) {
                *folded += exp(log - log_mass);
            }
            place = (place + 1) % n;
        }
        self.fft.forward(&mut re, &mut im);

        let count = f64::from(kind.count);
        // A power by squaring multiplies twice for each bit: √5 units a product, doubled by what
        // follows it, are less than 8 a factor.
        let error = self.fft.error() + 8.0 * UNIT;
        let nothing = exp(-NOTHING / count) - error;
        let powers = re.iter().zip(&im);
        let products = self.re.iter_mut().zip(&mut self.im);
        let bounds = self.bound.iter_mut().zip(&mut self.sure);
        for (((re, im), (to_re, to_im)), (bound, sure)) in powers.zip(products).zip(bounds) {
            let size = sqrt(re * re + im * im);
            if size < nothing || *bound <= -NOTHING {
                (*to_re, *to_im) = (0.0, 0.0);
                (*bound, *sure) = (-NOTHING, f64::NEG_INFINITY);
                continue;
            }
            *bound += count * log(size + error);
            *sure += count * log(size);
            (*to_re, *to_im) = times((*to_re, *to_im), power((*re, *im), kind.count));
        }
    }

    /// The distribution, tilted and folded, and how far each of its masses may be from the truth.
    pub(super) fn finish(mut self) -> (Vec<f64>, f64) {
        let n = self.fft.len() as f64;
        let mut error = 0.0;
        for (bound, sure) in self.bound.iter().zip(&self.sure) {
            error += exp(*bound) * (self.fft.error() - expm1(sure - bound));
        }
        self.fft.inverse(&mut self.re, &mut self.im);
        self.re.iter_mut().for_each(|mass| *mass /= n);
        (self.re, error / n)
    }
}

fn times(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

fn power(base: (f64, f64), exponent: u32) -> (f64, f64) {
    let (mut base, mut left, mut product) = (base, exponent, (1.0, 0.0));
    while left > 0 {
        if left & 1 == 1 {
            product = times(product, base);
        }
        base = times(base, base);
        left >>= 1;
    }
    product
}
