//! The pilot, as a person starts it: on the example, and on a partnership it has never seen.
#![allow(clippy::disallowed_methods, reason = "a test starts processes and reads their folders")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod world;

use std::path::Path;
use std::process::Output;

use serde_json::Value;
use world::{answer, concordat, example, files, processes, shown};

fn pilot(dir: &Path, more: &[&str]) -> Output {
    let dir = shown(dir);
    concordat(&[&["pilot", "--headless", "--dir", &dir, "--json"], more].concat())
}

fn report(output: &Output) -> Value {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What was refused, in order: the act, the code, the clause.
fn refusals(report: &Value) -> Vec<String> {
    let refused = report["refused"].as_array().unwrap().iter();
    let told = refused.map(|refusal| {
        let [act, code] = ["act", "code"].map(|name| refusal[name].as_str().unwrap());
        format!("{act} {code} {}", refusal["clause"].as_str().unwrap_or("-"))
    });
    told.collect()
}

#[test]
fn the_pilot_ends_with_a_released_model_and_an_archive_that_verifies_and_leaves_nothing_running() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("pilot");
    let report = report(&pilot(&dir, &[]));
    assert_eq!(report["run"]["rounds"], 100);
    let expected = [
        "run.propose module-not-in-force data-use/train-on-heart-rows",
        "run.open needs-approvals protocol/three-approvals",
        "run.propose forbidden data-use/no-insurance-runs",
        "run.propose dataset-withdrawn -",
    ];
    assert_eq!(refusals(&report), expected);
    // What `why` found: the clause that forbids, and all else that would have to be otherwise.
    let why = report["refused"][2]["why"].as_array().unwrap();
    assert_eq!(why[0]["code"], "forbidden");
    assert!(why.iter().any(|problem| problem["code"] == "purpose-not-allowed"), "{why:?}");
    assert_eq!(processes(&dir), Vec::<String>::new());
    let log = report["log"].as_str().unwrap();
    let verified = answer(&["verify", &shown(&dir.join("archive")), "--log", log]);
    assert_eq!(verified["size"], report["entries"]);
    assert_eq!(verified["admitted"], report["admitted"]);
    assert_eq!((&verified["refused"], &report["refused_entries"]), (&4.into(), &4.into()));
    // The first checkpoint that counted dates the beginning, and the last one the rest: of a log of less
    // than a day, no other is kept.
    let sizes = std::fs::read_to_string(dir.join("archive/checkpoints/sizes")).unwrap();
    let older: Vec<u64> = sizes.lines().map(|size| size.parse().unwrap()).collect();
    let covered = verified["covered"].as_array().unwrap();
    assert_eq!((older.len(), covered.len()), (1, 2), "{covered:?}");
    assert_eq!(covered[1]["first"], older[0]);
    assert!(dir.join(format!("archive/checkpoints/{}", older[0])).is_file());
    // The pilot knows which log it founded, and had the archive verified as that one's.
    let genesis = "genesis: entry 0 is the one that you named, signed by all founders";
    assert!(report["verified"].as_array().unwrap().iter().any(|check| check == genesis));
    // The exact figure is the lab's; partners would see a noised one.
    let partners = &report["partners"];
    let [low, share, high, epsilon] =
        ["low", "share", "high", "epsilon"].map(|name| partners[name].as_f64().unwrap());
    assert!(low < share && share < high && epsilon <= 1.0, "{partners}");

    // Every folder holds the whole log, and what was refused lies there to be tried again.
    for party in ["alder", "lab", "vendor"] {
        let log = concordat(&["log", "--offline", "--json", "--home", &shown(&dir.join(party))]);
        let told = String::from_utf8(log.stdout).unwrap();
        assert_eq!(told.lines().count() as u64, report["entries"].as_u64().unwrap(), "{party}");
    }
    let next = report["next"].to_string();
    assert!(next.contains("log --home") && next.contains("--offline"), "{next}");
    let left = std::fs::read_to_string(dir.join("other-purpose.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&left).unwrap()["run"], "other-purpose");

    // The folder is taken now: three lines for a person, and nothing is touched.
    let before = files(&dir);
    let again = concordat(&["pilot", "--headless", "--dir", &shown(&dir)]);
    let said = String::from_utf8(again.stderr).unwrap();
    assert_eq!((again.status.code(), said.lines().count()), (Some(2), 3), "{said}");
    assert!(said.contains("is not empty"), "{said}");
    assert!(files(&dir) == before, "the second pilot changed the folder");
}

#[test]
fn an_agreement_with_other_names_comes_to_the_same_scenarios() {
    let temp = tempfile::tempdir().unwrap();
    example::write(&example::rename(&example::read()), temp.path());
    let checked = concordat(&["check", &shown(temp.path())]);
    let said = String::from_utf8(checked.stdout).unwrap();
    assert_eq!(checked.status.code(), Some(0), "{}", String::from_utf8(checked.stderr).unwrap());
    assert!(said.contains(" steps: all as written\n"), "{said}");
}

#[test]
fn another_partnership_runs_the_same_way_with_other_names_five_holders_and_other_tables() {
    let temp = tempfile::tempdir().unwrap();
    let mut other = example::read();
    example::add_a_hospital(&mut other);
    example::shuffle_columns(&mut other);
    example::write_as_spreadsheets_do(&mut other);
    // Another dataset has no part in it, although its name comes first.
    example::add_a_dataset(&mut other);
    // Places are declared as the clauses ask.
    example::replace(&mut other, "protocol.md", "place.class >= 2", "place.class >= 3");
    let other = example::rename(&other);
    assert!(other.contains_key("data/redle.csv") && other.contains_key("esaeler.md"));
    assert!(other["seitrap.md"].contains("id = \"redloh-atad\""));
    let (folder, dir) = (temp.path().join("example"), temp.path().join("pilot"));
    example::write(&other, &folder);
    let report = report(&pilot(&dir, &["--example", &shown(&folder)]));
    assert_eq!((&report["parties"], &report["run"]["roster"]), (&7.into(), &5.into()));
    // The lab was handed what no training sees, and says of it what tells nobody which rows.
    let rows = std::fs::read(dir.join("bal/held-out.csv")).unwrap();
    assert!(!rows.is_empty() && !rows.starts_with("\u{feff}".as_bytes()));
    let bare = concordat_terms::Digest::of(&rows).to_string();
    let told = files(&dir.join("archive"));
    let tells = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains(&bare);
    assert!(!told.values().any(|bytes| tells(bytes)), "an unsalted digest of rows");
    // What is true of the built-in rows is not said of others.
    let banner = report["banner"].as_str().unwrap();
    assert!(banner.contains(&shown(&folder)) && !banner.contains("hospital"), "{banner}");
    let expected = [
        "run.propose module-not-in-force esu-atad/swor-traeh-no-niart",
        "run.open needs-approvals locotorp/slavorppa-eerht",
        "run.propose forbidden esu-atad/snur-ecnarusni-on",
        "run.propose dataset-withdrawn -",
    ];
    assert_eq!(refusals(&report), expected);
    answer(&["verify", &shown(&dir.join("archive"))]);
    assert_eq!(processes(&dir), Vec::<String>::new());
}

/// Three more processes, one of them a party's that has no node.
#[test]
fn a_partnership_that_sums_over_three_aggregators_comes_to_a_released_model_too() {
    let temp = tempfile::tempdir().unwrap();
    let (folder, dir) = (temp.path().join("example"), temp.path().join("pilot"));
    let mut other = example::read();
    example::sum_over_three_aggregators(&mut other);
    example::replace(&mut other, "recipe.json", "\"rounds\": 100", "\"rounds\": 12");
    example::replace(&mut other, "recipe.json", "\"average_last\": 50", "\"average_last\": 6");
    example::write(&other, &folder);
    let report = report(&pilot(&dir, &["--example", &shown(&folder)]));
    assert_eq!((&report["run"]["rounds"], &report["run"]["roster"]), (&12.into(), &4.into()));
    let log = report["log"].as_str().unwrap();
    let verified = answer(&["verify", &shown(&dir.join("archive")), "--log", log]);
    assert_eq!(verified["size"], report["entries"]);
    assert_eq!(processes(&dir), Vec::<String>::new());
}

#[test]
fn where_neighbours_replace_a_person_the_report_tells_the_epsilon_that_the_fold_charges() {
    let temp = tempfile::tempdir().unwrap();
    let (folder, dir) = (temp.path().join("example"), temp.path().join("pilot"));
    let mut other = example::read();
    example::replace_a_person(&mut other);
    example::write(&other, &folder);
    let report = report(&pilot(&dir, &["--example", &shown(&folder)]));
    let verified = answer(&["verify", &shown(&dir.join("archive"))]);
    for (told, charged) in
        report["budget"].as_array().unwrap().iter().zip(verified["accounts"].as_array().unwrap())
    {
        assert_eq!(told["holder"], charged["holder"]);
        let [told, charged] = [&told["after_dropout"], &charged["spent"]].map(Value::as_f64);
        assert!((told.unwrap() - charged.unwrap()).abs() < 1e-6, "{told:?} {charged:?}");
        assert!((0.99..=1.0).contains(&told.unwrap()), "{told:?}");
    }
}

#[test]
fn a_pilot_whose_agreement_refuses_for_another_reason_fails_and_names_both() {
    let temp = tempfile::tempdir().unwrap();
    let (folder, dir) = (temp.path().join("example"), temp.path().join("pilot"));
    let mut other = example::read();
    // The run before the data contract is refused by a clause of its own now, which asks for places
    // that nobody has declared so early; later it strikes no more.
    let more = "## Purpose\n\nNo run is ever proposed too early.\n\n```clause\nid = \"not-yet\"\n\
                forbid = \"run.propose\"\nby = \"trainer\"\nwhen = \"place.class < 1\"\n```\n";
    let text = other.get_mut("governance.md").unwrap();
    text.push_str(&format!("\n{more}"));
    example::write(&other, &folder);
    let output = pilot(&dir, &["--example", &shown(&folder)]);
    let problem: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(problem["code"], "pilot-refused-otherwise", "{problem}");
    let what = problem["what"].as_str().unwrap();
    assert!(
        what.contains("`governance/not-yet`") && what.contains("`module-not-in-force`"),
        "{what}"
    );
    assert_eq!(processes(&dir), Vec::<String>::new());
}

/// Spoils an example: one text of one file is replaced.
type Spoil = fn(&mut example::Example);

#[test]
fn an_example_that_cannot_be_used_is_told_by_its_file_and_nothing_is_created() {
    let cases: &[(Spoil, &str, &str)] = &[
        (|e| drop(e.remove("plan.toml")), "no-such-file", "plan.toml"),
        (|e| example::replace(e, "plan.toml", "run =", "ran ="), "bad-plan", "plan.toml"),
        (|e| example::replace(e, "plan.toml", "\"heart-rows\"", "\"rows\""), "bad-plan", "`rows`"),
        (|e| example::replace(e, "plan.toml", "\"train\"", "\"query\""), "bad-plan", "train"),
        (|e| example::replace(e, "plan.toml", "\"recipe", "\"../recipe"), "bad-plan", "plan.toml"),
        (|e| drop(e.remove("recipe.json")), "no-such-file", "recipe.json"),
        (|e| example::replace(e, "recipe.json", "rounds", "runden"), "bad-recipe", "recipe.json"),
        (|e| drop(e.remove("data/birch.csv")), "no-such-file", "data/birch.csv"),
        (|e| drop(e.insert("data/birch.csv".into(), String::new())), "table-empty", "birch.csv"),
        (
            |e| example::replace(e, "data/birch.csv", "age", "years"),
            "table-undeclared-column",
            "data/birch.csv",
        ),
        (|e| example::replace(e, "governance.md", "body = ", "bodi = "), "", "governance.md"),
        (|e| example::replace(e, "protocol.md", "threshold = 3", "threshold = 9"), "", "9"),
        // What no party could join, or nobody may propose.
        (
            |e| example::replace(e, "plan.toml", "epsilon = \"1\"", "epsilon = \"3\""),
            "plan-beyond-terms",
            "plan.toml`: the plan's `epsilon` is 3, and clause `protocol/heart-budget` allows at most 1",
        ),
        (
            |e| example::replace(e, "plan.toml", "epsilon = \"1\"", "noise = \"0.5\""),
            "plan-beyond-terms",
            "the ε of 1 that clause `protocol/heart-budget` allows",
        ),
        (
            |e| example::replace(e, "plan.toml", "retries = 2", "retries = 3"),
            "plan-beyond-terms",
            "plan.toml`: the plan's `retries` is 3, and clause `protocol/masked-sums`",
        ),
        (
            |e| example::replace(e, "recipe.json", "\"clip\": \"1\"", "\"clip\": \"2\""),
            "recipe-beyond-terms",
            "recipe.json`: the recipe's `clip` is 2, and clause `protocol/masked-sums`",
        ),
        (
            |e| example::replace(e, "recipe.json", "\"max\": \"80\"", "\"max\": \"121\""),
            "recipe-beyond-schema",
            "recipe.json`: the recipe's column `age`",
        ),
        (
            |e| example::replace(e, "data-use.md", "run.rounds <= 100", "run.rounds <= 99"),
            "pilot-not-permitted",
            "100 rounds, 4 participants",
        ),
        (|e| e.retain(|name, _| !name.ends_with(".md")), "no-module", "example"),
        (|e| drop(e.remove("protocol.md")), "", ""),
    ];
    for (spoil, code, names) in cases {
        let temp = tempfile::tempdir().unwrap();
        let (folder, dir) = (temp.path().join("example"), temp.path().join("pilot"));
        let mut files = example::read();
        spoil(&mut files);
        example::write(&files, &folder);
        for bench in [&[][..], &["--bench"]] {
            let output = pilot(&dir, &[&["--example", &shown(&folder)][..], bench].concat());
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!((output.status.code(), said.lines().count()), (Some(2), 3), "{said}");
            assert!(said.lines().next().unwrap().contains(names), "{names}: {said}");
            assert!(said.trim_end().ends_with(code), "{code}: {said}");
            assert!(!dir.exists(), "{said}");
        }
    }
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("pilot");
    let file = shown(&example::heart().join("plan.toml"));
    for (given, code) in [("/nowhere", "no-such-file"), (&file, "not-a-folder")] {
        let output = pilot(&dir, &["--example", given]);
        let problem: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((output.status.code(), &problem["code"]), (Some(2), &code.into()));
    }
    assert!(!dir.exists());
}
