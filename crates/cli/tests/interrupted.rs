//! A pilot that is told to end, at every stage of it: what it says, its exit status, and that
//! nothing goes on behind anybody's back.
#![allow(clippy::disallowed_methods, reason = "a test starts processes and reads their folders")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod world;

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use concordat_node::home::{Config, Home};
use concordat_store::Store;
use concordat_terms::Digest;
use world::{processes, shown};

/// Starts a pilot, interrupts it after it said `line`, and gives its status and what it said
/// from then on.
fn interrupted_after(line: &str, dir: &Path) -> (Option<i32>, Vec<String>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_concordat"))
        .args(["pilot", "--dir", &shown(dir)])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(said.by_ref().any(|said| said.contains(line)), "the pilot never said `{line}`");
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let rest = said.collect();
    (child.wait().unwrap().code(), rest)
}

#[test]
fn an_interrupted_pilot_ends_its_processes_and_says_what_stays_behind() {
    for line in [
        "no hospital took part",
        "the agreement is checked",
        "keys, and the founding statement",
        "nodes started",
        "modules: the rest",
        "a run: proposed",
        "  round ",
        "archive and offline verification",
    ] {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("pilot");
        let (status, said) = interrupted_after(line, &dir);
        assert_eq!(processes(&dir), Vec::<String>::new(), "after `{line}`");
        assert_eq!(status, Some(130), "after `{line}`: {said:?}");
        let last = &said[said.len().saturating_sub(3)..];
        assert_eq!(last[0], "error: interrupted", "after `{line}`: {said:?}");
        assert!(last[1].contains(&format!("remove `{}`", shown(&dir))), "{said:?}");
        assert!(last[2].ends_with("docs/reference/problems.md#interrupted"), "{said:?}");
        assert!(dir.is_dir(), "after `{line}`");
    }
}

#[test]
fn a_pilot_that_shows_its_console_ends_well_when_it_is_told_to() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("pilot");
    let (status, said) = interrupted_after("press Ctrl-C to end", &dir);
    assert_eq!((status, said), (Some(0), vec!["stopping".to_owned()]));
    assert_eq!(processes(&dir), Vec::<String>::new());
}

/// The folder of a party whose own copy of the log another process has open: a command waits for that.
fn held_home(dir: &Path) -> Store {
    let certificate =
        concordat_front::Folder::open(&dir.join("tls")).unwrap().certificate().unwrap();
    let config: Config = toml::from_str(&format!(
        "party = \"alder\"\nlog = \"{}\"\ncoordinator = \"https://127.0.0.1:1\"\n\
         certificate = \"coordinator.pem\"\n",
        Digest::of(b"genesis")
    ))
    .unwrap();
    let home = dir.join("home");
    Home::create(&home, config).unwrap();
    std::fs::write(home.join("coordinator.pem"), certificate.pem).unwrap();
    Store::open(&home.join("store-desk")).unwrap()
}

#[test]
fn an_export_that_is_told_to_end_leaves_no_draft_behind() {
    let temp = tempfile::tempdir().unwrap();
    let held = held_home(temp.path());
    let (home, archive) = (shown(&temp.path().join("home")), temp.path().join("archive"));
    // What an earlier one left behind, killed where nothing can be cleaned up, hinders nobody and stays.
    let left = temp.path().join("archive.draft");
    std::fs::create_dir(&left).unwrap();
    let draft = temp.path().join("archive.draft-2");
    for signal in ["-INT", "-TERM"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_concordat"))
            .args(["export", &shown(&archive), "--home", &home])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let started = Instant::now();
        while !draft.exists() && started.elapsed() < Duration::from_secs(60) {
            std::thread::yield_now();
        }
        assert!(draft.exists(), "{signal}");
        let id = child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{signal}: {said}");
        let last: Vec<&str> = said.lines().rev().take(3).collect();
        assert_eq!(last[2], "error: interrupted", "{signal}: {said}");
        assert!(last[0].ends_with("docs/reference/problems.md#interrupted"), "{said}");
        assert!(!draft.exists() && !archive.exists(), "{signal}: {said}");
        assert!(left.is_dir());
    }
    drop(held);
}
