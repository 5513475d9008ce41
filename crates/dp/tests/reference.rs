//! The accountant against published figures.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use concordat_dp::{Event, calibrate, cost, epsilon, epsilon_of, limit, rdp};
use concordat_terms::Decimal;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[test]
fn epsilon_and_its_order_are_those_of_dp_accounting() {
    let rows = include_str!("reference.csv");
    let mut seen = 0;
    for row in rows.lines().filter(|row| !row.starts_with('#')).skip(1) {
        let fields: Vec<f64> = row.split(',').map(|field| field.parse().unwrap()).collect();
        let curve: Vec<f64> =
            rdp::curve(fields[0], fields[1]).unwrap().iter().map(|rdp| rdp * fields[2]).collect();
        let (epsilon, order) = epsilon_of(&curve, fields[3]);
        let relative = (epsilon - fields[4]).abs() / fields[4];
        println!("{row}: {relative:e}");
        assert!(relative < 1e-6, "{row}: {epsilon}, off by {relative:e}");
        assert!((order.alpha() - fields[5]).abs() < 1e-9, "{row}: {order:?}");
        // The tighter accountant never says more.
        assert!(epsilon > fields[6]);
        seen += 1;
    }
    assert_eq!(seen, 12);
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
