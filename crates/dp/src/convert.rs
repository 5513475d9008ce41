//! From Rényi differential privacy to ε at a δ, and back.

use libm::{expm1, log, log1p};

use crate::order::{Order, orders};

/// The smallest ε at `delta` that an RDP curve (nats at each of [`orders`]) proves, and the order
/// that proves it.
///
/// Per order r + log(1 − 1/α) − log(δα)/(α − 1) (Canonne, Kamath and Steinke, arXiv 2004.00010,
/// Proposition 12; Balle et al., arXiv 1905.09982, Theorem 21); zero where KL ≤ r alone bounds the
/// total variation by δ (Bretagnolle–Huber); the least over all orders, and not below zero.
pub fn epsilon_of(curve: &[f64], delta: f64) -> (f64, Order) {
    let mut best = (f64::INFINITY, Order::Whole(1024));
    for (order, &rdp) in orders().zip(curve) {
        let epsilon =
            if delta * delta + expm1(-rdp) > 0.0 { 0.0 } else { rdp + overhead(order, delta) };
        if epsilon < best.0 {
            best = (epsilon, order);
        }
    }
    (best.0.max(0.0), best.1)
}

/// The most RDP at `order` that still proves `epsilon` at `delta`; may be negative.
pub(crate) fn rdp_most(order: Order, epsilon: f64, delta: f64) -> f64 {
    let by_variation = -log1p(-delta * delta);
    (epsilon - overhead(order, delta)).max(by_variation)
}

fn overhead(order: Order, delta: f64) -> f64 {
    let alpha = order.alpha();
    log1p(-1.0 / alpha) - log(delta * alpha) / (alpha - 1.0)
}
