//! The accountant against published figures.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use concordat_dp::{Event, Order, calibrate, cost, epsilon, epsilon_of, limit, orders, rdp};
use concordat_terms::Decimal;
use libm::{erfc, exp, lgamma, log, log1p, sqrt};

/// A row of `reference.csv`, computed with Google dp-accounting 0.6.0.
struct Row {
    sigma: f64,
    rate: f64,
    steps: f64,
    delta: f64,
    epsilon: f64,
    order: f64,
    epsilon_pld: f64,
}

fn rows() -> Vec<Row> {
    let lines = include_str!("reference.csv").lines().filter(|line| !line.starts_with('#'));
    let rows: Vec<Row> = lines
        .skip(1)
        .map(|line| line.split(',').map(|field| field.parse().unwrap()).collect::<Vec<f64>>())
        .map(|f| Row {
            sigma: f[0],
            rate: f[1],
            steps: f[2],
            delta: f[3],
            epsilon: f[4],
            order: f[5],
            epsilon_pld: f[6],
        })
        .collect();
    assert_eq!(rows.len(), 12);
    rows
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// log A(α) by the two series of arXiv 1908.10530 §3.3 for fractional α; with `signed` false,
/// every term is added as if its binomial coefficient were positive.
fn log_a_by_series(sigma: f64, rate: f64, alpha: f64, signed: bool) -> f64 {
    let z0 = sigma * sigma * log(1.0 / rate - 1.0) + 0.5;
    let (log_in, log_out) = (log(rate), log1p(-rate));
    let mut sum = 0.0;
    let mut sign = 1.0;
    for i in 0..1000 {
        let i = f64::from(i);
        let j = alpha - i;
        let choose = lgamma(alpha + 1.0) - lgamma(i + 1.0) - lgamma(j + 1.0);
        let half_erfc = |x: f64| log(0.5 * erfc(x / (sqrt(2.0) * sigma)));
        let growth = |k: f64| (k * k - k) / (2.0 * sigma * sigma);
        let below = choose + i * log_in + j * log_out + growth(i) + half_erfc(i - z0);
        let above = choose + j * log_in + i * log_out + growth(j) + half_erfc(z0 - j);
        sum += sign * (exp(below) + exp(above));
        // C(α, i+1) = C(α, i) · (α − i) / (i + 1).
        if signed && j < 0.0 {
            sign = -sign;
        }
    }
    log(sum)
}

/// At fractional orders dp-accounting adds the magnitudes of the paper's alternating terms: an
/// upper bound, loose by up to 0.4 % in these rows. With that bound in place of the truth, figures
/// and orders are the same; without it, ours are never above.
#[test]
fn epsilon_and_its_order_are_those_of_dp_accounting() {
    for Row { sigma, rate, steps, delta, epsilon, order, epsilon_pld } in rows() {
        let curve = rdp::curve(sigma, rate).unwrap();
        let spent: Vec<f64> = curve.iter().map(|rdp| rdp * steps).collect();
        let bound: Vec<f64> = orders()
            .zip(&spent)
            .map(|(order, &rdp)| match order {
                Order::Tenths(_) if rate < 1.0 => {
                    let alpha = order.alpha();
                    steps * log_a_by_series(sigma, rate, alpha, false) / (alpha - 1.0)
                }
                _ => rdp,
            })
            .collect();

        let (theirs, best) = epsilon_of(&bound, delta);
        let relative = (theirs - epsilon).abs() / epsilon;
        assert!(relative < 1e-6, "σ {sigma}, q {rate}: {theirs} instead of {epsilon}");
        assert!((best.alpha() - order).abs() < 1e-9, "σ {sigma}, q {rate}: {best:?}");

        let (ours, _) = epsilon_of(&spent, delta);
        assert!(ours < epsilon * (1.0 + 1e-12), "σ {sigma}, q {rate}: {ours} is above {epsilon}");
        assert!(ours > epsilon * 0.996, "σ {sigma}, q {rate}: {ours} is far below {epsilon}");
        assert!(ours > epsilon_pld, "σ {sigma}, q {rate}: the tighter accountant says more");
    }
}

/// Integrated to 40 digits with mpmath 1.3.0: the three rows where dp-accounting is above it.
#[test]
fn fractional_orders_agree_with_the_integral_to_forty_digits() {
    for (sigma, rate, steps, delta, exact) in [
        (0.6, 0.001, 10_000.0, 1e-6, 3.999_130_507_011_192),
        (1.0, 0.01, 1_000.0, 1e-5, 2.101_365_271_648_395),
        (1.1, 0.004_266_666_666_666_667, 14_062.0, 1e-5, 2.596_555_868_953_298),
    ] {
        let curve = rdp::curve(sigma, rate).unwrap();
        let spent: Vec<f64> = curve.iter().map(|rdp| rdp * steps).collect();
        let (ours, _) = epsilon_of(&spent, delta);
        assert!((ours - exact).abs() < 1e-12 * exact, "σ {sigma}: {ours} instead of {exact}");
    }
}

/// One step's RDP over a wide range of parameters, integrated to 50 digits with mpmath 1.3.0.
#[test]
fn single_steps_agree_with_the_integral_to_fifty_digits() {
    for (sigma, rate, alpha, exact) in [
        (0.6, 0.001, 1.1, 7.866_425_388_275_458e-6),
        (2.0, 0.05, 1.1, 3.853_885_822_492_49e-4),
        (0.8, 0.1, 1.1, 1.523_807_338_937_931e-2),
        (0.8, 0.1, 10.9, 5.980_457_451_122_836),
        (0.1, 0.3, 1.1, 41.859_554_079_336_96),
        (0.1, 0.3, 10.9, 543.674_413_781_095_7),
        (0.15, 1e-6, 3.3, 53.511_079_054_515_03),
        (50.0, 1e-6, 1.1, 2.200_440_057_880_111_6e-16),
        (1000.0, 1e-9, 5.5, 2.750_001_375_000_468e-24),
        (0.3, 0.999, 2.5, 13.887_221_388_429_309),
    ] {
        let curve = rdp::curve(sigma, rate).unwrap();
        let at = orders().position(|order| order.alpha() == alpha).unwrap();
        let relative = (curve[at] - exact).abs() / exact;
        assert!(relative < 1e-11, "σ {sigma}, q {rate}, α {alpha}: off by {relative:e}");
    }
}

/// The series is cut where its alternating tail, and erfc with it, underflows.
#[test]
fn the_integral_and_the_published_series_agree_at_fractional_orders() {
    for (sigma, rate) in [(0.6, 0.001), (1.0, 0.01), (1.1, 0.2), (2.0, 0.05), (0.8, 0.1)] {
        let curve = rdp::curve(sigma, rate).unwrap();
        for (order, rdp) in orders().zip(curve) {
            let Order::Tenths(_) = order else { continue };
            let alpha = order.alpha();
            let by_series = log_a_by_series(sigma, rate, alpha, true);
            let ours = rdp * (alpha - 1.0);
            let apart = (by_series - ours).abs();
            assert!(apart < 1e-7, "{sigma} {rate} {alpha}: {apart:e}");
        }
    }
}

#[test]
fn one_hundred_rounds_at_a_fifth_cost_what_the_rules_say() {
    let (q, delta) = (decimal("0.2"), decimal("0.0001"));
    let spent = cost(&[Event { sigma: decimal("6.54"), q, count: 100 }]).unwrap();
    let by_rdp = epsilon(&spent, delta).unwrap();
    assert!((by_rdp - 1.114).abs() < 5e-4, "{by_rdp}");
    assert!(!spent.within(&limit(decimal("1"), delta).unwrap()));

    assert_eq!(calibrate(q, 100, delta, decimal("1")), Ok(decimal("7.19")));
}
