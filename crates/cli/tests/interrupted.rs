//! A pilot that is told to end, at every stage of it: what it says, its exit status, and that
//! nothing goes on behind anybody's back.
#![allow(clippy::disallowed_methods, reason = "a test starts processes and reads their folders")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod world;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

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
