//! From a plan to an answer: four nodes train a network with hidden layers under noise, its model is
//! released, and somebody asks it about rows.
#![allow(clippy::disallowed_methods, reason = "a test starts processes and reads their folders")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod world;

use concordat_learn::{Feature, Model};
use serde_json::{Value, json};
use world::{answer, concordat, example, processes, shown};

/// Five rounds of a network by FedAdam, that knows what a cholesterol of 0 means.
fn recipe(text: &str) -> String {
    let mut recipe: Value = serde_json::from_str(text).unwrap();
    recipe["hidden"] = json!({"widths": [8, 4], "activation": "relu", "seed": "heart/deep"});
    recipe["optimiser"] = json!({
        "rate": "0.02", "momentum": "0.9",
        "adaptive": {"rule": {"kind": "adam", "decay": "0.99"}, "floor": "0.01"},
    });
    (recipe["rounds"], recipe["average_last"]) = (5.into(), 2.into());
    let features = recipe["features"].as_array_mut().unwrap();
    let chol = features.iter_mut().find(|feature| feature["column"] == "chol").unwrap();
    chol["missing"] = json!({"codes": ["0"], "value": "200", "indicator": true});
    recipe.to_string()
}

#[test]
fn a_network_is_trained_by_four_nodes_under_noise_and_released_and_answers_offline() {
    let temp = tempfile::tempdir().unwrap();
    let (folder, dir) = (temp.path().join("example"), temp.path().join("pilot"));
    let mut deep = example::read();
    let text = recipe(&deep["recipe.json"]);
    deep.insert("recipe.json".to_owned(), text);
    // Five rounds make no good model: the gate of this example asks for less.
    example::without_scenarios(&mut deep);
    example::replace(&mut deep, "release.md", "at_least = \"0.7\"", "at_least = \"0.1\"");
    example::replace(&mut deep, "release.md", "[0.7](#", "[0.1](#");
    example::write(&deep, &folder);
    let (dir, folder) = (shown(&dir), shown(&folder));
    let report = answer(&["pilot", "--headless", "--dir", &dir, "--example", &folder]);
    assert_eq!(report["run"]["rounds"], 5);
    assert_eq!(processes(dir.as_ref()), Vec::<String>::new());

    // The model is the file that the log names.
    let name = report["run"]["model"].as_str().unwrap();
    let file = format!("{dir}/archive/blobs/{name}");
    let model = Model::from_bytes(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(model.digest().to_string(), name);
    // Thirteen inputs and the indicator.
    assert_eq!(model.network().widths(), [14, 8, 4, 1]);
    let chol = |feature: &&Feature| feature.column() == "chol";
    let chol = model.recipe().features.iter().find(chol).unwrap();
    assert_eq!(chol.missing().unwrap().codes, ["0"]);
    let trained = model.trained().unwrap();
    assert_eq!((trained.run.as_str(), trained.participants), ("first", 4));
    let spent = report["budget"][0]["after_dropout"].as_f64().unwrap();
    let told = trained.epsilon.to_f64();
    assert!(spent <= told && told < spent + 1e-3, "{spent} {told}");

    // Rows of people, as a hospital has them.
    let rows = example::heart().join("data/cypress.csv");
    let output = concordat(&["predict", &file, "--in", &shown(&rows), "--id", "person"]);
    let said = String::from_utf8(output.stderr).unwrap();
    // Other columns of theirs are empty here and there, and such a row has no answer.
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("is empty in column"), "{said}");
    let whole = temp.path().join("whole.csv");
    let text = std::fs::read_to_string(&rows).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    let places: Vec<usize> = model
        .recipe()
        .features
        .iter()
        .map(|feature| header.split(',').position(|name| name == feature.column()).unwrap())
        .collect();
    let complete = |row: &&str| {
        let cells: Vec<&str> = row.split(',').collect();
        places.iter().all(|place| !cells[*place].is_empty())
    };
    let rows: Vec<&str> = rows.lines().filter(complete).collect();
    assert_eq!(rows.len(), 46);
    std::fs::write(&whole, format!("{header}\n{}\n", rows.join("\n"))).unwrap();
    let output = concordat(&["predict", &file, "--in", &shown(&whole), "--id", "person"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let answers = String::from_utf8(output.stdout).unwrap();
    let mut lines = answers.lines();
    assert_eq!(lines.next(), Some("person,probability"));
    let told: Vec<f32> = lines
        .zip(&rows)
        .map(|(line, row)| {
            let (person, probability) = line.split_once(',').unwrap();
            assert!(row.starts_with(&format!("{person},")), "{person} {row}");
            probability.parse().unwrap()
        })
        .collect();
    assert_eq!(told.len(), 46);
    assert!(told.iter().all(|p| (0.0..=1.0).contains(p)) && told.iter().any(|p| *p != told[0]));
}
