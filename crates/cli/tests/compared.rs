//! Two runs beside each other: what differs, what it cost, and whether it did any good.
#![allow(clippy::disallowed_methods, reason = "a test starts processes and reads their folders")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod archived;
#[path = "../../replay/tests/common/mod.rs"]
mod common;
mod worked;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use archived::archived;
use common::{HOSPITALS, Story, digest, one_run};
use concordat_learn::{Model, Recipe, Training};
use concordat_partnership::Act;
use concordat_partnership::act::{AbortReason, EvidenceSubmit, RunAbort, RunClose, RunPropose};
use concordat_terms::{Cost, Digest};
use serde_json::{Value, json};
use worked::{blobs_of_heart, concordat, said};

fn a<T: std::str::FromStr>(text: &str) -> T {
    text.parse().ok().unwrap_or_else(|| panic!("`{text}`"))
}

const RECIPE: &str = include_str!("../../../examples/heart/recipe.json");

/// The heart recipe with another rate.
fn recipe(rate: &str) -> String {
    let mut recipe: Value = serde_json::from_str(RECIPE).unwrap();
    recipe["optimiser"]["rate"] = json!(rate);
    recipe.to_string()
}

fn cost(sigma: &str) -> Cost {
    let event = concordat_dp::Event { sigma: a(sigma), q: a("0.1"), count: 102 };
    concordat_dp::cost(&[event]).unwrap()
}

/// Proposes, approves and opens a run with this noise, and has these join it.
fn begun(story: &mut Story, name: &str, (noise, recipe): (&str, &str), joins: &[&str]) {
    let Act::RunPropose(proposed) = story.proposal(name, |plan| {
        plan.noise = a(noise);
        plan.sampling_rate = a("0.1");
        plan.recipe = digest(recipe);
    }) else {
        panic!("a proposal")
    };
    let RunPropose { run, plan } = proposed;
    story.admit("vendor", "trainer", Act::RunPropose(RunPropose { run, plan }));
    for hospital in ["alder", "birch", "cypress"] {
        story.admit(hospital, "data-holder", Act::RunApprove(one_run(name)));
    }
    story.admit("vendor", "trainer", Act::RunOpen(one_run(name)));
    for hospital in joins {
        story.admit(hospital, "data-holder", story.join(name, cost(noise)));
    }
}

fn closed(story: &mut Story, name: &str, attempts: u32, roster: &[&str]) {
    closed_with(story, name, digest(&format!("model of {name}")), attempts, roster);
}

fn closed_with(story: &mut Story, name: &str, model: Digest, attempts: u32, roster: &[&str]) {
    let seats = ["alder", "birch", "cypress"].map(|party| (party, "data-holder"));
    let close = Act::RunClose(RunClose {
        run: a(name),
        model,
        rounds: 100,
        attempts,
        transcript: digest("transcript"),
        roster: roster.iter().map(|party| a(party)).collect(),
    });
    let entry = story.sign(&seats, &close);
    let verdict = story.step(entry);
    assert!(verdict.is_admitted(), "{:?}", verdict.refusal());
}

/// What the lab files of a run's model: the results, and the report with what is `more` in it.
fn tested(
    story: &mut Story,
    blobs: &mut BTreeMap<Digest, Vec<u8>>,
    (run, cases): (&str, u32),
    results: &[(&str, &str)],
    more: Value,
) {
    let model = digest(&format!("model of {run}"));
    let own: BTreeMap<&str, &str> = results.iter().copied().collect();
    let mut report = json!({
        "model": model, "method": "pooled-holdout-accuracy", "cases": cases, "results": own,
    });
    for (name, value) in more.as_object().unwrap() {
        report[name] = value.clone();
    }
    let report = report.to_string().into_bytes();
    let act = Act::EvidenceSubmit(EvidenceSubmit {
        subject: model,
        method: a("pooled-holdout-accuracy"),
        results: results.iter().map(|(name, value)| (a(name), a(value))).collect(),
        cases: cases.try_into().unwrap(),
        report: Digest::of(&report),
        record: None,
    });
    blobs.insert(Digest::of(&report), report);
    story.admit("lab", "test-lab", act);
}

/// Two runs with models that a lab tested on the same rows, a third that was aborted.
fn three_runs() -> (Story, BTreeMap<Digest, Vec<u8>>) {
    let (one, two) = (recipe("1"), recipe("2"));
    let mut blobs = blobs_of_heart();
    for text in [&one, &two] {
        blobs.insert(digest(text), text.clone().into_bytes());
    }
    let mut story = Story::ready();
    story.tick("2027-01-02T08:00:00Z");
    begun(&mut story, "first", ("7", &one), &HOSPITALS);
    story.tick("2027-01-02T08:03:00Z");
    closed(&mut story, "first", 100, &HOSPITALS);
    story.tick("2027-01-03T08:00:00Z");
    begun(&mut story, "second", ("10", &two), &HOSPITALS);
    story.tick("2027-01-03T08:05:00Z");
    closed(&mut story, "second", 102, &["alder", "birch", "cypress"]);
    begun(&mut story, "third", ("16", &one), &["alder", "birch"]);
    story.tick("2027-01-03T09:05:00Z");
    let abort = RunAbort {
        run: a("third"),
        reason: AbortReason::TooFewParticipants,
        named: [a("cypress"), a("dogwood")].into(),
    };
    story.act("sequencer", "sequencer", Act::RunAbort(abort));

    let rows = digest("rows");
    let about = ("first", 254);
    let results = [("accuracy", "0.8"), ("auc", "0.87"), ("majority", "0.52"), ("odd", "3")];
    tested(&mut story, &mut blobs, about, &results, json!({ "rows": rows }));
    let paired = json!({
        "rows": rows,
        "intervals": { "accuracy": { "low": "0.79", "high": "0.88" } },
        "against": { digest("model of first").to_string(): {
            "accuracy": { "value": "0.04", "low": "0.0101", "high": "0.0699" },
        } },
    });
    let results = [("accuracy", "0.84"), ("auc", "0.88"), ("majority", "0.52"), ("odd", "4")];
    tested(&mut story, &mut blobs, ("second", 254), &results, paired);
    (story, blobs)
}

fn archive_of(temp: &Path) -> String {
    let (story, blobs) = three_runs();
    let archive = temp.join("archive");
    archived(&story, &blobs, &archive);
    archive.display().to_string()
}

/// As if the terminal were wide.
fn unbroken(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn compared(archive: &str, runs: [&str; 2]) -> Value {
    let [first, second] = runs;
    let text = said(&["run", "compare", first, second, "--archive", archive, "--json"]);
    serde_json::from_str(&text).unwrap()
}

#[test]
fn two_runs_differ_in_what_their_plans_say_and_in_nothing_else() {
    let temp = tempfile::tempdir().unwrap();
    let archive = archive_of(temp.path());
    let told = compared(&archive, ["first", "second"]);
    let fields: Vec<&str> =
        told["plan"].as_array().unwrap().iter().map(|one| one["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["noise", "recipe", "recipe.optimiser.rate"]);
    assert_eq!(told["plan"][0], json!({"field": "noise", "first": "7", "second": "10"}));
    assert_eq!(told["plan"][2]["second"], "2");

    // More noise costs less, to whoever looks; and each holder was charged what it reserved.
    let [first, second] = ["first", "second"].map(|run| told["privacy"]["faced"][run].clone());
    for (first, second) in first.as_array().unwrap().iter().zip(second.as_array().unwrap()) {
        assert_eq!(first["adversary"], second["adversary"]);
        assert!(first["filter"].as_f64() > second["filter"].as_f64(), "{first} {second}");
    }
    let charged = told["privacy"]["charged"].as_array().unwrap();
    assert_eq!(charged.len(), 4);
    for (run, noise) in [("first", "7"), ("second", "10")] {
        let by_hand = concordat_dp::epsilon(&cost(noise), a("0.0001")).unwrap();
        assert!(charged.iter().all(|one| one[run].as_f64() == Some(by_hand)), "{charged:?}");
    }

    let runs = &told["runs"];
    assert_eq!((&runs["first"]["seconds"], &runs["second"]["seconds"]), (&json!(180), &json!(300)));
    assert_eq!((&runs["first"]["lost"], &runs["second"]["lost"]), (&json!(0), &json!(2)));
    assert_eq!(runs["first"]["dropped"], json!([]));
    assert_eq!(runs["second"]["dropped"], json!(["dogwood"]));
    // The other way round, it says the opposite.
    let turned = compared(&archive, ["second", "first"]);
    assert_eq!(turned["plan"][0], json!({"field": "noise", "first": "10", "second": "7"}));
}

#[test]
fn a_difference_that_may_be_none_is_said_to_be_noise() {
    let temp = tempfile::tempdir().unwrap();
    let archive = archive_of(temp.path());
    let told = compared(&archive, ["first", "second"]);
    let [tests] = told["tests"].as_array().unwrap().as_slice() else { panic!("{told}") };
    assert_eq!((&tests["by"], &tests["same_rows"]), (&json!("lab"), &json!(true)));
    let metric = |tests: &Value, name: &str| {
        let all = tests["metrics"].as_array().unwrap();
        all.iter().find(|own| own["metric"] == name).unwrap().clone()
    };
    // The lab compared the answers row by row, and its report says so.
    let accuracy = metric(tests, "accuracy");
    assert_eq!((&accuracy["paired"], &accuracy["within_noise"]), (&json!(true), &json!(false)));
    assert_eq!(accuracy["difference"], json!({"value": 0.04, "low": 0.0101, "high": 0.0699}));
    assert_eq!(accuracy["second"], json!({"value": "0.84", "low": 0.79, "high": 0.88}));
    // Wilson's interval of 203.2 in 254, from the log alone.
    let low = accuracy["first"]["low"].as_f64().unwrap();
    assert!((low - 0.7465).abs() < 0.0005, "{low}");
    // Of the areas it said nothing: as if they were of different rows, they may be the same.
    let auc = metric(tests, "auc");
    assert_eq!((&auc["paired"], &auc["within_noise"]), (&json!(false), &json!(true)));
    // Nobody knows how sure that is; and the share of the commoner label is nobody's merit.
    let odd = metric(tests, "odd");
    assert!(odd.get("difference").is_none() && odd.get("within_noise").is_none(), "{odd}");
    assert_eq!(tests["metrics"].as_array().unwrap().len(), 3);

    // The other way round it is the opposite, by the same report.
    let turned = compared(&archive, ["second", "first"]);
    let accuracy = metric(&turned["tests"][0], "accuracy");
    assert_eq!(accuracy["difference"], json!({"value": -0.04, "low": -0.0699, "high": -0.0101}));
    assert_eq!(accuracy["paired"], true);
}

#[test]
fn a_report_that_says_other_results_than_were_filed_is_not_believed() {
    let temp = tempfile::tempdir().unwrap();
    let (mut story, mut blobs) = three_runs();
    // The lab files the second model's result anew, with a report that claims another model.
    let lie = json!({ "rows": digest("rows"), "model": digest("another"),
        "against": { digest("model of first").to_string(): {
            "accuracy": { "value": "0.3", "low": "0.2", "high": "0.4" } } } });
    story.tick("2027-01-04T08:00:00Z");
    let results = [("accuracy", "0.84"), ("majority", "0.52")];
    tested(&mut story, &mut blobs, ("second", 254), &results, lie);
    let archive = temp.path().join("archive");
    archived(&story, &blobs, &archive);
    let told = compared(&archive.display().to_string(), ["first", "second"]);
    let tests = &told["tests"][0];
    assert!(tests.get("same_rows").is_none(), "{tests}");
    assert_eq!(tests["metrics"][0]["paired"], false);
    assert!(tests["metrics"][0]["difference"]["value"].as_f64().unwrap() < 0.05);
}

#[test]
fn a_run_without_a_model_is_compared_too_and_names_who_it_was_due_to() {
    let temp = tempfile::tempdir().unwrap();
    let archive = archive_of(temp.path());
    let told = compared(&archive, ["first", "third"]);
    let third = &told["runs"]["second"];
    assert_eq!(
        (&third["status"], &third["aborted"]),
        (&json!("aborted"), &json!("too-few-participants"))
    );
    assert_eq!(
        (&third["named"], &third["absent"]),
        (&json!(["cypress", "dogwood"]), &json!(["cypress", "dogwood"]))
    );
    assert_eq!(told["tests"], json!([]));
    // Only those who joined were charged.
    let charged = told["privacy"]["charged"].as_array().unwrap();
    let none: Vec<&Value> =
        charged.iter().filter(|one| one["second"].is_null()).map(|one| &one["holder"]).collect();
    assert_eq!(none, ["cypress", "dogwood"]);

    for (runs, code) in [(["first", "fourth"], "unknown-run"), (["first", "first"], "same-run")] {
        let output = concordat(&["run", "compare", runs[0], runs[1], "--archive", &archive]);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(&format!("problems.md#{code}")), "{told}");
    }
}

/// The heart recipe with metrics and so many optimisers more.
fn metered(trials: usize) -> Recipe {
    let mut recipe: Value = serde_json::from_str(RECIPE).unwrap();
    recipe["metrics"] = json!({"clip": "0.25", "loss_most": "4", "every": 1});
    (recipe["rounds"], recipe["average_last"]) = (json!(1), json!(1));
    let trial = |n| json!({"rate": format!("{n}.5"), "momentum": "0"});
    recipe["trials"] = (1..=trials).map(trial).collect();
    serde_json::from_value(recipe).unwrap()
}

/// The model of one round in which each optimiser's batch told of so many right, wrong, and their loss.
fn model_told(recipe: &Recipe, told: &[[f64; 3]]) -> Model {
    let unit = 0.25 / (2.0 * told.len() as f64).sqrt() * f64::from(1 << 18);
    let sum = told.iter().flat_map(|[right, wrong, loss]| {
        let numbers = [right * unit, wrong * unit, loss / 4.0 * unit];
        let zeros = vec![0; recipe.parameters()];
        zeros.into_iter().chain(numbers.map(|value| value as i64))
    });
    let sum: Vec<i64> = sum.collect();
    Training::begin(recipe).step(recipe, &sum, 18).unwrap().finish(recipe, None).unwrap()
}

#[test]
fn what_runs_told_of_their_own_batches_has_the_noise_in_its_intervals() {
    let (one, three) = (metered(0), metered(2));
    let few = model_told(&one, &[[3_200.0, 800.0, 2_000.0]]);
    let told =
        [[2_000.0, 2_000.0, 3_000.0], [3_400.0, 600.0, 1_500.0], [3_000.0, 1_000.0, 1_800.0]];
    let many = model_told(&three, &told);
    let mut blobs = blobs_of_heart();
    let mut story = Story::ready();
    for (name, noise, recipe, model) in [("one", "7", &one, &few), ("three", "10", &three, &many)] {
        let text = String::from_utf8(concordat_terms::jcs::to_bytes(recipe).unwrap()).unwrap();
        begun(&mut story, name, (noise, &text), &HOSPITALS);
        closed_with(&mut story, name, model.digest(), 100, &HOSPITALS);
        blobs.insert(digest(&text), text.into_bytes());
        blobs.insert(model.digest(), model.to_bytes());
    }
    let temp = tempfile::tempdir().unwrap();
    let archive = temp.path().join("archive");
    archived(&story, &blobs, &archive);
    let archive = archive.display().to_string();
    let told = compared(&archive, ["one", "three"]);
    let [first, second] = ["first", "second"].map(|side| told["charged"][side].clone());
    assert_eq!((&first["chosen"], &second["chosen"]), (&json!(0), &json!(1)));
    assert_eq!(second["trials"].as_array().unwrap().len(), 3);
    let number = |value: &Value, at: &str| value.pointer(at).and_then(Value::as_f64).unwrap();
    for (told, accuracy, loss) in [(&first, 0.8, 0.5), (&second, 0.85, 0.375)] {
        let place = told["chosen"].as_u64().unwrap();
        let at = |name: &str| format!("/trials/{place}/{name}");
        assert!((number(told, &at("accuracy/value")) - accuracy).abs() < 1e-3, "{told}");
        assert!((number(told, &at("loss/value")) - loss).abs() < 1e-3, "{told}");
        let wide = number(told, &at("accuracy/high")) - number(told, &at("accuracy/low"));
        assert!((0.01..0.9).contains(&wide), "{told}");
    }
    // Three optimisers share the clip: of each less is known. And the second plan has more noise.
    let wide = |told: &Value, place: &str| {
        number(told, &format!("/trials/{place}/accuracy/high"))
            - number(told, &format!("/trials/{place}/accuracy/low"))
    };
    assert!(wide(&second, "2") > 1.7 * wide(&first, "0"), "{first} {second}");
    let text = unbroken(&said(&["run", "compare", "one", "three", "--archive", &archive]));
    assert!(text.contains("three: optimiser 1, chosen: accuracy 0.8500"), "{text}");
    assert!(text.contains("accuracy apart by +0.05"), "{text}");
    let shown = unbroken(&said(&["run", "show", "three", "--archive", &archive]));
    assert!(shown.contains("optimiser 0: accuracy 0.5000"), "{shown}");
    // What differs says that one of them was a sweep.
    let fields: Vec<&Value> =
        told["plan"].as_array().unwrap().iter().map(|one| &one["field"]).collect();
    assert!(fields.contains(&&json!("recipe.trials.1.rate")), "{fields:?}");
}

#[test]
fn the_commands_of_the_page_print_what_it_explains() {
    let temp = tempfile::tempdir().unwrap();
    archive_of(temp.path());
    let page = include_str!("../../../docs/how-to/compare-runs.md");
    let binary = Path::new(env!("CARGO_BIN_EXE_concordat")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let mut typed = 0;
    for block in page.split("\n```") {
        let Some(commands) = block.strip_prefix("sh\n") else { continue };
        let output = Command::new("bash")
            .args(["-e", "-c", commands])
            .current_dir(temp.path())
            .env("PATH", &path)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{commands}: {}", String::from_utf8_lossy(&output.stderr));
        for part in ["the plans", "what they disclose of a person", "tests of both models"] {
            assert!(text.lines().any(|line| line.starts_with(part)), "{part}: {text}");
        }
        let text = unbroken(&text);
        for words in ["within noise", "more than noise", "row by row", "as if on different rows"] {
            assert!(text.contains(words), "{words}: {text}");
        }
        typed += 1;
    }
    assert!(typed > 0, "the page has no commands");
}
