//! `concordat diff` tells what another text does, and whose signature it takes.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::Command;

fn heart() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/heart")
}

/// A copy of the heart agreement, one of its texts changed.
fn amended(dir: &Path, module: &str, from: &str, to: &str) {
    for entry in std::fs::read_dir(heart()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            let mut text = std::fs::read_to_string(&path).unwrap();
            let name = path.file_name().unwrap();
            if name.to_str() == Some(module) {
                assert!(text.contains(from), "{module} has no {from}");
                text = text.replace(from, to);
            }
            std::fs::write(dir.join(name), text).unwrap();
        }
    }
}

fn diff(new: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_concordat"));
    let output = command.arg("diff").arg(heart()).arg(new).output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_word_changes_no_answer_and_takes_every_signature() {
    let dir = tempfile::tempdir().unwrap();
    amended(dir.path(), "release.md", "# Test and release", "# Release");
    let told = diff(dir.path());
    assert!(told.contains("The texts differ"), "{told}");
    assert!(told.contains("module `release` takes the signature of"), "{told}");
    for party in ["alder", "birch", "cypress", "dogwood", "lab", "vendor"] {
        assert!(told.contains(&format!("{party}: ")), "{party}: {told}");
    }
    amended(dir.path(), "release.md", "# Test and release", "# Test and release");
    assert!(diff(dir.path()).starts_with("Nothing changes"));
}

#[test]
fn a_text_that_changed_and_kept_its_version_is_warned_of() {
    let dir = tempfile::tempdir().unwrap();
    amended(dir.path(), "release.md", "# Test and release", "# Release");
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
    amended(dir.path(), "release.md", "version = \"1.0.0\"", "version = \"1.0.1\"");
    assert_eq!(run(&[]).1, "");
}

#[test]
fn a_longer_run_is_told_with_whom_it_concerns() {
    let dir = tempfile::tempdir().unwrap();
    amended(dir.path(), "data-use.md", "run.rounds <= 100", "run.rounds <= 200");
    let told = diff(dir.path());
    assert!(told.contains("run.propose for `trainer`: now allowed"), "{told}");
    assert!(told.contains("`data-use/train-on-heart-rows` concerns it"), "{told}");
}
