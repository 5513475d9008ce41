//! The unit for systemd is one, and leaves a node little to do but its work. Where there is no systemd, there
//! is nobody to ask.
#![allow(clippy::disallowed_methods, reason = "a test reads files and starts programs")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::fs;
use std::process::{Command, Output};

const UNIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packaging/concordat-node.service");

/// None where the program is not there.
fn analyse(arguments: &[&str]) -> Option<Output> {
    match Command::new("systemd-analyze").args(arguments).output() {
        Ok(output) => Some(output),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("no `systemd-analyze` here");
            None
        }
        Err(e) => panic!("{e}"),
    }
}

#[test]
fn the_unit_is_one_and_is_exposed_little() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("concordat-node.service");
    let text = fs::read_to_string(UNIT).unwrap();
    // The binary is where it was built.
    let built = env!("CARGO_BIN_EXE_concordat");
    fs::write(&path, text.replace("/usr/local/bin/concordat", built)).unwrap();
    let path = path.to_str().unwrap();
    let Some(verified) = analyse(&["verify", path]) else { return };
    let said = String::from_utf8_lossy(&verified.stderr);
    let of_ours: Vec<&str> = said.lines().filter(|line| line.contains("concordat-node")).collect();
    assert!(of_ours.is_empty(), "{of_ours:#?}");

    // Of ten, from the least exposed on.
    let judged = analyse(&["security", "--offline=true", "--threshold=15", path]).unwrap();
    let said = String::from_utf8_lossy(&judged.stdout);
    assert!(judged.status.success(), "{said}");
    let last = said.lines().rfind(|line| line.contains("Overall exposure")).unwrap();
    eprintln!("{last}");
    let bare = dir.path().join("bare.service");
    fs::write(&bare, format!("[Service]\nExecStart={built}\n")).unwrap();
    let bare = analyse(&["security", "--offline=true", "--threshold=15", bare.to_str().unwrap()]);
    assert!(!bare.unwrap().status.success(), "any unit would do");
}
