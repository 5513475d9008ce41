//! The heart example: four hospitals' tables, and what its recipe makes of them. What privacy costs
//! on them is measured on the product: `crates/cli/tests/bench.rs`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use concordat_learn::{Recipe, Training, Units, gradient_sum};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

const SCALE_BITS: u32 = 18;

fn recipe() -> Recipe {
    serde_json::from_str(include_str!("../../../examples/heart/recipe.json")).unwrap()
}

/// A hospital's name and its rows.
fn hospitals(recipe: &Recipe) -> Vec<(&'static str, Units)> {
    let tables = [
        ("alder", include_str!("../../../examples/heart/data/alder.csv")),
        ("birch", include_str!("../../../examples/heart/data/birch.csv")),
        ("cypress", include_str!("../../../examples/heart/data/cypress.csv")),
        ("dogwood", include_str!("../../../examples/heart/data/dogwood.csv")),
    ];
    let read = tables.map(|(name, text)| {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let records: Vec<Vec<String>> =
            reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
        (name, Units::read(recipe, &header, &records).unwrap())
    });
    read.into()
}

#[test]
fn the_tables_keep_as_many_complete_rows_as_published() {
    let counts: Vec<(&str, usize, usize, f64)> = hospitals(&recipe())
        .iter()
        .map(|(name, units)| {
            (*name, units.rows(), units.dropped(), units.labels().iter().sum::<f64>())
        })
        .collect();
    let expected = [
        ("alder", 303, 0, 139.0),
        ("birch", 261, 33, 98.0),
        ("cypress", 46, 77, 45.0),
        ("dogwood", 130, 70, 101.0),
    ];
    assert_eq!(counts, expected);
}

/// The split that FLamby publishes its figures for, as `reference/heart_split.py` writes it down: of
/// each hospital 34 % of the complete rows, and of those who are ill as well where both kinds are.
#[test]
fn the_published_split_keeps_a_third_of_each_kind_for_testing() {
    let tests: std::collections::BTreeMap<String, Vec<usize>> =
        serde_json::from_str(include_str!("reference/heart_split.json")).unwrap();
    let recipe = recipe();
    let mut seen = vec![];
    for (name, units) in hospitals(&recipe) {
        let test = &tests[name];
        assert!(test.is_sorted_by(|a, b| a < b) && test.last() < Some(&units.rows()));
        // Persons are numbered in the order of the tables.
        let ill: f64 = test.iter().map(|place| units.labels()[*place]).sum();
        seen.push((name, test.len(), ill));
        if name != "cypress" {
            let expected = 0.34 * units.labels().iter().sum::<f64>();
            assert!((ill - expected).abs() <= 1.0, "{name}: {ill} and not {expected}");
        }
    }
    let rows: Vec<(&str, usize)> = seen.iter().map(|(name, rows, _)| (*name, *rows)).collect();
    assert_eq!(rows, [("alder", 104), ("birch", 89), ("cypress", 16), ("dogwood", 45)]);
}

/// What RECIPE.md derives the learning rate and the decay from: no row comes into it.
#[test]
fn the_constants_of_the_recipe_are_those_that_its_text_derives() {
    let recipe = recipe();
    // Scaled to −1 to 1, a flag, at most one level of several, a bias: each at most 1.
    let largest = recipe.features.len() as f64 + 1.0;
    let persons = recipe.normaliser.to_f64() / recipe.sampling_rate.to_f64();
    assert_eq!((largest, persons), (11.0, 500.0));
    assert_eq!(recipe.l2.to_f64(), 1.0 / persons);
    let rate = 1.0 / (largest / 4.0 + recipe.l2.to_f64());
    assert_eq!(
        recipe.optimiser.rate.to_string(),
        format!("{:.3}", (rate * 1000.0).floor() / 1000.0)
    );
    assert_eq!(recipe.average_last * 2, recipe.rounds);
}

/// Golden: batches, gradients, rounding and steps have the same bits on every machine. It changes
/// with the recipe of the example; a change with the same recipe is a fault.
#[test]
fn the_same_batches_give_the_same_model_to_the_last_bit() {
    let recipe = recipe();
    let parts: Vec<Units> =
        hospitals(&recipe).iter().map(|(_, units)| units.split(&recipe.split).0).collect();
    let mut batches = ChaCha20Rng::seed_from_u64(17);
    let mut training = Training::begin(&recipe);
    for _ in 0..recipe.rounds {
        let mut sum = vec![0_i64; recipe.dimension()];
        for part in &parts {
            let own = gradient_sum(&recipe, &training, part, SCALE_BITS, &mut batches);
            let own = own.unwrap().into_values();
            sum.iter_mut().zip(own.iter()).for_each(|(total, value)| *total += value);
        }
        training = training.step(&recipe, &sum, SCALE_BITS).unwrap();
    }
    let model = training.finish(&recipe, None).unwrap();
    let digests = format!("recipe {} model {}", recipe.digest().short(), model.digest().short());
    assert_eq!(digests, "recipe e1f9e54e503e model f5404219d04b");
}
