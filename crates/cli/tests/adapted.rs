//! A model that a party fits to its own rows: it fits better there, says where it comes from, and is
//! sent to nobody.
#![allow(clippy::disallowed_methods, reason = "a test starts processes and reads their folders")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod asked_model;
mod town;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use asked_model::{classes, model, number, recipe, rows, yes_no};
use concordat_learn::{Model, Rows};
use concordat_terms::Digest;
use serde_json::{Value, json};
use town::Town;

fn concordat(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_concordat")).args(arguments).current_dir(dir).output().unwrap()
}

/// Rows with whom they are about and what is predicted. Of a yes, the odds are what the model says to the
/// power of 0.4, and a fifth of that: it is too sure of itself here, and the disease is rarer.
fn table(model: &Model, count: usize) -> String {
    let plain = rows(count);
    let mut lines = plain.lines();
    let header: Vec<String> = lines.next().unwrap().split(',').map(str::to_owned).collect();
    let reader = Rows::of(model.recipe(), &header).unwrap();
    let width = model.recipe().target.width();
    let mut table = format!("person,{},num\n", header.join(","));
    let mut state = 7_u64;
    for (place, line) in lines.enumerate() {
        let mut inputs = Vec::new();
        let cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        reader.read(place + 1, &cells, &mut inputs).unwrap();
        let said = model.ask(&inputs).unwrap();
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let draw = (state >> 33) as f64 / (1_u64 << 31) as f64;
        let truth = match width {
            1 if said[0] <= 1.0 => {
                let odds = (said[0] / (1.0 - said[0]).max(1e-9)).powf(0.4) / 5.0;
                u8::from(draw < odds / (1.0 + odds)).to_string()
            }
            // A number that is half of what the model says, and five more.
            1 => format!("{:.3}", said[0] / 2.0 + 5.0 + 4.0 * draw),
            // Classes by a model that is far less sure.
            _ => {
                let powers: Vec<f64> = said.iter().map(|own| own.max(1e-9).powf(0.2)).collect();
                let (mut left, all) = (draw, powers.iter().sum::<f64>());
                let class = powers.iter().position(|own| {
                    left -= own / all;
                    left < 0.0
                });
                ["none", "some", "much"][class.unwrap_or(2)].to_owned()
            }
        };
        table.push_str(&format!("q-{place},{line},{truth}\n"));
    }
    table
}

/// A folder with `model.safetensors` and `rows.csv`.
fn folder(model: &Model, count: usize) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("model.safetensors"), model.to_bytes()).unwrap();
    fs::write(dir.path().join("rows.csv"), table(model, count)).unwrap();
    dir
}

fn adapted(dir: &Path, more: &[&str]) -> (Model, Value) {
    let words =
        ["model", "adapt", "model.safetensors", "--in", "rows.csv", "--out", "own", "--json"];
    let output = concordat(dir, &[&words[..], more].concat());
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{told}");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let model = Model::from_bytes(&fs::read(dir.join("own")).unwrap()).unwrap();
    (model, answer)
}

#[test]
fn a_model_that_is_too_sure_here_is_calibrated_to_local_rows() {
    for (target, hidden) in
        [(yes_no(), &[][..]), (yes_no(), &[4]), (classes(), &[4]), (number(), &[4])]
    {
        let parent = model(&recipe(target.clone(), hidden));
        let dir = folder(&parent, 900);
        let (own, told) = adapted(dir.path(), &[]);
        let loss = &told["held_out"]["metrics"][0];
        assert_eq!(loss["metric"], "loss");
        // By more than chance explains, on rows that it was not fitted to.
        assert!(loss["difference"]["high"].as_f64().unwrap() < 0.0, "{target}: {told}");
        assert_eq!(told["parent"], parent.digest().to_string());
        assert_eq!(told["model"], own.digest().to_string());
        let card = own.adapted().unwrap();
        assert_eq!(card.parent, parent.digest());
        // 340 in a thousand persons are held out; the number of the others is told in fifties.
        assert_eq!(card.rows_band % 50, 0);
        let (held, band) = (told["held_out"]["rows"].as_u64().unwrap(), u64::from(card.rows_band));
        assert!((0..50).contains(&(900 - held - band)), "{told}");
        assert_eq!(own.trained(), parent.trained());
        let mode = fs::metadata(dir.path().join("own")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn an_adapted_model_answers_and_is_a_graph_and_says_that_it_is_local() {
    let parent = model(&recipe(yes_no(), &[4]));
    let dir = folder(&parent, 600);
    let (own, _) = adapted(dir.path(), &["--method", "last-layer", "--pull", "0.1"]);
    assert_eq!(own.adapted().unwrap().pull, Some("0.1".parse().unwrap()));
    let output = concordat(dir.path(), &["predict", "own", "--in", "rows.csv"]);
    let (answers, said) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!((output.status.code(), answers.lines().count()), (Some(0), 601), "{said}");
    assert!(said.contains("local, not for sharing"), "{said}");
    let output = concordat(dir.path(), &["export", "onnx", "own", "--out", "own.onnx"]);
    assert_eq!(output.status.code(), Some(0));
    let graph = fs::read(dir.path().join("own.onnx")).unwrap();
    let graph = String::from_utf8_lossy(&graph).into_owned();
    assert!(graph.contains("concordat.adapted") && graph.contains("local, not for sharing"));
    assert!(graph.contains(&parent.digest().to_string()));
    let mode = fs::metadata(dir.path().join("own.onnx")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    // Adapted again, its line goes on.
    let words = ["model", "adapt", "own", "--in", "rows.csv", "--method", "all", "--out", "third"];
    let output = concordat(dir.path(), &words);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains(&own.digest().to_string()), "{text}");
}

#[test]
fn what_cannot_be_fitted_is_told_and_nothing_is_written() {
    let parent = model(&recipe(yes_no(), &[]));
    let dir = folder(&parent, 60);
    let refused = |more: &[&str], code: &str, hint: &str| {
        let words = ["model", "adapt", "model.safetensors", "--out", "own"];
        let output = concordat(dir.path(), &[&words[..], more].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(&format!("#{code}")) && said.contains(hint), "{said}");
        assert!(!dir.path().join("own").exists());
    };
    refused(&["--in", "rows.csv"], "not-adapted", "name more rows");
    fs::write(dir.path().join("without.csv"), rows(200)).unwrap();
    refused(&["--in", "without.csv"], "rows-do-not-fit", "add the column");
    fs::write(dir.path().join("rows.csv"), table(&parent, 400)).unwrap();
    let more = ["--in", "rows.csv", "--method", "all", "--pull=-1"];
    refused(&more, "not-adapted", "0 or more");
    refused(&["--in", "none.csv"], "no-such-file", "check the path");
}

#[test]
fn no_command_sends_a_model_that_was_fitted_to_local_rows() {
    let parent = model(&recipe(yes_no(), &[]));
    let dir = folder(&parent, 300);
    adapted(dir.path(), &[]);
    concordat(dir.path(), &["export", "onnx", "own", "--out", "own.onnx"]);
    let town = Town::new();
    let log = town.found();
    let (mut coordinator, listening) = town.serve();
    town.settle(&log, &listening);
    let attempt = |file: &str| {
        let path = dir.path().join(file);
        let report = Digest::of(&fs::read(&path).unwrap());
        let act = json!({
            "subject": parent.digest(), "method": "pooled-holdout-accuracy",
            "results": { "accuracy": "0.8" }, "cases": 250, "report": report,
        });
        let (act, path) = (act.to_string(), path.display().to_string());
        let home = town.home("lab");
        let words = ["act", "evidence.submit", &act, "--seat", "test-lab", "--home", &home];
        town.run(&[&words[..], &["--blob", &path]].concat())
    };
    for file in ["own", "own.onnx"] {
        let left = attempt(file);
        let told = left.lines.last().unwrap();
        assert_eq!((left.status, &told["code"]), (1, &json!("local-model")), "{told}");
    }
    // The one that it was adapted from is sent, and what then is refused is the act.
    let left = attempt("model.safetensors");
    assert_eq!((left.status, &left.lines[0]["admitted"]), (1, &json!(false)));
    coordinator.kill().unwrap();
    coordinator.wait().unwrap();
}
