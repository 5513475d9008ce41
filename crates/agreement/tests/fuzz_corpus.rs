//! What fuzzing kept, replayed and changed a little, many times: no file and no set of files brings
//! the language down. The long runs are in `fuzz/`; this is a bounded number of cases, the same
//! each time.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "a test reads the corpus")]

mod common;
#[path = "../../../fuzz/src/exercise.rs"]
#[allow(unreachable_pub, reason = "shared with the fuzz targets")]
mod exercise;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use common::Rng;
use concordat_agreement::{ClauseKind, clause_kinds, standing_fields};

const MODULE_CASES: u64 = 80_000;
const AGREEMENT_CASES: u64 = 12_000;

/// The longest input: an example is no longer than this.
const BYTES_MAX: usize = 80_000;

/// The inputs that a target kept, in the order of their names.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut files: Vec<PathBuf> =
        folder.read_dir().unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let bytes: usize = files.iter().map(|file| file.metadata().unwrap().len() as usize).sum();
    assert!(bytes < 150_000, "{target}: {bytes} bytes are kept; fuzz/README.md says how to merge");
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

/// The modules of `tests/broken`, each with a mistake.
fn broken() -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/broken");
    let mut cases: Vec<PathBuf> =
        folder.read_dir().unwrap().map(|case| case.unwrap().path().join("module.md")).collect();
    cases.sort();
    cases.iter().filter_map(|case| std::fs::read(case).ok()).collect()
}

/// The shipped examples, as inputs of `agreement`.
fn examples() -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut folders: Vec<PathBuf> =
        folder.read_dir().unwrap().map(|item| item.unwrap().path()).collect();
    folders.sort();
    let each = folders.iter().filter(|folder| folder.is_dir()).map(|folder| {
        let mut files: Vec<PathBuf> =
            folder.read_dir().unwrap().map(|item| item.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|e| e == "md"));
        files.sort();
        let texts = files.iter().map(|file| std::fs::read(file).unwrap());
        let texts: Vec<Vec<u8>> = texts.filter(|t| concordat_agreement::is_module(t)).collect();
        texts.join(exercise::BETWEEN)
    });
    each.filter(|texts| !texts.is_empty()).collect()
}

/// Words that mean something to the reader.
fn words() -> Vec<String> {
    fn of(kind: &ClauseKind, out: &mut Vec<String>) {
        out.push(kind.word.to_owned());
        for field in kind.fields.iter().chain(&standing_fields()) {
            out.push(field.name.to_owned());
            out.extend(field.examples.iter().cloned());
        }
    }
    let mut words = Vec::new();
    clause_kinds().iter().for_each(|kind| of(kind, &mut words));
    words.extend(
        [
            "```clause",
            "```module",
            "```",
            "~~~",
            "````",
            "\"",
            "'",
            "\"\"\"",
            "'''",
            "[[",
            "]]",
            "{",
            "}",
            "=",
            "#",
            "\\",
            "\\u0000",
            "\0",
            "\u{feff}",
            "\u{202e}",
            "é",
            "\r\n",
            "\r",
            "\t",
            "    ",
            "> ",
            "- ",
            "](#a.b)",
            "[thirty days](#approve.due)",
            "0",
            "-1",
            "1e9",
            "99999999999999999999",
            "4294967295",
            "0.0000000001",
            "P0D",
            "P99999Y",
            "PT1S",
            "true",
            "nan",
            "inf",
            "all",
            "signatory",
            "1979-05-27",
            "2027-02-29",
            "XX",
            "place.class",
            "party.jurisdictions.contains(place.jurisdiction)",
            "run.rounds",
            "&&",
            "||",
            "!",
            "<=",
            "has",
            "in",
            "((((((((",
            "id",
            "version",
            "needs",
            "signers",
        ]
        .map(str::to_owned),
    );
    words.sort();
    words.dedup();
    words
}

/// Changes a text as people and fuzzers do: by fields, blocks, words, lines and bytes.
struct Mutator {
    rng: Rng,
    words: Vec<String>,
    /// Lines `name = value` that were met somewhere, by name.
    fields: BTreeMap<String, Vec<String>>,
}

impl Mutator {
    fn of(seed: u64, seeds: &[Vec<u8>]) -> Self {
        let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut put = |line: &str| {
            if let Some(name) = field(line) {
                fields.entry(name.to_owned()).or_default().push(line.to_owned());
            }
        };
        seeds.iter().for_each(|seed| String::from_utf8_lossy(seed).lines().for_each(&mut put));
        for kind in clause_kinds() {
            for field in kind.fields.iter().chain(&standing_fields()) {
                field.examples.iter().for_each(|value| put(&format!("{} = {value}", field.name)));
            }
        }
        for lines in fields.values_mut() {
            lines.sort();
            lines.dedup();
        }
        Self { rng: Rng(seed), words: words(), fields }
    }

    fn change(&mut self, of: &[u8], others: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = of.to_vec();
        for _ in 0..1 + self.rng.below(3) {
            let sensible = self.rng.percent(85);
            bytes = match std::str::from_utf8(&bytes) {
                Ok(text) if sensible => self.sensible(text, others).into_bytes(),
                _ => self.once(bytes, others),
            };
            bytes.truncate(BYTES_MAX);
        }
        bytes
    }

    /// A change that leaves most texts readable: another value for a field, a clause more or less.
    fn sensible(&mut self, text: &str, others: &[Vec<u8>]) -> String {
        let lines: Vec<&str> = text.lines().collect();
        let blocks: Vec<(usize, usize)> = blocks(&lines);
        match self.rng.below(8) {
            // A clause is gone, or there is one of another text.
            0 if !blocks.is_empty() => {
                let (from, to) = *self.rng.pick(&blocks);
                [&lines[..from], &lines[to + 1..]].concat().join("\n")
            }
            1 => {
                let other: &Vec<u8> = self.rng.pick(others);
                let other = String::from_utf8_lossy(other).into_owned();
                let theirs: Vec<&str> = other.lines().collect();
                let found = crate::blocks(&theirs);
                if found.is_empty() {
                    return text.to_owned();
                }
                let (from, to) = *self.rng.pick(&found);
                let name = format!("id = \"n{}\"", self.rng.below(1_000));
                let block = theirs[from..=to].iter().map(|line| match field(line) {
                    Some("id") => name.clone(),
                    _ => (*line).to_owned(),
                });
                format!("{text}\n\nMore.\n\n{}\n", block.collect::<Vec<_>>().join("\n"))
            }
            // A number, a little more or less.
            2 => {
                let numbers: Vec<usize> = text
                    .char_indices()
                    .filter(|(_, c)| c.is_ascii_digit())
                    .map(|(i, _)| i)
                    .collect();
                if numbers.is_empty() {
                    return text.to_owned();
                }
                let at = *self.rng.pick(&numbers);
                format!("{}{}{}", &text[..at], self.rng.below(10), &text[at + 1..])
            }
            // Another value for a field.
            _ => {
                let known: Vec<usize> = (0..lines.len())
                    .filter(|at| {
                        field(lines[*at]).is_some_and(|f| f != "id" && self.fields.contains_key(f))
                    })
                    .collect();
                if known.is_empty() {
                    return text.to_owned();
                }
                let at = *self.rng.pick(&known);
                let name = field(lines[at]).unwrap_or_default().to_owned();
                let line = self.rng.pick(&self.fields[&name]).clone();
                let mut changed = lines.clone();
                changed[at] = &line;
                changed.join("\n")
            }
        }
    }

    fn once(&mut self, mut bytes: Vec<u8>, others: &[Vec<u8>]) -> Vec<u8> {
        if bytes.is_empty() {
            return self.rng.pick(others).clone();
        }
        let at = self.rng.below(bytes.len());
        match self.rng.below(12) {
            // A word for a word.
            0..=3 => {
                let (from, to) = word_around(&bytes, at);
                let word = self.rng.pick(&self.words).clone();
                bytes.splice(from..to, word.into_bytes());
            }
            4 => {
                let word = self.rng.pick(&self.words).clone();
                bytes.splice(at..at, word.into_bytes());
            }
            // Lines: gone, twice, somewhere else.
            5..=7 => {
                let mut lines: Vec<Vec<u8>> =
                    bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
                let (one, other) = (self.rng.below(lines.len()), self.rng.below(lines.len()));
                match self.rng.below(3) {
                    0 => drop(lines.remove(one)),
                    1 => lines.insert(other, lines[one].clone()),
                    _ => lines.swap(one, other),
                }
                bytes = lines.concat();
            }
            // A piece of another text.
            8 | 9 => {
                let other = self.rng.pick(others);
                if !other.is_empty() {
                    let start = self.rng.below(other.len());
                    let end = (start + 1 + self.rng.below(400)).min(other.len());
                    bytes.splice(at..at, other[start..end].to_vec());
                }
            }
            // Bytes.
            10 => bytes[at] = u8::try_from(self.rng.below(256)).unwrap(),
            _ => {
                let end = (at + 1 + self.rng.below(40)).min(bytes.len());
                bytes.drain(at..end);
            }
        }
        bytes
    }
}

/// The name of the field that a line gives a value.
fn field(line: &str) -> Option<&str> {
    let (name, _) = line.split_once(" = ")?;
    name.chars().all(|c| c.is_ascii_lowercase() || c == '_').then_some(name)
}

/// The clause blocks of a text: their first and last lines.
fn blocks(lines: &[&str]) -> Vec<(usize, usize)> {
    let starts = (0..lines.len()).filter(|at| lines[*at] == "```clause");
    let ends = starts.filter_map(|from| {
        let length = lines[from + 1..].iter().position(|line| *line == "```")?;
        Some((from, from + 1 + length))
    });
    ends.collect()
}

/// The word that a byte is in, or that byte.
fn word_around(bytes: &[u8], at: usize) -> (usize, usize) {
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let before = bytes[..at].iter().rev().take_while(|byte| part(byte)).count();
    let after = bytes[at..].iter().take_while(|byte| part(byte)).count();
    (at - before, at + after.max(1))
}

/// Runs cases and shows the input of the first that fails; at least `good` in a hundred are what
/// they should be, or the cases would say little.
fn replay(cases: impl Iterator<Item = Vec<u8>>, exercise: fn(&[u8]) -> bool, good: usize) {
    let (mut all, mut accepted) = (0, 0);
    for (index, case) in cases.enumerate() {
        let done = catch_unwind(AssertUnwindSafe(|| exercise(&case)));
        let Ok(is_good) = done else {
            panic!("case {index}:\n{}", String::from_utf8_lossy(&case));
        };
        all += 1;
        accepted += usize::from(is_good);
    }
    assert!(accepted * 100 >= all * good, "{accepted} of {all}");
}

fn changed(seeds: Vec<Vec<u8>>, cases: u64, seed: u64) -> impl Iterator<Item = Vec<u8>> {
    let mut mutator = Mutator::of(seed, &seeds);
    let replayed = seeds.clone();
    let mutated = (0..cases).map(move |_| {
        let one = mutator.rng.below(seeds.len());
        mutator.change(&seeds[one], &seeds)
    });
    replayed.into_iter().chain(mutated)
}

#[test]
fn a_file_that_fuzzing_kept_is_read_or_refused_however_it_is_changed() {
    replay(changed(corpus("module"), MODULE_CASES / 2, 1), exercise::module, 1);
}

#[test]
fn a_file_with_a_mistake_is_read_or_refused_however_it_is_changed() {
    replay(changed(broken(), MODULE_CASES / 2, 2), exercise::module, 20);
}

#[test]
fn a_set_of_files_is_an_agreement_or_none_however_it_is_changed() {
    let seeds = [corpus("agreement"), broken()].concat();
    replay(changed(seeds, AGREEMENT_CASES / 2, 3), exercise::agreement, 1);
}

#[test]
fn an_agreement_that_could_be_signed_is_one_or_none_however_it_is_changed() {
    let mut seeds = broken();
    (0..20).for_each(|_| seeds.extend(examples()));
    replay(changed(seeds, AGREEMENT_CASES / 2, 4), exercise::agreement, 8);
}
