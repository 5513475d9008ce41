//! What the views print of one worked partnership, for people and for programs.
//! `UPDATE_GOLDEN=1` rewrites the outputs below `views/`.
#![allow(clippy::disallowed_methods, reason = "a test starts processes and reads their folders")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod archived;
#[path = "../../replay/tests/common/mod.rs"]
mod common;
mod worked;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use archived::archived;
use common::{Story, one_run};
use concordat_cli::search::scan;
use concordat_partnership::{Act, Words};
use concordat_terms::ActName;
use serde_json::Value;
use worked::{blobs_of_heart, concordat, said, worked};

/// What a text says.
fn a<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// What a command answers in JSON: a document on each line.
fn lines(arguments: &[&str]) -> Vec<Value> {
    let text = said(&[arguments, &["--json"]].concat());
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What each view prints, by the name of its golden file.
const VIEWS: &[(&str, &[&str])] = &[
    ("status", &["status"]),
    ("status-as-cypress", &["status", "--as", "cypress"]),
    ("status-as-vendor", &["status", "--as", "vendor"]),
    ("duties", &["duties", "--all"]),
    ("decisions", &["decisions"]),
    ("catalog", &["catalog"]),
    ("catalog-as-vendor", &["catalog", "--as", "vendor"]),
    ("cases", &["cases"]),
    ("risks", &["risks"]),
    ("places", &["places"]),
    ("series", &["series"]),
    ("budget", &["budget"]),
    ("matrix", &["matrix"]),
    ("matrix-as-lab", &["matrix", "--as", "lab"]),
    ("value", &["value"]),
    ("search", &["search", "royalt"]),
    ("search-clauses", &["search", "safeguards", "attest"]),
    ("search-acts", &["search", "project.charter", "vendor", "second"]),
];

#[test]
fn each_view_says_where_one_worked_partnership_stands() {
    let temp = tempfile::tempdir().unwrap();
    let archive = temp.path().join("archive");
    let (story, blobs) = worked();
    archived(&story, &blobs, &archive);
    let archive = archive.display().to_string();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/views");
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut differ = Vec::new();
    for (name, arguments) in VIEWS {
        let asked = [*arguments, &["--archive", &archive]].concat();
        let text = said(&asked);
        // A word that is too long alone is not cut: people copy it.
        for line in text.lines().filter(|line| line.trim().contains(' ')) {
            assert!(line.chars().count() <= 80, "{name}: {line}");
        }
        let json: String = lines(&asked)
            .iter()
            .map(|line| serde_json::to_string_pretty(line).unwrap() + "\n")
            .collect();
        for (end, shown) in [("txt", text), ("json", json)] {
            let path = folder.join(format!("{name}.{end}"));
            if update {
                fs::create_dir_all(&folder).unwrap();
                fs::write(&path, &shown).unwrap();
            }
            if fs::read_to_string(&path).unwrap_or_default() != shown {
                differ.push(path);
            }
        }
    }
    assert_eq!(differ, Vec::<PathBuf>::new(), "UPDATE_GOLDEN=1 rewrites them");
}

#[test]
fn a_list_has_an_object_on_each_line_and_is_as_long_as_it_is_wanted() {
    let temp = tempfile::tempdir().unwrap();
    let archive = temp.path().join("archive");
    let (story, blobs) = worked();
    archived(&story, &blobs, &archive);
    let archive = archive.display().to_string();
    let listed =
        |view: &[&str], more: &[&str]| lines(&[view, more, &["--archive", &archive]].concat());
    for view in [&["duties", "--all"][..], &["decisions"], &["catalog"], &["cases"], &["risks"]] {
        let all = listed(view, &[]);
        assert!(!all.is_empty() && all.iter().all(Value::is_object), "{view:?}");
        // The first ones, in the same order; none of what came about after the end of the log.
        assert_eq!(listed(view, &["--limit", "1"]), all[..1], "{view:?}");
        assert_eq!(listed(view, &["--limit", "0"]), [] as [Value; 0], "{view:?}");
        assert_eq!(listed(view, &["--since", "100000"]), [] as [Value; 0], "{view:?}");
        assert_eq!(listed(view, &["--since", "2027-02-03"]), [] as [Value; 0], "{view:?}");
    }
    // From a day on, from an entry on: the second question was put on the second of February.
    let all = listed(&["decisions"], &[]);
    let late = listed(&["decisions"], &["--since", "2027-02-02"]);
    assert_eq!(late.iter().map(|own| &own["motion"]).collect::<Vec<_>>(), ["open-second"]);
    assert_eq!(listed(&["decisions"], &["--since", "2027-02-02T08:00:00Z"]), late);
    assert_eq!(listed(&["decisions"], &["--since", "2027-02-02T08:00:01Z"]), [] as [Value; 0]);
    assert_eq!(listed(&["decisions"], &["--since", &late[0]["index"].to_string()]), late);
    for begun in ["0", "2026-12-31", "2027-01-01T08:00:00Z"] {
        assert_eq!(listed(&["decisions"], &["--since", begun]), all, "{begun}");
    }
    // Of assets the versions that came since.
    let index = listed(&["catalog"], &[])[0]["versions"][1]["index"].to_string();
    let since = listed(&["catalog"], &["--since", &index]);
    assert_eq!((since.len(), since[0]["versions"].as_array().unwrap().len()), (1, 3));
    // What is left out is said, and not among the data.
    let cut = concordat(&["decisions", "--limit", "1", "--archive", &archive]);
    let told = String::from_utf8(cut.stderr).unwrap();
    assert_eq!(told, format!("note: {} more; `--limit` says how many are shown\n", all.len() - 1));
    // Of what is found, so many of each kind.
    let found = listed(&["search", "the"], &["--limit", "1"]);
    let kinds: Vec<&Value> = found.iter().map(|own| &own["kind"]).collect();
    assert_eq!(kinds, ["clause", "minutes"]);

    let wrong = concordat(&["cases", "--since", "spring", "--archive", &archive, "--json"]);
    let told = String::from_utf8(wrong.stdout).unwrap();
    assert!(wrong.status.code() == Some(2) && told.contains("\"code\":\"bad-moment\""), "{told}");
}

#[test]
fn every_command_of_the_page_has_an_answer() {
    let temp = tempfile::tempdir().unwrap();
    let (story, blobs) = worked();
    archived(&story, &blobs, &temp.path().join("archive"));
    let page =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/how-to/see-where-we-stand.md");
    let page = fs::read_to_string(page).unwrap();
    let commands: Vec<&str> =
        page.lines().filter_map(|line| line.strip_prefix("$ concordat ")).collect();
    assert!(commands.len() > 8, "{commands:?}");
    for command in commands {
        let program = env!("CARGO_BIN_EXE_concordat");
        let mut typed = Command::new(program);
        typed.args(command.split(' ')).current_dir(temp.path());
        let output = typed.output().unwrap();
        assert!(output.status.success() && !output.stdout.is_empty(), "{command}");
    }
}

#[test]
fn row_02_no_view_tells_a_competitor_of_what_others_keep_to_themselves() {
    let temp = tempfile::tempdir().unwrap();
    let archive = temp.path().join("archive");
    let (story, blobs) = worked();
    archived(&story, &blobs, &archive);
    let archive = archive.display().to_string();
    let seen = |view: &[&str], reader: &str| {
        said(&[view, &["--archive", &archive, "--as", reader, "--json"]].concat())
    };
    let listed = lines(&["catalog", "--archive", &archive, "--as", "alder"]);
    let rows = listed.iter().find(|own| own["asset"] == "heart-rows").unwrap();
    let version = rows["versions"][0]["version"].as_str().unwrap();
    for view in [&["status"][..], &["catalog"], &["budget"], &["places"]] {
        let (own, other) = (seen(view, "alder"), seen(view, "vendor"));
        assert!(!other.contains("\"heart-rows\"") && !other.contains(version), "{view:?}: {other}");
        let lists_rows = matches!(view, ["status" | "catalog"]);
        assert!(own.contains("heart-rows") || !lists_rows, "{view:?}: {own}");
    }
    // Words are found in what may be read; whoever signed an act finds it.
    let acts = |reader: &str| {
        let found = seen(&["search", "dataset.register", "alder", "ward"], reader);
        found.lines().filter(|line| line.contains("\"kind\":\"act\"")).count()
    };
    assert!(acts("alder") > 0);
    assert_eq!(acts("vendor"), 0);
    // Nor does a trace begin there, or tell that there is something to trace.
    let trace = |version: &str, reader: &str| {
        concordat(&["trace", version, "--archive", &archive, "--as", reader, "--json"])
    };
    assert!(trace(version, "alder").status.success());
    let unknown = "00".repeat(32);
    let (withheld, unknown) = (trace(version, "vendor"), trace(&unknown, "vendor"));
    let told = String::from_utf8(withheld.stdout).unwrap();
    assert!(withheld.status.code() == Some(1) && told.contains("unknown-version"), "{told}");
    assert_eq!(unknown.status.code(), Some(1));
}

#[test]
fn row_32_words_are_found_in_clauses_acts_and_minutes_with_version_and_entry() {
    let temp = tempfile::tempdir().unwrap();
    let archive = temp.path().join("archive");
    let (story, blobs) = worked();
    archived(&story, &blobs, &archive);
    let archive = archive.display().to_string();
    let found = |words: &[&str]| {
        let asked = [&["search"], words, &["--archive", &archive]].concat();
        lines(&asked)
    };
    // Whatever the case; all words must occur; a clause comes with module, version and entry.
    let hits = found(&["SAFEGUARDS", "attest"]);
    let clause = &hits[0];
    assert_eq!(clause["kind"], "clause");
    assert_eq!((&clause["module"], &clause["clause"]), (&"governance".into(), &"attest".into()));
    assert_eq!(clause["version"], "1.0.0");
    assert!(clause["entry"].is_u64());
    assert_eq!(found(&["safeguards", "unicorn"]), Vec::<Value>::new());
    // An act comes with its entry.
    let hits = found(&["late-machines"]);
    let act = hits.iter().find(|hit| hit["kind"] == "act").unwrap();
    assert_eq!((&act["act"], &act["by"]), (&"case.open".into(), &serde_json::json!(["alder"])));
    // So do minutes.
    let hits = found(&["royalties"]);
    let minutes = hits.iter().find(|hit| hit["kind"] == "minutes").unwrap();
    assert_eq!(minutes["meeting"], "spring");
    assert!(minutes["snippet"].as_str().unwrap().contains("about royalties"));
}

#[test]
fn a_version_is_named_by_the_first_digits_that_a_view_prints() {
    let temp = tempfile::tempdir().unwrap();
    let archive = temp.path().join("archive");
    let (story, blobs) = worked();
    archived(&story, &blobs, &archive);
    let archive = archive.display().to_string();
    let (digest, _) = story.state().versions().next().unwrap();
    let trace = |version: &str| concordat(&["trace", version, "--archive", &archive]);
    let whole = trace(&digest.to_string());
    assert!(whole.status.success() && !whole.stdout.is_empty());
    for short in [digest.short(), format!("{}…", digest.short())] {
        assert_eq!(trace(&short).stdout, whole.stdout, "{short}");
    }
    // Too few digits are no name, and digits of no version are told so.
    assert_eq!(trace(&digest.to_string()[..7]).status.code(), Some(2));
    let nobody = trace("00000000");
    let told = String::from_utf8(nobody.stderr).unwrap();
    assert!(nobody.status.code() == Some(1) && told.contains("unknown-version"), "{told}");
}

/// What takes time in a long log is reading it: each entry is read once, and decoded where the words
/// are in it.
#[test]
fn the_one_act_of_a_hundred_thousand_that_has_the_words_is_found() {
    let mut story = Story::in_force();
    let usual = story.sign(&[("vendor", "trainer")], &Act::RunOpen(common::one_run("winter")));
    let other = story.sign(&[("vendor", "trainer")], &Act::RunOpen(common::one_run("summer-run")));
    let mut entries = vec![usual; 100_000];
    entries.push(other);
    let words = Words::of("Summer run.open vendor").unwrap();
    let started = std::time::Instant::now();
    let read = entries.iter().cloned().map(Ok::<_, std::convert::Infallible>);
    let found = scan(story.state(), read, |_| None, &words).unwrap();
    println!("{} entries in {:?}", entries.len(), started.elapsed());
    assert_eq!(found.acts.len(), 1);
    assert_eq!((found.acts[0].entry, found.acts[0].act), (100_000, ActName::RunOpen));
}

#[test]
fn who_is_no_party_and_what_is_no_word_is_told_so() {
    let temp = tempfile::tempdir().unwrap();
    let archive = temp.path().join("archive");
    archived(&Story::in_force(), &blobs_of_heart(), &archive);
    let archive = archive.display().to_string();
    for (arguments, code) in [
        (&["duties", "--as", "aldr", "--archive", &archive][..], "unknown-party"),
        (&["search", "...", "--archive", &archive], "no-words"),
        (&["status"], "usage"),
        (&["value", "--archive", "/nowhere"], "no-such-file"),
    ] {
        let output = concordat(&[arguments, &["--json"]].concat());
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(&format!("\"code\":\"{code}\"")), "{said}");
    }
}

/// A hospital's account after two runs and in two years: what is told, drawn and left adds up.
#[test]
fn a_budget_goes_down_run_by_run() {
    let temp = tempfile::tempdir().unwrap();
    let archive = temp.path().join("archive");
    let mut story = Story::ready();
    for (name, noise, then) in
        [("first", "14", "2028-03-01T08:00:00Z"), ("second", "15", "2028-04-01T08:00:00Z")]
    {
        story.admit("vendor", "trainer", story.proposal(name, |plan| plan.noise = a(noise)));
        for hospital in ["alder", "birch", "cypress"] {
            story.admit(hospital, "data-holder", Act::RunApprove(one_run(name)));
        }
        story.admit("vendor", "trainer", Act::RunOpen(one_run(name)));
        let plan = &story.state().runs()[&a(name)].proposed.plan;
        let cost = concordat_replay::plan_cost(story.state().agreement(), plan).unwrap();
        story.admit("alder", "data-holder", story.join(name, cost));
        story.tick(then);
    }
    archived(&story, &blobs_of_heart(), &archive);
    let archive = archive.display().to_string();
    let svg = temp.path().join("budget.svg");
    let asked = ["budget", "--archive", &archive, "--svg", svg.to_str().unwrap()];
    let told = lines(&asked).remove(0);

    let accounts = told["privacy"].as_array().unwrap();
    assert_eq!(accounts.len(), 4, "every holder has one, spent or not");
    let alder = accounts.iter().find(|own| own["holder"] == "alder").unwrap();
    let figure = |value: &Value| value.as_f64().unwrap();
    let runs = alder["runs"].as_array().unwrap();
    let names: Vec<&Value> = runs.iter().map(|run| &run["run"]).collect();
    assert_eq!(names, ["first", "second"]);
    assert!(figure(&runs[0]["spent"]) < figure(&runs[1]["spent"]));
    assert_eq!(runs[1]["spent"], alder["spent"]);
    assert!((figure(&alder["left"]) + figure(&alder["spent"]) - 1.0).abs() < 1e-9);
    // ε does not add up: both together are less than their sum.
    assert!(figure(&runs[0]["cost"]) + figure(&runs[1]["cost"]) > figure(&alder["spent"]));
    let years: Vec<&Value> =
        alder["years"].as_array().unwrap().iter().map(|own| &own["year"]).collect();
    assert_eq!(years, [2027, 2028]);
    assert_eq!(alder["reserved"], alder["spent"], "neither run is over");
    assert_eq!(alder["fits"]["like"], "second");
    let faced: Vec<f64> =
        alder["faced"].as_array().unwrap().iter().map(|own| figure(&own["filter"])).collect();
    assert!(faced.iter().all(|own| *own <= figure(&alder["spent"]) + 1e-9), "{faced:?}");
    let birch = accounts.iter().find(|own| own["holder"] == "birch").unwrap();
    assert_eq!((&birch["spent"], &birch["left"]), (&0.0.into(), &1.0.into()));

    let text = said(&asked);
    for part in ["one curious party", "second for cardiac-risk", "would still fit", "█"] {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
    let drawn = fs::read_to_string(&svg).unwrap();
    assert!(drawn.starts_with("<svg") && drawn.matches("<polyline").count() == 1, "{drawn}");
    assert!(drawn.contains("heart-rows of alder") && drawn.contains(">second<"), "{drawn}");

    // A plan alone: the distribution tells less than the filter, and dropouts make it more.
    let shown = lines(&["run", "show", "first", "--archive", &archive]).remove(0);
    assert_eq!(shown["status"], "open");
    let faced = shown["faced"].as_array().unwrap();
    assert_eq!(faced.len(), 6);
    for one in faced {
        assert!(figure(&one["distribution"]) < figure(&one["filter"]), "{one}");
    }
    let curious = |present: u64| {
        let own = faced
            .iter()
            .find(|own| own["adversary"] == "one curious party" && own["present"] == present);
        figure(&own.unwrap()["filter"])
    };
    assert!(curious(4) < curious(3));
    let nobody = concordat(&["run", "show", "third", "--archive", &archive]);
    assert_eq!(nobody.status.code(), Some(2));
}
