//! Privacy loss distributions against another accountant's, and against what must hold of any.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use concordat_dp::{Adversary, Event, Split, epsilon_of, orders, pld, rdp};
use libm::{erfc, exp, expm1, log1p};
use proptest::prelude::*;

use common::{decimal, rows};

/// Theirs is an upper bound too, and nearer to the truth than ours: never below it is never below
/// the truth.
#[test]
fn epsilon_is_never_below_the_reference_and_within_one_percent() {
    for row in rows() {
        let ours = pld::epsilon(&row.events, decimal(row.delta)).unwrap();
        let relative = ours / row.pld - 1.0;
        let job = &row.releases;
        assert!(relative >= 0.0, "{job:?}: {ours} is below {}", row.pld);
        assert!(relative < 0.002, "{job:?}: {ours} is far above {}", row.pld);
    }
}

#[test]
fn without_sampling_epsilon_is_that_of_the_closed_form() {
    let closed: Vec<_> = rows().into_iter().filter(|row| row.closed.is_some()).collect();
    assert_eq!(closed.len(), 5);
    for row in closed {
        let (ours, exact) =
            (pld::epsilon(&row.events, decimal(row.delta)).unwrap(), row.closed.unwrap());
        let relative = ours / exact - 1.0;
        assert!(relative > 0.9e-5 && relative < 1.1e-5, "{:?}: {relative:e}", row.releases);
    }
}

#[test]
fn four_hospitals_are_told_a_tighter_figure_against_each_adversary() {
    let (q, delta, sigma) = (decimal(0.2), decimal(1e-4), decimal(7.27));
    let seen = Split::new(4, 3, 1, 1).unwrap().multipliers(sigma).unwrap();
    let told = seen.iter().map(|seen| {
        let event = Event { sigma: seen.sigma, q, count: 102 };
        (seen.adversary, seen.present, pld::epsilon(&[event], delta).unwrap())
    });
    let told: Vec<_> = told.collect();
    // Whoever knows no noise, with everybody there, and one party after every allowed dropout.
    let (first, last) = (told[0], told[told.len() - 1]);
    assert_eq!((first.0, first.1), (Adversary::Outsider, 4));
    assert_eq!((last.0, last.1), (Adversary::CuriousParty, 3));
    assert!(told.iter().all(|row| first.2 <= row.2 && row.2 <= last.2));
    assert!((0.55..0.62).contains(&first.2) && (0.89..0.90).contains(&last.2), "{told:?}");
}

#[test]
fn hostile_parameters_are_refused_by_name_and_extreme_ones_are_told() {
    let event = |sigma: f64, q: f64, count| Event { sigma: decimal(sigma), q: decimal(q), count };
    let told = |event: Event, delta: f64| pld::epsilon(&[event], decimal(delta));
    assert!(told(event(0.09, 0.5, 1), 1e-5).is_err());
    assert!(told(event(1.0, 0.0, 1), 1e-5).is_err());
    assert!(told(event(1.0, 0.5, 1), 0.0).is_err());
    assert!(told(event(1.0, 0.5, 1), 1.0).is_err());

    assert_eq!(pld::epsilon(&[], decimal(1e-5)), Ok(0.0));
    assert_eq!(told(event(1.0, 0.5, 0), 1e-5), Ok(0.0));
    // What no δ of that size can see.
    assert_eq!(told(event(1e6, 1e-6, 1), 0.5), Ok(0.0));
    for (sigma, q, count, delta) in [
        (0.1, 1.0, u32::MAX, 1e-12),
        (0.1, 1e-9, u32::MAX, 1e-12),
        (1e6, 1e-9, u32::MAX, 1e-12),
        (1e6, 0.999_999_999, u32::MAX, 1e-12),
        (0.1, 0.999_999, 1, 0.999),
        (0.1, 0.5, 3, 1e-12),
        (1e6, 0.5, 1, 1e-12),
    ] {
        let event = event(sigma, q, count);
        let ours = told(event, delta).unwrap();
        let started = by_rdp(&[event], delta);
        assert!(ours.is_finite() && ours >= 0.0, "{event:?}: {ours}");
        assert!(ours <= started * (1.0 + 1.1e-5), "{event:?}: {ours} {started}");
    }
}

fn by_rdp(events: &[Event], delta: f64) -> f64 {
    let mut total = vec![0.0; orders().count()];
    for event in events {
        let curve = rdp::curve(event.sigma.to_f64(), event.q.to_f64()).unwrap();
        for (sum, rdp) in total.iter_mut().zip(curve) {
            *sum += rdp * f64::from(event.count);
        }
    }
    epsilon_of(&total, delta).0
}

/// P(N(0, 1) > x).
fn upper(x: f64) -> f64 {
    0.5 * erfc(x / core::f64::consts::SQRT_2)
}

/// The larger divergence at e^ε of a single sampled release in either direction, by the regions
/// where one world is likelier: no grid, no transform.
fn single(sigma: f64, rate: f64, epsilon: f64) -> f64 {
    let mixed = |x: f64| (1.0 - rate) * upper(x / sigma) + rate * upper((x - 1.0) / sigma);
    let meets = |loss: f64| sigma * sigma * log1p((expm1(loss) / rate).max(-1.0)) + 0.5;
    let right = meets(epsilon);
    let remove = mixed(right) - exp(epsilon) * upper(right / sigma);
    let left = meets(-epsilon);
    let below = (1.0 - rate) * upper(-left / sigma) + rate * upper(-(left - 1.0) / sigma);
    let add = upper(-left / sigma) - exp(epsilon) * below;
    remove.max(add)
}

/// Noise is drawn over the integers, and its divergence is a sum where the Gaussian's is an integral:
/// what that adds is less than what a figure is raised by.
#[test]
fn at_the_epsilon_that_is_told_integer_noise_is_within_delta() {
    // The least noise that is drawn, σ = 2^10, with which the steps of a unit weigh most.
    let weight = |x: i64| exp(-(x as f64) * x as f64 / f64::from(1 << 21));
    let reach = 16 << 10;
    let total: f64 = (-reach..=reach).map(weight).sum();
    for (units, rate, delta) in [
        (1_i64, 1.0, 1e-5),
        (37, 1.0, 1e-9),
        (1_000, 1.0, 1e-5),
        (37, 0.2, 1e-6),
        (1_000, 0.01, 1e-5),
    ] {
        let sigma = decimal((1024.0 / units as f64 * 1e9).floor() / 1e9);
        let event = Event { sigma, q: decimal(rate), count: 1 };
        let told = pld::epsilon(&[event], decimal(delta)).unwrap();
        let (mut remove, mut add) = (0.0, 0.0);
        for x in -reach..=reach + units {
            let without = weight(x) / total;
            let with = (1.0 - rate) * without + rate * weight(x - units) / total;
            remove += (with - exp(told) * without).max(0.0);
            add += (without - exp(told) * with).max(0.0);
        }
        let most = f64::max(remove, add);
        assert!(most <= delta, "{units} {rate}: {most:e} at {told}");
        assert!(most >= delta * 0.95, "{units} {rate}: {most:e} at {told}");
    }
}

fn thousandths(value: u32) -> f64 {
    f64::from(value) / 1000.0
}

proptest! {
    /// At the ε that is told a single release is within δ, and at a little less it is not.
    #[test]
    fn a_single_release_is_told_as_it_is(
        sigma in prop_oneof![300_u32..8_000, 8_000_u32..100_000_000],
        rate in prop_oneof![1_u32..1_000, 1_000_u32..1_000_000],
        digits in 2_i32..10,
    ) {
        let (sigma, delta) = (thousandths(sigma), 10_f64.powi(-digits));
        let rate = if rate < 1_000 { thousandths(rate) } else { f64::from(rate) / 1e6 };
        let event = Event { sigma: decimal(sigma), q: decimal(rate), count: 1 };
        let ours = pld::epsilon(&[event], decimal(delta)).unwrap();
        // The divergence without a grid is a difference of doubles of at most one.
        prop_assert!(single(sigma, rate, ours) <= delta * (1.0 + 1e-9) + 1e-15);
        if ours > 1e-3 {
            let less = single(sigma, rate, ours * 0.99);
            prop_assert!(less > delta, "{} at {}", less, ours);
        }
    }

    #[test]
    fn more_noise_fewer_releases_and_rarer_sampling_disclose_less(
        sigma in 500_u32..5_000,
        rate in 2_u32..500,
        count in 2_u32..3_000,
    ) {
        let (sigma, rate) = (thousandths(sigma), thousandths(rate));
        let told = |sigma: f64, rate: f64, count| {
            let event = Event { sigma: decimal(sigma), q: decimal(rate), count };
            pld::epsilon(&[event], decimal(1e-5)).unwrap()
        };
        let all = told(sigma, rate, count);
        // Each figure is above its truth by less than half a percent.
        prop_assert!(told(sigma * 1.1, rate, count) <= all * 1.005);
        prop_assert!(told(sigma, rate / 2.0, count) <= all * 1.005);
        prop_assert!(told(sigma, rate, count - 1) <= all * 1.005);
    }

    #[test]
    fn no_figure_is_above_what_the_filter_proves(
        sigma in 300_u32..20_000,
        rate in 1_u32..=1_000,
        count in 1_u32..20_000,
        other in 500_u32..50_000,
        digits in 1_i32..12,
    ) {
        let event = Event { sigma: decimal(thousandths(sigma)), q: decimal(thousandths(rate)), count };
        let other = Event { sigma: decimal(thousandths(other)), q: decimal(1.0), count: 3 };
        let delta = 10_f64.powi(-digits);
        let ours = pld::epsilon(&[event, other], decimal(delta)).unwrap();
        let one = pld::epsilon(&[other], decimal(delta)).unwrap();
        prop_assert!(ours <= by_rdp(&[event, other], delta) * (1.0 + 1.1e-5));
        prop_assert!(ours >= one * 0.999, "{} {}", ours, one);
    }
}
