//! `concordat check` as a person runs it: scenarios, strictly, and while the texts are written.
#![allow(clippy::disallowed_methods, reason = "a test starts processes and writes files")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]
#![cfg(unix)]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A copy of the heart example's modules.
fn heart() -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    let heart = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/heart");
    for file in heart.read_dir().unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|e| e == "md") {
            fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    copy
}

fn replace(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "`{}` does not say `{from}`", file.display());
    fs::write(file, text.replace(from, to)).unwrap();
}

fn concordat(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_concordat"));
    command.args(arguments).stdin(Stdio::null());
    command
}

fn check(dir: &Path, more: &[&str]) -> Output {
    concordat(&[&["check", dir.to_str().unwrap()], more].concat()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

const BEFORE: &str = "-> refused forbidden by no-insurance-runs";

#[test]
fn scenarios_that_are_as_written_are_counted_in_one_line() {
    let heart = heart();
    let output = check(heart.path(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(said.contains("\n10 scenarios, 76 steps: all as written\n"), "{said}");
}

#[test]
fn what_is_enforced_and_what_binds_as_text_add_up_to_all_clauses() {
    let heart = heart();
    let said = text(&check(heart.path(), &[]).stdout);
    let answer: Value = serde_json::from_slice(&check(heart.path(), &["--json"]).stdout).unwrap();
    let count = |field: &str| answer[field].as_u64().unwrap();
    let as_text = answer["as_text"].as_array().unwrap();
    assert_eq!(count("enforced") + as_text.len() as u64, count("clauses"));
    let line = format!(
        "\n{} of {} clauses are enforced; {} bind as text\n",
        count("enforced"),
        count("clauses"),
        as_text.len()
    );
    assert!(said.contains(&line), "{said}");
    let term = as_text.iter().find(|one| one["clause"] == "parties/person").unwrap();
    assert_eq!(term["why"], "it says what a word means");
    assert!(as_text.iter().all(|one| one["clause"] != "governance/council"));
}

#[test]
fn what_cannot_be_read_is_not_counted_and_the_count_says_so() {
    let heart = heart();
    let whole: Value = serde_json::from_slice(&check(heart.path(), &["--json"]).stdout).unwrap();
    assert_eq!(whole["unread"], 0);
    replace(&heart.path().join("data-use.md"), "version = \"", "versoin = \"");
    let said = text(&check(heart.path(), &[]).stdout);
    // The answer, and behind it the failure.
    let output = check(heart.path(), &["--json"]).stdout;
    let mut lines = serde_json::Deserializer::from_slice(&output).into_iter::<Value>();
    let answer = lines.next().unwrap().unwrap();
    assert_eq!(answer["unread"], 1);
    assert!(answer["clauses"].as_u64() < whole["clauses"].as_u64());
    let read = answer["modules"].as_array().unwrap().len();
    assert!(
        said.contains(&format!("\n{read} modules read and 1 not, {} clauses: ", answer["clauses"])),
        "{said}"
    );
    let line = format!("\nof those read, {} of {} clauses", answer["enforced"], answer["clauses"]);
    assert!(said.contains(&line), "{said}");
}

#[test]
fn a_step_that_is_not_as_written_is_an_error_of_its_line() {
    let heart = heart();
    let file: PathBuf = heart.path().join("data-use.md");
    replace(&file, BEFORE, "-> admitted");
    let line = fs::read_to_string(&file).unwrap();
    let line = 1 + line.lines().position(|line| line.contains("run.propose premiums")).unwrap();

    let output = check(heart.path(), &[]);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("is refused forbidden by data-use/no-insurance-runs"), "{said}");
    assert!(said.contains(&format!("--> {}:{line}:13\n", file.display())), "{said}");
    assert!(said.contains("docs/reference/diagnostics.md#scenario-differs"), "{said}");
    let said = text(&output.stdout);
    assert!(said.contains("scenarios, 76 steps: ") && said.contains(" 1 otherwise, "), "{said}");

    let output = check(heart.path(), &["--json"]);
    assert_eq!(output.status.code(), Some(2));
    let answer: Value = serde_json::from_str(text(&output.stdout).lines().next().unwrap()).unwrap();
    let scenarios = answer["scenarios"].as_array().unwrap();
    let steps = scenarios.iter().flat_map(|scenario| scenario["steps"].as_array().unwrap());
    let differs: Vec<&Value> = steps.filter(|step| step["stands"] == "differs").collect();
    let [step] = differs[..] else { panic!("{differs:?}") };
    assert_eq!(step["line"], line);
    let verdict = &step["verdicts"][0];
    assert_eq!(verdict["verdict"], "refused forbidden by data-use/no-insurance-runs");
    assert_eq!((&verdict["seat"], &verdict["party"]), (&"trainer".into(), &"vendor".into()));
}

#[test]
fn a_warning_stops_a_strict_check_and_no_other() {
    let heart = heart();
    replace(
        &heart.path().join("release.md"),
        "## Use in care",
        "```claus\nx\n```\n\n## Use in care",
    );
    let output = check(heart.path(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let output = check(heart.path(), &["--strict"]);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("see: docs/reference/diagnostics.md#almost-a-block"), "{said}");
    assert!(said.contains("error: the agreement has 1 warning\nhint: mend it, in "), "{said}");
}

#[test]
fn a_text_that_changed_since_it_was_signed_needs_a_higher_version() {
    let (signed, edited) = (heart(), heart());
    let since = ["--since", signed.path().to_str().unwrap()];
    let output = check(edited.path(), &since);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let release = edited.path().join("release.md");
    replace(&release, "# Test and release", "# Release");
    let output = check(edited.path(), &since);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("module `release` differs and keeps version 1.0.0"), "{said}");
    assert!(said.contains("#version-kept"), "{said}");
    replace(&release, "version = \"1.0.0\"", "version = \"1.1.0\"");
    let output = check(edited.path(), &since);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

const PROJECT: &str = "# Risk study\n\n```module\nid = \"risk-rules\"\nversion = \"1.0.0\"\n\
    project = \"risk\"\nneeds = { data-use = \"^1.0\" }\nsigners = [\"trainer\"]\n```\n\n\
    The Trainer trains for at most fifty rounds.\n\n```clause\nid = \"short-runs\"\n\
    permit = \"run.propose\"\nby = \"trainer\"\nwhen = \"run.rounds <= 50\"\n```\n\n\
    Premiums are left alone.\n\n```clause\nid = \"no-premiums\"\nforbid = \"run.propose\"\n\
    purposes = \"insurance-pricing\"\n```\n";

#[test]
fn a_project_is_checked_beside_its_frame_and_told_what_the_frame_makes_void() {
    let (heart, project) = (heart(), tempfile::tempdir().unwrap());
    let (frame, dir) = (heart.path().to_str().unwrap(), project.path());
    fs::write(dir.join("rules.md"), PROJECT).unwrap();
    let output = check(dir, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("#project-without-frame"), "{}", text(&output.stderr));

    let output = check(dir, &["--frame", frame]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let told = text(&output.stderr);
    assert!(
        told.contains("void: the frame permits none of it") && told.contains("rules.md:24"),
        "{told}"
    );
    assert!(!told.contains("rules.md:15"), "{told}");
    let said = text(&output.stdout);
    assert!(
        said.contains(
            "of project risk, beside its frame\n1 module, 2 clauses: 0 errors, 1 warning"
        ),
        "{said}"
    );

    // Its own test cases are run in the project, chartered and opened as the frame lets it be.
    let scenarios = "\n```scenario\nname = \"short and long\"\nsteps = \"\"\"\n\
        2027-01-11  data-holder: dataset.register -> admitted\n\
        trainer: run.propose short with rounds 50 -> admitted by data-use/train-on-heart-rows\n\
        trainer: run.propose long with rounds 51 -> refused not-permitted by short-runs\n\"\"\"\n```\n\
        \n```scenario\nname = \"after the frame's own\"\n\
        after = \"governance/both sides open a project\"\nsteps = \"\"\"\n\
        trainer: run.propose longer with rounds 99 -> refused not-permitted by short-runs\n\"\"\"\n```\n";
    fs::write(dir.join("rules.md"), format!("{PROJECT}{scenarios}")).unwrap();
    let output = check(dir, &["--frame", frame]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(said.contains("2 scenarios, 4 steps: all as written"), "{said}");
    fs::write(dir.join("rules.md"), format!("{PROJECT}{scenarios}").replace("99", "49")).unwrap();
    let output = check(dir, &["--frame", frame]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("#scenario-differs"), "{}", text(&output.stderr));

    // The frame's clauses and the project's are one page.
    let rendered = concordat(&["render", dir.to_str().unwrap(), "--frame", frame, "--json"]);
    let output = { rendered }.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let answer: Value = serde_json::from_str(&text(&output.stdout)).unwrap();
    let page = answer["html"].as_str().unwrap();
    assert!(page.contains("Of project <code>risk</code>"), "not told");
}

#[test]
fn a_watched_folder_is_checked_again_after_each_change_until_it_is_interrupted() {
    let heart = heart();
    let file = heart.path().join("data-use.md");
    let dir = heart.path().to_str().unwrap();
    let mut child = concordat(&["check", dir, "--watch", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    // How many errors each check found; after one with errors, the first is a line of its own.
    let mut errors = || loop {
        let answer: Value = serde_json::from_str(&lines.next().unwrap()).unwrap();
        if let Some(errors) = answer["errors"].as_u64() {
            break errors;
        }
    };
    assert_eq!(errors(), 0);
    replace(&file, BEFORE, "-> admitted");
    assert_eq!(errors(), 1);
    replace(&file, "needs = {", "needs = [");
    assert!(errors() >= 1);
    fs::remove_file(heart.path().join("release.md")).unwrap();
    replace(&file, "needs = [", "needs = {");
    replace(
        &file,
        "insurance-pricing\n            -> admitted",
        &format!("insurance-pricing {BEFORE}"),
    );
    while errors() != 0 {}

    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_watch_that_is_no_terminals_moves_no_cursor_and_outlives_its_folder() {
    let heart = heart();
    let dir = heart.path().join("agreement");
    fs::create_dir(&dir).unwrap();
    let mut child = concordat(&["check", dir.to_str().unwrap(), "--watch"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(told.by_ref().any(|line| line.starts_with("error: there is no module in ")));
    assert!(told.by_ref().any(|line| line.starts_with("watching ")));
    fs::remove_dir(&dir).unwrap();
    fs::create_dir(&dir).unwrap();
    let names = ["parties.md", "governance.md", "protocol.md", "release.md", "data-use.md"];
    for name in names {
        fs::copy(heart.path().join(name), dir.join(name)).unwrap();
    }
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut all = String::new();
    while !all.contains("all as written") {
        assert!(said.read_line(&mut all).unwrap() > 0, "{all}");
    }
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    said.read_to_string(&mut all).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(!all.contains('\u{1b}'), "{all}");
}

#[test]
fn row_120_what_clauses_meet_of_regimes_is_told_and_gaps_fail_where_somebody_is_strict() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/allocation");
    let asked = ["--coverage", "eu-ai-act", "--coverage", "nist-ai-rmf", "--on", "2028-01-01"];
    let output = check(&dir, &asked);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(said.contains("EU AI Act (eu-ai-act 2026.11) on 2028-01-01: "), "{said}");
    assert!(said.contains("  gap  GV-1.1: "), "{said}");
    assert!(said.contains("of high tier"), "{said}");
    let found: Value =
        serde_json::from_slice(&check(&dir, &[&asked[..], &["--json"]].concat()).stdout).unwrap();
    let act = &found["coverage"][0];
    // Nothing in it says of which class its model is, so that no class switches a row on.
    assert!(act["beside"].as_u64().unwrap() > 10 && act["classes_unsaid"] == true, "{act}");
    assert_eq!((&act["met"], &act["gaps"]), (&1.into(), &4.into()), "{act}");
    let rows = act["requirements"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["source"].is_string() && row["confirmed"].is_string()));

    let strict = check(&dir, &[&asked[..], &["--strict"]].concat());
    assert_eq!(strict.status.code(), Some(1), "{}", text(&strict.stderr));
    assert!(text(&strict.stderr).contains("#coverage-gaps"));
    let unknown = check(&dir, &["--coverage", "nowhere"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("#unknown-regime"));
    let no_pack = check(&dir, &["--coverage", dir.join("README.md").to_str().unwrap()]);
    assert!(text(&no_pack.stderr).contains("#bad-regime"));
}

#[test]
fn row_116_the_duties_of_a_class_are_held_against_the_clauses_wherever_the_instrument_names_the_regime()
 {
    let heart = heart();
    let quiet = text(&check(heart.path(), &[]).stdout);
    assert!(!quiet.contains("EU AI Act"), "{quiet}");
    let own = "escalates_to = \"council\"\n```\n\n## The Council";
    let regimes = "escalates_to = \"council\"\nregimes = [{ seat = \"trainer\", under = [\"eu-ai-act\", \
                   \"house\"] }]\n```\n\n## The Council";
    replace(&heart.path().join("governance.md"), own, regimes);
    let gaps = |classes: &str| {
        let model = heart.path().join("data-use.md");
        let title = "asset = \"Cardiac Risk Model\"\n";
        replace(&model, title, &format!("{title}{classes}"));
        let found =
            check(heart.path(), &["--on", "2028-01-01", "--coverage", "nist-ai-rmf", "--json"]);
        let found: Value = serde_json::from_slice(&found.stdout).unwrap();
        assert_eq!(found["unknown_regimes"][0], "house", "{found}");
        found["coverage"][1]["gaps"].as_u64().unwrap()
    };
    let plain = gaps("");
    assert!(gaps("classes = [\"annex-iii\"]\n") > plain + 10);
    let said = text(&check(heart.path(), &[]).stdout);
    assert!(said.contains("EU AI Act (eu-ai-act 2026.11) on "), "{said}");
    // They are counted; what nobody asked for is listed to who wants all of it.
    assert!(!said.contains("  gap  AIA-5: "), "{said}");
    assert!(text(&check(heart.path(), &["--verbose"]).stdout).contains("  gap  AIA-5: "));
}
