//! A model in the hands of somebody with rows and without a network.
#![allow(clippy::disallowed_methods, reason = "a test writes files and starts programs")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod asked_model;
mod world;

use std::path::{Path, PathBuf};

use asked_model::{HEADER, classes, model, number, recipe, rows, yes_no};
use concordat_learn::{Model, Rows};
use serde_json::Value;
use world::{concordat, shown};

/// A folder with a model and rows in it.
fn folder(model: &Model, rows: &str) -> (tempfile::TempDir, PathBuf, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let [file, table] = ["model.safetensors", "rows.csv"].map(|name| dir.path().join(name));
    std::fs::write(&file, model.to_bytes()).unwrap();
    std::fs::write(&table, rows).unwrap();
    (dir, file, table)
}

fn predict(model: &Path, rows: &Path, more: &[&str]) -> (Option<i32>, String, String) {
    let (model, rows) = (shown(model), shown(rows));
    let output = concordat(&[&["predict", &model, "--in", &rows], more].concat());
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// What the library says of the same rows.
fn direct(model: &Model, table: &str) -> Vec<Vec<f64>> {
    let cells = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
    let mut lines = table.lines();
    let rows = Rows::of(model.recipe(), &cells(lines.next().unwrap())).unwrap();
    let mut inputs = Vec::new();
    for (place, line) in lines.enumerate() {
        rows.read(place + 1, &cells(line), &mut inputs).unwrap();
    }
    let told = model.ask(&inputs).unwrap();
    told.chunks(model.recipe().target.width()).map(<[f64]>::to_vec).collect()
}

#[test]
fn every_row_is_answered_in_order_and_the_model_says_whom_it_is_about() {
    // More rows than are read at once.
    let (model, table) = (model(&recipe(yes_no(), &[4])), rows(3_000));
    let (_dir, file, path) = folder(&model, &table);
    let (status, answers, said) = predict(&file, &path, &[]);
    assert_eq!(status, Some(0), "{said}");
    let mut lines = answers.lines();
    assert_eq!(lines.next(), Some("row,probability"));
    let told: Vec<(usize, f32)> = lines
        .map(|line| line.split_once(',').unwrap())
        .map(|(row, told)| (row.parse().unwrap(), told.parse().unwrap()))
        .collect();
    let expected: Vec<(usize, f32)> =
        direct(&model, &table).iter().zip(1..).map(|(told, row)| (row, told[0] as f32)).collect();
    assert_eq!(told, expected);
    assert!(told.iter().any(|(_, p)| *p < 0.4) && told.iter().any(|(_, p)| *p > 0.6));
    assert!(said.contains("3000 rows") && said.contains("Adults of four hospitals"), "{said}");
    // Ages below 30 and above 80 and some values of chol were taken as the nearest bound.
    assert!(said.contains("beyond the model's bounds"), "{said}");
}

#[test]
fn classes_and_numbers_are_told_in_their_own_words_and_units() {
    let table = rows(9);
    let model_of = |target| model(&recipe(target, &[]));
    let (deep, line) = (model_of(classes()), model_of(number()));
    let (_dir, file, path) = folder(&deep, &table);
    let (_, answers, _) = predict(&file, &path, &["--id", "patient"]);
    let mut lines = answers.lines();
    let header = "patient,class,probability of none,probability of some,probability of much";
    assert_eq!(lines.next(), Some(header));
    for ((line, told), n) in lines.zip(direct(&deep, &table)).zip(0..) {
        let cells: Vec<&str> = line.split(',').collect();
        let most = told.iter().copied().fold(f64::MIN, f64::max);
        let likeliest = told.iter().position(|value| *value == most).unwrap();
        assert_eq!(cells[..2], [format!("p-{n}").as_str(), ["none", "some", "much"][likeliest]]);
        assert!((told.iter().sum::<f64>() - 1.0).abs() < 1e-6);
    }

    let (_dir, file, path) = folder(&line, &table);
    let (_, answers, _) = predict(&file, &path, &["--json"]);
    let items: Vec<Value> =
        answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(items.len(), 9);
    for (item, told) in items.iter().zip(direct(&line, &table)) {
        assert_eq!(item["prediction"].as_f64().unwrap(), told[0]);
    }
    assert_eq!(items[8]["row"], 9);
    // Days, and not the scaled numbers that the layers know.
    assert!(items.iter().any(|item| item["prediction"].as_f64().unwrap() > 2.0));
}

#[test]
fn a_row_that_is_not_the_models_is_told_by_its_number_and_no_other_is_answered() {
    let model = model(&recipe(yes_no(), &[]));
    let good = "p,north,50,200,1,1,2";
    let cases = [
        ("p,north,fifty,200,1,1,2", "row 2 has text in the number column `age`", "decimal"),
        ("p,north,,200,1,1,2", "row 2 is empty in column `age`", "leave the row out"),
        ("p,north,50,200,2,1,2", "row 2 is out of bounds in column `sex`", "0 or 1"),
        ("p,cellar,50,200,1,1,2", "row 2 has a level in column `ward`", "levels"),
        ("p,north,50,200,1,1", "row 2 has 6 cells, the header has 7", "quote"),
    ];
    for (bad, what, hint) in cases {
        let (_dir, file, path) = folder(&model, &format!("{HEADER}\n{good}\n{bad}\n"));
        let (status, answers, said) = predict(&file, &path, &[]);
        assert_eq!((status, answers.as_str()), (Some(2), ""), "{said}");
        let lines: Vec<&str> = said.lines().collect();
        assert!(lines[0].contains(what), "{said}");
        assert!(said.contains(hint) && said.contains("problems.md#rows-do-not-fit"), "{said}");
        // Whoever looks over a shoulder learns nothing of the person.
        assert!(!said.contains("cellar") && !said.contains("fifty"), "{said}");
    }
    // A column that the model needs; one for which it has something in its place is not needed.
    let (_dir, file, path) = folder(&model, "age,sex,cp\n50,1,2\n");
    let (status, answers, said) = predict(&file, &path, &[]);
    assert_eq!((status, answers.lines().count()), (Some(0), 2), "{said}");
    std::fs::write(&path, "age,cp\n50,2\n").unwrap();
    let (status, _, said) = predict(&file, &path, &[]);
    assert!(status == Some(2) && said.contains("no column `sex`"), "{said}");
    let (status, _, said) = predict(&file, &path, &["--id", "patient"]);
    assert_eq!(status, Some(2), "{said}");
    // Rows that are no table, and a model that is none.
    let (status, _, said) = predict(&path, &path, &[]);
    assert!(status == Some(2) && said.contains("problems.md#bad-model"), "{said}");
    std::fs::write(&path, b"age,sex,cp\n\xff,1,2\n").unwrap();
    let (status, _, said) = predict(&file, &path, &[]);
    assert!(status == Some(2) && said.contains("row 1 is not UTF-8"), "{said}");
}

/// Nobody's terminal is steered by what stands in a table.
#[test]
fn what_names_a_row_is_shown_and_not_obeyed() {
    let model = model(&recipe(yes_no(), &[]));
    let row = "\"a\u{1b}[2J, b\",north,50,200,1,1,2";
    let (_dir, file, path) = folder(&model, &format!("{HEADER}\n{row}\n"));
    let (_, answers, _) = predict(&file, &path, &["--id", "patient"]);
    assert!(answers.contains("\"a\\u{1b}[2J, b\","), "{answers}");
}
