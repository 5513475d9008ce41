//! What `concordat evidence` shows of tests, and what it reads of others' reports.
//! `UPDATE_GOLDEN=1` rewrites the outputs below `evidence/`.
#![allow(clippy::disallowed_methods, reason = "a test starts processes and reads their folders")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod archived;
#[path = "../../replay/tests/common/mod.rs"]
mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use archived::archived;
use common::{HOSPITALS, Story, cost, digest, result, texts};
use concordat_agreement::Label;
use concordat_partnership::Act;
use concordat_partnership::act::{
    Accreditation, Elsewhere, EvidenceReply, EvidenceSubmit, LabAccredit, LabClass, LabSuspend,
    MethodRegister, RecognitionAdopt, Release, Rule, TestRecord,
};
use concordat_terms::Digest;
use serde_json::json;

/// What the heart agreement has besides, and what its gate asks.
const MORE: &str = r#"
## Whose tests count

```clause
id = "council-about-tests"
permit = "method.register"
by = "council-member"
```

```clause
id = "accredit-labs"
permit = "lab.accredit"
by = "council-member"
```

```clause
id = "suspend-labs"
permit = "lab.suspend"
by = "council-member"
```

```clause
id = "adopt-rules"
permit = "recognition.adopt"
by = "council-member"
```

```clause
id = "file-from-elsewhere"
permit = "evidence.submit"
by = "trainer"
```

```clause
id = "reply"
permit = "evidence.reply"
by = "trainer"
```

```clause
id = "accuracy-tests"
recognise = "bias-audit"
lab = "independent"
max_age = "P90D"
cost = "EUR 4000"
```
"#;

fn a<T: std::str::FromStr>(text: &str) -> T {
    text.parse().ok().unwrap_or_else(|| panic!("`{text}`"))
}

fn accreditation() -> Accreditation {
    Accreditation {
        standard: a("ISO/IEC 17025"),
        certificate: digest("certificate"),
        methods: [a("pooled-holdout-accuracy")].into(),
        from: a("2026-01-01T00:00:00Z"),
        until: a("2028-01-01T00:00:00Z"),
    }
}

fn tested(method: &str, metric: &str, edit: impl FnOnce(&mut TestRecord)) -> Act {
    let mut record = TestRecord {
        tested: a("2027-01-11T08:00:00Z"),
        version: Some(a("1.2")),
        deviated: false,
        plan: None,
        valid_until: None,
        elsewhere: None,
        techniques: [].into(),
        label: None,
    };
    edit(&mut record);
    Act::EvidenceSubmit(EvidenceSubmit {
        subject: digest("model"),
        method: a(method),
        results: [(a(metric), a("0.81"))].into(),
        cases: 252.try_into().unwrap(),
        report: digest("report"),
        record: Some(Box::new(record)),
    })
}

/// A model was released on what a lab abroad found; a red team of the lab here filed a report that
/// is restricted, and the lab was suspended later.
fn worked() -> (Story, BTreeMap<Digest, Vec<u8>>) {
    let mut all = texts();
    let release = all.get_mut("release").unwrap();
    *release =
        release.replace("at_least = \"0.7\" }", "at_least = \"0.7\", recognised = \"EU\" }") + MORE;
    let all: Vec<String> = all.into_values().collect();
    let blobs = all.iter().map(|text| (digest(text), text.clone().into_bytes())).collect();
    let mut story = Story::begun(all);
    let member = "council-member";
    story.run("first");
    for hospital in HOSPITALS {
        story.admit(hospital, "data-holder", story.join("first", cost()));
    }
    let seats = ["alder", "birch", "dogwood"].map(|h| (h, "data-holder"));
    let entry = story.sign(&seats, &result("model"));
    assert!(story.step(entry).is_admitted());
    story.tick("2027-01-11T08:00:00Z");

    story.decide(
        "method",
        Act::MethodRegister(MethodRegister {
            method: a("pooled-holdout-accuracy"),
            version: a("1.2"),
            document: digest("method"),
            family: a("accuracy"),
            until: None,
        }),
    );
    let (lab, class) = (a("lab"), LabClass::Independent);
    let accredit = LabAccredit { lab, class, accreditation: accreditation() };
    story.admit("alder", member, Act::LabAccredit(accredit));
    let rule = Rule {
        from: [a("GB")].into(),
        to: a("EU"),
        family: a("accuracy"),
        lab: LabClass::Independent,
        accredited: ["ISO/IEC 17025".to_owned()].into(),
        max_age: a("P1Y"),
        extra_tests: [].into(),
    };
    let adopt = RecognitionAdopt { recognition: a("uk-results"), rule, cost: Some(a("EUR 12000")) };
    story.decide("rule", Act::RecognitionAdopt(adopt));
    let found = story.state().index();
    let abroad = tested("pooled-holdout-accuracy", "accuracy", |record| {
        record.elsewhere = Some(Elsewhere {
            lab: a("lab-abroad"),
            country: a("GB"),
            class: LabClass::Independent,
            accreditations: vec![accreditation()],
        });
    });
    story.admit("vendor", "trainer", abroad);
    let red = tested("red-team", "pass-rate", |record| {
        record.techniques = [a("owasp:llm01"), a("encoding.InjectBase64")].into();
        record.label = Some(Label::Restricted);
    });
    let attacked = story.state().index();
    story.admit("lab", "test-lab", red);
    let reply = EvidenceReply { evidence: attacked, reply: digest("reply") };
    story.admit("vendor", "trainer", Act::EvidenceReply(reply));
    let model = digest("model");
    story.admit("vendor", "trainer", Act::ReleasePropose(Release { model }));
    story.decide("release-it", Act::ReleasePromote(Release { model }));
    assert_eq!(story.state().savings().spared.keys().next(), Some(&found));
    let suspend = LabSuspend { lab: a("lab"), from: None, reason: digest("reason") };
    story.admit("birch", member, Act::LabSuspend(suspend));
    (story, blobs)
}

fn concordat(arguments: &[&str], folder: &Path) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_concordat"));
    program.args(arguments).current_dir(folder).output().unwrap()
}

/// A folder with the archive and the report that the page names.
fn folder() -> tempfile::TempDir {
    let temp = tempfile::tempdir().unwrap();
    let (story, blobs) = worked();
    archived(&story, &blobs, &temp.path().join("archive"));
    fs::copy(report("garak.report.jsonl"), temp.path().join("garak.report.jsonl")).unwrap();
    temp
}

fn report(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../evidence/tests/reports").join(name)
}

/// What each command prints, by the name of its golden file.
const VIEWS: &[(&str, &[&str])] = &[
    ("import", &["import", "garak.report.jsonl"]),
    ("list", &["list", "--archive", "archive"]),
    ("list-as-cypress", &["list", "--archive", "archive", "--as", "cypress"]),
    ("labs", &["labs", "--archive", "archive"]),
    ("rules", &["rules", "--archive", "archive"]),
    ("savings", &["savings", "--archive", "archive"]),
];

#[test]
fn each_view_says_whose_tests_count() {
    let temp = folder();
    let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/evidence");
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut differ = Vec::new();
    for (name, arguments) in VIEWS {
        let asked = [&["evidence"], *arguments].concat();
        for (end, more) in [("txt", None), ("json", Some("--json"))] {
            let asked: Vec<&str> = asked.iter().copied().chain(more).collect();
            let output = concordat(&asked, temp.path());
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{asked:?}: {told}");
            let mut shown = String::from_utf8(output.stdout).unwrap();
            if more.is_some() {
                let lines = shown.lines().map(|line| {
                    let json: serde_json::Value = serde_json::from_str(line).unwrap();
                    serde_json::to_string_pretty(&json).unwrap() + "\n"
                });
                shown = lines.collect();
            }
            let path = golden.join(format!("{name}.{end}"));
            if update {
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
fn row_97_results_are_found_by_technique_by_who_may_read_them() {
    let temp = folder();
    let found = |reader: &str| {
        let asked = ["evidence", "list", "--archive", "archive", "--as", reader, "--technique"];
        let output = concordat(&[&asked[..], &["owasp:llm01", "--json"]].concat(), temp.path());
        String::from_utf8(output.stdout).unwrap().lines().count()
    };
    assert_eq!((found("vendor"), found("cypress")), (1, 0));
}

#[test]
fn every_command_of_the_page_has_an_answer() {
    let temp = folder();
    let page =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/how-to/use-tests-of-others.md");
    let page = fs::read_to_string(page).unwrap();
    let commands: Vec<&str> =
        page.lines().filter_map(|line| line.strip_prefix("$ concordat ")).collect();
    assert!(commands.len() >= 5, "{commands:?}");
    for command in commands {
        let output = concordat(&command.split(' ').collect::<Vec<_>>(), temp.path());
        assert!(output.status.success() && !output.stdout.is_empty(), "{command}");
    }
}

#[test]
fn a_log_of_inspect_is_read_as_it_is_written_and_refused_when_it_is_damaged() {
    let temp = tempfile::tempdir().unwrap();
    let found = |name: &str, bytes: &[u8]| {
        fs::write(temp.path().join(name), bytes).unwrap();
        concordat(&["evidence", "import", name, "--json"], temp.path())
    };
    let log = fs::read(report("inspect.eval")).unwrap();
    let output = found("log.eval", &log);
    let read: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let one = &read["found"][0];
    assert_eq!((&one["method"], &one["cases"]), (&json!("inspect-injection"), &json!(3)));
    assert_eq!(one["techniques"], json!(["AML.T0051", "AML.T0054"]));
    assert_eq!(one["results"]["pass-rate"], json!("0.6667"));
    // Wherever it is cut, and whatever bit of the header is another, nothing is made up.
    for at in (0..log.len()).step_by(97) {
        let output = found("cut.eval", &log[..at]);
        assert_eq!(output.status.code(), Some(2), "cut at {at}");
    }
    let header = log.windows(11).position(|part| part == b"header.json").unwrap();
    let mut bent = log.clone();
    bent[header + 40..header + 400].fill(0);
    let told = found("bent.eval", &bent);
    assert!(String::from_utf8_lossy(&told.stderr).contains("unread-report"));
}

#[test]
fn a_report_that_cannot_be_read_is_told_in_three_lines() {
    let temp = tempfile::tempdir().unwrap();
    let failed = report("inspect_error.json").display().to_string();
    let output = concordat(&["evidence", "import", &failed], temp.path());
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("the run has the status `error`"), "{told}");
    assert!(told.contains("unread-report"), "{told}");
    let several = report("garak.report.jsonl").display().to_string();
    let output = concordat(&["evidence", "import", &several, "--method", "one"], temp.path());
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("several-tests"), "{told}");
}
