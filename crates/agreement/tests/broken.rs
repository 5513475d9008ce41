//! Modules with mistakes, each with exactly what is said about it: `UPDATE_GOLDEN=1` rewrites.
#![allow(clippy::unwrap_used, clippy::panic)]
#![expect(clippy::disallowed_methods, reason = "golden files are read and rewritten")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use concordat_agreement::effect::void;
use concordat_agreement::{
    BYTES_MAX, assemble, beside, is_module, narrow, read, scenario_findings,
};
use concordat_terms::Diagnostic;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/broken")
}

/// Everything that is said about one file as a whole agreement.
fn said(bytes: &[u8]) -> Vec<Diagnostic> {
    said_of([("module.md".to_owned(), bytes.to_vec())])
}

/// Everything that is said about an agreement: about its files, and if they can be read, about
/// the whole.
fn said_of(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Vec<Diagnostic> {
    let (mut modules, mut unread) = (Vec::new(), Vec::new());
    let files: Vec<(String, Vec<u8>)> = files.into_iter().collect();
    let alone = files.len() == 1;
    // As the program has it: other Markdown may stand beside modules.
    let (texts, others): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|(_, bytes)| alone || is_module(bytes));
    let notes = others.iter().filter_map(|(name, bytes)| beside(name, bytes));
    for (name, bytes) in texts {
        match read(&name, &bytes) {
            Ok(module) => modules.push(module),
            Err(mut found) => unread.append(&mut found),
        }
    }
    if !unread.is_empty() {
        return unread;
    }
    let (own, frame): (Vec<_>, Vec<_>) = modules.into_iter().partition(|m| m.project.is_some());
    if own.is_empty() || frame.is_empty() {
        return match assemble(own.into_iter().chain(frame)) {
            Ok((agreement, mut found)) => {
                found.append(&mut scenario_findings(&agreement));
                found.extend(notes);
                found.sort();
                found
            }
            Err(found) => found,
        };
    }
    // Beside the modules of a frame, those of a project are checked under it.
    let (frame, _) = assemble(frame).unwrap_or_else(|found| panic!("{found:#?}"));
    match narrow(&frame, own) {
        Err(found) => found,
        Ok((narrowed, mut found)) => {
            found.extend(void(&narrowed));
            found.append(&mut scenario_findings(&narrowed));
            found
        }
    }
}

/// The agreement in a case's folder, by file name.
fn files(case: &Path) -> BTreeMap<String, Vec<u8>> {
    let names = case.read_dir().unwrap().map(|file| file.unwrap().path());
    names
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(path).unwrap())
        })
        .collect()
}

fn shown(found: &[Diagnostic]) -> String {
    let all: Vec<String> = found.iter().map(|d| format!("{d}\n")).collect();
    all.join("\n")
}

#[test]
fn each_mistake_is_underlined_and_told_how_to_mend() {
    let mut cases: Vec<PathBuf> =
        folder().read_dir().unwrap().map(|case| case.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 120);
    let update = std::env::var("UPDATE_GOLDEN").is_ok_and(|v| v == "1");
    for case in cases {
        let shown = shown(&said_of(files(&case)));
        assert!(!shown.is_empty(), "nothing is said about {}", case.display());
        let golden = case.join("expected.txt");
        if update {
            std::fs::write(&golden, &shown).unwrap();
        }
        let expected = std::fs::read_to_string(&golden).unwrap_or_default();
        assert_eq!(shown, expected, "{}", case.display());
    }
}

#[test]
fn every_code_that_is_shown_has_its_section_in_the_reference() {
    let page =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/diagnostics.md");
    let page = std::fs::read_to_string(page).unwrap();
    for case in folder().read_dir().unwrap() {
        for found in said_of(files(&case.unwrap().path())) {
            let heading = format!("\n## {}\n", found.code);
            assert!(page.contains(&heading), "`{}` has no section", found.code);
        }
    }
}

#[test]
fn every_code_of_the_reference_is_shown() {
    let page =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/diagnostics.md");
    let page = std::fs::read_to_string(page).unwrap();
    let told: BTreeSet<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let cases = folder().read_dir().unwrap().map(|case| files(&case.unwrap().path()));
    let mut shown: BTreeSet<&str> = cases.flat_map(said_of).map(|found| found.code).collect();
    shown.extend(said(&vec![b'.'; BYTES_MAX + 1]).iter().map(|found| found.code));
    // Said of files that are as large as they are wrong: `tests/limits.rs` makes them.
    shown.extend([
        "agreement-too-large",
        "line-too-long",
        "list-too-long",
        "more-findings",
        "prose-too-long",
        "quorum-too-large",
        "too-many-clauses",
        "too-many-conditions",
        "too-many-lines",
        "too-many-links",
        "too-many-scenarios",
        "too-many-steps",
        "too-many-values",
    ]);
    // Said by `concordat pilot` alone, and by `check` of what happens on the fold.
    shown.extend([
        "agreement-broken",
        "scenario-differs",
        "scenario-not-founded",
        "version-kept",
        "unknown-refusal",
    ]);
    let missing: Vec<&&str> = told.difference(&shown).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn windows_line_ends_change_the_digest_and_no_place() {
    for case in ["misspelt", "dangling", "gates", "scenario-clause-unknown"] {
        let unix = std::fs::read_to_string(folder().join(case).join("module.md")).unwrap();
        let windows = unix.replace('\n', "\r\n");
        assert_eq!(shown(&said(windows.as_bytes())), shown(&said(unix.as_bytes())), "{case}");
    }
}

#[test]
fn a_line_that_is_no_toml_is_told_once() {
    let text = "# T\n\n```module\nid = = = \"a\" \"b\" ]\nversion = [[[ 1 =\n```\n";
    let found = said(text.as_bytes());
    let lines: Vec<u32> = found.iter().map(|finding| finding.span.line).collect();
    assert!(found.iter().all(|finding| finding.code == "not-toml"), "{}", shown(&found));
    assert!(lines.windows(2).all(|two| two[0] != two[1]) && lines.contains(&4), "{lines:?}");
}

#[test]
fn bytes_that_are_no_text_are_pointed_at() {
    let found = said(b"# Title\n\nprose \xff\n");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code, "not-utf-8");
    assert_eq!((found[0].span.line, found[0].span.column), (3, 7));
}

#[test]
fn notes_beside_the_modules_are_left_alone() {
    assert!(!is_module(b"# Why\n\nSee `data-use`.\n\n```toml\nid = 1\n```\n"));
    assert!(is_module(b"```clause\nid = \"x\"\n```\n"));
    // A block stands in a list or a quote of any kind.
    for mark in ["- ", "* ", "+ ", "1. ", "12) ", "> ", "> - ", "1. - ", "   "] {
        let text = format!("# T\n\n{mark}```module\n  id = \"x\"\n  ```\n");
        assert!(is_module(text.as_bytes()) && beside("m.md", text.as_bytes()).is_none(), "{mark}");
    }
    assert!(!is_module(b"1. Write ```module below the title.\n"));
    assert!(is_module(b"\xff"), "what cannot be told is not passed over");
}
