//! Scenarios are run on the fold that judges the log: what a step is told, the log would tell.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "agreements are read from their folders")]

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use concordat_agreement::{assemble, is_module, read};
use concordat_partnership::Proved;
use concordat_partnership::check::{Report, Stands};
use concordat_replay::{prove, scenarios};

/// The texts of a folder's modules, by file name.
fn texts(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = folder.read_dir().unwrap().map(|file| file.unwrap().path());
    let texts = files.filter(|path| path.extension().is_some_and(|e| e == "md"));
    let named = texts.map(|path| {
        (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap())
    });
    named.filter(|(_, bytes)| is_module(bytes)).collect()
}

fn proved(texts: &BTreeMap<String, Vec<u8>>) -> Proved {
    let modules = texts
        .iter()
        .map(|(name, bytes)| read(name, bytes).unwrap_or_else(|found| panic!("{found:#?}")));
    let (agreement, _) = assemble(modules).unwrap_or_else(|found| panic!("{found:#?}"));
    prove(agreement).unwrap()
}

fn examples() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

fn told(report: &Report) -> String {
    report.findings.iter().map(|finding| format!("{finding}\n\n")).collect()
}

#[test]
fn every_scenario_of_an_example_is_as_written() {
    let mut found = String::new();
    for folder in examples().read_dir().unwrap() {
        let folder = folder.unwrap().path();
        let report = scenarios(&proved(&texts(&folder)));
        found.push_str(&told(&report));
        let (steps, as_written) = report.count();
        assert!(steps >= 30, "{} has {steps} steps", folder.display());
        assert!(steps == as_written || !found.is_empty());
    }
    assert!(found.is_empty(), "{found}");
}

/// Cases that differ, each with exactly what is said about it: `UPDATE_GOLDEN=1` rewrites.
#[test]
fn a_step_that_is_not_as_written_is_underlined_and_told_what_the_fold_says() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let heart = texts(&examples().join("heart"));
    let mut cases: Vec<PathBuf> = folder.read_dir().unwrap().map(|c| c.unwrap().path()).collect();
    cases.retain(|path| path.extension().is_some_and(|e| e == "md"));
    cases.sort();
    assert!(cases.len() >= 6);
    for case in cases {
        let mut texts = heart.clone();
        let text = std::fs::read(&case).unwrap();
        texts.insert(case.file_name().unwrap().to_str().unwrap().to_owned(), text);
        let report = scenarios(&proved(&texts));
        let mut shown = told(&report);
        let own = report.stories.iter().filter(|story| story.module.as_str() == "cases");
        for story in own {
            writeln!(shown, "{}", story.name).unwrap();
            for step in &story.steps {
                let word = match step.stands {
                    Stands::AsWritten => "as written",
                    Stands::Differs => "differs",
                    Stands::NotRun => "not run",
                };
                writeln!(shown, "  {word}: {}", step.step).unwrap();
            }
        }
        let golden = case.with_extension("txt");
        if std::env::var("UPDATE_GOLDEN").is_ok_and(|v| v == "1") {
            std::fs::write(&golden, &shown).unwrap();
        }
        let expected = std::fs::read_to_string(&golden).unwrap_or_default();
        assert_eq!(shown, expected, "{}", case.display());
    }
}
