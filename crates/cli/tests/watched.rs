//! A run while it goes on, and two runs when they are over: real processes, real rows.
#![allow(clippy::disallowed_methods, reason = "a test starts processes and reads their folders")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod world;

use std::fs;

use concordat_partnership::RunStatus;
use serde_json::{Value, json};
use world::services::{RUN, Service, World, until};
use world::{answer, shown};

#[test]
fn a_run_is_watched_and_then_compared_with_the_one_before() {
    let mut world = World::at_rest();
    let config = world.folder("coordinator/concordat.toml");
    let text = fs::read_to_string(&config).unwrap().replace("PT60S", "PT8S");
    fs::write(&config, text).unwrap();
    // The second run tells of itself every ten rounds.
    let recipe = world.folder("agreement/recipe.json");
    let mut text: Value = serde_json::from_slice(&fs::read(&recipe).unwrap()).unwrap();
    text["metrics"] = json!({"clip": "0.25", "loss_most": "4", "every": 10});
    fs::write(&recipe, text.to_string()).unwrap();
    world.start_coordinator();
    // One hospital stays away.
    for party in ["alder", "birch", "cypress", "lab"] {
        world.start_node(party);
    }
    world.open_run();
    let watch = Service::start(&["run", "watch", RUN, "--home", &world.home("vendor")]);
    let last = until("the run is closed", || {
        let last = watch.told().last().cloned()?;
        assert!(last.get("code").is_none(), "{last}");
        last.get("went").is_some().then_some(last)
    });
    let told = watch.told();
    let rounds: Vec<&Value> = told.iter().filter(|line| line.get("step").is_some()).collect();
    assert!(rounds.iter().any(|line| line["absent"] == json!(["dogwood"])), "{told:?}");
    // Before anybody knows how fast it goes there is no estimate; then there is one.
    let paced = rounds.iter().find(|line| line.get("pace").is_some()).unwrap();
    assert!(paced["seconds_left"].is_u64() && paced["pace"]["rounds"].as_u64() > Some(0));
    let metrics = rounds.iter().find(|line| line.get("metrics").is_some()).unwrap();
    assert_eq!(metrics["told"]["round"].as_u64().unwrap() % 10, 0);
    let accuracy = &metrics["metrics"]["trials"][0]["accuracy"];
    assert!(accuracy["low"].as_f64() < accuracy["high"].as_f64(), "{metrics}");
    assert_eq!(last["went"]["absent"], json!(["dogwood"]));
    assert_eq!(last["went"]["joined"], json!(["alder", "birch", "cypress"]));
    assert!(last["went"]["seconds"].is_u64(), "{last}");

    // What the log says of it stays, for whoever has an archive.
    let replica = world.archived("alder");
    let archive = shown(&world.folder("archive-of-the-end"));
    let again = answer(&["run", "watch", RUN, "--archive", &archive]);
    assert_eq!(again["went"], last["went"]);
    let model = |run: &str| match &replica.state().runs()[&run.parse().unwrap()].status {
        RunStatus::Closed(close) => close.model.to_string(),
        other => panic!("{other:?}"),
    };
    let (first, second) = (model("first"), model(RUN));

    // The lab asks both about the same rows.
    let (lab, rows) = (world.home("lab"), shown(&world.folder("lab/held-out.csv")));
    let words = ["--rows", &rows, "--method", "pooled-holdout-accuracy", "--seat", "test-lab"];
    let test = |model: &str, more: &[&str]| {
        let test = [&["evidence", "test", model], &words[..], more, &["--home", &lab]].concat();
        answer(&test)
    };
    test(&first, &[]);
    test(&second, &["--against", &first]);
    let told = answer(&["run", "compare", "first", RUN, "--home", &lab]);
    let tests = &told["tests"][0];
    assert_eq!((&tests["by"], &tests["same_rows"]), (&json!("lab"), &json!(true)));
    let metrics = tests["metrics"].as_array().unwrap();
    assert_eq!(metrics.len(), 4);
    for own in metrics {
        assert_eq!(own["paired"], true, "{own}");
        let number = |at: &str| own.pointer(at).and_then(Value::as_f64).unwrap();
        let (low, value, high) =
            (number("/difference/low"), number("/difference/value"), number("/difference/high"));
        assert!(low <= value && value <= high, "{own}");
        assert_eq!(own["within_noise"], json!(low <= 0.0 && 0.0 <= high));
        let [a, b] = ["first", "second"]
            .map(|side| own[side]["value"].as_str().unwrap().parse::<f64>().unwrap());
        assert!((b - a - value).abs() < 0.000_151, "{own}");
    }
    // Beside what was listed anew, the plans differ in the metrics alone.
    let fields = told["plan"].as_array().unwrap().iter().map(|one| one["field"].as_str().unwrap());
    let fields: Vec<&str> = fields.filter(|field| !field.starts_with("datasets.")).collect();
    let metrics = ["recipe.metrics.clip", "recipe.metrics.every", "recipe.metrics.loss_most"];
    assert_eq!(fields, [&["dimension", "recipe"][..], &metrics].concat());
    // The first run told nothing of itself; the second of the fifty rounds that its model averages.
    assert_eq!(
        (&told["charged"]["first"], &told["charged"]["second"]["rounds"]),
        (&json!(null), &json!(50))
    );
    let loss = &told["charged"]["second"]["trials"][0]["loss"];
    assert!(loss["low"].as_f64() < loss["high"].as_f64(), "{told}");
    assert_eq!(told["recipes"], true);
    assert_eq!(told["runs"]["second"]["absent"], json!(["dogwood"]));
    let charged = told["privacy"]["charged"].as_array().unwrap();
    let own = |holder: &str| charged.iter().find(|one| one["holder"] == holder).unwrap();
    assert!(own("alder")["second"].is_f64() && own("dogwood")["second"].is_null());
}
