//! Every parser of the log, on what fuzzing kept and on good inputs changed a little, many times:
//! none panics, and whatever is taken has one spelling. The long runs are in `fuzz/`; this is a
//! bounded number of cases, the same each time.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]
#![allow(clippy::expect_used, clippy::disallowed_methods, reason = "a test reads the corpus")]

#[path = "../../../fuzz/src/log.rs"]
#[allow(unreachable_pub, dead_code, reason = "shared with the fuzz targets")]
mod log;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

const CASES: u64 = 12_000;
/// Of archives, whose every case checks a log.
const ARCHIVES: u64 = 1_500;

/// Pieces that mean something to one parser or another.
const WORDS: [&str; 40] = [
    "\n",
    "\n\n",
    "\u{2014} ",
    " ",
    "\t",
    "\0",
    "=",
    "+",
    "0",
    "1",
    "-1",
    "01",
    "257",
    "9223372036854775807",
    "18446744073709551615",
    "AAAA",
    "A=",
    "==",
    "tile/",
    "entries/",
    "x001/",
    ".p/",
    "256",
    "/",
    "\"",
    "\\",
    "\\u0000",
    "{",
    "}",
    "[]",
    "null",
    "1.0",
    "1e3",
    "\"sig\":",
    "index ",
    "extra ",
    "witness ",
    "group ",
    "quorum ",
    "# ",
];

struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below a bound, which is above zero.
    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

/// One to three changes: of a bit, a byte, a piece, a line, or with a piece of another input.
fn changed(rng: &mut Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = seeds[rng.below(seeds.len())].clone();
    for _ in 0..1 + rng.below(3) {
        let at = rng.below(bytes.len() + 1);
        let end = (at + 1 + rng.below(40)).min(bytes.len());
        match rng.below(9) {
            0 | 1 if at < bytes.len() => bytes[at] ^= 1 << rng.below(8),
            2 if at < bytes.len() => bytes[at] = rng.below(256) as u8,
            3 => drop(bytes.splice(at..at, WORDS[rng.below(WORDS.len())].bytes())),
            4 if at < end => drop(bytes.splice(at..end, WORDS[rng.below(WORDS.len())].bytes())),
            5 if at < end => drop(bytes.drain(at..end)),
            6 => bytes.truncate(at),
            7 => {
                let mut lines: Vec<Vec<u8>> =
                    bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
                if !lines.is_empty() {
                    let (one, other) = (rng.below(lines.len()), rng.below(lines.len()));
                    match rng.below(3) {
                        0 => drop(lines.remove(one)),
                        1 => lines.insert(other, lines[one].clone()),
                        _ => lines.swap(one, other),
                    }
                }
                bytes = lines.concat();
            }
            _ => {
                let other = &seeds[rng.below(seeds.len())];
                let from = rng.below(other.len().max(1)).min(other.len());
                let piece = other[from..].iter().copied().take(1 + rng.below(60));
                bytes.splice(at..at, piece.collect::<Vec<_>>());
            }
        }
        bytes.truncate(20_000);
    }
    bytes
}

/// What a target kept, in the order of the names; there may be nothing.
fn kept(target: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let Ok(files) = folder.read_dir() else { return vec![] };
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    let inputs: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    let bytes: usize = inputs.iter().map(Vec::len).sum();
    assert!(bytes < 100_000, "{target}: {bytes} bytes are kept; fuzz/README.md says how to merge");
    inputs
}

#[test]
fn every_part_of_a_log_is_read_or_refused_however_it_is_changed() {
    for (number, (target, exercise)) in (1..).zip(log::TARGETS) {
        let good = log::seeds(target);
        let taken = good.iter().filter(|seed| exercise(seed)).count();
        assert!(taken > 0, "{target}: no good input");
        let seeds = [good, kept(target)].concat();
        let mut rng = Rng(number);
        let cases = if target == "archive" { ARCHIVES } else { CASES };
        let mut taken = 0;
        for case in 0..cases {
            let bytes = match seeds.get(case as usize) {
                Some(seed) => seed.clone(),
                None => changed(&mut rng, &seeds),
            };
            match catch_unwind(AssertUnwindSafe(|| exercise(&bytes))) {
                Ok(is_good) => taken += u64::from(is_good),
                Err(_) => panic!("{target}, case {case}: {:?}", String::from_utf8_lossy(&bytes)),
            }
        }
        // Cases that never get past the first byte would say little.
        assert!(taken * 200 >= cases, "{target}: {taken} of {cases} were taken");
        println!("{target}: {taken} of {cases} were taken");
    }
}

/// What the target of policies asserts can fail.
#[test]
fn a_policy_that_one_more_spoils_would_be_found() {
    for count in [3, 9] {
        let names = (0..count).map(|nth| format!("w{nth}")).collect();
        assert!(log::one_more_never_spoils(&names, |set| set.len() >= 2));
        assert!(!log::one_more_never_spoils(&names, |set| set.len() == 2));
        let but_all = |set: &std::collections::BTreeSet<String>| set.len() < names.len();
        assert!(!log::one_more_never_spoils(&names, but_all));
    }
}

/// `UPDATE_GOLDEN=1` writes the good inputs to where fuzzing starts.
#[test]
fn fuzzing_starts_from_the_good_inputs() {
    let corpus = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for (target, _) in log::TARGETS {
        for (number, seed) in log::seeds(target).into_iter().enumerate() {
            let path = corpus.join(target).join(format!("good-{number}"));
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(&path, &seed).unwrap();
            }
            let found = fs::read(&path).unwrap_or_default();
            assert!(found == seed, "`{}` differs: UPDATE_GOLDEN=1", path.display());
        }
    }
}
