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
fn a_longer_run_is_told_with_whom_it_concerns() {
    let dir = tempfile::tempdir().unwrap();
    amended(dir.path(), "data-use.md", "run.rounds <= 100", "run.rounds <= 200");
    let told = diff(dir.path());
    assert!(told.contains("run.propose for `trainer`: now allowed"), "{told}");
    assert!(told.contains("`data-use/train-on-heart-rows` concerns it"), "{told}");
}
