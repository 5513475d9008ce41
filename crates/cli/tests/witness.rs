//! A witness's folder, and the service in it, from a terminal.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a test starts processes")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use concordat_terms::Digest;
use concordat_tlog::vkey::{Key, Kind};
use concordat_tlog::{SigningKey, Vkey};
use serde_json::Value;
use tempfile::TempDir;

fn concordat(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_concordat"));
    command.args(arguments).stdin(Stdio::null());
    command
}

fn log() -> Vkey {
    let key = SigningKey::from_seed(&Digest::of(b"sequencer").0).public();
    Vkey::new("heart.example/log", Key::Log(key)).unwrap()
}

fn new(home: &Path, name: &str, log: &Vkey) -> Output {
    let (home, log) = (home.display().to_string(), log.to_string());
    let listen = ["--listen", "127.0.0.1:0", "--json"];
    let words = ["witness", "new", "--home", &home, "--name", name, "--log", &log];
    concordat(&[&words[..], &listen].concat()).output().unwrap()
}

/// Three lines, the first of which has this code.
fn refused(output: &Output, code: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.lines().count() == 3 && said.trim_end().ends_with(&format!("#{code}")), "{said}");
}

#[test]
fn a_folder_has_two_keys_of_its_own_and_is_made_once() {
    let temp = TempDir::new().unwrap();
    let home = temp.path().join("witness");
    let made = new(&home, "witness.example/w1", &log());
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let shown: Value = serde_json::from_slice(&made.stdout).unwrap();
    let vkey = |at: usize| shown["vkeys"][at].as_str().unwrap().parse::<Vkey>().unwrap();
    assert_eq!(vkey(0).name(), "witness.example/w1");
    assert_eq!([vkey(0).key().kind(), vkey(1).key().kind()], [Kind::Witness, Kind::PqWitness]);
    for key in ["keys/witness.key", "keys/witness-ml-dsa-44.key", "tls/key.pem"] {
        let mode = fs::metadata(home.join(key)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{key}");
    }

    let before = fs::read(home.join("witness.toml")).unwrap();
    refused(&new(&home, "witness.example/w2", &log()), "home-exists");
    assert_eq!(fs::read(home.join("witness.toml")).unwrap(), before);
}

#[test]
fn a_witness_is_neither_the_log_nor_a_witness_of_witnesses() {
    let temp = TempDir::new().unwrap();
    let home = temp.path().join("witness");
    refused(&new(&home, "heart.example/log", &log()), "bad-config");
    let key = SigningKey::from_seed(&Digest::of(b"other").0).public();
    let other = Vkey::new("witness.example/w2", Key::Witness(key)).unwrap();
    refused(&new(&home, "witness.example/w1", &other), "bad-config");
    refused(&new(&home, "a name", &log()), "bad-name");
    assert!(!home.join("witness.toml").exists());
}

#[test]
fn a_service_says_where_it_listens_and_stops_when_it_is_told() {
    let temp = TempDir::new().unwrap();
    let home = temp.path().join("witness");
    assert!(new(&home, "witness.example/w1", &log()).status.success());
    let arguments = ["witness", "--json", "--until-input-ends", "--home"];
    let mut service = concordat(&[&arguments[..], &[&home.display().to_string()]].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(service.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let told: Value = serde_json::from_str(&line).unwrap();
    assert!(told["listening"].as_str().unwrap().starts_with("https://127.0.0.1:"), "{line}");
    drop(service.stdin.take());
    assert!(service.wait().unwrap().success());
    assert!(home.join("store").is_dir());
}

#[test]
fn a_file_that_says_something_else_starts_nothing() {
    let temp = TempDir::new().unwrap();
    let home = temp.path().join("witness");
    let serve = || concordat(&["witness", "--home", &home.display().to_string()]).output().unwrap();
    refused(&serve(), "no-such-file");
    assert!(new(&home, "witness.example/w1", &log()).status.success());
    let path = home.join("witness.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text + "also = 1\n").unwrap();
    refused(&serve(), "bad-config");
    assert!(!home.join("store").exists());
}
