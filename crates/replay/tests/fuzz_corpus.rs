//! The reader of states, on what fuzzing kept and on good inputs changed a little, many times: it
//! does not panic, and whatever is taken has one spelling. The long runs are in `fuzz/`; this is a
//! bounded number of cases, the same each time.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::disallowed_methods, reason = "a test reads the corpus")]

#[path = "../../../fuzz/src/state.rs"]
#[allow(unreachable_pub, dead_code, reason = "shared with the fuzz targets")]
mod state;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

const CASES: u64 = 6_000;

/// Heads of CBOR items: lengths that nobody has, deep nesting, other kinds.
const PIECES: [&[u8]; 8] = [
    b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\xbb\x7f\xff\xff\xff\xff\xff\xff\xff",
    b"\x7b\x00\x00\x00\x01\x00\x00\x00\x00",
    b"\x81\x81\x81\x81\x81\x81\x81\x81",
    b"\x9f",
    b"\xff",
    b"\xf6",
    b"\xf9\x7e\x00",
];

struct Rng(u64);

impl Rng {
    /// Below a bound, which is above zero (SplitMix64).
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }
}

/// One or two changes: of a bit, a byte or a piece.
fn changed(rng: &mut Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = seeds[rng.below(seeds.len())].clone();
    for _ in 0..1 + rng.below(2) {
        let at = rng.below(bytes.len() + 1);
        let end = (at + 1 + rng.below(24)).min(bytes.len());
        match rng.below(6) {
            0 | 1 if at < bytes.len() => bytes[at] ^= 1 << rng.below(8),
            2 if at < bytes.len() => bytes[at] = rng.below(256) as u8,
            3 => drop(bytes.splice(at..end, PIECES[rng.below(PIECES.len())].iter().copied())),
            4 if at < end => drop(bytes.drain(at..end)),
            _ => bytes.truncate(at),
        }
    }
    bytes
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/state")
}

#[test]
fn a_state_is_read_or_refused_however_it_is_changed() {
    let mut files: Vec<PathBuf> =
        corpus().read_dir().unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let mut seeds: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    assert!(seeds.iter().map(Vec::len).sum::<usize>() < 100_000);
    seeds.extend(state::seeds());
    let (mut rng, mut taken) = (Rng(1), 0);
    for case in 0..CASES {
        let bytes = match seeds.get(case as usize) {
            Some(seed) => seed.clone(),
            None => changed(&mut rng, &seeds),
        };
        match catch_unwind(AssertUnwindSafe(|| state::state(&bytes))) {
            Ok(is_good) => taken += u64::from(is_good),
            Err(_) => panic!("case {case}: {bytes:02x?}"),
        }
    }
    // Cases that never get past the first byte would say little.
    assert!(taken * 200 >= CASES, "{taken} of {CASES} were taken");
}

/// `UPDATE_GOLDEN=1` writes the good inputs to where fuzzing starts.
#[test]
fn fuzzing_starts_from_the_good_inputs() {
    for (number, seed) in state::seeds().into_iter().enumerate() {
        let path = corpus().join(format!("good-{number}"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::create_dir_all(corpus()).unwrap();
            fs::write(&path, &seed).unwrap();
        }
        let found = fs::read(&path).unwrap_or_default();
        assert!(found == seed, "`{}` differs: UPDATE_GOLDEN=1", path.display());
    }
}
