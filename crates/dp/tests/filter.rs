//! The filter never understates, and says no to parameters that make no sense.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use concordat_dp::{
    Adversary, Event, ParameterError, Sampler, Sensitivity, Split, calibrate, cost, epsilon,
    epsilon_of, limit, rdp,
};
use concordat_terms::{Cost, Decimal};
use proptest::prelude::*;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn thousandths(value: u64) -> Decimal {
    decimal(&format!("{}.{:03}", value / 1000, value % 1000))
}

fn any_event() -> impl Strategy<Value = Event> {
    let sigma = prop_oneof![100_u64..3_000, 3_000_u64..100_000, 100_000_u64..1_000_000_000];
    let rate = prop_oneof![1_u64..=1000, Just(1000)];
    let count = prop_oneof![1_u32..1000, any::<u32>()];
    (sigma, rate, count).prop_map(|(sigma, rate, count)| Event {
        sigma: thousandths(sigma),
        q: thousandths(rate),
        count,
    })
}

fn spent(event: Event) -> Cost {
    cost(&[event]).unwrap()
}

#[test]
fn four_hospitals_calibrate_spend_and_report() {
    let (q, delta, agreed) = (decimal("0.2"), decimal("0.0001"), decimal("1"));
    let split = Split::new(4, 3, 1, 1).unwrap();

    // A hundred rounds and two retries are reserved before anything leaves.
    let sigma = calibrate(q, 102, delta, agreed).unwrap();
    let reserved = spent(Event { sigma, q, count: 102 });
    let most = limit(agreed, delta).unwrap();
    assert!(reserved.within(&most));

    // Not one further round fits.
    assert!(!reserved.plus(&spent(Event { sigma, q, count: 3 })).within(&most));

    // Whoever knows less of the noise learns less.
    let mut reports: Vec<(Adversary, u32, f64)> = Vec::new();
    for seen in split.multipliers(sigma).unwrap() {
        let against = spent(Event { sigma: seen.sigma, q, count: 102 });
        reports.push((seen.adversary, seen.present, epsilon(&against, delta).unwrap()));
    }
    let worst = reports.iter().map(|report| report.2).fold(0.0, f64::max);
    assert_eq!(reports.last().map(|r| (r.0, r.1, r.2)), Some((Adversary::CuriousParty, 3, worst)));
    assert!(worst <= 1.0 && worst > 0.99, "{worst}");

    // The noise of each node is inside what the sampler draws exactly.
    let sensitivity = Sensitivity::new(decimal("1"), 16, 14).unwrap();
    let variance = split.node_variance(sigma, sensitivity).unwrap();
    assert!(Sampler::new(variance).is_ok());
    assert_eq!(split.fits_ring(32, 200, sensitivity, variance), Ok(()));
}

#[test]
fn hostile_parameters_are_refused_by_name() {
    let event = |sigma: &str, q: &str| {
        cost(&[Event { sigma: decimal(sigma), q: decimal(q), count: u32::MAX }])
    };
    for sigma in ["0", "-1", "0.099999999999", "1000000.1", "999999999999999999"] {
        assert!(matches!(event(sigma, "0.5"), Err(ParameterError::Sigma(_))), "{sigma}");
    }
    for q in ["0", "-0.1", "1.000000000001", "7"] {
        assert!(matches!(event("1", q), Err(ParameterError::Rate(_))), "{q}");
    }
    for delta in ["0", "1", "-0.5", "2"] {
        let refused = limit(decimal("1"), decimal(delta));
        assert!(matches!(refused, Err(ParameterError::Delta(_))), "{delta}");
        assert!(epsilon(&Cost::zero(), decimal(delta)).is_err());
    }
    for most in ["0", "-1", "1000001"] {
        let refused = limit(decimal(most), decimal("0.1"));
        assert!(matches!(refused, Err(ParameterError::Epsilon(_))), "{most}");
    }
    let hopeless =
        calibrate(decimal("1"), u32::MAX, decimal("0.000000000001"), decimal("0.000001"));
    assert!(matches!(hopeless, Err(ParameterError::OutOfReach { .. })));
}

#[test]
fn what_exceeds_every_word_saturates_above_every_limit() {
    let endless = spent(Event { sigma: decimal("0.1"), q: decimal("1"), count: u32::MAX });
    assert_eq!(endless.micronats()[155], (1 << 53) - 1);
    assert!(!endless.within(&limit(decimal("1000000"), decimal("0.999999999999")).unwrap()));
    assert_eq!(cost(&[]).unwrap(), Cost::zero());
}

#[test]
fn costs_and_limits_are_these_integers_on_every_platform() {
    let heart = spent(Event { sigma: decimal("7.27"), q: decimal("0.2"), count: 102 });
    let most = limit(decimal("1"), decimal("0.0001")).unwrap();
    let pick = |cost: &Cost| [0, 9, 50, 98, 99, 120, 151, 155].map(|i| cost.micronats()[i]);
    // To 14 digits, by mpmath: 42727.610006886, 77900.543468439, 240627.71699213,
    // 436540.18032701, 440685.89650328, 1376052.9103234, 3058708.6336242, 823777799.47071.
    assert_eq!(
        pick(&heart),
        [42_728, 77_901, 240_628, 436_541, 440_686, 1_376_053, 3_058_709, 823_777_801]
    );
    // 407179.79141364, 414065.66988654, 846438.87672824, 934271.21803056, 998749.40664062.
    assert_eq!(pick(&most), [0, 0, 0, 407_179, 414_065, 846_438, 934_271, 998_749]);
}

proptest! {
    #[test]
    fn more_releases_cost_more_and_more_noise_costs_less(
        event in any_event(),
        extra in 1_u32..1000,
        noisier in 1_u64..1000,
    ) {
        let less = spent(event);
        let count = event.count.saturating_add(extra);
        let more = spent(Event { count, ..event });
        prop_assert!(more.covers(&less));

        let sigma = decimal(&format!("{:.3}", event.sigma.to_f64() + noisier as f64));
        if sigma <= decimal("1000000") {
            let noisy = spent(Event { sigma, ..event });
            prop_assert!(less.covers(&noisy));
        }
    }

    #[test]
    fn sampling_more_often_costs_more(event in any_event()) {
        let q = decimal(&format!("{:.3}", (event.q.to_f64() * 2.0).min(1.0)));
        let doubled = spent(Event { q, ..event });
        prop_assert!(doubled.covers(&spent(event)));
    }

    #[test]
    fn an_integer_cost_is_never_below_the_computed_one(event in any_event()) {
        let curve = rdp::curve(event.sigma.to_f64(), event.q.to_f64()).unwrap();
        for (micronats, rdp) in spent(event).micronats().iter().zip(curve) {
            let exact = rdp * f64::from(event.count) * 1e6;
            prop_assert!(*micronats as f64 >= exact.min(9.0e15));
            prop_assert!(*micronats as f64 <= exact * (1.0 + 2e-9) + 1.1);
        }
    }

    #[test]
    fn the_cost_of_a_list_is_the_sum_of_its_costs(a in any_event(), b in any_event()) {
        prop_assert_eq!(cost(&[a, b]).unwrap(), spent(a).plus(&spent(b)));
    }

    /// What is kept back for one purpose is spent from the beginning: others fit beside all of it,
    /// and it is drawn on while it covers, at every order, what was drawn.
    #[test]
    fn what_is_kept_back_at_every_order_is_there_for_its_purpose(
        kept in any_event(),
        others in prop::collection::vec(any_event(), 1..3),
        drawn in prop::collection::vec(any_event(), 1..3),
    ) {
        let limit = limit(decimal("20"), decimal("0.00001")).unwrap();
        let (kept, others) = (spent(kept), cost(&others).unwrap());
        let drawn = cost(&drawn).unwrap();
        if others.plus(&kept).within(&limit) && kept.covers(&drawn) {
            prop_assert!(others.plus(&drawn).within(&limit));
        }
    }

    /// The verdict is by integers, the promise about ε of the real mechanism.
    #[test]
    fn what_passes_the_filter_is_within_epsilon(
        events in prop::collection::vec(any_event(), 1..4),
        most in 1_u64..20_000,
        delta in 1_u64..999,
    ) {
        let (most, delta) = (thousandths(most), thousandths(delta));
        let together = cost(&events).unwrap();
        if together.within(&limit(most, delta).unwrap()) {
            let mut total = vec![0.0; concordat_terms::ORDERS];
            for event in &events {
                let curve = rdp::curve(event.sigma.to_f64(), event.q.to_f64()).unwrap();
                for (sum, rdp) in total.iter_mut().zip(curve) {
                    *sum += rdp * f64::from(event.count);
                }
            }
            prop_assert!(epsilon_of(&total, delta.to_f64()).0 <= most.to_f64());
            prop_assert!(epsilon(&together, delta).unwrap() <= most.to_f64());
        }
    }

    #[test]
    fn a_calibrated_multiplier_passes_and_the_next_smaller_does_not(
        rate in 1_u64..=1000,
        count in 1_u32..5000,
        most in 10_u64..10_000,
        delta in 1_u64..1000,
    ) {
        let (q, most) = (thousandths(rate), thousandths(most));
        let delta = decimal(&format!("0.{delta:06}"));
        let bound = limit(most, delta).unwrap();
        let sigma = calibrate(q, count, delta, most).unwrap();
        let passing = spent(Event { sigma, q, count });
        prop_assert!(passing.within(&bound));
        if sigma > decimal("0.1") {
            let smaller = decimal(&format!("{:.2}", sigma.to_f64() - 0.01));
            let failing = spent(Event { sigma: smaller, q, count });
            prop_assert!(!failing.within(&bound), "{} and {}", sigma, smaller);
        }
    }

    #[test]
    fn no_split_leaves_an_adversary_less_than_the_agreed_noise(
        parties in 0_u32..40,
        threshold in 0_u32..40,
        colluders in 0_u32..10,
        dropouts in 0_u32..10,
        sigma in 100_u64..100_000,
    ) {
        let Ok(split) = Split::new(parties, threshold, colluders, dropouts) else { return Ok(()) };
        prop_assert!(split.shares() >= 2 && split.threshold() <= split.survivors());
        prop_assert!(split.colluders() + split.parties() < 2 * split.threshold());
        let agreed = thousandths(sigma);
        let seen = split.multipliers(agreed).unwrap();
        prop_assert_eq!(seen.iter().map(|m| m.sigma).min(), Some(agreed));

        // h shares of what a node adds make up the agreed noise, and hardly more.
        let sensitivity = Sensitivity::new(decimal("1"), 16, 100).unwrap();
        if let Ok(variance) = split.node_variance(agreed, sensitivity) {
            let wanted = (agreed.to_f64() * sensitivity.ring_units() as f64).powi(2);
            let together = variance as f64 * f64::from(split.shares());
            prop_assert!(together >= wanted * (1.0 - 1e-12));
            prop_assert!(together <= wanted + f64::from(split.shares()) + wanted * 1e-12);
        }
    }
}
