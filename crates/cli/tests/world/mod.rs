//! The binary in temporary folders, for the stories about whole partnerships.
#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod example;
pub(crate) mod port;
pub(crate) mod services;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// Runs the binary to its end, with nothing on its standard input.
pub(crate) fn concordat(arguments: &[&str]) -> Output {
    concordat_with(arguments, &[])
}

/// The same, with these variables in its environment.
fn concordat_with(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_concordat"))
        .args(arguments)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Runs a command that must succeed; the answer is the last line of its output.
pub(crate) fn answer(arguments: &[&str]) -> Value {
    answer_with(arguments, &[])
}

/// The same, with these variables in its environment.
pub(crate) fn answer_with(arguments: &[&str], variables: &[(&str, &str)]) -> Value {
    let output = concordat_with(&[arguments, &["--json"]].concat(), variables);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}\n{text}\n{errors}");
    serde_json::from_str(text.lines().next_back().unwrap_or("null")).unwrap()
}

pub(crate) fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Every file below a folder.
pub(crate) fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

/// Processes whose command line names a folder.
pub(crate) fn processes(dir: &Path) -> Vec<String> {
    let named = shown(dir);
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        // A process that ends meanwhile has no command line any more.
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        if line.contains(&named) {
            found.push(line);
        }
    }
    found
}
