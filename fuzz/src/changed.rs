//! Good inputs changed a little, for the tests that replay what fuzzing kept.

use std::fs;
use std::path::PathBuf;

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

pub(crate) struct Rng(pub(crate) u64);

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
pub(crate) fn changed(rng: &mut Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
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
pub(crate) fn kept(target: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let Ok(files) = folder.read_dir() else { return vec![] };
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    let inputs: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    let bytes: usize = inputs.iter().map(Vec::len).sum();
    assert!(bytes < 100_000, "{target}: {bytes} bytes are kept; fuzz/README.md says how to merge");
    inputs
}
