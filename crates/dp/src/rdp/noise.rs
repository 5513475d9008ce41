//! Rényi divergences of releases under other laws of noise, in nats: in closed form.

use libm::{exp, expm1, log, log1p};

use crate::order::Order;

/// Below this ε the closed forms are differences of numbers that are nearly alike.
const SLIGHT: f64 = 1.0 / 1024.0;

/// What whatever is ε-private costs at most, and noise that hardly tells anything about as much: αε²/2
/// (Bun and Steinke, arXiv 1605.02065, Proposition 3.3).
fn slight(epsilon: f64, alpha: f64) -> f64 {
    alpha * epsilon * epsilon / 2.0
}

/// RDP at `order` of one release under continuous Laplace noise; `scale` is the law's over the L1
/// sensitivity, above 0 (Mironov, arXiv 1702.07476, Proposition 6).
pub fn laplace(scale: f64, order: Order) -> f64 {
    let alpha = order.alpha();
    if 1.0 / scale < SLIGHT {
        return slight(1.0 / scale, alpha);
    }
    // Out of the larger exponential: α/(2α−1)·e^((α−1)/s)·(1 + (α−1)/α·e^(−(2α−1)/s)).
    let rest = log1p((alpha - 1.0) / alpha * exp(-(2.0 * alpha - 1.0) / scale));
    let middle = log(alpha / (2.0 * alpha - 1.0));
    ((middle + rest) / (alpha - 1.0) + 1.0 / scale).max(0.0)
}

/// RDP at `order` of one release of an integer under discrete Laplace noise, P(x) ∝ e^(−|x|/t)
/// ([`crate::Laplace`]), t = `scale` at least 1, that one unit moves by `sensitivity`.
///
/// Exact, but for D/t < 2^−10, where it is the bound αε²/2: with r = e^(−1/t) and D the sensitivity, E\[(P(x)/P(x−D))^(α−1)\] is three geometric
/// series, below 0, from 0 to D, and beyond. It is more than under continuous noise of that scale,
/// which must therefore not stand in for it.
pub fn discrete_laplace(scale: u32, sensitivity: u32, order: Order) -> f64 {
    let alpha = order.alpha();
    let (t, d) = (f64::from(scale), f64::from(sensitivity));
    if d / t < SLIGHT {
        return slight(d / t, alpha);
    }
    // Each over r^((1−α)·D), the largest factor: Σ_{x≤0} r^−x and r^((2α−1)D)·Σ_{x≥0} r^x at the
    // ends, Σ_{0<x<D} r^((2α−1)x) inside.
    let ends = -expm1(-1.0 / t);
    let step = (2.0 * alpha - 1.0) / t;
    let inside = if d > 1.0 { exp(-step) * expm1(-step * (d - 1.0)) / expm1(-step) } else { 0.0 };
    let sum = (1.0 + exp(-step * d)) / ends + inside;
    let law = ends / (1.0 + exp(-1.0 / t));
    ((alpha - 1.0) * d / t + log(law * sum)).max(0.0) / (alpha - 1.0)
}

/// RDP at `order` of a sum of `dimension` integers to which each of `shares` parties, at least
/// one, adds discrete Gaussian noise of variance `variance`, when one unit moves it by an L2 norm
/// of `sensitivity`; all in ring units.
///
/// αS²/(2nσ²) + τD with τ = 10·Σ_{0<k<n} e^(−2π²σ²·k/(k+1)) (Kairouz, Liu and Steinke, arXiv
/// 2102.06387, Proposition 14). One share is one discrete Gaussian, which costs exactly what the
/// Gaussian does (Canonne, Kamath and Steinke, arXiv 2004.00010, Proposition 5).
pub fn discrete_gaussians(
    variance: u64,
    shares: u32,
    sensitivity: u64,
    dimension: u32,
    order: Order,
) -> f64 {
    let (variance, shares_f) = (variance as f64, f64::from(shares));
    let apart = sensitivity as f64;
    let gaussian = order.alpha() * apart * apart / (2.0 * shares_f * variance);
    // The largest term is the first, k = 1, and there are n − 1.
    let pi = core::f64::consts::PI;
    let excess = 10.0 * (shares_f - 1.0) * exp(-pi * pi * variance);
    gaussian + excess * f64::from(dimension)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sampler;
    use crate::order::orders;

    /// log Σ_x p(x)^α·q(x)^(1−α) over (α − 1), by the sum.
    fn renyi(p: &[f64], q: &[f64], alpha: f64) -> f64 {
        let terms = p.iter().zip(q).filter(|(p, q)| **p > 0.0 && **q > 0.0);
        let sum: f64 = terms.map(|(p, q)| exp(alpha * log(*p) + (1.0 - alpha) * log(*q))).sum();
        log(sum) / (alpha - 1.0)
    }

    fn law(weight: impl Fn(f64) -> f64, reach: i32) -> Vec<f64> {
        let weights: Vec<f64> = (-reach..=reach).map(|x| weight(f64::from(x))).collect();
        let total: f64 = weights.iter().sum();
        weights.iter().map(|weight| weight / total).collect()
    }

    /// The same law, `by` places to the right.
    fn moved(law: &[f64], by: usize) -> Vec<f64> {
        let mut moved = vec![0.0; by];
        moved.extend(&law[..law.len() - by]);
        moved
    }

    #[test]
    fn discrete_laplace_costs_what_the_sum_over_all_integers_says() {
        for (scale, sensitivity) in [(1_u32, 1_u32), (1, 3), (4, 1), (10, 7), (30, 2)] {
            let p = law(|x| exp(-x.abs() / f64::from(scale)), 60 * scale.cast_signed());
            let q = moved(&p, sensitivity as usize);
            for order in [Order::Tenths(11), Order::Whole(2), Order::Tenths(45), Order::Whole(12)] {
                let exact = renyi(&p, &q, order.alpha());
                let ours = discrete_laplace(scale, sensitivity, order);
                assert!((ours / exact - 1.0).abs() < 1e-9, "{scale} {order:?}: {ours} {exact}");
                // Between the continuous law's and that of pure differential privacy.
                let pure = f64::from(sensitivity) / f64::from(scale);
                let plain = laplace(1.0 / pure, order);
                assert!(plain <= ours && ours <= pure, "{scale} {order:?}: {ours} {plain}");
            }
        }
    }

    #[test]
    fn sums_of_discrete_gaussians_cost_no_more_than_their_bound() {
        for (variance, shares) in [(1_u64, 1_u32), (1, 2), (2, 2), (1, 3), (4, 3)] {
            let one = law(|x| exp(-x * x / (2.0 * variance as f64)), 60);
            let mut sum = one.clone();
            for _ in 1..shares {
                let mut next = vec![0.0; sum.len() + one.len() - 1];
                for (i, a) in sum.iter().enumerate() {
                    for (j, b) in one.iter().enumerate() {
                        next[i + j] += a * b;
                    }
                }
                sum = next;
            }
            for sensitivity in 1..4_u64 {
                let other = moved(&sum, sensitivity as usize);
                for order in [Order::Tenths(15), Order::Whole(2), Order::Whole(5)] {
                    let exact = renyi(&sum, &other, order.alpha());
                    let bound = discrete_gaussians(variance, shares, sensitivity, 1, order);
                    let slack = 1.0 + 1e-12;
                    assert!(exact <= bound * slack, "{variance} {shares}: {exact} {bound}");
                }
            }
        }
    }

    /// What [`Sampler`] draws is accounted as Gaussian: in doubles there is no difference.
    #[test]
    fn at_every_variance_that_is_drawn_a_sum_costs_what_the_gaussian_does() {
        let (shares, sensitivity) = (1 << 16, 1_u64 << 20);
        for variance in [Sampler::VARIANCE_LEAST, Sampler::VARIANCE_MOST] {
            for order in orders() {
                let ours = discrete_gaussians(variance, shares, sensitivity, u32::MAX, order);
                let together = variance as f64 * f64::from(shares);
                let sigma = together.sqrt() / sensitivity as f64;
                let plain = super::super::gaussian(sigma, order);
                assert!((ours / plain - 1.0).abs() < 1e-12, "{variance} {order:?}");
            }
        }
    }
}
