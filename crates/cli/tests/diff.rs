//! `concordat diff` tells what another text does, and whose signature it takes.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::Command;

fn heart() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/heart")
}

/// A copy of a folder's agreement, one of its texts changed.
fn amended(from: &Path, to: &Path, module: &str, changes: &[(&str, &str)]) {
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            let mut text = std::fs::read_to_string(&path).unwrap();
            let name = path.file_name().unwrap();
            if name.to_str() == Some(module) {
                for (was, is) in changes {
                    assert!(text.contains(was), "{module} has no {was}");
                    text = text.replacen(was, is, 1);
                }
            }
            std::fs::write(to.join(name), text).unwrap();
        }
    }
}

/// The heart agreement beside an amendment of one of its texts.
fn told(module: &str, changes: &[(&str, &str)], more: &[&str]) -> String {
    let dir = tempfile::tempdir().unwrap();
    amended(&heart(), dir.path(), module, changes);
    diff(&heart(), dir.path(), more)
}

fn diff(old: &Path, new: &Path, more: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_concordat"));
    let output = command.arg("diff").arg(old).arg(new).args(more).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_word_changes_no_answer_and_takes_every_signature() {
    let told = told("release.md", &[("# Test and release", "# Release")], &[]);
    assert!(told.contains("Only the wording differs"), "{told}");
    assert!(told.contains("module `release` takes the signature of"), "{told}");
    for party in ["alder", "birch", "cypress", "dogwood", "lab", "vendor"] {
        assert!(told.contains(&format!("{party}: ")), "{party}: {told}");
    }
    assert!(diff(&heart(), &heart(), &[]).starts_with("Nothing changes"));
}

const LONGER: (&str, &str) = ("run.rounds <= 100", "run.rounds <= 200");

#[test]
fn a_longer_run_is_told_with_its_permit_and_whom_it_concerns() {
    let told = told("data-use.md", &[LONGER], &[]);
    let permit = "run.propose for `trainer`: now allowed (by `data-use/train-on-heart-rows`";
    assert!(told.contains(permit), "{told}");
    assert!(told.contains("`data-use/train-on-heart-rows` concerns it"), "{told}");
}

#[test]
fn a_hospital_is_told_what_others_may_do_with_its_rows() {
    let said = told("data-use.md", &[LONGER], &["--for", "birch"]);
    let (_, others) =
        said.split_once("others, on what is yours\n").unwrap_or_else(|| panic!("{said}"));
    assert!(others.contains("now allowed (by `data-use/train-on-heart-rows`"), "{said}");
    assert!(others.contains("by vendor; ") && others.contains("; yours: heart-rows"), "{said}");
    // The lab holds nothing that is trained on.
    let said = told("data-use.md", &[LONGER], &["--for", "lab"]);
    assert!(!said.contains("what is yours"), "{said}");
    let json = told("data-use.md", &[LONGER], &["--for", "birch", "--json"]);
    assert!(json.contains("\"on_yours\":[{"), "{json}");
}

#[test]
fn how_a_permit_and_a_module_fall_is_told() {
    let falls = "survives = true\nif_invalid = \"drop\"";
    let survives = format!("when = \"run.participants >= 3 && run.rounds <= 100\"\n{falls}");
    let when = "when = \"run.participants >= 3 && run.rounds <= 100\"";
    let level = ("version = \"1.0.0\"", "version = \"1.1.0\"\nlevel = \"qualified\"");
    let told = told("data-use.md", &[(when, &survives), level], &[]);
    let wanted = [
        "module `data-use` stands otherwise\n  level: simple → qualified",
        "`data-use/train-on-heart-rows` stands or falls otherwise",
        "  if_invalid: nothing → \"drop\"\n  survives: nothing → true",
    ];
    for wanted in wanted {
        assert!(told.contains(wanted), "{wanted}: {told}");
    }
}

const POWER: &str = r#"

The Council may let runs be longer.

```clause
id = "longer-runs"
power = "module.enter"
holder = "council-member"
over = "data-use"
clauses = ["data-use/train-on-heart-rows"]
ratified_by = "council"
within = "P14D"
```

## "#;

#[test]
fn what_a_clause_delegates_takes_the_signature_of_who_brings_it_in() {
    let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    amended(&heart(), old.path(), "governance.md", &[("\n\n## ", POWER)]);
    let patch = ("version = \"1.0.0\"", "version = \"1.0.1\"");
    amended(old.path(), new.path(), "data-use.md", &[LONGER, patch]);
    let told = diff(old.path(), new.path(), &[]);
    let alone = "module `data-use` takes one signature, that of who brings it in:\n  \
                 alder, birch, cypress, dogwood or lab by `governance/longer-runs`, once `council` has so decided";
    assert!(told.contains(alone), "{told}");
    assert!(told.contains("brought in by anybody else, takes the signature of"), "{told}");
}

const PROJECT: &str = "# Rules of the project\n\n```module\nid = \"risk-rules\"\nversion = \"1.0.0\"\n\
    project = \"risk\"\nsigners = [\"trainer\"]\n```\n\n```clause\nid = \"short-runs\"\n\
    permit = \"run.propose\"\nby = \"trainer\"\nwhen = \"run.rounds <= 50\"\n```\n";

#[test]
fn versions_of_a_project_are_compared_beside_their_frame() {
    let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(old.path().join("rules.md"), PROJECT).unwrap();
    std::fs::write(new.path().join("rules.md"), PROJECT.replace("<= 50", "<= 40")).unwrap();
    let frame = heart();
    let frame = ["--frame", frame.to_str().unwrap()];
    let told = diff(old.path(), new.path(), &frame);
    let refused = "run.propose for `trainer`: no longer allowed (`risk-rules/short-runs`)";
    assert!(told.contains(refused) && told.contains("41 to 50"), "{told}");
    assert!(told.contains("`risk-rules/short-runs` concerns it"), "{told}");
    // Beside the frame alone: what the project takes away.
    let told = diff(&heart(), old.path(), &frame);
    assert!(told.contains(refused) && told.contains("51 to 100"), "{told}");
    assert!(told.contains("module `risk-rules` is new"), "{told}");
}

#[test]
fn a_text_that_changed_and_kept_its_version_is_warned_of() {
    let dir = tempfile::tempdir().unwrap();
    amended(&heart(), dir.path(), "release.md", &[("# Test and release", "# Release")]);
    let run = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_concordat"));
        let output = command.arg("diff").arg(heart()).arg(dir.path()).args(more).output().unwrap();
        assert!(output.status.success());
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let said = "module `release` differs and keeps version 1.0.0: nobody can sign both";
    for more in [&[][..], &["--text"]] {
        let (_, stderr) = run(more);
        assert!(stderr.starts_with(&format!("warning: {said}")), "{stderr}");
    }
    let json: serde_json::Value = serde_json::from_str(&run(&["--json"]).0).unwrap();
    assert!(json["warnings"][0].as_str().unwrap().starts_with(said), "{json}");

    // A higher version is what was missing.
    let version = ("version = \"1.0.0\"", "version = \"1.0.1\"");
    let title = ("# Test and release", "# Release");
    amended(&heart(), dir.path(), "release.md", &[title, version]);
    assert_eq!(run(&[]).1, "");
}
