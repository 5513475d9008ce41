//! Rényi divergences, their conversion and the calibrated noise against other accountants' figures.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use concordat_dp::{Event, Order, calibrate, cost, epsilon, epsilon_of, limit, orders, rdp};
use libm::{erfc, exp, lgamma, log, log1p, sqrt};

use common::{Row, decimal, fields, rows};

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

/// What all releases of a row cost at each order, by `of` one release.
fn total(row: &Row, of: impl Fn(f64, f64) -> Vec<f64>) -> Vec<f64> {
    let mut total = vec![0.0; orders().count()];
    for &(sigma, rate, count) in &row.releases {
        for (sum, rdp) in total.iter_mut().zip(of(sigma, rate)) {
            *sum += rdp * count;
        }
    }
    total
}

fn ours(sigma: f64, rate: f64) -> Vec<f64> {
    rdp::curve(sigma, rate).unwrap()
}

/// As dp-accounting has it: at fractional orders it adds the magnitudes of the paper's alternating
/// terms, an upper bound, loose by up to 0.4 % in these rows, and none where the last of a thousand
/// terms is not yet small.
fn theirs(sigma: f64, rate: f64) -> Vec<f64> {
    let bound = orders().zip(ours(sigma, rate)).map(|(order, rdp)| match order {
        Order::Tenths(_) if rate < 1.0 => {
            let alpha = order.alpha();
            log_a_by_series(sigma, rate, alpha, false) / (alpha - 1.0)
        }
        _ => rdp,
    });
    bound.collect()
}

#[test]
fn epsilon_and_its_order_are_those_of_dp_accounting() {
    for row in rows() {
        let job = &row.releases;
        let (bound, order) = epsilon_of(&total(&row, theirs), row.delta);
        let relative = (bound - row.rdp).abs() / row.rdp;
        assert!(relative < 1e-6, "{job:?}: {bound} instead of {}", row.rdp);
        assert!((order.alpha() - row.order).abs() < 1e-9, "{job:?}: {order:?}");

        // With the truth in place of that bound, ours are never above.
        let (spent, _) = epsilon_of(&total(&row, ours), row.delta);
        assert!(spent < row.rdp * (1.0 + 1e-12), "{job:?}: {spent} is above {}", row.rdp);
        assert!(spent > row.rdp * 0.996, "{job:?}: {spent} is far below {}", row.rdp);
        assert!(spent > row.pld, "{job:?}: the tighter accountant says more");
    }
}

#[test]
fn epsilon_is_that_of_the_integral_at_fractional_orders() {
    let mut seen = 0;
    for row in rows() {
        let Some(exact) = row.exact else { continue };
        let (spent, _) = epsilon_of(&total(&row, ours), row.delta);
        let relative = (spent - exact).abs() / exact;
        assert!(relative < 1e-9, "{:?}: {spent} instead of {exact}", row.releases);
        seen += 1;
    }
    assert!(seen >= 30, "{seen}");
}

/// What the fold adds and compares is never less than that, and hardly more.
#[test]
fn integer_costs_prove_no_smaller_epsilon_and_hardly_a_larger_one() {
    for row in rows() {
        let (spent, _) = epsilon_of(&total(&row, ours), row.delta);
        let proved = epsilon(&cost(&row.events).unwrap(), decimal(row.delta)).unwrap();
        // Decimals have twelve places, and an event's cost is rounded up to a micro-nat.
        assert!(proved >= spent * (1.0 - 1e-9), "{:?}: {proved} {spent}", row.releases);
        assert!(proved <= spent * (1.0 + 1e-7) + 4e-6, "{:?}: {proved} {spent}", row.releases);
    }
}

#[test]
fn single_releases_cost_what_the_reference_says_at_each_order() {
    let mut laplace = 0;
    for f in fields(include_str!("../../../tests/reference/accounting_rdp.csv")) {
        let number = |i: usize| f[i].parse::<f64>().unwrap();
        let (scale, alpha, exact) = (number(0), number(2), number(3));
        let at = orders().position(|order| (order.alpha() - alpha).abs() < 1e-9).unwrap();
        let ours = if f[1] == "laplace" {
            laplace += 1;
            rdp::laplace(scale, orders().nth(at).unwrap())
        } else {
            rdp::curve(scale, number(1)).unwrap()[at]
        };
        let relative = (ours - exact).abs() / exact;
        assert!(relative < 1e-6, "{f:?}: {ours}");
    }
    assert_eq!(laplace, 16);
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
    let (q, delta) = (decimal(0.2), decimal(0.0001));
    let spent = cost(&[Event { sigma: decimal(6.54), q, count: 100 }]).unwrap();
    let by_rdp = epsilon(&spent, delta).unwrap();
    assert!((by_rdp - 1.114).abs() < 5e-4, "{by_rdp}");
    assert!(!spent.within(&limit(decimal(1.0), delta).unwrap()));

    assert_eq!(calibrate(q, 100, delta, decimal(1.0)), Ok(decimal(7.19)));
}

/// The least multiplier by dp-accounting's bisection, and ours: the next hundredth above it, but
/// for the slack in a cost and in a limit where it lies just below one.
#[test]
fn calibrated_noise_is_the_next_hundredth_above_the_reference() {
    let mut seen = 0;
    for f in fields(include_str!("../../../tests/reference/accounting_noise.csv")) {
        let number = |i: usize| f[i].parse::<f64>().unwrap();
        let (rate, count, delta, epsilon) = (number(0), number(1), number(2), number(3));
        let exact = number(4);
        let ours = calibrate(decimal(rate), count as u32, decimal(delta), decimal(epsilon));
        let ours = ours.unwrap().to_f64();
        assert!(ours >= exact - 1e-6, "{f:?}: {ours}");
        assert!(ours <= exact + 0.01 + 1e-6 * exact, "{f:?}: {ours}");
        seen += 1;
    }
    assert!(seen >= 8, "{seen}");
}
