//! Every reader of what somebody sends, on what fuzzing kept and on good inputs changed a little, many
//! times: none panics, and whatever is taken has one spelling. The long runs are in `fuzz/`; this is a
//! bounded number of cases, the same each time.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]
#![allow(clippy::expect_used, clippy::disallowed_methods, reason = "a test reads the corpus")]

#[path = "../../../fuzz/src/changed.rs"]
mod changed;
#[path = "../../../fuzz/src/wire.rs"]
#[allow(unreachable_pub, dead_code, reason = "shared with the fuzz targets")]
mod wire;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use changed::{Rng, changed, kept};

const CASES: u64 = 20_000;

#[test]
fn whatever_is_sent_is_read_or_refused_however_it_is_changed() {
    for (number, (target, exercise)) in (1..).zip(wire::TARGETS) {
        let good = wire::seeds(target);
        assert!(good.iter().all(|seed| exercise(seed)), "{target}: a good input is not taken");
        let seeds = [good, kept(target)].concat();
        let mut rng = Rng(number);
        let mut taken = 0;
        for case in 0..CASES {
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
        assert!(taken * 200 >= CASES, "{target}: {taken} of {CASES} were taken");
    }
}

/// `UPDATE_GOLDEN=1` writes the good inputs to where fuzzing starts.
#[test]
fn fuzzing_starts_from_the_good_inputs() {
    let corpus = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for (target, _) in wire::TARGETS {
        for (number, seed) in wire::seeds(target).into_iter().enumerate() {
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
