//! The heart example: four hospitals' tables, one recipe, and what privacy costs.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, clippy::cast_precision_loss)]

#[path = "../examples/heart_splits/study.rs"]
mod study;

use concordat_learn::Units;
use concordat_learn::metrics::Interval;
use study::{Outcome, load, noise_in_sum, outcomes, train};

#[test]
fn the_tables_keep_as_many_complete_rows_as_published() {
    let (_, hospitals) = load(|_| Ok(())).unwrap();
    let counts: Vec<(&str, usize, usize, f64)> = hospitals
        .iter()
        .map(|h| (h.name, h.units.rows(), h.units.dropped(), h.units.labels().iter().sum()))
        .collect();
    let expected = [
        ("alder", 303, 0, 139.0),
        ("birch", 261, 33, 98.0),
        ("cypress", 46, 77, 45.0),
        ("dogwood", 130, 70, 101.0),
    ];
    assert_eq!(counts, expected);
}

#[test]
fn privacy_costs_at_most_two_points_of_accuracy() {
    let (recipe, hospitals) = load(|_| Ok(())).unwrap();
    let units: Vec<Units> = hospitals.into_iter().map(|hospital| hospital.units).collect();
    let all = outcomes(&recipe, &units, noise_in_sum(4, 2)).unwrap();
    let column = |pick: fn(&Outcome) -> f64| all.iter().map(pick).collect::<Vec<f64>>();
    let (private, free, pooled) = (
        column(|o| o.private.accuracy),
        column(|o| o.noise_free.accuracy),
        column(|o| o.pooled.accuracy),
    );

    // Without noise the federation is as good as pooling everybody's rows.
    let free_mean = Interval::of(&free).unwrap().mean;
    assert!(free_mean >= 0.79, "{free_mean}");
    let apart = Interval::of_differences(&pooled, &free).unwrap();
    assert!(apart.mean <= 0.01, "{apart:?}");

    // Noise for ε = 1 against a curious hospital and one dropout, on the same splits.
    let lost = Interval::of_differences(&free, &private).unwrap();
    assert!(lost.high <= 0.02, "{lost:?}");
}

/// Golden: batches, gradients, rounding and steps have the same bits on every machine. It changes
/// with the recipe of the example; a change with the same recipe is a fault.
#[test]
fn the_same_batches_give_the_same_model_to_the_last_bit() {
    let (recipe, hospitals) = load(|_| Ok(())).unwrap();
    let train_parts: Vec<Units> =
        hospitals.iter().map(|hospital| hospital.units.split(&recipe.split).0).collect();
    let model = train(&recipe, &train_parts, 0.0, 17).unwrap();
    let digests = format!("recipe {} model {}", recipe.digest().short(), model.digest().short());
    assert_eq!(digests, "recipe 40596559f0ca model c2af0034d365");
}
