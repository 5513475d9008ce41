//! The network against `reference/network.py`, which shares no line with it: the documented order
//! of operations to the last bit, and the textbook within what single precision gives.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use serde::Deserialize;

use concordat_learn::network::{Batch, ClippedSum, Network, Output};
use concordat_learn::optimiser::{Optimiser, Steps};

#[derive(Deserialize)]
struct Reference {
    networks: Vec<Case>,
    optimisers: Vec<Walk>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    inputs: usize,
    hidden: Vec<usize>,
    outputs: usize,
    output: Output,
    clip: String,
    rows_of_each: Vec<usize>,
    seed: String,
    initial: Vec<String>,
    weights: Vec<String>,
    features: Vec<String>,
    targets: Vec<String>,
    bits: Bits,
    exact: Exact,
}

#[derive(Deserialize)]
struct Bits {
    predictions: Vec<String>,
    sum: Vec<String>,
}

#[derive(Deserialize)]
struct Exact {
    losses: Vec<f64>,
    sum: Vec<f64>,
}

#[derive(Deserialize)]
struct Walk {
    name: String,
    optimiser: Optimiser,
    start: Vec<String>,
    changes: Vec<Vec<String>>,
    end: Vec<String>,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("reference/network.json")).unwrap()
}

fn single(bits: &[String]) -> Vec<f32> {
    bits.iter().map(|bits| f32::from_bits(u32::from_str_radix(bits, 16).unwrap())).collect()
}

fn double(bits: &[String]) -> Vec<f64> {
    bits.iter().map(|bits| f64::from_bits(u64::from_str_radix(bits, 16).unwrap())).collect()
}

fn spelt(values: &[f32]) -> Vec<String> {
    values.iter().map(|value| format!("{:08x}", value.to_bits())).collect()
}

fn spelt_double(values: &[f64]) -> Vec<String> {
    values.iter().map(|value| format!("{:016x}", value.to_bits())).collect()
}

#[test]
fn every_bit_is_the_one_that_the_rules_give() {
    for case in reference().networks {
        let network = Network::new(case.inputs, &case.hidden, case.outputs, case.output).unwrap();
        let seed = case.seed.parse().unwrap();
        assert_eq!(spelt(&network.initial(&seed)), case.initial, "{}", case.name);

        let (weights, features) = (single(&case.weights), single(&case.features));
        let targets = single(&case.targets);
        let batch =
            Batch { features: &features, targets: &targets, rows_of_each: &case.rows_of_each };
        let predictions = network.predict(&weights, &features).unwrap();
        assert_eq!(spelt(&predictions), case.bits.predictions, "{}", case.name);
        let clip = case.clip.parse().unwrap();
        let mut sum = ClippedSum::of_nobody(&network, &weights, clip).unwrap();
        sum.add(&batch).unwrap();
        assert_eq!(spelt_double(sum.values()), case.bits.sum, "{}", case.name);
    }
}

#[test]
fn losses_and_clipped_sums_are_the_textbook_s() {
    for case in reference().networks {
        let network = Network::new(case.inputs, &case.hidden, case.outputs, case.output).unwrap();
        let (weights, features) = (single(&case.weights), single(&case.features));
        let targets = single(&case.targets);
        let batch =
            Batch { features: &features, targets: &targets, rows_of_each: &case.rows_of_each };
        let losses = network.losses(&weights, &batch).unwrap();
        assert_eq!(losses.len(), case.exact.losses.len());
        for (found, exact) in losses.iter().zip(&case.exact.losses) {
            assert!((found - exact).abs() < 1e-5 * (1.0 + exact), "{}: {found}", case.name);
        }
        let clip: f64 = case.clip.parse().unwrap();
        let mut sum =
            ClippedSum::of_nobody(&network, &weights, case.clip.parse().unwrap()).unwrap();
        sum.add(&batch).unwrap();
        for (found, exact) in sum.values().iter().zip(&case.exact.sum) {
            let near = 1e-4 * exact.abs() + 1e-5 * clip;
            assert!((found - exact).abs() < near, "{}: {found} against {exact}", case.name);
        }
    }
}

#[test]
fn every_optimiser_walks_as_the_reference_does() {
    for walk in reference().optimisers {
        let mut steps = Steps::begin(&walk.optimiser, double(&walk.start));
        for change in &walk.changes {
            steps = steps.step(&walk.optimiser, &double(change)).unwrap();
        }
        assert_eq!(spelt_double(steps.weights()), walk.end, "{}", walk.name);
    }
}
