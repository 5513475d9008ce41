//! Files made to mislead: what is in them neither steers the terminal nor fills the memory.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests lay out files")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use concordat_terms::steers;
use serde_json::Value;
use tempfile::TempDir;

/// Clears the screen, rings, hides what follows, and turns the reading direction around.
const HOSTILE: &str = "\u{1b}[2J\u{7}\u{9b}8m\u{202e}\u{2066}x";

fn concordat(arguments: &[&str]) -> Output {
    let binary = env!("CARGO_BIN_EXE_concordat");
    let mut child = Command::new(binary)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if started.elapsed() > Duration::from_secs(20) {
            child.kill().unwrap();
            panic!("{arguments:?} does not end");
        }
        std::thread::park_timeout(Duration::from_millis(5));
    }
    child.wait_with_output().unwrap()
}

/// Everything that a command printed; none of it steers a terminal.
fn harmless(arguments: &[&str]) -> String {
    let output = concordat(arguments);
    let mut all = String::from_utf8(output.stdout).unwrap();
    all.push_str(&String::from_utf8(output.stderr).unwrap());
    assert!(all.chars().all(|c| c == '\n' || c == '\t' || !steers(c)), "{arguments:?}: {all:?}");
    all
}

/// Bad usage in three lines and in JSON, and what both say.
fn bad_usage(arguments: &[&str], code: &str, names: &str) {
    let output = concordat(arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
    let lines: Vec<&str> = said.lines().collect();
    assert!(
        matches!(lines[..], [what, hint, see] if what.starts_with("error: ")
        && what.contains(names) && hint.starts_with("hint: ")
        && see.ends_with(&format!("#{code}"))),
        "{arguments:?}: {said}"
    );
    let output = concordat(&[arguments, &["--json"]].concat());
    let problem: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(problem["code"], code, "{arguments:?}");
}

fn shown(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

fn archive(dir: &TempDir) -> PathBuf {
    let target = dir.path().join("archive");
    concordat_cli::archive::save(&target, &common::story().archive()).unwrap();
    target
}

#[test]
fn what_stands_in_a_file_or_its_name_does_not_steer_the_terminal() {
    let dir = TempDir::new().unwrap();
    let at = |name: &str| shown(&dir.path().join(name));
    let agreement = dir.path().join("agreement");
    fs::create_dir(&agreement).unwrap();
    let module = format!(
        "# T\n\n```module\nid = \"a{HOSTILE}\"\n{HOSTILE} = 1\n```\n\n```clause\n\
         id = \"b\"\nkind = \"{HOSTILE}\"\nx = \"\\u001b[31m\"\n```\n"
    );
    fs::write(agreement.join(format!("a\n{HOSTILE}.md")), module).unwrap();
    let plan = at(&format!("plan{HOSTILE}.toml"));
    fs::write(&plan, format!("run = \"{HOSTILE}\"\n")).unwrap();
    let founding = at(&format!("founding{HOSTILE}"));
    fs::write(&founding, "{}").unwrap();
    fs::write(at("keys.json"), format!("{{\"{HOSTILE}\":1}}")).unwrap();
    let table = serde_json::to_string(HOSTILE).unwrap();
    fs::write(at("concordat.toml"), format!("[{table}]\n")).unwrap();
    let archive = archive(&dir);
    fs::write(archive.join(format!("extra{HOSTILE}")), "").unwrap();

    let cases: &[&[&str]] = &[
        &["check", &shown(&agreement)],
        &["check", &at(HOSTILE)],
        &["run", "propose", &plan, "--home", &at("")],
        &["sign", "--home", &at(""), &founding],
        &["verify", &shown(&archive)],
        &["status", "--home", &at("")],
        &["act", "place.register", HOSTILE, "--seat", "a", "--home", &at("")],
        &["act", HOSTILE, "--seat", "a", "--home", &at("")],
        &[HOSTILE],
    ];
    for arguments in cases {
        // It was told, with the number of the character instead of the character.
        let told = harmless(arguments);
        assert!(told.contains("\\u{") || told.contains('\u{241b}'), "{arguments:?}: {told}");
        let told = harmless(&[*arguments, &["--json"]].concat());
        assert!(told.contains("\\u00"), "{arguments:?}: {told}");
    }

    // A name cannot add a line that looks like one of ours.
    let output = concordat(&["check", &at("x\nerror: all is well\nhint: pay\nsee: there")]);
    assert_eq!(String::from_utf8(output.stderr).unwrap().lines().count(), 3);
}

#[test]
fn folders_pipes_and_devices_are_refused_at_once_wherever_a_file_is_named() {
    let dir = TempDir::new().unwrap();
    let at = |name: &str| shown(&dir.path().join(name));
    let pipe = at("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    fs::create_dir(at("folder")).unwrap();
    let agreement = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/heart");
    let key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    for (bad, what) in [("/dev/zero", "a device"), (&pipe, "a pipe"), (&at("folder"), "a folder")] {
        let payload = format!("@{bad}");
        let (party, out) = (format!("alder={bad}"), at("out"));
        let found =
            ["found", "--agreement", agreement, "--origin", "a.example", "--sequencer", key];
        let cases: &[&[&str]] = &[
            &["node", "doctor", "heart-rows", "--agreement", agreement, "--table", bad],
            &["run", "propose", bad, "--home", "h"],
            &["act", "place.register", &payload, "--seat", "a", "--home", "h"],
            &["sign", "--home", "h", bad],
            &[&found[..], &["--out", &out, "--party", &party]].concat(),
        ];
        for arguments in cases {
            bad_usage(arguments, "not-a-file", what);
        }
    }
    // Nor is one replaced by what would be written.
    bad_usage(&["render", agreement, "--out", &pipe], "not-a-file", "a pipe");
    assert!(!fs::metadata(&pipe).unwrap().is_file());
    // A folder of a party, or of modules, or an archive, has plain files too.
    let home = at("home");
    assert!(concordat(&["key", "new", "--home", &home, "--party", "alder"]).status.success());
    fs::create_dir(Path::new(&home).join("concordat.toml")).unwrap();
    bad_usage(&["status", "--home", &home], "not-a-file", "concordat.toml");
    fs::remove_dir(Path::new(&home).join("concordat.toml")).unwrap();
    fs::remove_file(Path::new(&home).join("keys/witness.key")).unwrap();
    std::os::unix::fs::symlink(&pipe, Path::new(&home).join("keys/witness.key")).unwrap();
    bad_usage(&["key", "show", "--home", &home, "--party", "alder"], "not-a-file", "witness.key");
    fs::create_dir(at("folder/a.md")).unwrap();
    bad_usage(&["check", &at("folder")], "not-a-file", "a.md");
}

#[test]
fn a_file_longer_than_its_kind_is_not_read() {
    let dir = TempDir::new().unwrap();
    let large = dir.path().join("large.md");
    fs::File::create(&large).unwrap().set_len(1 << 40).unwrap();
    let (large, folder) = (shown(&large), shown(dir.path()));
    let agreement = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/heart");
    let payload = format!("@{large}");
    let cases: &[&[&str]] = &[
        &["check", &folder],
        &["node", "doctor", "heart-rows", "--agreement", agreement, "--table", &large],
        &["run", "propose", &large, "--home", "h"],
        &["act", "place.register", &payload, "--seat", "a", "--home", "h"],
        &["sign", "--home", "h", &large],
    ];
    for arguments in cases {
        bad_usage(arguments, "file-too-large", "large.md");
    }
    fs::write(&large, b"\xff\xfe\x00binary").unwrap();
    bad_usage(
        &["act", "place.register", &payload, "--seat", "a", "--home", "h"],
        "not-text",
        "byte 0",
    );
    bad_usage(&["run", "propose", &large, "--home", "h"], "not-text", "byte 0");
}

#[test]
fn an_archive_is_refused_for_whatever_it_has_beside_its_files() {
    let dir = TempDir::new().unwrap();
    let archive = archive(&dir);
    let refused = |names: &str| {
        let output = concordat(&["verify", &shown(&archive)]);
        let said = String::from_utf8(output.stderr).unwrap();
        let named = said.contains(&format!("error: `{names}`: "));
        assert_eq!((output.status.code(), named), (Some(1), true), "{names}: {said}");
    };
    let verified = || assert!(concordat(&["verify", &shown(&archive)]).status.success());
    verified();
    for (folder, names) in [
        ("extra", "extra/"),
        ("blobs/extra", "blobs/extra/"),
        ("tile/extra", "tile/extra/"),
        ("tile/0/x001/x002", "tile/0/x001/x002/"),
        ("tile/0/1/2/3/4/5/6/7/8/9/10/11/12/13", "tile/0/1/2/3/4/5/6/7/8/9/10/11/"),
    ] {
        fs::create_dir_all(archive.join(folder)).unwrap();
        refused(names);
        let first = Path::new(folder).iter().take(folder.split('/').count());
        let mut made: PathBuf = first.collect();
        while fs::remove_dir(archive.join(&made)).is_ok() {
            made.pop();
        }
        verified();
    }
    // A link is not what it leads to, and a pipe has no end.
    std::os::unix::fs::symlink("/dev/zero", archive.join("blobs/x")).unwrap();
    refused("blobs/x");
    fs::remove_file(archive.join("blobs/x")).unwrap();
    let readme = archive.join("README.txt");
    let text = fs::read(&readme).unwrap();
    fs::remove_file(&readme).unwrap();
    assert!(Command::new("mkfifo").arg(&readme).status().unwrap().success());
    refused("README.txt");
    fs::remove_file(&readme).unwrap();
    fs::write(&readme, &text).unwrap();
    verified();
    // No file of an archive is endless, however long it says it is.
    for name in ["checkpoint", "verdicts.jsonl", "README.txt"] {
        let path = archive.join(name);
        let text = fs::read(&path).unwrap();
        fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
        refused(name);
        fs::write(&path, text).unwrap();
    }
    verified();
}
