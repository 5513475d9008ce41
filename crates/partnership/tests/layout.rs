//! The layout of a state's bytes: every type that is read back, as it is written in the source.
//!
//! A type that changes changes its line of `golden/layout.txt`, and then `LAYOUT` must be raised, so
//! that no start goes on from a state that it reads otherwise than it was written. `UPDATE_GOLDEN=1`
//! rewrites the file, but not under a number that it had already.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "sources and a golden file are read")]

use std::fs;
use std::path::{Path, PathBuf};

use concordat_partnership::LAYOUT;
use concordat_terms::Digest;

/// The crates whose types a state is made of.
const CRATES: [&str; 4] = ["agreement", "evidence", "partnership", "terms"];

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for item in fs::read_dir(dir).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The name and the text of every type in a source that is read back, comments left out.
fn types(source: &str) -> Vec<(String, String)> {
    let mut types = Vec::new();
    let lines: Vec<&str> = source.lines().filter(|l| !l.trim_start().starts_with("//")).collect();
    for (at, line) in lines.iter().enumerate() {
        let derived = line.starts_with("#[derive(") && line.contains("Deserialize");
        let by_hand = line.starts_with("impl<'de> Deserialize<'de> for ");
        if !derived && !by_hand {
            continue;
        }
        let end = |line: &&&str| {
            **line == "}" || (!line.starts_with([' ', '#']) && line.ends_with([';', '}']))
        };
        let length = lines.iter().skip(at).position(|line| end(&line)).unwrap();
        let text: Vec<&str> = lines.iter().skip(at).take(length + 1).copied().collect();
        let text = text.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
        let words: Vec<&str> = text.split([' ', '(', '<', ';', '{']).collect();
        let before = if by_hand {
            "for"
        } else if text.contains(" struct ") {
            "struct"
        } else {
            "enum"
        };
        let name = words.iter().skip_while(|word| **word != before).nth(1).unwrap();
        types.push(((*name).to_owned(), text));
    }
    types
}

fn listing() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for name in CRATES {
        sources(&root.join(name).join("src"), &mut found);
    }
    found.sort();
    let mut lines = format!("layout {LAYOUT}\n");
    for path in found {
        let place = path.strip_prefix(&root).unwrap().display().to_string();
        for (name, text) in types(&fs::read_to_string(&path).unwrap()) {
            lines += &format!("{place} {name} {}\n", Digest::of(text.as_bytes()).short());
        }
    }
    lines
}

#[test]
fn a_type_of_the_state_does_not_change_under_the_same_number() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/layout.txt");
    let golden = fs::read_to_string(&path).unwrap_or_default();
    let now = listing();
    if golden == now {
        return;
    }
    let raised = golden.lines().next() != now.lines().next();
    if raised && std::env::var("UPDATE_GOLDEN").is_ok_and(|v| v == "1") {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &now).unwrap();
        return;
    }
    let changed: Vec<&str> = now.lines().filter(|line| !golden.contains(line)).collect();
    panic!("raise `LAYOUT`, then UPDATE_GOLDEN=1; changed or gone: {changed:#?}");
}

#[test]
fn the_listing_has_what_a_state_is_made_of() {
    let now = listing();
    for name in ["State", "Duty", "Motion", "Case", "Ledger", "Changed", "Redo", "DutyId", "Plan"] {
        assert!(now.lines().any(|line| line.split(' ').nth(1) == Some(name)), "{name}");
    }
}
