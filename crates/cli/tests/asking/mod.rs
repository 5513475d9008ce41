//! How other people's tools are asked about what we write, for the tests that do.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a folder holds that is shown to a tool.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// The folder with the tools of others; none where nobody installed them.
pub(crate) fn tools() -> Option<PathBuf> {
    let named = std::env::var_os("CONCORDAT_STRANGERS").map(PathBuf::from);
    if named.is_none() {
        eprintln!("no tools of others here: `cargo xtask test` installs them");
    }
    named
}

/// Asks one program about several folders at once: the first is ours as it is, all others were
/// tampered with.
pub(crate) fn asked(program: &Path, arguments: &[&Path], cases: &[(&str, Files)]) {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(program);
    command.args(arguments);
    for (number, (_, files)) in cases.iter().enumerate() {
        let folder = dir.path().join(number.to_string());
        for (name, bytes) in files {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        command.arg(folder);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let why = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), cases.len(), "{said}{why}");
    for (number, ((what, _), line)) in cases.iter().zip(lines).enumerate() {
        if number == 0 {
            assert_eq!(line, "accepted", "{what}: {why}");
        } else {
            assert!(line.starts_with("refused: "), "{what} is {line}");
        }
        println!("{what}: {line}");
    }
}

/// One of our programs that ask them.
pub(crate) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/strangers").join(name)
}

/// The files with one of them changed.
pub(crate) fn changed(files: &Files, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> Files {
    let mut files = files.clone();
    change(files.get_mut(name).unwrap_or_else(|| panic!("no `{name}`")));
    files
}
