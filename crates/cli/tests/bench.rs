//! How good the heart example's model is: the bar, held by the product's own calibration, kernels,
//! quantiser, noise and ring, over a hundred keyed splits.
#![allow(clippy::disallowed_methods, reason = "a test reads the example")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod world;

use concordat_dp::calibrate;
use concordat_terms::Decimal;
use serde_json::Value;
use world::{answer, example, shown};

fn number(value: &Value, path: &str) -> f64 {
    value.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("{path} in {value}"))
}

#[test]
fn privacy_costs_at_most_two_points_of_accuracy_over_a_hundred_splits() {
    let table = answer(&["pilot", "--bench"]);
    assert_eq!(number(&table, "/splits"), 100.0);
    let row = |name: &str| {
        let rows = table["rows"].as_array().unwrap();
        rows.iter().find(|row| row["name"] == name).unwrap().clone()
    };

    // Without noise the federation is as good as pooling everybody's rows.
    let free = number(&row("federated, no noise"), "/accuracy/mean");
    assert!(free >= 0.79, "{free}");
    let apart = number(&table, "/lost_to_federation/mean");
    assert!(apart.abs() <= 0.01, "{apart}");

    // ε = 1 at δ = 10⁻⁴ against a curious hospital after a dropout, on the same splits and batches.
    assert_eq!(table["delta"], "0.0001");
    let epsilon = number(&table, "/epsilon");
    assert!(0.99 < epsilon && epsilon <= 1.0, "{epsilon}");
    let lost = number(&table, "/lost_to_noise/high");
    assert!(lost <= 0.02, "{lost}");

    // The figures that the example's text gives are these.
    let text = std::fs::read_to_string(example::heart().join("RECIPE.md")).unwrap();
    let mut told = vec![&table["majority"], &table["lost_to_noise"], &table["lost_to_federation"]];
    let rows = table["rows"].as_array().unwrap();
    for measure in ["accuracy", "balanced", "auc", "brier"] {
        told.extend(rows.iter().map(|row| &row[measure]));
    }
    for site in table["sites"].as_array().unwrap() {
        told.extend(["majority", "without_noise", "private"].map(|way| &site[way]));
    }
    for mean in told {
        let [mean, low, high] = ["/mean", "/low", "/high"].map(|part| number(mean, part));
        let shown = format!("{mean:.4} [{low:.4}, {high:.4}]");
        assert!(text.contains(&shown), "RECIPE.md does not say {shown}");
    }
}

#[test]
fn where_neighbours_replace_a_person_the_bench_charges_every_round_without_sampling() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("example");
    let mut other = example::read();
    example::replace_a_person(&mut other);
    example::write(&other, &folder);
    let table = answer(&["pilot", "--bench", "--splits", "2", "--example", &shown(&folder)]);

    let [one, delta]: [Decimal; 2] = ["1", "0.0001"].map(|text| text.parse().unwrap());
    let noise = calibrate(one, 5 + 2, delta, one).unwrap();
    assert_eq!(table["noise"], noise.to_string());
    let epsilon = number(&table, "/epsilon");
    assert!(0.99 < epsilon && epsilon <= 1.0, "{epsilon}");
}

#[test]
fn a_bench_over_its_target_is_one_answer_that_says_so() {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_concordat"));
    let arguments = ["bench", "secagg", "--clients", "4", "--dimensions", "1", "--json"];
    let output = command.args(arguments).output().unwrap();
    // One element, and a client signs it: no floor is near.
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let table: Value = serde_json::from_slice(&output.stdout).unwrap();
    let over = table["over"].as_array().unwrap();
    let rows = table["rows"].as_array().unwrap();
    assert_eq!(over.len(), rows.iter().filter(|row| row["met"] == false).count());
    assert_eq!(over[0], "4 clients × 1, 0 dropped");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("error: over its target: 4 clients × 1, 0 dropped"), "{said}");
}
