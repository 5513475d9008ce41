//! `concordat new`, with the real binary: every template gives an agreement that checks clean, and
//! bad input gets three lines and leaves nothing behind.
#![allow(clippy::disallowed_methods, reason = "tests lay out files")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const TEMPLATES: [&str; 5] =
    ["government-owned", "joint-pool", "private-retained", "data-use-only", "model-testing-only"];

fn concordat(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_concordat"))
        .args(arguments)
        .current_dir(dir)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// What a command that is to succeed answers.
fn answered(dir: &Path, arguments: &[&str]) -> String {
    let output = concordat(dir, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn json(dir: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&answered(dir, &[arguments, &["--json"]].concat())).unwrap()
}

fn sample(dir: &Path, template: &str) -> String {
    answered(dir, &["new", "--template", template, "--sample"])
}

fn templates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates").canonicalize().unwrap()
}

fn checks_clean(dir: &Path, folder: &str, modules: usize) {
    let checked = json(dir, &["check", folder]);
    let counts = ["errors", "warnings"].map(|name| checked[name].as_u64().unwrap());
    assert_eq!(counts, [0, 0], "{checked}");
    assert!(checked["modules"].as_array().unwrap().len() >= modules, "{checked}");
    assert_eq!(checked["pack"]["id"], "concordat", "{checked}");
    let scenarios = checked["scenarios"].as_array().unwrap();
    let steps = scenarios.iter().flat_map(|scenario| scenario["steps"].as_array().unwrap());
    assert!(scenarios.len() >= 2, "{checked}");
    for step in steps {
        assert_eq!(step["stands"], "as-written", "{step}");
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let path = item.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target)
        } else {
            fs::copy(&path, &target).map(|_| ()).unwrap();
        }
    }
}

/// Parties: so many public, private and independent ones.
fn parties(sides: [usize; 3]) -> String {
    let mut text = String::new();
    for (side, count) in ["public", "private", "independent"].into_iter().zip(sides) {
        for n in 1..=count {
            let country = ["SI", "CA", "SG"][n % 3];
            text.push_str(&format!(
                "[[party]]\nid = \"{side}-{n}\"\nname = \"The \\\"{side}\\\" & #{n} *Body* [x](#y)\"\n\
                 side = \"{side}\"\ncountries = [\"{country}\"]\n"
            ));
        }
    }
    text
}

#[test]
fn every_template_checks_clean_with_its_own_answers_and_with_three_others() {
    let dir = TempDir::new().unwrap();
    for template in TEMPLATES {
        let own = format!("{template}-0");
        json(dir.path(), &["new", &own, "--template", template, "--sample"]);
        checks_clean(dir.path(), &own, 9);
        let text = sample(dir.path(), template);
        let before = text.split("[[party]]").next().unwrap();
        for (n, sides) in (1..).zip([[2, 2, 1], [3, 2, 0], [2, 6, 2]]) {
            let (file, folder) = (format!("{template}.toml"), format!("{template}-{n}"));
            let text = before.replace("EUR", ["EUR", "USD", "SGD"][n - 1]) + &parties(sides);
            fs::write(dir.path().join(&file), text).unwrap();
            json(dir.path(), &["new", &folder, "--answers", &file]);
            checks_clean(dir.path(), &folder, 9);
        }
    }
}

#[test]
fn answers_that_name_no_template_get_the_one_that_they_speak_for_and_repeat_it() {
    let dir = TempDir::new().unwrap();
    let text = sample(dir.path(), "joint-pool").replace("template = \"joint-pool\"\n", "");
    fs::write(dir.path().join("answers.toml"), text).unwrap();
    let made = json(dir.path(), &["new", "first", "--answers", "answers.toml"]);
    assert_eq!(made["template"], "joint-pool", "{made}");
    json(dir.path(), &["new", "second", "--answers", "first/answers.toml"]);
    for item in fs::read_dir(dir.path().join("first")).unwrap() {
        let path = item.unwrap().path();
        let again = dir.path().join("second").join(path.file_name().unwrap());
        assert_eq!(fs::read(&path).unwrap(), fs::read(again).unwrap(), "{path:?}");
    }
    let said = answered(dir.path(), &["check", "first"]);
    assert!(said.contains("from template joint-pool of pack concordat 1.0.0"), "{said}");
}

#[test]
fn a_choice_against_the_answers_is_written_down_with_its_reason() {
    let dir = TempDir::new().unwrap();
    let text = sample(dir.path(), "joint-pool");
    let text =
        text.replace("months = \"12-18\"", "months = \"12-18\"\nreason = \"the tender was won\"");
    fs::write(dir.path().join("a.toml"), text).unwrap();
    json(dir.path(), &["new", "x", "--answers", "a.toml", "--template", "government-owned"]);
    let why = fs::read_to_string(dir.path().join("x/instrument.md")).unwrap();
    let why = why.split("## Why this model").nth(1).unwrap().replace('\n', " ");
    assert!(why.contains("speak for *joint-pool*"), "{why}");
    assert!(why.contains("Their reason: the tender was won."), "{why}");
}

#[test]
fn a_pack_in_a_folder_is_used_as_its_digest_says_and_refused_otherwise() {
    let dir = TempDir::new().unwrap();
    copy(&templates(), &dir.path().join("playbook"));
    let listed = json(dir.path(), &["new", "--list", "--pack", "playbook"]);
    assert_eq!(listed["templates"].as_array().unwrap().len(), TEMPLATES.len());
    let unsigned =
        ["new", "a", "--pack", "playbook", "--template", "joint-pool", "--sample", "--unsigned"];
    json(dir.path(), &unsigned);

    // Another owner writes its own version, under its own name and digest.
    let manifest = dir.path().join("playbook/pack.toml");
    let text =
        fs::read_to_string(&manifest).unwrap().replace("id = \"concordat\"", "id = \"ours\"");
    fs::write(&manifest, &text).unwrap();
    let again =
        ["new", "b", "--pack", "playbook", "--template", "joint-pool", "--sample", "--unsigned"];
    let output = concordat(dir.path(), &again);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("the digest of the pack's texts is") && said.contains("#bad-pack"));
    json(dir.path(), &["pack", "make", "playbook"]);
    json(dir.path(), &again);
    assert_eq!(json(dir.path(), &["check", "b"])["pack"]["id"], "ours");

    // A text that somebody changed underneath it is not used.
    let text = dir.path().join("playbook/common/council.md");
    fs::write(&text, fs::read_to_string(&text).unwrap() + "\nAnd one more thing.\n").unwrap();
    assert_eq!(concordat(dir.path(), &again).status.code(), Some(2));
}

/// Fails with status 2 and this code, in three lines and as JSON, and leaves nothing behind.
fn refused(dir: &Path, arguments: &[&str], code: &str, names: &str) {
    let listed = || {
        let mut all: Vec<PathBuf> =
            fs::read_dir(dir).unwrap().map(|item| item.unwrap().path()).collect();
        all.sort();
        all
    };
    let before = listed();
    let output = concordat(dir, arguments);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
    let lines: Vec<&str> = said.lines().collect();
    let [what, hint, see] = lines[lines.len() - 3..] else { panic!("{said}") };
    assert!(what.starts_with("error: ") && hint.starts_with("hint: "), "{said}");
    assert!(see.starts_with("see: ") && see.ends_with(&format!("#{code}")), "{said}");
    assert!(what.contains(names), "{names}: {said}");
    assert!(!said.contains('\u{1b}') && !said.contains("panicked"), "{said}");
    let output = concordat(dir, &[arguments, &["--json"]].concat());
    let stdout = String::from_utf8(output.stdout).unwrap();
    let problem: Value = serde_json::from_str(stdout.lines().last().unwrap()).unwrap();
    assert_eq!(problem["code"], code, "{stdout}");
    assert_eq!(listed(), before, "{arguments:?}");
}

#[test]
fn bad_answers_give_no_agreement() {
    let dir = TempDir::new().unwrap();
    let good = sample(dir.path(), "joint-pool");
    let cases: &[(&str, &str, &str)] = &[
        ("title = ", "titel = ", "unknown field `titel`"),
        ("title = \"Bed Forecast Consortium\"", "title = \"\"", "title is empty"),
        ("Bed Forecast Consortium", "Bed\\nForecast", "U+000A"),
        ("Bed Forecast Consortium", "Bed \\u202eForecast", "U+202E"),
        ("Bed Forecast Consortium", " Bed", "spaces"),
        ("template = \"joint-pool\"", "template = \"joint-pond\"", "joint-pond"),
        ("use = \"pre-competitive\"", "use = \"fun\"", "unknown variant `fun`"),
        ("years = 4", "years = 0", "terms.years"),
        ("years = 4", "years = 300", "`300` is not a number from 1 to 30"),
        ("start_by = \"2027-12-31\"", "start_by = \"2027-02-30\"", "2027-02-30"),
        ("language = \"en\"", "language = \"English, mostly\"", "terms.language"),
        ("\"EUR 2000000\"", "\"EUR -1\"", "money.fees"),
        ("\"EUR 400000\"", "\"USD 400000\"", "money.failures"),
        ("\"EUR 400000\"", "\"a lot\"", "a lot"),
        ("id = \"north\"", "id = \"North!\"", "North!"),
        ("id = \"north\"", "id = \"south\"", "`south` is used by two parties"),
        ("id = \"north\"", "id = \"sponsor\"", "sponsor"),
        ("id = \"north\"", "id = \"all\"", "all"),
        (
            "\"Northern Health Authority (example)\"",
            "\"Southern Health Authority (example)\"",
            "same name",
        ),
        ("side = \"independent\"", "side = \"both\"", "both"),
        ("countries = [\"AT\"]", "countries = [\"Austria\"]", "Austria"),
        ("countries = [\"AT\"]", "countries = []", "no country"),
        ("roles = [\"sponsor\"]", "roles = [\"king\"]", "king"),
        ("roles = [\"developer\"]", "roles = [\"sponsor\"]", "role `sponsor`"),
        ("id = \"stay-rows\"", "id = \"train\"", "train"),
        ("id = \"stay-rows\"", "id = \"bed-model\"", "bed-model"),
        ("id = \"stay-rows\"\nname = \"Stay Rows\"", "name = \"東京\"", "no id can be made"),
        ("person = \"patient\"", "person = \"guest\"", "guest"),
        ("min = 1, max = 53", "min = 53, max = 1", "data-use.md"),
        ("rows_per_person = 4", "rows_per_person = 0", "rows_per_person"),
        ("[model]\nid = \"bed-model\"\nname = \"Bed Model\"\n", "", "asks for `[model]`"),
        ("[choice]", "[choice", "line"),
    ];
    for (from, to, names) in cases {
        assert!(good.contains(from), "{from}");
        fs::write(dir.path().join("a.toml"), good.replacen(from, to, 1)).unwrap();
        refused(dir.path(), &["new", "x", "--answers", "a.toml"], "bad-answer", names);
    }
}

#[test]
fn a_pack_that_means_harm_is_refused_and_leaves_nothing() {
    let dir = TempDir::new().unwrap();
    let pack = dir.path().join("pack");
    fs::create_dir(&pack).unwrap();
    let manifest = "id = \"p\"\nversion = \"1.0.0\"\nowner = \"O\"\ndigest = \"D\"\n[[template]]\n\
        name = \"t\"\ntitle = \"t\"\nabout = \"a\"\nkind = \"data\"\nsample = \"s.toml\"\n\
        [template.modules]\n\"a.md\" = \"a.md\"\n";
    fs::write(pack.join("pack.toml"), manifest).unwrap();
    fs::write(pack.join("s.toml"), "").unwrap();
    fs::write(pack.join("a.md"), "{{if data}}\n".repeat(80_000)).unwrap();
    let new = ["new", "x", "--pack", "pack", "--template", "t", "--sample"];
    refused(dir.path(), &new, "pack-too-large", "a.md");
}

#[test]
fn days_that_have_passed_and_another_language_are_noted_and_written_all_the_same() {
    let dir = TempDir::new().unwrap();
    let text = sample(dir.path(), "joint-pool");
    let text = text.replace("\"2027-12-31\"", "\"2001-12-31\"");
    fs::write(dir.path().join("a.toml"), text.replace("\"en\"", "\"de\"")).unwrap();
    let written = json(dir.path(), &["new", "x", "--answers", "a.toml"]);
    let notes: Vec<&str> =
        written["notes"].as_array().unwrap().iter().map(|note| note.as_str().unwrap()).collect();
    assert!(notes[0].starts_with("`terms.start_by` is 2001-12-31, before today"), "{notes:?}");
    assert!(notes[1].starts_with("the text is in English"), "{notes:?}");
}

#[test]
fn whoever_names_something_else_is_told_and_nothing_is_overwritten() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("a.toml"), sample(dir.path(), "joint-pool")).unwrap();
    fs::create_dir(dir.path().join("taken")).unwrap();
    fs::write(dir.path().join("taken/note.md"), "mine").unwrap();
    let dir = dir.path();
    refused(dir, &["new", "taken", "--answers", "a.toml"], "target-exists", "taken");
    refused(dir, &["new", "a.toml", "--answers", "a.toml"], "target-exists", "a.toml");
    refused(dir, &["new", "x"], "no-answers", "nobody is there");
    refused(dir, &["new"], "usage", "");
    refused(dir, &["new", "x", "--answers", "nowhere.toml"], "no-such-file", "nowhere.toml");
    refused(dir, &["new", "x", "--answers", "taken"], "not-a-file", "taken");
    refused(dir, &["new", "x", "--answers", "a.toml", "--template", "no"], "bad-answer", "no");
    refused(dir, &["new", "--sample", "--template", "no"], "bad-answer", "no");
    refused(dir, &["new", "--sample"], "usage", "");
    refused(dir, &["new", "--list", "--pack", "taken"], "no-such-file", "pack.toml");
    refused(dir, &["new", "no/where/x", "--answers", "a.toml"], "no-such-file", "no/where/x");
    assert_eq!(fs::read_to_string(dir.join("taken/note.md")).unwrap(), "mine");

    // An empty folder is as good as none.
    fs::create_dir(dir.join("empty")).unwrap();
    json(dir, &["new", "empty", "--answers", "a.toml"]);
    assert!(dir.join("empty/answers.toml").exists() && !dir.join("empty.draft").exists());

    // A draft that an interrupted command left stands in nobody's way, and stays.
    fs::create_dir(dir.join("again.draft")).unwrap();
    json(dir, &["new", "again", "--answers", "a.toml"]);
    assert!(dir.join("again/answers.toml").exists() && dir.join("again.draft").exists());
}
