//! Models as ONNX graphs: what another runtime makes of cells is what `predict` says of them.
//!
//! `cargo xtask test` installs the runtime and names its folder in `CONCORDAT_STRANGERS`; without
//! it only our own half is tested. `tests/strangers/onnx_rows.py` asks it.
#![allow(clippy::disallowed_methods, reason = "a test lays out files and starts programs")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod asked_model;
mod asking;
mod world;

use asked_model::{HEADER, classes, model, model_with, number, recipe, rows, yes_no};
use asking::{Files, asked, changed, script, tools};
use concordat_cli::formats::onnx::onnx;
use concordat_learn::{Model, Rows};
use serde_json::{Value, json};
use world::{answer, shown};

/// Columns of texts; every other one is of numbers.
const TEXTS: [&str; 1] = ["ward"];

/// A graph, the cells that it is given by column, and what we say of each row: nothing of one that
/// we would refuse. Answers are told in parts of the target's width.
fn files(model: &Model, table: &str) -> Files {
    let records: Vec<Vec<String>> =
        table.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect();
    let (header, records) = records.split_first().unwrap();
    let rows = Rows::of(model.recipe(), header).unwrap();
    let width = model.recipe().target.width();
    let answers: Vec<Option<Vec<f64>>> = records
        .iter()
        .map(|cells| {
            let mut inputs = Vec::new();
            rows.read(1, cells, &mut inputs).ok()?;
            Some(model.ask(&inputs).unwrap()[..width].to_vec())
        })
        .collect();
    let column = |name: &str| -> Value {
        let place = header.iter().position(|column| column == name).unwrap();
        let cells = records.iter().map(|cells| cells[place].as_str());
        match TEXTS.contains(&name) {
            true => cells.map(Value::from).collect(),
            false => cells
                .map(|cell| cell.parse::<f64>().ok().map_or(Value::Null, Value::from))
                .collect(),
        }
    };
    let cells: serde_json::Map<String, Value> = model
        .recipe()
        .features
        .iter()
        .map(|feature| (feature.column().to_owned(), column(feature.column())))
        .collect();
    let asked = json!({ "cells": cells, "answers": answers });
    [("model.onnx".to_owned(), onnx(model)), ("asked.json".to_owned(), asked.to_string().into())]
        .into()
}

/// Rows as `rows` has them, and three that the model has no answer to.
fn table() -> String {
    let more = ["p,cellar,50,200,1,1,2", "p,north,,200,1,1,2", "p,north,50,200,3,1,2"];
    format!("{}{}\n", rows(400), more.join("\n"))
}

#[test]
fn another_runtime_says_the_same_of_every_row_as_we_do() {
    let models = [
        ("a logistic regression", model(&recipe(yes_no(), &[]))),
        ("two hidden layers", model(&recipe(yes_no(), &[16, 8]))),
        ("three classes", model(&recipe(classes(), &[8]))),
        ("days", model(&recipe(number(), &[8]))),
    ];
    for (what, model) in &models {
        let ours = files(model, &table());
        assert!(ours["asked.json"].windows(5).any(|bytes| bytes == b"null]"), "{what}");
        let other = model_with(model.recipe(), 1);
        let moved = changed(&ours, "model.onnx", |bytes| *bytes = onnx(&other));
        let cut = changed(&ours, "model.onnx", |bytes| bytes.truncate(bytes.len() / 2));
        let Some(tools) = tools() else { continue };
        let cases = [(*what, ours), ("another bias", moved), ("half of it", cut)];
        asked(&tools.join("venv/bin/python"), &[&script("onnx_rows.py")], &cases);
    }
}

#[test]
fn a_graph_is_written_whole_and_the_same_for_the_same_model() {
    let dir = tempfile::tempdir().unwrap();
    let [file, to] = ["model.safetensors", "model.onnx"].map(|name| dir.path().join(name));
    let model = model(&recipe(classes(), &[8]));
    std::fs::write(&file, model.to_bytes()).unwrap();
    let written = answer(&["export", "onnx", &shown(&file), "--out", &shown(&to)]);
    assert_eq!(written["model"], model.digest().to_string());
    let bytes = std::fs::read(&to).unwrap();
    assert_eq!(bytes, onnx(&model));
    // The columns by their names, and whose model it is.
    let says = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    for column in HEADER.split(',').filter(|column| *column != "patient") {
        assert!(says(column), "{column}");
    }
    assert!(says(&model.digest().to_string()) && says("Adults of four hospitals"));
}
